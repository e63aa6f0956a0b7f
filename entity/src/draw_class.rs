//! A class in a draw, and whether what was drawn has been given.

use sea_orm::entity::prelude::*;

use crate::ids::{ClassId, DrawId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "draw_class")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub draw_id: DrawId,
    pub class_id: ClassId,
    pub applied_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
