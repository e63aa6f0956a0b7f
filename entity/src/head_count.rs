//! How many people somebody counted in the room of a meeting. It changes nothing by itself.

use sea_orm::entity::prelude::*;

use crate::{ids::MeetingId, kinds::ActorKind};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "head_count")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name that the sender gave it; unique, so that it counts once.
    pub scan_id: String,
    pub meeting_id: MeetingId,
    pub people: i32,
    /// How many the register had when it came.
    pub present: i32,
    /// Staff, or a monitor as a resident.
    pub actor_kind: ActorKind,
    pub actor_id: i64,
    pub device: String,
    pub happened_at: DateTimeUtc,
    pub received_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
