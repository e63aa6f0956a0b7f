//! What follows from dates and hours alone.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use entity::term;

use crate::clock;

/// Where a term stands with sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Before,
    Open,
    Closed,
}

/// Whether people may sign up at `now`. The end itself is no longer in.
pub fn phase(term: &term::Model, now: DateTime<Utc>) -> Phase {
    if now < term.enrolment_opens_at {
        Phase::Before
    } else if now < term.enrolment_closes_at {
        Phase::Open
    } else {
        Phase::Closed
    }
}

/// The days of a weekly pattern: from the first `weekday` (ISO, 1 = Monday) on or
/// after `first_day`, without `holidays`, until `count` days or `last_day`.
pub(super) fn weekly(
    first_day: NaiveDate,
    last_day: NaiveDate,
    weekday: i32,
    count: usize,
    holidays: &BTreeSet<NaiveDate>,
) -> Vec<NaiveDate> {
    let today = i64::from(first_day.weekday().number_from_monday());
    let start = first_day + TimeDelta::days((i64::from(weekday) - today).rem_euclid(7));
    start
        .iter_weeks()
        .take_while(|day| *day <= last_day)
        .filter(|day| !holidays.contains(day))
        .take(count)
        .collect()
}

/// The term that people mean today (`begins`: its first phase): one that is open for sign-up, else one that
/// is being taught, else the next to come.
pub(super) fn current(
    terms: Vec<term::Model>,
    begins: impl Fn(&term::Model) -> DateTime<Utc>,
    today: NaiveDate,
) -> Option<term::Model> {
    let rank = |term: &term::Model| {
        let opens = clock::local_date(begins(term));
        let closes = clock::local_date(term.enrolment_closes_at);
        if opens <= today && today <= closes {
            Some(0)
        } else if term.first_day <= today && today <= term.last_day {
            Some(1)
        } else if today < term.first_day {
            Some(2)
        } else {
            None
        }
    };
    terms
        .into_iter()
        .filter_map(|term| Some((rank(&term)?, term)))
        .min_by_key(|(rank, term)| (*rank, term.first_day, term.id))
        .map(|(_, term)| term)
}

/// Whether two stretches of one day touch each other; an end at the other's start does not.
pub fn overlaps((start, duration): (i32, i32), (other_start, other_duration): (i32, i32)) -> bool {
    start < other_start + other_duration && other_start < start + duration
}

/// Minutes between two stretches of one day that do not overlap.
pub fn gap((start, duration): (i32, i32), (other_start, other_duration): (i32, i32)) -> i32 {
    (other_start - (start + duration)).max(start - (other_start + other_duration))
}

#[cfg(test)]
mod tests {
    use entity::ids::TermId;

    use super::*;
    use crate::courses::sample;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("valid")
    }

    fn days(texts: &[&str]) -> Vec<NaiveDate> {
        texts.iter().map(|text| day(text)).collect()
    }

    fn term(id: i64, first: &str, last: &str, opens: &str, closes: &str) -> term::Model {
        term::Model {
            id: TermId(id),
            name: id.to_string(),
            first_day: day(first),
            last_day: day(last),
            enrolment_opens_at: clock::at_local(day(opens), 9 * 60),
            enrolment_closes_at: clock::at_local(day(closes), 17 * 60),
            ..sample::term()
        }
    }

    #[test]
    fn meetings_begin_with_the_first_such_weekday_on_or_after_the_first_day() {
        let none = BTreeSet::new();
        let (first, last) = (day("2026-09-01"), day("2026-12-31"));
        // A Tuesday.
        assert_eq!(weekly(first, last, 2, 2, &none), days(&["2026-09-01", "2026-09-08"]));
        assert_eq!(weekly(first, last, 3, 1, &none), days(&["2026-09-02"]));
        assert_eq!(weekly(first, last, 1, 1, &none), days(&["2026-09-07"]));
        assert_eq!(weekly(first, last, 7, 1, &none), days(&["2026-09-06"]));
    }

    #[test]
    fn holidays_are_left_out_and_made_up_for_later() {
        let holidays = [day("2026-10-06")].into();
        let made = weekly(day("2026-09-22"), day("2026-12-31"), 2, 4, &holidays);
        assert_eq!(made, days(&["2026-09-22", "2026-09-29", "2026-10-13", "2026-10-20"]));
    }

    #[test]
    fn meetings_end_with_the_term() {
        let none = BTreeSet::new();
        assert_eq!(weekly(day("2026-09-01"), day("2026-09-15"), 2, 16, &none).len(), 3);
        assert_eq!(weekly(day("2026-09-01"), day("2026-09-01"), 1, 16, &none), []);
        assert_eq!(weekly(day("2026-09-02"), day("2026-09-01"), 3, 16, &none), []);
    }

    #[test]
    fn the_current_term_is_the_open_one_then_the_taught_one_then_the_next() {
        let spring = || term(1, "2026-03-02", "2026-06-30", "2026-02-01", "2026-03-28");
        let autumn = || term(2, "2026-09-01", "2026-12-31", "2026-06-20", "2026-09-28");
        let begins = |term: &term::Model| term.enrolment_opens_at;
        let at = |today: &str| {
            current(vec![autumn(), spring()], begins, day(today)).map(|term| term.id.0)
        };
        assert_eq!(at("2026-01-01"), Some(1));
        assert_eq!(at("2026-05-01"), Some(1));
        assert_eq!(at("2026-06-20"), Some(2), "both cover the day: sign-up is what people want");
        assert_eq!(at("2026-07-15"), Some(2));
        assert_eq!(at("2026-12-31"), Some(2));
        assert_eq!(at("2027-01-01"), None);
    }

    #[test]
    fn sign_up_is_open_from_its_first_to_before_its_last_moment() {
        let term = term(1, "2026-03-02", "2026-06-30", "2026-02-01", "2026-03-28");
        let step = TimeDelta::milliseconds(1);
        assert_eq!(phase(&term, term.enrolment_opens_at - step), Phase::Before);
        assert_eq!(phase(&term, term.enrolment_opens_at), Phase::Open);
        assert_eq!(phase(&term, term.enrolment_closes_at - step), Phase::Open);
        assert_eq!(phase(&term, term.enrolment_closes_at), Phase::Closed);
    }

    #[test]
    fn hours_that_only_meet_do_not_overlap() {
        assert!(overlaps((540, 90), (600, 60)));
        assert!(overlaps((540, 90), (540, 90)));
        assert!(overlaps((540, 180), (600, 30)));
        assert!(!overlaps((540, 90), (630, 60)));
        assert!(!overlaps((630, 60), (540, 90)));
        assert_eq!(gap((540, 90), (640, 60)), 10);
        assert_eq!(gap((640, 60), (540, 90)), 10);
        assert_eq!(gap((540, 90), (630, 60)), 0);
    }
}
