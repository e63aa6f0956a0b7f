//! What is taught, when, where and by whom; and the places of each class.
//!
//! 1. A place is taken by [`take_places`] alone: one conditional UPDATE whose
//!    affected rows are the verdict, backed by `CHECK (taken BETWEEN 0 AND capacity)`.
//!    A capacity that is cut below what is taken stays at what is taken, and falls with
//!    each place that is given back down to `cut_to`.
//!    `taken` and `waiting` are counted in the class row, and change only together
//!    with the enrolment that they count, in its transaction; so does `by_staff`. Places
//!    kept for the counter (`held.rs`) are kept by that UPDATE too.
//! 2. Whoever changes the enrolments of a class holds the lock on its row, by
//!    [`lock_class`] or by having changed it; and locks a person before a class.
//! 3. A meeting that was moved or cancelled keeps what it was in `meeting_change`,
//!    with who, when and why, and its learners are told by a job of the same transaction.
//! 4. Meetings are made once, from the weekly pattern, without holidays; a holiday
//!    that is entered later does not touch them.
//! 5. The phases of a term are in order at any time (`plan.rs`), and no longer change
//!    once its list is published.
//! 6. Officers act at the sites of their own community alone.
//! 7. A class is made in one way (`timetable.rs`), by a form or by a spreadsheet (`sheet.rs`);
//!    of a spreadsheet all of them or none.
//! 8. An activity, a shift and a club are classes of another kind (`gatherings.rs`): places,
//!    sign-up, meetings, codes and the roll are those of any class. They stand in the one
//!    term that is `standing`, each of a course of its own, and in no catalogue: whoever
//!    lists classes gets courses', unless they ask for another kind.
//! 9. A picture of a course was encoded here, small, and is said in words (`pictures.rs`).

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{ClassId, CommunityId, CourseId, MeetingId, SiteId, StaffId, TeacherId, TermId};
use entity::kinds::{ClassKind, Role};
use entity::{class, community, course, holiday, meeting, meeting_change, site, teacher, term};

use crate::clock;
use crate::error::{Error, Result};
use crate::staff::Colleague;

pub mod api;
pub mod calendar;
mod catalogue;
mod change;
mod check;
mod gatherings;
mod held;
mod invite;
mod make;
mod pictures;
mod plan;
mod rules;
#[cfg(test)]
pub mod sample;
mod sheet;
mod store;
mod timetable;

pub use catalogue::{Catalogue, Listing};
pub use change::{
    ClassChange, MeetingMove, cancel_class, cancel_meeting, move_meeting, update_class,
};
pub use gatherings::{
    Gathering, Times, add_meeting, change_gathering, create_gathering, set_project,
};
pub use held::{empty_places, free_places, held_places, kept_places, open_places, released_at};
pub use invite::{MiniAddress, mini_code, mini_link};
pub use make::{
    NewCourse, NewSite, NewTeacher, NewTerm, Offer, SiteRules, TermRules, add_holiday,
    create_community, create_course, create_holiday, create_site, create_teacher, create_term,
    remove_holiday, save_community, save_course, save_site, save_teacher, save_term,
};
pub use pictures::{
    PictureLine, course_picture, course_pictures, remove_course_picture, save_course_picture,
};
pub(crate) use plan::no_plan;
pub use plan::{
    NewPlan, Stage, Step, class_rules, lock_plan, must_be, no_draw_running, plan, plan_frozen,
    plan_settled, plans, remove_plan, save_class_rule, save_plan, share_plan, stage, steps,
};
pub use rules::{
    ClassRules, keep_open, least_people, must_decide_at, note_below, offer_hours, save_class_rules,
};
pub use store::ClassFacts;
pub use store::gatherings::not_a_shift;
pub use timetable::{NewClass, add_class, create_class};

/// Which classes are wanted; what is left out does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassFilter {
    pub term_id: Option<TermId>,
    pub course_id: Option<CourseId>,
    pub site_id: Option<SiteId>,
    /// The community that the site belongs to.
    pub community_id: Option<CommunityId>,
    /// ISO, 1 = Monday.
    pub weekday: Option<i32>,
    pub subject: Option<String>,
    /// Found in the names of class, course, subject, teacher or site.
    pub text: Option<String>,
    /// Without cancelled ones.
    pub open_only: bool,
    /// With a place that nobody has; residents may not get it ([`free_places`]).
    pub empty_only: bool,
    /// Of this kind alone; of courses where nothing is said.
    pub kind: ClassKind,
}

/// A class with its course, term, site and teacher.
///
/// # Errors
/// `class_not_found`.
pub async fn class(conn: &impl ConnectionTrait, id: ClassId) -> Result<ClassFacts> {
    store::class(conn, id).await?.ok_or_else(no_class)
}

/// Several classes at once; unknown ones are missing.
///
/// # Errors
/// The database.
pub async fn classes(
    conn: &impl ConnectionTrait,
    ids: &[ClassId],
) -> Result<HashMap<ClassId, ClassFacts>> {
    store::classes(conn, ids).await
}

/// Classes in the order of the week.
///
/// # Errors
/// The database.
pub async fn list_classes(
    conn: &impl ConnectionTrait,
    filter: &ClassFilter,
) -> Result<Vec<ClassFacts>> {
    store::list(conn, filter).await
}

/// How near another class is to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kin {
    /// Of the same course.
    Sister,
    /// Of a course of the same subject; sisters come first.
    Subject,
}

/// The other open classes of the term that are near to this one, with places or without:
/// those at a like hour first, then in the order of the week.
///
/// # Errors
/// The database.
pub async fn alternatives(
    conn: &impl ConnectionTrait,
    class: &ClassFacts,
    kin: Kin,
) -> Result<Vec<ClassFacts>> {
    let filter = ClassFilter {
        term_id: Some(class.term.id),
        course_id: (kin == Kin::Sister).then_some(class.course.id),
        subject: (kin == Kin::Subject).then(|| class.course.subject.clone()),
        open_only: true,
        ..Default::default()
    };
    let mut found = store::list(conn, &filter).await?;
    found.retain(|other| other.class.id != class.class.id);
    let hour = |of: &ClassFacts| of.class.start_minute;
    found.sort_by_key(|other| {
        (other.course.id != class.course.id, (hour(other) - hour(class)).abs())
    });
    Ok(found)
}

/// When each class meets for the first time, as planned now.
///
/// # Errors
/// The database.
pub async fn first_meetings(
    conn: &impl ConnectionTrait,
    ids: &[ClassId],
) -> Result<HashMap<ClassId, DateTime<Utc>>> {
    store::first_meetings(conn, ids).await
}

/// Places and numbers on the waiting list that are wanted of one class.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub class: ClassId,
    pub places: i32,
    /// So many of the places are given by staff.
    pub by_staff: i32,
    /// So many the others may not touch: [`held_places`].
    pub held: i32,
    pub numbers: i32,
}

/// Takes all that is wanted of these open classes, each named once. `false`: there is
/// not enough, and the caller gives up the transaction, since some may have been taken.
/// The numbers given out are the next after `last_queue_number`.
///
/// # Errors
/// The database.
pub async fn take_places(tx: &DatabaseTransaction, wanted: &[Wanted]) -> Result<bool> {
    if wanted.is_empty() {
        return Ok(true);
    }
    store::take_places(tx, wanted).await
}

/// Gives back a place that was taken. `by_staff`: it was given by staff.
///
/// # Errors
/// None was taken: the count is wrong.
pub async fn give_back_place(tx: &DatabaseTransaction, id: ClassId, by_staff: bool) -> Result<()> {
    if store::give_back_place(tx, id, by_staff).await? {
        Ok(())
    } else {
        Err(Error::internal(format!("class {id}: a place given back that was not taken")))
    }
}

/// Counts people on the waiting list, `by` more or fewer.
///
/// # Errors
/// Fewer than none would wait: the count is wrong.
pub async fn change_waiting(tx: &DatabaseTransaction, id: ClassId, by: i32) -> Result<()> {
    if store::change_waiting(tx, id, by).await? {
        Ok(())
    } else {
        Err(Error::internal(format!("class {id}: fewer than none waiting")))
    }
}

/// Waits until nobody else changes this class or its enrolments, and reads it then.
/// Lock the person first where both are needed.
///
/// # Errors
/// `class_not_found`.
pub async fn lock_class(tx: &DatabaseTransaction, id: ClassId) -> Result<class::Model> {
    store::lock_class(tx, id).await?.ok_or_else(no_class)
}

/// As [`lock_class`], for many, in the order of their ids; unknown ones are missing.
///
/// # Errors
/// The database.
pub async fn lock_classes(
    tx: &DatabaseTransaction,
    ids: &[ClassId],
) -> Result<HashMap<ClassId, class::Model>> {
    let rows = store::lock_classes(tx, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// All meetings of a class, by number.
///
/// # Errors
/// The database.
pub async fn meetings(conn: &impl ConnectionTrait, class: ClassId) -> Result<Vec<meeting::Model>> {
    store::meetings(conn, class).await
}

/// One meeting with its class.
///
/// # Errors
/// `meeting_not_found`.
pub async fn meeting(
    conn: &impl ConnectionTrait,
    id: MeetingId,
) -> Result<(meeting::Model, ClassFacts)> {
    let meeting = store::meeting(conn, id).await?.ok_or_else(no_meeting)?;
    let facts = class(conn, meeting.class_id).await?;
    Ok((meeting, facts))
}

/// Meetings of these classes that start in `from..to`, in order of time.
///
/// # Errors
/// The database.
pub async fn meetings_between(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<meeting::Model>> {
    if classes.is_empty() {
        return Ok(Vec::new());
    }
    store::meetings_between(conn, Some(classes), from, to).await
}

/// Meetings that start in `from..to`, of all classes or of those that the
/// teacher with this login gives; in order of time.
///
/// # Errors
/// The database.
pub async fn meetings_on(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    teacher: Option<StaffId>,
) -> Result<Vec<(meeting::Model, ClassFacts)>> {
    let rows = match teacher {
        Some(staff) => {
            let classes = store::classes_of_staff(conn, staff).await?;
            meetings_between(conn, &classes, from, to).await?
        }
        None => store::meetings_between(conn, None, from, to).await?,
    };
    let ids: Vec<_> = rows.iter().map(|meeting| meeting.class_id).collect();
    let facts = store::classes(conn, &ids).await?;
    let with_class = |meeting: meeting::Model| {
        let class = facts.get(&meeting.class_id)?.clone();
        Some((meeting, class))
    };
    Ok(rows.into_iter().filter_map(with_class).collect())
}

/// The newest change of a meeting.
///
/// # Errors
/// The database.
pub async fn latest_change(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<Option<meeting_change::Model>> {
    store::latest_change(conn, meeting).await
}

/// The term that people mean today: open for sign-up, else being taught, else the next.
///
/// # Errors
/// The database.
pub async fn current_term(
    conn: &impl ConnectionTrait,
    today: NaiveDate,
) -> Result<Option<term::Model>> {
    let plans = store::plans::plans(conn).await?;
    let begins = |term: &term::Model| plan::begins(term, plans.get(&term.id));
    Ok(calendar::current(store::terms(conn).await?, begins, today))
}

/// The next term of which nothing has begun, beside the one that people mean now.
///
/// # Errors
/// The database.
pub async fn coming_term(
    conn: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Option<term::Model>> {
    let plans = store::plans::plans(conn).await?;
    let begins = |term: &term::Model| plan::begins(term, plans.get(&term.id));
    let terms = store::terms(conn).await?;
    let current = calendar::current(terms.clone(), begins, clock::local_date(now));
    let current = current.map(|term| term.id);
    let coming = terms.into_iter().filter(|term| begins(term) > now && Some(term.id) != current);
    Ok(coming.min_by_key(|term| (begins(term), term.id)))
}

/// The teacher who signs in with this login.
///
/// # Errors
/// The database.
pub async fn teacher_of_staff(
    conn: &impl ConnectionTrait,
    staff: StaffId,
) -> Result<Option<TeacherId>> {
    store::teacher_of_staff(conn, staff).await
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident -> $entity:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// The database.
        pub async fn $name(conn: &impl ConnectionTrait) -> Result<Vec<$entity::Model>> {
            store::$name(conn).await
        }
    )*};
}

lists! {
    /// All communities.
    communities -> community;
    /// All sites.
    sites -> site;
    /// All terms, the earliest first.
    terms -> term;
    /// All days without meetings, the earliest first.
    holidays -> holiday;
    /// All courses.
    courses -> course;
    /// All teachers.
    teachers -> teacher;
}

/// The names of all sites, to name the places of many meetings.
///
/// # Errors
/// The database.
pub async fn site_names(conn: &impl ConnectionTrait) -> Result<HashMap<SiteId, String>> {
    Ok(store::sites(conn).await?.into_iter().map(|site| (site.id, site.name)).collect())
}

/// The names of all courses.
///
/// # Errors
/// The database.
pub async fn course_names(conn: &impl ConnectionTrait) -> Result<HashMap<CourseId, String>> {
    Ok(store::courses(conn).await?.into_iter().map(|course| (course.id, course.name)).collect())
}

/// One community.
///
/// # Errors
/// The database.
pub async fn community(
    conn: &impl ConnectionTrait,
    id: CommunityId,
) -> Result<Option<community::Model>> {
    store::community(conn, id).await
}

/// Whether this colleague may act on what happens at this site.
///
/// # Errors
/// `out_of_scope` for an officer of another community.
pub fn within_scope(who: &Colleague, site: &site::Model) -> Result<()> {
    if who.role == Role::Officer && (who.community.is_none() || who.community != site.community_id)
    {
        return Err(Error::forbidden("out_of_scope", "这不在您的社区范围内，请联系教育中心。"));
    }
    Ok(())
}

/// `每周二 9:00–10:30`; of what does not meet each week, as of the first time: `周二 9:00–10:30`.
pub fn time_text(class: &class::Model) -> String {
    let text = hours_text(class.weekday, (class.start_minute, class.duration_minutes));
    match class.kind {
        ClassKind::Course => text,
        _ => text.trim_start_matches('每').to_owned(),
    }
}

/// As [`time_text`], for a weekday, and a start and a duration in minutes.
fn hours_text(weekday: i32, (start, duration): (i32, i32)) -> String {
    let (from, to) = (clock::minute_name(start), clock::minute_name(start + duration));
    format!("每{} {from}–{to}", clock::weekday_name(weekday))
}

pub(crate) fn no_class() -> Error {
    Error::not_found("class_not_found", "没有找到这个班。")
        .or_else("看看有哪些班", Some("/classes".to_owned()))
}

fn no_meeting() -> Error {
    Error::not_found("meeting_not_found", "没有找到这次课。")
}
