//! Stand-in until the room is built.

use chrono::{DateTime, Utc};
use entity::ids::ResidentId;
use entity::kinds::{NoticeKind, NoticeState};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

use crate::error::Result;

/// The template's values.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Values {
    pub class: String,
    pub time: String,
    pub place: String,
    pub note: String,
}

/// A word to one resident.
#[derive(Clone, Debug)]
pub struct NewNotice {
    pub resident: ResidentId,
    pub kind: NoticeKind,
    pub dedup_key: String,
    pub title: String,
    pub body: String,
    pub page: String,
    pub values: Values,
}

pub async fn notify(tx: &DatabaseTransaction, new: &NewNotice, now: DateTime<Utc>) -> Result<()> {
    let row = entity::notice::ActiveModel {
        resident_id: Set(new.resident),
        kind: Set(new.kind),
        dedup_key: Set(new.dedup_key.clone()),
        title: Set(new.title.clone()),
        body: Set(new.body.clone()),
        page: Set(new.page.clone()),
        values: Set(serde_json::to_string(&new.values)?),
        state: Set(NoticeState::Pending),
        created_at: Set(now),
        ..Default::default()
    };
    entity::notice::Entity::insert(row)
        .on_conflict(sea_orm::sea_query::OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
