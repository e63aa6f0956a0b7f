//! A term and a class as tests need them: what a test is about, it says itself.

use chrono::{DateTime, Utc};

use entity::ids::{ClassId, CourseId, SiteId, TeacherId, TermId};
use entity::kinds::{ClassKind, ClassStatus, Residence};
use entity::{class, term};

use crate::clock;

/// Autumn 2026; enrolment of the fortnight from 7 September, 9:00, on.
pub fn term() -> term::Model {
    let day = |text: &str| text.parse().expect("a day");
    term::Model {
        id: TermId(1),
        name: "秋季班".to_owned(),
        first_day: day("2026-10-01"),
        last_day: day("2027-01-20"),
        enrolment_opens_at: clock::at_local(day("2026-09-07"), 9 * 60),
        enrolment_closes_at: clock::at_local(day("2026-09-21"), 9 * 60),
        max_classes_per_person: 3,
        min_age: 50,
        pledge_needed: false,
        relative_from_age: 80,
        travel_refused: false,
        min_percent: 60,
        min_people: 15,
        decide_days: 3,
        held_percent: 20,
        held_hours: 24,
        offer_hours: 24,
        offer_daytime_hours: 12,
        travel_minutes: 15,
        change_days: 14,
        free_days: 14,
        completion_percent: 70,
        pass_needed: true,
        credit_hours: 16,
        remind_before_at: Some(1080),
        remind_on_day_at: Some(450),
        standing: false,
    }
}

/// Tuesdays 9:00 to 10:30, twenty places, for everyone; each of a course of its own.
pub fn class(id: i64) -> class::Model {
    class::Model {
        id: ClassId(id),
        term_id: TermId(1),
        course_id: CourseId(id),
        teacher_id: TeacherId(1),
        site_id: SiteId(1),
        name: format!("{id}班"),
        room: "201教室".to_owned(),
        capacity: 20,
        taken: 0,
        by_staff: 0,
        held_percent: None,
        waiting: 0,
        last_queue_number: 0,
        weekday: 2,
        start_minute: 540,
        duration_minutes: 90,
        status: ClassStatus::Open,
        residence: Residence::Everyone,
        previous_needed: false,
        min_people: None,
        offer_hours: None,
        offer_daytime_hours: None,
        cut_to: None,
        below_since: None,
        kept_open_at: None,
        created_at: DateTime::<Utc>::UNIX_EPOCH,
        kind: ClassKind::Course,
        open_door: false,
        credited: true,
        project_id: None,
    }
}
