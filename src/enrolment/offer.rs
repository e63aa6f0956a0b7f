//! How long a place is kept for the person to whom it was offered.

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock;

/// 08:00 and 20:00 in Shanghai, in minutes: when people can be expected to look.
const DAYTIME: (i32, i32) = (8 * 60, 20 * 60);

/// `hours` from now, and later if need be, until `daytime_hours` of daytime have passed.
pub fn expires_at(now: DateTime<Utc>, (hours, daytime_hours): (i64, i64)) -> DateTime<Utc> {
    let wanted = now + TimeDelta::hours(hours.clamp(0, 24 * 365));
    let mut missing = TimeDelta::hours(daytime_hours.clamp(0, 24 * 365));
    let mut day = clock::local_date(now);
    let mut end = now;
    while missing > TimeDelta::zero() {
        let begins = clock::at_local(day, DAYTIME.0).max(now);
        let ends = clock::at_local(day, DAYTIME.1);
        if begins < ends {
            let used = missing.min(ends - begins);
            missing -= used;
            end = begins + used;
        }
        day += TimeDelta::days(1);
    }
    wanted.max(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        let (day, minute) = text.split_once(' ').expect("day and hour");
        let (hour, minutes) = minute.split_once(':').expect("hour and minute");
        let minute = hour.parse::<i32>().expect("hour") * 60 + minutes.parse::<i32>().expect("min");
        clock::at_local(day.parse().expect("valid"), minute)
    }

    #[test]
    fn a_day_holds_twelve_hours_of_daytime() {
        for from in ["2026-09-01 09:00", "2026-09-01 03:00", "2026-09-01 23:30"] {
            assert_eq!(expires_at(at(from), (24, 12)), at(from) + TimeDelta::hours(24), "{from}");
        }
    }

    #[test]
    fn a_short_offer_does_not_run_out_overnight() {
        assert_eq!(expires_at(at("2026-09-01 19:00"), (6, 4)), at("2026-09-02 11:00"));
        assert_eq!(expires_at(at("2026-09-01 22:00"), (2, 2)), at("2026-09-02 10:00"));
        assert_eq!(expires_at(at("2026-09-01 09:00"), (6, 4)), at("2026-09-01 15:00"));
        assert_eq!(expires_at(at("2026-09-01 18:00"), (24, 20)), at("2026-09-03 14:00"));
    }

    proptest! {
        #[test]
        fn an_offer_lasts_its_hours_and_its_daytime(start in 0_i64..100_000, hours in 0_i64..80, day in 0_i64..80) {
            let now = at("2026-09-01 00:00") + TimeDelta::minutes(start);
            let end = expires_at(now, (hours, day));
            prop_assert!(end >= now + TimeDelta::hours(hours));
            let minutes = (end - now).num_minutes();
            let light = (0..minutes)
                .filter(|minute| {
                    let minute = clock::local_minute(now + TimeDelta::minutes(*minute));
                    (DAYTIME.0..DAYTIME.1).contains(&minute)
                })
                .count();
            prop_assert!(light as i64 >= day * 60, "{light} minutes of daytime");
        }
    }
}
