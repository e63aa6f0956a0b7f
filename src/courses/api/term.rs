//! A term on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::{Enum, Object};

use entity::ids::TermId;
use entity::term;

use crate::courses::calendar::{self, Phase};
use crate::courses::{NewTerm, TermRules};

/// Where a term stands with sign-up.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum TermPhase {
    Before,
    Open,
    Closed,
}

/// 学期.
#[derive(Object)]
pub(super) struct Term {
    id: TermId,
    name: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
    enrolment_opens_at: DateTime<Utc>,
    enrolment_closes_at: DateTime<Utc>,
    phase: TermPhase,
    /// Held or waited for, at most.
    max_classes_per_person: i32,
    /// Full years on the first day, where the course says nothing.
    min_age: i32,
    #[oai(flatten)]
    rules: Rules,
    /// Of the places of a class, kept for sign-up at the counter and by phone.
    held_percent: i32,
    /// So many hours after sign-up has begun.
    held_hours: i32,
}

/// What else a term asks for.
#[derive(Object)]
pub(super) struct Rules {
    /// 承诺书 is signed before signing up.
    #[oai(default)]
    pledge_needed: bool,
    /// From this age on a relative agrees and can be called.
    #[oai(default = "relative_from_age")]
    relative_from_age: i32,
    /// A way between two classes that is too short is refused, not warned of.
    #[oai(default)]
    travel_refused: bool,
    /// A class begins with this share of its capacity or so many people, the fewer of both.
    #[oai(default = "min_percent")]
    min_percent: i32,
    #[oai(default = "min_people")]
    min_people: i32,
    /// So many days before the first day it is seen to.
    #[oai(default = "decide_days")]
    decide_days: i32,
    /// An offered place is kept so many hours, of which so many lie between 08:00 and 20:00.
    #[oai(default = "offer_hours")]
    offer_hours: i32,
    #[oai(default = "offer_daytime_hours")]
    offer_daytime_hours: i32,
    /// Two classes at different sites closer than this are warned of, or refused.
    #[oai(default = "travel_minutes")]
    travel_minutes: i32,
    /// So many days from the first day on one may change the class.
    #[oai(default = "change_days")]
    change_days: i32,
    /// So many days from the first day on one leaves without saying why.
    #[oai(default = "free_days")]
    free_days: i32,
    /// A class is completed with this share of its 学时, in percent…
    #[oai(default = "completion_percent")]
    completion_percent: i32,
    /// …and, if so, the teacher's word.
    #[oai(default = "pass_needed")]
    pass_needed: bool,
    /// So many 学时 are one credit.
    #[oai(default = "credit_hours")]
    credit_hours: i32,
    /// Learners are reminded of a meeting on the day before, at this minute of the day;
    /// without it they are not.
    remind_before_at: Option<i32>,
    /// …and on the day itself.
    remind_on_day_at: Option<i32>,
}

macro_rules! usual {
    ($($field:ident)*) => {$(
        fn $field() -> i32 {
            TermRules::default().$field
        }
    )*};
}

usual! {
    relative_from_age min_percent min_people decide_days
    offer_hours offer_daytime_hours travel_minutes change_days free_days
    completion_percent credit_hours
}

fn pass_needed() -> bool {
    TermRules::default().pass_needed
}

impl Rules {
    fn of(row: &term::Model) -> Self {
        Self {
            pledge_needed: row.pledge_needed,
            relative_from_age: row.relative_from_age,
            travel_refused: row.travel_refused,
            min_percent: row.min_percent,
            min_people: row.min_people,
            decide_days: row.decide_days,
            offer_hours: row.offer_hours,
            offer_daytime_hours: row.offer_daytime_hours,
            travel_minutes: row.travel_minutes,
            change_days: row.change_days,
            free_days: row.free_days,
            completion_percent: row.completion_percent,
            pass_needed: row.pass_needed,
            credit_hours: row.credit_hours,
            remind_before_at: row.remind_before_at,
            remind_on_day_at: row.remind_on_day_at,
        }
    }
}

impl From<Rules> for TermRules {
    fn from(rules: Rules) -> Self {
        Self {
            pledge_needed: rules.pledge_needed,
            relative_from_age: rules.relative_from_age,
            travel_refused: rules.travel_refused,
            min_percent: rules.min_percent,
            min_people: rules.min_people,
            decide_days: rules.decide_days,
            offer_hours: rules.offer_hours,
            offer_daytime_hours: rules.offer_daytime_hours,
            travel_minutes: rules.travel_minutes,
            change_days: rules.change_days,
            free_days: rules.free_days,
            completion_percent: rules.completion_percent,
            pass_needed: rules.pass_needed,
            credit_hours: rules.credit_hours,
            remind_before_at: rules.remind_before_at,
            remind_on_day_at: rules.remind_on_day_at,
        }
    }
}

impl Term {
    pub(super) fn of(row: term::Model, now: DateTime<Utc>) -> Self {
        let phase = match calendar::phase(&row, now) {
            Phase::Before => TermPhase::Before,
            Phase::Open => TermPhase::Open,
            Phase::Closed => TermPhase::Closed,
        };
        Self {
            id: row.id,
            rules: Rules::of(&row),
            name: row.name,
            first_day: row.first_day,
            last_day: row.last_day,
            enrolment_opens_at: row.enrolment_opens_at,
            enrolment_closes_at: row.enrolment_closes_at,
            phase,
            max_classes_per_person: row.max_classes_per_person,
            min_age: row.min_age,
            held_percent: row.held_percent,
            held_hours: row.held_hours,
        }
    }
}

#[derive(Object)]
pub(super) struct TermBody {
    name: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
    enrolment_opens_at: DateTime<Utc>,
    enrolment_closes_at: DateTime<Utc>,
    max_classes_per_person: i32,
    min_age: i32,
    #[oai(flatten)]
    rules: Rules,
    /// Of the places of a class, kept for sign-up at the counter and by phone.
    #[oai(default = "usual_held_percent")]
    held_percent: i32,
    /// So many hours after sign-up has begun.
    #[oai(default = "usual_held_hours")]
    held_hours: i32,
}

pub(super) fn usual_held_percent() -> i32 {
    20
}

pub(super) fn usual_held_hours() -> i32 {
    24
}

impl From<TermBody> for NewTerm {
    fn from(body: TermBody) -> Self {
        Self {
            name: body.name,
            first_day: body.first_day,
            last_day: body.last_day,
            enrolment_opens_at: body.enrolment_opens_at,
            enrolment_closes_at: body.enrolment_closes_at,
            max_classes_per_person: body.max_classes_per_person,
            min_age: body.min_age,
            rules: body.rules.into(),
            held_percent: body.held_percent,
            held_hours: body.held_hours,
        }
    }
}
