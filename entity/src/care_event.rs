//! One step of a task after absences; never changed.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CareTaskId, StaffId},
    kinds::CareStep,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "care_event")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub task_id: CareTaskId,
    pub step: CareStep,
    /// Empty: by itself.
    pub staff_id: Option<StaffId>,
    pub note: Option<String>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
