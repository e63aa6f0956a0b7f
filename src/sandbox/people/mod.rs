//! What people do with their phones.

mod consent;
mod follow;
mod link;
mod menu;
mod talk;
mod web;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

pub(super) use consent::{close_account, modify, refuse, subscribe, withdraw};
pub(super) use follow::{follow, scan, unfollow};
pub use link::Opened;
pub(super) use link::{SCHEME, decode, encode, parameter, resolve};
pub use menu::Tapped;
pub(super) use menu::{Input, tap, tap_with};
pub use talk::Said;
pub(super) use talk::{choose, enter_service, say, send};
pub(super) use web::{asked, authorize, host, is_service_page};

use super::caller::Reply;
use super::push::{Node, Push};
use super::server::{Inner, Shared};
use super::state::{
    Account, ChatArticle, ChatLine, Code, CodeKind, Extra, Person, Sender, State, User,
};
use crate::error::{Error, Result};

/// MsgIds do not fit into the numbers of JavaScript.
const FIRST_MSG_ID: u64 = 24_861_000_000_000_000;
const CODE_MINUTES: i64 = 5;
const UNAVAILABLE: &str = "该公众号暂时无法提供服务，请稍后再试";

fn unknown() -> Error {
    Error::not_found("no_user", "沙盒里没有这个人。")
}

pub(super) fn add_the_first(inner: &Inner) {
    if inner.read(|state| state.people.is_empty()) {
        add(inner, "王秀英");
        add(inner, "李建国");
    }
}

pub(super) fn add(inner: &Inner, name: &str) -> User {
    let (official, mini) = (&inner.config.official.appid, &inner.config.mini.appid);
    inner.change(|state| {
        let id = u64::try_from(state.people.len()).unwrap_or_default() + 1;
        let user = User {
            id,
            name: name.to_owned(),
            official_openid: openid(official, id),
            mini_openid: openid(mini, id),
            unionid: openid("open platform", id),
            phone: format!("139{:08}", 10_000_000 + id * 7_919),
        };
        state.people.push(Person::new(user.clone()));
        user
    })
}

/// The same in every run, so that a kept database and a new sandbox agree.
pub(super) fn openid(appid: &str, id: u64) -> String {
    let hash = Sha256::digest(format!("sandbox|{appid}|{id}"));
    let text = URL_SAFE_NO_PAD.encode(hash);
    format!("o{}", text.get(..27).unwrap_or_default())
}

pub(super) fn secret_text() -> String {
    let mut bytes = [0; 24];
    // A sandbox without randomness still gives codes, only guessable ones.
    let _ = getrandom::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A code that is good once, for five minutes.
pub(super) fn code(inner: &Inner, user: u64, kind: CodeKind) -> String {
    let now = inner.now();
    let value = format!("0{}", secret_text());
    let code = Code {
        value: value.clone(),
        kind,
        user,
        expires_at: now + TimeDelta::minutes(CODE_MINUTES),
        used: false,
    };
    inner.change(|state| {
        state.codes.retain(|code| code.expires_at > now - TimeDelta::days(1));
        state.codes.push(code);
    });
    value
}

fn user_of(state: &State, id: u64, must_follow: bool) -> Result<User> {
    let person = state.person(id).ok_or_else(unknown)?;
    if must_follow && !person.follows {
        return Err(Error::conflict("not_following", "请先关注公众号。"));
    }
    Ok(person.user.clone())
}

fn push(
    inner: &Inner,
    account: Account,
    user: &User,
    what: &str,
    is_event: bool,
    fields: Vec<(&'static str, Node)>,
) -> Push {
    Push {
        account,
        to: inner.keys(account).original_id.clone(),
        from: user.openid(account).to_owned(),
        at: inner.now().timestamp(),
        what: what.to_owned(),
        is_event,
        fields,
        wrapped: None,
    }
}

fn event(inner: &Inner, user: &User, what: &str, fields: Vec<(&'static str, Node)>) -> Push {
    push(inner, Account::Official, user, what, true, fields)
}

/// Shows an answer of the service in the chat.
pub(super) fn show(inner: &Inner, id: u64, reply: Reply, must_answer: bool) -> Vec<ChatLine> {
    let line = match reply {
        Reply::Nothing => None,
        Reply::Text(text) => Some(Line { text, ..Line::default() }),
        Reply::News(articles) => Some(Line { articles, ..Line::default() }),
        Reply::Extra(extra) => Some(Line { extra: Some(extra), ..Line::default() }),
        Reply::HandOver => Some(Line::system("已转接人工客服")),
        Reply::Unusable if must_answer => Some(Line::system(UNAVAILABLE)),
        Reply::Unusable => None,
    };
    line.and_then(|line| add_line(inner, Account::Official, id, line)).into_iter().collect()
}

/// A line before it has a number and a time.
#[derive(Default)]
pub(super) struct Line {
    pub(super) sender: Option<Sender>,
    pub(super) text: String,
    pub(super) articles: Vec<ChatArticle>,
    pub(super) extra: Option<Extra>,
}

impl Line {
    fn system(text: &str) -> Self {
        Self { sender: Some(Sender::System), text: text.to_owned(), ..Self::default() }
    }

    fn of_user(text: &str, extra: Option<Extra>) -> Self {
        Self { sender: Some(Sender::User), text: text.to_owned(), extra, ..Self::default() }
    }

    /// As it stands in the chat; who is not named is the account.
    pub(super) fn at(self, state: &mut State, at: chrono::DateTime<chrono::Utc>) -> ChatLine {
        ChatLine {
            id: state.next(),
            sender: self.sender.unwrap_or(Sender::Account),
            at,
            text: self.text,
            articles: self.articles,
            extra: self.extra,
        }
    }
}

pub(super) fn add_line(inner: &Inner, account: Account, id: u64, line: Line) -> Option<ChatLine> {
    let at = inner.now();
    inner.change(|state| {
        let line = line.at(state, at);
        let person = state.person_mut(id)?;
        match account {
            Account::Official => person.chat.push(line.clone()),
            Account::Mini => person.mini_chat.push(line.clone()),
        }
        Some(line)
    })
}

fn next_msg_id(inner: &Inner) -> (&'static str, Node) {
    ("MsgId", Node::Number(inner.change(State::next) + FIRST_MSG_ID))
}

fn opens(inner: &Shared, id: u64, trigger: super::state::Trigger) {
    let now = inner.now();
    inner.change(|state| {
        if let Some(person) = state.person_mut(id) {
            person.open(trigger, now);
        }
    });
}
