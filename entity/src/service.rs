//! How long somebody served at one meeting of a shift.

use sea_orm::entity::prelude::*;

use crate::ids::{MeetingId, ResidentId, ServiceId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ServiceId,
    /// Unique together with the resident.
    pub meeting_id: MeetingId,
    pub resident_id: ResidentId,
    /// As the last change says. `CHECK (minutes BETWEEN 0 AND 1440)`.
    pub minutes: i32,
    pub settled_at: DateTimeUtc,
    /// Since when everybody can see it; anew after a correction.
    pub public_from: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
