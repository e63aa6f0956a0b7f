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
    /// Empty: what the learner said by this way is taken back.
    pub status: Option<AttendanceStatus>,
    pub actor_kind: ActorKind,
    pub actor_id: Option<i64>,
    /// Required for a correction.
    pub reason: Option<String>,
    /// The time step of the rotating code; unique with meeting and resident.
    pub code_step: Option<i64>,
    /// By our clock: of what a device sent later, corrected by how far its clock was off; of
    /// a poster, when it was scanned.
    pub happened_at: DateTimeUtc,
    pub received_at: DateTimeUtc,
    /// What the device's clock said; empty when it was written here at once.
    pub device_at: Option<DateTimeUtc>,
    /// A random name that the device gave itself, or the mark of a resident's session.
    pub device: Option<String>,
    /// The name that the sender gave it; unique, so that it counts once.
    pub scan_id: Option<String>,
    /// Of a poster: when somebody nodded, by our clock.
    pub nodded_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
