//! Where the register stands for one person and meeting; computed from the events.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{MeetingId, ResidentId},
    kinds::AttendanceStatus,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique together with the resident.
    pub meeting_id: MeetingId,
    pub resident_id: ResidentId,
    /// Empty: nothing was said, or it was taken back.
    pub status: Option<AttendanceStatus>,
    /// 学时 that count: minutes / 45, in hundredths (200 = 2 学时); 0 unless present.
    pub hours_hundredths: i32,
    pub first_present_at: Option<DateTimeUtc>,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
