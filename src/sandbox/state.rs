//! What the platform knows; written to the state file after every change.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which of the two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    Official,
    Mini,
}

/// A person with WeChat on the phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: u64,
    pub name: String,
    pub official_openid: String,
    pub mini_openid: String,
    pub unionid: String,
    /// The number the phone button gives.
    pub phone: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Person {
    #[serde(flatten)]
    pub(super) user: User,
    pub(super) follows: bool,
    pub(super) followed_at: Option<DateTime<Utc>>,
    /// Accepts not yet used, by template.
    pub(super) consents: BTreeMap<String, u32>,
    pub(super) chat: Vec<ChatLine>,
    pub(super) notices: Vec<ServiceNotice>,
}

/// Who says a line of the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    User,
    Account,
    /// Grey text of WeChat itself.
    System,
}

/// A line of the chat: a text, or cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatLine {
    pub id: u64,
    pub sender: Sender,
    pub at: DateTime<Utc>,
    pub text: String,
    pub articles: Vec<ChatArticle>,
}

/// A card of a `news` reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatArticle {
    pub title: String,
    pub description: String,
    pub pic_url: String,
    pub url: String,
}

/// A subscription message as it arrived under 服务通知.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceNotice {
    pub id: u64,
    pub at: DateTime<Utc>,
    pub template_id: String,
    pub title: String,
    pub page: Option<String>,
    /// As in `thing1` → value.
    pub data: BTreeMap<String, String>,
    /// The labels of the template and the values, in its order.
    pub lines: Vec<(String, String)>,
    /// formal, trial or developer.
    pub state: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) value: String,
    pub(super) account: Account,
    /// From stable_token; the two kinds do not touch each other.
    pub(super) stable: bool,
    pub(super) expires_at: DateTime<Utc>,
    /// Replaced before its time.
    pub(super) dead: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CodeKind {
    Login,
    Phone,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Code {
    pub(super) value: String,
    pub(super) kind: CodeKind,
    pub(super) user: u64,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) used: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Media {
    pub(super) mime: String,
    /// From add_material: may be a cover.
    pub(super) material: bool,
    #[serde(skip)]
    pub(super) bytes: Vec<u8>,
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
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Draft {
    pub(super) media_id: String,
    pub(super) articles: Vec<Article>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
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
pub(super) struct Publication {
    pub(super) publish_id: u64,
    pub(super) msg_data_id: u64,
    pub(super) media_id: String,
    pub(super) articles: Vec<Article>,
    pub(super) outcome: Outcome,
    /// As in callbacks.md §7.2.
    pub(super) status: u8,
    pub(super) article_id: String,
    pub(super) at: DateTime<Utc>,
    /// Articles taken back by freepublish/delete.
    pub(super) deleted: Vec<bool>,
}

/// A published article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedArticle {
    pub article_id: String,
    /// 1-based place among those published together.
    pub idx: usize,
    pub url: String,
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub article: Article,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    /// Grows with every change.
    pub(super) version: u64,
    /// The last number given out.
    pub(super) serial: u64,
    pub(super) people: Vec<Person>,
    pub(super) tokens: Vec<Token>,
    /// When stable_token was forced, as milliseconds and account.
    pub(super) forced: Vec<(DateTime<Utc>, Account)>,
    pub(super) codes: Vec<Code>,
    pub(super) menu: Option<Value>,
    pub(super) media: BTreeMap<String, Media>,
    pub(super) drafts: Vec<Draft>,
    pub(super) publications: Vec<Publication>,
    pub(super) outcome: Outcome,
}

impl State {
    pub(super) fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(super) fn person(&self, id: u64) -> Option<&Person> {
        self.people.iter().find(|person| person.user.id == id)
    }

    pub(super) fn person_mut(&mut self, id: u64) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.user.id == id)
    }

    pub(super) fn published(&self, base_url: &str) -> Vec<PublishedArticle> {
        let mut articles = Vec::new();
        for publication in self.publications.iter().filter(|publication| publication.status == 0) {
            for (index, article) in publication.articles.iter().enumerate() {
                if publication.deleted.get(index).copied().unwrap_or_default() {
                    continue;
                }
                let article_id = publication.article_id.clone();
                let idx = index + 1;
                let url = article_url(base_url, &article_id, idx);
                let (at, article) = (publication.at, article.clone());
                articles.push(PublishedArticle { article_id, idx, url, at, article });
            }
        }
        articles
    }
}

pub(super) fn article_url(base_url: &str, article_id: &str, idx: usize) -> String {
    if idx == 1 {
        format!("{base_url}/s/{article_id}")
    } else {
        format!("{base_url}/s/{article_id}?idx={idx}")
    }
}

/// Where a picture is fetched: the sandbox's mmbiz.qpic.cn.
pub(super) fn picture_url(base_url: &str, media_id: &str, mime: &str) -> String {
    let format = mime.strip_prefix("image/").unwrap_or("jpeg");
    format!("{base_url}/mmbiz_{format}/{media_id}/0?wx_fmt={format}")
}
