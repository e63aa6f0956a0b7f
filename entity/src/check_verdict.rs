//! What an event said of a check, which may come before the call that asked has its
//! answer: whoever of the two is second finds the other here.

use sea_orm::entity::prelude::*;

use crate::kinds::CheckState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_verdict")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub trace_id: String,
    /// Empty until the event came.
    pub state: Option<CheckState>,
    pub label: Option<i32>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
