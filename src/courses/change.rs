//! Changing what is planned: a class, or one meeting of it.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::DatabaseTransaction;

use entity::ids::{ClassId, MeetingId, SiteId, StaffId, TeacherId};
use entity::kinds::{ClassKind, ClassStatus, MeetingStatus};
use entity::{class, meeting, meeting_change};

use super::make::{Offer, found};
use super::timetable::must_not_collide;
use super::{ClassFacts, check, no_class, no_meeting, plan, store, within_scope};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

/// What can be changed about a class that is there.
#[derive(Clone, Debug)]
pub struct ClassChange {
    pub name: String,
    pub room: String,
    pub capacity: i32,
    pub teacher_id: TeacherId,
    /// Why fewer places than are taken: no place is given until so many are free again.
    pub overbooked_for: Option<String>,
    /// Kept for staff to give; empty: as the term says.
    pub held_percent: Option<i32>,
    pub offer: Offer,
}

/// Where and when a meeting takes place instead.
#[derive(Clone, Debug)]
pub struct MeetingMove {
    pub starts_at: DateTime<Utc>,
    /// Empty: stays where it is.
    pub site_id: Option<SiteId>,
    pub room: Option<String>,
    pub reason: String,
}

/// Changes a class; more places go to those who wait. With a reason, the capacity may fall
/// below what is taken: nobody loses their place, and as places are given back it falls
/// with them until it is there.
///
/// # Errors
/// `below_taken`: more people are in it than the new capacity; `teacher_busy`,
/// `room_busy`; `out_of_scope`; `class_cancelled`.
pub async fn update_class(
    app: &App,
    who: &Colleague,
    id: ClassId,
    change: &ClassChange,
) -> Result<()> {
    check::between(change.capacity, 1, 500, "名额")?;
    check::share(change.held_percent)?;
    check::offer(change.offer)?;
    let change = ClassChange {
        name: check::text(&change.name, "班级名称", 30)?,
        room: check::text(&change.room, "教室", 30)?,
        ..change.clone()
    };
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let before = store::class(&tx, id).await?.ok_or_else(no_class)?;
    within_scope(who, &before.site)?;
    // In the order of `create_class`: the term, then the class.
    store::lock_term(&tx, before.class.term_id).await?;
    let class = store::lock_class(&tx, id).await?.ok_or_else(no_class)?;
    must_be_open(&class)?;
    found(store::teacher(&tx, change.teacher_id).await?, "选的教师不存在。")?;
    let why = change.overbooked_for.as_deref().filter(|why| !why.trim().is_empty());
    let why = why.map(|why| check::text(why, "原因", 100)).transpose()?;
    let overbooked = class.taken > change.capacity;
    let capacity = match (overbooked, &why) {
        (true, Some(_)) => (class.taken, Some(change.capacity)),
        _ => (change.capacity, None),
    };
    if !store::update_class(&tx, id, &change, capacity).await? {
        let message = format!("已经有 {} 人占了名额，名额不能少于这个数。", class.taken);
        return Err(Error::conflict("below_taken", message)
            .or_else("写明原因：已在班里的人不动，退一个少一个，减到为止都不再收人", None));
    }
    if change.room != class.room && store::move_room(&tx, &class, &change.room, who.id, now).await?
    {
        outbox::enqueue(&tx, &Job::TellRoomChange { class: id }, now, now).await?;
    }
    let (room, teacher_id) = (change.room.clone(), change.teacher_id);
    if room != class.room || teacher_id != class.teacher_id {
        must_not_collide(&tx, id, (teacher_id, &room)).await?;
    }
    let mut detail = format!("capacity {} -> {}", class.capacity, change.capacity);
    if let Some(why) = why.filter(|_| overbooked) {
        detail = format!("{detail}, {} taken: {why}", class.taken);
    }
    let object = format!("class:{id}");
    staff::record(&tx, Some(who.id), "class.changed", &object, Some(&detail), now).await?;
    if change.capacity > class.capacity || change.held_percent != class.held_percent {
        outbox::enqueue(&tx, &Job::FillFreePlaces { class: id }, now, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Ends a class and the meetings to come. Its enrolments are the caller's to end,
/// in the same transaction.
///
/// # Errors
/// `class_cancelled`: it is already.
pub async fn cancel_class(
    tx: &DatabaseTransaction,
    by: StaffId,
    id: ClassId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<class::Model> {
    let reason = check::text(reason, "原因", 100)?;
    // In the order of `create_class`: the term, then the class.
    let term = store::class(tx, id).await?.ok_or_else(no_class)?.term;
    plan::no_draw_running(tx, term.id).await?;
    let class = store::lock_class(tx, id).await?.ok_or_else(no_class)?;
    if !store::close(tx, id).await? {
        return Err(cancelled());
    }
    store::cancel_meetings(tx, id, &reason, now).await?;
    let object = format!("class:{id}");
    staff::record(tx, Some(by), "class.cancelled", &object, Some(&reason), now).await?;
    Ok(class)
}

/// Moves a meeting that is still to come; it keeps its length. The learners are told.
///
/// # Errors
/// `meeting_over`, `meeting_cancelled`, `in_the_past`, `teacher_busy`, `room_busy`,
/// `out_of_scope`, or no reason is given.
pub async fn move_meeting(
    app: &App,
    who: &Colleague,
    id: MeetingId,
    to: &MeetingMove,
) -> Result<meeting::Model> {
    let now = app.clock.now();
    let reason = check::text(&to.reason, "原因", 100)?;
    check::plausible_time(to.starts_at, "上课时间的年份")?;
    check::ensure(to.starts_at > now, "in_the_past", "新的时间已经过去了，请重新选择。")?;
    let tx = app.db.begin().await?;
    let (before, facts) = changeable(&tx, who, id, now).await?;
    let site_id = to.site_id.unwrap_or(before.site_id);
    let site = found(store::site(&tx, site_id).await?, "选的学习点不存在。")?;
    within_scope(who, &site)?;
    let room = match &to.room {
        Some(room) => check::text(room, "教室", 30)?,
        None => before.room.clone(),
    };
    let after = meeting::Model {
        starts_at: to.starts_at,
        ends_at: to.starts_at + (before.ends_at - before.starts_at),
        site_id,
        room,
        note: Some(reason.clone()),
        ..before.clone()
    };
    must_be_free(&tx, &after, &facts).await?;
    let row = meeting::ActiveModel {
        id: Unchanged(id),
        starts_at: Set(after.starts_at),
        ends_at: Set(after.ends_at),
        site_id: Set(after.site_id),
        room: Set(after.room),
        note: Set(after.note),
        ..Default::default()
    };
    let saved = store::update(&tx, row).await?;
    tell(&tx, who, &before, "meeting.moved", reason, now).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Cancels a meeting that is still to come. The learners are told.
///
/// # Errors
/// `meeting_over`, `meeting_cancelled`, `out_of_scope`, or no reason is given.
pub async fn cancel_meeting(
    app: &App,
    who: &Colleague,
    id: MeetingId,
    reason: &str,
) -> Result<meeting::Model> {
    let now = app.clock.now();
    let reason = check::text(reason, "原因", 100)?;
    let tx = app.db.begin().await?;
    let (before, _) = changeable(&tx, who, id, now).await?;
    let row = meeting::ActiveModel {
        id: Unchanged(id),
        status: Set(MeetingStatus::Cancelled),
        note: Set(Some(reason.clone())),
        ..Default::default()
    };
    let saved = store::update(&tx, row).await?;
    tell(&tx, who, &before, "meeting.cancelled", reason, now).await?;
    tx.commit().await?;
    Ok(saved)
}

/// The meeting, locked, if this colleague may still change it.
async fn changeable(
    tx: &DatabaseTransaction,
    who: &Colleague,
    id: MeetingId,
    now: DateTime<Utc>,
) -> Result<(meeting::Model, ClassFacts)> {
    let meeting = store::lock_meeting(tx, id).await?.ok_or_else(no_meeting)?;
    let facts = store::class(tx, meeting.class_id).await?.ok_or_else(no_class)?;
    within_scope(who, &facts.site)?;
    if meeting.status == MeetingStatus::Cancelled {
        return Err(Error::conflict("meeting_cancelled", "这次课已经取消了。"));
    }
    if meeting.starts_at <= now {
        return Err(Error::conflict("meeting_over", "这次课已经开始或结束，不能再改了。"));
    }
    Ok((meeting, facts))
}

/// Keeps what the meeting was, and has the learners told.
async fn tell(
    tx: &DatabaseTransaction,
    who: &Colleague,
    before: &meeting::Model,
    action: &str,
    reason: String,
    now: DateTime<Utc>,
) -> Result<()> {
    let object = format!("meeting:{}", before.id);
    staff::record(tx, Some(who.id), action, &object, Some(&reason), now).await?;
    let row = meeting_change::ActiveModel {
        meeting_id: Set(before.id),
        old_starts_at: Set(before.starts_at),
        old_ends_at: Set(before.ends_at),
        old_site_id: Set(before.site_id),
        old_room: Set(before.room.clone()),
        reason: Set(reason),
        staff_id: Set(who.id),
        at: Set(now),
        ..Default::default()
    };
    store::insert(tx, row).await?;
    outbox::enqueue(tx, &Job::TellMeetingChange { meeting: before.id }, now, now).await?;
    Ok(())
}

/// Refuses a time at which the teacher or the room has another meeting.
async fn must_be_free(
    tx: &DatabaseTransaction,
    after: &meeting::Model,
    facts: &ClassFacts,
) -> Result<()> {
    let others =
        store::meetings_touching(tx, after.class_id, after.starts_at, after.ends_at).await?;
    let ids: Vec<_> = others.iter().map(|meeting| meeting.class_id).collect();
    let classes = store::classes(tx, &ids).await?;
    for other in others {
        let Some(class) = classes.get(&other.class_id) else { continue };
        // Volunteers help where others meet.
        if ClassKind::Shift == class.class.kind || ClassKind::Shift == facts.class.kind {
            continue;
        }
        let there = format!("“{}”（{}）", class.class.name, clock::spoken(other.starts_at));
        if class.class.teacher_id == facts.class.teacher_id {
            let message = format!("{}老师这个时间要上{there}。", facts.teacher_name);
            return Err(Error::conflict("teacher_busy", message));
        }
        if other.site_id == after.site_id && other.room == after.room {
            return Err(Error::conflict("room_busy", format!("{}这个时间有{there}。", other.room)));
        }
    }
    Ok(())
}

fn must_be_open(class: &class::Model) -> Result<()> {
    if class.status == ClassStatus::Open { Ok(()) } else { Err(cancelled()) }
}

fn cancelled() -> Error {
    Error::conflict("class_cancelled", "这个班已经停办了。")
}
