//! How many people came to a meeting whose names were not taken. The last count holds.

use sea_orm::entity::prelude::*;

use crate::ids::{MeetingId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_count")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub meeting_id: MeetingId,
    pub people: i32,
    /// How they were counted, or why the number is another now.
    pub how: String,
    pub staff_id: StaffId,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
