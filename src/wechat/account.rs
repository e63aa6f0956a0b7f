//! An account of ours with the platform, and what its kind lets it do.
//!
//! The table is api.md §9. What it does not know (a right withdrawn, a subject that is a
//! person) is learned from 48001, and believed for a day or until a call goes through.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Datelike, Months, TimeDelta, Utc};
use secrecy::SecretString;

use super::circuit::Circuit;
use super::quota::Quota;
use super::token::Tokens;
use super::{Class, Error, Inner, endpoint};
use crate::clock;
use crate::config::AccountKind;

/// So long a 48001 is believed.
const WITHHELD: Duration = Duration::from_secs(24 * 3600);

/// Something that not every account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ability {
    Menu,
    /// Material and drafts.
    Drafts,
    Publish,
    MassSend,
    /// How often articles were read.
    Figures,
    CustomerMessage,
    /// Followers and their tags.
    Followers,
    /// Template messages and subscription notices of the public account.
    Notices,
    /// QR codes that say where they were scanned.
    SceneCode,
    /// OAuth2 in the browser of WeChat.
    WebSignIn,
    /// The mini-program's button for the phone number.
    PhoneNumber,
    /// Links from outside into the mini-program.
    Links,
}

impl Ability {
    /// Of the public account.
    pub const OFFICIAL: [Self; 10] = [
        Self::Menu,
        Self::Drafts,
        Self::Publish,
        Self::MassSend,
        Self::Figures,
        Self::CustomerMessage,
        Self::Followers,
        Self::Notices,
        Self::SceneCode,
        Self::WebSignIn,
    ];

    /// Of the mini-program.
    pub const MINI: [Self; 2] = [Self::PhoneNumber, Self::Links];

    /// For staff.
    pub fn name(self) -> &'static str {
        match self {
            Self::Menu => "聊天下方的菜单",
            Self::Drafts => "素材和草稿",
            Self::Publish => "发布文章",
            Self::MassSend => "群发",
            Self::Figures => "文章阅读数",
            Self::CustomerMessage => "主动回复（客服消息）",
            Self::Followers => "查看关注者",
            Self::Notices => "公众号通知（模板消息）",
            Self::SceneCode => "带参数的二维码",
            Self::WebSignIn => "网页里直接认出本人",
            Self::PhoneNumber => "一键取手机号",
            Self::Links => "从短信等处打开小程序",
        }
    }

    /// What to do where it is missing.
    pub fn instead(self) -> &'static str {
        match self {
            Self::Menu => "居民可以打字：发“报名”“签到”“帮助”都有回答。",
            Self::Drafts | Self::Publish => "请登录公众平台 mp.weixin.qq.com，手动新建并发布。",
            Self::MassSend => "请在公众平台手动群发，或只用“发布”。",
            Self::Figures => "请登录公众平台 mp.weixin.qq.com，在“数据”里看。",
            Self::CustomerMessage => "只能当场回复。之后有事请打电话。",
            Self::Followers => "请居民在小程序里用手机号登录。",
            Self::Notices => "通知会改用小程序的订阅消息发送。",
            Self::SceneCode => "请改用小程序码，或普通二维码。",
            Self::WebSignIn => "请居民从小程序进入，再登录。",
            Self::PhoneNumber => "请居民自己填写手机号。",
            Self::Links => "请居民扫小程序码进入。",
        }
    }

    fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// What the configuration says of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Official { kind: AccountKind, verified: bool },
    Mini { verified: bool },
}

impl Standing {
    fn allows(self, ability: Ability) -> bool {
        match self {
            Self::Official { kind, verified } => match ability {
                Ability::Menu => verified || kind == AccountKind::Service,
                Ability::Drafts
                | Ability::Publish
                | Ability::MassSend
                | Ability::Figures
                | Ability::CustomerMessage
                | Ability::Followers => verified,
                Ability::Notices | Ability::SceneCode | Ability::WebSignIn => {
                    verified && kind == AccountKind::Service
                }
                Ability::PhoneNumber | Ability::Links => false,
            },
            // A verified one belongs to no private person.
            Self::Mini { verified } => {
                verified || !matches!(ability, Ability::PhoneNumber | Ability::Links)
            }
        }
    }
}

pub(super) struct Account {
    pub(super) appid: String,
    pub(super) secret: SecretString,
    pub(super) standing: Standing,
    pub(super) tokens: Tokens,
    /// One for each host of the client.
    pub(super) circuits: Vec<Circuit>,
    pub(super) quota: Quota,
    /// What 48001 has taught, and until when to believe it.
    withheld: Mutex<HashMap<Ability, DateTime<Utc>>>,
    /// WeChat's administrator has not let this server in: with which code, until when.
    barred: Mutex<Option<(i64, DateTime<Utc>)>>,
}

/// How long not to call after a refusal of this server's address (errors.md §2).
fn bar(errcode: i64) -> Option<TimeDelta> {
    Some(match errcode {
        // It waits for the administrator's tap.
        89501 | 89503 => TimeDelta::minutes(10),
        89506 => TimeDelta::hours(24),
        89507 => TimeDelta::hours(1),
        _ => return None,
    })
}

impl Account {
    pub(super) fn new(
        appid: &str,
        secret: &SecretString,
        standing: Standing,
        hosts: usize,
    ) -> Self {
        Self {
            appid: appid.to_owned(),
            secret: secret.clone(),
            standing,
            tokens: Tokens::new(appid, secret),
            circuits: (0..hosts).map(|_| Circuit::default()).collect(),
            quota: Quota::default(),
            withheld: Mutex::default(),
            barred: Mutex::default(),
        }
    }

    pub(super) fn must_exist(&self, endpoint: &'static str) -> Result<(), Error> {
        if self.appid.is_empty() {
            let words = "this account is not configured";
            return Err(Error::ours(endpoint, Class::Configuration, words));
        }
        Ok(())
    }

    /// Refuses what the configuration rules out. A right that WeChat has denied is asked
    /// for again where somebody insists: it may have been granted meanwhile.
    pub(super) fn must_be_able(&self, endpoint: &'static str) -> Result<(), Error> {
        match endpoint::ability(endpoint) {
            Some(ability) if !self.standing.allows(ability) => {
                let words = "not sent: an account of this kind may not";
                Err(Error::answered(endpoint, 48001, words))
            }
            _ => Ok(()),
        }
    }

    /// Refuses while WeChat's administrator has not let this server in. Who tries the
    /// connection by hand is not refused, and a token ends the pause.
    pub(super) fn must_be_let_in(
        &self,
        endpoint: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let barred = *self.barred.lock().unwrap_or_else(PoisonError::into_inner);
        match barred {
            Some((errcode, until)) if now < until => {
                let words = "not sent: the address of this server is refused";
                Err(Error::answered(endpoint, errcode, words).until(until))
            }
            _ => Ok(()),
        }
    }

    /// WeChat refused this server's address with this code; `None`: it took it. From when
    /// on it makes sense again.
    pub(super) fn let_in(&self, errcode: Option<i64>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let barred = errcode.and_then(|code| Some((code, now + bar(code)?)));
        *self.barred.lock().unwrap_or_else(PoisonError::into_inner) = barred;
        barred.map(|(_, until)| until)
    }

    /// When a mass send that was one too many (45028) can be sent: the next day, or of a
    /// 服务号 the next month.
    pub(super) fn mass_again(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let today = clock::local_date(now);
        let by_month =
            matches!(self.standing, Standing::Official { kind: AccountKind::Service, .. });
        let next = if by_month {
            today.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)))
        } else {
            today.succ_opt()
        };
        clock::at_local(next.unwrap_or(today), 0)
    }

    pub(super) fn can(&self, ability: Ability, now: DateTime<Utc>) -> bool {
        !self.appid.is_empty()
            && self.standing.allows(ability)
            && self.with_withheld(|withheld| withheld.get(&ability).is_none_or(|end| *end <= now))
    }

    /// Notes what the answer of a call says about the account's rights.
    pub(super) async fn learn(&self, inner: &Inner, endpoint: &'static str, denied: bool) {
        let Some(ability) = endpoint::ability(endpoint) else { return };
        let key = self.withheld_key(ability);
        if denied {
            let end = inner.clock.now() + TimeDelta::seconds(WITHHELD.as_secs() as i64);
            self.with_withheld(|withheld| withheld.insert(ability, end));
            let text = end.timestamp_millis().to_string();
            let _shared = inner.quickly(inner.cache.set(&key, &text, WITHHELD)).await;
        } else if let Some(end) = self.with_withheld(|withheld| withheld.remove(&ability)) {
            let text = end.timestamp_millis().to_string();
            let _shared = inner.quickly(inner.cache.remove_if(&key, &text)).await;
        }
    }

    /// What other instances were taught.
    pub(super) async fn recall(&self, inner: &Inner) {
        for ability in Ability::OFFICIAL.into_iter().chain(Ability::MINI) {
            let key = self.withheld_key(ability);
            let Some(found) = inner.quickly(inner.cache.get(&key)).await else { return };
            let end =
                found.and_then(|text| text.parse().ok()).and_then(DateTime::from_timestamp_millis);
            self.with_withheld(|withheld| match end {
                Some(end) => withheld.insert(ability, end),
                None => withheld.remove(&ability),
            });
        }
    }

    fn withheld_key(&self, ability: Ability) -> String {
        format!("wechat-withheld:{}:{}", self.appid, ability.word())
    }

    fn with_withheld<T>(&self, with: impl FnOnce(&mut HashMap<Ability, DateTime<Utc>>) -> T) -> T {
        with(&mut self.withheld.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_account_decides_what_it_may_do() {
        let able = |kind, verified| {
            let standing = Standing::Official { kind, verified };
            Ability::OFFICIAL.into_iter().filter(|ability| standing.allows(*ability)).count()
        };
        assert_eq!(able(AccountKind::Subscription, false), 0);
        assert_eq!(able(AccountKind::Service, false), 1);
        assert_eq!(able(AccountKind::Subscription, true), 7);
        assert_eq!(able(AccountKind::Service, true), 10);
        let private = Standing::Mini { verified: false };
        assert!(Ability::MINI.into_iter().all(|ability| !private.allows(ability)));
        assert!(private.allows(Ability::CustomerMessage));
    }

    #[test]
    fn words_for_staff_are_short() {
        for ability in Ability::OFFICIAL.into_iter().chain(Ability::MINI) {
            for sentence in ability.instead().split('。') {
                assert!(sentence.chars().count() <= 40, "{sentence}");
            }
        }
    }
}
