//! The only queries on enrolments and their history.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Select, TryInsertResult,
};

use entity::enrolment::{self, Column, Entity, Model};
use entity::enrolment_change;
use entity::ids::{ClassId, EnrolmentId, ResidentId, TermId};
use entity::kinds::EnrolmentStatus;

use super::Actor;
use crate::error::Result;

/// The states in which an enrolment counts; the unique indexes name the same.
pub(super) const LIVE: [EnrolmentStatus; 3] =
    [EnrolmentStatus::Placed, EnrolmentStatus::Waiting, EnrolmentStatus::Offered];

pub(super) async fn one(conn: &impl ConnectionTrait, id: EnrolmentId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn live_of_resident(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    term: TermId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::TermId.eq(term))
        .filter(Column::Status.is_in(LIVE))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// All that a person ever signed up for, the newest first.
pub(super) async fn of_resident(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .order_by_desc(Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn of_class(conn: &impl ConnectionTrait, class: ClassId) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::ClassId.eq(class)).order_by_asc(Column::Id).all(conn).await?)
}

pub(super) async fn live_of_class(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ClassId.eq(class))
        .filter(Column::Status.is_in(LIVE))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// Who holds a place for good, in the order of sign-up.
pub(super) async fn placed_in(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<ResidentId>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::ResidentId)
        .filter(Column::ClassId.eq(class))
        .filter(Column::Status.eq(EnrolmentStatus::Placed))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

pub(super) async fn classes_placed(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<ClassId>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::ClassId)
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?)
}

pub(super) async fn is_placed(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    class: ClassId,
) -> Result<bool> {
    let found = Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::ClassId.eq(class))
        .filter(Column::Status.eq(EnrolmentStatus::Placed))
        .one(conn)
        .await?;
    Ok(found.is_some())
}

/// How many enrolments of each class are in this state.
pub(super) async fn counts(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
    status: EnrolmentStatus,
) -> Result<HashMap<ClassId, i64>> {
    #[derive(FromQueryResult)]
    struct Row {
        class_id: ClassId,
        people: i64,
    }
    if classes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find()
        .select_only()
        .column(Column::ClassId)
        .column_as(Column::Id.count(), "people")
        .filter(Column::ClassId.is_in(classes.iter().copied()))
        .filter(Column::Status.eq(status))
        .group_by(Column::ClassId)
        .into_model::<Row>()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.class_id, row.people)).collect())
}

// ---- the waiting list ----

/// The queue numbers of those who wait, by class, in order.
pub(super) async fn queues(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<HashMap<ClassId, Vec<i64>>> {
    if classes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(ClassId, Option<i64>)> = Entity::find()
        .select_only()
        .columns([Column::ClassId, Column::QueueNumber])
        .filter(Column::ClassId.is_in(classes.iter().copied()))
        .filter(Column::Status.eq(EnrolmentStatus::Waiting))
        .order_by_asc(Column::QueueNumber)
        .into_tuple()
        .all(conn)
        .await?;
    let mut queues: HashMap<_, Vec<_>> = HashMap::new();
    for (class, number) in rows {
        queues.entry(class).or_default().extend(number);
    }
    Ok(queues)
}

/// The number after all that were ever given in this class. Its row is locked.
pub(super) async fn next_queue_number(tx: &DatabaseTransaction, class: ClassId) -> Result<i64> {
    let highest: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(Column::QueueNumber.max(), "highest")
        .filter(Column::ClassId.eq(class))
        .into_tuple()
        .one(tx)
        .await?;
    Ok(highest.flatten().unwrap_or(0) + 1)
}

fn waiting(class: ClassId) -> Select<Entity> {
    Entity::find()
        .filter(Column::ClassId.eq(class))
        .filter(Column::Status.eq(EnrolmentStatus::Waiting))
        .order_by_asc(Column::QueueNumber)
}

/// The first on the list who has not let an offer pass.
pub(super) async fn head(tx: &DatabaseTransaction, class: ClassId) -> Result<Option<Model>> {
    Ok(waiting(class).filter(Column::OfferExpiresAt.is_null()).one(tx).await?)
}

/// The first on the list who has let an offer pass.
pub(super) async fn head_of_missed(
    tx: &DatabaseTransaction,
    class: ClassId,
) -> Result<Option<Model>> {
    Ok(waiting(class).filter(Column::OfferExpiresAt.is_not_null()).one(tx).await?)
}

// ---- writing ----

/// `None`: a unique index says that the person is in already.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    row: enrolment::ActiveModel,
) -> Result<Option<Model>> {
    let inserted = Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_with_returning(tx)
        .await?;
    Ok(match inserted {
        TryInsertResult::Inserted(row) => Some(row),
        TryInsertResult::Empty | TryInsertResult::Conflicted => None,
    })
}

/// Brings an enrolment from one state to another, if it is still in the first.
pub(super) async fn set_status(
    tx: &DatabaseTransaction,
    before: &Model,
    after: &Model,
) -> Result<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::Status, Expr::value(after.status))
        .col_expr(Column::OfferExpiresAt, Expr::value(after.offer_expires_at))
        .col_expr(Column::UpdatedAt, Expr::value(after.updated_at))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Status.eq(before.status))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Appends to the history.
pub(super) async fn add_change(
    tx: &DatabaseTransaction,
    from: Option<EnrolmentStatus>,
    now_is: &Model,
    actor: Actor,
    reason: Option<&str>,
    at: DateTime<Utc>,
) -> Result<()> {
    let row = enrolment_change::ActiveModel {
        enrolment_id: Set(now_is.id),
        from_status: Set(from),
        to_status: Set(now_is.status),
        actor_kind: Set(actor.kind()),
        actor_id: Set(actor.id()),
        reason: Set(reason.map(str::to_owned)),
        at: Set(at),
        ..Default::default()
    };
    enrolment_change::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}
