//! A code on a learner's phone: the family member who enters it may act. Good once.

use sea_orm::entity::prelude::*;

use crate::ids::ResidentId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "family_code")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub learner_id: ResidentId,
    /// Keyed: there are not many codes.
    #[sea_orm(unique)]
    pub code_hash: String,
    pub may_enrol: bool,
    pub may_see_record: bool,
    pub gets_notices: bool,
    pub last_day: Date,
    /// Of the text that the learner agreed to.
    pub consent_version: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
    pub used_by: Option<ResidentId>,
}

impl ActiveModelBehavior for ActiveModel {}
