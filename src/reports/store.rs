//! The only queries on closed months and mappings; reads the register and what it is of.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationDef,
};

use entity::ids::{ClassId, ClosedMonthId, CommunityId, MeetingId, ResidentId, StaffId, TermId};
use entity::kinds::{AttendanceStatus, EnrolmentStatus, ExportKind};
use entity::{
    attendance, attendance_event, closed_month, closed_row, enrolment, export_mapping, meeting,
    resident,
};

use crate::courses::not_a_shift;
use crate::error::{Error, Result};

/// Somebody was at a meeting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) meeting: MeetingId,
    pub(super) resident: ResidentId,
    pub(super) class: ClassId,
    /// Of the learner.
    pub(super) community: Option<CommunityId>,
    pub(super) hundredths: i64,
}

type Row = (MeetingId, ResidentId, ClassId, Option<CommunityId>, i32);

impl From<Row> for Seen {
    fn from((meeting, resident, class, community, hundredths): Row) -> Self {
        Self { meeting, resident, class, community, hundredths: i64::from(hundredths) }
    }
}

fn to_meeting(from: attendance::Column) -> RelationDef {
    attendance::Entity::belongs_to(meeting::Entity).from(from).to(meeting::Column::Id).into()
}

/// Who was at the meetings that began in a time, as the register says now.
pub(super) async fn seen(
    conn: &impl ConnectionTrait,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    scope: Option<CommunityId>,
) -> Result<Vec<Seen>> {
    let to_resident: RelationDef = attendance::Entity::belongs_to(resident::Entity)
        .from(attendance::Column::ResidentId)
        .to(resident::Column::Id)
        .into();
    let mut find = attendance::Entity::find()
        .join(JoinType::InnerJoin, to_meeting(attendance::Column::MeetingId))
        .join(JoinType::InnerJoin, to_resident)
        .select_only()
        .column(attendance::Column::MeetingId)
        .column(attendance::Column::ResidentId)
        .column(meeting::Column::ClassId)
        .column(resident::Column::CommunityId)
        .column(attendance::Column::HoursHundredths)
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .filter(not_a_shift());
    if let Some(community) = scope {
        find = find.filter(resident::Column::CommunityId.eq(community));
    }
    let rows: Vec<Row> = find.into_tuple().all(conn).await?;
    Ok(rows.into_iter().map(Seen::from).collect())
}

/// …and as it said when the month was closed.
pub(super) async fn frozen(
    conn: &impl ConnectionTrait,
    month: ClosedMonthId,
    scope: Option<CommunityId>,
) -> Result<Vec<Seen>> {
    let to_meeting: RelationDef = closed_row::Entity::belongs_to(meeting::Entity)
        .from(closed_row::Column::MeetingId)
        .to(meeting::Column::Id)
        .into();
    let to_resident: RelationDef = closed_row::Entity::belongs_to(resident::Entity)
        .from(closed_row::Column::ResidentId)
        .to(resident::Column::Id)
        .into();
    let mut find = closed_row::Entity::find()
        .join(JoinType::InnerJoin, to_meeting)
        .join(JoinType::InnerJoin, to_resident)
        .select_only()
        .column(closed_row::Column::MeetingId)
        .column(closed_row::Column::ResidentId)
        .column(meeting::Column::ClassId)
        .column(resident::Column::CommunityId)
        .column(closed_row::Column::HoursHundredths)
        .filter(closed_row::Column::MonthId.eq(month));
    if let Some(community) = scope {
        find = find.filter(resident::Column::CommunityId.eq(community));
    }
    let rows: Vec<Row> = find.into_tuple().all(conn).await?;
    Ok(rows.into_iter().map(Seen::from).collect())
}

/// Notes that a month is closed, and keeps what the register says of it; false when it was.
pub(super) async fn close(
    tx: &DatabaseTransaction,
    month: NaiveDate,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = closed_month::ActiveModel {
        month: Set(month),
        closed_at: Set(now),
        closed_by: Set(by),
        ..Default::default()
    };
    // Among those that are not opened again (a partial index).
    let once = OnConflict::new().do_nothing().to_owned();
    let written =
        closed_month::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    if written == 0 {
        return Ok(false);
    }
    let missing = || Error::internal("a month that was closed is not there");
    let id = closed(tx, month).await?.ok_or_else(missing)?.id;
    let seen = Query::select()
        .expr(Expr::val(id.0))
        .column((attendance::Entity, attendance::Column::MeetingId))
        .column((attendance::Entity, attendance::Column::ResidentId))
        .column((attendance::Entity, attendance::Column::HoursHundredths))
        .from(attendance::Entity)
        .inner_join(
            meeting::Entity,
            Expr::col((meeting::Entity, meeting::Column::Id))
                .equals((attendance::Entity, attendance::Column::MeetingId)),
        )
        .and_where(attendance::Column::Status.eq(AttendanceStatus::Present))
        .and_where(meeting::Column::StartsAt.gte(from))
        .and_where(meeting::Column::StartsAt.lt(to))
        .and_where(not_a_shift())
        .to_owned();
    let mut keep = Query::insert();
    keep.into_table(closed_row::Entity).columns([
        closed_row::Column::MonthId,
        closed_row::Column::MeetingId,
        closed_row::Column::ResidentId,
        closed_row::Column::HoursHundredths,
    ]);
    keep.select_from(seen).map_err(Error::internal)?;
    tx.execute(&keep).await?;
    Ok(true)
}

/// The closing of a month that stands.
pub(super) async fn closed(
    conn: &impl ConnectionTrait,
    month: NaiveDate,
) -> Result<Option<closed_month::Model>> {
    Ok(closed_month::Entity::find()
        .filter(closed_month::Column::Month.eq(month))
        .filter(closed_month::Column::ReopenedAt.is_null())
        .one(conn)
        .await?)
}

/// Earlier closings of a month, the newest first.
pub(super) async fn reopened(
    conn: &impl ConnectionTrait,
    month: NaiveDate,
) -> Result<Vec<closed_month::Model>> {
    Ok(closed_month::Entity::find()
        .filter(closed_month::Column::Month.eq(month))
        .filter(closed_month::Column::ReopenedAt.is_not_null())
        .order_by_desc(closed_month::Column::Id)
        .all(conn)
        .await?)
}

/// Opens a closed month again; false when none is closed.
pub(super) async fn reopen(
    tx: &DatabaseTransaction,
    month: NaiveDate,
    (by, reason): (StaffId, &str),
    now: DateTime<Utc>,
) -> Result<bool> {
    use closed_month::Column;
    let changed = closed_month::Entity::update_many()
        .col_expr(Column::ReopenedAt, Expr::value(now))
        .col_expr(Column::ReopenedBy, Expr::value(by))
        .col_expr(Column::ReopenedFor, Expr::value(reason))
        .filter(Column::Month.eq(month))
        .filter(Column::ReopenedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// What was said last of each of these people at these meetings.
pub(super) async fn last_words(
    conn: &impl ConnectionTrait,
    of: &[(MeetingId, ResidentId)],
) -> Result<HashMap<(MeetingId, ResidentId), attendance_event::Model>> {
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.is_in(of.iter().map(|one| one.0)))
        .filter(attendance_event::Column::ResidentId.is_in(of.iter().map(|one| one.1)))
        .order_by_asc(attendance_event::Column::Id)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.meeting_id, row.resident_id), row)).collect())
}

pub(super) async fn meetings(
    conn: &impl ConnectionTrait,
    ids: &[MeetingId],
) -> Result<HashMap<MeetingId, meeting::Model>> {
    let rows = meeting::Entity::find()
        .filter(meeting::Column::Id.is_in(ids.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Who has a place in the class.
pub(super) async fn placed(conn: &impl ConnectionTrait, class: ClassId) -> Result<Vec<ResidentId>> {
    let find = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ResidentId)
        .filter(enrolment::Column::ClassId.eq(class))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed));
    Ok(find.into_tuple().all(conn).await?)
}

/// Who has a place in which class of a term, of a community where given.
pub(super) async fn placed_in_term(
    conn: &impl ConnectionTrait,
    term: TermId,
    scope: Option<CommunityId>,
) -> Result<Vec<(ResidentId, ClassId)>> {
    let to_resident: RelationDef = enrolment::Entity::belongs_to(resident::Entity)
        .from(enrolment::Column::ResidentId)
        .to(resident::Column::Id)
        .into();
    let mut find = enrolment::Entity::find()
        .join(JoinType::InnerJoin, to_resident)
        .select_only()
        .column(enrolment::Column::ResidentId)
        .column(enrolment::Column::ClassId)
        .filter(enrolment::Column::TermId.eq(term))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .order_by_asc(enrolment::Column::ClassId);
    if let Some(community) = scope {
        find = find.filter(resident::Column::CommunityId.eq(community));
    }
    Ok(find.into_tuple().all(conn).await?)
}

// ---- mappings ----

pub(super) async fn mapping(
    conn: &impl ConnectionTrait,
    kind: ExportKind,
) -> Result<Option<export_mapping::Model>> {
    Ok(export_mapping::Entity::find()
        .filter(export_mapping::Column::Kind.eq(kind))
        .order_by_desc(export_mapping::Column::Id)
        .one(conn)
        .await?)
}

pub(super) async fn save_mapping(
    tx: &DatabaseTransaction,
    kind: ExportKind,
    columns: String,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = export_mapping::ActiveModel {
        kind: Set(kind),
        columns: Set(columns),
        saved_at: Set(now),
        saved_by: Set(by),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}
