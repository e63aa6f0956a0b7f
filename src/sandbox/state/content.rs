//! What an account has to show: pictures, drafts, publications, mass sends.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Account;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum MediaKind {
    #[default]
    Image,
    Voice,
    Video,
    Thumb,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Media {
    pub(in crate::sandbox) mime: String,
    /// From add_material: may be a cover.
    pub(in crate::sandbox) material: bool,
    #[serde(default)]
    pub(in crate::sandbox) kind: MediaKind,
    pub(in crate::sandbox) account: Account,
    #[serde(default)]
    pub(in crate::sandbox) name: String,
    /// Of a permanent video.
    #[serde(default)]
    pub(in crate::sandbox) title: String,
    #[serde(default)]
    pub(in crate::sandbox) introduction: String,
    #[serde(default)]
    pub(in crate::sandbox) at: DateTime<Utc>,
    /// From uploadimg: an address alone, not counted and not listed.
    #[serde(default)]
    pub(in crate::sandbox) inline: bool,
    #[serde(skip)]
    pub(in crate::sandbox) bytes: Vec<u8>,
}

/// How long a file lives that is not a material.
const TEMPORARY_DAYS: i64 = 3;

impl Media {
    pub(in crate::sandbox) fn lives(&self, now: DateTime<Utc>) -> bool {
        self.material || now < self.at + TimeDelta::days(TEMPORARY_DAYS)
    }
}

/// An article as it was sent, with what the platform did to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    pub title: String,
    pub author: String,
    pub digest: String,
    pub content: String,
    pub content_source_url: String,
    pub thumb_media_id: String,
    pub need_open_comment: u8,
    pub only_fans_can_comment: u8,
    /// Pictures of other hosts that were dropped from the content.
    pub dropped_pictures: Vec<String>,
    /// `newspic`: pictures with a plain text. Else empty.
    #[serde(default)]
    pub pictures: Vec<String>,
}

impl Article {
    /// The picture that stands for the article.
    pub(in crate::sandbox) fn cover(&self) -> &str {
        self.pictures.first().unwrap_or(&self.thumb_media_id)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Draft {
    pub(in crate::sandbox) media_id: String,
    pub(in crate::sandbox) articles: Vec<Article>,
    pub(in crate::sandbox) created_at: DateTime<Utc>,
    pub(in crate::sandbox) updated_at: DateTime<Utc>,
}

/// How a publication ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Ok,
    /// publish_status 4.
    AuditRefused,
    /// publish_status 2.
    OriginalFailed,
    /// publish_status 3, no reason given.
    Failed,
    /// Stays at 1; no callback ever.
    Never,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Publication {
    pub(in crate::sandbox) publish_id: u64,
    pub(in crate::sandbox) msg_data_id: u64,
    pub(in crate::sandbox) media_id: String,
    pub(in crate::sandbox) articles: Vec<Article>,
    pub(in crate::sandbox) outcome: Outcome,
    /// As in callbacks.md §7.2.
    pub(in crate::sandbox) status: u8,
    pub(in crate::sandbox) article_id: String,
    pub(in crate::sandbox) at: DateTime<Utc>,
    /// Articles taken back by freepublish/delete.
    pub(in crate::sandbox) deleted: Vec<bool>,
    /// Mass-sent, not published: freepublish does not know it.
    #[serde(default)]
    pub(in crate::sandbox) mass: bool,
    /// Not in the list of the account's articles.
    #[serde(default)]
    pub(in crate::sandbox) unlisted: bool,
    /// The system took all of it down.
    #[serde(default)]
    pub(in crate::sandbox) banned: bool,
}

impl Publication {
    /// As callbacks.md §7.2 has it: success may end later.
    pub(in crate::sandbox) fn publish_status(&self) -> u8 {
        match self.status {
            0 if self.banned => 6,
            0 if self.deleted.iter().all(|deleted| *deleted) => 5,
            status => status,
        }
    }
}

/// A published article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedArticle {
    pub article_id: String,
    /// 1-based place among those published together.
    pub idx: usize,
    pub url: String,
    pub at: DateTime<Utc>,
    /// In the list of the account's articles.
    pub listed: bool,
    #[serde(flatten)]
    pub article: Article,
}

/// How a mass send ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MassOutcome {
    #[default]
    Ok,
    /// `send fail`.
    Failed,
    /// `err(N)`, as in callbacks.md §7.1.
    Refused(u32),
    /// Waits for the administrator; no event ever.
    Never,
}

/// What becomes of a notice that was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeOutcome {
    #[default]
    Ok,
    /// The person takes none: `failed:user block`, 43101.
    Refused,
    /// `failed: system failed`.
    Failed,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Mass {
    pub(in crate::sandbox) msg_id: u64,
    pub(in crate::sandbox) msg_data_id: Option<u64>,
    /// The client's, or a digest of target and content.
    pub(in crate::sandbox) client_id: String,
    pub(in crate::sandbox) at: DateTime<Utc>,
    pub(in crate::sandbox) to_all: bool,
    /// People's numbers.
    pub(in crate::sandbox) receivers: Vec<u64>,
    pub(in crate::sandbox) what: MassContent,
    pub(in crate::sandbox) outcome: MassOutcome,
    /// As mass/get says it.
    pub(in crate::sandbox) status: String,
    /// The administrator has not said yet whether it may go.
    #[serde(default)]
    pub(in crate::sandbox) held: bool,
}

/// What the account's administrator says to a mass send that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminAnswer {
    Confirm,
    /// err(40001).
    Refuse,
    /// Nothing for 30 minutes: err(40002).
    Lapse,
}

/// What a mass send brings into the chat.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum MassContent {
    /// The article_id of its publication.
    Articles(String),
    Text(String),
    Voice(String),
    Images(Vec<String>),
    Video(String),
}
