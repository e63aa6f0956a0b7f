//! An uploaded picture, known by its content.

use sea_orm::entity::prelude::*;

use crate::ids::{PictureId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "picture")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PictureId,
    #[sea_orm(unique)]
    pub sha256: String,
    /// `image/jpeg` or `image/png`.
    pub mime: String,
    pub bytes: Vec<u8>,
    pub width: i32,
    pub height: i32,
    /// Address on the platform for article bodies, once uploaded.
    pub wechat_url: Option<String>,
    /// Permanent material for covers, once uploaded.
    pub wechat_media_id: Option<String>,
    pub uploaded_by: StaffId,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
