//! Places kept for who signs up at the counter or by phone: values only.
//!
//! Until some hours after first come first served has begun, residents have at most
//! `capacity - held` places among themselves, so they take one only while
//! `taken - by_staff < capacity - held`; [`super::take_places`] says the same in SQL. What
//! staff give comes out of the kept places first. That it is over is seen from the clock:
//! nothing has to run for it.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{class, term};

use super::ClassFacts;

/// From when on nothing is kept any more.
pub fn released_at(term: &term::Model) -> DateTime<Utc> {
    term.enrolment_opens_at + TimeDelta::hours(i64::from(term.held_hours))
}

/// How many places residents may not touch now, given or not: rounded down.
pub fn held_places(class: &class::Model, term: &term::Model, now: DateTime<Utc>) -> i32 {
    if now >= released_at(term) {
        return 0;
    }
    class.capacity * class.held_percent.unwrap_or(term.held_percent) / 100
}

/// How many places nobody has.
pub fn empty_places(class: &class::Model) -> i32 {
    (class.capacity - class.taken).max(0)
}

/// How many of the empty places are kept for staff to give.
pub fn kept_places(facts: &ClassFacts, now: DateTime<Utc>) -> i32 {
    let ClassFacts { class, term, .. } = facts;
    (held_places(class, term, now) - class.by_staff).clamp(0, empty_places(class))
}

/// How many places somebody new can have: a free one that somebody waits for is theirs, but
/// staff give what is kept past those who wait.
pub fn open_places(facts: &ClassFacts, by_staff: bool, now: DateTime<Utc>) -> i32 {
    let kept = if by_staff { kept_places(facts, now) } else { 0 };
    let free = if facts.class.waiting == 0 { free_places(facts, now) } else { 0 };
    kept + free
}

/// How many residents may still come in by themselves.
pub fn free_places(facts: &ClassFacts, now: DateTime<Utc>) -> i32 {
    empty_places(&facts.class) - kept_places(facts, now)
}
