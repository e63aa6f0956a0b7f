//! `/cgi-bin/freepublish/{submit,get,batchget,getarticle,delete}` and how it ends.

use serde::Deserialize;
use serde_json::{Value, json};

use super::draft::{Page, news_items};
use super::{Answer, Call, Place, VERIFIED, bug, ok, post, refuse};
use crate::sandbox::caller;
use crate::sandbox::people::openid;
use crate::sandbox::push::{Node, Push, text};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, Outcome, Publication, article_url};

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/freepublish/submit", VERIFIED, submit),
    post("/cgi-bin/freepublish/get", VERIFIED, get),
    post("/cgi-bin/freepublish/batchget", VERIFIED, batch_get),
    post("/cgi-bin/freepublish/getarticle", VERIFIED, get_article),
    post("/cgi-bin/freepublish/delete", VERIFIED, delete),
];

const FIRST_PUBLISH_ID: u64 = 2_247_483_700;
const PUBLISHING: u8 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submit {
    media_id: String,
}

fn submit(inner: &Shared, call: &Call) -> Answer {
    let body: Submit = call.json()?;
    let now = inner.now();
    let (publish_id, msg_data_id) = inner.change(|state| {
        let draft = state.drafts.iter().find(|draft| draft.media_id == body.media_id);
        let articles = draft.ok_or_else(|| refuse(40007, "invalid media_id"))?.articles.clone();
        if let Some(errcode) = state.standing.publishing.errcode() {
            return Err(refuse(errcode, "the draft cannot be published by api"));
        }
        let serial = state.next();
        let publication = Publication {
            publish_id: FIRST_PUBLISH_ID + serial,
            msg_data_id: FIRST_PUBLISH_ID + 1_000_000 + serial,
            media_id: body.media_id,
            deleted: vec![false; articles.len()],
            articles,
            outcome: state.outcome,
            status: PUBLISHING,
            article_id: format!("SbxArticle_{serial:08}"),
            at: now,
            mass: false,
            unlisted: false,
            banned: false,
        };
        let ids = (publication.publish_id, publication.msg_data_id);
        state.publications.push(publication);
        Ok(ids)
    })?;
    end_later(inner, publish_id);
    Ok(json!({
        "errcode": 0,
        "errmsg": "ok",
        "publish_id": id_as_it_comes(publish_id),
        "msg_data_id": id_as_it_comes(msg_data_id),
    }))
}

/// Ids come as numbers or as strings, by place and day.
pub(super) fn id_as_it_comes(id: u64) -> Value {
    if id.is_multiple_of(2) { Value::from(id) } else { Value::from(id.to_string()) }
}

fn other_form(id: u64) -> Value {
    if id.is_multiple_of(2) { Value::from(id.to_string()) } else { Value::from(id) }
}

/// After a restart: what was being published.
pub(in crate::sandbox) fn take_up_again(inner: &Shared) {
    let open: Vec<_> = inner.read(|state| {
        let open = state.publications.iter().filter(|it| it.status == PUBLISHING);
        open.map(|it| it.publish_id).collect()
    });
    for publish_id in open {
        end_later(inner, publish_id);
    }
}

fn end_later(inner: &Shared, publish_id: u64) {
    let of_all = inner.clone();
    inner.by_itself(async move {
        tokio::time::sleep(of_all.config.publish_delay).await;
        end(&of_all, publish_id).await;
    });
}

async fn end(inner: &Shared, publish_id: u64) {
    let now = inner.now();
    let ended = inner.change(|state| {
        let publication = state.publications.iter_mut().find(|it| it.publish_id == publish_id)?;
        publication.status = match publication.outcome {
            Outcome::Ok => 0,
            Outcome::OriginalFailed => 2,
            Outcome::Failed => 3,
            Outcome::AuditRefused => 4,
            Outcome::Never => return None,
        };
        publication.at = now;
        let ended = publication.clone();
        if ended.status == 0 {
            state.drafts.retain(|draft| draft.media_id != ended.media_id);
        }
        Some(ended)
    });
    let Some(ended) = ended else { return };
    caller::deliver(inner, &finished(inner, &ended)).await;
}

/// On the platform's own page its owner deletes all of a publication, or the system bans
/// it: an event of its own tells. False: there is none such.
pub(in crate::sandbox) async fn take_down(
    inner: &Shared,
    article_id: &str,
    by_the_system: bool,
) -> bool {
    let gone = inner.change(|state| {
        let mut published = state.publications.iter_mut().filter(|it| it.status == 0 && !it.mass);
        let publication = published.find(|it| it.article_id == article_id)?;
        publication.deleted.fill(true);
        publication.banned = by_the_system;
        Some(publication.clone())
    });
    if let Some(gone) = &gone {
        caller::deliver(inner, &finished(inner, gone)).await;
    }
    gone.is_some()
}

fn finished(inner: &Inner, ended: &Publication) -> Push {
    let mut info = vec![
        ("publish_id", Node::Number(ended.publish_id)),
        ("publish_status", Node::Number(ended.publish_status().into())),
    ];
    if ended.publish_status() == 0 {
        let item = |idx| {
            let url = article_url(&inner.base_url, &ended.article_id, idx);
            Node::Group(vec![
                ("idx", Node::Number(u64::try_from(idx).unwrap_or_default())),
                ("article_url", text(url)),
            ])
        };
        let count = ended.articles.len();
        let items = (1..=count).map(item).collect();
        info.push(("article_id", text(&ended.article_id)));
        info.push((
            "article_detail",
            Node::Group(vec![
                ("count", Node::Number(u64::try_from(count).unwrap_or_default())),
                ("item", Node::Many(items)),
            ]),
        ));
    } else if matches!(ended.status, 2 | 4) {
        info.push(("fail_idx", Node::Many(vec![Node::Number(1)])));
    }
    Push {
        account: Account::Official,
        to: inner.config.official.original_id.clone(),
        from: openid(&inner.config.official.appid, 0),
        at: inner.now().timestamp(),
        what: "PUBLISHJOBFINISH".to_owned(),
        is_event: true,
        fields: Vec::new(),
        wrapped: Some(("PublishEventInfo", info)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    publish_id: Value,
}

fn get(inner: &Shared, call: &Call) -> Answer {
    let body: One = call.json()?;
    let wanted = match &body.publish_id {
        Value::String(id) => id.parse::<u64>().ok(),
        id => id.as_u64(),
    };
    inner.read(|state| {
        let found = state.publications.iter().find(|it| Some(it.publish_id) == wanted);
        let publication = found.ok_or_else(|| refuse(53500, "invalid publish_id"))?;
        let mut answer = json!({
            // The other form than at submit.
            "publish_id": other_form(publication.publish_id),
            "publish_status": publication.publish_status(),
            "fail_idx": [],
        });
        if publication.publish_status() == 0 {
            let item = |idx| {
                let url = article_url(&inner.base_url, &publication.article_id, idx);
                json!({"idx": idx, "article_url": url})
            };
            let items: Vec<_> = (1..=publication.articles.len()).map(item).collect();
            answer["article_id"] = Value::from(publication.article_id.as_str());
            answer["article_detail"] = json!({"count": items.len(), "item": items});
        } else if [2, 4].contains(&publication.status) {
            answer["fail_idx"] = json!([1]);
        }
        Ok(answer)
    })
}

/// Newest first.
fn batch_get(inner: &Shared, call: &Call) -> Answer {
    let page = call.json::<Page>()?.checked()?;
    inner.read(|state| {
        let all: Vec<_> =
            state.publications.iter().rev().filter(|it| it.status == 0 && !it.mass).collect();
        let items: Vec<_> = all
            .iter()
            .skip(page.offset)
            .take(page.count)
            .map(|publication| {
                json!({
                    "article_id": publication.article_id,
                    "content": {"news_item": items_of(inner, publication, page.no_content == 0)},
                    "update_time": publication.at.timestamp(),
                })
            })
            .collect();
        Ok(json!({"total_count": all.len(), "item_count": items.len(), "item": items}))
    })
}

fn items_of(inner: &Inner, publication: &Publication, with_content: bool) -> Vec<Value> {
    let url = |index| article_url(&inner.base_url, &publication.article_id, index + 1);
    let mut items = news_items(inner, &publication.articles, with_content, url);
    for (item, deleted) in items.iter_mut().zip(&publication.deleted) {
        item["is_deleted"] = Value::from(*deleted);
    }
    items
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArticleOf {
    article_id: String,
    /// 1-based; 0 or absent: all.
    #[serde(default)]
    index: usize,
}

fn get_article(inner: &Shared, call: &Call) -> Answer {
    let body: ArticleOf = call.json()?;
    if body.index != 0 {
        return Err(bug(47001, "data format error: getarticle has no index"));
    }
    inner.read(|state| {
        let mut published = state.publications.iter().filter(|it| it.status == 0 && !it.mass);
        let found = published.find(|it| it.article_id == body.article_id);
        let publication = found.ok_or_else(|| refuse(53600, "invalid article_id"))?;
        Ok(json!({"news_item": items_of(inner, publication, true)}))
    })
}

fn delete(inner: &Shared, call: &Call) -> Answer {
    let body: ArticleOf = call.json()?;
    inner.change(|state| {
        let mut published = state.publications.iter_mut().filter(|it| it.status == 0 && !it.mass);
        let found = published.find(|it| it.article_id == body.article_id);
        let publication = found.ok_or_else(|| refuse(53600, "invalid article_id"))?;
        if body.index == 0 {
            publication.deleted.fill(true);
        } else {
            let place = publication.deleted.get_mut(body.index - 1);
            *place.ok_or_else(|| refuse(40114, "invalid index value"))? = true;
        }
        Ok(ok())
    })
}
