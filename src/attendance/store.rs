//! The only queries on the register; reads what it needs of classes and people.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Func, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use entity::ids::{ClassId, CommunityId, MeetingId, ResidentId, StaffId};
use entity::kinds::{ActorKind, AttendanceStatus, CheckInWay, EnrolmentStatus};
use entity::{
    attendance, attendance_event, class, enrolment, meeting, resident, site, teacher, term,
};

use super::RollRow;
use crate::error::Result;
use crate::members;

/// A meeting with what is said of it everywhere.
#[derive(Clone, Debug)]
pub struct MeetingFacts {
    pub meeting: meeting::Model,
    pub class: class::Model,
    pub site_name: String,
    pub community_id: Option<CommunityId>,
    pub teacher_name: String,
    pub teacher_staff_id: Option<StaffId>,
}

impl MeetingFacts {
    pub fn class_id(&self) -> ClassId {
        self.class.id
    }

    pub fn class_name(&self) -> &str {
        &self.class.name
    }

    /// 学时 of the meeting in hundredths: 45 minutes are one (DOMAIN: 1 学时 = 45 min).
    pub fn hours_hundredths(&self) -> i32 {
        let minutes = (self.meeting.ends_at - self.meeting.starts_at).num_minutes();
        i32::try_from(minutes * 100 / 45).unwrap_or(0)
    }
}

pub(super) async fn meeting(
    conn: &impl ConnectionTrait,
    id: MeetingId,
) -> Result<Option<MeetingFacts>> {
    let meeting = meeting::Entity::find_by_id(id).one(conn).await?;
    Ok(with_facts(conn, meeting.into_iter().collect()).await?.pop())
}

/// Meetings that start in `from..to`, by time; of `classes` alone where given.
pub(super) async fn meetings_between(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    classes: Option<&[ClassId]>,
) -> Result<Vec<MeetingFacts>> {
    let mut find = meeting::Entity::find()
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .order_by_asc(meeting::Column::StartsAt)
        .order_by_asc(meeting::Column::Id);
    if let Some(classes) = classes {
        find = find.filter(meeting::Column::ClassId.is_in(classes.iter().copied()));
    }
    with_facts(conn, find.all(conn).await?).await
}

/// Three further queries, however many meetings there are.
async fn with_facts(
    conn: &impl ConnectionTrait,
    meetings: Vec<meeting::Model>,
) -> Result<Vec<MeetingFacts>> {
    if meetings.is_empty() {
        return Ok(Vec::new());
    }
    let classes = class::Entity::find()
        .filter(class::Column::Id.is_in(meetings.iter().map(|meeting| meeting.class_id)));
    let classes: HashMap<_, _> =
        classes.all(conn).await?.into_iter().map(|class| (class.id, class)).collect();
    let sites = site::Entity::find()
        .filter(site::Column::Id.is_in(meetings.iter().map(|meeting| meeting.site_id)));
    let sites: HashMap<_, _> =
        sites.all(conn).await?.into_iter().map(|site| (site.id, site)).collect();
    let teachers = teacher::Entity::find()
        .filter(teacher::Column::Id.is_in(classes.values().map(|class| class.teacher_id)));
    let teachers: HashMap<_, _> =
        teachers.all(conn).await?.into_iter().map(|teacher| (teacher.id, teacher)).collect();
    Ok(meetings
        .into_iter()
        .filter_map(|meeting| {
            let class = classes.get(&meeting.class_id)?.clone();
            let site = sites.get(&meeting.site_id)?;
            let teacher = teachers.get(&class.teacher_id)?;
            Some(MeetingFacts {
                site_name: site.name.clone(),
                community_id: site.community_id,
                teacher_name: teacher.name.clone(),
                teacher_staff_id: teacher.staff_id,
                meeting,
                class,
            })
        })
        .collect())
}

pub(super) async fn has_place(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    class: ClassId,
) -> Result<bool> {
    let found = enrolment::Entity::find()
        .filter(enrolment::Column::ResidentId.eq(resident))
        .filter(enrolment::Column::ClassId.eq(class))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .count(conn)
        .await?;
    Ok(found > 0)
}

/// The classes in which a resident has a place.
pub(super) async fn classes_of(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<ClassId>> {
    Ok(enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ClassId)
        .filter(enrolment::Column::ResidentId.eq(resident))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?)
}

/// How many have a place, and how many are present, for each of the meetings.
pub(super) async fn counts(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingFacts],
) -> Result<HashMap<MeetingId, (i64, i64)>> {
    let enrolled: HashMap<ClassId, i64> = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ClassId)
        .column_as(enrolment::Column::Id.count(), "count")
        .filter(enrolment::Column::ClassId.is_in(meetings.iter().map(MeetingFacts::class_id)))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .group_by(enrolment::Column::ClassId)
        .into_tuple::<(ClassId, i64)>()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let present: HashMap<MeetingId, i64> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::MeetingId)
        .column_as(attendance::Column::Id.count(), "count")
        .filter(attendance::Column::MeetingId.is_in(meetings.iter().map(|facts| facts.meeting.id)))
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
        .group_by(attendance::Column::MeetingId)
        .into_tuple::<(MeetingId, i64)>()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    Ok(meetings
        .iter()
        .map(|facts| {
            let id = facts.meeting.id;
            let of = |count: Option<&i64>| count.copied().unwrap_or(0);
            (id, (of(enrolled.get(&facts.class_id())), of(present.get(&id))))
        })
        .collect())
}

/// What is written of a scan, tap or correction.
pub(super) struct NewEvent {
    pub(super) meeting: MeetingId,
    pub(super) resident: ResidentId,
    pub(super) way: CheckInWay,
    pub(super) status: AttendanceStatus,
    pub(super) actor_kind: ActorKind,
    pub(super) actor_id: Option<i64>,
    pub(super) reason: Option<String>,
    pub(super) code_step: Option<i64>,
}

/// Makes sure of the one row for person and meeting, locks it, and tells what it
/// said; `None` when nothing had been recorded.
///
/// The row begins as absent without hours, in a transaction that goes on to set it.
pub(super) async fn open_row(
    tx: &DatabaseTransaction,
    meeting: MeetingId,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<Option<AttendanceStatus>> {
    let row = attendance::ActiveModel {
        meeting_id: Set(meeting),
        resident_id: Set(resident),
        status: Set(AttendanceStatus::Absent),
        hours_hundredths: Set(0),
        updated_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::columns([attendance::Column::MeetingId, attendance::Column::ResidentId])
        .do_nothing()
        .to_owned();
    let inserted =
        attendance::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    if inserted == 1 {
        return Ok(None);
    }
    let row = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::ResidentId.eq(resident))
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(row.map(|row| row.status))
}

/// False when this person has used this code before.
pub(super) async fn append(
    tx: &DatabaseTransaction,
    event: &NewEvent,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = attendance_event::ActiveModel {
        meeting_id: Set(event.meeting),
        resident_id: Set(event.resident),
        way: Set(event.way),
        status: Set(event.status),
        actor_kind: Set(event.actor_kind),
        actor_id: Set(event.actor_id),
        reason: Set(event.reason.clone()),
        code_step: Set(event.code_step),
        at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::columns([
        attendance_event::Column::MeetingId,
        attendance_event::Column::ResidentId,
        attendance_event::Column::CodeStep,
    ])
    .do_nothing()
    .to_owned();
    let inserted =
        attendance_event::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    Ok(inserted == 1)
}

/// Lets the register say what the newest event says.
pub(super) async fn set(
    tx: &DatabaseTransaction,
    event: &NewEvent,
    hours: i32,
    now: DateTime<Utc>,
) -> Result<()> {
    use attendance::Column;
    let present = event.status == AttendanceStatus::Present;
    let mut update = attendance::Entity::update_many()
        .col_expr(Column::Status, Expr::value(event.status))
        .col_expr(Column::HoursHundredths, Expr::value(if present { hours } else { 0 }))
        .col_expr(Column::UpdatedAt, Expr::value(now));
    if present {
        update = update.col_expr(
            Column::FirstPresentAt,
            Func::coalesce([Expr::col(Column::FirstPresentAt), Expr::value(now)]).into(),
        );
    }
    update
        .filter(Column::MeetingId.eq(event.meeting))
        .filter(Column::ResidentId.eq(event.resident))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn status(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    resident: ResidentId,
) -> Result<Option<AttendanceStatus>> {
    let row = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::ResidentId.eq(resident))
        .one(conn)
        .await?;
    Ok(row.map(|row| row.status))
}

/// Of these meetings, those where the resident is present.
pub(super) async fn present_at(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    meetings: &[MeetingFacts],
) -> Result<Vec<MeetingId>> {
    Ok(attendance::Entity::find()
        .select_only()
        .column(attendance::Column::MeetingId)
        .filter(attendance::Column::ResidentId.eq(resident))
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
        .filter(attendance::Column::MeetingId.is_in(meetings.iter().map(|facts| facts.meeting.id)))
        .into_tuple()
        .all(conn)
        .await?)
}

pub(super) async fn roll(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    class: ClassId,
) -> Result<Vec<RollRow>> {
    let marked: HashMap<ResidentId, attendance::Model> = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .all(conn)
        .await?
        .into_iter()
        .map(|row| (row.resident_id, row))
        .collect();
    let mut newest: HashMap<ResidentId, attendance_event::Model> = HashMap::new();
    for event in attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .order_by_asc(attendance_event::Column::Id)
        .all(conn)
        .await?
    {
        newest.insert(event.resident_id, event);
    }
    let placed: Vec<ResidentId> = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ResidentId)
        .filter(enrolment::Column::ClassId.eq(class))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?;
    let people = resident::Entity::find()
        .filter(resident::Column::Id.is_in(placed.iter().chain(marked.keys()).copied()))
        .order_by_asc(resident::Column::LearnerNumber)
        .all(conn)
        .await?;
    Ok(people
        .into_iter()
        .map(|person| {
            let row = marked.get(&person.id);
            let event = newest.remove(&person.id);
            RollRow {
                resident_id: person.id,
                // A roll stands on a wall beside the code.
                name: members::name_for_others(person.name.unwrap_or_default(), person.name_state),
                learner_number: person.learner_number,
                status: row.map(|row| row.status),
                hours_hundredths: row.map_or(0, |row| row.hours_hundredths),
                way: event.as_ref().map(|event| event.way),
                at: event.as_ref().map(|event| event.at),
                reason: event.and_then(|event| event.reason),
            }
        })
        .collect())
}

pub(super) async fn events(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    resident: ResidentId,
) -> Result<Vec<attendance_event::Model>> {
    Ok(attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .filter(attendance_event::Column::ResidentId.eq(resident))
        .order_by_asc(attendance_event::Column::Id)
        .all(conn)
        .await?)
}

/// One meeting in a resident's record.
#[derive(Clone, Debug)]
pub struct HoursLine {
    pub meeting_id: MeetingId,
    pub class_name: String,
    pub number: i32,
    pub starts_at: DateTime<Utc>,
    pub status: AttendanceStatus,
    pub hours_hundredths: i32,
    pub term_first_day: NaiveDate,
    pub term_last_day: NaiveDate,
}

/// A resident's whole record, newest first.
pub(super) async fn hours_lines(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<HoursLine>> {
    let rows = attendance::Entity::find()
        .filter(attendance::Column::ResidentId.eq(resident))
        .all(conn)
        .await?;
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::Id.is_in(rows.iter().map(|row| row.meeting_id)))
        .all(conn)
        .await?;
    let meetings: HashMap<_, _> =
        meetings.into_iter().map(|meeting| (meeting.id, meeting)).collect();
    let classes = class::Entity::find()
        .filter(class::Column::Id.is_in(meetings.values().map(|meeting| meeting.class_id)))
        .all(conn)
        .await?;
    let classes: HashMap<_, _> = classes.into_iter().map(|class| (class.id, class)).collect();
    let terms = term::Entity::find()
        .filter(term::Column::Id.is_in(classes.values().map(|class| class.term_id)))
        .all(conn)
        .await?;
    let terms: HashMap<_, _> = terms.into_iter().map(|term| (term.id, term)).collect();
    let mut lines: Vec<HoursLine> = rows
        .into_iter()
        .filter_map(|row| {
            let meeting = meetings.get(&row.meeting_id)?;
            let class = classes.get(&meeting.class_id)?;
            let term = terms.get(&class.term_id)?;
            Some(HoursLine {
                meeting_id: row.meeting_id,
                class_name: class.name.clone(),
                number: meeting.number,
                starts_at: meeting.starts_at,
                status: row.status,
                hours_hundredths: row.hours_hundredths,
                term_first_day: term.first_day,
                term_last_day: term.last_day,
            })
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.starts_at, line.meeting_id)));
    Ok(lines)
}
