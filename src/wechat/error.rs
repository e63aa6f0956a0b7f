//! What went wrong with a call to WeChat, and what can be done about it.
//!
//! Never holds the URL: it carries the access token.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::endpoint;
use crate::error::Error as AppError;

/// How a failure is to be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The access token is refused although a new one was asked for.
    Token,
    /// Busy or over a limit: later.
    BackOff,
    /// Repeating does not help: the request or its content has to change.
    Permanent,
    /// Nothing of ours is wrong: the person has not consented, does not follow, …
    UserState,
    /// Secret, address list, rights or templates are wrong: staff have to act.
    Configuration,
    /// It was done before: to be taken as success.
    AlreadyDone,
    /// The platform was never reached: safe to repeat.
    NotSent,
    /// Sent, but the answer is unknown: whatever reaches people must not be repeated blindly.
    MaybeSent,
}

impl Class {
    /// The word in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::BackOff => "back_off",
            Self::Permanent => "permanent",
            Self::UserState => "user_state",
            Self::Configuration => "configuration",
            Self::AlreadyDone => "already_done",
            Self::NotSent => "not_sent",
            Self::MaybeSent => "maybe_sent",
        }
    }
}

/// A call that failed. `errcode`, `errmsg` and `rid` are WeChat's own, where it answered.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{endpoint}: {errmsg} (errcode {}, rid {})", shown(*errcode), rid.as_deref().unwrap_or("-"))]
pub struct Error {
    /// The path of the endpoint, without the query.
    pub endpoint: &'static str,
    /// Absent when no answer of WeChat's was understood.
    pub errcode: Option<i64>,
    /// Of HTTP, where it was no success: mostly something between us and WeChat.
    pub http_status: Option<u16>,
    /// WeChat's words, or ours where there are none of theirs.
    pub errmsg: String,
    /// The request id under which WeChat's console can look the call up.
    pub rid: Option<String>,
    /// Where it is known from when on the call makes sense again: not before.
    pub retry_at: Option<DateTime<Utc>>,
    class: Class,
    #[source]
    source: Option<Arc<reqwest::Error>>,
}

/// WeChat's words without the person: an openid has 28 characters and begins with `o`.
fn scrubbed(text: &str) -> String {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut words = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !is_of_word(c)) {
        let word = part.trim_end_matches(|c: char| !is_of_word(c));
        if word.len() == 28 && word.starts_with('o') {
            words.push('…');
            words.push_str(&part[word.len()..]);
        } else {
            words.push_str(part);
        }
    }
    words
}

fn shown(errcode: Option<i64>) -> Cow<'static, str> {
    errcode.map_or(Cow::Borrowed("-"), |code| Cow::Owned(code.to_string()))
}

impl Error {
    /// WeChat answered with an error code.
    pub(super) fn answered(endpoint: &'static str, errcode: i64, errmsg: &str) -> Self {
        let (text, rid) = match errmsg.rsplit_once("rid:") {
            Some((text, rid)) => (text.trim(), Some(rid.trim().to_owned())),
            None => (errmsg.trim(), None),
        };
        Self {
            endpoint,
            errcode: Some(errcode),
            http_status: None,
            errmsg: scrubbed(text),
            rid: rid.filter(|rid| !rid.is_empty()),
            retry_at: None,
            class: classify(endpoint, errcode),
            source: None,
        }
    }

    /// Refused here, or not understood: no code of WeChat's.
    pub(super) fn ours(endpoint: &'static str, class: Class, errmsg: impl Into<String>) -> Self {
        let errmsg = errmsg.into();
        Self {
            endpoint,
            errcode: None,
            http_status: None,
            errmsg,
            rid: None,
            retry_at: None,
            class,
            source: None,
        }
    }

    /// The answer was no success of HTTP.
    pub(super) fn http(endpoint: &'static str, class: Class, status: u16) -> Self {
        let http_status = Some(status);
        Self { http_status, ..Self::ours(endpoint, class, format!("HTTP {status}")) }
    }

    /// As WeChat says it, where we know before it is asked.
    pub(super) fn known(mut self, errcode: i64) -> Self {
        self.errcode = Some(errcode);
        self
    }

    /// It makes sense again at that time.
    pub(super) fn until(mut self, at: DateTime<Utc>) -> Self {
        self.retry_at = Some(at);
        self
    }

    /// The transport failed.
    pub(super) fn transport(endpoint: &'static str, error: reqwest::Error) -> Self {
        let (class, errmsg) = if error.is_connect() {
            (Class::NotSent, "no connection")
        } else if error.is_builder() {
            (Class::Permanent, "the request could not be built")
        } else if error.is_timeout() {
            (Class::MaybeSent, "no answer in time")
        } else {
            (Class::MaybeSent, "the connection broke")
        };
        let source = Some(Arc::new(error.without_url()));
        Self { source, ..Self::ours(endpoint, class, errmsg) }
    }

    /// For a call that waits on another one: whatever became of that, this was not sent.
    pub(super) fn before_sending(mut self) -> Self {
        if self.class == Class::MaybeSent {
            self.class = Class::NotSent;
        }
        self
    }

    pub fn class(&self) -> Class {
        self.class
    }

    /// Did WeChat answer with this code?
    pub fn is(&self, errcode: i64) -> bool {
        self.errcode == Some(errcode)
    }

    /// A sentence for people that says what to do.
    pub fn advice(&self) -> &'static str {
        match self.errcode {
            Some(40029 | 40163) => "这一步停留太久，已经失效了，请再点一次。",
            Some(40226) => "微信暂时不允许这个账号登录，请到服务点办理。",
            Some(45011) => "点得太快了，请过一分钟再试。",
            Some(43101) => "对方没有允许接收这类消息。",
            Some(43004 | 50005) => "对方没有关注公众号。",
            Some(45003) => "标题太长，最多 32 个字。",
            Some(45004) => "摘要太长，最多 128 个字。",
            Some(45110) => "作者名太长，最多 16 个字。",
            Some(40113 | 40137) => "图片格式不对，请用 JPG 或 PNG。",
            Some(45028) => "群发的次数用完了。服务号一个月 4 次，订阅号一天 1 次。",
            Some(45166 | 45168 | 87014) => "微信认为内容不合适，请修改后再试。",
            Some(53503) => "微信没有通过这篇文章的发布检查，请修改后再试。",
            Some(53504 | 53505) => "请登录公众平台 mp.weixin.qq.com，在草稿箱里手动保存并发布。",
            Some(40164) => "微信不认识本服务器的地址，请管理员把它加进公众平台的 IP 白名单。",
            Some(89501 | 89503) => "请公众号管理员在微信里点“确认”，允许本服务器调用。",
            Some(41030 | 85079) => "小程序还没有发布，或还没有这一页。请管理员先发布小程序。",
            Some(89506) => "管理员拒绝了本服务器的地址，24 小时后才能再试。请先问管理员。",
            Some(89507) => "管理员拒绝了本服务器的地址，1 小时后才能再试。请先问管理员。",
            Some(47003) => "消息里有一项和模板的格式不合，请管理员核对模板。",
            Some(48006) => "这个月的 10 次清零都用完了，下个月才能再清。",
            Some(45009) => "今天（或这一分钟）的次数用完了，要到时才能再用。",
            Some(48001) => "这个账号没有这项权限（要先认证，或要是服务号）。",
            None if self.http_status.is_some_and(|status| status < 500) => self.http_advice(),
            _ => match self.class {
                Class::BackOff | Class::NotSent | Class::MaybeSent => {
                    "微信现在没有响应，请过一会儿再试。"
                }
                Class::Token | Class::Configuration => "与微信的连接设置有误，请联系管理员。",
                Class::Permanent | Class::UserState | Class::AlreadyDone => {
                    "微信没有接受这次操作。"
                }
            },
        }
    }
}

impl Error {
    /// What only something between us and WeChat answers, or a wrong address.
    fn http_advice(&self) -> &'static str {
        match self.http_status {
            Some(404) => {
                "找不到微信的接口。请管理员核对 wechat.api_base 和中间的代理。应当是 https://api.weixin.qq.com。"
            }
            Some(300..=399) => {
                "去微信的路被转到了别处。请管理员核对 wechat.api_base 和中间的代理。"
            }
            Some(401 | 403 | 407) => {
                "服务器出去的路被拦住了。请管理员查防火墙和代理，放行 api.weixin.qq.com。"
            }
            Some(408 | 425 | 429) => "微信现在没有响应，请过一会儿再试。",
            _ => "微信没有接受这次操作。",
        }
    }
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        let advice = error.advice();
        let made = match error.class {
            Class::BackOff | Class::NotSent | Class::MaybeSent => {
                Self::upstream("wechat_unavailable", advice)
            }
            Class::Token | Class::Configuration => Self::upstream("wechat_refused", advice),
            Class::Permanent | Class::UserState | Class::AlreadyDone => {
                Self::conflict("wechat_refused", advice)
            }
        };
        let made = match (error.errcode, endpoint::ability(error.endpoint)) {
            (Some(48001), Some(ability)) => made.or_else(ability.instead(), None),
            _ => made,
        };
        made.not_before(error.retry_at).with_source(error)
    }
}

/// Codes that mean: the access token is no longer good.
pub(super) fn refuses_token(errcode: i64) -> bool {
    matches!(errcode, 40001 | 40014 | 42001)
}

/// An unknown code is permanent: shown to staff, never repeated without end.
fn classify(endpoint: &str, errcode: i64) -> Class {
    if refuses_token(errcode) {
        // On the token call itself it is the secret that is wrong.
        return if endpoint == super::token::PATH { Class::Configuration } else { Class::Token };
    }
    match errcode {
        -1 | 45009 | 45011 | 45066 => Class::BackOff,
        42002 | 42007 | 40030 | 40226 | 43004 | 43019 | 43101 | 45015 | 45047 | 46004 | 48002
        | 50001 | 50002 | 50005 | 61010 | 87009 => Class::UserState,
        // A recipient of the wrong account or one that left: the person cannot be reached.
        40003 => Class::UserState,
        40013 | 40125 | 40164 | 61004 | 89501 | 89503 | 89506 | 89507 | 40243 | 50004 | 50007
        | 48001 | 48004 | 48008 | 61007 | 61023 | 200_011 | 45029 | 40037 | 41030 | 43104
        | 45026 | 45027 | 45064 | 85079 => Class::Configuration,
        45065 | 46003 => Class::AlreadyDone,
        _ => Class::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn class(errcode: i64) -> Class {
        Error::answered("/cgi-bin/draft/add", errcode, "").class()
    }

    #[test]
    fn every_code_has_its_reaction() {
        assert_eq!(class(40001), Class::Token);
        assert_eq!(
            Error::answered(super::super::token::PATH, 40001, "").class(),
            Class::Configuration
        );
        assert_eq!(class(-1), Class::BackOff);
        assert_eq!(class(45009), Class::BackOff);
        assert_eq!(class(43101), Class::UserState);
        assert_eq!(class(40164), Class::Configuration);
        assert_eq!(class(45065), Class::AlreadyDone);
        assert_eq!(class(40007), Class::Permanent);
        assert_eq!(class(987_654), Class::Permanent);
    }

    #[test]
    fn what_something_in_between_answers_says_where_to_look() {
        let advice = |status| Error::http("/x", Class::Configuration, status).advice();
        assert!(advice(404).contains("wechat.api_base") && advice(404).contains("代理"));
        assert!(advice(302).contains("wechat.api_base") && advice(403).contains("防火墙"));
        assert!(advice(502).contains("联系管理员"));
        for status in [302, 403, 404, 408, 418, 502] {
            for sentence in advice(status).split('。') {
                assert!(sentence.chars().count() <= 40, "{sentence}");
            }
        }
    }

    #[test]
    fn the_request_id_is_taken_out_of_the_words() {
        let error = Error::answered("/x", 45003, "title size out of limit rid: 6743-0a1b-2c3d");
        assert_eq!(error.errmsg, "title size out of limit");
        assert_eq!(error.rid.as_deref(), Some("6743-0a1b-2c3d"));
        assert!(error.to_string().contains("45003"));
        assert_eq!(Error::answered("/x", 45003, "rid:").rid, None);
    }

    #[test]
    fn nobodys_openid_stands_in_an_error() {
        let openid = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M";
        let words = format!("invalid openid [{openid}], touser={openid} rid: 6743-0a1b");
        let error = Error::answered("/x", 40003, &words);
        assert!(!error.to_string().contains(openid), "{error}");
        assert_eq!(error.errmsg, "invalid openid […], touser=…");
        assert_eq!(scrubbed("only words, of no person"), "only words, of no person");
    }

    #[test]
    fn only_what_may_pass_by_itself_is_an_upstream_error() {
        let kind = |errcode| AppError::from(Error::answered("/x", errcode, "")).kind;
        assert_eq!(kind(-1), Kind::Upstream);
        assert_eq!(kind(40164), Kind::Upstream);
        assert_eq!(kind(45003), Kind::Conflict);
        let unreached = Error::ours("/x", Class::NotSent, "no connection");
        assert_eq!(AppError::from(unreached).kind, Kind::Upstream);
    }
}
