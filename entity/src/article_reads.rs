//! How often an article was read, as the platform counted it last.

use sea_orm::entity::prelude::*;

use crate::ids::PublicationId;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article_reads")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub publication_id: PublicationId,
    /// The last day that is counted in.
    pub as_of: Date,
    /// People, and times that they opened it.
    pub readers: i64,
    pub reads: i64,
    pub shares: i64,
    pub favourites: i64,
    pub told_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
