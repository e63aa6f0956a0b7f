//! The tray: what could not be taken, until somebody settles it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use entity::ids::{MeetingId, ResidentId, StaffId, TrayId};
use entity::kinds::{AttendanceStatus, ScanKind, TrayOutcome};
use entity::scan_tray::{Column, Entity, Model};
use entity::{attendance, scan_tray};

use crate::error::Result;
use crate::sql::among;

/// What is kept of a scan that could not be taken.
#[derive(Clone, Debug)]
pub(in crate::attendance) struct NewEntry {
    pub(in crate::attendance) scan_id: String,
    pub(in crate::attendance) meeting: MeetingId,
    pub(in crate::attendance) resident: Option<ResidentId>,
    pub(in crate::attendance) kind: ScanKind,
    pub(in crate::attendance) status: Option<AttendanceStatus>,
    pub(in crate::attendance) reason: Option<String>,
    pub(in crate::attendance) raw: String,
    pub(in crate::attendance) why: &'static str,
    /// Staff, or a resident.
    pub(in crate::attendance) uploaded_by: (Option<StaffId>, Option<ResidentId>),
    pub(in crate::attendance) device: String,
    pub(in crate::attendance) device_at: DateTime<Utc>,
    pub(in crate::attendance) happened_at: DateTime<Utc>,
}

pub(in crate::attendance) async fn add(
    tx: &DatabaseTransaction,
    entries: &[NewEntry],
    now: DateTime<Utc>,
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = entries.iter().cloned().map(|entry| scan_tray::ActiveModel {
        scan_id: Set(entry.scan_id),
        meeting_id: Set(entry.meeting),
        resident_id: Set(entry.resident),
        kind: Set(entry.kind),
        status: Set(entry.status),
        reason: Set(entry.reason),
        raw: Set(entry.raw),
        why: Set(entry.why.to_owned()),
        uploaded_by: Set(entry.uploaded_by.0),
        uploaded_by_resident: Set(entry.uploaded_by.1),
        device: Set(entry.device),
        device_at: Set(entry.device_at),
        happened_at: Set(entry.happened_at),
        received_at: Set(now),
        ..Default::default()
    });
    let once = OnConflict::column(Column::ScanId).do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(once).exec_without_returning(tx).await?;
    Ok(())
}

/// Of these names, those that lie here or lay here, with why, and whether they are settled.
pub(in crate::attendance) async fn known(
    conn: &impl ConnectionTrait,
    scan_ids: &[String],
) -> Result<HashMap<String, Model>> {
    let rows = Entity::find().filter(among(conn, Column::ScanId, scan_ids)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.scan_id.clone(), row)).collect())
}

/// The newest first; `most` at most of those that are settled.
pub(in crate::attendance) async fn list(
    conn: &impl ConnectionTrait,
    settled: bool,
    most: u64,
) -> Result<Vec<Model>> {
    let find = Entity::find();
    let find = if settled {
        find.filter(Column::SettledAt.is_not_null()).order_by_desc(Column::SettledAt).limit(most)
    } else {
        find.filter(Column::SettledAt.is_null()).order_by_desc(Column::Id)
    };
    Ok(find.all(conn).await?)
}

/// What the register says of those whom these entries are about.
pub(in crate::attendance) async fn register(
    conn: &impl ConnectionTrait,
    rows: &[Model],
) -> Result<HashMap<(MeetingId, ResidentId), AttendanceStatus>> {
    let found = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.is_in(rows.iter().map(|row| row.meeting_id)))
        .filter(attendance::Column::ResidentId.is_in(rows.iter().filter_map(|row| row.resident_id)))
        .all(conn)
        .await?;
    let said = found.into_iter();
    Ok(said.filter_map(|row| Some(((row.meeting_id, row.resident_id), row.status?))).collect())
}

/// The entry, locked.
pub(in crate::attendance) async fn lock(
    tx: &DatabaseTransaction,
    id: TrayId,
) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

pub(in crate::attendance) async fn settle(
    tx: &DatabaseTransaction,
    id: TrayId,
    resident: Option<ResidentId>,
    (by, outcome, reason): (StaffId, TrayOutcome, &str),
    now: DateTime<Utc>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::ResidentId, Expr::value(resident))
        .col_expr(Column::SettledAt, Expr::value(now))
        .col_expr(Column::SettledBy, Expr::value(by))
        .col_expr(Column::Outcome, Expr::value(outcome))
        .col_expr(Column::SettleReason, Expr::value(reason))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
