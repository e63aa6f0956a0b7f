//! Scans of posters that wait for a nod, or got one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use entity::ids::{ClaimId, MeetingId, ResidentId};
use entity::poster_claim::{ActiveModel, Column, Entity, Model};

use crate::error::Result;

/// The claim, if it is the first one.
pub(in crate::attendance) async fn add(
    tx: &DatabaseTransaction,
    (meeting, resident, device): (MeetingId, ResidentId, String),
    now: DateTime<Utc>,
) -> Result<Option<ClaimId>> {
    let row = ActiveModel {
        meeting_id: Set(meeting),
        resident_id: Set(resident),
        claimed_at: Set(now),
        device: Set(device),
        ..Default::default()
    };
    let once = OnConflict::new().do_nothing().to_owned();
    let made = Entity::insert_many([row]).on_conflict(once).exec_without_returning(tx).await?;
    if made == 0 {
        return Ok(None);
    }
    let found = Entity::find()
        .filter(Column::MeetingId.eq(meeting))
        .filter(Column::ResidentId.eq(resident))
        .one(tx)
        .await?;
    Ok(found.map(|claim| claim.id))
}

pub(in crate::attendance) async fn one(
    conn: &impl ConnectionTrait,
    id: ClaimId,
) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// The claims of a meeting.
pub(in crate::attendance) async fn of(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<HashMap<ResidentId, Model>> {
    let rows = Entity::find().filter(Column::MeetingId.eq(meeting)).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.resident_id, row)).collect())
}

/// At which of these meetings somebody made one.
pub(in crate::attendance) async fn by(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    meetings: &[MeetingId],
) -> Result<Vec<MeetingId>> {
    let rows = Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::MeetingId.is_in(meetings.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.meeting_id).collect())
}
