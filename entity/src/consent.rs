//! What a resident agreed to, in which version, when, and when it was withdrawn.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ResidentId, StaffId},
    kinds::{ConsentKind, ConsentWay},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub resident_id: ResidentId,
    pub kind: ConsentKind,
    /// Version of the text that was shown, as in `2026-09`; of a pledge its id.
    pub version: String,
    pub given_at: DateTimeUtc,
    pub withdrawn_at: Option<DateTimeUtc>,
    /// Recorded by staff; both or none.
    pub way: Option<ConsentWay>,
    pub staff_id: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
