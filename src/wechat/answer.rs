//! What WeChat answered: bytes → errcode → a value, whatever the content type says.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use super::{Class, Error};

/// A message with this key was accepted before; the answer names it.
pub(super) const DONE_BEFORE: i64 = 45065;

/// HTTP status and body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    /// The JSON object of a success.
    pub(super) fn object(&self, endpoint: &'static str) -> Result<Value, Error> {
        judge(endpoint, self.status, &self.bytes)
    }

    /// As [`Self::object`], also where the key of the call was used before.
    pub(super) fn object_or_earlier(self, endpoint: &'static str) -> Result<Value, Error> {
        match self.object(endpoint) {
            Err(error) if error.is(DONE_BEFORE) => read(&self.bytes).ok_or(error),
            other => other,
        }
    }

    /// The bytes of a success: a picture, a recording. A failure is JSON in a 200 here,
    /// and so is the answer for a video: the first byte decides.
    pub(super) fn file(self, endpoint: &'static str) -> Result<Vec<u8>, Error> {
        let first = self.bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        match (self.status, first) {
            (200..=299, Some(b'{')) => {
                let _no_error = self.object(endpoint)?;
                Ok(self.bytes)
            }
            (200..=299, None | Some(b'<')) => {
                Err(Error::ours(endpoint, Class::MaybeSent, "the answer is no file"))
            }
            (200..=299, Some(_)) => Ok(self.bytes),
            _ => Err(judge(endpoint, self.status, &self.bytes).err().unwrap_or_else(|| {
                Error::ours(endpoint, Class::MaybeSent, "the answer is no file")
            })),
        }
    }
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
        return Err(Error::http(endpoint, class, status));
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

/// An id, which WeChat writes as a number here and as a string there; kept as text.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(D::Error::custom("expected a number or a string")),
    }
}

/// As [`id`], where it may be missing.
pub(super) fn id_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
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
    fn a_file_is_told_from_a_failure_by_its_first_byte() {
        let file = |status, bytes: &[u8]| {
            Answer { status, bytes: bytes.to_vec() }.file("/x").map_err(|error| error.class())
        };
        assert_eq!(file(200, b"\xff\xd8\xff"), Ok(b"\xff\xd8\xff".to_vec()));
        assert_eq!(file(200, br#" {"errcode":40001}"#), Err(Class::Token));
        let video = br#"{"video_url":"http://x"}"#;
        assert_eq!(file(200, video), Ok(video.to_vec()));
        assert_eq!(file(200, b"<html>busy"), Err(Class::MaybeSent));
        assert_eq!(file(200, b""), Err(Class::MaybeSent));
        assert_eq!(file(502, b"\x89PNG"), Err(Class::MaybeSent));
    }
}
