//! `/cgi-bin/draft/{add,update,get,batchget,delete,count}`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Place, Refusal, VERIFIED, bug, get, ok, post, refuse};
use crate::sandbox::article;
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Article, Draft, picture_url};

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/draft/add", VERIFIED, add),
    post("/cgi-bin/draft/update", VERIFIED, update),
    post("/cgi-bin/draft/get", VERIFIED, get_one),
    post("/cgi-bin/draft/batchget", VERIFIED, batch_get),
    post("/cgi-bin/draft/delete", VERIFIED, delete),
    get("/cgi-bin/draft/count", VERIFIED, count),
];

const TITLE: usize = 32;
const AUTHOR: usize = 16;
const DIGEST: usize = 128;
const MADE_DIGEST: usize = 54;
const CONTENT_CHARS: usize = 20_000;
const CONTENT_BYTES: usize = 1024 * 1024;
const SOURCE_URL: usize = 1024;
const ARTICLES: usize = 8;
const PICTURES: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    article_type: Option<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    author: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    content_source_url: String,
    #[serde(default)]
    thumb_media_id: String,
    /// Numbers, not booleans.
    #[serde(default)]
    need_open_comment: u8,
    #[serde(default)]
    only_fans_can_comment: u8,
    #[serde(default, rename = "pic_crop_235_1")]
    _pic_crop_235_1: String,
    #[serde(default, rename = "pic_crop_1_1")]
    _pic_crop_1_1: String,
    image_info: Option<ImageInfo>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageInfo {
    image_list: Vec<ImageOf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageOf {
    image_media_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    articles: Vec<Sent>,
}

fn add(inner: &Shared, call: &Call) -> Answer {
    let body: Add = call.json()?;
    if body.articles.is_empty() {
        return Err(bug(44003, "empty news data"));
    }
    if body.articles.len() > ARTICLES {
        return Err(refuse(45008, "article size out of limit"));
    }
    let articles: Vec<_> =
        body.articles.into_iter().map(|sent| checked(inner, sent)).collect::<Result<_, _>>()?;
    let now = inner.now();
    let media_id = inner.change(|state| {
        let media_id = format!("sbxDraftOfTheSandbox0123456789ABCDEFGHIJ{:08}", state.next());
        state.drafts.push(Draft {
            media_id: media_id.clone(),
            articles,
            created_at: now,
            updated_at: now,
        });
        media_id
    });
    Ok(json!({"media_id": media_id, "item": []}))
}

fn checked(inner: &Inner, sent: Sent) -> Result<Article, Refusal> {
    let of_pictures = match sent.article_type.as_deref() {
        None | Some("news") => false,
        Some("newspic") => true,
        Some(_) => return Err(bug(40097, "invalid args: article_type")),
    };
    let title = sent.title.chars().count();
    if sent.title.trim().is_empty() || title > TITLE {
        return Err(refuse(45003, "title size out of limit"));
    }
    if sent.author.chars().count() > AUTHOR {
        return Err(refuse(45110, "author size out of limit"));
    }
    if sent.digest.chars().count() > DIGEST {
        return Err(refuse(45004, "description size out of limit"));
    }
    if sent.content.trim().is_empty() {
        return Err(refuse(44004, "empty content"));
    }
    if sent.content.chars().count() >= CONTENT_CHARS || sent.content.len() >= CONTENT_BYTES {
        return Err(refuse(45002, "content size out of limit"));
    }
    if sent.content_source_url.len() > SOURCE_URL {
        return Err(refuse(45005, "url size out of limit"));
    }
    if sent.need_open_comment > 1 || sent.only_fans_can_comment > 1 {
        return Err(bug(40097, "invalid args: comment switches are 0 or 1"));
    }
    if sent.need_open_comment == 1 && inner.read(|state| state.standing.no_comments) {
        return Err(refuse(88000, "without comment privilege"));
    }
    let is_material = |media_id: &str| {
        inner.read(|state| {
            let media = state.media.get(media_id);
            media.is_some_and(|media| media.material && !media.inline)
        })
    };
    let mut pictures = Vec::new();
    if of_pictures {
        let list = sent.image_info.map(|info| info.image_list).unwrap_or_default();
        if !(1..=PICTURES).contains(&list.len()) {
            return Err(bug(40097, "invalid args: image_list"));
        }
        pictures.extend(list.into_iter().map(|image| image.image_media_id));
        if !pictures.iter().all(|media_id| is_material(media_id)) {
            return Err(refuse(40007, "invalid media_id: image_media_id"));
        }
        if article::text(&sent.content).len() != sent.content.len() {
            return Err(bug(45166, "invalid content: plain text is wanted"));
        }
    } else if !is_material(&sent.thumb_media_id) {
        return Err(refuse(40007, "invalid media_id: thumb_media_id"));
    }
    let cleaned = article::clean(&sent.content, &inner.base_url);
    let digest = if sent.digest.is_empty() {
        article::text(&cleaned.html).chars().take(MADE_DIGEST).collect()
    } else {
        sent.digest
    };
    Ok(Article {
        title: sent.title,
        author: sent.author,
        digest,
        content: cleaned.html,
        content_source_url: sent.content_source_url,
        thumb_media_id: sent.thumb_media_id,
        need_open_comment: sent.need_open_comment,
        only_fans_can_comment: sent.only_fans_can_comment,
        dropped_pictures: cleaned.dropped,
        pictures,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    media_id: String,
    index: usize,
    articles: Sent,
}

fn update(inner: &Shared, call: &Call) -> Answer {
    let body: Update = call.json()?;
    let article = checked(inner, body.articles)?;
    let now = inner.now();
    inner.change(|state| {
        let draft = state.drafts.iter_mut().find(|draft| draft.media_id == body.media_id);
        let draft = draft.ok_or_else(|| refuse(40007, "invalid media_id"))?;
        let place = draft.articles.get_mut(body.index);
        *place.ok_or_else(|| refuse(40114, "invalid index value"))? = article;
        draft.updated_at = now;
        Ok(ok())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    media_id: String,
}

fn get_one(inner: &Shared, call: &Call) -> Answer {
    let body: One = call.json()?;
    inner.read(|state| {
        let draft = state.drafts.iter().find(|draft| draft.media_id == body.media_id);
        let draft = draft.ok_or_else(|| refuse(40007, "invalid media_id"))?;
        Ok(json!({
            "news_item": news_items(inner, &draft.articles, true, |_| draft_url(inner)),
            "create_time": draft.created_at.timestamp(),
            "update_time": draft.updated_at.timestamp(),
        }))
    })
}

fn draft_url(inner: &Inner) -> String {
    format!("{}/s/draft", inner.base_url)
}

pub(super) fn news_items(
    inner: &Inner,
    articles: &[Article],
    with_content: bool,
    url: impl Fn(usize) -> String,
) -> Vec<Value> {
    let item = |(index, article): (usize, &Article)| {
        let mut item = json!({
            "article_type": "news",
            "title": article.title,
            "author": article.author,
            "digest": article.digest,
            "content_source_url": article.content_source_url,
            "thumb_media_id": article.thumb_media_id,
            "thumb_url": picture_url(&inner.base_url, &article.thumb_media_id, "image/jpeg"),
            "show_cover_pic": 0,
            "need_open_comment": article.need_open_comment,
            "only_fans_can_comment": article.only_fans_can_comment,
            "url": url(index),
        });
        if !article.pictures.is_empty() {
            item["article_type"] = "newspic".into();
            let image = |media_id: &String| json!({"image_media_id": media_id});
            let list: Vec<_> = article.pictures.iter().map(image).collect();
            item["image_info"] = json!({"image_list": list});
        }
        if with_content {
            item["content"] = Value::from(article.content.as_str());
        }
        item
    };
    articles.iter().enumerate().map(item).collect()
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) count: usize,
    #[serde(default)]
    pub(super) no_content: u8,
}

impl Page {
    pub(super) fn checked(self) -> Result<Self, Refusal> {
        if !(1..=20).contains(&self.count) || self.no_content > 1 {
            return Err(bug(40097, "invalid args: count is 1 to 20, no_content 0 or 1"));
        }
        Ok(self)
    }
}

/// Newest first.
fn batch_get(inner: &Shared, call: &Call) -> Answer {
    let page = call.json::<Page>()?.checked()?;
    inner.read(|state| {
        let drafts = state.drafts.iter().rev().skip(page.offset).take(page.count);
        let items: Vec<_> = drafts
            .map(|draft| {
                let with_content = page.no_content == 0;
                json!({
                    "media_id": draft.media_id,
                    "content": {
                        "news_item":
                            news_items(inner, &draft.articles, with_content, |_| draft_url(inner)),
                        "create_time": draft.created_at.timestamp(),
                        "update_time": draft.updated_at.timestamp(),
                    },
                    "update_time": draft.updated_at.timestamp(),
                })
            })
            .collect();
        Ok(json!({
            "item": items,
            "total_count": state.drafts.len(),
            "item_count": items.len(),
        }))
    })
}

fn delete(inner: &Shared, call: &Call) -> Answer {
    let body: One = call.json()?;
    inner.change(|state| {
        let before = state.drafts.len();
        state.drafts.retain(|draft| draft.media_id != body.media_id);
        if state.drafts.len() == before {
            return Err(refuse(40007, "invalid media_id"));
        }
        Ok(ok())
    })
}

fn count(inner: &Shared, _: &Call) -> Answer {
    Ok(json!({"total_count": inner.read(|state| state.drafts.len())}))
}
