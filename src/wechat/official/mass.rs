//! Mass sends: `POST /cgi-bin/message/mass/{sendall,send,preview,get,delete}`. Verified
//! accounts only (48001). 订阅号 one a day, 服务号 four a month for each person (45028); 60
//! calls a minute; 100 previews a day.
//!
//! 1. `clientmsgid` (64 bytes, 45067) makes a repeat harmless for 24 h: it is refused
//!    with 45065 and the msg_id of the first, which is a success. 45066: not yet known,
//!    ask again in a minute.
//! 2. The answer says “accepted”. The end comes as MASSSENDJOBFINISH, or by asking; the
//!    administrator may have to confirm within 30 minutes.
//! 3. A draft is gone once it was sent.
//!
//! (api.md §7)

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Official;
use crate::wechat::field::{self, hold};
use crate::wechat::{Error, client};

const SENDALL: &str = "/cgi-bin/message/mass/sendall";
const SEND: &str = "/cgi-bin/message/mass/send";
const PREVIEW: &str = "/cgi-bin/message/mass/preview";
const GET: &str = "/cgi-bin/message/mass/get";
const DELETE: &str = "/cgi-bin/message/mass/delete";

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MassContent {
    /// A draft, which is used up. `reprint`: even if it turns out to be a reprint.
    Articles {
        media_id: String,
        reprint: bool,
    },
    Text(String),
    Voice {
        media_id: String,
    },
    /// 1 to 20 pictures with a line above them.
    Images {
        media_ids: Vec<String>,
        words: String,
    },
    Video {
        media_id: String,
    },
}

/// To whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MassTarget<'a> {
    /// All followers; it stands in the list of the account's messages.
    All,
    Tag(i64),
    /// 2 to 10,000.
    Openids(&'a [&'a str]),
}

/// Whose phone shows a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewTo<'a> {
    Openid(&'a str),
    /// The name that people choose for themselves (微信号), of a follower.
    Name(&'a str),
}

/// A mass send that the platform has accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "RawSent")]
pub struct MassSent {
    pub msg_id: String,
    /// Of articles alone: names them in the figures of the platform.
    pub msg_data_id: Option<String>,
    /// It was accepted at an earlier time, with the same key.
    pub earlier: bool,
}

#[derive(Deserialize)]
struct RawSent {
    #[serde(default, deserialize_with = "client::int")]
    errcode: i64,
    #[serde(deserialize_with = "client::id")]
    msg_id: String,
    #[serde(default, deserialize_with = "field::optional_id")]
    msg_data_id: Option<String>,
}

impl From<RawSent> for MassSent {
    fn from(raw: RawSent) -> Self {
        Self {
            msg_id: raw.msg_id,
            msg_data_id: raw.msg_data_id,
            earlier: raw.errcode == client::DONE_BEFORE,
        }
    }
}

/// How far a mass send is, when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MassProgress {
    Sent,
    Sending,
    Failed,
    Deleted,
    /// A word that is new to us.
    Other(String),
}

#[derive(Deserialize)]
struct Status {
    msg_status: String,
}

impl MassContent {
    fn check(&self, endpoint: &'static str) -> Result<(), Error> {
        match self {
            Self::Articles { media_id, .. }
            | Self::Voice { media_id }
            | Self::Video { media_id } => {
                hold(endpoint, !media_id.is_empty(), 41006, "media_id is empty")
            }
            Self::Text(content) => {
                hold(endpoint, !content.trim().is_empty(), 44004, "content is empty")
            }
            Self::Images { media_ids, .. } => {
                let fits = (1..=20).contains(&media_ids.len());
                hold(endpoint, fits, 44001, "media_ids: 1 to 20")
            }
        }
    }

    /// Writes what the calls have in common.
    fn write(&self, body: &mut Value) {
        let (kind, content) = match self {
            Self::Articles { media_id, .. } => ("mpnews", json!({ "media_id": media_id })),
            Self::Text(content) => ("text", json!({ "content": content })),
            Self::Voice { media_id } => ("voice", json!({ "media_id": media_id })),
            Self::Video { media_id } => ("mpvideo", json!({ "media_id": media_id })),
            Self::Images { media_ids, words } => {
                let content = json!({
                    "media_ids": media_ids,
                    "recommend": words,
                    "need_open_comment": 0,
                    "only_fans_can_comment": 0,
                });
                body["msgtype"] = json!("image");
                body["images"] = content;
                return;
            }
        };
        body["msgtype"] = json!(kind);
        body[kind] = content;
    }
}

impl Official<'_> {
    /// Sends to many at once. After an unknown outcome it is repeated with the same
    /// `key`, a minute later at the earliest.
    ///
    /// # Errors
    /// 45028: no send left for today or this month; 45066: a minute later; 40007: no such
    /// draft; 45166: the content; 48001; the network.
    pub async fn mass_send(
        &self,
        target: &MassTarget<'_>,
        content: &MassContent,
        key: &str,
    ) -> Result<MassSent, Error> {
        let (endpoint, mut body) = match target {
            MassTarget::All => (SENDALL, json!({ "filter": { "is_to_all": true } })),
            MassTarget::Tag(tag) => {
                (SENDALL, json!({ "filter": { "is_to_all": false, "tag_id": tag } }))
            }
            MassTarget::Openids(openids) => {
                let fits = (2..=10_000).contains(&openids.len());
                hold(SEND, fits, 40032, "touser: 2 to 10000")?;
                (SEND, json!({ "touser": openids }))
            }
        };
        hold(endpoint, (1..=64).contains(&key.len()), 45067, "clientmsgid: 1 to 64 bytes")?;
        content.check(endpoint)?;
        content.write(&mut body);
        if let MassContent::Articles { reprint, .. } = content {
            body["send_ignore_reprint"] = json!(u8::from(*reprint));
        }
        body["clientmsgid"] = json!(key);
        self.inner.post_once(&self.inner.official, endpoint, &body).await
    }

    /// Shows one person what all would get. A draft is not used up by it.
    ///
    /// # Errors
    /// 40003, 43004, 46004: no follower of this name; 45009: 100 a day; 48001; the network.
    pub async fn mass_preview(
        &self,
        to: PreviewTo<'_>,
        content: &MassContent,
    ) -> Result<(), Error> {
        let mut body = match to {
            PreviewTo::Openid(openid) => json!({ "touser": openid }),
            PreviewTo::Name(name) => json!({ "towxname": name }),
        };
        content.check(PREVIEW)?;
        match content {
            // One picture alone, in a spelling of its own.
            MassContent::Images { media_ids, .. } => {
                body["msgtype"] = json!("image");
                body["image"] = json!({ "media_id": media_ids.first() });
            }
            _ => content.write(&mut body),
        }
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, PREVIEW, &body).await?;
        Ok(())
    }

    /// # Errors
    /// 40059: no such id; 48001; the network.
    pub async fn mass_status(&self, msg_id: &str) -> Result<MassProgress, Error> {
        let body = json!({ "msg_id": msg_id });
        let status: Status = self.inner.post(&self.inner.official, GET, &body).await?;
        Ok(match status.msg_status.as_str() {
            "SEND_SUCCESS" => MassProgress::Sent,
            "SENDING" => MassProgress::Sending,
            "SEND_FAIL" => MassProgress::Failed,
            "DELETE" => MassProgress::Deleted,
            _ => MassProgress::Other(status.msg_status),
        })
    }

    /// Takes the content of articles or a video away: of one article, counted from 1, or
    /// of all. The card stays in people's chats.
    ///
    /// # Errors
    /// 40059: no such id; 40060: no such article; 48001; the network.
    pub async fn mass_delete(&self, msg_id: &str, article: Option<u32>) -> Result<(), Error> {
        hold(DELETE, article != Some(0), 40060, "article_idx: from 1")?;
        let body = json!({ "msg_id": msg_id, "article_idx": article.unwrap_or(0) });
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, DELETE, &body).await?;
        Ok(())
    }
}
