//! A meeting is over, its grace too, and what follows was begun.

use sea_orm::entity::prelude::*;

use crate::ids::MeetingId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "followed_meeting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub meeting_id: MeetingId,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
