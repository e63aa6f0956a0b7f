//! Leaving a class, and the end of a class for all who are in it.

use chrono::TimeDelta;

use entity::enrolment::Model;
use entity::ids::{ClassId, EnrolmentId, ResidentId};
use entity::kinds::EnrolmentStatus;

use super::{Actor, Mine, Step, locked, no_enrolment, record, scoped, step, store, tell};
use crate::app::App;
use crate::clock;
use crate::courses;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::staff::Colleague;

/// So long after the first day nobody is asked why.
const FREE_DAYS: i64 = 14;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// Leaves a class, an offered place or the waiting list. A place goes to the next
/// who waits. Saying it twice is the same as once.
///
/// # Errors
/// `reason_needed` of staff, and of residents from the third week on; `term_over`,
/// `class_cancelled`; `enrolment_not_found` also for somebody else's.
pub async fn withdraw(
    app: &App,
    actor: Actor,
    id: EnrolmentId,
    reason: Option<&str>,
) -> Result<Model> {
    let now = app.clock.now();
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
        return Err(Error::invalid(
            "too_long",
            format!("原因太长了，最多 {LONGEST_REASON} 个字。"),
        ));
    }
    let tx = app.db.begin().await?;
    let row = locked(&tx, id, actor).await?;
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
    let late = row.status == EnrolmentStatus::Placed
        && today >= term.first_day + TimeDelta::days(FREE_DAYS);
    if reason.is_none() && (late || matches!(actor, Actor::Staff(_))) {
        return Err(Error::invalid("reason_needed", "请写一下退课的原因。"));
    }
    let withdrawn =
        Step { to: EnrolmentStatus::Withdrawn, offer_expires_at: None, actor, reason, now };
    let enrolment = step(&tx, &row, withdrawn).await?;
    record(&tx, actor, "enrolment.withdrawn", id, now).await?;
    if row.status != EnrolmentStatus::Waiting {
        outbox::enqueue(&tx, &Job::FillFreePlaces { class: row.class_id }, now, now).await?;
    }
    tx.commit().await?;
    Ok(enrolment)
}

/// Takes a person out of a class at the counter, within the colleague's scope.
///
/// # Errors
/// As [`withdraw`], and `out_of_scope`.
pub async fn withdraw_at_counter(
    app: &App,
    who: &Colleague,
    id: EnrolmentId,
    reason: &str,
) -> Result<Model> {
    let row = store::one(app.db.read(), id).await?.ok_or_else(no_enrolment)?;
    scoped(app, who, row.class_id).await?;
    withdraw(app, Actor::Staff(who.id), id, Some(reason)).await
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
/// or waited is told.
///
/// # Errors
/// `class_cancelled`, `out_of_scope`, or no reason is given.
pub async fn cancel_class(app: &App, who: &Colleague, id: ClassId, reason: &str) -> Result<()> {
    let now = app.clock.now();
    let facts = scoped(app, who, id).await?;
    let tx = app.db.begin().await?;
    // Counts nobody from here on, so the steps below leave the counters alone.
    courses::cancel_class(&tx, who.id, id, reason, now).await?;
    let actor = Actor::Staff(who.id);
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
        tell::class_cancelled(&tx, &after, &facts, reason.trim(), now).await?;
    }
    tx.commit().await?;
    Ok(())
}
