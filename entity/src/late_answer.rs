//! What a follower is told after WeChat hung up: an answer that was not ready in time.

use sea_orm::entity::prelude::*;

use crate::ids::LateAnswerId;
use crate::kinds::NoticeState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "late_answer")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: LateAnswerId,
    /// The follower, at the public account.
    pub openid: String,
    /// What was asked (JSON), when the answer is still to be found…
    pub ask: Option<String>,
    /// …or the answer itself.
    pub text: Option<String>,
    pub state: NoticeState,
    pub failure: Option<String>,
    pub created_at: DateTimeUtc,
    pub settled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
