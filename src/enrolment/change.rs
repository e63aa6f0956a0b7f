//! 换班: from one class of a course to another, without being in neither on the way.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::enrolment::{ActiveModel, Model};
use entity::ids::{ClassId, EnrolmentId};
use entity::kinds::EnrolmentStatus;
use entity::{class, term};

use super::applicants::{Applicants, Asked, check_one};
use super::eligibility::Occasion;
use super::refusal::Way;
use super::store::Line;
use super::{Actor, Mine, Step, no_enrolment, owned, record, refusal, scoped, step, store, tell};
use crate::app::App;
use crate::courses::{self, ClassFacts, Kin, Wanted};
use crate::error::{Error, Result};
use crate::members;
use crate::outbox::{self, Job};
use crate::staff::Colleague;

/// Whether the holder may still change to another class of the course; also who was in one
/// that does not take place.
pub(super) fn may_change(row: &Model, term: &term::Model, today: NaiveDate) -> bool {
    matches!(row.status, EnrolmentStatus::Placed | EnrolmentStatus::Cancelled)
        && today < term.first_day + TimeDelta::days(i64::from(term.change_days))
}

/// As what somebody comes to the class that they change to.
fn occasion(row: &Model) -> Occasion {
    match row.status {
        EnrolmentStatus::Cancelled => Occasion::InsteadOfCancelled,
        _ => Occasion::Move,
    }
}

/// The classes of the same course with a free place for the holder, those at a like hour first.
///
/// # Errors
/// `enrolment_not_found` also for somebody else's.
pub async fn sister_classes(app: &App, actor: Actor, id: EnrolmentId) -> Result<Vec<ClassFacts>> {
    let conn = app.db.read();
    let row = owned(conn, actor, id).await?;
    let from = courses::class(conn, row.class_id).await?;
    if !may_change(&row, &from.term, app.clock.today()) {
        return Ok(Vec::new());
    }
    let held = held_beside(conn, &row).await?;
    let held: Vec<_> = held.values().collect();
    let now = app.clock.now();
    let mut sisters = courses::alternatives(conn, &from, Kin::Sister).await?;
    sisters.retain(|to| courses::open_places(to, actor.is_staff(), now) > 0);
    let who = row.resident_id;
    let applicants = Applicants::read(&app.config, conn, &[who], sisters.iter()).await?;
    let (occasion, most) = (occasion(&row), from.term.max_classes_per_person);
    let asked = Asked { occasion, plan: None, held: &held, most, now };
    sisters.retain(|to| applicants.check(who, to, asked).is_ok());
    Ok(sisters)
}

/// What a person is in or waits for beside this one, in the same term.
pub(super) async fn held_beside(
    conn: &impl ConnectionTrait,
    row: &Model,
) -> Result<HashMap<ClassId, ClassFacts>> {
    let live = store::live_of(conn, &[row.resident_id], &[row.term_id]).await?;
    let others: Vec<_> =
        live.iter().filter(|other| other.id != row.id).map(|other| other.class_id).collect();
    courses::classes(conn, &others).await
}

/// Gives up one place and takes another of the same course, together or not at all.
/// Saying it twice is the same as once.
///
/// # Errors
/// `change_over`, `draw_running`, `not_sister`, `class_full`; what the rules of sign-up say;
/// `enrolment_not_found` also for somebody else's.
pub async fn change_class(app: &App, actor: Actor, id: EnrolmentId, to: ClassId) -> Result<Mine> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let before = owned(&tx, actor, id).await?;
    members::lock(&tx, before.resident_id).await?;
    actor.still_may(&tx, app.clock.today()).await?;
    courses::no_draw_running(&tx, before.term_id).await?;
    courses::lock_classes(&tx, &[before.class_id, to]).await?;
    let before = owned(&tx, actor, id).await?;
    let held = held_beside(&tx, &before).await?;
    if held.contains_key(&to) {
        let live = store::live_of(&tx, &[before.resident_id], &[before.term_id]).await?;
        let row = live.into_iter().find(|row| row.class_id == to).ok_or_else(no_enrolment)?;
        return super::mine(app, &tx, row).await;
    }
    let (from, to) = (courses::class(&tx, before.class_id).await?, courses::class(&tx, to).await?);
    if !may_change(&before, &from.term, app.clock.today()) {
        return Err(Error::conflict(
            "change_over",
            format!(
                "现在不能换班了：开学 {} 天内、已录取或者停办的班才能换。",
                from.term.change_days
            ),
        )
        .or_else("打电话问问教育中心", None));
    }
    must_be_sisters(&from.class, &to.class)?;
    let held: Vec<_> = held.values().collect();
    let (occasion, most) = (occasion(&before), to.term.max_classes_per_person);
    let asked = Asked { occasion, plan: None, held: &held, most, now };
    let who = before.resident_id;
    let way = (Way::Change { enrolment: id, from: from.class.id }, actor);
    let help = |refusal| refusal::help(app, &tx, refusal, (who, &to), way, asked);
    if let Err(refusal) = check_one(app, &tx, who, &to, asked).await {
        return Err(help(refusal).await);
    }
    let by_staff = actor.is_staff();
    let wanted = Wanted {
        class: to.class.id,
        places: 1,
        by_staff: i32::from(by_staff),
        held: courses::held_places(&to.class, &to.term, now),
        numbers: 0,
    };
    let kept = by_staff && courses::kept_places(&to, now) > 0;
    let queued = !kept && store::head(&tx, to.class.id, app.clock.today()).await?.is_some();
    if queued || !courses::take_places(&tx, &[wanted]).await? {
        let kept = before.status == EnrolmentStatus::Placed;
        let kept =
            if kept { "您原来的班还在，没有变。" } else { "请看看别的班。" };
        let refusal = Error::conflict("class_full", format!("那个班刚刚报满了。{kept}"))
            .or_else("看看我的课程", Some("/mine".to_owned()));
        return Err(help(refusal).await);
    }
    let reason = format!("换到“{}”", to.class.name);
    let left = Step {
        to: EnrolmentStatus::Withdrawn,
        offer_expires_at: None,
        actor,
        reason: Some(&reason),
        now,
    };
    // First out, then in: one is in one class of a course only. Who was in a cancelled
    // class is out.
    if before.status == EnrolmentStatus::Placed {
        step(&tx, &before, left).await?;
        outbox::enqueue(&tx, &Job::FillFreePlaces { class: from.class.id }, now, now).await?;
    }
    let row = place(&tx, &before, &to, actor, &format!("从“{}”换来", from.class.name), now).await?;
    record(&tx, actor, "enrolment.changed_class", row.id, now).await?;
    tell::placed(&tx, vec![row.id], now).await?;
    let mine = super::mine(app, &tx, row).await?;
    tx.commit().await?;
    Ok(mine)
}

pub(super) fn must_be_sisters(from: &class::Model, to: &class::Model) -> Result<()> {
    if from.course_id == to.course_id && from.term_id == to.term_id && from.id != to.id {
        return Ok(());
    }
    Err(Error::invalid("not_sister", "只能换到同一门课的别的班。想学别的，请先退课再报名。"))
}

/// The new enrolment; its place has been taken.
async fn place(
    tx: &DatabaseTransaction,
    before: &Model,
    to: &ClassFacts,
    actor: Actor,
    reason: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Model> {
    let row = ActiveModel {
        resident_id: Set(before.resident_id),
        class_id: Set(to.class.id),
        course_id: Set(to.class.course_id),
        term_id: Set(to.class.term_id),
        status: Set(EnrolmentStatus::Placed),
        queue_number: Set(None),
        offer_expires_at: Set(None),
        request_key: Set(None),
        left_for: Set(None),
        by_staff: Set(actor.is_staff()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let written = store::insert_all(tx, vec![row]).await?.pop();
    let row = written.ok_or_else(|| Error::internal("in a sister class already"))?;
    let line = Line { from: None, now_is: &row, actor, reason: Some(reason), at: now };
    store::add_changes(tx, &[line]).await?;
    Ok(row)
}

/// Changes somebody's class at the counter, within the colleague's scope.
///
/// # Errors
/// As [`change_class`], and `out_of_scope`.
pub async fn change_class_at_counter(
    app: &App,
    who: &Colleague,
    id: EnrolmentId,
    to: ClassId,
) -> Result<Mine> {
    let row = store::one(app.db.read(), id).await?.ok_or_else(no_enrolment)?;
    scoped(app, who, row.class_id).await?;
    scoped(app, who, to).await?;
    change_class(app, Actor::Staff(who.id), id, to).await
}
