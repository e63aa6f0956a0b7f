//! The JS-SDK: `GET /cgi-bin/ticket/getticket?type=jsapi`, and what `wx.config` wants on
//! a page. The page's host has to be registered with the account. (api.md §6)
//!
//! The ticket lives two hours like the token, and is kept like it: in memory and in the
//! shared cache, one request in flight, also among instances. It is kept under a hash of the token it came
//! with, so that it is dropped with it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Official;
use crate::wechat::field::hold;
use crate::wechat::lease::{Lease, Waiting};
use crate::wechat::signature::jsapi_signature;
use crate::wechat::{Class, Error, Inner, client};

const PATH: &str = "/cgi-bin/ticket/getticket";

/// What `wx.config` is given, with the spelling that it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsConfig {
    /// `appId`
    pub appid: String,
    /// `timestamp`, Unix seconds.
    pub timestamp: i64,
    /// `nonceStr`, with a capital S.
    pub nonce: String,
    /// `signature`
    pub signature: String,
}

/// The ticket of this process.
#[derive(Default)]
pub(in crate::wechat) struct Tickets {
    held: Mutex<Option<Held>>,
    flight: tokio::sync::Mutex<()>,
}

/// Has no `Debug`: it shall not be printed.
#[derive(Clone)]
struct Held {
    /// Which token it came with.
    key: String,
    ticket: String,
    /// From then on a new one is asked for.
    ends: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Answer {
    ticket: String,
    #[serde(deserialize_with = "client::int")]
    expires_in: i64,
}

impl Tickets {
    async fn get(&self, inner: &Inner) -> Result<String, Error> {
        let token = inner.token(&inner.official).await?;
        let mark = hex::encode(Sha256::digest(token.as_bytes()));
        let key = format!("wechat-ticket:{}:{}", inner.official.appid, &mark[..16]);
        if let Some(ticket) = self.remembered(&key, inner.clock.now()) {
            return Ok(ticket);
        }
        let _flight = self.flight.lock().await;
        if let Some(ticket) = self.remembered(&key, inner.clock.now()) {
            return Ok(ticket);
        }
        if let Some(held) = shared(inner, &key).await {
            return Ok(self.keep(held));
        }
        let lease = Lease::take(inner, &key).await;
        let others = match &lease {
            // It may have come between the look and the lease.
            Lease::Ours(_) => shared(inner, &key).await,
            Lease::Theirs => awaited(inner, &key).await,
            Lease::NoCache => None,
        };
        let outcome = match others {
            Some(held) => Ok(held),
            None => request(inner, &key).await,
        };
        lease.release(inner, &key).await;
        Ok(self.keep(outcome?))
    }

    fn remembered(&self, key: &str, now: DateTime<Utc>) -> Option<String> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref()
            .filter(|held| held.key == key && now < held.ends)
            .map(|held| held.ticket.clone())
    }

    fn keep(&self, held: Held) -> String {
        let ticket = held.ticket.clone();
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        ticket
    }
}

/// Asks the platform, and leaves the answer for the other instances.
async fn request(inner: &Inner, key: &str) -> Result<Held, Error> {
    let answer: Answer = inner.get_query(&inner.official, PATH, &[("type", "jsapi")]).await?;
    if answer.ticket.is_empty() {
        return Err(Error::ours(PATH, Class::MaybeSent, "an empty ticket"));
    }
    // A minute is left, for the page to be opened with it.
    let good_s = (answer.expires_in - 60).clamp(1, 86_400);
    let ends = inner.clock.now() + TimeDelta::seconds(good_s);
    let held = Held { key: key.to_owned(), ticket: answer.ticket, ends };
    let text = format!("{} {}", held.ends.timestamp_millis(), held.ticket);
    let ttl = Duration::from_secs(good_s.unsigned_abs());
    if let Err(error) = inner.cache.set(key, &text, ttl).await {
        tracing::warn!(cause = %error, "the WeChat ticket cannot be shared");
    }
    Ok(held)
}

/// What another instance is asking for.
async fn awaited(inner: &Inner, key: &str) -> Option<Held> {
    let mut waiting = Waiting::begin();
    while waiting.goes_on(inner, key).await {
        if let Some(held) = shared(inner, key).await {
            return Some(held);
        }
    }
    None
}

/// What another instance left.
async fn shared(inner: &Inner, key: &str) -> Option<Held> {
    let text = match inner.cache.get(key).await {
        Ok(text) => text?,
        Err(error) => {
            tracing::warn!(cause = %error, "the WeChat ticket is not shared");
            return None;
        }
    };
    let (ends, ticket) = text.split_once(' ')?;
    let ends = DateTime::from_timestamp_millis(ends.parse().ok()?)?;
    let good = inner.clock.now() < ends;
    good.then(|| Held { key: key.to_owned(), ticket: ticket.to_owned(), ends })
}

/// Are both addresses of one host and port? The scheme may differ: a proxy ends TLS.
pub fn same_host(one: &str, other: &str) -> bool {
    let host = |url: &str| {
        let url = reqwest::Url::parse(url).ok()?;
        let web = matches!(url.scheme(), "http" | "https");
        web.then(|| Some((url.host_str()?.to_owned(), url.port())))?
    };
    host(one).is_some_and(|found| host(other) == Some(found))
}

impl Official<'_> {
    /// What `wx.config` wants on the page at this address, which the browser says; the
    /// caller has made sure that the host is ours.
    ///
    /// # Errors
    /// No address; 48001; the network.
    pub async fn js_config(&self, page_url: &str) -> Result<JsConfig, Error> {
        let web = page_url.starts_with("http://") || page_url.starts_with("https://");
        hold(PATH, web, None, "url: the address of a page")?;
        let ticket = self.inner.tickets.get(self.inner).await?;
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes)
            .map_err(|_| Error::ours(PATH, Class::NotSent, "no random numbers"))?;
        let (nonce, timestamp) = (hex::encode(bytes), self.inner.clock.now().timestamp());
        Ok(JsConfig {
            appid: self.inner.official.appid.clone(),
            timestamp,
            signature: jsapi_signature(&ticket, &nonce, timestamp, page_url),
            nonce,
        })
    }
}
