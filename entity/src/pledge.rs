//! 承诺书: the text that learners sign, one row for each version; the last is in force.

use sea_orm::entity::prelude::*;

use crate::ids::{PledgeId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pledge")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PledgeId,
    pub title: String,
    pub body: String,
    pub staff_id: StaffId,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
