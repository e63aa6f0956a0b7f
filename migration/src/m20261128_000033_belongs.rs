//! What an article belongs to, what a teacher hands in of a class with its pictures, and who
//! wants no picture of themselves.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::columns::{big, index, int, optional, reference, table, text, unique};
use crate::m20261127_000011_draw::set_words;

const CONSENTS: &str = "'privacy', 'sensitive', 'pledge', 'relative', 'care_call'";
const MORE_CONSENTS: &str = "'privacy', 'sensitive', 'pledge', 'relative', 'care_call', 'photos'";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        set_words(manager, "consent", CONSENTS, MORE_CONSENTS).await?;
        for (table, column) in [
            ("article", text("project").default("").take()),
            ("article", optional(big("community_id"))),
            ("article", optional(big("class_id"))),
            ("article", optional(big("meeting_id"))),
            ("news_item", optional(big("class_id"))),
            ("news_item", optional(big("meeting_id"))),
        ] {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        manager.create_index(index("article", &["community_id"])).await?;
        manager.create_index(unique("news_item", &["meeting_id"])).await?;
        let picture = table("news_item_picture")
            .col(big("item_id"))
            .col(big("picture_id"))
            .col(int("place"))
            .foreign_key(&mut reference("news_item_picture", "item_id", "news_item"))
            .foreign_key(&mut reference("news_item_picture", "picture_id", "picture"))
            .take();
        manager.create_table(picture).await?;
        manager.create_index(unique("news_item_picture", &["item_id", "picture_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("news_item_picture").take()).await?;
        for (index, table) in
            [("ux_news_item_meeting_id", "news_item"), ("ix_article_community_id", "article")]
        {
            let drop = Index::drop().name(index).table(table).to_owned();
            manager.drop_index(drop).await?;
        }
        for (table, column) in [
            ("news_item", "meeting_id"),
            ("news_item", "class_id"),
            ("article", "meeting_id"),
            ("article", "class_id"),
            ("article", "community_id"),
            ("article", "project"),
        ] {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        let forget = "DELETE FROM consent WHERE kind = 'photos'";
        manager.get_connection().execute_unprepared(forget).await?;
        set_words(manager, "consent", MORE_CONSENTS, CONSENTS).await
    }
}
