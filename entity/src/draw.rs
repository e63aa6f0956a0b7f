//! 摇号: a frozen list, the seed that came later, and what follows from both.

use sea_orm::entity::prelude::*;

use crate::ids::{DrawId, StaffId, TermId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "draw")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: DrawId,
    #[sea_orm(unique)]
    pub term_id: TermId,
    /// The text as published, to the byte.
    pub list: String,
    pub list_sha256: String,
    pub frozen_at: DateTimeUtc,
    /// As one person entered it; it counts when another has entered the same.
    pub seed: Option<String>,
    pub seed_by: Option<StaffId>,
    pub seed_entered_at: Option<DateTimeUtc>,
    pub confirmed_by: Option<StaffId>,
    pub confirmed_at: Option<DateTimeUtc>,
    pub result: Option<String>,
    pub result_sha256: Option<String>,
    pub drawn_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
