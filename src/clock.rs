//! What time it is, and what a day is.
//!
//! 1. Only this file asks the system for the time; all others are given `now`.
//! 2. Stored time is UTC in whole milliseconds; days and hours are Asia/Shanghai
//!    (UTC+8 all year since 1991).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta, Timelike, Utc};

/// Where `now` comes from. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Stands still until it is moved: for tests. Unix milliseconds.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.timestamp_millis())))
    }

    pub fn now(&self) -> DateTime<Utc> {
        let millis = match self {
            #[expect(clippy::disallowed_methods, reason = "the one place")]
            Self::System => Utc::now().timestamp_millis(),
            Self::Fixed(at) => at.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// Moves a fixed clock; the system's cannot be moved.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Fixed(at) = self {
            at.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }

    /// The day in Shanghai.
    pub fn today(&self) -> NaiveDate {
        local_date(self.now())
    }
}

const SHANGHAI: FixedOffset = FixedOffset::east_opt(8 * 3600).expect("8 hours is a valid offset");

/// The same instant on a Shanghai wall clock.
pub fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&SHANGHAI)
}

pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    local(at).date_naive()
}

/// Minutes after midnight in Shanghai.
pub fn local_minute(at: DateTime<Utc>) -> i32 {
    let local = local(at);
    i32::try_from(local.hour() * 60 + local.minute()).unwrap_or_default()
}

/// The instant at which the Shanghai clock shows `minute` minutes after midnight of `day`.
pub fn at_local(day: NaiveDate, minute: i32) -> DateTime<Utc> {
    let midnight = day.and_hms_opt(0, 0, 0).unwrap_or_default();
    (midnight + TimeDelta::minutes(i64::from(minute)))
        .and_local_timezone(SHANGHAI)
        .single()
        .unwrap_or_default()
        .to_utc()
}

const WEEKDAYS: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];

/// 周一 … 周日 for an ISO weekday (1 = Monday).
pub fn weekday_name(iso: i32) -> &'static str {
    usize::try_from(iso - 1).ok().and_then(|index| WEEKDAYS.get(index)).copied().unwrap_or("")
}

/// `9:00` for minutes after midnight.
pub fn minute_name(minute: i32) -> String {
    format!("{}:{:02}", minute / 60, minute % 60)
}

/// `2027年3月1日`.
pub fn spoken_day(day: NaiveDate) -> String {
    day.format("%Y年%-m月%-d日").to_string()
}

/// `11月24日（周二）9:00`, as it is read aloud.
pub fn spoken(at: DateTime<Utc>) -> String {
    let local = local(at);
    let weekday =
        weekday_name(i32::try_from(local.weekday().number_from_monday()).unwrap_or_default());
    format!("{}月{}日（{weekday}）{}", local.month(), local.day(), minute_name(local_minute(at)))
}

/// `2026年11月24日 09:00`, the form WeChat's `time` fields take.
pub fn wechat_time(at: DateTime<Utc>) -> String {
    local(at).format("%Y年%-m月%-d日 %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_sixteen_hours_utc() {
        let before = DateTime::parse_from_rfc3339("2026-11-23T15:59:59Z").expect("valid").to_utc();
        assert_eq!(local_date(before).to_string(), "2026-11-23");
        assert_eq!(local_date(before + TimeDelta::seconds(1)).to_string(), "2026-11-24");
    }

    #[test]
    fn wall_clock_and_instant_are_inverse() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).expect("valid");
        let at = at_local(day, 9 * 60 + 5);
        assert_eq!((local_date(at), local_minute(at)), (day, 545));
        assert_eq!(spoken(at), "11月24日（周二）9:05");
        assert_eq!(wechat_time(at), "2026年11月24日 09:05");
    }
}
