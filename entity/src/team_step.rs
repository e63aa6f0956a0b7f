//! Each step of somebody in a team: from, to, who, when and why.

use sea_orm::entity::prelude::*;

use crate::{
    ids::TeamMemberId,
    kinds::{ActorKind, MemberState},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team_step")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub member_id: TeamMemberId,
    pub from_state: Option<MemberState>,
    pub to_state: MemberState,
    pub actor_kind: ActorKind,
    pub actor_id: Option<i64>,
    pub reason: Option<String>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
