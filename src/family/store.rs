//! The only queries on delegations and the codes that begin them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use entity::delegation::{ActiveModel, Column, Entity, Model};
use entity::ids::{DelegationId, ResidentId};
use entity::kinds::{ActorKind, DelegatedScope, Kinship};
use entity::{family_code, family_try, resident};

use super::Terms;
use crate::error::Result;

pub(super) async fn one(conn: &impl ConnectionTrait, id: DelegationId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// The one between the two that was not ended; its day may be over. Of who is erased there
/// is none, also before the rest has followed.
pub(super) async fn between(
    conn: &impl ConnectionTrait,
    learner: ResidentId,
    delegate: ResidentId,
) -> Result<Option<Model>> {
    let living = Query::select()
        .column(resident::Column::Id)
        .from(resident::Entity)
        .and_where(resident::Column::Id.is_in([learner, delegate]))
        .and_where(resident::Column::ErasedAt.is_null())
        .to_owned();
    Ok(Entity::find()
        .filter(Column::LearnerId.eq(learner))
        .filter(Column::DelegateId.eq(delegate))
        .filter(Column::LearnerId.in_subquery(living))
        .filter(Column::EndedAt.is_null())
        .one(conn)
        .await?)
}

fn either(people: &[ResidentId]) -> Condition {
    Condition::any()
        .add(Column::LearnerId.is_in(people.iter().copied()))
        .add(Column::DelegateId.is_in(people.iter().copied()))
}

/// All that hold today and touch one of these people, oldest first.
pub(super) async fn live_of(
    conn: &impl ConnectionTrait,
    people: &[ResidentId],
    today: NaiveDate,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(either(people))
        .filter(Column::EndedAt.is_null())
        .filter(Column::LastDay.gte(today))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// Learner and family member, of those who get notices today.
pub(super) async fn also_told(
    conn: &impl ConnectionTrait,
    learners: &[ResidentId],
    today: NaiveDate,
) -> Result<Vec<(ResidentId, ResidentId)>> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::LearnerId, Column::DelegateId])
        .filter(Column::LearnerId.is_in(learners.iter().copied()))
        .filter(Column::EndedAt.is_null())
        .filter(Column::LastDay.gte(today))
        .filter(Column::GetsNotices.eq(true))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// What was said last of each two.
pub(super) async fn relations(
    conn: &impl ConnectionTrait,
    learners: &[ResidentId],
) -> Result<HashMap<(ResidentId, ResidentId), Kinship>> {
    let rows = Entity::find()
        .filter(Column::LearnerId.is_in(learners.iter().copied()))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| ((row.learner_id, row.delegate_id), row.relation)).collect())
}

pub(super) async fn insert(tx: &DatabaseTransaction, row: ActiveModel) -> Result<DelegationId> {
    Ok(row.insert(tx).await?.id)
}

/// True when it had not been ended before.
pub(super) async fn end(
    tx: &DatabaseTransaction,
    id: DelegationId,
    by: (ActorKind, Option<i64>),
    now: DateTime<Utc>,
) -> Result<bool> {
    let ended = ending(by, now).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(ended.rows_affected == 1)
}

/// Ends all that touch a person.
pub(super) async fn end_all(
    tx: &DatabaseTransaction,
    who: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    ending((ActorKind::System, None), now).filter(either(&[who])).exec(tx).await?;
    Ok(())
}

fn ending(by: (ActorKind, Option<i64>), now: DateTime<Utc>) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::EndedByKind, Expr::value(by.0))
        .col_expr(Column::EndedBy, Expr::value(by.1))
        .filter(Column::EndedAt.is_null())
}

// ---- codes ----

/// What a code lets its finder do.
pub(super) fn may(row: &family_code::Model) -> Vec<DelegatedScope> {
    let all = [
        (DelegatedScope::Enrolment, row.may_enrol),
        (DelegatedScope::Record, row.may_see_record),
        (DelegatedScope::Notices, row.gets_notices),
    ];
    all.into_iter().filter(|(_, may)| *may).map(|(scope, _)| scope).collect()
}

/// False when another has this code.
pub(super) async fn add_code(
    tx: &DatabaseTransaction,
    learner: ResidentId,
    code_hash: String,
    terms: &Terms,
    consent_version: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let may = |scope| Set(terms.may.contains(&scope));
    let row = family_code::ActiveModel {
        learner_id: Set(learner),
        code_hash: Set(code_hash),
        may_enrol: may(DelegatedScope::Enrolment),
        may_see_record: may(DelegatedScope::Record),
        gets_notices: may(DelegatedScope::Notices),
        last_day: Set(terms.last_day),
        consent_version: Set(consent_version.to_owned()),
        created_at: Set(now),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    let once = OnConflict::column(family_code::Column::CodeHash).do_nothing().to_owned();
    Ok(family_code::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await? == 1)
}

pub(super) async fn code(
    conn: &impl ConnectionTrait,
    code_hash: &str,
) -> Result<Option<family_code::Model>> {
    let find = family_code::Entity::find().filter(family_code::Column::CodeHash.eq(code_hash));
    Ok(find.one(conn).await?)
}

/// Uses up a code; false when it is used, void or too old.
pub(super) async fn use_code(
    tx: &DatabaseTransaction,
    id: i64,
    by: ResidentId,
    now: DateTime<Utc>,
) -> Result<bool> {
    use family_code::Column;
    let used = family_code::Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .col_expr(Column::UsedBy, Expr::value(by))
        .filter(Column::Id.eq(id))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .exec(tx)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Ends the codes of a learner that nobody has used.
pub(super) async fn void_codes(
    tx: &DatabaseTransaction,
    learner: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    use family_code::Column;
    family_code::Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(now))
        .filter(Column::LearnerId.eq(learner))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn forget_codes(tx: &DatabaseTransaction, who: ResidentId) -> Result<()> {
    use family_code::Column;
    let theirs = Condition::any().add(Column::LearnerId.eq(who)).add(Column::UsedBy.eq(who));
    family_code::Entity::delete_many().filter(theirs).exec(tx).await?;
    let tries = family_try::Entity::delete_many();
    tries.filter(family_try::Column::ResidentId.eq(who)).exec(tx).await?;
    Ok(())
}

pub(super) async fn tries(
    conn: &impl ConnectionTrait,
    who: ResidentId,
    since: DateTime<Utc>,
) -> Result<u64> {
    use family_try::Column;
    let find = family_try::Entity::find().filter(Column::ResidentId.eq(who));
    Ok(find.filter(Column::At.gt(since)).count(conn).await?)
}

pub(super) async fn add_try(
    tx: &DatabaseTransaction,
    who: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = family_try::ActiveModel { resident_id: Set(who), at: Set(now), ..Default::default() };
    row.insert(tx).await?;
    Ok(())
}

pub(super) async fn prune(tx: &DatabaseTransaction, before: DateTime<Utc>) -> Result<()> {
    let codes = family_code::Entity::delete_many();
    codes.filter(family_code::Column::ExpiresAt.lt(before)).exec(tx).await?;
    let tries = family_try::Entity::delete_many();
    tries.filter(family_try::Column::At.lt(before)).exec(tx).await?;
    Ok(())
}
