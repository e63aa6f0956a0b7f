//! What somebody is told after WeChat hung up: an answer that was not ready in time, or
//! one in the mini-program's customer service, where there is no other way.

use sea_orm::entity::prelude::*;

use crate::ids::LateAnswerId;
use crate::kinds::{NoticeState, WechatAccount};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "late_answer")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: LateAnswerId,
    /// Where the person asked, and who they are there.
    pub account: WechatAccount,
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
