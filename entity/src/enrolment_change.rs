//! Each step of an enrolment: from, to, who, when and why.

use sea_orm::entity::prelude::*;

use crate::{
    ids::EnrolmentId,
    kinds::{ActorKind, EnrolmentStatus},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub enrolment_id: EnrolmentId,
    pub from_status: Option<EnrolmentStatus>,
    pub to_status: EnrolmentStatus,
    pub actor_kind: ActorKind,
    /// Resident or staff id by kind; empty for the system.
    pub actor_id: Option<i64>,
    pub reason: Option<String>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
