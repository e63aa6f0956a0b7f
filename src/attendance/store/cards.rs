//! Cards: one live one for each learner.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};

use entity::ids::ResidentId;
use entity::learner_card::{Column, Entity, Model};
use entity::{learner_card, resident};

use crate::error::Result;

/// The live card.
pub(in crate::attendance) async fn live(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::EndedAt.is_null())
        .one(conn)
        .await?)
}

/// Whoever has one of these learner numbers, with the serial of their live card.
pub(in crate::attendance) async fn holders(
    conn: &impl ConnectionTrait,
    numbers: &[&str],
) -> Result<Vec<(resident::Model, Option<i32>)>> {
    let people = resident::Entity::find()
        .filter(resident::Column::LearnerNumber.is_in(numbers.iter().copied()))
        .filter(resident::Column::ErasedAt.is_null())
        .all(conn)
        .await?;
    let cards = Entity::find()
        .filter(Column::ResidentId.is_in(people.iter().map(|person| person.id)))
        .filter(Column::EndedAt.is_null())
        .all(conn)
        .await?;
    let serial = |id| cards.iter().find(|card| card.resident_id == id).map(|card| card.serial);
    Ok(people.into_iter().map(|person| (person.clone(), serial(person.id))).collect())
}

/// A new card; the serial follows the last one.
pub(in crate::attendance) async fn issue(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<Model> {
    let last = Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .order_by_desc(Column::Serial)
        .one(tx)
        .await?;
    let card = learner_card::ActiveModel {
        resident_id: Set(resident),
        serial: Set(last.map_or(1, |card| card.serial + 1)),
        issued_at: Set(now),
        ..Default::default()
    };
    Ok(card.insert(tx).await?)
}

/// Ends the live card, if there is one.
pub(in crate::attendance) async fn end(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    why: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::WhyEnded, Expr::value(why))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::EndedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}
