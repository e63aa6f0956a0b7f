//! The one way of a call: token → send → bytes → errcode → typed error.

use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

use super::error::refuses_token;
use super::token::Tokens;
use super::{Class, Error, Inner};

/// An account of ours with the platform.
pub(super) struct Account {
    pub(super) appid: String,
    pub(super) secret: SecretString,
    tokens: Tokens,
}

impl Account {
    pub(super) fn new(appid: String, secret: SecretString) -> Self {
        Self { tokens: Tokens::new(&appid, &secret), appid, secret }
    }
}

impl Inner {
    /// A call with a token. `request` puts it together for the given URL, which
    /// carries the token; it is made again for the one retry.
    async fn call<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        request: impl Fn(String) -> RequestBuilder,
    ) -> Result<T, Error> {
        // Whatever became of the request for the token, this call was not sent.
        let token = account.tokens.get(self, None).await.map_err(Error::before_sending)?;
        let url = |token: &str| format!("{}{endpoint}?access_token={token}", self.base);
        match send(endpoint, request(url(&token))).await {
            Err(error) if error.errcode.is_some_and(refuses_token) => {}
            other => return other,
        }
        let fresh = account.tokens.get(self, Some(&token)).await.map_err(Error::before_sending)?;
        send(endpoint, request(url(&fresh))).await
    }

    /// `POST` with a JSON body.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<T, Error> {
        self.call(account, endpoint, |url| self.http.post(url).json(body)).await
    }

    /// `GET` without a body.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
    ) -> Result<T, Error> {
        self.call(account, endpoint, |url| self.http.get(url)).await
    }

    /// `GET` with a query besides the token.
    pub(super) async fn get_query<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        self.call(account, endpoint, |url| self.http.get(url).query(query)).await
    }

    /// `POST` of one file, as the form part `media`; the file's name is ASCII and fits
    /// its bytes (41005 and 40113 otherwise).
    pub(super) async fn upload<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &str,
        bytes: &[u8],
        declared: &str,
    ) -> Result<T, Error> {
        let (name, mime) = picture(bytes).ok_or_else(|| {
            let words = format!("neither JPEG nor PNG, though declared as {declared:.40}");
            Error::answered(endpoint, 40137, &words)
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
        self.call(account, endpoint, |url| {
            // Of known length: a chunked body is answered with HTTP 412.
            let part = Part::bytes(bytes.to_vec()).file_name(name).headers(headers.clone());
            let request = self.http.post(format!("{url}{query}")).timeout(self.upload_timeout);
            request.multipart(Form::new().part("media", part))
        })
        .await
    }

    /// Are appid and secret good?
    pub(super) async fn try_token(&self, account: &Account) -> Result<(), Error> {
        account.tokens.get(self, None).await.map(drop)
    }
}

/// Sends, and reads the answer whatever its content type says.
pub(super) async fn send<T: DeserializeOwned>(
    endpoint: &'static str,
    request: RequestBuilder,
) -> Result<T, Error> {
    let begun = std::time::Instant::now();
    let outcome = exchange(endpoint, request).await;
    let said = match &outcome {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            error.errcode.map_or_else(|| error.class().as_str().to_owned(), |code| code.to_string())
        }
    };
    metrics::counter!("shangxue_wechat_calls_total", "endpoint" => endpoint, "outcome" => said)
        .increment(1);
    metrics::histogram!("shangxue_wechat_call_seconds", "endpoint" => endpoint)
        .record(begun.elapsed().as_secs_f64());
    match &outcome {
        // Nothing of ours is wrong: a person has not consented, a code is old.
        Err(error) if matches!(error.class(), Class::UserState | Class::AlreadyDone) => {
            tracing::debug!(%error, "WeChat refuses a call");
        }
        Err(error) => {
            tracing::warn!(%error, class = error.class().as_str(), "a call to WeChat failed");
        }
        Ok(_) => {}
    }
    serde_path_to_error::deserialize(outcome?).map_err(|error| {
        // Where it is wrong, never what stands there: that may be a phone number.
        let words = format!("the answer lacks what it should hold at {}", error.path());
        Error::ours(endpoint, Class::MaybeSent, words)
    })
}

/// Answers over this are not read: the longest real ones are lists.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

async fn exchange(endpoint: &'static str, request: RequestBuilder) -> Result<Value, Error> {
    let fail = |error| Error::transport(endpoint, error);
    let mut response = request.send().await.map_err(fail)?;
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fail)? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Error::ours(endpoint, Class::MaybeSent, "the answer is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    judge(endpoint, status, &bytes)
}

/// What an answer means. HTTP 200 by itself means nothing.
fn judge(endpoint: &'static str, status: u16, bytes: &[u8]) -> Result<Value, Error> {
    let class = match status {
        200..=299 => None,
        500..=599 => Some(Class::MaybeSent),
        408 | 425 | 429 => Some(Class::BackOff),
        // What only something between us and WeChat answers.
        300..=399 | 401 | 403 | 404 | 407 => Some(Class::Configuration),
        // 412: a body of unknown length.
        _ => Some(Class::Permanent),
    };
    if let Some(class) = class {
        return Err(Error::ours(endpoint, class, format!("HTTP {status}")));
    }
    let value = read(bytes)
        .filter(Value::is_object)
        .ok_or_else(|| Error::ours(endpoint, Class::MaybeSent, "the answer is no JSON object"))?;
    match errcode(&value) {
        0 => Ok(value),
        errcode => {
            let errmsg = value.get("errmsg").and_then(Value::as_str).unwrap_or_default();
            Err(Error::answered(endpoint, errcode, errmsg))
        }
    }
}

/// Absent means success; what is there and no number does not.
fn errcode(answer: &Value) -> i64 {
    let unreadable = i64::MIN;
    match answer.get("errcode") {
        None | Some(Value::Null) => 0,
        Some(Value::Number(number)) => number.as_i64().unwrap_or(unreadable),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(unreadable),
        Some(_) => unreadable,
    }
}

/// File name and media type of a picture, by its bytes.
fn picture(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(("picture.jpg", "image/jpeg")),
        [0x89, b'P', b'N', b'G', ..] => Some(("picture.png", "image/png")),
        _ => None,
    }
}

/// An id, which WeChat writes as a number here and as a string there; kept as text.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(D::Error::custom("expected a number or a string")),
    }
}

/// A whole number, written as one or as a string; a truth counts as 0 or 1.
pub(super) fn int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(yes) => Some(i64::from(yes)),
        Value::Null => Some(0),
        _ => None,
    }
    .ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// A value that may be null, which is as good as absent.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// JSON, if need be after cleaning: user data holds raw control characters and
/// broken UTF-8 at times.
fn read(bytes: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Some(value);
    }
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
        .collect();
    serde_json::from_str(&text.replace(['\n', '\r', '\t'], " ")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_broken_utf8_in_user_data_are_survived() {
        assert!(read(b"{\"nickname\":\"a\x01b\nc\"}").is_some());
        assert!(read(b"{\"nickname\":\"a\xffb\"}").is_some());
        assert!(read(b"<html>busy</html>").is_none());
        assert!(read(b"").is_none());
    }

    fn class(status: u16, body: &str) -> Option<Class> {
        judge("/x", status, body.as_bytes()).err().map(|error| error.class())
    }

    #[test]
    fn only_an_object_without_errcode_is_a_success() {
        assert_eq!(class(200, r#"{"errcode":0,"errmsg":"ok"}"#), None);
        assert_eq!(class(200, r#"{"media_id":"x"}"#), None);
        assert_eq!(class(200, r#"{"errcode":45003}"#), Some(Class::Permanent));
        assert_eq!(class(200, r#"{"errcode":"-1"}"#), Some(Class::BackOff));
        assert_eq!(class(200, r#"{"errcode":[]}"#), Some(Class::Permanent));
        for body in ["", "null", "0", "[]", "\"ok\"", "<html>"] {
            assert_eq!(class(200, body), Some(Class::MaybeSent), "{body}");
        }
    }

    #[test]
    fn a_status_tells_whether_the_call_may_have_arrived() {
        assert_eq!(class(500, r#"{"errcode":0}"#), Some(Class::MaybeSent));
        assert_eq!(class(302, ""), Some(Class::Configuration));
        assert_eq!(class(412, ""), Some(Class::Permanent));
        assert_eq!(class(429, ""), Some(Class::BackOff));
    }

    #[test]
    fn the_bytes_say_what_a_picture_is() {
        assert_eq!(picture(b"\xff\xd8\xff\xe0..").map(|(name, _)| name), Some("picture.jpg"));
        assert_eq!(picture(b"\x89PNG\r\n").map(|(_, mime)| mime), Some("image/png"));
        assert_eq!(picture(b"RIFF....WEBP"), None);
        assert_eq!(picture(b""), None);
    }
}
