//! Pages in WeChat's own browser: what they need of the account, and what it still lacks.

use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::Finding;
use crate::wechat::official::JsConfig;
use crate::wechat::{self, Ability};

/// How pages in WeChat's browser stand.
pub struct WebPages {
    /// To be entered in WeChat's console, as 网页授权域名 and JS接口安全域名.
    pub domain: String,
    pub findings: Vec<Finding>,
}

/// What `wx.config` is told on a page of ours.
///
/// # Errors
/// `foreign_url`: no page of ours; `wechat_unavailable`.
pub async fn js_config(app: &App, url: &str) -> Result<JsConfig> {
    // WeChat signs without the fragment, and everything else as the browser has it.
    let url = url.split('#').next().unwrap_or_default();
    if !wechat::same_host(url, &app.config.server.public_url) {
        return Err(Error::invalid("foreign_url", "这不是我们的页面。"));
    }
    Ok(app.wechat.official().js_config(url).await?)
}

/// What staff are told, without asking WeChat.
pub(super) fn pages(app: &App) -> WebPages {
    let url = app.config.server.public_url.as_str();
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    // WeChat wants it bare; only a sandbox is met at a port.
    let domain = rest.split(['/', ':']).next().unwrap_or_default().to_owned();
    let mut findings = Vec::new();
    let official = &app.config.wechat.official;
    if !app.wechat.official().can(Ability::WebSignIn) {
        let missing = if official.may_sign_in_from_web() {
            "微信说这个账号没有网页授权的权限。请到公众平台查看。"
        } else {
            "只有已认证的服务号，才能在网页里认出本人。"
        };
        findings.push(Finding::bad(missing));
    }
    let real = app.config.wechat.open_base.starts_with("https:");
    if real && scheme != "https" {
        findings.push(Finding::bad("网址要以 https:// 开头（配置项 server.public_url）。"));
    }
    if real && !domain.ends_with(|last: char| last.is_ascii_alphabetic()) {
        findings.push(Finding::bad("网址要用备案过的域名，不能用数字地址。"));
    }
    if findings.is_empty() {
        findings.push(Finding::good("居民在微信里打开网页，会自动登录，能扫码签到。"));
    }
    WebPages { domain, findings }
}
