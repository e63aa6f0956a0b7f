//! What else somebody has on the very days of something.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef,
};

use entity::ids::{ClassId, ResidentId};
use entity::kinds::{EnrolmentStatus, MeetingStatus};
use entity::{class, enrolment, meeting};

use crate::error::Result;

/// Something else that a person has at that time.
#[derive(Clone, Debug)]
pub struct Clash {
    pub class_id: ClassId,
    pub class_name: String,
    pub starts_at: DateTime<Utc>,
}

/// A class, what it is called, and from when until when it meets.
type Row = (ClassId, String, DateTime<Utc>, DateTime<Utc>);

/// What a person has, of whatever kind, at the hours of the meetings of `wanted` that are
/// still to come.
///
/// # Errors
/// The database.
pub async fn clashes(
    conn: &impl ConnectionTrait,
    who: ResidentId,
    wanted: ClassId,
    now: DateTime<Utc>,
) -> Result<Vec<Clash>> {
    let to_come = meeting::Entity::find()
        .filter(meeting::Column::ClassId.eq(wanted))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::EndsAt.gt(now))
        .all(conn)
        .await?;
    let (Some(from), Some(to)) = (
        to_come.iter().map(|one| one.starts_at).min(),
        to_come.iter().map(|one| one.ends_at).max(),
    ) else {
        return Ok(Vec::new());
    };
    let to_class: RelationDef = meeting::Entity::belongs_to(class::Entity)
        .from(meeting::Column::ClassId)
        .to(class::Column::Id)
        .into();
    let placed = Query::select()
        .column(enrolment::Column::ClassId)
        .from(enrolment::Entity)
        .and_where(enrolment::Column::ResidentId.eq(who))
        .and_where(
            enrolment::Column::Status.is_in([EnrolmentStatus::Placed, EnrolmentStatus::Offered]),
        )
        .to_owned();
    let rows: Vec<Row> = meeting::Entity::find()
        .join(JoinType::InnerJoin, to_class)
        .select_only()
        .column(meeting::Column::ClassId)
        .column(class::Column::Name)
        .column(meeting::Column::StartsAt)
        .column(meeting::Column::EndsAt)
        .filter(meeting::Column::ClassId.in_subquery(placed))
        .filter(meeting::Column::ClassId.ne(wanted))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::StartsAt.lt(to))
        .filter(meeting::Column::EndsAt.gt(from))
        .order_by_asc(meeting::Column::StartsAt)
        .into_tuple()
        .all(conn)
        .await?;
    let touches = |(_, _, starts, ends): &Row| {
        to_come.iter().any(|one| *starts < one.ends_at && *ends > one.starts_at)
    };
    let clash =
        |(class_id, class_name, starts_at, _): Row| Clash { class_id, class_name, starts_at };
    Ok(rows.into_iter().filter(touches).map(clash).collect())
}
