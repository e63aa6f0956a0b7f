//! 服务队: volunteers who serve together.

use sea_orm::entity::prelude::*;

use crate::ids::{StaffId, TeacherId, TeamId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: TeamId,
    #[sea_orm(unique)]
    pub name: String,
    /// What it does, in one sentence.
    pub purpose: String,
    /// Who takes people in, plans shifts and settles hours.
    pub leader_id: Option<StaffId>,
    /// As whose its shifts stand; made with the first of them.
    pub teacher_id: Option<TeacherId>,
    /// Where it stands in lists.
    pub place: i32,
    /// Takes nobody in any more.
    pub closed: bool,
}

impl ActiveModelBehavior for ActiveModel {}
