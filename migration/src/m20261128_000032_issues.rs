//! Several articles in one issue, and how often articles are read.

use sea_orm_migration::prelude::*;

use crate::columns::{big, day, index, int, optional, reference, table, text, time, unique};

const COLUMNS: [&str; 3] = ["lead_id", "place", "msg_data_id"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let first = int("place").default(1).take();
        for column in [optional(big("lead_id")), first, optional(text("msg_data_id"))] {
            let add = Table::alter().table("publication").add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        manager.create_index(index("publication", &["lead_id"])).await?;
        let reads = table("article_reads")
            .col(big("publication_id"))
            .col(day("as_of"))
            .col(big("readers"))
            .col(big("reads"))
            .col(big("shares"))
            .col(big("favourites"))
            .col(time("told_at"))
            .foreign_key(&mut reference("article_reads", "publication_id", "publication"))
            .take();
        manager.create_table(reads).await?;
        manager.create_index(unique("article_reads", &["publication_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("article_reads").take()).await?;
        let of_issue = Index::drop().name("ix_publication_lead_id").table("publication").to_owned();
        manager.drop_index(of_issue).await?;
        for column in COLUMNS {
            let drop = Table::alter().table("publication").drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
