//! The only queries on logins, their sessions and the audit.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use entity::ids::{CommunityId, StaffId};
use entity::kinds::Role;
use entity::{audit, community, staff, staff_session};

use super::NewLogin;
use crate::error::Result;

pub(super) async fn by_login(
    conn: &impl ConnectionTrait,
    login: &str,
) -> Result<Option<staff::Model>> {
    Ok(staff::Entity::find().filter(staff::Column::Login.eq(login)).one(conn).await?)
}

pub(super) async fn by_id(
    conn: &impl ConnectionTrait,
    id: StaffId,
) -> Result<Option<staff::Model>> {
    Ok(staff::Entity::find_by_id(id).one(conn).await?)
}

/// The row, kept from change until the transaction ends.
pub(super) async fn lock(tx: &DatabaseTransaction, id: StaffId) -> Result<Option<staff::Model>> {
    Ok(staff::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?)
}

pub(super) async fn all(conn: &impl ConnectionTrait) -> Result<Vec<staff::Model>> {
    Ok(staff::Entity::find().order_by_asc(staff::Column::Id).all(conn).await?)
}

pub(super) async fn any(conn: &impl ConnectionTrait) -> Result<bool> {
    Ok(staff::Entity::find().limit(1).one(conn).await?.is_some())
}

pub(super) async fn names(
    conn: &impl ConnectionTrait,
    ids: &[StaffId],
) -> Result<HashMap<StaffId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(staff::Entity::find()
        .select_only()
        .column(staff::Column::Id)
        .column(staff::Column::Name)
        .filter(staff::Column::Id.is_in(ids.iter().copied()))
        .into_tuple::<(StaffId, String)>()
        .all(conn)
        .await?
        .into_iter()
        .collect())
}

pub(super) async fn community_name(
    conn: &impl ConnectionTrait,
    id: CommunityId,
) -> Result<Option<String>> {
    Ok(community::Entity::find_by_id(id).one(conn).await?.map(|community| community.name))
}

/// `None` when the login is taken.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    new: &NewLogin,
    password_hash: String,
    now: DateTime<Utc>,
) -> Result<Option<StaffId>> {
    let row = staff::ActiveModel {
        login: Set(new.login.clone()),
        name: Set(new.name.clone()),
        role: Set(new.role),
        community_id: Set(new.community),
        password_hash: Set(password_hash),
        failed_logins: Set(0),
        created_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::column(staff::Column::Login).do_nothing().to_owned();
    if staff::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await? == 0 {
        return Ok(None);
    }
    Ok(by_login(tx, &new.login).await?.map(|row| row.id))
}

/// Counts a try before its password is looked at; false when the login is locked.
/// The try that reaches `limit` locks the login until `locked_until`.
pub(super) async fn count_try(
    tx: &DatabaseTransaction,
    id: StaffId,
    limit: i32,
    now: DateTime<Utc>,
    locked_until: DateTime<Utc>,
) -> Result<bool> {
    use staff::Column;
    // A lock that is over: the count starts anew.
    staff::Entity::update_many()
        .col_expr(Column::FailedLogins, Expr::value(0))
        .col_expr(Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(id))
        .filter(Column::LockedUntil.lte(now))
        .exec(tx)
        .await?;
    let counted = staff::Entity::update_many()
        .col_expr(Column::FailedLogins, Expr::col(Column::FailedLogins).add(1))
        .filter(Column::Id.eq(id))
        .filter(Column::LockedUntil.is_null())
        .exec(tx)
        .await?;
    if counted.rows_affected == 0 {
        return Ok(false);
    }
    staff::Entity::update_many()
        .col_expr(Column::LockedUntil, Expr::value(locked_until))
        .filter(Column::Id.eq(id))
        .filter(Column::FailedLogins.gte(limit))
        .exec(tx)
        .await?;
    Ok(true)
}

pub(super) async fn forget_failures(tx: &DatabaseTransaction, id: StaffId) -> Result<()> {
    use staff::Column;
    staff::Entity::update_many()
        .col_expr(Column::FailedLogins, Expr::value(0))
        .col_expr(Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn set_password(
    tx: &DatabaseTransaction,
    id: StaffId,
    hash: String,
) -> Result<()> {
    staff::Entity::update_many()
        .col_expr(staff::Column::PasswordHash, Expr::value(hash))
        .filter(staff::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn set_disabled(
    tx: &DatabaseTransaction,
    id: StaffId,
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    staff::Entity::update_many()
        .col_expr(staff::Column::DisabledAt, Expr::value(at))
        .filter(staff::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Administrators who can sign in, kept from change until the transaction ends;
/// always in the same order, so that two who ask do not wait for each other.
pub(super) async fn administrators(tx: &DatabaseTransaction) -> Result<Vec<StaffId>> {
    let rows = staff::Entity::find()
        .filter(staff::Column::Role.eq(Role::Admin))
        .filter(staff::Column::DisabledAt.is_null())
        .order_by_asc(staff::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub(super) async fn open_session(
    tx: &DatabaseTransaction,
    staff: StaffId,
    token_hash: String,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    let row = staff_session::ActiveModel {
        staff_id: Set(staff),
        token_hash: Set(token_hash),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// A session that counts, and whose it is.
pub(super) async fn session(
    conn: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<(staff_session::Model, staff::Model)>> {
    let session = staff_session::Entity::find()
        .filter(staff_session::Column::TokenHash.eq(token_hash))
        .filter(staff_session::Column::RevokedAt.is_null())
        .filter(staff_session::Column::ExpiresAt.gt(now))
        .one(conn)
        .await?;
    let Some(session) = session else { return Ok(None) };
    let owner = by_id(conn, session.staff_id).await?.filter(|owner| owner.disabled_at.is_none());
    Ok(owner.map(|owner| (session, owner)))
}

pub(super) async fn prolong(
    tx: &DatabaseTransaction,
    session: i64,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    staff_session::Entity::update_many()
        .col_expr(staff_session::Column::LastSeenAt, Expr::value(now))
        .col_expr(staff_session::Column::ExpiresAt, Expr::value(expires_at))
        .filter(staff_session::Column::Id.eq(session))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends one session by its token.
pub(super) async fn revoke(
    tx: &DatabaseTransaction,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    staff_session::Entity::update_many()
        .col_expr(staff_session::Column::RevokedAt, Expr::value(now))
        .filter(staff_session::Column::TokenHash.eq(token_hash))
        .filter(staff_session::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends all sessions of a person, except the one with this token.
pub(super) async fn revoke_all(
    tx: &DatabaseTransaction,
    staff: StaffId,
    except: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut update = staff_session::Entity::update_many()
        .col_expr(staff_session::Column::RevokedAt, Expr::value(now))
        .filter(staff_session::Column::StaffId.eq(staff))
        .filter(staff_session::Column::RevokedAt.is_null());
    if let Some(token_hash) = except {
        update = update.filter(staff_session::Column::TokenHash.ne(token_hash));
    }
    update.exec(tx).await?;
    Ok(())
}

pub(super) async fn record(
    tx: &DatabaseTransaction,
    staff: Option<StaffId>,
    action: &str,
    object: &str,
    detail: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    record_all(tx, staff, action, &[object.to_owned()], detail, now).await
}

/// Of many things at once.
pub(super) async fn record_all(
    tx: &DatabaseTransaction,
    staff: Option<StaffId>,
    action: &str,
    objects: &[String],
    detail: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    // SQLite takes 32,766 values in a statement.
    for some in objects.chunks(500) {
        let rows = some.iter().map(|object| audit::ActiveModel {
            staff_id: Set(staff),
            action: Set(action.to_owned()),
            object: Set(object.clone()),
            detail: Set(detail.map(str::to_owned)),
            at: Set(now),
            ..Default::default()
        });
        audit::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What was done to a thing, the newest first.
pub(super) async fn records_of(
    conn: &impl ConnectionTrait,
    object: &str,
    limit: u64,
) -> Result<Vec<audit::Model>> {
    Ok(audit::Entity::find()
        .filter(audit::Column::Object.eq(object))
        .order_by_desc(audit::Column::Id)
        .limit(limit)
        .all(conn)
        .await?)
}

/// How often an action was recorded: for tests and for the log's reader.
pub(super) async fn count_records(conn: &impl ConnectionTrait, action: &str) -> Result<u64> {
    Ok(audit::Entity::find().filter(audit::Column::Action.eq(action)).count(conn).await?)
}
