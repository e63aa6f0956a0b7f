//! A time in which somebody may not sign up, for anything or for one class; never deleted.

use sea_orm::entity::prelude::*;

use crate::ids::{BarId, ClassId, ResidentId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bar")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: BarId,
    pub resident_id: ResidentId,
    /// Empty: for all classes.
    pub class_id: Option<ClassId>,
    /// The last day.
    pub until: Date,
    /// Shown to the person.
    pub reason: String,
    pub staff_id: StaffId,
    pub created_at: DateTimeUtc,
    pub lifted_at: Option<DateTimeUtc>,
    pub lifted_by: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
