//! What staff did, for at least six months; never holds personal data in the clear.

use sea_orm::entity::prelude::*;

use crate::ids::StaffId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Empty for what was done from the command line.
    pub staff_id: Option<StaffId>,
    /// A stable word, as in `staff.login_failed`.
    pub action: String,
    /// What it was done to, as in `class:12`.
    pub object: String,
    pub detail: Option<String>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
