//! WeChat as the centre's staff look after it: does it work, what is used up, what went
//! wrong and what to do about it.
//!
//! 1. Shows no token, secret or openid, and nothing of what a call carried.
//! 2. Looking costs no call to WeChat; whoever presses a button makes one.
//! 3. Every failure is told with what to do.
//! 4. What WeChat says of an account itself (verification, audits), and what is noticed of
//!    it, is kept in `wechat_note`: the last of each kind, and told until it is settled.
//! 5. A menu that somebody made by hand is replaced by staff alone.

use chrono::{DateTime, Utc};

use entity::kinds::WechatAccount;

use crate::app::App;
use crate::config::AccountKind;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};
use crate::wechat::official::{Button, Menu, ShownButton, ShownMenu};
use crate::wechat::{self, Ability, HostView, LookedUp, QuotaLine, Trouble, Upkeep};

pub mod api;
mod night;
mod notes;
mod store;
mod web;

pub use night::{by_night, note_callback_sources};
pub use notes::{NewNote, drop_note, note};
pub use web::{WebPages, js_config};

/// How an account stands.
pub struct Standing {
    pub account: WechatAccount,
    pub configured: bool,
    /// In words, as configured.
    pub kind: &'static str,
    pub missing: Vec<Ability>,
    pub token_ends: Option<DateTime<Utc>>,
    pub hosts: Vec<HostView>,
    pub usage: Vec<QuotaLine>,
    /// They do not begin at 0 with the process.
    pub usage_lasts: bool,
    pub troubles: Vec<Trouble>,
    /// To be entered in WeChat's console.
    pub callback_url: String,
    /// What WeChat says of the account itself.
    pub notes: Vec<Finding>,
    /// Of the public account.
    pub web: Option<WebPages>,
}

/// One thing that was tried.
pub struct Finding {
    pub good: bool,
    pub text: String,
}

impl Finding {
    fn good(text: impl Into<String>) -> Self {
        Self { good: true, text: text.into() }
    }

    fn bad(text: impl Into<String>) -> Self {
        Self { good: false, text: text.into() }
    }
}

/// How an account stands, by all that is known here.
///
/// # Errors
/// The database.
pub async fn standing(app: &App, account: WechatAccount) -> Result<Standing> {
    let upkeep = upkeep(app, account);
    let (appid, kind, path) = match account {
        WechatAccount::Official => {
            let official = &app.config.wechat.official;
            (&official.appid, official_kind(official.kind, official.verified), "official")
        }
        WechatAccount::Mini => {
            let mini = &app.config.wechat.mini;
            let kind =
                if mini.verified { "已认证的小程序" } else { "未认证的小程序" };
            (&mini.appid, kind, "mini")
        }
    };
    let notes = store::notes(app.db.read(), account).await?;
    Ok(Standing {
        account,
        configured: !appid.is_empty(),
        kind,
        missing: upkeep.missing().await,
        token_ends: upkeep.token_ends().await,
        hosts: upkeep.hosts(),
        usage: upkeep.usage().await,
        usage_lasts: app.cache.is_shared(),
        troubles: upkeep.troubles().await,
        callback_url: format!("{}/wechat/{path}", app.config.server.public_url),
        notes: notes::told(&notes),
        web: (account == WechatAccount::Official).then(|| web::pages(app)),
    })
}

/// Tries what can be tried: appid and secret, and WeChat's way to our callbacks.
pub async fn check(app: &App, account: WechatAccount) -> Vec<Finding> {
    let outcome = match account {
        WechatAccount::Official => app.wechat.official().check().await,
        WechatAccount::Mini => app.wechat.mini().check().await,
    };
    if let Err(error) = outcome {
        return vec![Finding::bad(told(&error))];
    }
    let upkeep = upkeep(app, account);
    let mut findings = vec![Finding::good("微信接受了 AppID 和 AppSecret。")];
    match upkeep.check_callback().await {
        Ok(check) => {
            let seen = check.dns.len();
            findings
                .push(Finding {
                    good: seen > 0, text: format!("微信查到 {seen} 个我们的地址。")
                });
            findings.extend(check.ping.iter().map(|ping| Finding {
                good: ping.package_loss.trim_start_matches('0').trim_matches(['.', '0']) == "%",
                text: format!(
                    "从{}到 {}：丢包 {}，用时 {}。",
                    operator(&ping.from_operator),
                    ping.ip,
                    ping.package_loss,
                    ping.time
                ),
            }));
        }
        Err(error) => findings.push(Finding::bad(told(&error))),
    }
    match upkeep.callback_addresses().await {
        Ok(addresses) => findings.push(Finding::good(format!(
            "微信会从 {} 个地址发来消息，防火墙要放行。",
            addresses.len()
        ))),
        Err(error) => findings.push(Finding::bad(told(&error))),
    }
    findings
}

/// Asks WeChat for its numbers of an endpoint; they show in the next [`standing`].
///
/// # Errors
/// `unknown_endpoint`: not one of the list; what WeChat said.
pub async fn ask_quota(app: &App, account: WechatAccount, endpoint: &str) -> Result<()> {
    let upkeep = upkeep(app, account);
    let path = upkeep
        .listed_path(endpoint)
        .ok_or_else(|| Error::not_found("unknown_endpoint", "没有这一项。"))?;
    upkeep.quota(path).await?;
    Ok(())
}

/// Sets all of an account's counts back. WeChat does that ten times a month.
///
/// # Errors
/// What WeChat said: 48006 when the ten are used up.
pub async fn clear_quota(app: &App, who: &Colleague, account: WechatAccount) -> Result<()> {
    let upkeep = upkeep(app, account);
    match upkeep.clear_quota().await {
        // The quota of the token itself may be what is used up.
        Err(error) if error.is(45009) => upkeep.clear_quota_by_secret().await?,
        other => other?,
    }
    let tx = app.db.begin().await?;
    let object = format!("wechat:{}", account.as_str());
    staff::record(&tx, Some(who.id), "wechat.quota_cleared", &object, None, app.clock.now())
        .await?;
    tx.commit().await?;
    Ok(())
}

/// What WeChat knows of a call.
///
/// # Errors
/// `invalid`: no rid; what WeChat said.
pub async fn look_up(app: &App, account: WechatAccount, rid: &str) -> Result<LookedUp> {
    let good = (1..=64).contains(&rid.len())
        && rid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !good {
        return Err(Error::invalid("invalid", "这不是一个调用编号。"));
    }
    Ok(upkeep(app, account).look_up(rid).await?)
}

/// A menu as lines to read and to compare: `我的 › 签到（小程序）`.
pub fn menu_lines(menu: &Menu) -> Vec<String> {
    let mut lines = Vec::new();
    for button in &menu.button {
        if button.sub_button.is_empty() {
            lines.push(format!("{}（{}）", button.name, aim(button)));
        }
        let below = button.sub_button.iter();
        lines.extend(below.map(|sub| format!("{} › {}（{}）", button.name, sub.name, aim(sub))));
    }
    lines
}

/// The same of a menu that somebody made by hand.
pub fn shown_lines(shown: &ShownMenu) -> Vec<String> {
    let aim = |button: &ShownButton| match (button.kind.as_deref(), &button.url) {
        (Some("miniprogram"), _) => "小程序".to_owned(),
        (Some("view"), Some(url)) => format!("网页 {url}"),
        (Some("click" | "text"), _) => "自动回答".to_owned(),
        (Some("news" | "article_id" | "article_view_limited"), _) => "文章".to_owned(),
        _ => "其他".to_owned(),
    };
    let mut lines = Vec::new();
    for button in &shown.menu.button {
        let below = &button.sub_button.list;
        if below.is_empty() {
            lines.push(format!("{}（{}）", button.name, aim(button)));
        }
        let line = |sub: &ShownButton| format!("{} › {}（{}）", button.name, sub.name, aim(sub));
        lines.extend(below.iter().map(line));
    }
    lines
}

/// What a tap does.
fn aim(button: &Button) -> String {
    match button.kind.as_deref() {
        Some("miniprogram") => {
            format!("小程序 {}", button.pagepath.as_deref().unwrap_or_default())
        }
        Some("view") => format!("网页 {}", button.url.as_deref().unwrap_or_default()),
        Some("click") => "自动回答".to_owned(),
        Some("article_id" | "article_view_limited" | "media_id" | "view_limited") => {
            "文章".to_owned()
        }
        _ => "其他".to_owned(),
    }
}

fn upkeep(app: &App, account: WechatAccount) -> Upkeep<'_> {
    match account {
        WechatAccount::Official => app.wechat.official().upkeep(),
        WechatAccount::Mini => app.wechat.mini().upkeep(),
    }
}

fn official_kind(kind: AccountKind, verified: bool) -> &'static str {
    match (kind, verified) {
        (AccountKind::Service, true) => "已认证的服务号",
        (AccountKind::Service, false) => "未认证的服务号",
        (AccountKind::Subscription, true) => "已认证的订阅号",
        (AccountKind::Subscription, false) => "未认证的订阅号",
    }
}

/// What to do, and WeChat's number for those who ask around. A refused address is named
/// by WeChat itself: staff have to enter it.
fn told(error: &wechat::Error) -> String {
    match error.errcode {
        Some(40164) => format!("{}（微信说：{}）", error.advice(), error.errmsg),
        Some(code) => format!("{}（代码 {code}）", error.advice()),
        None => error.advice().to_owned(),
    }
}

fn operator(code: &str) -> &str {
    match code {
        "CHINANET" => "电信",
        "UNICOM" => "联通",
        "CAP" => "腾讯",
        "DEFAULT" => "默认线路",
        other => other,
    }
}
