//! 学习点: where classes meet.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CommunityId, SiteId},
    kinds::Residence,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SiteId,
    #[sea_orm(unique)]
    pub name: String,
    pub address: String,
    pub community_id: Option<CommunityId>,
    /// What new classes here begin with; empty: as the term says.
    pub held_percent: Option<i32>,
    pub min_people: Option<i32>,
    pub offer_hours: Option<i32>,
    pub offer_daytime_hours: Option<i32>,
    /// Empty: its community first, if it belongs to one.
    pub residence: Option<Residence>,
}

impl ActiveModelBehavior for ActiveModel {}
