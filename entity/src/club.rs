//! 社团: people who practise together.

use sea_orm::entity::prelude::*;

use crate::ids::{ClassId, ClubId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "club")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ClubId,
    #[sea_orm(unique)]
    pub name: String,
    /// What it is for, in one sentence.
    pub aim: String,
    /// The class of kind `club` that holds its members and meetings; empty: it has no place
    /// yet.
    #[sea_orm(unique)]
    pub class_id: Option<ClassId>,
    /// Where it stands in lists.
    pub place: i32,
    pub closed: bool,
}

impl ActiveModelBehavior for ActiveModel {}
