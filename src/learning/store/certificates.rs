//! Queries on certificates.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder,
};

use entity::certificate::{ActiveModel, Column, Entity, Model};
use entity::ids::{ClassId, ResidentId, StaffId};
use entity::kinds::CertificateKind;

use crate::error::Result;
use crate::members;

pub(in crate::learning) struct New {
    pub(in crate::learning) kind: CertificateKind,
    pub(in crate::learning) resident: ResidentId,
    pub(in crate::learning) class: Option<ClassId>,
    pub(in crate::learning) year: Option<i32>,
    pub(in crate::learning) name: String,
    pub(in crate::learning) about: String,
    /// In hundredths.
    pub(in crate::learning) hours: i64,
    /// In tenths.
    pub(in crate::learning) credits: i64,
    pub(in crate::learning) by: Option<StaffId>,
}

pub(in crate::learning) async fn add(
    tx: &DatabaseTransaction,
    number: &str,
    new: New,
    now: DateTime<Utc>,
) -> Result<Model> {
    let row = ActiveModel {
        number: Set(number.to_owned()),
        kind: Set(new.kind),
        resident_id: Set(new.resident),
        class_id: Set(new.class),
        year: Set(new.year),
        name: Set(new.name),
        about: Set(new.about),
        hours_hundredths: Set(i32::try_from(new.hours).unwrap_or(i32::MAX)),
        credits_tenths: Set(i32::try_from(new.credits).unwrap_or(i32::MAX)),
        issued_by: Set(new.by),
        issued_at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// Statements of one person are made one after the other.
pub(in crate::learning) async fn lock_resident(
    tx: &DatabaseTransaction,
    resident: ResidentId,
) -> Result<()> {
    members::lock(tx, resident).await.map(drop)
}

pub(in crate::learning) async fn live_of_class(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<HashMap<ResidentId, Model>> {
    let rows = Entity::find()
        .filter(Column::ClassId.eq(class))
        .filter(Column::RevokedAt.is_null())
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.resident_id, row)).collect())
}

pub(in crate::learning) async fn live_statements(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    year: i32,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Year.eq(year))
        .filter(Column::RevokedAt.is_null())
        .all(conn)
        .await?)
}

/// Statements of a volunteer's hours that stand.
pub(in crate::learning) async fn live_services(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Kind.eq(CertificateKind::Service))
        .filter(Column::RevokedAt.is_null())
        .all(conn)
        .await?)
}

pub(in crate::learning) async fn by_number(
    conn: &impl ConnectionTrait,
    number: &str,
) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Number.eq(number)).one(conn).await?)
}

pub(in crate::learning) async fn by_id(
    conn: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

pub(in crate::learning) async fn of_resident(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .order_by_desc(Column::Id)
        .all(conn)
        .await?)
}

/// False: it was revoked before.
pub(in crate::learning) async fn revoke(
    tx: &DatabaseTransaction,
    id: i64,
    by: Option<StaffId>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::RevokedBy, Expr::value(by))
        .col_expr(Column::RevokedFor, Expr::value(reason))
        .filter(Column::Id.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The number still says that something was handed out, and nobody's name.
pub(in crate::learning) async fn forget(
    tx: &DatabaseTransaction,
    resident: ResidentId,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Name, Expr::value("已注销学员"))
        .filter(Column::ResidentId.eq(resident))
        .exec(tx)
        .await?;
    Entity::update_many()
        .col_expr(Column::RevokedFor, Expr::value("（已注销，内容已删）"))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::RevokedFor.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}
