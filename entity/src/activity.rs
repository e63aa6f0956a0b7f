//! 活动: what is said of one beyond its class.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ClassId, StaffId},
    kinds::ActivityKind,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub class_id: ClassId,
    pub kind: ActivityKind,
    /// Separated by 、.
    pub tags: String,
    /// What happens there, as residents read it.
    pub programme: String,
    /// What came of it, written when it was closed.
    pub summary: String,
    /// Together with who closed it.
    pub closed_at: Option<DateTimeUtc>,
    pub closed_by: Option<StaffId>,
}

impl ActiveModelBehavior for ActiveModel {}
