//! The endpoints of api.weixin.qq.com, as strict as the real ones or stricter.

mod draft;
mod media;
mod menu;
mod mini;
mod multipart;
pub(super) mod publish;
mod token;
mod user;

use std::collections::BTreeMap;
use std::time::Duration;

use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Endpoint, Request, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::journal::{Fault, RequestRecord};
use super::people::decode;
use super::phone;
use super::server::{Inner, Shared};
use super::state::Account;

/// Over the largest picture.
const BODY_LIMIT: usize = 12 * 1024 * 1024;
/// Longer than any client waits.
const NO_ANSWER: Duration = Duration::from_secs(120);

/// A call, read.
struct Call {
    query: BTreeMap<String, String>,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// A failure as the platform reports it.
#[derive(Debug)]
struct Refusal {
    errcode: i64,
    errmsg: String,
    /// Only a bug of the client leads here.
    bug: bool,
}

type Answer = Result<Value, Refusal>;

/// The caller's mistake in values: too long, not found, used up.
fn refuse(errcode: i64, errmsg: impl Into<String>) -> Refusal {
    Refusal { errcode, errmsg: errmsg.into(), bug: false }
}

/// A mistake no value can cause: wrong shape, method, address.
fn bug(errcode: i64, errmsg: impl Into<String>) -> Refusal {
    Refusal { errcode, errmsg: errmsg.into(), bug: true }
}

fn ok() -> Value {
    json!({"errcode": 0, "errmsg": "ok"})
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// No token.
    Open,
    /// A token of this account.
    Only(Account),
}

struct Place {
    path: &'static str,
    method: Method,
    access: Access,
    run: fn(&Shared, &Call) -> Answer,
}

const OFFICIAL: Access = Access::Only(Account::Official);
const MINI: Access = Access::Only(Account::Mini);

const fn get(path: &'static str, access: Access, run: fn(&Shared, &Call) -> Answer) -> Place {
    Place { path, method: Method::GET, access, run }
}

const fn post(path: &'static str, access: Access, run: fn(&Shared, &Call) -> Answer) -> Place {
    Place { path, method: Method::POST, access, run }
}

const PLACES: &[Place] = &[
    post("/cgi-bin/stable_token", Access::Open, token::stable),
    get("/cgi-bin/token", Access::Open, token::ordinary),
    get("/sns/jscode2session", Access::Open, mini::login),
    post("/wxa/business/getuserphonenumber", MINI, mini::phone_number),
    post("/cgi-bin/message/subscribe/send", MINI, mini::subscribe_send),
    post("/cgi-bin/media/uploadimg", OFFICIAL, media::upload_image),
    post("/cgi-bin/material/add_material", OFFICIAL, media::add_material),
    post("/cgi-bin/draft/add", OFFICIAL, draft::add),
    post("/cgi-bin/draft/update", OFFICIAL, draft::update),
    post("/cgi-bin/draft/get", OFFICIAL, draft::get),
    post("/cgi-bin/draft/batchget", OFFICIAL, draft::batch_get),
    post("/cgi-bin/draft/delete", OFFICIAL, draft::delete),
    get("/cgi-bin/draft/count", OFFICIAL, draft::count),
    post("/cgi-bin/freepublish/submit", OFFICIAL, publish::submit),
    post("/cgi-bin/freepublish/get", OFFICIAL, publish::get),
    post("/cgi-bin/freepublish/batchget", OFFICIAL, publish::batch_get),
    post("/cgi-bin/freepublish/getarticle", OFFICIAL, publish::get_article),
    post("/cgi-bin/freepublish/delete", OFFICIAL, publish::delete),
    post("/cgi-bin/menu/create", OFFICIAL, menu::create),
    get("/cgi-bin/menu/get", OFFICIAL, menu::get),
    get("/cgi-bin/menu/delete", OFFICIAL, menu::delete),
    get("/cgi-bin/user/info", OFFICIAL, user::info),
    get("/cgi-bin/user/get", OFFICIAL, user::list),
];

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
    let call = Call {
        query: pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (decode(key), decode(value)))
            .collect(),
        headers: request.headers().clone(),
        body: body.as_ref().map(|bytes| bytes.to_vec()).unwrap_or_default(),
    };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let place = PLACES.iter().find(|place| place.path == path);
    let fault = inner.journal().take_fault(&path);

    let chunked = call.headers.contains_key("transfer-encoding");
    let outcome = match &fault {
        Some(Fault::Errcode(errcode)) => Err(refuse(*errcode, "on purpose")),
        Some(Fault::Lost | Fault::Http500) => Err(refuse(-1, "on purpose")),
        _ if chunked => Err(bug(412, "the body came in chunks")),
        _ if body.is_err() => Err(bug(45001, "the body is too large")),
        _ => match place {
            None => Err(bug(40066, "invalid url")),
            Some(place) => run(inner, place, &method, &call),
        },
    };
    note(inner, &method, &path, &call, &outcome, fault.clone());

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
        _ => reply(&path, place.is_some(), outcome),
    }
}

fn run(inner: &Shared, place: &Place, method: &Method, call: &Call) -> Answer {
    if *method != place.method {
        return Err(if place.method == Method::GET {
            bug(43001, "require GET method")
        } else {
            bug(43002, "require POST method")
        });
    }
    if let Access::Only(account) = place.access {
        token::check(inner, call, account)?;
    }
    (place.run)(inner, call)
}

fn reply(path: &str, known: bool, outcome: Answer) -> Response {
    let body = outcome.unwrap_or_else(|refusal| {
        let errmsg = format!("{} rid: {}", refusal.errmsg, rid());
        json!({"errcode": refusal.errcode, "errmsg": errmsg})
    });
    // The real one says text/plain in places.
    let content_type = if path.starts_with("/cgi-bin/") {
        "application/json; encoding=utf-8"
    } else {
        "text/plain"
    };
    let status = if known { StatusCode::OK } else { StatusCode::NOT_FOUND };
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

/// Keeps the call, without what would let somebody in.
fn note(
    inner: &Inner,
    method: &Method,
    path: &str,
    call: &Call,
    outcome: &Answer,
    fault: Option<Fault>,
) {
    let account = call.query.get("access_token").and_then(|value| {
        inner.read(|state| {
            state.tokens.iter().find(|token| token.value == *value).map(|token| token.account)
        })
    });
    let hidden = ["access_token", "secret", "js_code"];
    let query = call.query.iter().filter(|(key, _)| !hidden.contains(&key.as_str()));
    let mut body = serde_json::from_slice::<Value>(&call.body)
        .unwrap_or_else(|_| multipart::summary(call).unwrap_or_default());
    if let Some(fields) = body.as_object_mut() {
        fields.remove("secret");
    }
    let record = RequestRecord {
        method: method.to_string(),
        path: path.to_owned(),
        query: query.map(|(key, value)| (key.clone(), value.clone())).collect(),
        body,
        account,
        errcode: match outcome {
            Ok(_) => 0,
            Err(refusal) => refusal.errcode,
        },
        fault,
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
