//! 学员卡: which of a learner's cards is good, and which were before it.

use sea_orm::entity::prelude::*;

use crate::ids::ResidentId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "learner_card")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// One live card each.
    pub resident_id: ResidentId,
    /// From 1; stands on the card, under its signature.
    pub serial: i32,
    pub issued_at: DateTimeUtc,
    /// Empty: it is good.
    pub ended_at: Option<DateTimeUtc>,
    /// Filled with `ended_at`.
    pub why_ended: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
