//! How many subscription messages of a kind a resident still allows: one consent, one message.

use sea_orm::entity::prelude::*;

use crate::{ids::ResidentId, kinds::NoticeKind};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Unique together with the kind.
    pub resident_id: ResidentId,
    pub kind: NoticeKind,
    /// `CHECK (balance >= 0)`.
    pub balance: i32,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
