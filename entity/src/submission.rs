//! 投稿: one item sent to one paper or platform, and what became of it.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{NewsItemId, OutletId, StaffId},
    kinds::SubmissionState,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique together with the outlet.
    pub item_id: NewsItemId,
    pub outlet_id: OutletId,
    pub state: SubmissionState,
    pub sent_on: Date,
    pub decided_on: Option<Date>,
    /// Where it stands; may be empty.
    pub link: String,
    pub entered_by: StaffId,
    pub entered_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
