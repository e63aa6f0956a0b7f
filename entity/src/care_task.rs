//! 回访: somebody missed meetings of a class and is to be called.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CareTaskId, ClassId, MeetingId, ResidentId, StaffId},
    kinds::{CareKind, CareOutcome},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "care_task")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: CareTaskId,
    pub kind: CareKind,
    pub resident_id: ResidentId,
    pub class_id: ClassId,
    /// With which the run of absences began; unique with person, class and kind.
    pub first_meeting_id: MeetingId,
    /// After which the task opened.
    pub last_meeting_id: MeetingId,
    /// So many in a row when it opened.
    pub absences: i32,
    pub opened_at: DateTimeUtc,
    pub due_at: DateTimeUtc,
    /// Whoever said that they see to it.
    pub taken_by: Option<StaffId>,
    /// Empty: open. Together with the outcome.
    pub closed_at: Option<DateTimeUtc>,
    /// Empty in a closed one: it closed by itself.
    pub closed_by: Option<StaffId>,
    pub outcome: Option<CareOutcome>,
    /// What the person said; required of whoever closes it.
    pub said: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
