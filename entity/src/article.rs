//! 公告、图文: where the news item stands.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ArticleId, ClassId, CommunityId, MeetingId, PictureId, StaffId},
    kinds::ArticleStatus,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ArticleId,
    pub author_id: StaffId,
    pub status: ArticleStatus,
    /// Number of the newest version, from 1.
    pub version: i32,
    pub title: String,
    pub digest: String,
    /// Name printed as 作者.
    pub byline: String,
    /// 来源.
    pub origin: String,
    /// Markdown; pictures as `![caption](picture:12)`.
    pub body: String,
    pub cover_id: Option<PictureId>,
    /// SHA-256 over title, digest, byline, origin, body and the content of all pictures.
    pub content_hash: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Why it is urgent; empty: it is not.
    pub urgent_for: Option<String>,
    /// The project or activity that it is about; may be empty.
    pub project: String,
    /// Whose it is; empty: the centre's.
    pub community_id: Option<CommunityId>,
    /// The class and its meeting that it tells of.
    pub class_id: Option<ClassId>,
    pub meeting_id: Option<MeetingId>,
}

impl ActiveModelBehavior for ActiveModel {}
