//! Somebody entered a code: who guesses is stopped.

use sea_orm::entity::prelude::*;

use crate::ids::ResidentId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "family_try")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub resident_id: ResidentId,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
