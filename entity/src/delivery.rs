//! One message that WeChat took for a notice, and what it said became of it. Whichever of
//! the two is known first writes the row.

use sea_orm::entity::prelude::*;

use crate::ids::NoticeId;
use crate::kinds::{DeliveryOutcome, WechatAccount};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub account: WechatAccount,
    /// The platform's; unique together with the account.
    pub msg_id: String,
    /// Empty until the answer to the call is known.
    pub notice_id: Option<NoticeId>,
    /// Empty until the platform's event.
    pub outcome: Option<DeliveryOutcome>,
    /// Why not, in words for staff.
    pub words: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
