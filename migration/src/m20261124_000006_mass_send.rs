//! A second way of an article to the account: to all followers.

use sea_orm_migration::prelude::*;

use crate::columns::{big, optional, text, unique, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FIGURES: [&str; 4] = ["total_count", "filter_count", "sent_count", "error_count"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let way = word("way", &["publish", "mass_send"]).default("publish").take();
        let figures = FIGURES.map(|name| optional(big(name)));
        let columns = [way, optional(text("mass_key")), optional(text("msg_id"))];
        // SQLite adds one column at a time.
        for column in columns.into_iter().chain(figures) {
            let add = Table::alter().table("publication").add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        manager.create_index(unique("publication", &["msg_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop().name("ux_publication_msg_id").table("publication").to_owned();
        manager.drop_index(index).await?;
        for name in FIGURES.into_iter().chain(["msg_id", "mass_key", "way"]) {
            let drop = Table::alter().table("publication").drop_column(name).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
