//! A provider of short messages, beside WeChat: `POST /sandbox/text` with `{"phone","text"}`.
//!
//! Like many, it answers 200 to what it refuses, and says so in a code of its own. Numbers that
//! begin with 199 belong to nobody.

use poem::{Endpoint, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::server::{Inner, Shared};
use super::state::TextMessage;

const BODY_LIMIT: usize = 16 * 1024;

/// What it takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    phone: String,
    text: String,
}

pub(super) fn endpoint(inner: &Shared) -> impl Endpoint<Output = Response> + 'static {
    let inner = inner.clone();
    poem::endpoint::make(move |request| {
        let inner = inner.clone();
        async move { Ok::<_, poem::Error>(answer(&inner, request).await) }
    })
}

async fn answer(inner: &Inner, mut request: Request) -> Response {
    let body = request.take_body().into_bytes_limit(BODY_LIMIT).await.unwrap_or_default();
    let (code, words) = match serde_json::from_slice::<Text>(&body) {
        Ok(text) if !is_number(&text.phone) => (2, "bad number"),
        Ok(text) if text.phone.starts_with("199") => (3, "nobody has this number"),
        Ok(text) => {
            take(inner, text);
            (0, "ok")
        }
        Err(_) => (1, "bad body"),
    };
    let answer = json!({"code": code, "message": words});
    Response::builder().content_type("application/json").body(answer.to_string())
}

fn is_number(phone: &str) -> bool {
    phone.len() == 11 && phone.bytes().all(|byte| byte.is_ascii_digit())
}

fn take(inner: &Inner, Text { phone, text }: Text) {
    let at = inner.now();
    inner.change(|state| {
        let id = state.next();
        state.texts.push(TextMessage { id, phone, text, at });
    });
}
