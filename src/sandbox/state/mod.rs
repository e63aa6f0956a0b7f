//! What the platform knows; written to the state file after every change.

mod content;
mod people;
mod standing;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use content::{AdminAnswer, Article, MassOutcome, NoticeOutcome, Outcome, PublishedArticle};
pub(super) use content::{Draft, Mass, MassContent, Media, MediaKind, Publication};
pub use people::{ChatArticle, ChatLine, Extra, Sender, ServiceNotice, User};
pub(super) use people::{Person, Scene, Trigger};
pub use standing::{AccountStanding, Address, PersonStanding, Publishing};

use super::config::Template;

/// Which of the two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    Official,
    Mini,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Token {
    pub(in crate::sandbox) value: String,
    pub(in crate::sandbox) account: Account,
    /// From stable_token; the two kinds do not touch each other.
    pub(in crate::sandbox) stable: bool,
    pub(in crate::sandbox) expires_at: DateTime<Utc>,
    /// Replaced before its time.
    pub(in crate::sandbox) dead: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) enum CodeKind {
    Login,
    Phone,
    /// Web sign-in of the official account.
    Web(Visit),
}

/// What a person lets a web page know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visit {
    /// `snsapi_base`: the openid, unasked.
    Base,
    /// `snsapi_userinfo`, agreed to.
    UserInfo,
    /// Only looks; the openid is nobody's.
    Snapshot,
}

/// What web sign-in gave out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct WebToken {
    pub(in crate::sandbox) access: String,
    pub(in crate::sandbox) refresh: String,
    pub(in crate::sandbox) user: u64,
    pub(in crate::sandbox) visit: Visit,
    pub(in crate::sandbox) expires_at: DateTime<Utc>,
    pub(in crate::sandbox) refresh_until: DateTime<Utc>,
}

/// A code of the account with a scene.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct SceneCode {
    pub(in crate::sandbox) ticket: String,
    /// The end of the address that the picture shows.
    pub(in crate::sandbox) key: String,
    pub(in crate::sandbox) scene: Scene,
    /// None: for ever.
    pub(in crate::sandbox) expires_at: Option<DateTime<Utc>>,
}

/// A picture or a link that opens a page of the mini-program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct MiniLink {
    pub(in crate::sandbox) key: String,
    /// Without the query; empty: the first page.
    pub(in crate::sandbox) path: String,
    pub(in crate::sandbox) query: String,
    pub(in crate::sandbox) expires_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Tag {
    pub(in crate::sandbox) id: u32,
    pub(in crate::sandbox) name: String,
}

/// How checks of pictures and sound end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    #[default]
    Pass,
    Review,
    Risky,
    /// -1008: it could not be downloaded.
    Unreachable,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Code {
    pub(in crate::sandbox) value: String,
    pub(in crate::sandbox) kind: CodeKind,
    pub(in crate::sandbox) user: u64,
    pub(in crate::sandbox) expires_at: DateTime<Utc>,
    pub(in crate::sandbox) used: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::sandbox) struct State {
    /// Grows with every change.
    pub(in crate::sandbox) version: u64,
    /// The last number given out.
    pub(in crate::sandbox) serial: u64,
    pub(in crate::sandbox) people: Vec<Person>,
    pub(in crate::sandbox) tokens: Vec<Token>,
    /// When stable_token was forced, as milliseconds and account.
    pub(in crate::sandbox) forced: Vec<(DateTime<Utc>, Account)>,
    pub(in crate::sandbox) codes: Vec<Code>,
    pub(in crate::sandbox) menu: Option<Value>,
    /// It was made on the platform's own page: `menu/get` does not know it.
    #[serde(default)]
    pub(in crate::sandbox) menu_by_hand: bool,
    pub(in crate::sandbox) media: BTreeMap<String, Media>,
    pub(in crate::sandbox) drafts: Vec<Draft>,
    pub(in crate::sandbox) publications: Vec<Publication>,
    pub(in crate::sandbox) outcome: Outcome,
    pub(in crate::sandbox) masses: Vec<Mass>,
    pub(in crate::sandbox) mass_outcome: MassOutcome,
    /// API protection: a send to all waits for the administrator.
    pub(in crate::sandbox) mass_protection: bool,
    pub(in crate::sandbox) notice_outcome: NoticeOutcome,
    pub(in crate::sandbox) web_tokens: Vec<WebToken>,
    /// Short messages, oldest first.
    pub(in crate::sandbox) texts: Vec<TextMessage>,
    pub(in crate::sandbox) scene_codes: Vec<SceneCode>,
    pub(in crate::sandbox) mini_links: Vec<MiniLink>,
    pub(in crate::sandbox) tags: Vec<Tag>,
    /// Menus for some: with matchrule and menuid.
    pub(in crate::sandbox) conditional_menus: Vec<Value>,
    /// The ticket of web pages and its end.
    pub(in crate::sandbox) ticket: Option<(String, DateTime<Utc>)>,
    pub(in crate::sandbox) templates: Vec<OwnTemplate>,
    pub(in crate::sandbox) verdict: Verdict,
    pub(in crate::sandbox) standing: AccountStanding,
    /// client_msg_id of template messages: openid, id, when, msgid.
    pub(in crate::sandbox) sent_ids: Vec<(String, String, DateTime<Utc>, u64)>,
}

/// A short message that a phone got.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TextMessage {
    pub id: u64,
    pub phone: String,
    pub text: String,
    pub at: DateTime<Utc>,
}

/// A template of one of the accounts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct OwnTemplate {
    #[serde(flatten)]
    pub(in crate::sandbox) template: Template,
    pub(in crate::sandbox) kind: TemplateKind,
}

/// Each kind is known to one way of sending alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateKind {
    /// subscribe/send of the mini-program.
    MiniSubscribe,
    /// bizsend of the official account.
    OfficialSubscribe,
    /// template/send of the official account.
    OfficialTemplate,
}

impl State {
    pub(in crate::sandbox) fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub(in crate::sandbox) fn person(&self, id: u64) -> Option<&Person> {
        self.people.iter().find(|person| person.user.id == id)
    }

    pub(in crate::sandbox) fn person_mut(&mut self, id: u64) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.user.id == id)
    }

    /// Whom an openid means at this account.
    pub(in crate::sandbox) fn by_openid(
        &mut self,
        account: Account,
        openid: &str,
    ) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.user.openid(account) == openid)
    }

    pub(in crate::sandbox) fn template(&self, id: &str, kind: TemplateKind) -> Option<&Template> {
        let mut own = self.templates.iter().filter(|own| own.kind == kind);
        own.find(|own| own.template.id == id).map(|own| &own.template)
    }

    /// The menu as this person sees it: the newest one that fits, else the default.
    pub(in crate::sandbox) fn menu_of(&self, person: &Person) -> Option<&Value> {
        let fits = |menu: &&Value| {
            let tag = match &menu["matchrule"]["tag_id"] {
                Value::String(id) => id.parse::<u64>().ok(),
                id => id.as_u64(),
            };
            tag.is_some_and(|tag| person.tags.iter().any(|own| u64::from(*own) == tag))
        };
        self.conditional_menus.iter().rev().find(fits).or(self.menu.as_ref())
    }

    /// What can be read, also where it is in no list.
    pub(in crate::sandbox) fn published(&self, base_url: &str) -> Vec<PublishedArticle> {
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
                let listed = !publication.unlisted;
                articles.push(PublishedArticle { article_id, idx, url, at, listed, article });
            }
        }
        articles
    }
}

pub(in crate::sandbox) fn article_url(base_url: &str, article_id: &str, idx: usize) -> String {
    if idx == 1 {
        format!("{base_url}/s/{article_id}")
    } else {
        format!("{base_url}/s/{article_id}?idx={idx}")
    }
}

/// Where a picture is fetched: the sandbox's mmbiz.qpic.cn.
pub(in crate::sandbox) fn picture_url(base_url: &str, media_id: &str, mime: &str) -> String {
    let format = mime.strip_prefix("image/").unwrap_or("jpeg");
    format!("{base_url}/mmbiz_{format}/{media_id}/0?wx_fmt={format}")
}
