//! A word to one resident: shown in their messages, and sent to WeChat where there is consent.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{MeetingId, NoticeId, ResidentId, StaffId},
    kinds::{NoticeKind, NoticeState, NoticeWay},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: NoticeId,
    pub resident_id: ResidentId,
    /// Whom it was written to, where this is a family member's copy.
    pub about_id: Option<ResidentId>,
    pub kind: NoticeKind,
    /// Same key, same notice: unique, so that a repeated job tells nobody twice.
    #[sea_orm(unique)]
    pub dedup_key: String,
    /// At most 14 characters.
    pub title: String,
    /// Plain sentences, fit to be read aloud.
    pub body: String,
    /// Page under /m/, as in `/classes/3`.
    pub page: String,
    /// The template's values as JSON: `{"class":"…","time":"…","place":"…","note":"…"}`.
    pub values: String,
    pub state: NoticeState,
    /// By what it was tried last, and when that began.
    pub way: Option<NoticeWay>,
    pub tried_at: Option<DateTimeUtc>,
    /// Why it did not reach WeChat, in words for staff.
    pub failure: Option<String>,
    pub created_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
    pub read_at: Option<DateTimeUtc>,
    /// Of which meeting it speaks, where it is of one.
    pub meeting_id: Option<MeetingId>,
    /// What it says is worth nothing after that, and until then worth a call to whom WeChat
    /// does not reach. Empty: worth no call.
    pub good_until: Option<DateTimeUtc>,
    /// Somebody called instead.
    pub told_at: Option<DateTimeUtc>,
    pub told_by: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
