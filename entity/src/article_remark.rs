//! 意见 at a place of an article: answered by its authors, settled by a reader.

use sea_orm::entity::prelude::*;

use crate::ids::{ArticleId, RemarkId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_remark")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RemarkId,
    pub article_id: ArticleId,
    /// In which it was made.
    pub version: i32,
    /// The words it is about, as they stood there.
    pub quote: String,
    pub text: String,
    pub made_by: StaffId,
    pub made_at: DateTimeUtc,
    pub answer: Option<String>,
    pub answered_by: Option<StaffId>,
    pub answered_at: Option<DateTimeUtc>,
    /// No pass is given, and nothing published, while one is open.
    pub settled_by: Option<StaffId>,
    pub settled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
