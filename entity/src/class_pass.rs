//! What a teacher says of a learner at the end of a class; the last word counts, all stay.

use sea_orm::entity::prelude::*;

use crate::ids::{ClassId, ResidentId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "class_pass")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub class_id: ClassId,
    pub resident_id: ResidentId,
    pub passed: bool,
    /// Needed where they did not pass, and where an earlier word is changed.
    pub reason: Option<String>,
    pub staff_id: StaffId,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
