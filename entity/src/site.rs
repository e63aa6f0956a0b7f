//! 学习点: where classes meet.

use sea_orm::entity::prelude::*;

use crate::ids::{CommunityId, SiteId};

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
}

impl ActiveModelBehavior for ActiveModel {}
