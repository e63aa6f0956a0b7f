//! What a link leads to when the phone opens it.

use serde::Serialize;

use crate::sandbox::server::Inner;
use crate::sandbox::state::MiniLink;

/// Begins a scheme link.
pub(in crate::sandbox) const SCHEME: &str = "weixin://dl/business/?t=";

/// What a link is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Opened {
    /// A page of the mini-program, as in `/classes/3`.
    Mini { to: String },
    /// A page of the service in the phone's browser, where there is no mini-program.
    Page { url: String },
    /// A published article.
    Article { url: String },
    /// A code of the account with a scene; it is to be scanned.
    Scene,
    /// The page that asks who somebody is, for a page of the service.
    WebSignIn { url: String },
    /// Some other page.
    Web { url: String },
    /// No link.
    Nothing,
}

/// What a link is: a path of the mini-program, a link of the service, an article.
pub(in crate::sandbox) fn resolve(inner: &Inner, link: &str) -> Opened {
    let link = link.trim();
    if let Some(opened) = of_the_platform(inner, link) {
        return opened;
    }
    let has_mini = inner.has_mini();
    let path = link.trim_start_matches('/');
    let (page, query) = path.split_once('?').unwrap_or((path, ""));
    if has_mini && inner.config.mini_pages.iter().any(|known| known == page) {
        let to = parameter(query, "to").unwrap_or_default();
        return Opened::Mini { to: inside(&to) };
    }
    let home = [inner.page_url(), inner.service_url()];
    for base in home.iter().filter(|base| !base.is_empty()) {
        let Some(rest) = strip_origin(link, base) else { continue };
        let (before, hash) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = before.split_once('?').unwrap_or((before, ""));
        if path == "/m" || path.starts_with("/m/") {
            if !has_mini {
                return Opened::Page { url: link.to_owned() };
            }
            let to = match parameter(query, "c") {
                Some(code) => format!("/checkin?c={}", encode(&code)),
                // A learner's card is for the teacher; whoever else scans it is told so.
                None if parameter(query, "k").is_some() => "/seen".to_owned(),
                None => inside(hash),
            };
            return Opened::Mini { to };
        }
    }
    if link.starts_with("http://") || link.starts_with("https://") {
        return Opened::Web { url: link.to_owned() };
    }
    Opened::Nothing
}

/// Addresses that the platform itself gave out.
fn of_the_platform(inner: &Inner, link: &str) -> Option<Opened> {
    if let Some(key) = link.strip_prefix(SCHEME) {
        return Some(mini_link(inner, key, ""));
    }
    let rest = strip_origin(link, &inner.base_url)?;
    if rest.starts_with("/s/") {
        return Some(Opened::Article { url: link.to_owned() });
    }
    if rest.starts_with("/connect/oauth2/authorize?") {
        return Some(Opened::WebSignIn { url: link.to_owned() });
    }
    if let Some(key) = rest.strip_prefix("/q/") {
        let known = inner.read(|state| state.scene_codes.iter().any(|code| code.key == key));
        return Some(if known { Opened::Scene } else { Opened::Nothing });
    }
    let key = rest.strip_prefix("/w/")?;
    let (key, query) = key.split_once('?').unwrap_or((key, ""));
    Some(mini_link(inner, key, query))
}

/// The page behind a code or a link; what is added to the link comes in `cq`.
fn mini_link(inner: &Inner, key: &str, added: &str) -> Opened {
    let now = inner.now();
    let found = inner.read(|state| {
        let good =
            |link: &&MiniLink| link.key == key && link.expires_at.is_none_or(|until| until > now);
        state.mini_links.iter().find(good).cloned()
    });
    let Some(link) = found else { return Opened::Nothing };
    let added = parameter(added, "cq").unwrap_or_default();
    let query = if added.is_empty() { &link.query } else { &added };
    let to = match (parameter(query, "to"), parameter(query, "scene")) {
        (Some(to), _) => inside(&to),
        (None, Some(scene)) => of_scene(&scene),
        (None, None) => "/".to_owned(),
    };
    Opened::Mini { to }
}

/// As the mini-program reads a code's scene (`miniprogram/lib/address.ts`).
fn of_scene(scene: &str) -> String {
    match scene.split_once('=') {
        _ if scene.starts_with('/') => scene.to_owned(),
        Some(("to", to)) => inside(to),
        Some(("class", id)) => format!("/classes/{}", encode(id)),
        Some(("c", code)) => format!("/checkin?c={}", encode(code)),
        _ => "/".to_owned(),
    }
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
pub(in crate::sandbox) fn parameter(query: &str, name: &str) -> Option<String> {
    let raw = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })?;
    Some(decode(raw))
}

/// Percent-decoding; what is not an escape stays as it is.
pub(in crate::sandbox) fn decode(text: &str) -> String {
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
pub(in crate::sandbox) fn encode(text: &str) -> String {
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
