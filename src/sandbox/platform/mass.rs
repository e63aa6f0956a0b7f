//! `POST /cgi-bin/message/mass/{sendall,send,preview,get,delete}` and how it ends.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::custom::good_media;
use super::publish::id_as_it_comes;
use super::{Answer, Call, Place, Refusal, VERIFIED, bug, ok, post, refuse};
use crate::clock::{local, local_date};
use crate::sandbox::config::AccountKind;
use crate::sandbox::people::{Line, openid};
use crate::sandbox::push::{Node, Push, text};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{
    Account, AdminAnswer, ChatArticle, Extra, Mass, MassContent, MassOutcome, MediaKind, Person,
    Publication, State, article_url,
};

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/message/mass/sendall", VERIFIED, send_all),
    post("/cgi-bin/message/mass/send", VERIFIED, send_to),
    post("/cgi-bin/message/mass/preview", VERIFIED, preview),
    post("/cgi-bin/message/mass/get", VERIFIED, get),
    post("/cgi-bin/message/mass/delete", VERIFIED, delete),
];

const FIRST_MSG_ID: u64 = 3_147_483_700;
const CLIENT_ID: usize = 64;
/// Within it the same clientmsgid is refused.
const SAME_HOURS: i64 = 24;
/// Within it the platform does not even look.
const TOO_SOON_S: i64 = 60;
/// To one person a month, of a service account.
const A_MONTH: usize = 4;
/// So long the administrator may take.
const CONFIRM_MINUTES: i64 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    filter: Option<Filter>,
    touser: Option<Value>,
    towxname: Option<String>,
    msgtype: String,
    mpnews: Option<OfMedia>,
    text: Option<OfText>,
    voice: Option<OfMedia>,
    images: Option<Images>,
    mpvideo: Option<OfMedia>,
    send_ignore_reprint: Option<u8>,
    clientmsgid: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    is_to_all: bool,
    tag_id: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfMedia {
    media_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfText {
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Images {
    media_ids: Vec<String>,
    #[serde(rename = "recommend")]
    _recommend: Option<String>,
    need_open_comment: Option<u8>,
    only_fans_can_comment: Option<u8>,
}

/// What is to be sent, before a draft is used up for it.
enum Sent {
    Draft(String),
    Other(MassContent),
}

fn content(inner: &Inner, body: &mut Body) -> Result<Sent, Refusal> {
    let kind = body.msgtype.clone();
    let missing = || bug(47001, format!("data format error: no object for {kind}"));
    if body.send_ignore_reprint.is_some_and(|flag| flag > 1) {
        return Err(bug(40097, "invalid args: send_ignore_reprint"));
    }
    let good = |media_id: String, kind| {
        good_media(inner, Account::Official, &media_id, kind).map(|()| media_id)
    };
    Ok(match kind.as_str() {
        "mpnews" => {
            let media_id = body.mpnews.take().ok_or_else(missing)?.media_id;
            let known = inner.read(|state| state.drafts.iter().any(|it| it.media_id == media_id));
            if !known {
                return Err(refuse(40007, "invalid media_id"));
            }
            Sent::Draft(media_id)
        }
        "text" => {
            let words = body.text.take().ok_or_else(missing)?.content;
            if words.is_empty() {
                return Err(refuse(44004, "empty content"));
            }
            if inner.config.risky_words.iter().any(|word| words.contains(word.as_str())) {
                return Err(refuse(45168, "content hits the keyword blacklist"));
            }
            Sent::Other(MassContent::Text(words))
        }
        "voice" => {
            let media_id = body.voice.take().ok_or_else(missing)?.media_id;
            Sent::Other(MassContent::Voice(good(media_id, MediaKind::Voice)?))
        }
        "image" => {
            let images = body.images.take().ok_or_else(missing)?;
            let flags = [images.need_open_comment, images.only_fans_can_comment];
            if images.media_ids.is_empty() || flags.into_iter().flatten().any(|flag| flag > 1) {
                return Err(bug(40097, "invalid args: images"));
            }
            let ids = images.media_ids.into_iter();
            let ids = ids.map(|media_id| good(media_id, MediaKind::Image));
            Sent::Other(MassContent::Images(ids.collect::<Result<_, _>>()?))
        }
        "mpvideo" => {
            let media_id = body.mpvideo.take().ok_or_else(missing)?.media_id;
            Sent::Other(MassContent::Video(good(media_id, MediaKind::Video)?))
        }
        _ => return Err(bug(40008, "invalid message type")),
    })
}

fn send_all(inner: &Shared, call: &Call) -> Answer {
    let body: Body = call.json()?;
    if body.touser.is_some() || body.towxname.is_some() {
        return Err(bug(47001, "data format error: sendall has a filter"));
    }
    let filter = body.filter.as_ref().ok_or_else(|| bug(47001, "data format error: filter"))?;
    let to_all = filter.is_to_all;
    let tag = match (to_all, filter.tag_id) {
        (true, _) => None,
        (false, Some(tag)) => Some(tag),
        (false, None) => return Err(bug(45159, "invalid tag_id")),
    };
    let receivers = inner.read(|state| {
        if let Some(tag) = tag
            && !state.tags.iter().any(|known| known.id == tag)
        {
            return Err(refuse(45159, "invalid tag_id"));
        }
        let wanted =
            |person: &&Person| person.follows && tag.is_none_or(|tag| person.tags.contains(&tag));
        Ok(state.people.iter().filter(wanted).map(|person| person.user.id).collect())
    })?;
    take(inner, call, body, receivers, to_all)
}

fn send_to(inner: &Shared, call: &Call) -> Answer {
    let body: Body = call.json()?;
    if body.filter.is_some() || body.towxname.is_some() {
        return Err(bug(47001, "data format error: send has touser"));
    }
    let openids: Vec<String> = body
        .touser
        .clone()
        .and_then(|list| serde_json::from_value(list).ok())
        .ok_or_else(|| bug(40031, "invalid openid list"))?;
    if !(2..=10_000).contains(&openids.len()) {
        return Err(refuse(40130, "invalid openid list size, at least two openid"));
    }
    let receivers = inner.change(|state| {
        let mut ids = Vec::new();
        for openid in &openids {
            let person = state.by_openid(Account::Official, openid);
            let person = person.ok_or_else(|| refuse(40003, "invalid openid"))?;
            if person.follows {
                ids.push(person.user.id);
            }
        }
        Ok(ids)
    })?;
    take(inner, call, body, receivers, false)
}

/// The same clientmsgid, or without one the same target and content.
fn client_id(call: &Call, body: &Body) -> Result<String, Refusal> {
    match &body.clientmsgid {
        Some(id) if id.len() > CLIENT_ID => Err(refuse(45067, "clientmsgid exceeds size limit")),
        Some(id) if !id.is_empty() => Ok(id.clone()),
        _ => Ok(hex::encode(Sha256::digest(&call.body))),
    }
}

fn same_month(one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    let (one, other) = (local(one), local(other));
    (one.year(), one.month()) == (other.year(), other.month())
}

fn take(inner: &Shared, call: &Call, mut body: Body, receivers: Vec<u64>, to_all: bool) -> Answer {
    let client_id = client_id(call, &body)?;
    let now = inner.now();
    let earlier = inner.read(|state| {
        let same = |mass: &&Mass| {
            mass.client_id == client_id && mass.at > now - TimeDelta::hours(SAME_HOURS)
        };
        state.masses.iter().rev().find(same).map(|mass| (mass.msg_id, mass.at))
    });
    if let Some((msg_id, at)) = earlier {
        if now < at + TimeDelta::seconds(TOO_SOON_S) {
            return Err(refuse(45066, "same clientmsgid retry too fast"));
        }
        let mut exists = refuse(45065, "clientmsgid exist");
        exists.with["msg_id"] = id_as_it_comes(msg_id);
        return Err(exists);
    }
    let sent = content(inner, &mut body)?;
    let (msg_id, msg_data_id, held) = inner.change(|state| {
        quota(inner, state, &receivers, now)?;
        let msg_id = FIRST_MSG_ID + state.next();
        let (what, msg_data_id) = match sent {
            Sent::Other(what) => (what, None),
            Sent::Draft(media_id) => {
                let publication = of_draft(state, media_id, to_all, now)?;
                let ids = (publication.article_id.clone(), publication.msg_data_id);
                state.publications.push(publication);
                (MassContent::Articles(ids.0), Some(ids.1))
            }
        };
        let outcome = state.mass_outcome;
        let status = "SENDING".to_owned();
        let held = to_all && state.mass_protection;
        state.masses.push(Mass {
            held,
            msg_id,
            msg_data_id,
            client_id,
            at: now,
            to_all,
            receivers,
            what,
            outcome,
            status,
        });
        Ok((msg_id, msg_data_id, held))
    })?;
    if !held {
        end_later(inner, msg_id);
    }
    let mut answer = json!({
        "errcode": 0,
        "errmsg": "send job submission success",
        "msg_id": id_as_it_comes(msg_id),
    });
    if let Some(id) = msg_data_id {
        answer["msg_data_id"] = id_as_it_comes(id);
    }
    Ok(answer)
}

fn end_later(inner: &Shared, msg_id: u64) {
    let of_all = inner.clone();
    inner.by_itself(async move {
        tokio::time::sleep(of_all.config.publish_delay).await;
        end(&of_all, msg_id).await;
    });
}

/// The administrator answers the oldest send that is held; false: there is none.
pub(in crate::sandbox) async fn answer_held(inner: &Shared, answer: AdminAnswer) -> bool {
    let oldest =
        inner.read(|state| state.masses.iter().find(|mass| mass.held).map(|mass| mass.msg_id));
    match oldest {
        Some(msg_id) => let_go(inner, msg_id, answer).await,
        None => false,
    }
}

async fn let_go(inner: &Shared, msg_id: u64, answer: AdminAnswer) -> bool {
    let held = inner.change(|state| {
        let mass = state.masses.iter_mut().find(|mass| mass.msg_id == msg_id && mass.held)?;
        mass.held = false;
        match answer {
            AdminAnswer::Confirm => {}
            AdminAnswer::Refuse => mass.outcome = MassOutcome::Refused(40001),
            AdminAnswer::Lapse => mass.outcome = MassOutcome::Refused(40002),
        }
        Some(())
    });
    if held.is_some() {
        end(inner, msg_id).await;
    }
    held.is_some()
}

/// Sends that the administrator let lie for half an hour have failed.
pub(in crate::sandbox) async fn lapse_held(inner: &Shared) {
    let before = inner.now() - TimeDelta::minutes(CONFIRM_MINUTES);
    let overdue: Vec<u64> = inner.read(|state| {
        let overdue = state.masses.iter().filter(|mass| mass.held && mass.at <= before);
        overdue.map(|mass| mass.msg_id).collect()
    });
    for msg_id in overdue {
        let_go(inner, msg_id, AdminAnswer::Lapse).await;
    }
}

/// One a day for a subscription account; four a month and person for a service account.
fn quota(
    inner: &Inner,
    state: &State,
    receivers: &[u64],
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let used_up = match inner.config.kind {
        AccountKind::Subscription => {
            state.masses.iter().any(|mass| local_date(mass.at) == local_date(now))
        }
        AccountKind::Service => {
            let full = |id: &u64| state.person(*id).is_some_and(|person| full(person, now));
            !receivers.is_empty() && receivers.iter().all(full)
        }
    };
    if used_up { Err(refuse(45028, "has no masssend quota")) } else { Ok(()) }
}

fn full(person: &Person, now: DateTime<Utc>) -> bool {
    person.mass_at.iter().filter(|at| same_month(**at, now)).count() >= A_MONTH
}

/// The articles as they can be read; the draft is used up by it.
fn of_draft(
    state: &mut State,
    media_id: String,
    to_all: bool,
    now: DateTime<Utc>,
) -> Result<Publication, Refusal> {
    let at = state.drafts.iter().position(|draft| draft.media_id == media_id);
    let draft = state.drafts.remove(at.ok_or_else(|| refuse(40007, "invalid media_id"))?);
    let serial = state.next();
    Ok(Publication {
        publish_id: 0,
        msg_data_id: FIRST_MSG_ID + 1_000_000 + serial,
        media_id,
        deleted: vec![false; draft.articles.len()],
        articles: draft.articles,
        outcome: Default::default(),
        // Readable once it is sent.
        status: 1,
        article_id: format!("SbxMass_{serial:08}"),
        at: now,
        mass: true,
        unlisted: !to_all,
        banned: false,
    })
}

async fn end(inner: &Shared, msg_id: u64) {
    let now = inner.now();
    let ended = inner.change(|state| {
        let mass = state.masses.iter_mut().find(|mass| mass.msg_id == msg_id)?;
        if mass.outcome == MassOutcome::Never {
            return None;
        }
        let good = mass.outcome == MassOutcome::Ok;
        mass.status = if good { "SEND_SUCCESS" } else { "SEND_FAIL" }.to_owned();
        let mass = mass.clone();
        if !good {
            return Some((mass, 0, 0));
        }
        if let MassContent::Articles(article_id) = &mass.what {
            let publication = state.publications.iter_mut().find(|it| it.article_id == *article_id);
            if let Some(publication) = publication {
                publication.status = 0;
            }
        }
        let (mut sent, mut failed) = (0_u64, 0_u64);
        for id in &mass.receivers {
            let service = inner.config.kind == AccountKind::Service;
            match state.person(*id) {
                Some(person) if person.follows && !(service && full(person, now)) => sent += 1,
                _ => {
                    failed += 1;
                    continue;
                }
            }
            bring(inner, state, *id, &mass.what, now);
            if let Some(person) = state.person_mut(*id) {
                person.mass_at.push(now);
            }
        }
        Some((mass, sent, failed))
    });
    if let Some((mass, sent, failed)) = ended {
        crate::sandbox::caller::deliver(inner, &finished(inner, &mass, sent, failed)).await;
    }
}

/// Puts the message into a person's chat.
fn bring(inner: &Inner, state: &mut State, id: u64, what: &MassContent, now: DateTime<Utc>) {
    let picture = |state: &State, media_id: &str| {
        let mime = state.media.get(media_id).map_or("image/jpeg", |media| media.mime.as_str());
        crate::sandbox::state::picture_url(&inner.base_url, media_id, mime)
    };
    let extra = |extra| Line { extra: Some(extra), ..Line::default() };
    let lines: Vec<Line> = match what {
        MassContent::Text(text) => vec![Line { text: text.clone(), ..Line::default() }],
        MassContent::Voice(_) => vec![extra(Extra::Voice { recognition: String::new() })],
        MassContent::Video(media_id) => {
            let media = state.media.get(media_id);
            let title = media.map(|media| media.title.clone()).unwrap_or_default();
            let description = media.map(|media| media.introduction.clone()).unwrap_or_default();
            vec![extra(Extra::Video { title, description })]
        }
        MassContent::Images(ids) => ids
            .iter()
            .map(|media_id| extra(Extra::Image { url: picture(state, media_id) }))
            .collect(),
        MassContent::Articles(article_id) => {
            let all = state.published(&inner.base_url);
            let cards =
                all.iter().filter(|one| one.article_id == *article_id).map(|one| ChatArticle {
                    title: one.article.title.clone(),
                    description: one.article.digest.clone(),
                    pic_url: picture(state, one.article.cover()),
                    url: one.url.clone(),
                });
            vec![Line { articles: cards.collect(), ..Line::default() }]
        }
    };
    for line in lines {
        let line = line.at(state, now);
        if let Some(person) = state.person_mut(id) {
            person.chat.push(line);
        }
    }
}

fn finished(inner: &Inner, mass: &Mass, sent: u64, failed: u64) -> Push {
    let total = u64::try_from(mass.receivers.len()).unwrap_or_default();
    let status = match mass.outcome {
        MassOutcome::Ok | MassOutcome::Never => "send success".to_owned(),
        MassOutcome::Failed => "send fail".to_owned(),
        MassOutcome::Refused(number) => format!("err({number})"),
    };
    let mut fields = vec![
        ("MsgID", Node::Number(mass.msg_id)),
        ("Status", text(status)),
        ("TotalCount", Node::Number(total)),
        ("FilterCount", Node::Number(sent + failed)),
        ("SentCount", Node::Number(sent)),
        ("ErrorCount", Node::Number(failed)),
    ];
    if let MassContent::Articles(article_id) = &mass.what {
        let count = inner.read(|state| {
            let found = state.publications.iter().find(|it| it.article_id == *article_id);
            found.map(|it| it.articles.len()).unwrap_or_default()
        });
        let number = |at: usize| Node::Number(u64::try_from(at).unwrap_or_default());
        let check = vec![
            ("Count", Node::Number(0)),
            ("CheckState", Node::Number(1)),
            ("ResultList", text("")),
        ];
        fields.push(("CopyrightCheckResult", Node::Group(check)));
        let item = |at| {
            let url = article_url(&inner.base_url, article_id, at);
            Node::Group(vec![("ArticleIdx", number(at)), ("ArticleUrl", text(url))])
        };
        let items = vec![("item", Node::Many((1..=count).map(item).collect()))];
        let urls = vec![("Count", number(count)), ("ResultList", Node::Group(items))];
        fields.push(("ArticleUrlResult", Node::Group(urls)));
    }
    Push {
        account: Account::Official,
        to: inner.config.official.original_id.clone(),
        from: openid(&inner.config.official.appid, 0),
        at: inner.now().timestamp(),
        what: "MASSSENDJOBFINISH".to_owned(),
        is_event: true,
        fields,
        wrapped: None,
    }
}

/// Shows it to one person; a draft stays.
fn preview(inner: &Shared, call: &Call) -> Answer {
    let mut body: Body = call.json()?;
    if body.filter.is_some() || body.clientmsgid.is_some() {
        return Err(bug(47001, "data format error: preview has one receiver"));
    }
    let named = |state: &State| {
        let openid = body.touser.as_ref().and_then(Value::as_str);
        let person = state.people.iter().find(|person| match &body.towxname {
            Some(name) => person.user.name == *name,
            None => Some(person.user.official_openid.as_str()) == openid,
        });
        person.filter(|person| person.follows).map(|person| person.user.id)
    };
    let id = inner.read(named).ok_or_else(|| refuse(40003, "invalid openid"))?;
    let sent = content(inner, &mut body)?;
    let now = inner.now();
    let msg_id = inner.change(|state| {
        let msg_id = FIRST_MSG_ID + state.next();
        match sent {
            Sent::Other(what) => bring(inner, state, id, &what, now),
            Sent::Draft(media_id) => {
                let draft = state.drafts.iter().find(|draft| draft.media_id == media_id);
                let articles = draft.map(|draft| draft.articles.clone()).unwrap_or_default();
                let words: Vec<_> = articles.into_iter().map(|article| article.title).collect();
                let text = format!("【预览】{}", words.join("、"));
                bring(inner, state, id, &MassContent::Text(text), now);
            }
        }
        msg_id
    });
    Ok(json!({"errcode": 0, "errmsg": "preview success", "msg_id": id_as_it_comes(msg_id)}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    msg_id: Value,
    article_idx: Option<usize>,
    #[serde(rename = "url")]
    _url: Option<String>,
}

impl Which {
    fn number(&self) -> Option<u64> {
        match &self.msg_id {
            Value::String(id) => id.parse().ok(),
            id => id.as_u64(),
        }
    }
}

fn get(inner: &Shared, call: &Call) -> Answer {
    let body: Which = call.json()?;
    let of_all = inner.clone();
    // Half an hour may have passed meanwhile.
    inner.by_itself(async move { lapse_held(&of_all).await });
    inner.read(|state| {
        let mass = state.masses.iter().find(|mass| Some(mass.msg_id) == body.number());
        let mass = mass.ok_or_else(|| refuse(40059, "invalid msg id"))?;
        Ok(json!({"msg_id": id_as_it_comes(mass.msg_id), "msg_status": mass.status}))
    })
}

fn delete(inner: &Shared, call: &Call) -> Answer {
    let body: Which = call.json()?;
    inner.change(|state| {
        let mass = state.masses.iter_mut().find(|mass| Some(mass.msg_id) == body.number());
        let mass = mass.ok_or_else(|| refuse(40059, "invalid msg id"))?;
        match mass.what.clone() {
            MassContent::Video(_) => {}
            MassContent::Articles(article_id) => {
                let found = state.publications.iter_mut().find(|it| it.article_id == article_id);
                let publication = found.ok_or_else(|| refuse(40059, "invalid msg id"))?;
                match body.article_idx.unwrap_or(0) {
                    0 => publication.deleted.fill(true),
                    idx => {
                        let place = publication.deleted.get_mut(idx - 1);
                        *place.ok_or_else(|| refuse(40060, "invalid article_idx"))? = true;
                    }
                }
            }
            _ => return Err(refuse(40059, "invalid msg id: only articles and videos")),
        }
        if body.article_idx.unwrap_or(0) == 0 {
            mass.status = "DELETE".to_owned();
        }
        Ok(ok())
    })
}

/// After a restart: what was being sent.
pub(in crate::sandbox) fn take_up_again(inner: &Shared) {
    let open: Vec<u64> = inner.read(|state| {
        let open = state.masses.iter().filter(|mass| mass.status == "SENDING" && !mass.held);
        open.map(|mass| mass.msg_id).collect()
    });
    for msg_id in open {
        let of_all = inner.clone();
        inner.by_itself(async move { end(&of_all, msg_id).await });
    }
}
