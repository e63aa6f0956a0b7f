//! One way of an article to the account, followed to its end.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ArticleId, PublicationId, StaffId},
    kinds::{PublicationState, PublicationWay},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "publication")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PublicationId,
    /// At most one live or finished publication per article: partial unique index.
    pub article_id: ArticleId,
    pub version: i32,
    pub content_hash: String,
    pub state: PublicationState,
    pub way: PublicationWay,
    /// The platform's draft, once made.
    pub draft_media_id: Option<String>,
    /// When the submit call was begun: set before it, so that a crash is seen.
    pub submit_started_at: Option<DateTimeUtc>,
    #[sea_orm(unique)]
    pub publish_id: Option<String>,
    /// Of a mass send: makes a repeat harmless. Set before the call.
    pub mass_key: Option<String>,
    /// Of a mass send: the platform's id.
    #[sea_orm(unique)]
    pub msg_id: Option<String>,
    /// Of a mass send: all followers, those left after filters, those who have it and
    /// those who do not.
    pub total_count: Option<i64>,
    pub filter_count: Option<i64>,
    pub sent_count: Option<i64>,
    pub error_count: Option<i64>,
    pub wechat_article_id: Option<String>,
    pub url: Option<String>,
    /// In words for the editor.
    pub failure: Option<String>,
    pub requested_by: StaffId,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Not before then; empty: at once.
    pub due_at: Option<DateTimeUtc>,
    /// Why it is taken back.
    pub withdrawn_for: Option<String>,
    /// Of an issue of several articles: the publication of its first one, which has the
    /// platform's numbers; empty: this is it, or the article goes alone.
    pub lead_id: Option<PublicationId>,
    /// In the issue, from 1.
    pub place: i32,
    /// Names the issue in the platform's figures.
    pub msg_data_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
