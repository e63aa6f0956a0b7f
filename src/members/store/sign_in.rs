//! The only queries on sign-in codes and attempts.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder,
};

use entity::ids::{ResidentId, SignInCodeId, StaffId};
use entity::kinds::SignInTry;
use entity::{sign_in_code, sign_in_try};

use crate::error::Result;

/// A code that is to be written down.
pub(in crate::members) struct New {
    pub(in crate::members) number_hash: Option<String>,
    pub(in crate::members) resident: Option<ResidentId>,
    pub(in crate::members) code_hash: String,
    pub(in crate::members) letter_sealed: Option<String>,
    pub(in crate::members) issued_by: Option<StaffId>,
    pub(in crate::members) expires_at: DateTime<Utc>,
}

pub(in crate::members) async fn add(
    tx: &DatabaseTransaction,
    new: New,
    now: DateTime<Utc>,
) -> Result<SignInCodeId> {
    let row = sign_in_code::ActiveModel {
        number_hash: Set(new.number_hash),
        resident_id: Set(new.resident),
        code_hash: Set(new.code_hash),
        letter_sealed: Set(new.letter_sealed),
        issued_by: Set(new.issued_by),
        created_at: Set(now),
        expires_at: Set(new.expires_at),
        tries: Set(0),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

pub(in crate::members) async fn by_id(
    conn: &impl ConnectionTrait,
    id: SignInCodeId,
) -> Result<Option<sign_in_code::Model>> {
    Ok(sign_in_code::Entity::find_by_id(id).one(conn).await?)
}

/// The codes that this number or one of these people could enter now.
pub(in crate::members) async fn live(
    tx: &DatabaseTransaction,
    number_hash: Option<&str>,
    people: &[ResidentId],
    tries: i32,
    now: DateTime<Utc>,
) -> Result<Vec<sign_in_code::Model>> {
    use sign_in_code::Column;
    let mut whose = Condition::any();
    if let Some(hash) = number_hash {
        whose = whose.add(Column::NumberHash.eq(hash));
    }
    if !people.is_empty() {
        whose = whose.add(Column::ResidentId.is_in(people.iter().copied()));
    }
    if whose.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sign_in_code::Entity::find()
        .filter(whose)
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::Tries.lt(tries))
        .order_by_asc(Column::Id)
        .all(tx)
        .await?)
}

pub(in crate::members) async fn count_wrong(
    tx: &DatabaseTransaction,
    ids: &[SignInCodeId],
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    sign_in_code::Entity::update_many()
        .col_expr(sign_in_code::Column::Tries, Expr::col(sign_in_code::Column::Tries).add(1))
        .filter(sign_in_code::Column::Id.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Good once: false where another was faster.
pub(in crate::members) async fn used(
    tx: &DatabaseTransaction,
    id: SignInCodeId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sign_in_code::Entity::update_many()
        .col_expr(sign_in_code::Column::UsedAt, Expr::value(now))
        .filter(sign_in_code::Column::Id.eq(id))
        .filter(sign_in_code::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// What was in the message is forgotten when it is on its way.
pub(in crate::members) async fn sent(tx: &DatabaseTransaction, id: SignInCodeId) -> Result<()> {
    sign_in_code::Entity::update_many()
        .col_expr(sign_in_code::Column::LetterSealed, Expr::value(Option::<String>::None))
        .filter(sign_in_code::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// A newer one is on its way to this number.
pub(in crate::members) async fn end_sent(
    tx: &DatabaseTransaction,
    number_hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    end(tx, sign_in_code::Column::NumberHash.eq(number_hash), now).await
}

/// A newer one is made for this person.
pub(in crate::members) async fn end_handed_out(
    tx: &DatabaseTransaction,
    id: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    end(tx, sign_in_code::Column::ResidentId.eq(id), now).await
}

async fn end(
    tx: &DatabaseTransaction,
    whose: sea_orm::sea_query::SimpleExpr,
    now: DateTime<Utc>,
) -> Result<()> {
    sign_in_code::Entity::update_many()
        .col_expr(sign_in_code::Column::ExpiresAt, Expr::value(now))
        .filter(whose)
        .filter(sign_in_code::Column::UsedAt.is_null())
        .filter(sign_in_code::Column::ExpiresAt.gt(now))
        .exec(tx)
        .await?;
    Ok(())
}

/// Messages since then.
pub(in crate::members) async fn sent_since(
    tx: &DatabaseTransaction,
    since: DateTime<Utc>,
) -> Result<u64> {
    Ok(sign_in_code::Entity::find()
        .filter(sign_in_code::Column::NumberHash.is_not_null())
        .filter(sign_in_code::Column::CreatedAt.gt(since))
        .count(tx)
        .await?)
}

pub(in crate::members) async fn add_try(
    tx: &DatabaseTransaction,
    what: SignInTry,
    number_hash: &str,
    address_hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = sign_in_try::ActiveModel {
        what: Set(what),
        number_hash: Set(number_hash.to_owned()),
        address_hash: Set(address_hash.to_owned()),
        at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

pub(in crate::members) async fn tries_of_number(
    tx: &DatabaseTransaction,
    what: SignInTry,
    number_hash: &str,
    since: DateTime<Utc>,
) -> Result<u64> {
    tries(tx, what, sign_in_try::Column::NumberHash.eq(number_hash), since).await
}

pub(in crate::members) async fn tries_of_address(
    tx: &DatabaseTransaction,
    what: SignInTry,
    address_hash: &str,
    since: DateTime<Utc>,
) -> Result<u64> {
    tries(tx, what, sign_in_try::Column::AddressHash.eq(address_hash), since).await
}

async fn tries(
    tx: &DatabaseTransaction,
    what: SignInTry,
    whose: sea_orm::sea_query::SimpleExpr,
    since: DateTime<Utc>,
) -> Result<u64> {
    Ok(sign_in_try::Entity::find()
        .filter(sign_in_try::Column::What.eq(what))
        .filter(whose)
        .filter(sign_in_try::Column::At.gt(since))
        .count(tx)
        .await?)
}

/// What is no longer needed for any limit.
pub(in crate::members) async fn forget_old(
    tx: &DatabaseTransaction,
    before: DateTime<Utc>,
) -> Result<()> {
    sign_in_try::Entity::delete_many().filter(sign_in_try::Column::At.lt(before)).exec(tx).await?;
    sign_in_code::Entity::delete_many()
        .filter(sign_in_code::Column::CreatedAt.lt(before))
        .exec(tx)
        .await?;
    Ok(())
}

/// The codes of somebody who is erased.
pub(in crate::members) async fn forget(
    tx: &DatabaseTransaction,
    id: ResidentId,
    number_hash: Option<&str>,
) -> Result<()> {
    let mut whose = Condition::any().add(sign_in_code::Column::ResidentId.eq(id));
    if let Some(hash) = number_hash {
        whose = whose.add(sign_in_code::Column::NumberHash.eq(hash));
    }
    sign_in_code::Entity::delete_many().filter(whose).exec(tx).await?;
    Ok(())
}
