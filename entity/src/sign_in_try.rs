//! Somebody asked for a sign-in code or entered one: who guesses, or sends messages to others,
//! is stopped. Kept for a day.

use sea_orm::entity::prelude::*;

use crate::kinds::SignInTry;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_try")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub what: SignInTry,
    /// Keyed hash of what was typed.
    pub number_hash: String,
    /// Keyed hash of where the request came from.
    pub address_hash: String,
    #[sea_orm(indexed)]
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
