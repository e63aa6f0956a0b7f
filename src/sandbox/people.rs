//! What people do with their phones.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::caller::{self, Reply};
use super::push::{Node, Push, text};
use super::server::{Inner, Shared};
use super::state::{Account, ChatArticle, ChatLine, Code, CodeKind, Person, Sender, State, User};
use crate::error::{Error, Result};

/// MsgIds do not fit into the numbers of JavaScript.
const FIRST_MSG_ID: u64 = 24_861_000_000_000_000;
const CODE_MINUTES: i64 = 5;
const UNAVAILABLE: &str = "该公众号暂时无法提供服务，请稍后再试";

/// What a tap on the menu did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Tapped {
    /// A click: these lines came back.
    Replied { lines: Vec<ChatLine> },
    /// A link, to be opened.
    Link { link: String },
}

/// What a link is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Opened {
    /// A page of the mini-program, as in `/classes/3`.
    Mini { to: String },
    /// A published article.
    Article { url: String },
    /// Some other page.
    Web { url: String },
    /// No link.
    Nothing,
}

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
        state.people.push(Person {
            user: user.clone(),
            follows: false,
            followed_at: None,
            consents: Default::default(),
            chat: Vec::new(),
            notices: Vec::new(),
        });
        user
    })
}

/// The same in every run, so that a kept database and a new sandbox agree.
pub(super) fn openid(appid: &str, id: u64) -> String {
    let hash = Sha256::digest(format!("sandbox|{appid}|{id}"));
    let text = URL_SAFE_NO_PAD.encode(hash);
    format!("o{}", text.get(..27).unwrap_or_default())
}

fn secret_text() -> String {
    let mut bytes = [0; 24];
    // A sandbox without randomness still gives codes, only guessable ones.
    let _ = getrandom::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn login_code(inner: &Inner, user: u64) -> String {
    code(inner, user, CodeKind::Login)
}

pub(super) fn phone_code(inner: &Inner, user: u64) -> String {
    code(inner, user, CodeKind::Phone)
}

fn code(inner: &Inner, user: u64, kind: CodeKind) -> String {
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
    let from = match account {
        Account::Official => user.official_openid.clone(),
        Account::Mini => user.mini_openid.clone(),
    };
    Push {
        account,
        to: inner.keys(account).original_id.clone(),
        from,
        at: inner.now().timestamp(),
        what: what.to_owned(),
        is_event,
        fields,
        wrapped: None,
    }
}

pub(super) async fn follow(inner: &Shared, id: u64) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, false))?;
    let now = inner.now();
    let fresh = inner.change(|state| {
        let Some(person) = state.person_mut(id) else { return false };
        let fresh = !person.follows;
        person.follows = true;
        person.followed_at = Some(now);
        fresh
    });
    if fresh {
        let fields = vec![("EventKey", text(""))];
        let push = push(inner, Account::Official, &user, "subscribe", true, fields);
        let reply = caller::deliver(inner, &push).await;
        show(inner, id, reply, false);
    }
    Ok(())
}

pub(super) async fn unfollow(inner: &Shared, id: u64) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, true))?;
    inner.change(|state| {
        if let Some(person) = state.person_mut(id) {
            person.follows = false;
        }
    });
    let fields = vec![("EventKey", text(""))];
    let push = push(inner, Account::Official, &user, "unsubscribe", true, fields);
    caller::deliver(inner, &push).await;
    Ok(())
}

pub(super) async fn say(inner: &Shared, id: u64, words: &str) -> Result<Vec<ChatLine>> {
    let user = inner.read(|state| user_of(state, id, true))?;
    add_line(inner, id, Sender::User, words.to_owned(), Vec::new());
    let msg_id = inner.change(State::next) + FIRST_MSG_ID;
    let fields = vec![("Content", text(words)), ("MsgId", Node::Number(msg_id))];
    let push = push(inner, Account::Official, &user, "text", false, fields);
    let reply = caller::deliver(inner, &push).await;
    Ok(show(inner, id, reply, true))
}

pub(super) async fn tap(inner: &Shared, id: u64, name: &str) -> Result<Tapped> {
    let user = inner.read(|state| user_of(state, id, true))?;
    let menu = inner.read(|state| state.menu.clone()).unwrap_or_default();
    let button = find_button(&menu, name)
        .ok_or_else(|| Error::not_found("no_button", "菜单里没有这一项。"))?;
    let of = |field: &str| button[field].as_str().unwrap_or_default().to_owned();
    let menu_id = ("MenuId", Node::Number(441_700_001));
    let (what, fields, link) = match of("type").as_str() {
        "click" => ("CLICK", vec![("EventKey", text(of("key")))], None),
        "view" => ("VIEW", vec![("EventKey", text(of("url"))), menu_id], Some(of("url"))),
        "miniprogram" => {
            let page = of("pagepath");
            ("view_miniprogram", vec![("EventKey", text(&page)), menu_id], Some(page))
        }
        _ => return Err(Error::conflict("no_action", "这一项点不了。")),
    };
    let push = push(inner, Account::Official, &user, what, true, fields);
    let reply = caller::deliver(inner, &push).await;
    Ok(match link {
        Some(link) => Tapped::Link { link },
        None => Tapped::Replied { lines: show(inner, id, reply, true) },
    })
}

fn find_button<'a>(menu: &'a Value, name: &str) -> Option<&'a Value> {
    let buttons = menu["button"].as_array()?;
    let mut all = buttons.iter().chain(
        buttons.iter().flat_map(|button| button["sub_button"].as_array().into_iter().flatten()),
    );
    all.find(|button| button["name"] == name && button["type"].is_string())
}

pub(super) async fn subscribe(inner: &Shared, id: u64, choices: &[(&str, bool)]) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, false))?;
    if choices.is_empty() || choices.len() > 3 {
        return Err(Error::invalid("20003", "一次只能询问一到三个模板。"));
    }
    let known = |wanted: &str| inner.config.templates.iter().any(|template| template.id == wanted);
    if !choices.iter().all(|(template_id, _)| known(template_id)) {
        return Err(Error::invalid("10004", "小程序没有这个模板。"));
    }
    inner.change(|state| {
        let Some(person) = state.person_mut(id) else { return };
        for (template_id, _) in choices.iter().filter(|(_, accepted)| *accepted) {
            *person.consents.entry((*template_id).to_owned()).or_default() += 1;
        }
    });
    let entry = |(template_id, accepted): &(&str, bool)| {
        Node::Group(vec![
            ("TemplateId", text(*template_id)),
            ("SubscribeStatusString", text(if *accepted { "accept" } else { "reject" })),
            ("PopupScene", text("0")),
        ])
    };
    let list = Node::Many(choices.iter().map(entry).collect());
    let mut push = push(inner, Account::Mini, &user, "subscribe_msg_popup_event", true, Vec::new());
    push.wrapped = Some(("SubscribeMsgPopupEvent", vec![("List", list)]));
    caller::deliver(inner, &push).await;
    Ok(())
}

/// The person turns a kind of message off in the settings of the mini-program.
pub(super) async fn refuse(inner: &Shared, id: u64, template_id: &str) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, false))?;
    inner.change(|state| {
        if let Some(person) = state.person_mut(id) {
            person.consents.remove(template_id);
        }
    });
    let entry = Node::Group(vec![
        ("TemplateId", text(template_id)),
        ("SubscribeStatusString", text("reject")),
    ]);
    let mut push =
        push(inner, Account::Mini, &user, "subscribe_msg_change_event", true, Vec::new());
    push.wrapped = Some(("SubscribeMsgChangeEvent", vec![("List", Node::Many(vec![entry]))]));
    caller::deliver(inner, &push).await;
    Ok(())
}

fn show(inner: &Inner, id: u64, reply: Reply, must_answer: bool) -> Vec<ChatLine> {
    let line = match reply {
        Reply::Nothing => None,
        Reply::Text(text) => Some((Sender::Account, text, Vec::new())),
        Reply::News(articles) => Some((Sender::Account, String::new(), articles)),
        Reply::HandOver => Some((Sender::System, "已转接人工客服".to_owned(), Vec::new())),
        Reply::Unusable if must_answer => {
            Some((Sender::System, UNAVAILABLE.to_owned(), Vec::new()))
        }
        Reply::Unusable => None,
    };
    line.and_then(|(sender, text, articles)| add_line(inner, id, sender, text, articles))
        .into_iter()
        .collect()
}

fn add_line(
    inner: &Inner,
    id: u64,
    sender: Sender,
    text: String,
    articles: Vec<ChatArticle>,
) -> Option<ChatLine> {
    let at = inner.now();
    inner.change(|state| {
        let line = ChatLine { id: state.next(), sender, at, text, articles };
        state.person_mut(id)?.chat.push(line.clone());
        Some(line)
    })
}

/// What a link is: a path of the mini-program, a link of the service, an article.
pub(super) fn resolve(inner: &Inner, link: &str) -> Opened {
    let link = link.trim();
    let path = link.trim_start_matches('/');
    let (page, query) = path.split_once('?').unwrap_or((path, ""));
    if inner.config.mini_pages.iter().any(|known| known == page) {
        let to = parameter(query, "to").unwrap_or_default();
        return Opened::Mini { to: inside(&to) };
    }
    let home = [inner.page_url(), inner.service_url()];
    for base in home.iter().filter(|base| !base.is_empty()) {
        let Some(rest) = strip_origin(link, base) else { continue };
        let (before, hash) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = before.split_once('?').unwrap_or((before, ""));
        if path == "/m" || path.starts_with("/m/") {
            let to = match parameter(query, "c") {
                Some(code) => format!("/checkin?c={}", encode(&code)),
                None => inside(hash),
            };
            return Opened::Mini { to };
        }
    }
    if strip_origin(link, &inner.base_url).is_some_and(|rest| rest.starts_with("/s/")) {
        return Opened::Article { url: link.to_owned() };
    }
    if link.starts_with("http://") || link.starts_with("https://") {
        return Opened::Web { url: link.to_owned() };
    }
    Opened::Nothing
}

fn inside(to: &str) -> String {
    if to.starts_with('/') { to.to_owned() } else { "/".to_owned() }
}

/// This machine has two names.
fn strip_origin<'a>(link: &'a str, base: &str) -> Option<&'a str> {
    let other = if base.contains("//127.0.0.1:") {
        base.replace("//127.0.0.1:", "//localhost:")
    } else {
        base.replace("//localhost:", "//127.0.0.1:")
    };
    let rest = link.strip_prefix(base).or_else(|| link.strip_prefix(other.as_str()))?;
    (rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest)
}

/// A value of a query string, decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let raw = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })?;
    Some(decode(raw))
}

/// Percent-decoding; what is not an escape stays as it is.
pub(super) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let escape = text.get(index + 1..index + 3).filter(|_| byte == b'%');
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(escaped) => {
                decoded.push(escaped);
                index += 3;
            }
            None => {
                decoded.push(if byte == b'+' { b' ' } else { byte });
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Percent-encoding of everything but unreserved characters.
pub(super) fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_is_undone_by_decoding() {
        for text in ["", "/classes/3?a=b&c=d", "常阴沙 100%+1", "%zz%"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(parameter("a=1&to=%2Fnews", "to").as_deref(), Some("/news"));
        assert_eq!(parameter("a=1", "to"), None);
        assert_eq!(decode("%"), "%");
    }
}
