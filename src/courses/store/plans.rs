//! The only queries on the phases of terms, and on how classes take part in them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use entity::ids::{ClassId, TermId};
use entity::{class_rule, term_plan};

use crate::error::Result;

pub(in crate::courses) async fn plan(
    conn: &impl ConnectionTrait,
    term: TermId,
) -> Result<Option<term_plan::Model>> {
    Ok(term_plan::Entity::find_by_id(term).one(conn).await?)
}

pub(in crate::courses) async fn plans(
    conn: &impl ConnectionTrait,
) -> Result<HashMap<TermId, term_plan::Model>> {
    let rows = term_plan::Entity::find().all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.term_id, row)).collect())
}

/// A new plan, or the old one changed as long as nothing is frozen; false: it is.
pub(in crate::courses) async fn put_plan(
    tx: &DatabaseTransaction,
    plan: &term_plan::Model,
) -> Result<bool> {
    use term_plan::Column;
    let row = term_plan::ActiveModel {
        term_id: Set(plan.term_id),
        continuation_opens_at: Set(plan.continuation_opens_at),
        continuation_closes_at: Set(plan.continuation_closes_at),
        wishes_open_at: Set(plan.wishes_open_at),
        wishes_close_at: Set(plan.wishes_close_at),
        seed_at: Set(plan.seed_at),
        seed_source: Set(plan.seed_source.clone()),
        confirm_until: Set(plan.confirm_until),
        most_classes: Set(plan.most_classes),
        newcomer_percent: Set(plan.newcomer_percent),
        frozen_at: Set(None),
        settled_at: Set(None),
    };
    let update = OnConflict::column(Column::TermId)
        .update_columns([
            Column::ContinuationOpensAt,
            Column::ContinuationClosesAt,
            Column::WishesOpenAt,
            Column::WishesCloseAt,
            Column::SeedAt,
            Column::SeedSource,
            Column::ConfirmUntil,
            Column::MostClasses,
            Column::NewcomerPercent,
        ])
        .action_and_where(Expr::col((term_plan::Entity, Column::FrozenAt)).is_null())
        .to_owned();
    let changed =
        term_plan::Entity::insert(row).on_conflict(update).exec_without_returning(tx).await?;
    Ok(changed == 1)
}

pub(in crate::courses) async fn delete_plan(
    tx: &DatabaseTransaction,
    term: TermId,
) -> Result<bool> {
    let deleted = term_plan::Entity::delete_many()
        .filter(term_plan::Column::TermId.eq(term))
        .filter(term_plan::Column::FrozenAt.is_null())
        .exec(tx)
        .await?;
    Ok(deleted.rows_affected == 1)
}

/// Sets one of the two marks, once; true when this did it.
pub(in crate::courses) async fn mark(
    tx: &DatabaseTransaction,
    term: TermId,
    column: term_plan::Column,
    now: DateTime<Utc>,
) -> Result<bool> {
    let marked = term_plan::Entity::update_many()
        .col_expr(column, Expr::value(now))
        .filter(term_plan::Column::TermId.eq(term))
        .filter(column.is_null())
        .exec(tx)
        .await?;
    Ok(marked.rows_affected == 1)
}

pub(in crate::courses) async fn rules(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<HashMap<ClassId, class_rule::Model>> {
    if classes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = class_rule::Entity::find()
        .filter(class_rule::Column::ClassId.is_in(classes.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.class_id, row)).collect())
}

pub(in crate::courses) async fn put_rule(
    tx: &DatabaseTransaction,
    rule: &class_rule::Model,
) -> Result<()> {
    use class_rule::Column;
    let row = class_rule::ActiveModel {
        class_id: Set(rule.class_id),
        beginners: Set(rule.beginners),
        previous_course_id: Set(rule.previous_course_id),
    };
    let update = OnConflict::column(Column::ClassId)
        .update_columns([Column::Beginners, Column::PreviousCourseId])
        .to_owned();
    class_rule::Entity::insert(row).on_conflict(update).exec_without_returning(tx).await?;
    Ok(())
}
