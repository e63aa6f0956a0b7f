//! A person with a login for the console.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CommunityId, StaffId},
    kinds::Role,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: StaffId,
    #[sea_orm(unique)]
    pub login: String,
    pub name: String,
    pub role: Role,
    /// The scope of a community officer.
    pub community_id: Option<CommunityId>,
    /// Argon2id, in PHC form.
    pub password_hash: String,
    pub failed_logins: i32,
    pub locked_until: Option<DateTimeUtc>,
    pub disabled_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
