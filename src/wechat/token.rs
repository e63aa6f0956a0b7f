//! `POST /cgi-bin/stable_token`, normal mode: every instance gets the same token.
//! 10,000 calls a minute, 500,000 a day.
//!
//! 1. Kept in memory and in the shared cache under appid and a hash of the secret, so
//!    that a new secret never meets an old token. With the cache down the memory
//!    serves: the day's quota is not touched.
//! 2. One request in flight: in a process by a lock, among instances by a short lease in
//!    the shared cache. Who waited looks again first. The lease saves requests and nothing
//!    more: whoever waits too long for its holder asks too, and gets the same token.
//! 3. A failure is shared for a second, and of successes there are two in two seconds at
//!    most: whatever happens outside, there is no storm.
//! 4. A refused token is dropped only where it still stands. If WeChat gives the same
//!    one again, that is the end for a minute: no loop.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::account::Account;
use super::lease::{Lease, Waiting};
use super::{Class, Error, Inner, client};

pub(super) const PATH: &str = "/cgi-bin/stable_token";

/// So long a refused token that WeChat gave again is not asked for once more.
const SAME_TOKEN_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// So long a failure answers for the next callers too.
const FAILURE_SHARED: Duration = Duration::from_secs(1);

/// At most two requests of a process in this time.
const FLOOR: Duration = Duration::from_secs(2);

/// A token of WeChat's. Has no `Debug`: it shall not be printed.
pub(super) type Token = Arc<str>;

/// The token of one account in this process.
pub(super) struct Tokens {
    cache_key: String,
    memory: Mutex<Memory>,
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Memory {
    held: Option<Held>,
    /// A refused token that WeChat gave again, and when.
    same: Option<(Token, DateTime<Utc>)>,
    failure: Option<(Error, Instant)>,
    /// When the last two requests began, the older first.
    begun: [Option<Instant>; 2],
}

#[derive(Clone)]
struct Held {
    token: Token,
    /// From then on a new one is asked for.
    ends: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(deserialize_with = "client::int")]
    expires_in: i64,
}

impl Tokens {
    pub(super) fn new(appid: &str, secret: &SecretString) -> Self {
        let mark = hex::encode(Sha256::digest(secret.expose_secret().as_bytes()));
        Self {
            cache_key: format!("wechat-token:{appid}:{}", &mark[..8]),
            memory: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
        }
    }

    /// A token that is good by all we know, and not the one that was `refused`.
    pub(super) async fn get(
        &self,
        inner: &Inner,
        account: &Account,
        refused: Option<&Token>,
    ) -> Result<Token, Error> {
        account.must_exist(PATH)?;
        if let Some(token) = self.remembered(inner, refused) {
            return Ok(token);
        }
        let _flight = self.flight.lock().await;
        if let Some(token) = self.remembered(inner, refused) {
            return Ok(token);
        }
        if let Some(failure) = self.recent_failure() {
            return Err(failure);
        }
        if let Some(refused) = refused
            && self.is_given_again(refused, inner.clock.now())
        {
            return Err(same_token());
        }
        if let Some(token) = self.shared(inner, refused).await {
            return Ok(token);
        }
        let lease = Lease::take(inner, &self.cache_key).await;
        let others = match &lease {
            // It may have come between the look and the lease.
            Lease::Ours(_) => self.shared(inner, refused).await,
            Lease::Theirs => self.awaited(inner, refused).await,
            Lease::NoCache => None,
        };
        let outcome = match others {
            Some(token) => Ok(token),
            None => self.renewed(inner, account, refused).await,
        };
        lease.release(inner, &self.cache_key).await;
        outcome
    }

    /// When the token at hand ends, for the console; never the token.
    pub(super) async fn ends(&self, inner: &Inner) -> Option<DateTime<Utc>> {
        if self.remembered(inner, None).is_none() {
            self.shared(inner, None).await?;
        }
        self.memory(|memory| memory.held.as_ref().map(|held| held.ends))
    }

    async fn renewed(
        &self,
        inner: &Inner,
        account: &Account,
        refused: Option<&Token>,
    ) -> Result<Token, Error> {
        self.pace().await;
        let token = self.request(inner, account).await?;
        if Some(&token) == refused {
            let now = inner.clock.now();
            self.memory(|memory| memory.same = Some((token, now)));
            tracing::error!(appid = account.appid, "WeChat refuses the token that it gives");
            return Err(same_token());
        }
        Ok(token)
    }

    /// Waits until another request may be made.
    async fn pace(&self) {
        if let Some(earlier) = self.memory(|memory| memory.begun[0]) {
            tokio::time::sleep_until(earlier + FLOOR).await;
        }
        self.memory(|memory| memory.begun = [memory.begun[1], Some(Instant::now())]);
    }

    /// The token that another instance is asking for.
    async fn awaited(&self, inner: &Inner, refused: Option<&Token>) -> Option<Token> {
        let mut waiting = Waiting::begin();
        while waiting.goes_on(inner, &self.cache_key).await {
            if let Some(token) = self.shared(inner, refused).await {
                return Some(token);
            }
        }
        None
    }

    fn recent_failure(&self) -> Option<Error> {
        let failure = self.memory(|memory| memory.failure.clone());
        failure.filter(|(_, at)| at.elapsed() < FAILURE_SHARED).map(|(failure, _)| failure)
    }

    fn is_given_again(&self, refused: &Token, now: DateTime<Utc>) -> bool {
        self.memory(|memory| {
            matches!(&memory.same, Some((token, at)) if token == refused && now - at < SAME_TOKEN_PAUSE)
        })
    }

    fn remembered(&self, inner: &Inner, refused: Option<&Token>) -> Option<Token> {
        let now = inner.clock.now();
        self.memory(|memory| {
            let held = memory.held.as_ref()?;
            (now < held.ends && Some(&held.token) != refused).then(|| held.token.clone())
        })
    }

    /// What another instance left. The refused one is removed, unless a newer has
    /// taken its place meanwhile.
    async fn shared(&self, inner: &Inner, refused: Option<&Token>) -> Option<Token> {
        let text = match inner.cache.get(&self.cache_key).await {
            Ok(text) => text?,
            Err(error) => {
                tracing::warn!(cause = %error, "the WeChat token is not shared");
                return None;
            }
        };
        let held = Held::read(&text)?;
        if Some(&held.token) == refused {
            if let Err(error) = inner.cache.remove_if(&self.cache_key, &text).await {
                tracing::warn!(cause = %error, "a refused WeChat token stays in the cache");
            }
            return None;
        }
        if inner.clock.now() >= held.ends {
            return None;
        }
        let token = held.token.clone();
        self.memory(|memory| memory.held = Some(held));
        Some(token)
    }

    async fn request(&self, inner: &Inner, account: &Account) -> Result<Token, Error> {
        let body = json!({
            "grant_type": "client_credential",
            "appid": account.appid,
            "secret": account.secret.expose_secret(),
        });
        let answer = inner.ask_for_token::<Answer>(account, PATH, &body).await;
        let answer = match answer.and_then(checked) {
            Ok(answer) => answer,
            Err(error) => {
                let failure = Some((error.clone(), Instant::now()));
                self.memory(|memory| memory.failure = failure);
                return Err(error);
            }
        };
        let good_s = good_s(answer.expires_in, spread());
        let held = Held {
            token: answer.access_token.into(),
            ends: inner.clock.now() + TimeDelta::seconds(good_s),
        };
        self.memory(|memory| {
            memory.held = Some(held.clone());
            memory.failure = None;
        });
        let ttl = Duration::from_secs(good_s.unsigned_abs());
        if let Err(error) = inner.cache.set(&self.cache_key, &held.written(), ttl).await {
            tracing::warn!(cause = %error, "the WeChat token cannot be shared");
        }
        Ok(held.token)
    }

    fn memory<T>(&self, with: impl FnOnce(&mut Memory) -> T) -> T {
        with(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn same_token() -> Error {
    Error::ours(PATH, Class::Token, "the token is refused, and the same one is given again")
}

/// It goes into a URL.
fn checked(answer: Answer) -> Result<Answer, Error> {
    let token = &answer.access_token;
    let good = !token.is_empty()
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    if good { Ok(answer) } else { Err(Error::ours(PATH, Class::MaybeSent, "an unusable token")) }
}

/// How long to use a token that lives so many seconds: until 60 to 240 s before its
/// end, when WeChat hands out a new one and keeps the old one good for as long. Asking
/// earlier only gives the same one again.
fn good_s(expires_in: i64, spread: i64) -> i64 {
    let expires_in = expires_in.clamp(2, 86_400);
    (expires_in - 60 - spread).max(expires_in / 2)
}

/// 0 to 180 at random, so that instances do not ask all at once.
fn spread() -> i64 {
    let mut byte = [0];
    match getrandom::fill(&mut byte) {
        Ok(()) => i64::from(byte[0]) * 180 / 255,
        Err(_) => 90,
    }
}

impl Held {
    fn written(&self) -> String {
        format!("{} {}", self.ends.timestamp_millis(), self.token)
    }

    fn read(text: &str) -> Option<Self> {
        let (ends, token) = text.split_once(' ')?;
        Some(Self {
            token: token.into(),
            ends: DateTime::from_timestamp_millis(ends.parse().ok()?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_before_its_end_but_not_in_a_spin() {
        assert_eq!(good_s(7200, 0), 7140);
        assert_eq!(good_s(7200, 180), 6960);
        assert_eq!(good_s(300, 180), 150);
        assert_eq!(good_s(30, 0), 15);
        assert_eq!(good_s(-7, 180), 1);
        assert_eq!(good_s(i64::MAX, 0), 86_340);
        assert!((0..200).all(|_| (0..=180).contains(&spread())));
    }

    #[test]
    fn what_cannot_be_a_token_is_refused() {
        let answer = |token: &str| Answer { access_token: token.to_owned(), expires_in: 7200 };
        assert!(checked(answer("91_aZ-09.x~")).is_ok());
        assert!(checked(answer("")).is_err());
        assert!(checked(answer("a&b=c")).is_err());
    }
}
