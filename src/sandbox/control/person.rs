//! What one person does.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Named, read};
use crate::error::{Error, Result};
use crate::sandbox::people::{self, Opened, encode};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, CodeKind};

/// What one person does.
pub(super) async fn act(inner: &Shared, id: u64, what: &str, body: &[u8]) -> Result<Value> {
    match what {
        "login-code" => Ok(json!({"code": people::code(inner, id, CodeKind::Login)})),
        "phone-code" => Ok(json!({"code": people::code(inner, id, CodeKind::Phone)})),
        "follow" => people::follow(inner, id).await.map(|()| json!({})),
        "unfollow" => people::unfollow(inner, id).await.map(|()| json!({})),
        "say" => {
            let text = words(body)?;
            Ok(json!({"lines": people::say(inner, id, Account::Official, &text).await?}))
        }
        "tap" => {
            let Named { name } = read(body)?;
            Ok(json!(people::tap(inner, id, &name).await?))
        }
        "subscribe" | "subscribe-official" => {
            let Choices { results } = read(body)?;
            let account = if what == "subscribe" { Account::Mini } else { Account::Official };
            let choices: Vec<_> = results
                .iter()
                .map(|(template_id, choice)| (template_id.as_str(), *choice == Choice::Accept))
                .collect();
            people::subscribe(inner, id, account, &choices).await?;
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
        _ => talk(inner, id, what, body).await,
    }
}

/// More than words and taps.
async fn talk(inner: &Shared, id: u64, what: &str, body: &[u8]) -> Result<Value> {
    let lines = match what {
        "send" => people::send(inner, id, Account::Official, read(body)?).await?,
        "mini-send" => people::send(inner, id, Account::Mini, read(body)?).await?,
        "picture" | "mini-picture" => {
            if !body.starts_with(b"\x89PNG") && !body.starts_with(b"\xff\xd8\xff") {
                return Err(Error::invalid("picture", "请选 JPEG 或 PNG 图片。"));
            }
            let account = if what == "picture" { Account::Official } else { Account::Mini };
            people::send(inner, id, account, people::Said::Image { bytes: body.to_vec() }).await?
        }
        "choose" => {
            let Chosen { id: choice, content } = read(body)?;
            people::choose(inner, id, &choice, &content).await?
        }
        "scan" => {
            let Link { link } = read(body)?;
            people::scan(inner, id, &link).await?
        }
        "tap-scan" => {
            let Scanned { name, result } = read(body)?;
            people::tap_with(inner, id, &name, people::Input::Scan { result }).await?
        }
        "tap-pictures" => {
            let Pictures { name, sums } = read(body)?;
            people::tap_with(inner, id, &name, people::Input::Pictures { sums }).await?
        }
        "tap-location" => {
            let Located { name, latitude, longitude, label } = read(body)?;
            let input = people::Input::Location { latitude, longitude, label };
            people::tap_with(inner, id, &name, input).await?
        }
        "mini-enter" => {
            people::enter_service(inner, id).await?;
            Vec::new()
        }
        "mini-say" => people::say(inner, id, Account::Mini, &words(body)?).await?,
        _ => return privacy(inner, id, what, body).await,
    };
    Ok(json!({"lines": lines}))
}

/// What a person lets others know, and how they stand.
async fn privacy(inner: &Shared, id: u64, what: &str, body: &[u8]) -> Result<Value> {
    match what {
        "authorize" => {
            let Asked { link, snapshot } = read(body)?;
            return Ok(json!({"url": people::authorize(inner, id, &link, snapshot)?}));
        }
        "withdraw" => {
            let Withdrawn { account, codes } = read(body)?;
            people::withdraw(inner, id, account, &codes).await?;
        }
        "standing" => {
            let standing = read(body)?;
            inner.change(|state| {
                if let Some(person) = state.person_mut(id) {
                    person.standing = standing;
                }
            });
        }
        "close-account" => {
            let Of { account } = read(body)?;
            people::close_account(inner, id, account).await?;
        }
        "modify" => {
            let Of { account } = read(body)?;
            people::modify(inner, id, account).await?;
        }
        _ => return Err(Error::not_found("no_such_path", "沙盒没有这个地址。")),
    }
    Ok(json!({}))
}

fn words(body: &[u8]) -> Result<String> {
    let Said { text } = read(body)?;
    if text.trim().is_empty() || text.len() > 2048 {
        return Err(Error::invalid("text", "要写一到几百个字。"));
    }
    Ok(text.trim().to_owned())
}

/// Opens a link as the phone does; pages of the mini-program begin with a sign-in.
fn open(inner: &Inner, id: u64, link: &str) -> Value {
    let opened = people::resolve(inner, link);
    let mut answer = json!(opened);
    if let Opened::Mini { to } = &opened {
        let (page_url, code) = (inner.page_url(), people::code(inner, id, CodeKind::Login));
        let url = format!("{page_url}/m/#/login?code={}&to={}", encode(&code), encode(to));
        answer["url"] = Value::from(url);
    }
    answer
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
struct Chosen {
    id: String,
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scanned {
    name: String,
    result: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pictures {
    name: String,
    sums: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Located {
    name: String,
    latitude: String,
    longitude: String,
    label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    link: String,
    #[serde(default)]
    snapshot: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawn {
    account: Account,
    codes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    account: Account,
}
