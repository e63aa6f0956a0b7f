//! `/sandbox/api/…`: what the phone's page and the browser tests do with the sandbox.
//!
//! Whoever reaches the port may do everything: a sandbox holds nothing real.

mod person;
mod view;

use chrono::TimeDelta;
use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::RandomFaults;
use super::journal::{Fault, Order};
use super::platform::{mass, publish};
use super::server::{Inner, Shared};
use super::state::{Account, AdminAnswer, MassOutcome, NoticeOutcome, Outcome, User, Verdict};
use super::{caller, given, people, platform, scan};
use crate::error::{Error, Kind, Result};

const BODY_LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn routes(inner: &Shared) -> impl Endpoint<Output = Response> + 'static {
    let inner = inner.clone();
    poem::endpoint::make(move |request| {
        let inner = inner.clone();
        async move { Ok::<_, poem::Error>(answer(&inner, request).await) }
    })
}

async fn answer(inner: &Shared, mut request: Request) -> Response {
    // A form of another site cannot send these.
    let declared = request.content_type().unwrap_or_default();
    let declared = declared.starts_with("application/json") || declared.starts_with("image/");
    let outcome = if *request.method() == Method::GET || declared {
        let body = request.take_body().into_bytes_limit(BODY_LIMIT).await;
        match body {
            Ok(body) => act(inner, &request, &body).await,
            Err(_) => Err(Error::invalid("too_large", "内容太大了。")),
        }
    } else {
        Err(Error::invalid("content_type", "要说明内容的类型（application/json）。"))
    };
    let (status, body) = match outcome {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => {
            let status = match error.kind {
                Kind::NotFound => StatusCode::NOT_FOUND,
                Kind::Conflict => StatusCode::CONFLICT,
                Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, json!({"code": error.code, "message": error.message}))
        }
    };
    Response::builder()
        .status(status)
        .content_type("application/json; charset=utf-8")
        .header("cache-control", "no-store")
        .body(body.to_string())
}

async fn act(inner: &Shared, request: &Request, body: &[u8]) -> Result<Value> {
    let path = request.uri().path().trim_matches('/').to_owned();
    let segments: Vec<&str> = path.split('/').collect();
    let query = request.uri().query().unwrap_or_default();
    match (request.method().as_str(), segments.as_slice()) {
        ("GET", ["state"]) => Ok(view::state(inner, query)),
        ("GET", ["users"]) => Ok(json!({"items": users(inner)})),
        ("POST", ["users"]) => {
            let Named { name } = read(body)?;
            let name = name.trim();
            if name.is_empty() || name.chars().count() > 20 {
                return Err(Error::invalid("name", "名字要 1 到 20 个字。"));
            }
            Ok(json!(people::add(inner, name)))
        }
        ("POST", ["users", id, what]) => person::act(inner, user(inner, id)?, what, body).await,
        ("POST", ["scan"]) => match scan::read(body) {
            Some(link) => Ok(json!({"link": link})),
            None => Err(Error::not_found("no_code", "没有认出二维码，请换一张清楚的图片。")),
        },
        ("POST", ["js-config"]) => {
            Ok(json!({"errMsg": platform::ticket::js_config(inner, &read(body)?)}))
        }
        ("GET", ["faults"]) => Ok(json!({"items": inner.journal().faults})),
        ("POST", ["faults"]) => {
            let Fail { path, fault, count } = read(body)?;
            inner.journal().add_fault(&path, fault, count);
            Ok(json!({}))
        }
        ("DELETE", ["faults"]) => {
            inner.journal().faults.clear();
            Ok(json!({}))
        }
        ("GET", ["publication-outcome"]) => {
            Ok(json!({"outcome": inner.read(|state| state.outcome)}))
        }
        ("POST", ["publication-outcome"]) => {
            let Ending { outcome } = read(body)?;
            inner.change(|state| state.outcome = outcome);
            Ok(json!({}))
        }
        ("GET", ["mass-outcome"]) => Ok(json!({"outcome": inner.read(|state| state.mass_outcome)})),
        ("POST", ["mass-outcome"]) => {
            let MassEnding { outcome } = read(body)?;
            inner.change(|state| state.mass_outcome = outcome);
            Ok(json!({}))
        }
        ("GET", ["mass-protection"]) => Ok(view::protection(inner)),
        ("POST", ["mass-protection"]) => {
            let Protection { on } = read(body)?;
            inner.change(|state| state.mass_protection = on);
            Ok(json!({}))
        }
        ("POST", ["menu-by-hand"]) => {
            let menu = read(body)?;
            inner.change(|state| (state.menu, state.menu_by_hand) = (Some(menu), true));
            Ok(json!({}))
        }
        ("POST", ["mass-protection", "answer"]) => {
            let Answered { answer } = read(body)?;
            if mass::answer_held(inner, answer).await {
                return Ok(json!({}));
            }
            Err(Error::not_found("nothing_held", "现在没有等管理员确认的群发。"))
        }
        ("POST", ["standing"]) => {
            let standing = read(body)?;
            inner.change(|state| state.standing = standing);
            Ok(json!({}))
        }
        ("POST", ["take-down"]) => {
            let TakenDown { article_id, by } = read(body)?;
            if publish::take_down(inner, &article_id, by == Remover::System).await {
                return Ok(json!({}));
            }
            Err(Error::not_found("not_published", "没有发布过这篇文章。"))
        }
        ("POST", ["notice-outcome"]) => {
            let NoticeEnding { outcome } = read(body)?;
            inner.change(|state| state.notice_outcome = outcome);
            Ok(json!({}))
        }
        ("POST", ["verdict"]) => {
            let Judged { verdict } = read(body)?;
            inner.change(|state| state.verdict = verdict);
            Ok(json!({}))
        }
        ("POST", ["random-faults"]) => {
            inner.journal().random = read::<Option<RandomFaults>>(body)?;
            Ok(json!({}))
        }
        ("GET", ["random-faults"]) => Ok(json!({"random": inner.journal().random})),
        ("POST", ["clock"]) => {
            let Ahead { advance_s } = read(body)?;
            inner.advance(TimeDelta::seconds(advance_s.into()));
            mass::lapse_held(inner).await;
            Ok(json!({"now": inner.now()}))
        }
        ("GET", ["clock"]) => Ok(json!({"now": inner.now()})),
        ("POST", ["hold"]) => {
            inner.journal().held.get_or_insert_default();
            Ok(json!({}))
        }
        ("POST", ["release"]) => {
            let Release { order, times } = read(body)?;
            Ok(json!({"items": caller::release(inner, order, times).await}))
        }
        ("POST", ["callbacks", number, "again"]) => {
            let number = number.parse().ok();
            let record = match number {
                Some(number) => caller::redeliver(inner, number).await,
                None => None,
            };
            record
                .map(|record| json!(record))
                .ok_or_else(|| Error::not_found("no_callback", "没有这条推送。"))
        }
        ("POST", ["callbacks"]) => Ok(json!(given::deliver(inner, read(body)?).await?)),
        ("POST", ["tokens", "kill"]) => {
            inner.kill_tokens();
            Ok(json!({}))
        }
        ("POST", ["verify"]) => Ok(json!({
            "official": caller::verify_url(inner, Account::Official).await,
            "mini": caller::verify_url(inner, Account::Mini).await,
        })),
        ("GET", ["texts"]) => Ok(json!({"items": inner.read(|state| state.texts.clone())})),
        ("GET", ["requests"]) => Ok(json!({"items": inner.journal().requests})),
        ("GET", ["callbacks"]) => Ok(json!({"items": inner.journal().callbacks})),
        ("GET", ["unexpected"]) => Ok(json!({"items": inner.journal().unexpected})),
        _ => Err(Error::not_found("no_such_path", "沙盒没有这个地址。")),
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body)
        .map_err(|error| Error::invalid("body", format!("内容不对：{error}")))
}

fn user(inner: &Inner, id: &str) -> Result<u64> {
    let id = id.parse().ok().filter(|id| inner.read(|state| state.person(*id).is_some()));
    id.ok_or_else(|| Error::not_found("no_user", "沙盒里没有这个人。"))
}

fn users(inner: &Inner) -> Vec<User> {
    inner.read(|state| state.people.iter().map(|person| person.user.clone()).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fail {
    path: String,
    fault: Fault,
    #[serde(default = "once")]
    count: u32,
}

fn once() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    outcome: Outcome,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MassEnding {
    outcome: MassOutcome,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Protection {
    on: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    answer: AdminAnswer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TakenDown {
    article_id: String,
    by: Remover,
}

#[derive(PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Remover {
    Owner,
    System,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeEnding {
    outcome: NoticeOutcome,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    verdict: Verdict,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ahead {
    advance_s: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    order: Order,
    #[serde(default = "once")]
    times: u32,
}
