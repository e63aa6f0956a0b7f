//! 演出: where a club performed, or showed what it made.

use sea_orm::entity::prelude::*;

use crate::ids::{ClubId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "club_show")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub club_id: ClubId,
    pub title: String,
    pub day: Date,
    pub place: String,
    pub note: String,
    pub added_by: StaffId,
    pub added_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
