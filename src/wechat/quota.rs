//! How many calls of the day are used, and which are used up.
//!
//! 1. Counted per account, endpoint and Beijing day in the shared cache, beside the call
//!    and never in front of it; without the cache each process knows its own.
//! 2. What is used up (45009, 45011) is not asked for again before it makes sense; what was
//!    set back counts from there, on every instance.
//! 3. The last tenth of a known limit is kept for people who wait: jobs stop before. Our
//!    own count alone never refuses a person; it is an estimate, WeChat's word is not.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use futures_util::future::{join, join_all};

use super::account::Account;
use super::endpoint::{self, Listed};
use super::retry::Urgency;
use super::{Class, Error, Inner};
use crate::clock;

/// Counts outlive their day a little: clocks differ.
const KEPT: Duration = Duration::from_secs(26 * 3600);

#[derive(Default)]
pub(super) struct Quota(Mutex<HashMap<&'static str, Pot>>);

/// An endpoint's day in this process.
#[derive(Clone, Debug, Default)]
struct Pot {
    day: NaiveDate,
    /// Whether the shared cache was asked about this day.
    recalled: bool,
    used: u64,
    platform: Option<Platform>,
    spent_until: Option<DateTime<Utc>>,
}

/// WeChat's own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Platform {
    /// `None`: it was not asked, only set back.
    limit: Option<u64>,
    /// How many more it counted than we did.
    apart: i64,
}

/// One endpoint as the console shows it.
#[derive(Clone, Debug)]
pub struct QuotaLine {
    pub endpoint: &'static str,
    /// In words.
    pub name: &'static str,
    /// Calls today, by our count, corrected by WeChat's where it was asked.
    pub used: u64,
    pub limit: Option<u64>,
    /// Used up until then.
    pub spent_until: Option<DateTime<Utc>>,
    /// When the day's count begins anew.
    pub resets_at: DateTime<Utc>,
    /// Can WeChat be asked for its numbers?
    pub can_ask: bool,
}

impl Pot {
    fn limit(&self, name: &str) -> Option<u64> {
        self.platform.and_then(|platform| platform.limit).or_else(|| endpoint::daily_limit(name))
    }

    fn total(&self) -> u64 {
        self.used.saturating_add_signed(self.platform.map_or(0, |platform| platform.apart))
    }

    fn is_in_reserve(&self, name: &str) -> bool {
        self.limit(name).is_some_and(|limit| self.total() >= limit - limit / 10)
    }
}

impl Quota {
    /// # Errors
    /// Used up, or kept for others: `BackOff` with the time from which it makes sense.
    pub(super) async fn admit(
        &self,
        inner: &Inner,
        account: &Account,
        path: &'static str,
    ) -> Result<(), Error> {
        let (now, name) = (inner.clock.now(), endpoint::pot(path));
        let mut pot = self.today(name, clock::local_date(now));
        if !pot.recalled {
            self.recall(inner, account, name, pot.day).await;
            pot = self.today(name, pot.day);
        }
        // In both of what follows another instance may have had the quota set back.
        if let Some(until) = pot.spent_until.filter(|until| now < *until) {
            let standing = inner.quickly(inner.cache.get(&spent_key(account, name))).await;
            if standing != Some(None) {
                return Err(refusal(path, "the quota is used up", until).known(45009));
            }
            self.with(name, |pot| pot.spent_until = None);
        }
        if inner.urgency == Urgency::Background && pot.is_in_reserve(name) {
            self.recall(inner, account, name, pot.day).await;
            pot = self.today(name, pot.day);
        }
        if inner.urgency == Urgency::Background && pot.is_in_reserve(name) {
            return Err(refusal(path, "the rest of the day's quota is kept", next_day(now)));
        }
        Ok(())
    }

    /// Counts a call that goes out.
    pub(super) async fn count(&self, inner: &Inner, account: &Account, path: &'static str) {
        let name = endpoint::pot(path);
        let day = clock::local_date(inner.clock.now());
        let key = used_key(account, name, day);
        let shared = inner.quickly(inner.cache.count(&key, KEPT)).await;
        let _rolled = self.today(name, day);
        self.with(name, |pot| pot.used = (pot.used + 1).max(shared.unwrap_or_default()));
    }

    /// Notes that WeChat called an endpoint used up, and returns until when.
    pub(super) async fn spend(
        &self,
        inner: &Inner,
        account: &Account,
        path: &'static str,
        errcode: i64,
    ) -> Option<DateTime<Utc>> {
        let of_minute = endpoint::is_limit_of_a_minute(path, errcode);
        if of_minute && endpoint::limits_each_person(path) {
            return None;
        }
        let (now, name) = (inner.clock.now(), endpoint::pot(path));
        let until = if of_minute { next_minute(now) } else { next_day(now) };
        let _rolled = self.today(name, clock::local_date(now));
        self.with(name, |pot| pot.spent_until = Some(until));
        let ttl = (until - now).to_std().unwrap_or_default();
        let text = until.timestamp_millis().to_string();
        let _shared = inner.quickly(inner.cache.set(&spent_key(account, name), &text, ttl)).await;
        Some(until)
    }

    /// WeChat has set its counters back: nothing is used up any more, also for instances
    /// that met another limit than this one.
    pub(super) async fn reopen(
        &self,
        inner: &Inner,
        account: &Account,
        listed: &'static [Listed],
        only: Option<&'static str>,
    ) {
        let mut names: BTreeSet<_> = match only {
            Some(name) => BTreeSet::from([name]),
            None => listed.iter().map(|(path, _)| endpoint::pot(path)).collect(),
        };
        {
            let mut pots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let wanted = pots.iter_mut().filter(|(name, _)| only.is_none_or(|only| **name == only));
            for (name, pot) in wanted {
                pot.spent_until = None;
                names.insert(name);
            }
        }
        let day = clock::local_date(inner.clock.now());
        let forget = names.into_iter().map(async |name| {
            let key = spent_key(account, name);
            if let Some(Some(until)) = inner.quickly(inner.cache.get(&key)).await {
                let _shared = inner.quickly(inner.cache.remove_if(&key, &until)).await;
            }
            self.recall(inner, account, name, day).await;
            if self.today(name, day).total() > 0 {
                self.learn(inner, account, name, (None, 0)).await;
            }
        });
        let _all: Vec<()> = join_all(forget).await;
    }

    /// Takes over WeChat's own numbers: the limit, where it said one, and the calls of today.
    pub(super) async fn learn(
        &self,
        inner: &Inner,
        account: &Account,
        name: &'static str,
        (limit, used): (Option<u64>, u64),
    ) {
        let day = clock::local_date(inner.clock.now());
        let pot = self.today(name, day);
        let limit = limit.or_else(|| pot.platform.and_then(|platform| platform.limit));
        let apart = i64::try_from(used).unwrap_or(i64::MAX).saturating_sub_unsigned(pot.used);
        let platform = Platform { limit, apart };
        self.with(name, |pot| pot.platform = Some(platform));
        let text = platform.written();
        let key = limit_key(account, name, day);
        let _shared = inner.quickly(inner.cache.set(&key, &text, KEPT)).await;
    }

    /// The listed endpoints, with what all instances have used.
    pub(super) async fn view(
        &self,
        inner: &Inner,
        account: &Account,
        listed: &'static [Listed],
    ) -> Vec<QuotaLine> {
        let now = inner.clock.now();
        let day = clock::local_date(now);
        let recalls = listed.iter().map(|(path, _)| self.recall(inner, account, path, day));
        let _all: Vec<()> = join_all(recalls).await;
        let line = |(path, name): &Listed| {
            let pot = self.today(path, day);
            QuotaLine {
                endpoint: path,
                name,
                used: pot.total(),
                limit: pot.limit(path),
                spent_until: pot.spent_until.filter(|until| now < *until),
                resets_at: next_day(now),
                can_ask: path.starts_with("/cgi-bin/"),
            }
        };
        listed.iter().map(line).collect()
    }

    /// Takes over what other instances know of a day.
    async fn recall(&self, inner: &Inner, account: &Account, name: &'static str, day: NaiveDate) {
        let (used, limit) = (used_key(account, name, day), limit_key(account, name, day));
        let spent = spent_key(account, name);
        let cache = &inner.cache;
        let numbers = join(inner.quickly(cache.get(&used)), inner.quickly(cache.get(&limit)));
        let ((used, limit), spent) = join(numbers, inner.quickly(cache.get(&spent))).await;
        let _rolled = self.today(name, day);
        self.with(name, |pot| {
            pot.recalled = true;
            let used = used.flatten().and_then(|text| text.parse().ok()).unwrap_or_default();
            pot.used = pot.used.max(used);
            if let Some(platform) = limit.flatten().as_deref().and_then(Platform::read) {
                pot.platform = Some(platform);
            }
            // Only a cache that answered knows that nothing is used up.
            if let Some(spent) = spent {
                let until = spent.and_then(|text| text.parse().ok());
                pot.spent_until = until.and_then(DateTime::from_timestamp_millis);
            }
        });
    }

    /// The state of a day; another day's is forgotten, but not what is used up until later.
    fn today(&self, name: &'static str, day: NaiveDate) -> Pot {
        self.with(name, |pot| {
            if pot.day != day {
                *pot = Pot { day, spent_until: pot.spent_until, ..Pot::default() };
            }
            pot.clone()
        })
    }

    fn with<T>(&self, name: &'static str, with: impl FnOnce(&mut Pot) -> T) -> T {
        with(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default())
    }
}

impl Platform {
    fn written(self) -> String {
        format!("{} {}", self.limit.map(|limit| limit.to_string()).unwrap_or_default(), self.apart)
    }

    fn read(text: &str) -> Option<Self> {
        let (limit, apart) = text.split_once(' ')?;
        Some(Self { limit: limit.parse().ok(), apart: apart.parse().ok()? })
    }
}

fn refusal(path: &'static str, words: &str, until: DateTime<Utc>) -> Error {
    Error::ours(path, Class::BackOff, format!("not sent: {words}")).until(until)
}

fn used_key(account: &Account, name: &str, day: NaiveDate) -> String {
    format!("wechat-used:{}:{day}:{name}", account.appid)
}

fn limit_key(account: &Account, name: &str, day: NaiveDate) -> String {
    format!("wechat-limit:{}:{day}:{name}", account.appid)
}

fn spent_key(account: &Account, name: &str) -> String {
    format!("wechat-spent:{}:{name}", account.appid)
}

/// 00:00 in Beijing, when the day's limits begin anew.
fn next_day(now: DateTime<Utc>) -> DateTime<Utc> {
    clock::at_local(clock::local_date(now) + TimeDelta::days(1), 0)
}

fn next_minute(now: DateTime<Utc>) -> DateTime<Utc> {
    let begun = TimeDelta::seconds(i64::from(now.second()))
        + TimeDelta::nanoseconds(i64::from(now.nanosecond()));
    now - begun + TimeDelta::minutes(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("valid").to_utc()
    }

    #[test]
    fn limits_end_with_the_day_in_beijing_or_the_minute() {
        let now = at("2026-11-24T15:59:59.250Z");
        assert_eq!(next_day(now), at("2026-11-24T16:00:00Z"));
        assert_eq!(next_day(next_day(now)), at("2026-11-25T16:00:00Z"));
        assert_eq!(next_minute(now), at("2026-11-24T16:00:00Z"));
    }

    #[test]
    fn what_instances_tell_each_other_is_read_as_it_was_written() {
        for limit in [None, Some(1000)] {
            let platform = Platform { limit, apart: -7 };
            assert_eq!(Platform::read(&platform.written()), Some(platform));
        }
        assert_eq!(Platform::read("much"), None);
    }

    #[test]
    fn the_last_tenth_is_kept_and_wechats_numbers_go_before_ours() {
        let name = "/cgi-bin/message/mass/preview";
        let used = |used, platform| Pot { used, platform, ..Pot::default() }.is_in_reserve(name);
        assert!(!used(89, None));
        assert!(used(90, None));
        assert!(!used(90, Some(Platform { limit: Some(1000), apart: 0 })));
        assert!(used(1, Some(Platform { limit: Some(100), apart: 95 })));
        assert!(!used(95, Some(Platform { limit: Some(100), apart: -95 })));
        assert!(!used(95, Some(Platform { limit: None, apart: -95 })));
        assert!(!Pot { used: u64::MAX, ..Pot::default() }.is_in_reserve("/no/known/limit"));
    }
}
