//! `POST /wxa/{getwxacodeunlimit,generate_urllink,generatescheme}`.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{Access, Answer, Call, File, MINI, Place, Refusal, Run, bug, ok, post, refuse};
use crate::sandbox::code;
use crate::sandbox::people::{SCHEME, encode, secret_text};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::MiniLink;

pub(super) const PLACES: &[Place] = &[
    Place {
        path: "/wxa/getwxacodeunlimit",
        method: poem::http::Method::POST,
        access: Access::Mini,
        run: Run::File(wxa_code),
    },
    post("/wxa/generate_urllink", MINI, url_link),
    post("/wxa/generatescheme", MINI, scheme),
];

const SCENE: usize = 32;
const QUERY: usize = 1024;
const DAYS: i64 = 30;
/// Besides letters and digits.
const SCENE_SIGNS: &str = "!#$&'()*+,/:;=?@-._~";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    scene: String,
    #[serde(default)]
    page: String,
    check_path: Option<bool>,
    env_version: Option<String>,
    width: Option<u32>,
    #[serde(rename = "auto_color")]
    _auto_color: Option<bool>,
    #[serde(rename = "line_color")]
    _line_color: Option<Value>,
    is_hyaline: Option<bool>,
}

fn wxa_code(inner: &Shared, call: &Call) -> Result<File, Refusal> {
    let body: Code = call.json()?;
    let length = body.scene.chars().count();
    let good = |c: char| c.is_ascii_alphanumeric() || SCENE_SIGNS.contains(c);
    if !(1..=SCENE).contains(&length) || !body.scene.chars().all(good) {
        return Err(refuse(40129, "invalid scene"));
    }
    let width = body.width.unwrap_or(430);
    if !(280..=1280).contains(&width) {
        return Err(bug(40097, "invalid args: width"));
    }
    env_version(body.env_version.as_deref())?;
    if body.page.starts_with('/') || body.page.contains('?') {
        return Err(bug(41030, "invalid page: no leading slash, no query"));
    }
    if body.check_path.unwrap_or(true) && !body.page.is_empty() {
        released(inner, &body.page, 41030)?;
    }
    let query = format!("scene={}", encode(&body.scene));
    let known = inner.read(|state| {
        let same = |link: &&MiniLink| {
            link.path == body.page && link.query == query && link.expires_at.is_none()
        };
        state.mini_links.iter().find(same).map(|link| link.key.clone())
    });
    let key = known.unwrap_or_else(|| keep(inner, &body.page, query, None));
    let png = body.is_hyaline == Some(true);
    let bytes = code::picture(&format!("{}/w/{key}", inner.base_url), width, png);
    let mime = if png { "image/png" } else { "image/jpeg" };
    let bytes = bytes.ok_or_else(|| refuse(-1, "system error"))?;
    Ok(File { mime: mime.to_owned(), bytes })
}

fn env_version(version: Option<&str>) -> Result<(), Refusal> {
    match version.unwrap_or("release") {
        "release" | "trial" | "develop" => Ok(()),
        _ => Err(bug(40097, "invalid args: env_version")),
    }
}

fn released(inner: &Inner, page: &str, errcode: i64) -> Result<(), Refusal> {
    let known = inner.config.mini_pages.iter().any(|known| known == page);
    if known && !unreleased(inner) { Ok(()) } else { Err(refuse(errcode, "invalid page")) }
}

fn unreleased(inner: &Inner) -> bool {
    inner.read(|state| state.standing.unreleased)
}

fn keep(inner: &Inner, path: &str, query: String, expires_at: Option<DateTime<Utc>>) -> String {
    let key = secret_text();
    let link = MiniLink { key: key.clone(), path: path.to_owned(), query, expires_at };
    inner.change(|state| state.mini_links.push(link));
    key
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UrlLink {
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: String,
    expire_type: Option<u8>,
    expire_time: Option<i64>,
    expire_interval: Option<i64>,
    env_version: Option<String>,
    #[serde(rename = "cloud_base")]
    _cloud_base: Option<Value>,
}

fn url_link(inner: &Shared, call: &Call) -> Answer {
    let body: UrlLink = call.json()?;
    let until = until(inner, body.expire_type, body.expire_time, body.expire_interval)?;
    let key = link(inner, &body.path, body.query, body.env_version.as_deref(), Some(until))?;
    let mut answer = ok();
    answer["url_link"] = format!("{}/w/{key}", inner.base_url).into();
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scheme {
    jump_wxa: Option<Jump>,
    is_expire: Option<bool>,
    expire_type: Option<u8>,
    expire_time: Option<i64>,
    expire_interval: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jump {
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: String,
    env_version: Option<String>,
}

fn scheme(inner: &Shared, call: &Call) -> Answer {
    let body: Scheme = call.json()?;
    let until = match body.is_expire {
        // Without an end of its own it has the longest.
        Some(false) | None => inner.now() + TimeDelta::days(DAYS),
        Some(true) => until(inner, body.expire_type, body.expire_time, body.expire_interval)?,
    };
    let Jump { path, query, env_version } = body.jump_wxa.unwrap_or_default();
    let key = link(inner, &path, query, env_version.as_deref(), Some(until))?;
    let mut answer = ok();
    answer["openlink"] = format!("{SCHEME}{key}").into();
    Ok(answer)
}

fn until(
    inner: &Inner,
    kind: Option<u8>,
    time: Option<i64>,
    interval: Option<i64>,
) -> Result<DateTime<Utc>, Refusal> {
    let (now, longest) = (inner.now(), TimeDelta::days(DAYS));
    let until = match kind.unwrap_or(0) {
        0 => match time {
            Some(time) => DateTime::from_timestamp(time, 0),
            None => Some(now + longest),
        },
        1 => interval.filter(|days| *days >= 1).and_then(TimeDelta::try_days).map(|it| now + it),
        _ => None,
    };
    let until = until.filter(|until| *until > now);
    let until = until.ok_or_else(|| bug(40097, "invalid args: expire"))?;
    if until > now + longest {
        return Err(refuse(85400, "the validity is over 30 days"));
    }
    Ok(until)
}

fn link(
    inner: &Inner,
    path: &str,
    query: String,
    version: Option<&str>,
    until: Option<DateTime<Utc>>,
) -> Result<String, Refusal> {
    env_version(version)?;
    if unreleased(inner) {
        return Err(refuse(85079, "miniprogram has no online release"));
    }
    let path = path.trim_start_matches('/');
    if path.contains('?') {
        return Err(bug(40165, "invalid weapp pagepath"));
    }
    if !path.is_empty() {
        released(inner, path, 40165)?;
    }
    let good = |c: char| c.is_ascii_alphanumeric() || SCENE_SIGNS.contains(c) || c == '%';
    if query.len() > QUERY || !query.chars().all(good) {
        return Err(refuse(40212, "invalid query"));
    }
    Ok(keep(inner, path, query, until))
}
