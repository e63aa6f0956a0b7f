//! One of the three reviews, of exactly one content.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ArticleId, StaffId},
    kinds::{ReviewStage, Verdict},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_review")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub article_id: ArticleId,
    pub version: i32,
    /// A pass holds for this content only.
    pub content_hash: String,
    pub stage: ReviewStage,
    pub verdict: Verdict,
    pub reviewer_id: StaffId,
    pub remark: Option<String>,
    pub at: DateTimeUtc,
    /// The proof-reading that belongs to the stage was ticked: no pass counts without.
    pub proofread: bool,
}

impl ActiveModelBehavior for ActiveModel {}
