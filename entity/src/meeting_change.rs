//! A meeting was moved or cancelled: what it was before, who did it and why.

use sea_orm::entity::prelude::*;

use crate::ids::{MeetingId, SiteId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meeting_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub meeting_id: MeetingId,
    pub old_starts_at: DateTimeUtc,
    pub old_ends_at: DateTimeUtc,
    pub old_site_id: SiteId,
    pub old_room: String,
    pub reason: String,
    pub staff_id: StaffId,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
