//! Head counts, and the samples that followed them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use entity::ids::{MeetingId, ResidentId};
use entity::kinds::ActorKind;
use entity::{head_count, sample_answer};

use crate::error::Result;
use crate::sql::among;

/// A count that is to be kept.
pub(in crate::attendance) struct NewCount<'a> {
    pub(in crate::attendance) scan_id: &'a str,
    pub(in crate::attendance) meeting: MeetingId,
    pub(in crate::attendance) people: i32,
    pub(in crate::attendance) present: i32,
    pub(in crate::attendance) actor_kind: ActorKind,
    pub(in crate::attendance) actor_id: i64,
    pub(in crate::attendance) device: String,
    pub(in crate::attendance) happened_at: DateTime<Utc>,
}

/// Whether somebody of a sample was there.
pub(in crate::attendance) struct Answer {
    pub(in crate::attendance) scan_id: String,
    pub(in crate::attendance) of_count: String,
    pub(in crate::attendance) meeting: MeetingId,
    pub(in crate::attendance) resident: ResidentId,
    pub(in crate::attendance) there: bool,
    pub(in crate::attendance) at: DateTime<Utc>,
}

/// False where it is here already.
pub(in crate::attendance) async fn add(
    tx: &DatabaseTransaction,
    new: NewCount<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = head_count::ActiveModel {
        scan_id: Set(new.scan_id.to_owned()),
        meeting_id: Set(new.meeting),
        people: Set(new.people),
        present: Set(new.present),
        actor_kind: Set(new.actor_kind),
        actor_id: Set(new.actor_id),
        device: Set(new.device),
        happened_at: Set(new.happened_at),
        received_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::column(head_count::Column::ScanId).do_nothing().to_owned();
    let made =
        head_count::Entity::insert_many([row]).on_conflict(once).exec_without_returning(tx).await?;
    Ok(made > 0)
}

/// Keeps which names were drawn here.
pub(in crate::attendance) async fn call(
    tx: &DatabaseTransaction,
    of_count: &str,
    meeting: MeetingId,
    drawn: &[ResidentId],
) -> Result<()> {
    if drawn.is_empty() {
        return Ok(());
    }
    let rows = drawn.iter().map(|resident| sample_answer::ActiveModel {
        of_count: Set(of_count.to_owned()),
        meeting_id: Set(meeting),
        resident_id: Set(*resident),
        drawn_here: Set(true),
        ..Default::default()
    });
    let once = OnConflict::new().do_nothing().to_owned();
    sample_answer::Entity::insert_many(rows).on_conflict(once).exec_without_returning(tx).await?;
    Ok(())
}

/// The names that were drawn here and not answered to.
pub(in crate::attendance) async fn drawn(
    conn: &impl ConnectionTrait,
    of_count: &str,
) -> Result<Vec<ResidentId>> {
    use sample_answer::Column;
    Ok(sample_answer::Entity::find()
        .select_only()
        .column(Column::ResidentId)
        .filter(Column::OfCount.eq(of_count))
        .filter(Column::DrawnHere.eq(true))
        .filter(Column::There.is_null())
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Keeps what came of a name; of two answers the later one, in whatever order they come.
pub(in crate::attendance) async fn answer(tx: &DatabaseTransaction, answer: &Answer) -> Result<()> {
    use sample_answer::{ActiveModel, Column, Entity};
    let row = ActiveModel {
        of_count: Set(answer.of_count.clone()),
        meeting_id: Set(answer.meeting),
        resident_id: Set(answer.resident),
        drawn_here: Set(false),
        there: Set(Some(answer.there)),
        scan_id: Set(Some(answer.scan_id.clone())),
        answered_at: Set(Some(answer.at)),
        ..Default::default()
    };
    let once = OnConflict::new().do_nothing().to_owned();
    let made = Entity::insert_many([row]).on_conflict(once).exec_without_returning(tx).await?;
    if made > 0 {
        return Ok(());
    }
    let earlier =
        Condition::any().add(Column::AnsweredAt.is_null()).add(Column::AnsweredAt.lt(answer.at));
    Entity::update_many()
        .col_expr(Column::There, Expr::value(answer.there))
        .col_expr(Column::ScanId, Expr::value(answer.scan_id.clone()))
        .col_expr(Column::AnsweredAt, Expr::value(answer.at))
        .filter(Column::OfCount.eq(answer.of_count.clone()))
        .filter(Column::ResidentId.eq(answer.resident))
        .filter(earlier)
        .exec(tx)
        .await?;
    Ok(())
}

/// Of these names of answers, those that are known.
pub(in crate::attendance) async fn known(
    conn: &impl ConnectionTrait,
    scan_ids: &[String],
) -> Result<HashSet<String>> {
    let found: Vec<Option<String>> = sample_answer::Entity::find()
        .select_only()
        .column(sample_answer::Column::ScanId)
        .filter(among(conn, sample_answer::Column::ScanId, scan_ids))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// The counts of a meeting, the latest first.
pub(in crate::attendance) async fn of(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<Vec<head_count::Model>> {
    Ok(head_count::Entity::find()
        .filter(head_count::Column::MeetingId.eq(meeting))
        .order_by_desc(head_count::Column::HappenedAt)
        .order_by_desc(head_count::Column::Id)
        .all(conn)
        .await?)
}

/// The samples of a meeting.
pub(in crate::attendance) async fn answers(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<Vec<sample_answer::Model>> {
    Ok(sample_answer::Entity::find()
        .filter(sample_answer::Column::MeetingId.eq(meeting))
        .order_by_asc(sample_answer::Column::Id)
        .all(conn)
        .await?)
}
