//! 项目: what several activities, classes and articles are for.

use sea_orm::entity::prelude::*;

use crate::ids::ProjectId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ProjectId,
    #[sea_orm(unique)]
    pub name: String,
    /// What it is for, in one sentence.
    pub aim: String,
    pub description: String,
    /// Who answers for it, by name; empty: nobody yet.
    pub lead: String,
    /// Where it stands in lists.
    pub place: i32,
    /// Nothing more is added to it.
    pub closed: bool,
}

impl ActiveModelBehavior for ActiveModel {}
