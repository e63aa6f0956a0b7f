//! What one person and the centre write to each other until staff close it.

use sea_orm::entity::prelude::*;

use crate::ids::{HelpThreadId, ResidentId, StaffId};
use crate::kinds::WechatAccount;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "help_thread")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: HelpThreadId,
    /// The person (`r:3`, `o:OPENID` or `m:OPENID`) while it is open: unique, so that one person has
    /// one open thread. Empty when it is closed.
    #[sea_orm(unique)]
    pub open_key: Option<String>,
    /// Where the person wrote last; only with an openid.
    pub account: WechatAccount,
    /// Who they are there; empty where they wrote on our own page.
    pub openid: Option<String>,
    /// Empty until the account is linked.
    pub resident_id: Option<ResidentId>,
    /// When the person last asked for somebody.
    pub asked_at: DateTimeUtc,
    /// Empty until something was said: staff do not see the thread before.
    pub last_said_at: Option<DateTimeUtc>,
    pub last_answered_at: Option<DateTimeUtc>,
    pub closed_at: Option<DateTimeUtc>,
    pub closed_by: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
