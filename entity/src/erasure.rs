//! That personal data of a resident were erased: how much, by whom, when and why.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ErasureId, ResidentId},
    kinds::{ActorKind, ErasureScope},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erasure")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ErasureId,
    pub resident_id: ResidentId,
    pub scope: ErasureScope,
    pub actor_kind: ActorKind,
    /// Resident or staff id by kind.
    pub actor_id: Option<i64>,
    pub reason: String,
    /// Sealed openids of which other rooms still hold something; emptied by the job
    /// that sees to it.
    pub openids_sealed: Option<String>,
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
