//! Whose number is whose in a draw: the one place that says so.

use sea_orm::entity::prelude::*;

use crate::ids::{DrawId, ResidentId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "draw_entry")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub draw_id: DrawId,
    pub resident_id: ResidentId,
    /// A random one, as in `0371`.
    pub number: String,
    /// Got nothing; known after the draw.
    pub lost: Option<bool>,
}

impl ActiveModelBehavior for ActiveModel {}
