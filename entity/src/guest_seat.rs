//! A place at one meeting that a learner on leave does not need.

use sea_orm::entity::prelude::*;

use crate::ids::{GuestSeatId, MeetingId, ResidentId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "guest_seat")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GuestSeatId,
    /// Unique together with the learner: a leave frees one.
    pub meeting_id: MeetingId,
    /// Whose leave it was.
    pub leaver_id: ResidentId,
    /// They are still on leave. A seat that is not open is offered to nobody.
    pub open: bool,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
