//! 待处理: scans that could not be taken, with what is known of them. Settled, never deleted.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{MeetingId, ResidentId, StaffId, TrayId},
    kinds::{AttendanceStatus, ScanKind, TrayOutcome},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scan_tray")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TrayId,
    /// The name that the sender gave it.
    pub scan_id: String,
    pub meeting_id: MeetingId,
    /// Whose it is, where that is known.
    pub resident_id: Option<ResidentId>,
    pub kind: ScanKind,
    /// What a tap said.
    pub status: Option<AttendanceStatus>,
    pub reason: Option<String>,
    /// What was scanned or typed, cut to a sensible length.
    pub raw: String,
    /// A stable word, as in `card_replaced`.
    pub why: String,
    /// Staff, or a resident: the monitor, or whoever scanned a poster.
    pub uploaded_by: Option<StaffId>,
    pub device: String,
    /// What the device's clock said.
    pub device_at: DateTimeUtc,
    /// The same, corrected by how far that clock was off.
    pub happened_at: DateTimeUtc,
    pub received_at: DateTimeUtc,
    pub settled_at: Option<DateTimeUtc>,
    pub settled_by: Option<StaffId>,
    pub outcome: Option<TrayOutcome>,
    pub settle_reason: Option<String>,
    pub uploaded_by_resident: Option<ResidentId>,
}

impl ActiveModelBehavior for ActiveModel {}
