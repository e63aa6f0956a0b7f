//! A picture or recording that somebody sent to the centre.

use sea_orm::entity::prelude::*;

use crate::ids::HelpMessageId;
use crate::kinds::MediaState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "help_media")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub message_id: HelpMessageId,
    pub state: MediaState,
    pub mime: Option<String>,
    /// Empty unless it is kept.
    pub bytes: Option<Vec<u8>>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
