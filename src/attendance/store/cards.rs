//! Cards: one live one for each learner.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
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

/// The serials of the live cards of these people; who never had a card is left out.
pub(in crate::attendance) async fn live_serials(
    conn: &impl ConnectionTrait,
    people: &[ResidentId],
) -> Result<HashMap<ResidentId, i32>> {
    let found: Vec<(ResidentId, i32)> = Entity::find()
        .select_only()
        .column(Column::ResidentId)
        .column(Column::Serial)
        .filter(Column::ResidentId.is_in(people.iter().copied()))
        .filter(Column::EndedAt.is_null())
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Whoever has one of these learner numbers, with all the cards that they ever had.
pub(in crate::attendance) async fn holders(
    conn: &impl ConnectionTrait,
    numbers: &[&str],
) -> Result<Vec<(resident::Model, Vec<Model>)>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let people = resident::Entity::find()
        .filter(resident::Column::LearnerNumber.is_in(numbers.iter().copied()))
        .filter(resident::Column::ErasedAt.is_null())
        .all(conn)
        .await?;
    let cards = Entity::find()
        .filter(Column::ResidentId.is_in(people.iter().map(|person| person.id)))
        .all(conn)
        .await?;
    let mut of: HashMap<ResidentId, Vec<Model>> = HashMap::new();
    for card in cards {
        of.entry(card.resident_id).or_default().push(card);
    }
    let with = |person: resident::Model| {
        let cards = of.remove(&person.id).unwrap_or_default();
        (person, cards)
    };
    Ok(people.into_iter().map(with).collect())
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
