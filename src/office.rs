//! When somebody of the centre is there to answer.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use crate::clock;

/// The days and hours of a week in which somebody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// ISO, 1 = Monday.
    days: Vec<u32>,
    /// Minutes after midnight, from and to.
    times: Vec<(i32, i32)>,
}

/// Holidays longer than this are not looked beyond.
const LOOK_AHEAD_DAYS: i64 = 20;

impl Office {
    /// Days as in `1-5` or `1,3,6`, times as in `8:30-11:30,13:30-17:00`.
    pub fn parse(days: &str, times: &str) -> Option<Self> {
        let mut all = Vec::new();
        for part in days.split(',') {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to): (u32, u32) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            if from < 1 || to > 7 || from > to {
                return None;
            }
            all.extend(from..=to);
        }
        let minute = |text: &str| -> Option<i32> {
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute): (i32, i32) = (hour.parse().ok()?, minute.parse().ok()?);
            ((0..=24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
        };
        let mut spans = Vec::new();
        for part in times.split(',') {
            let (from, to) = part.split_once('-')?;
            spans.push((minute(from)?, minute(to)?));
        }
        let in_order = spans.iter().all(|(from, to)| from < to)
            && spans.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        in_order.then_some(Self { days: all, times: spans })
    }

    /// When somebody is there again; `None`: now, or not within three weeks.
    pub fn opens_next(&self, now: DateTime<Utc>, free: &[NaiveDate]) -> Option<DateTime<Utc>> {
        let (today, minute) = (clock::local_date(now), clock::local_minute(now));
        for ahead in 0..LOOK_AHEAD_DAYS {
            let day = today + TimeDelta::days(ahead);
            if !self.days.contains(&day.weekday().number_from_monday()) || free.contains(&day) {
                continue;
            }
            for (from, to) in &self.times {
                if ahead > 0 || minute < *from {
                    return Some(clock::at_local(day, *from));
                }
                if minute < *to {
                    return None;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_hours_it_is_said_when_somebody_is_there_again() {
        let office = Office::parse("1-5", "8:30-11:30,13:30-17:00").expect("good");
        let day = |day| NaiveDate::from_ymd_opt(2026, 9, day).expect("valid");
        let at = |date, minute| clock::at_local(date, minute);
        // A Tuesday.
        assert_eq!(office.opens_next(at(day(1), 9 * 60), &[]), None);
        assert_eq!(office.opens_next(at(day(1), 12 * 60), &[]), Some(at(day(1), 13 * 60 + 30)));
        assert_eq!(office.opens_next(at(day(1), 17 * 60), &[]), Some(at(day(2), 8 * 60 + 30)));
        // Friday evening, and Monday is free.
        assert_eq!(
            office.opens_next(at(day(4), 20 * 60), &[day(7)]),
            Some(at(day(8), 8 * 60 + 30))
        );
    }

    #[test]
    fn what_are_no_hours_is_refused() {
        for (days, times) in [
            ("0-5", "8:00-9:00"),
            ("5-1", "8:00-9:00"),
            ("1", "9:00-8:00"),
            ("1", ""),
            ("", "8:00-9:00"),
            ("1", "8:00-10:00,9:00-11:00"),
        ] {
            assert_eq!(Office::parse(days, times), None, "{days} {times}");
        }
    }
}
