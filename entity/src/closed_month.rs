//! A month whose figures are frozen.

use sea_orm::entity::prelude::*;

use crate::ids::{ClosedMonthId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "closed_month")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ClosedMonthId,
    /// Its first day; unique among those that are not opened again.
    pub month: Date,
    pub closed_at: DateTimeUtc,
    pub closed_by: StaffId,
    /// Together with the reason.
    pub reopened_at: Option<DateTimeUtc>,
    pub reopened_by: Option<StaffId>,
    pub reopened_for: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
