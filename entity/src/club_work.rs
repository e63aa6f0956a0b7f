//! 作品: what somebody of a club made.

use sea_orm::entity::prelude::*;

use crate::ids::{ClubId, PictureId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "club_work")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub club_id: ClubId,
    pub title: String,
    /// Who made it, as they want to be called; may be empty.
    pub author: String,
    pub note: String,
    /// Everybody may see it.
    pub picture_id: Option<PictureId>,
    pub added_by: StaffId,
    pub added_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
