//! What the register said of one person at one meeting when its month was closed: present,
//! with these 学时. Never changed.

use sea_orm::entity::prelude::*;

use crate::ids::{ClosedMonthId, MeetingId, ResidentId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "closed_row")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique together with meeting and resident.
    pub month_id: ClosedMonthId,
    pub meeting_id: MeetingId,
    pub resident_id: ResidentId,
    /// 学时 in hundredths.
    pub hours_hundredths: i32,
}

impl ActiveModelBehavior for ActiveModel {}
