//! `POST /cgi-bin/stable_token`, normal mode: every instance gets the same token.
//!
//! Kept in memory and in the shared cache under appid and a hash of the secret, so
//! that a new secret never meets an old token. With the cache down the memory
//! serves: the day's token quota is not touched.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::client;
use super::{Class, Error, Inner};

pub(super) const PATH: &str = "/cgi-bin/stable_token";

/// A token is asked for again so long before its end: WeChat hands out a new one in
/// the last five minutes and keeps the old one good for as long.
const EARLY_S: i64 = 120;

/// The token of one account in this process. The lock is the single flight.
pub(super) struct Tokens {
    cache_key: String,
    held: Mutex<Option<Held>>,
}

#[derive(Clone)]
struct Held {
    token: String,
    ends: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: i64,
}

impl Tokens {
    pub(super) fn new(appid: &str, secret: &SecretString) -> Self {
        let mark = hex::encode(Sha256::digest(secret.expose_secret().as_bytes()));
        Self { cache_key: format!("wechat-token:{appid}:{}", &mark[..8]), held: Mutex::new(None) }
    }

    /// A token that is good by all we know.
    pub(super) async fn get(
        &self,
        inner: &Inner,
        appid: &str,
        secret: &SecretString,
    ) -> Result<String, Error> {
        if appid.is_empty() {
            return Err(Error::ours(PATH, Class::Configuration, "this account is not configured"));
        }
        let mut held = self.held.lock().await;
        let now = inner.clock.now();
        if let Some(known) = held.as_ref().filter(|known| now < known.ends) {
            return Ok(known.token.clone());
        }
        if let Some(shared) = self.shared(inner).await.filter(|shared| now < shared.ends) {
            *held = Some(shared.clone());
            return Ok(shared.token);
        }
        let body = json!({
            "grant_type": "client_credential",
            "appid": appid,
            "secret": secret.expose_secret(),
        });
        let request = inner.http.post(format!("{}{PATH}", inner.base)).json(&body);
        let answer: Answer = client::send(PATH, request).await?;
        let good_s = (answer.expires_in - EARLY_S).max(answer.expires_in / 2).max(1);
        let fresh = Held { token: answer.access_token, ends: now + TimeDelta::seconds(good_s) };
        let ttl = Duration::from_secs(good_s.unsigned_abs());
        if let Err(error) = inner.cache.set(&self.cache_key, &fresh.written(), ttl).await {
            tracing::warn!(cause = %error, "the WeChat token cannot be shared");
        }
        *held = Some(fresh.clone());
        Ok(fresh.token)
    }

    async fn shared(&self, inner: &Inner) -> Option<Held> {
        inner.cache.get(&self.cache_key).await.ok().flatten().and_then(|text| Held::read(&text))
    }

    /// Forgets `rejected`, and nothing newer that has taken its place.
    pub(super) async fn forget(&self, inner: &Inner, rejected: &str) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|known| known.token == rejected) {
            *held = None;
        }
        if let Some(shared) = self.shared(inner).await.filter(|shared| shared.token == rejected)
            && let Err(error) = inner.cache.remove_if(&self.cache_key, &shared.written()).await
        {
            tracing::warn!(cause = %error, "a rejected WeChat token stays in the cache");
        }
    }
}

impl Held {
    fn written(&self) -> String {
        format!("{} {}", self.ends.timestamp_millis(), self.token)
    }

    fn read(text: &str) -> Option<Self> {
        let (ends, token) = text.split_once(' ')?;
        Some(Self {
            token: token.to_owned(),
            ends: DateTime::from_timestamp_millis(ends.parse().ok()?)?,
        })
    }
}
