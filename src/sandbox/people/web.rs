//! Web sign-in (OAuth2) of the official account: what its page accepts, and the code.

use super::link::{encode, parameter};
use super::{code, user_of};
use crate::error::{Error, Result};
use crate::sandbox::config::AccountKind;
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{CodeKind, Visit};

/// The order in which the platform wants them.
const ORDER: [&str; 5] = ["appid", "redirect_uri", "response_type", "scope", "state"];
const STATE: usize = 128;

/// What the page was asked for.
pub(in crate::sandbox) struct Asked {
    pub(in crate::sandbox) redirect: String,
    pub(in crate::sandbox) state: String,
    /// `snsapi_userinfo`: the person is asked.
    pub(in crate::sandbox) asks: bool,
}

/// Reads the query of the page; what is wrong with it is said in the platform's words.
pub(in crate::sandbox) fn asked(inner: &Inner, query: &str) -> Result<Asked, &'static str> {
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    let known = || names.iter().filter(|name| ORDER.contains(name));
    if !known().is_sorted_by_key(|name| ORDER.iter().position(|it| it == name)) {
        return Err("参数顺序错误");
    }
    let of = |name| parameter(query, name).unwrap_or_default();
    if of("appid") != inner.config.official.appid {
        return Err("该链接无法访问：appid 不对");
    }
    if inner.config.kind != AccountKind::Service || !inner.config.verified {
        return Err("该公众号没有网页授权的权限（48001）");
    }
    if of("response_type") != "code" {
        return Err("response_type 参数错误");
    }
    let asks = match of("scope").as_str() {
        "snsapi_base" => false,
        "snsapi_userinfo" => true,
        _ => return Err("Scope 参数错误或没有 Scope 权限（10005）"),
    };
    let state = of("state");
    if state.len() > STATE || !state.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("state 参数错误");
    }
    let redirect = of("redirect_uri");
    if !is_service_page(inner, &redirect) {
        return Err("redirect_uri 域名与后台配置不一致（10003）");
    }
    Ok(Asked { redirect, state, asks })
}

/// Is the address on a host that is entered for pages: 网页授权域名, JS接口安全域名?
pub(in crate::sandbox) fn is_service_page(inner: &Inner, url: &str) -> bool {
    host(url).is_some_and(|host| {
        let own = [inner.service_url(), inner.page_url()];
        if inner.config.oauth_hosts.is_empty() {
            own.iter().any(|url| self::host(url) == Some(host))
        } else {
            inner.config.oauth_hosts.iter().any(|allowed| allowed == host)
        }
    })
}

/// The host of an address, without the port.
pub(in crate::sandbox) fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    rest.split(['/', '?', '#', ':']).next().filter(|host| !host.is_empty())
}

/// The person agrees (or is not asked): where the browser goes next.
pub(in crate::sandbox) fn authorize(
    inner: &Shared,
    id: u64,
    link: &str,
    snapshot: bool,
) -> Result<String> {
    inner.read(|state| user_of(state, id, false))?;
    let query = link.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let query = query.split('#').next().unwrap_or_default();
    let asked = asked(inner, query).map_err(|words| Error::invalid("oauth", words))?;
    let visit = match (snapshot, asked.asks) {
        (true, _) => Visit::Snapshot,
        (false, true) => Visit::UserInfo,
        (false, false) => Visit::Base,
    };
    let code = code(inner, id, CodeKind::Web(visit));
    let (before, hash) = asked.redirect.split_once('#').unwrap_or((&asked.redirect, ""));
    let sign = if before.contains('?') { '&' } else { '?' };
    let hash = if hash.is_empty() { String::new() } else { format!("#{hash}") };
    Ok(format!("{before}{sign}code={code}&state={}{hash}", encode(&asked.state)))
}
