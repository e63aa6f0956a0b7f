//! The only queries on wishes, draws and their entries.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use entity::ids::{ClassId, CourseId, DrawId, ResidentId, StaffId, TermId};
use entity::kinds::{ActorKind, EnrolmentStatus};
use entity::{draw, draw_class, draw_entry, enrolment, wish};

use crate::error::Result;

/// So many rows at a time: SQLite takes no more than 32,766 values in a statement.
const ROWS: usize = 1000;

// ---- wishes ----

/// Somebody's present wishes, the dearest first.
pub(super) async fn wishes(
    conn: &impl ConnectionTrait,
    term: TermId,
    who: ResidentId,
) -> Result<Vec<wish::Model>> {
    Ok(wish::Entity::find()
        .filter(wish::Column::TermId.eq(term))
        .filter(wish::Column::ResidentId.eq(who))
        .filter(wish::Column::ReplacedAt.is_null())
        .order_by_asc(wish::Column::Rank)
        .all(conn)
        .await?)
}

/// Everybody's present wishes, by person and rank.
pub(super) async fn all_wishes(
    conn: &impl ConnectionTrait,
    term: TermId,
) -> Result<Vec<wish::Model>> {
    Ok(wish::Entity::find()
        .filter(wish::Column::TermId.eq(term))
        .filter(wish::Column::ReplacedAt.is_null())
        .order_by_asc(wish::Column::ResidentId)
        .order_by_asc(wish::Column::Rank)
        .all(conn)
        .await?)
}

/// The old wishes stay, as replaced. The person is locked.
pub(super) async fn replace_wishes(
    tx: &DatabaseTransaction,
    term: TermId,
    who: ResidentId,
    classes: &[ClassId],
    (actor_kind, actor_id): (ActorKind, Option<i64>),
    now: DateTime<Utc>,
) -> Result<()> {
    wish::Entity::update_many()
        .col_expr(wish::Column::ReplacedAt, Expr::value(now))
        .filter(wish::Column::TermId.eq(term))
        .filter(wish::Column::ResidentId.eq(who))
        .filter(wish::Column::ReplacedAt.is_null())
        .exec(tx)
        .await?;
    let rows: Vec<_> = classes
        .iter()
        .zip(1..)
        .map(|(class, rank)| wish::ActiveModel {
            term_id: Set(term),
            resident_id: Set(who),
            class_id: Set(*class),
            rank: Set(rank),
            actor_kind: Set(actor_kind),
            actor_id: Set(actor_id),
            created_at: Set(now),
            ..Default::default()
        })
        .collect();
    if !rows.is_empty() {
        wish::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

// ---- draws ----

pub(super) async fn draw(conn: &impl ConnectionTrait, id: DrawId) -> Result<Option<draw::Model>> {
    Ok(draw::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn draw_of(
    conn: &impl ConnectionTrait,
    term: TermId,
) -> Result<Option<draw::Model>> {
    Ok(draw::Entity::find().filter(draw::Column::TermId.eq(term)).one(conn).await?)
}

/// A draw with the numbers of its people and its classes.
pub(super) async fn insert_draw(
    tx: &DatabaseTransaction,
    row: draw::ActiveModel,
    people: &[(ResidentId, String)],
    classes: &[ClassId],
) -> Result<DrawId> {
    let draw = draw::Entity::insert(row).exec(tx).await?.last_insert_id;
    for people in people.chunks(ROWS) {
        let entries = people.iter().map(|(who, number)| draw_entry::ActiveModel {
            draw_id: Set(draw),
            resident_id: Set(*who),
            number: Set(number.clone()),
            ..Default::default()
        });
        draw_entry::Entity::insert_many(entries).exec_without_returning(tx).await?;
    }
    let classes = classes.iter().map(|class| draw_class::ActiveModel {
        draw_id: Set(draw),
        class_id: Set(*class),
        ..Default::default()
    });
    draw_class::Entity::insert_many(classes).exec_without_returning(tx).await?;
    Ok(draw)
}

/// What one person read, as long as nobody else has confirmed anything.
pub(super) async fn set_seed(
    tx: &DatabaseTransaction,
    id: DrawId,
    seed: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let set = draw::Entity::update_many()
        .col_expr(draw::Column::Seed, Expr::value(seed))
        .col_expr(draw::Column::SeedBy, Expr::value(by))
        .col_expr(draw::Column::SeedEnteredAt, Expr::value(now))
        .filter(draw::Column::Id.eq(id))
        .filter(draw::Column::ConfirmedBy.is_null())
        .exec(tx)
        .await?;
    Ok(set.rows_affected == 1)
}

/// Another person read the same.
pub(super) async fn confirm_seed(
    tx: &DatabaseTransaction,
    id: DrawId,
    seed: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let confirmed = draw::Entity::update_many()
        .col_expr(draw::Column::ConfirmedBy, Expr::value(by))
        .col_expr(draw::Column::ConfirmedAt, Expr::value(now))
        .filter(draw::Column::Id.eq(id))
        .filter(draw::Column::Seed.eq(seed))
        .filter(draw::Column::SeedBy.ne(by))
        .filter(draw::Column::ConfirmedBy.is_null())
        .exec(tx)
        .await?;
    Ok(confirmed.rows_affected == 1)
}

/// Keeps a result, once.
pub(super) async fn set_result(
    tx: &DatabaseTransaction,
    id: DrawId,
    (result, sha256): (&str, &str),
    lost: &[String],
    now: DateTime<Utc>,
) -> Result<bool> {
    let set = draw::Entity::update_many()
        .col_expr(draw::Column::Result, Expr::value(result))
        .col_expr(draw::Column::ResultSha256, Expr::value(sha256))
        .col_expr(draw::Column::DrawnAt, Expr::value(now))
        .filter(draw::Column::Id.eq(id))
        .filter(draw::Column::ConfirmedBy.is_not_null())
        .filter(draw::Column::Result.is_null())
        .exec(tx)
        .await?;
    if set.rows_affected == 0 {
        return Ok(false);
    }
    let entries = || draw_entry::Entity::update_many().filter(draw_entry::Column::DrawId.eq(id));
    entries().col_expr(draw_entry::Column::Lost, Expr::value(false)).exec(tx).await?;
    for numbers in lost.chunks(ROWS) {
        entries()
            .col_expr(draw_entry::Column::Lost, Expr::value(true))
            .filter(draw_entry::Column::Number.is_in(numbers.iter().map(String::as_str)))
            .exec(tx)
            .await?;
    }
    Ok(true)
}

/// Whose number is whose.
pub(super) async fn entries(
    conn: &impl ConnectionTrait,
    id: DrawId,
) -> Result<Vec<draw_entry::Model>> {
    Ok(draw_entry::Entity::find()
        .filter(draw_entry::Column::DrawId.eq(id))
        .order_by_asc(draw_entry::Column::Number)
        .all(conn)
        .await?)
}

pub(super) async fn entry_of(
    conn: &impl ConnectionTrait,
    id: DrawId,
    who: ResidentId,
) -> Result<Option<draw_entry::Model>> {
    Ok(draw_entry::Entity::find()
        .filter(draw_entry::Column::DrawId.eq(id))
        .filter(draw_entry::Column::ResidentId.eq(who))
        .one(conn)
        .await?)
}

/// How often everybody got nothing since they last got something.
pub(super) async fn losses(conn: &impl ConnectionTrait) -> Result<HashMap<ResidentId, u32>> {
    let rows: Vec<(ResidentId, Option<bool>)> = draw_entry::Entity::find()
        .select_only()
        .columns([draw_entry::Column::ResidentId, draw_entry::Column::Lost])
        .filter(draw_entry::Column::Lost.is_not_null())
        .order_by_asc(draw_entry::Column::DrawId)
        .into_tuple()
        .all(conn)
        .await?;
    let mut losses = HashMap::new();
    for (who, lost) in rows {
        let count = losses.entry(who).or_insert(0);
        *count = if lost == Some(true) { *count + 1 } else { 0 };
    }
    Ok(losses)
}

/// The classes of a draw whose places have not been given yet.
pub(super) async fn open_classes(conn: &impl ConnectionTrait, id: DrawId) -> Result<Vec<ClassId>> {
    Ok(draw_class::Entity::find()
        .select_only()
        .column(draw_class::Column::ClassId)
        .filter(draw_class::Column::DrawId.eq(id))
        .filter(draw_class::Column::AppliedAt.is_null())
        .order_by_asc(draw_class::Column::ClassId)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The places of a class are given in this transaction; false: they were before.
pub(super) async fn apply_class(
    tx: &DatabaseTransaction,
    id: DrawId,
    class: ClassId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let applied = draw_class::Entity::update_many()
        .col_expr(draw_class::Column::AppliedAt, Expr::value(now))
        .filter(draw_class::Column::DrawId.eq(id))
        .filter(draw_class::Column::ClassId.eq(class))
        .filter(draw_class::Column::AppliedAt.is_null())
        .exec(tx)
        .await?;
    Ok(applied.rows_affected == 1)
}

// ---- who was in which course before: enrolments, read only ----

fn placed_elsewhere(term: TermId) -> sea_orm::Select<enrolment::Entity> {
    enrolment::Entity::find()
        .select_only()
        .columns([enrolment::Column::ResidentId, enrolment::Column::CourseId])
        .filter(enrolment::Column::TermId.ne(term))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
}

/// Who, of those with wishes for a term, has been in which course in another one.
pub(super) async fn experience(
    conn: &impl ConnectionTrait,
    term: TermId,
) -> Result<HashSet<(ResidentId, CourseId)>> {
    let wishing = Query::select()
        .column(wish::Column::ResidentId)
        .from(wish::Entity)
        .and_where(wish::Column::TermId.eq(term))
        .take();
    let rows: Vec<(ResidentId, CourseId)> = placed_elsewhere(term)
        .filter(enrolment::Column::ResidentId.in_subquery(wishing))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The courses that somebody was in, in a term.
pub(super) async fn courses_in(
    conn: &impl ConnectionTrait,
    who: ResidentId,
    term: TermId,
) -> Result<Vec<CourseId>> {
    Ok(enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::CourseId)
        .filter(enrolment::Column::ResidentId.eq(who))
        .filter(enrolment::Column::TermId.eq(term))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?)
}
