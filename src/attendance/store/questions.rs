//! How people scanned, what was counted, and what was found out about it.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationDef,
};

use entity::ids::{ClassId, MeetingId, ResidentId, StaffId};
use entity::kinds::CheckInWay;
use entity::{attendance_event, head_count, meeting, pattern_note, poster_claim};

use crate::attendance::patterns::{LastCount, OwnScan};
use crate::error::Result;

/// Codes and posters that people scanned themselves, at meetings since `from`.
pub(in crate::attendance) async fn own_scans(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    closes_after: TimeDelta,
) -> Result<Vec<OwnScan>> {
    type Row = (ClassId, MeetingId, DateTime<Utc>, ResidentId, Option<String>, DateTime<Utc>);
    let to: RelationDef = attendance_event::Entity::belongs_to(meeting::Entity)
        .from(attendance_event::Column::MeetingId)
        .to(meeting::Column::Id)
        .into();
    let mut rows: Vec<Row> = attendance_event::Entity::find()
        .join(JoinType::InnerJoin, to)
        .select_only()
        .columns([meeting::Column::ClassId, meeting::Column::Id, meeting::Column::EndsAt])
        .column(attendance_event::Column::ResidentId)
        .column(attendance_event::Column::Device)
        .column(attendance_event::Column::HappenedAt)
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(attendance_event::Column::Way.eq(CheckInWay::Code))
        .into_tuple()
        .all(conn)
        .await?;
    let to: RelationDef = poster_claim::Entity::belongs_to(meeting::Entity)
        .from(poster_claim::Column::MeetingId)
        .to(meeting::Column::Id)
        .into();
    let posters: Vec<Row> = poster_claim::Entity::find()
        .join(JoinType::InnerJoin, to)
        .select_only()
        .columns([meeting::Column::ClassId, meeting::Column::Id, meeting::Column::EndsAt])
        .column(poster_claim::Column::ResidentId)
        .column(poster_claim::Column::Device)
        .column(poster_claim::Column::ClaimedAt)
        .filter(meeting::Column::StartsAt.gte(from))
        .into_tuple()
        .all(conn)
        .await?;
    rows.extend(posters);
    let scan = |(class, meeting, ends_at, resident, device, at): Row| OwnScan {
        class,
        meeting,
        closes_at: ends_at + closes_after,
        resident,
        device: device.unwrap_or_default(),
        at,
    };
    Ok(rows.into_iter().map(scan).collect())
}

/// The last count of each meeting since `from`.
pub(in crate::attendance) async fn last_counts(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    tolerance: i32,
) -> Result<Vec<LastCount>> {
    let to: RelationDef = head_count::Entity::belongs_to(meeting::Entity)
        .from(head_count::Column::MeetingId)
        .to(meeting::Column::Id)
        .into();
    let rows: Vec<(ClassId, MeetingId, i32, i32)> = head_count::Entity::find()
        .join(JoinType::InnerJoin, to)
        .select_only()
        .columns([meeting::Column::ClassId, meeting::Column::Id])
        .columns([head_count::Column::People, head_count::Column::Present])
        .filter(meeting::Column::StartsAt.gte(from))
        .order_by_asc(head_count::Column::HappenedAt)
        .order_by_asc(head_count::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    let count = |(class, meeting, people, present)| {
        let fewer_there = present - people > tolerance;
        (meeting, LastCount { class, meeting, fewer_there })
    };
    let last: HashMap<MeetingId, LastCount> = rows.into_iter().map(count).collect();
    Ok(last.into_values().collect())
}

/// What was found last about these.
pub(in crate::attendance) async fn notes(
    conn: &impl ConnectionTrait,
    patterns: &[String],
) -> Result<HashMap<String, pattern_note::Model>> {
    let rows = pattern_note::Entity::find()
        .filter(pattern_note::Column::Pattern.is_in(patterns.iter().cloned()))
        .order_by_asc(pattern_note::Column::Id)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.pattern.clone(), row)).collect())
}

pub(in crate::attendance) async fn note(
    tx: &DatabaseTransaction,
    (pattern, times, found): (&str, i32, &str),
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = pattern_note::ActiveModel {
        pattern: Set(pattern.to_owned()),
        times: Set(times),
        found: Set(found.to_owned()),
        found_by: Set(by),
        found_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}
