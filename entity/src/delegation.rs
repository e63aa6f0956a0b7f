//! A learner lets a family member act for them: what, until when, and how they said so.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{DelegationId, ResidentId, StaffId},
    kinds::{ActorKind, DelegationWay, Kinship},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delegation")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DelegationId,
    /// For whom; one row that has not ended for the two.
    pub learner_id: ResidentId,
    /// Who acts.
    pub delegate_id: ResidentId,
    pub relation: Kinship,
    pub may_enrol: bool,
    pub may_see_record: bool,
    pub gets_notices: bool,
    pub way: DelegationWay,
    /// Of the text that the learner agreed to.
    pub consent_version: String,
    /// Who asked the learner, or took the paper.
    pub entered_by: Option<StaffId>,
    pub created_at: DateTimeUtc,
    /// After this day it is over by itself.
    pub last_day: Date,
    /// Ended before that, or made way for a newer one.
    pub ended_at: Option<DateTimeUtc>,
    pub ended_by_kind: Option<ActorKind>,
    /// Resident or staff id by kind.
    pub ended_by: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
