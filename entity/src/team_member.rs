//! Somebody in a team, from applying to leaving; who comes again has a new row.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{TeamId, TeamMemberId, VolunteerId},
    kinds::MemberState,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team_member")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TeamMemberId,
    /// One live row for a team and volunteer.
    pub team_id: TeamId,
    pub volunteer_id: VolunteerId,
    pub state: MemberState,
    pub applied_at: DateTimeUtc,
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
