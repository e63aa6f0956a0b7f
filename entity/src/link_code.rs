//! A code that links a follower of the account and a resident, good once.

use sea_orm::entity::prelude::*;

use crate::ids::ResidentId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link_code")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose account it links: who was shown the code, or who used it.
    pub resident_id: ResidentId,
    #[sea_orm(unique)]
    pub token_hash: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
