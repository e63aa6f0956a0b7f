//! Every saved state of an article.

use sea_orm::entity::prelude::*;

use crate::ids::{ArticleId, PictureId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_version")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique together with the version.
    pub article_id: ArticleId,
    pub version: i32,
    pub title: String,
    pub digest: String,
    pub byline: String,
    pub origin: String,
    pub body: String,
    pub cover_id: Option<PictureId>,
    pub content_hash: String,
    pub saved_by: StaffId,
    pub saved_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
