//! Places that are not the first comer's: kept by who was in before, or drawn.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::enrolment::{ActiveModel, Model};
use entity::ids::ResidentId;
use entity::kinds::EnrolmentStatus;

use super::applicants::{Asked, check_one};
use super::eligibility::Occasion;
use super::refusal::Way;
use super::{Actor, offer, refusal, store, tell};
use crate::app::App;
use crate::courses::{self, ClassFacts, Wanted};
use crate::error::{Error, Result};
use crate::outbox::{self, Job};

/// What somebody gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// For good.
    Placed,
    /// If they say so until then.
    Offered(DateTime<Utc>),
    /// The next number on the list.
    Waiting,
}

/// Until when a place is kept that is offered now and was promised until `promised`.
pub fn kept_until(
    facts: &ClassFacts,
    promised: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    promised.max(offer::expires_at(now, courses::offer_hours(facts)))
}

/// Asks the rules of sign-up of somebody before first come first served begins, for
/// `most` classes.
///
/// # Errors
/// As a sign-up, but for the time and the places; with other classes that suit them.
pub async fn suits(
    app: &App,
    conn: &impl ConnectionTrait,
    who: ResidentId,
    class: &ClassFacts,
    most: i32,
    way: (Way<'_>, Actor),
) -> Result<()> {
    early(app, conn, (who, class, most), way, false).await
}

/// As [`suits`], where no place is left.
///
/// # Errors
/// `class_full`, with other classes that suit them.
pub async fn full_early(
    app: &App,
    conn: &impl ConnectionTrait,
    who: ResidentId,
    class: &ClassFacts,
    most: i32,
    way: (Way<'_>, Actor),
) -> Result<()> {
    early(app, conn, (who, class, most), way, true).await
}

async fn early(
    app: &App,
    conn: &impl ConnectionTrait,
    (who, class, most): (ResidentId, &ClassFacts, i32),
    way: (Way<'_>, Actor),
    full: bool,
) -> Result<()> {
    let held = held(conn, who, class.term.id).await?;
    let (held, now): (Vec<_>, _) = (held.iter().collect(), app.clock.now());
    let asked = Asked { occasion: Occasion::Early, plan: None, held: &held, most, now };
    let refusal = if full {
        refusal::full(None, now).or_else("看看其他班", Some("/classes".to_owned()))
    } else {
        match check_one(app, conn, who, class, asked).await {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal,
        }
    };
    Err(refusal::help(app, conn, refusal, (who, class), way, asked).await)
}

/// The classes of a term that somebody holds, is offered or waits for.
///
/// # Errors
/// The database.
pub async fn held(
    conn: &impl ConnectionTrait,
    who: ResidentId,
    term: entity::ids::TermId,
) -> Result<Vec<ClassFacts>> {
    let live = store::live_of(conn, &[who], &[term]).await?;
    let classes: Vec<_> = live.iter().map(|row| row.class_id).collect();
    Ok(courses::classes(conn, &classes).await?.into_values().collect())
}

/// Gives somebody what was decided. The person is locked. `None`: no place is left
/// (there is always one more on the list), or they have this class or course already.
///
/// # Errors
/// The database.
pub async fn grant(
    tx: &DatabaseTransaction,
    who: ResidentId,
    facts: &ClassFacts,
    grant: Grant,
    actor: Actor,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<Option<Model>> {
    let class = courses::lock_class(tx, facts.class.id).await?;
    let live = store::live_of(tx, &[who], &[class.term_id]).await?;
    if live.iter().any(|row| row.class_id == class.id || row.course_id == class.course_id) {
        return Ok(None);
    }
    // Who lets the offer pass keeps the number that was drawn.
    let (places, numbers) = match grant {
        Grant::Placed => (1, 0),
        Grant::Offered(_) => (1, 1),
        Grant::Waiting => (0, 1),
    };
    let held = courses::held_places(&class, &facts.term, now);
    let wanted = Wanted { class: class.id, places, by_staff: 0, held, numbers };
    if !courses::take_places(tx, &[wanted]).await? {
        return Ok(None);
    }
    let (status, offer_expires_at) = match grant {
        Grant::Placed => (EnrolmentStatus::Placed, None),
        Grant::Offered(until) => (EnrolmentStatus::Offered, Some(until)),
        Grant::Waiting => (EnrolmentStatus::Waiting, None),
    };
    let row = ActiveModel {
        resident_id: Set(who),
        class_id: Set(class.id),
        course_id: Set(class.course_id),
        term_id: Set(class.term_id),
        status: Set(status),
        queue_number: Set((numbers == 1).then_some(class.last_queue_number + 1)),
        offer_expires_at: Set(offer_expires_at),
        request_key: Set(None),
        left_for: Set(None),
        by_staff: Set(false),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let written = store::insert_all(tx, vec![row]).await?;
    let Some(enrolment) = written.into_iter().next() else {
        return Err(Error::internal("a class is held by somebody who was locked"));
    };
    let reason = Some(reason);
    let line = store::Line { from: None, now_is: &enrolment, actor, reason, at: now };
    store::add_changes(tx, &[line]).await?;
    match grant {
        Grant::Placed => tell::placed(tx, vec![enrolment.id], now).await?,
        Grant::Waiting => {}
        Grant::Offered(until) => {
            // Has a number, but does not wait.
            courses::change_waiting(tx, class.id, -1).await?;
            tell::drawn(tx, &enrolment, facts, until, now).await?;
            let lapse = Job::LapseOffer { enrolment: enrolment.id };
            outbox::enqueue(tx, &lapse, now, until).await?;
        }
    }
    super::record(tx, actor, "enrolment.granted", enrolment.id, now).await?;
    Ok(Some(enrolment))
}
