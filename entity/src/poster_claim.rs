//! A learner scanned the poster at the place: a claim, until somebody nods. Never changed.

use sea_orm::entity::prelude::*;

use crate::ids::{ClaimId, MeetingId, ResidentId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poster_claim")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ClaimId,
    /// Unique together with the resident.
    pub meeting_id: MeetingId,
    pub resident_id: ResidentId,
    pub claimed_at: DateTimeUtc,
    /// As in `attendance_event`.
    pub device: String,
}

impl ActiveModelBehavior for ActiveModel {}
