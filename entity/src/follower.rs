//! Who follows the official account, known by openid alone until linked.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "follower")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub openid: String,
    pub unionid: Option<String>,
    pub following: bool,
    pub since: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// When the platform was asked who this is.
    pub asked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
