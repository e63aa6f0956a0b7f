//! 班长: a learner who keeps the roll of their class on the day; a row for each time as one.

use sea_orm::entity::prelude::*;

use crate::ids::{ClassId, ResidentId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "class_monitor")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// One live row for a class and resident.
    pub class_id: ClassId,
    pub resident_id: ResidentId,
    pub made_by: StaffId,
    pub made_at: DateTimeUtc,
    /// Filled with `ended_at`.
    pub ended_by: Option<StaffId>,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
