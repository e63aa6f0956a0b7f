//! A photo of an activity.

use sea_orm::entity::prelude::*;

use crate::ids::{ClassId, PictureId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_photo")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique together with the picture while it is not removed.
    pub class_id: ClassId,
    pub picture_id: PictureId,
    pub caption: String,
    pub added_by: StaffId,
    pub added_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
