//! How a class takes part in continuation and draw; without a row as any class.

use sea_orm::entity::prelude::*;

use crate::ids::{ClassId, CourseId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "class_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub class_id: ClassId,
    /// A share of the places is kept for people new to the course, and nobody continues.
    pub beginners: bool,
    /// Learners of this course continue here, and are those who were in it before; empty:
    /// the class's own.
    pub previous_course_id: Option<CourseId>,
}

impl ActiveModelBehavior for ActiveModel {}
