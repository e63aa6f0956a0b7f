//! Content checks: `POST /wxa/msg_sec_check` (text, at once) and
//! `POST /wxa/media_check_async` (picture or sound, by the event `wxa_media_check` within
//! 30 minutes; 2,000 a minute, 200,000 a day).
//!
//! Both, version 2, are about what a person wrote: it is judged with their openid, and
//! they must have been in the mini-program within two hours (61010). errcode is 0 for bad
//! content too: `suggest` is the verdict. (api.md §8)

use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::Mini;
use crate::wechat::field::{chars, hold};
use crate::wechat::{Error, client};

const TEXT: &str = "/wxa/msg_sec_check";
const MEDIA: &str = "/wxa/media_check_async";

/// Where the content is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckScene {
    Profile = 1,
    Comment = 2,
    Forum = 3,
    Social = 4,
}

/// What may be done with the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggest {
    Pass,
    /// A person has to look.
    Review,
    Risky,
    /// A word that is new to us: a person has to look.
    Other(String),
}

impl<'de> Deserialize<'de> for Suggest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(match word.as_str() {
            "pass" => Self::Pass,
            "review" => Self::Review,
            "risky" => Self::Risky,
            _ => Self::Other(word),
        })
    }
}

/// What WeChat thinks of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub suggest: Suggest,
    /// 100: fine; callbacks.md §8 has the rest.
    pub label: i64,
    pub trace_id: String,
}

/// A recording or a picture, by its kind's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    Audio = 1,
    Image = 2,
}

#[derive(Deserialize)]
struct Checked {
    result: Judged,
    #[serde(default, deserialize_with = "client::nullable")]
    trace_id: String,
}

#[derive(Deserialize)]
struct Judged {
    suggest: Suggest,
    #[serde(default, deserialize_with = "client::int")]
    label: i64,
}

#[derive(Deserialize)]
struct Asked {
    trace_id: String,
}

impl Mini<'_> {
    /// Asks about a text of up to 2,500 characters that this person wrote.
    ///
    /// # Errors
    /// 61010: they have not been in the mini-program for two hours; the network.
    pub async fn check_text(
        &self,
        openid: &str,
        scene: CheckScene,
        text: &str,
    ) -> Result<Verdict, Error> {
        hold(TEXT, !openid.is_empty(), 41009, "openid is empty")?;
        hold(TEXT, !text.is_empty(), 44004, "content is empty")?;
        hold(TEXT, chars(text) <= 2500, 45002, "content: up to 2500 characters")?;
        let body = json!({ "content": text, "version": 2, "scene": scene as u8, "openid": openid });
        let checked: Checked = self.inner.post(&self.inner.mini, TEXT, &body).await?;
        let Judged { suggest, label } = checked.result;
        Ok(Verdict { suggest, label, trace_id: checked.trace_id })
    }

    /// Asks about a picture or recording of up to 10 MB at an address that WeChat can
    /// reach; returns the `trace_id` under which the event will come.
    ///
    /// # Errors
    /// 61010: they have not been in the mini-program for two hours; 45009; the network.
    pub async fn check_media(
        &self,
        openid: &str,
        scene: CheckScene,
        (kind, url): (MediaKind, &str),
    ) -> Result<String, Error> {
        hold(MEDIA, !openid.is_empty(), 41009, "openid is empty")?;
        hold(MEDIA, url.starts_with("http"), None, "media_url: an address")?;
        let body = json!({
            "media_url": url,
            "media_type": kind as u8,
            "version": 2,
            "scene": scene as u8,
            "openid": openid,
        });
        let asked: Asked = self.inner.post(&self.inner.mini, MEDIA, &body).await?;
        Ok(asked.trace_id)
    }
}
