//! 班级: a course in a term, at a place and hour.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ClassId, CourseId, SiteId, TeacherId, TermId},
    kinds::ClassStatus,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "class")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ClassId,
    pub term_id: TermId,
    pub course_id: CourseId,
    pub teacher_id: TeacherId,
    pub site_id: SiteId,
    pub name: String,
    pub room: String,
    pub capacity: i32,
    /// Places held: placed and offered. `CHECK (taken BETWEEN 0 AND capacity)`.
    pub taken: i32,
    /// How many wait. `CHECK (waiting >= 0)`.
    pub waiting: i32,
    /// The highest number ever given out on the waiting list; numbers have no gaps.
    pub last_queue_number: i64,
    /// ISO weekday, 1 = Monday.
    pub weekday: i32,
    /// Minutes after midnight, Asia/Shanghai.
    pub start_minute: i32,
    pub duration_minutes: i32,
    pub status: ClassStatus,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
