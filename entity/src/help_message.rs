//! One thing that a person or the centre wrote in a thread.

use sea_orm::entity::prelude::*;

use crate::ids::{HelpMessageId, HelpThreadId, StaffId};
use crate::kinds::{ActorKind, HelpKind, HelpState};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "help_message")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: HelpMessageId,
    pub thread_id: HelpThreadId,
    pub author: ActorKind,
    /// Who of staff wrote it.
    pub staff_id: Option<StaffId>,
    pub kind: HelpKind,
    /// What was written, or what was understood of a voice; may be empty.
    pub text: String,
    /// On the platform, for three days.
    pub media_id: Option<String>,
    pub state: HelpState,
    /// Why it did not reach WeChat, in words for staff.
    pub failure: Option<String>,
    pub created_at: DateTimeUtc,
    pub settled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
