//! The endpoints of api.weixin.qq.com, as strict as the real ones or stricter.

mod custom;
mod draft;
mod figures;
mod links;
pub(super) mod mass;
mod material;
mod media;
mod menu;
mod mini;
mod multipart;
mod notice;
pub(super) mod publish;
mod qr;
mod safety;
mod subscribe;
mod tags;
mod templates;
pub(super) mod ticket;
mod token;
mod upkeep;
mod user;
mod web;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Endpoint, Request, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::config::AccountKind;
use super::journal::{Fault, RequestRecord};
use super::people::decode;
use super::server::{Inner, Shared};
use super::state::Account;

use super::{meter, phone};
pub use ticket::JsConfig;

/// Over the largest picture.
const BODY_LIMIT: usize = 12 * 1024 * 1024;
/// Longer than any client waits.
const NO_ANSWER: Duration = Duration::from_secs(120);

/// A call, read.
struct Call {
    path: String,
    peer: Option<IpAddr>,
    /// Whose token it carried.
    account: Account,
    query: BTreeMap<String, String>,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// No errcode of the API: the picture of a bad ticket is an HTTP 404.
const NO_PICTURE: i64 = 404;

/// A failure as the platform reports it.
#[derive(Debug)]
struct Refusal {
    errcode: i64,
    errmsg: String,
    /// Only a bug of the client leads here.
    bug: bool,
    /// What the answer holds besides.
    with: Value,
}

type Answer = Result<Value, Refusal>;

/// The caller's mistake in values: too long, not found, used up.
fn refuse(errcode: i64, errmsg: impl Into<String>) -> Refusal {
    Refusal { errcode, errmsg: errmsg.into(), bug: false, with: json!({}) }
}

/// A mistake no value can cause: wrong shape, method, address.
fn bug(errcode: i64, errmsg: impl Into<String>) -> Refusal {
    Refusal { errcode, errmsg: errmsg.into(), bug: true, with: json!({}) }
}

fn ok() -> Value {
    json!({"errcode": 0, "errmsg": "ok"})
}

/// What the official account has to be (api.md §9).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Any,
    /// A service account, or verified.
    Menu,
    Verified,
    /// A verified service account.
    Service,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// No token.
    Open,
    Mini,
    Official(Rank),
    /// A token of either account; the rank counts for the official one.
    Either(Rank),
}

#[derive(Clone, Copy)]
enum Run {
    Json(fn(&Shared, &Call) -> Answer),
    /// Bytes when all is well, JSON in a 200 when not.
    File(fn(&Shared, &Call) -> Result<File, Refusal>),
}

struct File {
    mime: String,
    bytes: Vec<u8>,
}

struct Place {
    path: &'static str,
    method: Method,
    access: Access,
    run: Run,
}

const OPEN: Access = Access::Open;
const MINI: Access = Access::Mini;
const OFFICIAL: Access = Access::Official(Rank::Any);
const MENU: Access = Access::Official(Rank::Menu);
const VERIFIED: Access = Access::Official(Rank::Verified);
const SERVICE: Access = Access::Official(Rank::Service);
const EITHER: Access = Access::Either(Rank::Any);
const EITHER_VERIFIED: Access = Access::Either(Rank::Verified);
const EITHER_SERVICE: Access = Access::Either(Rank::Service);

const fn get(path: &'static str, access: Access, run: fn(&Shared, &Call) -> Answer) -> Place {
    Place { path, method: Method::GET, access, run: Run::Json(run) }
}

const fn post(path: &'static str, access: Access, run: fn(&Shared, &Call) -> Answer) -> Place {
    Place { path, method: Method::POST, access, run: Run::Json(run) }
}

/// All endpoints, by subject.
const PLACES: &[&[Place]] = &[
    token::PLACES,
    mini::PLACES,
    links::PLACES,
    subscribe::PLACES,
    notice::PLACES,
    templates::PLACES,
    custom::PLACES,
    menu::PLACES,
    qr::PLACES,
    user::PLACES,
    tags::PLACES,
    web::PLACES,
    ticket::PLACES,
    media::PLACES,
    material::PLACES,
    draft::PLACES,
    figures::PLACES,
    publish::PLACES,
    mass::PLACES,
    safety::PLACES,
    upkeep::PLACES,
];

fn place(path: &str) -> Option<&'static Place> {
    PLACES.iter().copied().flatten().find(|place| place.path == path)
}

pub(super) fn endpoint(inner: &Shared) -> impl Endpoint<Output = Response> + 'static {
    let inner = inner.clone();
    poem::endpoint::make(move |request| {
        let inner = inner.clone();
        async move {
            let answer = match request.uri().path() {
                "/" => phone::to_the_phone(),
                _ => answer(&inner, request).await,
            };
            Ok::<_, poem::Error>(answer)
        }
    })
}

async fn answer(inner: &Shared, mut request: Request) -> Response {
    let body = request.take_body().into_bytes_limit(BODY_LIMIT).await;
    let query = request.uri().query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut call = Call {
        path: path.clone(),
        peer: request.remote_addr().as_socket_addr().map(SocketAddr::ip),
        account: Account::Official,
        query: pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (decode(key), decode(value)))
            .collect(),
        headers: request.headers().clone(),
        body: body.as_ref().map(|bytes| bytes.to_vec()).unwrap_or_default(),
    };
    let place = place(&path);
    let fault = inner.journal().take_fault(&path);

    let chunked = call.headers.contains_key("transfer-encoding");
    let outcome = match &fault {
        Some(Fault::Errcode(errcode)) => Err(refuse(*errcode, "on purpose")),
        Some(Fault::Lost | Fault::Http500) => Err(refuse(-1, "on purpose")),
        _ if chunked => Err(bug(412, "the body came in chunks")),
        _ if body.is_err() => Err(bug(45001, "the body is too large")),
        _ => match place {
            None => Err(bug(40066, "invalid url")),
            Some(place) => run(inner, place, &method, &mut call),
        },
    };
    let rid = rid();
    note(inner, &method, &call, &outcome, fault.clone(), &rid);

    match fault {
        Some(Fault::Timeout | Fault::Lost) => {
            tokio::select! {
                () = tokio::time::sleep(NO_ANSWER) => {}
                () = inner.stop.cancelled() => {}
            }
            Response::builder().status(StatusCode::GATEWAY_TIMEOUT).finish()
        }
        Some(Fault::Http500) => Response::builder()
            .status(StatusCode::INTERNAL_SERVER_ERROR)
            .content_type("text/html")
            .body("<html><body><h1>500 Internal Server Error</h1></body></html>"),
        Some(Fault::Garbage) => {
            Response::builder().content_type("text/plain").body("{\"errcode\":0,\"errmsg\":\"o")
        }
        _ if chunked => Response::builder().status(StatusCode::PRECONDITION_FAILED).finish(),
        _ => reply(&path, place.is_some(), outcome, &rid),
    }
}

enum Given {
    Json(Value),
    File(File),
}

fn run(inner: &Shared, place: &Place, method: &Method, call: &mut Call) -> Result<Given, Refusal> {
    if *method != place.method {
        return Err(if place.method == Method::GET {
            bug(43001, "require GET method")
        } else {
            bug(43002, "require POST method")
        });
    }
    if place.access == Access::Open {
        let mini = &inner.config.mini.appid;
        let names_it = call.parameter("appid") == Some(mini)
            || std::str::from_utf8(&call.body).is_ok_and(|body| body.contains(mini.as_str()));
        call.account = if names_it { Account::Mini } else { Account::Official };
    } else {
        call.account = token::check(inner, call)?;
        admit(inner, place.access, call.account)?;
    }
    let limit = meter::daily_limit(&inner.config.daily_limits, place.path);
    let counted = inner.meter().count(call.account, place.path, limit, inner.now());
    counted.map_err(|errcode| refuse(errcode, "reach max api daily quota limit"))?;
    match place.run {
        Run::Json(run) => run(inner, call).map(Given::Json),
        Run::File(run) => run(inner, call).map(Given::File),
    }
}

/// Whether this account may call this at all.
fn admit(inner: &Inner, access: Access, account: Account) -> Result<(), Refusal> {
    let rank = match (access, account) {
        (Access::Open, _) | (Access::Mini, Account::Mini) | (Access::Either(_), Account::Mini) => {
            return Ok(());
        }
        // Only a mix-up of tokens leads here.
        (Access::Mini, Account::Official) | (Access::Official(_), Account::Mini) => {
            return Err(bug(48001, "api unauthorized"));
        }
        (Access::Official(rank) | Access::Either(rank), Account::Official) => rank,
    };
    let (service, verified) = (inner.config.kind == AccountKind::Service, inner.config.verified);
    let good = match rank {
        Rank::Any => true,
        Rank::Menu => service || verified,
        Rank::Verified => verified,
        Rank::Service => service && verified,
    };
    if good { Ok(()) } else { Err(refuse(48001, "api unauthorized")) }
}

fn reply(path: &str, known: bool, outcome: Result<Given, Refusal>, rid: &str) -> Response {
    let body = match outcome {
        Ok(Given::File(file)) => {
            return Response::builder().content_type(&file.mime).body(file.bytes);
        }
        Ok(Given::Json(body)) => body,
        Err(refusal) => {
            let mut body = refusal.with;
            body["errcode"] = Value::from(refusal.errcode);
            body["errmsg"] = Value::from(format!("{} rid: {rid}", refusal.errmsg));
            body
        }
    };
    // The real one says text/plain in places.
    let content_type = if path.starts_with("/cgi-bin/") {
        "application/json; encoding=utf-8"
    } else {
        "text/plain"
    };
    let found = known && body["errcode"] != NO_PICTURE;
    let status = if found { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Response::builder().status(status).content_type(content_type).body(body.to_string())
}

fn rid() -> String {
    let mut bytes = [0; 12];
    // Only for show.
    let _ = getrandom::fill(&mut bytes);
    let text = hex::encode(bytes);
    let (first, rest) = text.split_at(8);
    let (second, third) = rest.split_at(8);
    format!("{first}-{second}-{third}")
}

/// Values that would let somebody in, wherever they stand.
const HIDDEN: [&str; 8] = [
    "access_token",
    "secret",
    "appsecret",
    "js_code",
    "code",
    "refresh_token",
    "session_key",
    "ticket",
];

fn hide(value: &mut Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !HIDDEN.contains(&name.as_str()));
    }
}

/// Keeps the call, without what would let somebody in.
fn note(
    inner: &Inner,
    method: &Method,
    call: &Call,
    outcome: &Result<Given, Refusal>,
    fault: Option<Fault>,
    rid: &str,
) {
    let account = call.query.get("access_token").and_then(|value| {
        inner.read(|state| {
            state.tokens.iter().find(|token| token.value == *value).map(|token| token.account)
        })
    });
    let query = call.query.iter().filter(|(key, _)| !HIDDEN.contains(&key.as_str()));
    let mut body = serde_json::from_slice::<Value>(&call.body)
        .unwrap_or_else(|_| multipart::summary(call).unwrap_or_default());
    hide(&mut body);
    let mut answer = match outcome {
        Ok(Given::Json(answer)) => answer.clone(),
        Ok(Given::File(file)) => json!({"bytes": file.bytes.len()}),
        Err(refusal) => json!({"errcode": refusal.errcode, "errmsg": refusal.errmsg}),
    };
    hide(&mut answer);
    let path = &call.path;
    let record = RequestRecord {
        method: method.to_string(),
        path: path.clone(),
        query: query.map(|(key, value)| (key.clone(), value.clone())).collect(),
        body,
        account,
        errcode: match outcome {
            Ok(_) => 0,
            Err(refusal) => refusal.errcode,
        },
        fault,
        rid: rid.to_owned(),
        at: inner.now(),
        answer: answer.to_string(),
    };
    let mut journal = inner.journal();
    journal.request(record);
    if let Err(refusal) = outcome
        && refusal.bug
    {
        let Refusal { errcode, errmsg, .. } = refusal;
        journal.unexpected(format!("{method} {path}: {errcode} {errmsg}"));
    }
}

impl Call {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The JSON body. Unknown fields are refused: the real one ignores them, and
    /// with them what the client meant.
    fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if self.body.is_empty() {
            return Err(bug(44002, "empty post data"));
        }
        let text = std::str::from_utf8(&self.body).map_err(|_| bug(47001, "not UTF-8"))?;
        if has_unicode_escape(text) {
            return Err(bug(
                40033,
                "invalid charset. please check your request, if include \\uxxxx will create fail!",
            ));
        }
        serde_json::from_str(text)
            .map_err(|error| bug(47001, format!("data format error: {error}")))
    }
}

/// `\u4e2d` where `中` was meant. Control characters have no other form.
fn has_unicode_escape(text: &str) -> bool {
    let mut chars = text.char_indices();
    while let Some((_, c)) = chars.next() {
        if c != '\\' {
            continue;
        }
        if let Some((at, 'u')) = chars.next() {
            let code = text.get(at + 1..at + 5).and_then(|hex| u32::from_str_radix(hex, 16).ok());
            if code.is_some_and(|code| code >= 0x20) {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_unicode_escape;

    #[test]
    fn escapes_are_told_from_backslashes() {
        assert!(has_unicode_escape(r#"{"a":"\u4e2d"}"#));
        assert!(has_unicode_escape(r#"{"a":"\\\u4e2d"}"#));
        assert!(!has_unicode_escape(r#"{"a":"\\u4e2d"}"#));
        assert!(!has_unicode_escape(r#"{"a":"\u0001\n"}"#));
        assert!(!has_unicode_escape(r#"{"a":"中\u"#));
    }
}
