//! A person known to the centre: a row appears at the first sign-in, the profile comes later.

use sea_orm::entity::prelude::*;

use crate::ids::{CommunityId, ResidentId};
use crate::kinds::NameState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resident")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ResidentId,
    /// Shown on lists beside the masked name, as in `2026000123`.
    #[sea_orm(unique)]
    pub learner_number: String,
    /// Empty until the profile is filled in.
    pub name: Option<String>,
    /// May others see it?
    pub name_state: NameState,
    pub birth_date: Option<Date>,
    pub community_id: Option<CommunityId>,
    /// Sealed by the vault; never readable in the database.
    pub phone_sealed: Option<String>,
    /// Keyed hash of the phone number, to find it again.
    #[sea_orm(indexed)]
    pub phone_hash: Option<String>,
    /// Keyed hash of its last four digits, for the same.
    #[sea_orm(indexed)]
    pub phone_tail_hash: Option<String>,
    pub id_number_sealed: Option<String>,
    #[sea_orm(unique)]
    pub id_number_hash: Option<String>,
    /// There may be a `bar`: worth a look, and no verdict.
    pub barred: bool,
    /// Names the request that entered them at the counter: its repeat finds this row.
    #[sea_orm(unique)]
    pub request_key: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Since then it is nobody: what names a person is gone.
    pub erased_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
