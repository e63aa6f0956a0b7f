//! `POST /wxa/msg_sec_check`, `POST /wxa/media_check_async` and its event.

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

use super::subscribe::later;
use super::{Answer, Call, MINI, Place, Refusal, bug, ok, post, refuse};
use crate::sandbox::people::secret_text;
use crate::sandbox::push::{Node, Push, text};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, Verdict};

pub(super) const PLACES: &[Place] = &[
    post("/wxa/msg_sec_check", MINI, check_text),
    post("/wxa/media_check_async", MINI, check_media),
];

const CONTENT: usize = 2_500;
const SEEN_HOURS: i64 = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    content: String,
    version: u8,
    scene: u8,
    openid: String,
    #[serde(rename = "title")]
    _title: Option<String>,
    #[serde(rename = "nickname")]
    _nickname: Option<String>,
    signature: Option<String>,
}

/// The person was in the mini-program not long ago.
fn seen(inner: &Inner, openid: &str, version: u8, scene: u8) -> Result<(), Refusal> {
    if version != 2 || !(1..=4).contains(&scene) {
        return Err(bug(40097, "invalid args: version, scene"));
    }
    let now = inner.now();
    let at = inner.change(|state| {
        let person = state.by_openid(Account::Mini, openid);
        person.map(|person| person.in_mini_at).ok_or_else(|| refuse(40003, "invalid openid"))
    })?;
    let recent = at.is_some_and(|at| at > now - TimeDelta::hours(SEEN_HOURS));
    if recent { Ok(()) } else { Err(refuse(61010, "code is expired")) }
}

fn check_text(inner: &Shared, call: &Call) -> Answer {
    let body: Text = call.json()?;
    if body.content.is_empty() {
        return Err(refuse(44004, "empty content"));
    }
    if body.content.chars().count() > CONTENT {
        return Err(refuse(45002, "content size out of limit"));
    }
    if body.signature.is_some() && body.scene != 1 {
        return Err(bug(40097, "invalid args: signature is for scene 1"));
    }
    seen(inner, &body.openid, body.version, body.scene)?;
    let risky = inner.config.risky_words.iter().find(|word| body.content.contains(word.as_str()));
    let (suggest, label) = if risky.is_some() { ("risky", 20006) } else { ("pass", 100) };
    let mut detail = json!({
        "strategy": "content_model",
        "errcode": 0,
        "suggest": suggest,
        "label": label,
        "prob": 90,
    });
    if let Some(word) = risky {
        detail["strategy"] = "keyword".into();
        detail["level"] = 20.into();
        detail["keyword"] = word.as_str().into();
    }
    let mut answer = ok();
    answer["trace_id"] = secret_text().into();
    answer["result"] = json!({"suggest": suggest, "label": label});
    answer["detail"] = json!([detail]);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Media {
    media_url: String,
    media_type: u8,
    version: u8,
    scene: u8,
    openid: String,
}

fn check_media(inner: &Shared, call: &Call) -> Answer {
    let body: Media = call.json()?;
    if !body.media_url.starts_with("http") || !(1..=2).contains(&body.media_type) {
        return Err(bug(40097, "invalid args: media_url, media_type"));
    }
    seen(inner, &body.openid, body.version, body.scene)?;
    let trace_id = secret_text();
    later(inner, result(inner, &body.openid, &trace_id));
    let mut answer = ok();
    answer["trace_id"] = trace_id.into();
    Ok(answer)
}

fn result(inner: &Inner, openid: &str, trace_id: &str) -> Push {
    let mut fields = vec![
        ("appid", text(&inner.config.mini.appid)),
        ("trace_id", text(trace_id)),
        ("version", Node::Number(2)),
    ];
    let verdict = match inner.read(|state| state.verdict) {
        Verdict::Pass => Some(("pass", "100")),
        Verdict::Review => Some(("review", "10001")),
        Verdict::Risky => Some(("risky", "20002")),
        Verdict::Unreachable => None,
    };
    match verdict {
        // Labels arrive as text.
        Some((suggest, label)) => {
            let result = || vec![("suggest", text(suggest)), ("label", text(label))];
            let mut detail =
                vec![("strategy", text("content_model")), ("errcode", Node::Number(0))];
            detail.extend(result());
            detail.push(("prob", Node::Number(90)));
            fields.push(("errcode", Node::Number(0)));
            fields.push(("errmsg", text("ok")));
            fields.push(("result", Node::Group(result())));
            fields.push(("detail", Node::List(vec![Node::Group(detail)])));
        }
        None => {
            fields.push(("errcode", text("-1008")));
            fields.push(("errmsg", text("could not download")));
        }
    }
    Push {
        account: Account::Mini,
        to: inner.config.mini.original_id.clone(),
        from: openid.to_owned(),
        at: inner.now().timestamp(),
        what: "wxa_media_check".to_owned(),
        is_event: true,
        fields,
        wrapped: None,
    }
}
