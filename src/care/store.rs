//! The only queries on tasks after absences; reads what it needs of register and classes.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use entity::ids::{CareTaskId, ClassId, CommunityId, MeetingId, ResidentId, StaffId};
use entity::kinds::{
    AttendanceStatus, CareKind, CareOutcome, CareStep, EnrolmentStatus, MeetingStatus,
};
use entity::{
    attendance, care_event, care_task, enrolment, enrolment_change, followed_meeting, meeting,
    resident,
};

use super::runs::Run;
use crate::error::Result;

/// Of closed ones, so many are listed.
const MOST_CLOSED: u64 = 200;

pub(super) struct NewTask {
    pub(super) kind: CareKind,
    pub(super) resident: ResidentId,
    pub(super) class: ClassId,
    pub(super) run: Run,
    pub(super) due_at: DateTime<Utc>,
}

pub(super) struct End<'a> {
    pub(super) outcome: CareOutcome,
    pub(super) by: Option<StaffId>,
    pub(super) said: Option<&'a str>,
    pub(super) at: DateTime<Utc>,
}

/// Meetings that took place and ended in `from..=to`, of which nothing followed yet.
pub(super) async fn not_followed(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<MeetingId>> {
    let followed = Query::select()
        .column(followed_meeting::Column::MeetingId)
        .from(followed_meeting::Entity)
        .to_owned();
    Ok(meeting::Entity::find()
        .select_only()
        .column(meeting::Column::Id)
        .filter(meeting::Column::EndsAt.gte(from))
        .filter(meeting::Column::EndsAt.lte(to))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::Id.not_in_subquery(followed))
        .order_by_asc(meeting::Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Notes that what follows was begun; false when it was before.
pub(super) async fn followed(
    tx: &DatabaseTransaction,
    meeting: MeetingId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = followed_meeting::ActiveModel { meeting_id: Set(meeting), at: Set(now) };
    let once = OnConflict::column(followed_meeting::Column::MeetingId).do_nothing().to_owned();
    let written =
        followed_meeting::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    Ok(written == 1)
}

/// The meetings of a class that took place and were over by then, at which somebody was
/// registered as present; in the order of time.
pub(super) async fn kept_meetings(
    conn: &impl ConnectionTrait,
    class: ClassId,
    over: DateTime<Utc>,
) -> Result<Vec<meeting::Model>> {
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::ClassId.eq(class))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::EndsAt.lte(over))
        .order_by_asc(meeting::Column::StartsAt)
        .order_by_asc(meeting::Column::Id)
        .all(conn)
        .await?;
    let kept: HashSet<MeetingId> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::MeetingId)
        .distinct()
        .filter(attendance::Column::MeetingId.is_in(meetings.iter().map(|meeting| meeting.id)))
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
        .into_tuple()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    Ok(meetings.into_iter().filter(|meeting| kept.contains(&meeting.id)).collect())
}

/// What the register says at these meetings.
pub(super) async fn statuses(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingId],
) -> Result<HashMap<(MeetingId, ResidentId), AttendanceStatus>> {
    let rows = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.is_in(meetings.iter().copied()))
        .filter(attendance::Column::Status.is_not_null())
        .all(conn)
        .await?;
    let said = |row: attendance::Model| Some(((row.meeting_id, row.resident_id), row.status?));
    Ok(rows.into_iter().filter_map(said).collect())
}

/// Who has a place in the class, since when.
pub(super) async fn placed_since(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<HashMap<ResidentId, DateTime<Utc>>> {
    let rows = enrolment::Entity::find()
        .filter(enrolment::Column::ClassId.eq(class))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .all(conn)
        .await?;
    let changes = enrolment_change::Entity::find()
        .filter(enrolment_change::Column::EnrolmentId.is_in(rows.iter().map(|row| row.id)))
        .filter(enrolment_change::Column::ToStatus.eq(EnrolmentStatus::Placed))
        .order_by_asc(enrolment_change::Column::At)
        .all(conn)
        .await?;
    let placed: HashMap<_, _> =
        changes.into_iter().map(|change| (change.enrolment_id, change.at)).collect();
    Ok(rows
        .into_iter()
        .map(|row| (row.resident_id, placed.get(&row.id).copied().unwrap_or(row.created_at)))
        .collect())
}

/// The newest sign-up of a person for a class.
pub(super) async fn enrolment(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    class: ClassId,
) -> Result<Option<enrolment::Model>> {
    Ok(enrolment::Entity::find()
        .filter(enrolment::Column::ResidentId.eq(resident))
        .filter(enrolment::Column::ClassId.eq(class))
        .order_by_desc(enrolment::Column::Id)
        .one(conn)
        .await?)
}

/// Opens a task, unless this run had one; its id.
pub(super) async fn open(
    tx: &DatabaseTransaction,
    new: &NewTask,
    now: DateTime<Utc>,
) -> Result<Option<CareTaskId>> {
    use care_task::Column;
    let row = care_task::ActiveModel {
        kind: Set(new.kind),
        resident_id: Set(new.resident),
        class_id: Set(new.class),
        first_meeting_id: Set(new.run.first),
        last_meeting_id: Set(new.run.last),
        absences: Set(i32::try_from(new.run.absences).unwrap_or(i32::MAX)),
        opened_at: Set(now),
        due_at: Set(new.due_at),
        ..Default::default()
    };
    let key = [Column::ClassId, Column::ResidentId, Column::FirstMeetingId, Column::Kind];
    let once = OnConflict::columns(key).do_nothing().to_owned();
    let written =
        care_task::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    if written == 0 {
        return Ok(None);
    }
    let found = care_task::Entity::find()
        .filter(Column::ClassId.eq(new.class))
        .filter(Column::ResidentId.eq(new.resident))
        .filter(Column::FirstMeetingId.eq(new.run.first))
        .filter(Column::Kind.eq(new.kind))
        .one(tx)
        .await?;
    Ok(found.map(|row| row.id))
}

/// All tasks of a class.
pub(super) async fn of_class(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<care_task::Model>> {
    Ok(care_task::Entity::find()
        .filter(care_task::Column::ClassId.eq(class))
        .order_by_asc(care_task::Column::Id)
        .all(conn)
        .await?)
}

/// Closes an open task; false when it was closed.
pub(super) async fn close(tx: &DatabaseTransaction, id: CareTaskId, end: &End<'_>) -> Result<bool> {
    use care_task::Column;
    let changed = care_task::Entity::update_many()
        .col_expr(Column::ClosedAt, Expr::value(end.at))
        .col_expr(Column::ClosedBy, Expr::value(end.by))
        .col_expr(Column::Outcome, Expr::value(end.outcome))
        .col_expr(Column::Said, Expr::value(end.said))
        .filter(Column::Id.eq(id))
        .filter(Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Opens again what a correction had closed; false when that is not how it stands.
pub(super) async fn reopen(tx: &DatabaseTransaction, id: CareTaskId) -> Result<bool> {
    use care_task::Column;
    let changed = care_task::Entity::update_many()
        .col_expr(Column::ClosedAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::Outcome, Expr::value(None::<CareOutcome>))
        .filter(Column::Id.eq(id))
        .filter(Column::Outcome.eq(CareOutcome::Corrected))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Who sees to an open task; false when it is closed.
pub(super) async fn set_taken(
    tx: &DatabaseTransaction,
    id: CareTaskId,
    by: Option<StaffId>,
) -> Result<bool> {
    let changed = care_task::Entity::update_many()
        .col_expr(care_task::Column::TakenBy, Expr::value(by))
        .filter(care_task::Column::Id.eq(id))
        .filter(care_task::Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(super) async fn add_step(
    tx: &DatabaseTransaction,
    task: CareTaskId,
    step: CareStep,
    by: Option<StaffId>,
    note: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = care_event::ActiveModel {
        task_id: Set(task),
        step: Set(step),
        staff_id: Set(by),
        note: Set(note.map(str::to_owned)),
        at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

pub(super) async fn steps(
    conn: &impl ConnectionTrait,
    task: CareTaskId,
) -> Result<Vec<care_event::Model>> {
    Ok(care_event::Entity::find()
        .filter(care_event::Column::TaskId.eq(task))
        .order_by_asc(care_event::Column::Id)
        .all(conn)
        .await?)
}

/// Tasks about people of a community, or about everybody.
fn scoped(scope: Option<CommunityId>) -> Select<care_task::Entity> {
    let find = care_task::Entity::find();
    let Some(community) = scope else { return find };
    let people = Query::select()
        .column(resident::Column::Id)
        .from(resident::Entity)
        .and_where(resident::Column::CommunityId.eq(community))
        .to_owned();
    find.filter(care_task::Column::ResidentId.in_subquery(people))
}

pub(super) async fn list(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
    closed: bool,
) -> Result<Vec<care_task::Model>> {
    use care_task::Column;
    if closed {
        let find = scoped(scope).filter(Column::ClosedAt.is_not_null());
        let find = find.order_by_desc(Column::ClosedAt).order_by_desc(Column::Id);
        return Ok(find.limit(MOST_CLOSED).all(conn).await?);
    }
    let find = scoped(scope).filter(Column::ClosedAt.is_null());
    let mut rows = find.order_by_asc(Column::DueAt).order_by_asc(Column::Id).all(conn).await?;
    rows.sort_by_key(|row| row.kind != CareKind::Care);
    Ok(rows)
}

pub(super) async fn open_count(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
) -> Result<u64> {
    Ok(scoped(scope).filter(care_task::Column::ClosedAt.is_null()).count(conn).await?)
}

pub(super) async fn one(
    conn: &impl ConnectionTrait,
    id: CareTaskId,
    scope: Option<CommunityId>,
) -> Result<Option<care_task::Model>> {
    Ok(scoped(scope).filter(care_task::Column::Id.eq(id)).one(conn).await?)
}

/// What is to be said beside tasks.
pub(super) struct About {
    starts: HashMap<MeetingId, DateTime<Utc>>,
    placed: HashSet<(ResidentId, ClassId)>,
    came: Vec<(ResidentId, ClassId, DateTime<Utc>)>,
}

impl About {
    pub(super) fn starts(&self, meeting: MeetingId) -> Option<DateTime<Utc>> {
        self.starts.get(&meeting).copied()
    }

    pub(super) fn placed(&self, resident: ResidentId, class: ClassId) -> bool {
        self.placed.contains(&(resident, class))
    }

    pub(super) fn came_after(
        &self,
        resident: ResidentId,
        class: ClassId,
        at: DateTime<Utc>,
    ) -> bool {
        self.came.iter().any(|one| (one.0, one.1) == (resident, class) && one.2 > at)
    }
}

pub(super) async fn about(
    conn: &impl ConnectionTrait,
    tasks: &[care_task::Model],
) -> Result<About> {
    let residents: HashSet<_> = tasks.iter().map(|task| task.resident_id).collect();
    let classes: HashSet<_> = tasks.iter().map(|task| task.class_id).collect();
    let placed = enrolment::Entity::find()
        .select_only()
        .columns([enrolment::Column::ResidentId, enrolment::Column::ClassId])
        .filter(enrolment::Column::ResidentId.is_in(residents.iter().copied()))
        .filter(enrolment::Column::ClassId.is_in(classes.iter().copied()))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?;
    let meetings: HashMap<_, _> = meeting::Entity::find()
        .filter(meeting::Column::ClassId.is_in(classes))
        .all(conn)
        .await?
        .into_iter()
        .map(|meeting| (meeting.id, (meeting.class_id, meeting.starts_at)))
        .collect();
    let came: Vec<(ResidentId, MeetingId)> = attendance::Entity::find()
        .select_only()
        .columns([attendance::Column::ResidentId, attendance::Column::MeetingId])
        .filter(attendance::Column::ResidentId.is_in(residents))
        .filter(attendance::Column::MeetingId.is_in(meetings.keys().copied()))
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
        .into_tuple()
        .all(conn)
        .await?;
    let came = came.into_iter().filter_map(|(resident, meeting)| {
        let (class, at) = meetings.get(&meeting)?;
        Some((resident, *class, *at))
    });
    Ok(About {
        placed: placed.into_iter().collect(),
        came: came.collect(),
        starts: meetings.into_iter().map(|(id, (_, at))| (id, at)).collect(),
    })
}

/// What an erased person said is forgotten; that they were asked after is not.
///
/// # Errors
/// The database.
pub async fn forget_resident(tx: &DatabaseTransaction, resident: ResidentId) -> Result<()> {
    const GONE: &str = "（已注销，内容已删）";
    let tasks: Vec<CareTaskId> = care_task::Entity::find()
        .select_only()
        .column(care_task::Column::Id)
        .filter(care_task::Column::ResidentId.eq(resident))
        .into_tuple()
        .all(tx)
        .await?;
    care_task::Entity::update_many()
        .col_expr(care_task::Column::Said, Expr::value(GONE))
        .filter(care_task::Column::Id.is_in(tasks.iter().copied()))
        .filter(care_task::Column::Said.is_not_null())
        .exec(tx)
        .await?;
    let own = Condition::all()
        .add(care_event::Column::TaskId.is_in(tasks))
        .add(care_event::Column::StaffId.is_not_null())
        .add(care_event::Column::Note.is_not_null());
    care_event::Entity::update_many()
        .col_expr(care_event::Column::Note, Expr::value(GONE))
        .filter(own)
        .exec(tx)
        .await?;
    Ok(())
}
