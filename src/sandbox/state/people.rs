//! People, what they see, and what they have allowed.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Account, PersonStanding};

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

impl User {
    pub fn openid(&self, account: Account) -> &str {
        match account {
            Account::Official => &self.official_openid,
            Account::Mini => &self.mini_openid,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Person {
    #[serde(flatten)]
    pub(in crate::sandbox) user: User,
    pub(in crate::sandbox) follows: bool,
    pub(in crate::sandbox) followed_at: Option<DateTime<Utc>>,
    /// Accepts not yet used, by template.
    pub(in crate::sandbox) consents: BTreeMap<String, u32>,
    pub(in crate::sandbox) chat: Vec<ChatLine>,
    pub(in crate::sandbox) notices: Vec<ServiceNotice>,
    /// The talk with the mini-program's customer service.
    #[serde(default)]
    pub(in crate::sandbox) mini_chat: Vec<ChatLine>,
    /// How they came to follow, as in `ADD_SCENE_SEARCH`.
    #[serde(default)]
    pub(in crate::sandbox) came_by: String,
    /// The scene of the code they came by.
    #[serde(default)]
    pub(in crate::sandbox) scene: Option<Scene>,
    #[serde(default)]
    pub(in crate::sandbox) remark: String,
    /// Ids of tags, in the order they were given.
    #[serde(default)]
    pub(in crate::sandbox) tags: Vec<u32>,
    #[serde(default)]
    pub(in crate::sandbox) openings: Vec<Opening>,
    /// The last sign-in to the mini-program.
    #[serde(default)]
    pub(in crate::sandbox) in_mini_at: Option<DateTime<Utc>>,
    /// Of the last sign-in.
    #[serde(default)]
    pub(in crate::sandbox) session_key: String,
    /// Mass sends received.
    #[serde(default)]
    pub(in crate::sandbox) mass_at: Vec<DateTime<Utc>>,
    #[serde(default)]
    pub(in crate::sandbox) standing: PersonStanding,
}

impl Person {
    pub(in crate::sandbox) fn new(user: User) -> Self {
        Self {
            user,
            follows: false,
            followed_at: None,
            consents: BTreeMap::new(),
            chat: Vec::new(),
            notices: Vec::new(),
            mini_chat: Vec::new(),
            came_by: String::new(),
            scene: None,
            remark: String::new(),
            tags: Vec::new(),
            openings: Vec::new(),
            in_mini_at: None,
            session_key: String::new(),
            mass_at: Vec::new(),
            standing: PersonStanding::default(),
        }
    }

    /// Something the person did lets the account write for a while.
    pub(in crate::sandbox) fn open(&mut self, trigger: Trigger, now: DateTime<Utc>) {
        let (length, left) = match trigger {
            Trigger::Wrote | Trigger::WroteMini => (TimeDelta::hours(48), 5),
            Trigger::Tapped | Trigger::Came => (TimeDelta::minutes(1), 3),
            Trigger::EnteredMini => (TimeDelta::minutes(1), 2),
        };
        self.openings.retain(|opening| opening.trigger != trigger);
        self.openings.push(Opening { trigger, until: now + length, left });
    }
}

/// What a person did that customer messages may answer (api.md §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sandbox) enum Trigger {
    Wrote,
    Tapped,
    /// Followed, or scanned a code with a scene.
    Came,
    WroteMini,
    EnteredMini,
}

impl Trigger {
    pub(in crate::sandbox) fn account(self) -> Account {
        match self {
            Self::Wrote | Self::Tapped | Self::Came => Account::Official,
            Self::WroteMini | Self::EnteredMini => Account::Mini,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::sandbox) struct Opening {
    pub(in crate::sandbox) trigger: Trigger,
    pub(in crate::sandbox) until: DateTime<Utc>,
    /// Customer messages that may still come.
    pub(in crate::sandbox) left: u32,
}

/// What a code of the account carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::sandbox) enum Scene {
    Number(u32),
    Text(String),
}

impl std::fmt::Display for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
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

/// A line of the chat: a text, cards, or something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatLine {
    pub id: u64,
    pub sender: Sender,
    pub at: DateTime<Utc>,
    pub text: String,
    pub articles: Vec<ChatArticle>,
    #[serde(default)]
    pub extra: Option<Extra>,
}

/// What a line shows that is neither text nor cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Extra {
    Image {
        url: String,
    },
    /// `recognition`: what speech recognition made of it.
    Voice {
        recognition: String,
    },
    Video {
        title: String,
        description: String,
    },
    Music {
        title: String,
        description: String,
        url: String,
    },
    Location {
        latitude: String,
        longitude: String,
        label: String,
    },
    MiniPage {
        title: String,
        page: String,
        picture_url: String,
    },
    /// Lines to tap; an answer carries the id.
    Menu {
        head: String,
        choices: Vec<(String, String)>,
        tail: String,
    },
    /// A template message: labels and values, and where a tap leads.
    Template {
        title: String,
        lines: Vec<(String, String)>,
        link: Option<String>,
    },
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
