//! Each scan, tap and correction with its evidence; never changed.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{MeetingId, ResidentId},
    kinds::{ActorKind, AttendanceStatus, CheckInWay},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance_event")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub meeting_id: MeetingId,
    pub resident_id: ResidentId,
    pub way: CheckInWay,
    pub status: AttendanceStatus,
    pub actor_kind: ActorKind,
    pub actor_id: Option<i64>,
    /// Required for a correction.
    pub reason: Option<String>,
    /// The time step of the rotating code; unique with meeting and resident.
    pub code_step: Option<i64>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
