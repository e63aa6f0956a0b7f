//! The waiting list: whom a free place is offered to, and what comes of the offer.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::enrolment::Model;
use entity::ids::{ClassId, EnrolmentId, ResidentId};
use entity::kinds::EnrolmentStatus;

use super::applicants::{Asked, check_one};
use super::change::held_beside;
use super::eligibility::Occasion;
use super::{Actor, Step, locked, no_enrolment, offer, record, step, store, tell};
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts, Wanted};
use crate::error::{Error, Result};
use crate::outbox::{self, Job};

/// Who is asked for a free place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Those who have not let an offer pass.
    Fresh,
    /// These first, then the others.
    All,
}

/// Job: offers the free places of a class to those who wait, in order.
///
/// # Errors
/// The database.
pub async fn fill_free_places(app: &App, class: ClassId) -> Result<()> {
    let tx = app.db.begin().await?;
    courses::lock_class(&tx, class).await?;
    fill(app, &tx, class, Ask::All).await?;
    tx.commit().await?;
    Ok(())
}

/// Job: somebody was passed over, and need not be any more.
///
/// # Errors
/// The database.
pub async fn ask_again(app: &App, who: ResidentId) -> Result<()> {
    for class in store::classes_of(app.db.read(), who, EnrolmentStatus::Waiting).await? {
        fill_free_places(app, class).await?;
    }
    Ok(())
}

/// Offers while a place is free and someone is to be asked, and has what is kept for the
/// counter filled when it is released. The class is locked.
async fn fill(app: &App, tx: &DatabaseTransaction, class: ClassId, ask: Ask) -> Result<()> {
    offer_all(app, tx, class, ask).await?;
    let facts = courses::class(tx, class).await?;
    if facts.class.waiting > 0 {
        fill_when_released(tx, &facts, app.clock.now()).await?;
    }
    Ok(())
}

/// Somebody waits beside places that are kept: asked at the release, by a job that finds
/// them free by then or, if the term was changed, looks again.
pub(super) async fn fill_when_released(
    tx: &DatabaseTransaction,
    facts: &ClassFacts,
    now: DateTime<Utc>,
) -> Result<()> {
    if courses::kept_places(facts, now) > 0 {
        let fill = Job::FillFreePlaces { class: facts.class.id };
        outbox::enqueue(tx, &fill, now, courses::released_at(&facts.term)).await?;
    }
    Ok(())
}

async fn offer_all(app: &App, tx: &DatabaseTransaction, class: ClassId, ask: Ask) -> Result<()> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let facts = courses::class(tx, class).await?;
    if facts.term.last_day < today {
        return Ok(());
    }
    loop {
        let mut next = store::head(tx, class, today).await?;
        if next.is_none() && ask == Ask::All {
            next = store::head_of_missed(tx, class, today).await?;
        }
        let Some(next) = next else { return Ok(()) };
        let held = courses::held_places(&facts.class, &facts.term, now);
        let wanted = Wanted { class, places: 1, by_staff: 0, held, numbers: 0 };
        if !courses::take_places(tx, &[wanted]).await? {
            return Ok(());
        }
        let expires_at = offer::expires_at(now, courses::offer_hours(&facts));
        let offered = Step {
            to: EnrolmentStatus::Offered,
            offer_expires_at: Some(expires_at),
            actor: Actor::System,
            reason: None,
            now,
        };
        let enrolment = step(tx, &next, offered).await?;
        tell::offered(tx, &enrolment, &facts, expires_at, now).await?;
        let lapse = Job::LapseOffer { enrolment: enrolment.id };
        outbox::enqueue(tx, &lapse, now, expires_at).await?;
    }
}

/// Job: an offer that ran out. The place goes to the next, the person stays on
/// the list (invariant 7).
///
/// # Errors
/// The database.
pub async fn lapse_offer(app: &App, id: EnrolmentId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let row = locked(app, &tx, id, Actor::System).await?;
    if row.status != EnrolmentStatus::Offered || !has_run_out(&row, now) {
        // Answered, or offered anew: that offer has a job of its own.
        return Ok(());
    }
    let lapsed = Step {
        to: EnrolmentStatus::Waiting,
        offer_expires_at: row.offer_expires_at,
        actor: Actor::System,
        reason: Some("没有及时确认"),
        now,
    };
    step(&tx, &row, lapsed).await?;
    fill(app, &tx, row.class_id, Ask::Fresh).await?;
    tx.commit().await?;
    Ok(())
}

fn has_run_out(row: &Model, now: DateTime<Utc>) -> bool {
    row.offer_expires_at.is_none_or(|at| at <= now)
}

/// Takes the offered place. Saying it twice is the same as once.
///
/// # Errors
/// `offer_expired`, `not_offered`; what the rules of sign-up say; `enrolment_not_found`
/// also for somebody else's.
pub async fn accept(app: &App, actor: Actor, id: EnrolmentId) -> Result<Model> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let row = locked(app, &tx, id, actor).await?;
    match row.status {
        EnrolmentStatus::Placed => return Ok(row),
        EnrolmentStatus::Offered if !has_run_out(&row, now) => {}
        EnrolmentStatus::Offered | EnrolmentStatus::Waiting if row.offer_expires_at.is_some() => {
            return Err(too_late(&row));
        }
        _ => return Err(not_offered()),
    }
    let facts = courses::class(&tx, row.class_id).await?;
    let held = held_beside(&tx, &row).await?;
    let held: Vec<_> = held.values().collect();
    let (occasion, most) = (Occasion::Move, facts.term.max_classes_per_person);
    let asked = Asked { occasion, plan: None, held: &held, most, now };
    check_one(app, &tx, row.resident_id, &facts, asked).await?;
    let accepted =
        Step { to: EnrolmentStatus::Placed, offer_expires_at: None, actor, reason: None, now };
    let enrolment = step(&tx, &row, accepted).await?;
    record(&tx, actor, "enrolment.accepted", id, now).await?;
    tell::placed(&tx, vec![enrolment.id], now).await?;
    tx.commit().await?;
    Ok(enrolment)
}

/// Leaves the offered place to the next, and the list. Saying it twice is the same as once.
///
/// # Errors
/// `offer_expired`, `not_offered`; `enrolment_not_found` also for somebody else's.
pub async fn decline(app: &App, actor: Actor, id: EnrolmentId) -> Result<Model> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let row = locked(app, &tx, id, actor).await?;
    match row.status {
        EnrolmentStatus::Withdrawn => return Ok(row),
        EnrolmentStatus::Offered => {}
        EnrolmentStatus::Waiting if row.offer_expires_at.is_some() => return Err(too_late(&row)),
        _ => return Err(not_offered()),
    }
    let declined = Step {
        to: EnrolmentStatus::Withdrawn,
        offer_expires_at: None,
        actor,
        reason: Some("不要候补到的名额"),
        now,
    };
    let enrolment = step(&tx, &row, declined).await?;
    record(&tx, actor, "enrolment.declined", id, now).await?;
    tell::left(&tx, actor, &enrolment, now).await?;
    outbox::enqueue(&tx, &Job::FillFreePlaces { class: row.class_id }, now, now).await?;
    tx.commit().await?;
    Ok(enrolment)
}

fn too_late(row: &Model) -> Error {
    let Some(at) = row.offer_expires_at else { return no_enrolment() };
    let message =
        format!("这个名额保留到{}，现在已经过时了。您还在候补名单上。", clock::spoken(at));
    Error::conflict("offer_expired", message)
        .or_else("看看这个班还有没有名额", Some(format!("/classes/{}", row.class_id)))
        .or_else("看看其他班", Some("/classes".to_owned()))
}

fn not_offered() -> Error {
    Error::conflict("not_offered", "现在没有为您保留的名额。")
        .or_else("看看我的课程", Some("/mine".to_owned()))
}
