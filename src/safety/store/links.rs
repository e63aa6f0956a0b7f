//! The only queries on whose account staff have in the mini-program.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use entity::ids::{ResidentId, StaffId};
use entity::staff_wechat::{ActiveModel, Column, Entity, Model};

use crate::error::Result;

pub(in crate::safety) async fn of(
    conn: &impl ConnectionTrait,
    staff: StaffId,
) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(staff).one(conn).await?)
}

/// A new code; the one before is void. The link that there is stands until another is made.
pub(in crate::safety) async fn set_code(
    tx: &DatabaseTransaction,
    staff: StaffId,
    hash: &str,
    until: DateTime<Utc>,
) -> Result<()> {
    let row = ActiveModel {
        staff_id: Set(staff),
        code_hash: Set(Some(hash.to_owned())),
        code_until: Set(Some(until)),
        ..Default::default()
    };
    let anew = OnConflict::column(Column::StaffId)
        .update_columns([Column::CodeHash, Column::CodeUntil])
        .to_owned();
    Entity::insert(row).on_conflict(anew).exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::safety) async fn by_code(
    conn: &impl ConnectionTrait,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::CodeHash.eq(hash))
        .filter(Column::CodeUntil.gt(now))
        .one(conn)
        .await?)
}

/// Uses a code up; false when somebody was faster.
pub(in crate::safety) async fn link(
    tx: &DatabaseTransaction,
    hash: &str,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::CodeHash, Expr::value(None::<String>))
        .col_expr(Column::CodeUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::ResidentId, Expr::value(resident))
        .col_expr(Column::LinkedAt, Expr::value(now))
        .filter(Column::CodeHash.eq(hash))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(in crate::safety) async fn unlink(tx: &DatabaseTransaction, staff: StaffId) -> Result<()> {
    Entity::delete_by_id(staff).exec(tx).await?;
    Ok(())
}

pub(in crate::safety) async fn forget(
    tx: &DatabaseTransaction,
    resident: ResidentId,
) -> Result<()> {
    Entity::delete_many().filter(Column::ResidentId.eq(resident)).exec(tx).await?;
    Ok(())
}
