//! 教师.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{StaffId, TeacherId},
    kinds::TeacherKind,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "teacher")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TeacherId,
    pub name: String,
    pub kind: TeacherKind,
    /// The login with which this teacher opens the roll.
    #[sea_orm(unique)]
    pub staff_id: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
