//! The outbox: work that follows from a transaction and happens after it, at least once.

use sea_orm::entity::prelude::*;

use crate::{ids::JobId, kinds::JobState};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: JobId,
    /// The name in `Job`, for lists.
    pub kind: String,
    /// The `Job` as JSON: ids only.
    pub payload: String,
    pub state: JobState,
    pub run_after: DateTimeUtc,
    pub attempts: i32,
    /// A claimed job whose lease has run out may be claimed again.
    pub leased_until: Option<DateTimeUtc>,
    pub last_error: Option<String>,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
