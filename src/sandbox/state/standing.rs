//! What the platform holds against somebody, or does not let the account do.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How a person stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonStanding {
    /// WeChat lets them sign in nowhere for now: 40226.
    pub risky: bool,
    /// WeChat has restricted them: 50002 where a web page asks who they are.
    pub restricted: bool,
    /// On the account's blacklist: 43019.
    pub blacklisted: bool,
    /// Takes no messages from the account: 48002.
    pub silent: bool,
}

/// How the account, and what belongs to it, stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountStanding {
    /// Of the address that asks for tokens.
    pub address: Address,
    /// The account has no right to comments: 88000.
    pub no_comments: bool,
    /// What keeps drafts from being published.
    pub publishing: Publishing,
    /// The mini-program was never released: 85079, and 41030 for its codes.
    pub unreleased: bool,
}

/// What the administrator said to a new address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    #[default]
    Allowed,
    /// Nothing yet: 89503.
    Waiting,
    /// No, at this time. For 24 hours 89506; then the administrator is asked again.
    RefusedADay(DateTime<Utc>),
    /// No, at this time. For an hour 89507; then the administrator is asked again.
    RefusedAnHour(DateTime<Utc>),
}

impl Address {
    /// What a call from it is refused with.
    pub(in crate::sandbox) fn errcode(self, now: DateTime<Utc>) -> Option<i64> {
        match self {
            Self::Allowed => None,
            Self::RefusedADay(at) if now < at + TimeDelta::days(1) => Some(89506),
            Self::RefusedAnHour(at) if now < at + TimeDelta::hours(1) => Some(89507),
            Self::Waiting | Self::RefusedADay(_) | Self::RefusedAnHour(_) => Some(89503),
        }
    }
}

/// What freepublish/submit answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Publishing {
    #[default]
    Open,
    /// 53503: the draft does not pass the check.
    FailsCheck,
    /// 53504: to be published on the platform's own page.
    OnWebsite,
    /// 53505: to be saved there by hand first.
    ByHandFirst,
}

impl Publishing {
    pub(in crate::sandbox) fn errcode(self) -> Option<i64> {
        match self {
            Self::Open => None,
            Self::FailsCheck => Some(53503),
            Self::OnWebsite => Some(53504),
            Self::ByHandFirst => Some(53505),
        }
    }
}
