//! 班级: a course in a term, at a place and hour.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ClassId, CourseId, ProjectId, SiteId, TeacherId, TermId},
    kinds::{ClassKind, ClassStatus, Residence},
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
    /// Of them, given by staff. `CHECK (by_staff BETWEEN 0 AND taken)`.
    pub by_staff: i32,
    /// Of the capacity, kept for staff to give; empty: as the term says.
    pub held_percent: Option<i32>,
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
    /// Whose residents it is for.
    pub residence: Residence,
    /// Only who was in the course before (`class_rule.previous_course_id`, or its own).
    pub previous_needed: bool,
    /// So many people at least, or it may not begin; empty: as the term says.
    pub min_people: Option<i32>,
    /// How long an offered place is kept; empty: as the term says.
    pub offer_hours: Option<i32>,
    pub offer_daytime_hours: Option<i32>,
    /// Overbooked: the capacity follows `taken` down to this. `CHECK (cut_to < capacity)`.
    pub cut_to: Option<i32>,
    /// Found to have fewer people than needed, days before the term.
    pub below_since: Option<DateTimeUtc>,
    /// Staff said that it begins all the same.
    pub kept_open_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    /// A course's, or one of another kind: those stand in no term's catalogue.
    pub kind: ClassKind,
    /// Whoever scans the code is taken in, signed up or not.
    pub open_door: bool,
    /// Being there counts as 学时.
    pub credited: bool,
    /// The project that it is part of.
    pub project_id: Option<ProjectId>,
}

impl ActiveModelBehavior for ActiveModel {}
