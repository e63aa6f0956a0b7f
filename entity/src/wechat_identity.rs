//! An openid of a resident; a person has a different one for each account.

use sea_orm::entity::prelude::*;

use crate::{ids::ResidentId, kinds::WechatAccount};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wechat_identity")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub resident_id: ResidentId,
    pub account: WechatAccount,
    /// Unique together with the account.
    pub openid: String,
    pub unionid: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
