//! As whose the platform may be asked about what somebody of the staff writes.

use sea_orm::entity::prelude::*;

use crate::ids::{ResidentId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_wechat")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    /// Keyed hash of the code that is to be typed on the phone.
    #[sea_orm(unique)]
    pub code_hash: Option<String>,
    pub code_until: Option<DateTimeUtc>,
    /// Their own account in the mini-program.
    pub resident_id: Option<ResidentId>,
    pub linked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
