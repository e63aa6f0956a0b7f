//! Leaving a class, and the end of a class for all who are in it.

use chrono::{NaiveDate, TimeDelta};

use entity::enrolment::Model;
use entity::ids::{ClassId, EnrolmentId, ResidentId};
use entity::kinds::{ClassStatus, EnrolmentStatus, LeaveReason};
use entity::term;

use super::{Actor, Mine, Step, change, locked, no_enrolment, record, scoped, step, store, tell};
use crate::app::App;
use crate::clock;
use crate::courses;
use crate::error::{Error, Result};
use crate::members;
use crate::outbox::{self, Job};
use crate::staff::Colleague;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// The reasons to choose from, in words.
pub(super) fn leave_text(why: LeaveReason) -> &'static str {
    match why {
        LeaveReason::Health => "身体不方便",
        LeaveReason::Time => "时间不合适",
        LeaveReason::Family => "家里有事",
        LeaveReason::OtherClass => "想换别的班",
        LeaveReason::Other => "其他原因",
        LeaveReason::Absent => "多次缺课",
        LeaveReason::Unfit => "不符合报名条件",
    }
}

/// Not at the person's wish: they do not come back into the class by themselves.
fn taken_out(why: LeaveReason) -> bool {
    matches!(why, LeaveReason::Absent | LeaveReason::Unfit)
}

/// From this day of the term on whoever gives a place back says why.
pub fn reason_needed_from(term: &term::Model) -> NaiveDate {
    term.first_day + TimeDelta::days(i64::from(term.free_days))
}

/// Leaves a class, an offered place or the waiting list, with the reason in own words. A
/// place goes to the next who waits. Saying it twice is the same as once.
///
/// # Errors
/// As [`withdraw_for`].
pub async fn withdraw(
    app: &App,
    actor: Actor,
    id: EnrolmentId,
    reason: Option<&str>,
) -> Result<Model> {
    withdraw_for(app, actor, id, None, reason).await
}

/// As [`withdraw`], with a reason from the list. Whom staff take out for one that is not
/// the person's own may not sign up for the class again in the term.
///
/// # Errors
/// `reason_needed` of staff, and of residents from the day of [`reason_needed_from`] on; `bad_reason`: not
/// theirs to give; `term_over`, `class_cancelled`, `too_long`; `enrolment_not_found` also
/// for somebody else's.
pub async fn withdraw_for(
    app: &App,
    actor: Actor,
    id: EnrolmentId,
    why: Option<LeaveReason>,
    words: Option<&str>,
) -> Result<Model> {
    let now = app.clock.now();
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    if words.is_some_and(|words| words.chars().count() > LONGEST_REASON) {
        return Err(Error::invalid(
            "too_long",
            format!("原因太长了，最多 {LONGEST_REASON} 个字。"),
        ));
    }
    if why.is_some_and(taken_out) && !matches!(actor, Actor::Staff(_)) {
        return Err(Error::invalid("bad_reason", "请选一个自己的原因。"));
    }
    let reason = match (why.map(leave_text), words) {
        (Some(why), Some(words)) => Some(format!("{why}：{words}")),
        (why, words) => why.or(words).map(str::to_owned),
    };
    let reason = reason.as_deref();
    let tx = app.db.begin().await?;
    let row = locked(app, &tx, id, actor).await?;
    match row.status {
        EnrolmentStatus::Withdrawn => return Ok(row),
        EnrolmentStatus::Cancelled => {
            return Err(Error::conflict("class_cancelled", "这个班已经停办了，不用再退。"));
        }
        EnrolmentStatus::Placed | EnrolmentStatus::Offered | EnrolmentStatus::Waiting => {}
    }
    let term = courses::class(&tx, row.class_id).await?.term;
    let today = clock::local_date(now);
    if today > term.last_day {
        return Err(Error::conflict("term_over", "这个学期已经结束了，不用再退。"));
    }
    let late = row.status == EnrolmentStatus::Placed && today >= reason_needed_from(&term);
    if reason.is_none() && (late || matches!(actor, Actor::Staff(_))) {
        return Err(Error::invalid("reason_needed", "请写一下退课的原因。"));
    }
    let withdrawn =
        Step { to: EnrolmentStatus::Withdrawn, offer_expires_at: None, actor, reason, now };
    let mut enrolment = step(&tx, &row, withdrawn).await?;
    if let Some(why) = why {
        store::set_left_for(&tx, id, why).await?;
        enrolment.left_for = Some(why);
        if let (Actor::Staff(staff), true) = (actor, taken_out(why)) {
            let bar = (term.last_day, reason.unwrap_or_default());
            members::bar_in(app, &tx, staff, row.resident_id, Some(row.class_id), bar).await?;
        }
    }
    record(&tx, actor, "enrolment.withdrawn", id, now).await?;
    tell::left(&tx, actor, &enrolment, now).await?;
    if row.status != EnrolmentStatus::Waiting {
        outbox::enqueue(&tx, &Job::FillFreePlaces { class: row.class_id }, now, now).await?;
    }
    tx.commit().await?;
    Ok(enrolment)
}

/// Takes a person out of a class at the counter, within the colleague's scope.
///
/// # Errors
/// As [`withdraw_for`], and `out_of_scope`.
pub async fn withdraw_at_counter(
    app: &App,
    who: &Colleague,
    id: EnrolmentId,
    why: Option<LeaveReason>,
    words: Option<&str>,
) -> Result<Model> {
    let row = store::one(app.db.read(), id).await?.ok_or_else(no_enrolment)?;
    scoped(app, who, row.class_id).await?;
    withdraw_for(app, Actor::Staff(who.id), id, why, words).await
}

/// Takes a person out of everything that has not ended, as when they are erased.
///
/// # Errors
/// The database.
pub async fn withdraw_all(app: &App, who: ResidentId, reason: &str) -> Result<()> {
    for Mine { enrolment, .. } in super::my(app, app.db.read(), who).await? {
        if store::LIVE.contains(&enrolment.status) {
            withdraw(app, Actor::System, enrolment.id, Some(reason)).await?;
        }
    }
    Ok(())
}

/// Ends a class, its meetings to come and all its enrolments; everyone who was in
/// or waited is told, with the sister class to which they can change where one is named.
///
/// # Errors
/// `class_cancelled`, `out_of_scope`, `not_sister`, or no reason is given; `class_full`:
/// the sister class has no place left.
pub async fn cancel_class(
    app: &App,
    who: &Colleague,
    id: ClassId,
    reason: &str,
    sister: Option<ClassId>,
) -> Result<()> {
    let now = app.clock.now();
    let facts = scoped(app, who, id).await?;
    let sister = match sister {
        Some(sister) => Some(courses::class(app.db.read(), sister).await?),
        None => None,
    };
    if let Some(sister) = &sister {
        change::must_be_sisters(&facts.class, &sister.class)?;
        if sister.class.status == ClassStatus::Cancelled || courses::free_places(sister, now) == 0 {
            let message = format!("“{}”没有空位，请另选一个班，或者不推荐。", sister.class.name);
            return Err(Error::conflict("class_full", message));
        }
    }
    let tx = app.db.begin().await?;
    // Counts nobody from here on, so the steps below leave the counters alone.
    courses::cancel_class(&tx, who.id, id, reason, now).await?;
    let actor = Actor::Staff(who.id);
    let mut ended = Vec::new();
    for row in store::live_of_class(&tx, id).await? {
        let after = Model {
            status: EnrolmentStatus::Cancelled,
            offer_expires_at: None,
            updated_at: now,
            ..row.clone()
        };
        if !store::set_status(&tx, &row, &after).await? {
            return Err(Error::internal(format!("enrolment {} changed without a lock", row.id)));
        }
        let line = store::Line {
            from: Some(row.status),
            now_is: &after,
            actor,
            reason: Some(reason.trim()),
            at: now,
        };
        store::add_changes(&tx, &[line]).await?;
        ended.push(after);
    }
    tell::class_cancelled(&tx, &ended, &facts, (reason.trim(), sister.as_ref()), now).await?;
    tx.commit().await?;
    Ok(())
}
