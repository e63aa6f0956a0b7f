//! A picture that was handed in with a 稿件.

use sea_orm::entity::prelude::*;

use crate::ids::{NewsItemId, PictureId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "news_item_picture")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub item_id: NewsItemId,
    pub picture_id: PictureId,
    /// In the order in which they came, from 1.
    pub place: i32,
}

impl ActiveModelBehavior for ActiveModel {}
