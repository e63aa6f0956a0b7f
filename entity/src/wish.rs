//! 志愿: a class that somebody would like, by rank. A row that was replaced stays.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ClassId, ResidentId, TermId},
    kinds::ActorKind,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wish")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub term_id: TermId,
    pub resident_id: ResidentId,
    pub class_id: ClassId,
    /// From 1, the dearest. Unique among a person's live wishes, and so is the class.
    pub rank: i32,
    pub actor_kind: ActorKind,
    /// Resident or staff id by kind.
    pub actor_id: Option<i64>,
    pub created_at: DateTimeUtc,
    pub replaced_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
