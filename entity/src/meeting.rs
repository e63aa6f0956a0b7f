//! 课次: one meeting of a class.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ClassId, MeetingId, SiteId},
    kinds::MeetingStatus,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meeting")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: MeetingId,
    pub class_id: ClassId,
    /// 1, 2, … in the order of the plan; unique within the class.
    pub number: i32,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    pub site_id: SiteId,
    pub room: String,
    pub status: MeetingStatus,
    /// Why it was moved or cancelled, as told to the learners.
    pub note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
