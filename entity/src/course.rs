//! 课程: a subject; it is taught in classes.

use sea_orm::entity::prelude::*;

use crate::{ids::CourseId, kinds::ClassKind};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CourseId,
    #[sea_orm(unique)]
    pub name: String,
    /// As in 智能技术, 手工, 音乐.
    pub subject: String,
    pub description: String,
    /// Counts for plan item 5 (智在指尖).
    pub smart_technology: bool,
    pub min_age: Option<i32>,
    pub max_age: Option<i32>,
    /// What its classes are; all but `course` have one class alone, and stand in no list.
    pub kind: ClassKind,
}

impl ActiveModelBehavior for ActiveModel {}
