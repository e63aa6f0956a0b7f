//! A word that the machine check looks out for, or no longer does: what differs from the
//! list that comes with the service.

use sea_orm::entity::prelude::*;

use crate::{ids::StaffId, kinds::NewsWordKind};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "news_word")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: NewsWordKind,
    /// Unique together with the kind.
    pub word: String,
    /// What to write instead; of an official, the office. May be empty.
    pub instead: String,
    /// Not looked for (any longer).
    pub off: bool,
    pub saved_by: StaffId,
    pub saved_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
