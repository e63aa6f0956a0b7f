//! A code with which somebody signs in outside WeChat: sent to a number by SMS, or handed out
//! by a colleague to a resident. Good once, and kept for a day.

use sea_orm::entity::prelude::*;

use crate::ids::{ResidentId, SignInCodeId, StaffId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_code")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SignInCodeId,
    /// By SMS: keyed hash of the number it was sent to, as in `resident.phone_hash`.
    #[sea_orm(indexed)]
    pub number_hash: Option<String>,
    /// Handed out: to whom.
    #[sea_orm(indexed)]
    pub resident_id: Option<ResidentId>,
    /// Keyed: there are not many codes.
    pub code_hash: String,
    /// Number and code, sealed, until the message is sent.
    pub letter_sealed: Option<String>,
    pub issued_by: Option<StaffId>,
    #[sea_orm(indexed)]
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// Wrong entries so far.
    pub tries: i32,
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
