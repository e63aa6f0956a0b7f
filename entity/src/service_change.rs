//! Each time that the minutes of a service were said: by the scans, then by corrections.

use sea_orm::entity::prelude::*;

use crate::ids::{ServiceId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub service_id: ServiceId,
    /// Empty: for the first time.
    pub from_minutes: Option<i32>,
    pub to_minutes: i32,
    /// Together with the reason; empty: as the scans say.
    pub staff_id: Option<StaffId>,
    pub reason: Option<String>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
