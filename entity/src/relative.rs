//! Whom to call when something happens to a resident. That they agree is a `consent`.

use sea_orm::entity::prelude::*;

use crate::ids::ResidentId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "relative")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub resident_id: ResidentId,
    /// Sealed by the vault, as the phone number.
    pub name_sealed: String,
    pub phone_sealed: String,
    /// As in 女儿.
    pub relation: String,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
