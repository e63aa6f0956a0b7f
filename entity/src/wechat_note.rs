//! What is known of an account itself: the last of each kind.

use sea_orm::entity::prelude::*;

use crate::ids::WechatNoteId;
use crate::kinds::{WechatAccount, WechatNoteKind};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wechat_note")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: WechatNoteId,
    /// Unique together with the kind.
    pub account: WechatAccount,
    pub kind: WechatNoteKind,
    pub happened_at: DateTimeUtc,
    /// Of what was granted, or is to be renewed.
    pub ends_at: Option<DateTimeUtc>,
    /// WeChat's reason; of the addresses of callbacks: themselves, a blank between.
    pub words: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
