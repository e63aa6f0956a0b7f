//! The only queries on followers and on codes that link them.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use entity::ids::ResidentId;
use entity::{follower, link_code, wechat_identity};

use crate::error::Result;
use crate::sql;

/// Followers in one statement.
const ROWS: usize = 256;

/// Notes that a person follows the account, or no longer does. `at` is when it
/// happened: an event that arrives late does not undo a newer one.
pub(super) async fn follow(
    tx: &DatabaseTransaction,
    openid: &str,
    following: bool,
    at: DateTime<Utc>,
) -> Result<()> {
    if insert(tx, openid, following, at).await? {
        return Ok(());
    }
    // Who comes anew is asked about anew.
    follower::Entity::update_many()
        .col_expr(follower::Column::AskedAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(follower::Column::Following, Expr::value(following))
        .col_expr(follower::Column::Since, Expr::value(at))
        .col_expr(follower::Column::UpdatedAt, Expr::value(at))
        .filter(follower::Column::Openid.eq(openid))
        .filter(follower::Column::UpdatedAt.lte(at))
        .exec(tx)
        .await?;
    Ok(())
}

/// True for somebody who was not known: who writes follows.
pub(super) async fn met(tx: &DatabaseTransaction, openid: &str, at: DateTime<Utc>) -> Result<bool> {
    insert(tx, openid, true, at).await
}

async fn insert(
    tx: &DatabaseTransaction,
    openid: &str,
    following: bool,
    at: DateTime<Utc>,
) -> Result<bool> {
    let once = OnConflict::column(follower::Column::Openid).do_nothing().to_owned();
    Ok(follower::Entity::insert(row(openid, following, at))
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?
        == 1)
}

fn row(openid: &str, following: bool, at: DateTime<Utc>) -> follower::ActiveModel {
    follower::ActiveModel {
        openid: Set(openid.to_owned()),
        unionid: Set(None),
        following: Set(following),
        since: Set(at),
        updated_at: Set(at),
        asked_at: Set(None),
    }
}

/// Those of whom the platform was not asked yet; also those without unionid of whom it
/// was last asked `before`.
pub(super) async fn unknown(
    conn: &impl ConnectionTrait,
    before: Option<DateTime<Utc>>,
    limit: u64,
) -> Result<Vec<String>> {
    use follower::Column;
    let mut which = Condition::any().add(Column::AskedAt.is_null());
    if let Some(before) = before {
        let again = Column::AskedAt.lt(before).and(Column::Unionid.is_null());
        which = which.add(again);
    }
    Ok(follower::Entity::find()
        .select_only()
        .column(Column::Openid)
        .filter(Column::Following.eq(true))
        .filter(which)
        .order_by_asc(Column::Openid)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The platform was asked about them.
pub(super) async fn asked(
    tx: &DatabaseTransaction,
    openids: &[String],
    now: DateTime<Utc>,
) -> Result<()> {
    follower::Entity::update_many()
        .col_expr(follower::Column::AskedAt, Expr::value(now))
        .filter(follower::Column::Openid.is_in(openids.iter().map(String::as_str)))
        .exec(tx)
        .await?;
    Ok(())
}

/// The platform lists them as followers, since `at`.
pub(super) async fn listed(
    tx: &DatabaseTransaction,
    openids: &[String],
    at: DateTime<Utc>,
) -> Result<()> {
    use follower::Column;
    let rows = openids.iter().map(|openid| row(openid, true, at));
    let once = OnConflict::column(Column::Openid).do_nothing().to_owned();
    sql::insert_once(tx, rows, ROWS, once, &[Column::Openid]).await?;
    for openids in openids.chunks(ROWS) {
        let theirs = Column::Openid.is_in(openids.iter().map(String::as_str));
        // What an event said meanwhile is newer.
        let older = Column::UpdatedAt.lt(at);
        follower::Entity::update_many()
            .col_expr(Column::Following, Expr::value(true))
            .col_expr(Column::Since, Expr::value(at))
            .filter(theirs.clone())
            .filter(older.clone())
            .filter(Column::Following.eq(false))
            .exec(tx)
            .await?;
        follower::Entity::update_many()
            .col_expr(Column::UpdatedAt, Expr::value(at))
            .filter(theirs)
            .filter(older)
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Whoever is not in the list of `at` follows no more.
pub(super) async fn unlisted(tx: &DatabaseTransaction, at: DateTime<Utc>) -> Result<()> {
    use follower::Column;
    follower::Entity::update_many()
        .col_expr(Column::Following, Expr::value(false))
        .col_expr(Column::Since, Expr::value(at))
        .col_expr(Column::UpdatedAt, Expr::value(at))
        .filter(Column::Following.eq(true))
        .filter(Column::UpdatedAt.lt(at))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn note_unionid(
    tx: &DatabaseTransaction,
    openid: &str,
    unionid: &str,
) -> Result<()> {
    follower::Entity::update_many()
        .col_expr(follower::Column::Unionid, Expr::value(unionid))
        .filter(follower::Column::Openid.eq(openid))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn unionid(conn: &impl ConnectionTrait, openid: &str) -> Result<Option<String>> {
    let row = follower::Entity::find_by_id(openid).one(conn).await?;
    Ok(row.and_then(|row| row.unionid))
}

/// Followers with a unionid of this resident: openid and unionid.
pub(super) async fn same_unionid(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<(String, String)>> {
    let known = wechat_identity::Entity::find()
        .filter(wechat_identity::Column::ResidentId.eq(resident))
        .filter(wechat_identity::Column::Unionid.is_not_null())
        .all(conn)
        .await?;
    let unionids: Vec<_> = known.into_iter().filter_map(|row| row.unionid).collect();
    if unionids.is_empty() {
        return Ok(Vec::new());
    }
    let found = follower::Entity::find()
        .filter(follower::Column::Unionid.is_in(unionids))
        .all(conn)
        .await?;
    Ok(found.into_iter().filter_map(|row| Some((row.openid, row.unionid?))).collect())
}

pub(super) async fn forget(tx: &DatabaseTransaction, openid: &str) -> Result<()> {
    follower::Entity::delete_by_id(openid).exec(tx).await?;
    Ok(())
}

pub(super) async fn keep_code(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    token_hash: String,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    code(resident, token_hash, now, expires_at).insert(tx).await?;
    Ok(())
}

/// Whose code this is: it is used up thereby.
pub(super) async fn use_code(
    tx: &DatabaseTransaction,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<ResidentId>> {
    use link_code::Column;
    let used = link_code::Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::TokenHash.eq(token_hash))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .exec(tx)
        .await?;
    if used.rows_affected == 0 {
        return Ok(None);
    }
    let row = link_code::Entity::find().filter(Column::TokenHash.eq(token_hash)).one(tx).await?;
    Ok(row.map(|row| row.resident_id))
}

/// False when this link was used before.
pub(super) async fn use_link(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    token_hash: String,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    let mut row = code(resident, token_hash, now, expires_at);
    row.used_at = Set(Some(now));
    let once = OnConflict::column(link_code::Column::TokenHash).do_nothing().to_owned();
    Ok(link_code::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await? == 1)
}

fn code(
    resident: ResidentId,
    token_hash: String,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> link_code::ActiveModel {
    link_code::ActiveModel {
        resident_id: Set(resident),
        token_hash: Set(token_hash),
        created_at: Set(now),
        expires_at: Set(expires_at),
        ..Default::default()
    }
}

pub(super) async fn prune_codes(tx: &DatabaseTransaction, before: DateTime<Utc>) -> Result<()> {
    let old = link_code::Entity::delete_many().filter(link_code::Column::ExpiresAt.lt(before));
    old.exec(tx).await?;
    Ok(())
}
