//! 志愿者: a resident who serves, or once did.

use sea_orm::entity::prelude::*;

use crate::ids::{ResidentId, VolunteerId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: VolunteerId,
    #[sea_orm(unique)]
    pub resident_id: ResidentId,
    /// What they can do, in their words.
    pub skills: String,
    /// When they have time.
    pub availability: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
