//! 报名: one person and one class, from sign-up to the end; never deleted.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ClassId, CourseId, EnrolmentId, ResidentId, TermId},
    kinds::{EnrolmentStatus, LeaveReason},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: EnrolmentId,
    pub resident_id: ResidentId,
    pub class_id: ClassId,
    /// Copied from the class: partial unique index (resident, course, term)
    /// over the live states.
    pub course_id: CourseId,
    pub term_id: TermId,
    pub status: EnrolmentStatus,
    /// Place in the waiting list: lower comes first. Set when waiting begins.
    pub queue_number: Option<i64>,
    /// Set while a reserved place is offered; stays on a waiting row whose offer
    /// passed unanswered, and marks it.
    pub offer_expires_at: Option<DateTimeUtc>,
    /// Names the request that made it: its repeat finds this row, whatever became of it.
    /// Unique with the resident and the class.
    pub request_key: Option<String>,
    /// Why it was left, in a word; in their own words in the history.
    pub left_for: Option<LeaveReason>,
    /// The place it holds, or held, was given by staff.
    pub by_staff: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
