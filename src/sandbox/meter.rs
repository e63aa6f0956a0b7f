//! How often each path was called today and this minute, and what the platform allows.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::state::Account;
use crate::clock::local_date;

/// Calls a day, where api.md names them.
const DAILY: [(&str, u32); 8] = [
    ("/cgi-bin/stable_token", 500_000),
    ("/cgi-bin/token", 2_000),
    ("/cgi-bin/message/template/send", 100_000),
    ("/cgi-bin/message/subscribe/send", 10_000_000),
    ("/cgi-bin/message/mass/preview", 100),
    ("/wxa/generatescheme", 500_000),
    ("/wxa/generate_urllink", 500_000),
    ("/wxa/media_check_async", 200_000),
];
/// Where it does not: high enough to be out of the way.
const OTHER: u32 = 1_000_000;
/// Calls a minute, and the errcode beyond.
const MINUTE: [(&str, u32, i64); 5] = [
    ("/wxa/getwxacodeunlimit", 5_000, 45009),
    ("/wxa/media_check_async", 2_000, 45011),
    ("/cgi-bin/stable_token", 10_000, 45011),
    ("/sns/oauth2/access_token", 50_000, 45011),
    ("/cgi-bin/message/mass/sendall", 60, 45011),
];
/// clear_quota and its like, in all.
const CLEARED_A_MONTH: u32 = 10;

type Key = (Account, String);

#[derive(Debug, Default)]
pub(super) struct Meter {
    today: NaiveDate,
    used: BTreeMap<Key, u32>,
    minute: i64,
    in_minute: BTreeMap<Key, u32>,
    /// Month as in 2026-11, account, how often.
    cleared: BTreeMap<(String, Account), u32>,
}

pub(super) fn daily_limit(own: &BTreeMap<String, u32>, path: &str) -> u32 {
    let documented = || DAILY.iter().find(|(of, _)| *of == path).map(|(_, limit)| *limit);
    own.get(path).copied().or_else(documented).unwrap_or(OTHER)
}

/// What is counted together (api.md §3): links into the mini-program of either form.
fn pot(path: &str) -> &str {
    if path == "/wxa/generatescheme" { "/wxa/generate_urllink" } else { path }
}

impl Meter {
    /// Counts a call; the errcode when it is one too many.
    pub(super) fn count(
        &mut self,
        account: Account,
        path: &str,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<(), i64> {
        self.turn(now);
        let key = (account, pot(path).to_owned());
        let in_minute = self.in_minute.entry(key.clone()).or_default();
        *in_minute += 1;
        if let Some((.., errcode)) =
            MINUTE.iter().find(|(of, most, _)| *of == path && *in_minute > *most)
        {
            return Err(*errcode);
        }
        let used = self.used.entry(key).or_default();
        if *used >= limit {
            return Err(45009);
        }
        *used += 1;
        Ok(())
    }

    pub(super) fn used(&mut self, account: Account, path: &str, now: DateTime<Utc>) -> u32 {
        self.turn(now);
        self.used.get(&(account, pot(path).to_owned())).copied().unwrap_or_default()
    }

    /// Forgets the calls of an account, or of one path; false when the month's are used up.
    pub(super) fn clear(
        &mut self,
        account: Account,
        path: Option<&str>,
        now: DateTime<Utc>,
    ) -> bool {
        let month = local_date(now).format("%Y-%m").to_string();
        let cleared = self.cleared.entry((month, account)).or_default();
        if *cleared >= CLEARED_A_MONTH {
            return false;
        }
        *cleared += 1;
        self.used.retain(|(of, at), _| *of != account || path.is_some_and(|path| at != pot(path)));
        true
    }

    fn turn(&mut self, now: DateTime<Utc>) {
        let today = local_date(now);
        if self.today != today {
            self.today = today;
            self.used.clear();
        }
        let minute = now.timestamp() / 60;
        if self.minute != minute {
            self.minute = minute;
            self.in_minute.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_shanghai() {
        let before = DateTime::from_timestamp(1_795_535_999, 0).expect("a time");
        let mut meter = Meter::default();
        let path = "/cgi-bin/draft/add";
        let mut count = |at| meter.count(Account::Official, path, 1, at);
        assert_eq!(count(before), Ok(()));
        assert_eq!(count(before), Err(45009));
        assert_eq!(count(before + chrono::TimeDelta::seconds(86_400)), Ok(()));
    }

    #[test]
    fn links_of_both_forms_are_counted_together() {
        let now = DateTime::from_timestamp(1_795_500_000, 0).expect("a time");
        let mut meter = Meter::default();
        assert_eq!(meter.count(Account::Mini, "/wxa/generatescheme", 1, now), Ok(()));
        assert_eq!(meter.count(Account::Mini, "/wxa/generate_urllink", 1, now), Err(45009));
        assert_eq!(meter.used(Account::Mini, "/wxa/generatescheme", now), 1);
    }

    #[test]
    fn ten_times_a_month_the_count_is_forgotten() {
        let now = DateTime::from_timestamp(1_795_500_000, 0).expect("a time");
        let mut meter = Meter::default();
        for _ in 0..10 {
            assert!(meter.clear(Account::Mini, None, now));
        }
        assert!(!meter.clear(Account::Mini, None, now));
        assert!(meter.clear(Account::Official, None, now));
    }
}
