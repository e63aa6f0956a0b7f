//! `/sandbox/api/…`: what the phone's page and the browser tests do with the sandbox.
//!
//! Whoever reaches the port may do everything: a sandbox holds nothing real.

use std::collections::BTreeMap;

use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::journal::Fault;
use super::people::{self, Opened, encode, parameter};
use super::server::{Inner, Shared};
use super::state::{Account, Outcome, State, User, picture_url};
use super::{caller, scan};
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
        ("GET", ["state"]) => Ok(view(inner, query)),
        ("GET", ["users"]) => Ok(json!({"items": users(inner)})),
        ("POST", ["users"]) => {
            let Named { name } = read(body)?;
            let name = name.trim();
            if name.is_empty() || name.chars().count() > 20 {
                return Err(Error::invalid("name", "名字要 1 到 20 个字。"));
            }
            Ok(json!(people::add(inner, name)))
        }
        ("POST", ["users", id, what]) => person(inner, user(inner, id)?, what, body).await,
        ("POST", ["scan"]) => match scan::read(body) {
            Some(link) => Ok(json!({"link": link})),
            None => Err(Error::not_found("no_code", "没有认出二维码，请换一张清楚的图片。")),
        },
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
        ("POST", ["verify"]) => Ok(json!({
            "official": caller::verify_url(inner, Account::Official).await,
            "mini": caller::verify_url(inner, Account::Mini).await,
        })),
        ("GET", ["requests"]) => Ok(json!({"items": inner.journal().requests})),
        ("GET", ["callbacks"]) => Ok(json!({"items": inner.journal().callbacks})),
        ("GET", ["unexpected"]) => Ok(json!({"items": inner.journal().unexpected})),
        _ => Err(Error::not_found("no_such_path", "沙盒没有这个地址。")),
    }
}

/// What one person does.
async fn person(inner: &Shared, id: u64, what: &str, body: &[u8]) -> Result<Value> {
    match what {
        "login-code" => Ok(json!({"code": people::login_code(inner, id)})),
        "phone-code" => Ok(json!({"code": people::phone_code(inner, id)})),
        "follow" => people::follow(inner, id).await.map(|()| json!({})),
        "unfollow" => people::unfollow(inner, id).await.map(|()| json!({})),
        "say" => {
            let Said { text } = read(body)?;
            if text.trim().is_empty() || text.len() > 2048 {
                return Err(Error::invalid("text", "要写一到几百个字。"));
            }
            Ok(json!({"lines": people::say(inner, id, text.trim()).await?}))
        }
        "tap" => {
            let Named { name } = read(body)?;
            Ok(json!(people::tap(inner, id, &name).await?))
        }
        "subscribe" => {
            let Choices { results } = read(body)?;
            let choices: Vec<_> = results
                .iter()
                .map(|(template_id, choice)| (template_id.as_str(), *choice == Choice::Accept))
                .collect();
            people::subscribe(inner, id, &choices).await?;
            Ok(json!({"results": results}))
        }
        "refuse" => {
            let Refused { template_id } = read(body)?;
            people::refuse(inner, id, &template_id).await.map(|()| json!({}))
        }
        "open" => {
            let Link { link } = read(body)?;
            Ok(open(inner, id, &link))
        }
        _ => Err(Error::not_found("no_such_path", "沙盒没有这个地址。")),
    }
}

/// Opens a link as the phone does; pages of the mini-program begin with a sign-in.
fn open(inner: &Inner, id: u64, link: &str) -> Value {
    let opened = people::resolve(inner, link);
    let mut answer = json!(opened);
    if let Opened::Mini { to } = &opened {
        let (page_url, code) = (inner.page_url(), people::login_code(inner, id));
        let url = format!("{page_url}/m/#/login?code={}&to={}", encode(&code), encode(to));
        answer["url"] = Value::from(url);
    }
    answer
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

/// Everything the phone shows; next to nothing when nothing has changed.
fn view(inner: &Inner, query: &str) -> Value {
    let seen = parameter(query, "version").and_then(|version| version.parse::<u64>().ok());
    let id = parameter(query, "user").and_then(|id| id.parse::<u64>().ok()).unwrap_or(1);
    let page_url = inner.page_url();
    inner.read(|state| {
        if seen == Some(state.version) {
            return json!({"version": state.version, "same": true});
        }
        let people = state.people.iter().map(|person| {
            json!({"id": person.user.id, "name": person.user.name, "follows": person.follows})
        });
        let me = state.person(id).or_else(|| state.people.first());
        let me = me.map(|person| {
            json!({
                "id": person.user.id,
                "name": person.user.name,
                "follows": person.follows,
                "phone": person.user.phone,
                "chat": person.chat,
                "notices": person.notices,
            })
        });
        json!({
            "version": state.version,
            "service_url": page_url,
            "account": {
                "name": inner.config.account_name,
                "mini_name": inner.config.mini_name,
                "mini_appid": inner.config.mini.appid,
            },
            "templates": inner.config.templates,
            "users": people.collect::<Vec<_>>(),
            "me": me,
            "menu": state.menu.as_ref().map(|menu| menu["button"].clone()),
            "articles": articles(inner, state),
        })
    })
}

/// Newest first.
fn articles(inner: &Inner, state: &State) -> Vec<Value> {
    let published = state.published(&inner.base_url);
    let cards = published.iter().rev().map(|one| {
        let cover = &one.article.thumb_media_id;
        json!({
            "title": one.article.title,
            "digest": one.article.digest,
            "author": one.article.author,
            "url": one.url,
            "at": one.at,
            "cover_url": picture_url(&inner.base_url, cover, "image/jpeg"),
        })
    });
    cards.collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    link: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    template_id: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Accept,
    Reject,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    results: BTreeMap<String, Choice>,
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
