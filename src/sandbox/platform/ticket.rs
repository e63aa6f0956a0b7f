//! `GET /cgi-bin/ticket/getticket?type=jsapi`, and what becomes of `wx.config` with it.

use chrono::TimeDelta;
use serde::Deserialize;
use sha1::{Digest, Sha1};

use super::{Answer, Call, OFFICIAL, Place, bug, get, ok};
use crate::sandbox::people::{is_service_page, secret_text};
use crate::sandbox::server::{Inner, Shared};

pub(super) const PLACES: &[Place] = &[get("/cgi-bin/ticket/getticket", OFFICIAL, jsapi)];

const LIFETIME_S: i64 = 7200;

fn jsapi(inner: &Shared, call: &Call) -> Answer {
    if call.parameter("type") != Some("jsapi") {
        return Err(bug(40097, "invalid args: type"));
    }
    let now = inner.now();
    let (ticket, until) = inner.change(|state| {
        let living = state.ticket.clone().filter(|(_, until)| *until > now);
        let ticket = living.unwrap_or_else(|| {
            (format!("SBT_{}", secret_text()), now + TimeDelta::seconds(LIFETIME_S))
        });
        state.ticket = Some(ticket.clone());
        ticket
    });
    let mut answer = ok();
    answer["ticket"] = ticket.into();
    answer["expires_in"] = (until - now).num_seconds().into();
    Ok(answer)
}

/// A page calls `wx.config`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JsConfig {
    pub app_id: String,
    /// Browsers send what they were given: a number or a string.
    pub timestamp: serde_json::Value,
    pub nonce_str: String,
    pub signature: String,
    /// Where the page is, as the phone sees it.
    pub url: String,
}

/// The `errMsg` of `wx.config`.
pub(in crate::sandbox) fn js_config(inner: &Inner, asked: &JsConfig) -> String {
    let said = judged(inner, asked);
    if said != "config:ok" {
        let page = asked.url.split(['?', '#']).next().unwrap_or_default();
        inner.journal().unexpected(format!("wx.config on {page}: {said}"));
    }
    said.to_owned()
}

fn judged(inner: &Inner, asked: &JsConfig) -> &'static str {
    if asked.app_id != inner.config.official.appid {
        return "config:fail invalid appid";
    }
    let page = asked.url.split('#').next().unwrap_or_default();
    if !is_service_page(inner, page) {
        return "config:fail invalid url domain";
    }
    let now = inner.now();
    let living = inner.read(|state| state.ticket.clone()).filter(|(_, until)| *until > now);
    let timestamp = match &asked.timestamp {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let right = living.is_some_and(|(ticket, _)| {
        let text = format!(
            "jsapi_ticket={ticket}&noncestr={}&timestamp={timestamp}&url={page}",
            asked.nonce_str
        );
        hex::encode(Sha1::digest(text.as_bytes())) == asked.signature
    });
    if right { "config:ok" } else { "config:fail invalid signature" }
}
