//! What a class of kind `shift` is for.

use sea_orm::entity::prelude::*;

use crate::ids::{ClassId, TeamId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shift")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub class_id: ClassId,
    pub team_id: TeamId,
    /// What is done there.
    pub task: String,
}

impl ActiveModelBehavior for ActiveModel {}
