//! One name of a sample that was called after a head count, and whether the person was there.

use sea_orm::entity::prelude::*;

use crate::ids::{MeetingId, ResidentId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sample_answer")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Name of the head count; unique together with the resident. The count may come later.
    pub of_count: String,
    pub meeting_id: MeetingId,
    pub resident_id: ResidentId,
    /// By the server; else by the phone, without network.
    pub drawn_here: bool,
    /// Empty: the time was over before.
    pub there: Option<bool>,
    /// The name that the sender gave the answer.
    pub scan_id: Option<String>,
    pub answered_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
