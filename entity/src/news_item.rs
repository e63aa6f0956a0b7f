//! 稿件: what a community, or the centre, writes in.

use sea_orm::entity::prelude::*;

use crate::ids::{ArticleId, ClassId, CommunityId, MeetingId, NewsItemId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "news_item")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: NewsItemId,
    pub title: String,
    pub body: String,
    /// The project or activity that it is about; may be empty.
    pub project: String,
    /// Whose it is; empty: the centre's.
    pub community_id: Option<CommunityId>,
    /// What the desk made of it.
    #[sea_orm(unique)]
    pub article_id: Option<ArticleId>,
    pub sent_by: StaffId,
    pub sent_at: DateTimeUtc,
    /// Why the desk does not take it.
    pub declined_for: Option<String>,
    pub declined_by: Option<StaffId>,
    /// The class and its meeting that it tells of.
    pub class_id: Option<ClassId>,
    #[sea_orm(unique)]
    pub meeting_id: Option<MeetingId>,
}

impl ActiveModelBehavior for ActiveModel {}
