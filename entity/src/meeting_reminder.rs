//! The learners of a meeting are reminded of it, once for each day on which it was to be.

use sea_orm::entity::prelude::*;

use crate::{ids::MeetingId, kinds::ReminderKind};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meeting_reminder")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique together with kind and day.
    pub meeting_id: MeetingId,
    pub kind: ReminderKind,
    /// On which the meeting was to be.
    pub day: Date,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
