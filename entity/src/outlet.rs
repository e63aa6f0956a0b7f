//! A paper or platform that takes articles, and what one there is worth.

use sea_orm::entity::prelude::*;

use crate::ids::OutletId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outlet")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: OutletId,
    #[sea_orm(unique)]
    pub name: String,
    pub points: i32,
    /// Nothing new is sent there.
    pub off: bool,
}

impl ActiveModelBehavior for ActiveModel {}
