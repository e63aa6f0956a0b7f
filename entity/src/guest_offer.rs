//! Somebody of the waiting list was asked whether they come to one meeting as a guest.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{GuestOfferId, GuestSeatId, MeetingId, ResidentId, StaffId},
    kinds::GuestStatus,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "guest_offer")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GuestOfferId,
    /// Unique while the offer is offered or taken: a seat has one guest.
    pub seat_id: GuestSeatId,
    /// Unique together with the resident: each is asked once.
    pub meeting_id: MeetingId,
    pub resident_id: ResidentId,
    pub status: GuestStatus,
    pub offered_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub answered_at: Option<DateTimeUtc>,
    /// Staff who answered for them, who said so by phone.
    pub answered_by: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
