//! A callback that took effect; the unique key makes a repeat harmless.

use sea_orm::entity::prelude::*;

use crate::kinds::WechatAccount;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "callback")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub account: WechatAccount,
    /// Unique together with the account.
    pub dedup_key: String,
    /// Kind of message or event; never its content.
    pub kind: String,
    /// The passive reply that was given (plain XML or JSON), to give it again.
    pub reply: Option<String>,
    pub received_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
