//! What communities write in, and where it was sent: the ledger of submissions to papers and
//! platforms.

use sea_orm_migration::prelude::*;

use crate::columns::{
    big, day, flag, index, int, optional, reference, table, text, time, unique, word,
};

/// In the order in which they are made; undone in reverse.
const TABLES: [&str; 3] = ["news_item", "outlet", "submission"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let item = table("news_item")
            .col(text("title"))
            .col(text("body"))
            .col(text("project"))
            .col(optional(big("community_id")))
            .col(optional(big("article_id")))
            .col(big("sent_by"))
            .col(time("sent_at"))
            .col(optional(text("declined_for")))
            .col(optional(big("declined_by")))
            .foreign_key(&mut reference("news_item", "community_id", "community"))
            .foreign_key(&mut reference("news_item", "article_id", "article"))
            .foreign_key(&mut reference("news_item", "sent_by", "staff"))
            .foreign_key(&mut reference("news_item", "declined_by", "staff"))
            .check(Expr::cust("(declined_for IS NULL) = (declined_by IS NULL)"))
            .take();
        manager.create_table(item).await?;
        manager.create_index(index("news_item", &["sent_at"])).await?;
        manager.create_index(unique("news_item", &["article_id"])).await?;
        let outlet = table("outlet")
            .col(text("name"))
            .col(int("points").check(Expr::cust("points BETWEEN 0 AND 1000")).take())
            .col(flag("off"))
            .take();
        manager.create_table(outlet).await?;
        manager.create_index(unique("outlet", &["name"])).await?;
        let submission = table("submission")
            .col(big("item_id"))
            .col(big("outlet_id"))
            .col(word("state", &["sent", "taken", "refused"]))
            .col(day("sent_on"))
            .col(optional(day("decided_on")))
            .col(text("link"))
            .col(big("entered_by"))
            .col(time("entered_at"))
            .foreign_key(&mut reference("submission", "item_id", "news_item"))
            .foreign_key(&mut reference("submission", "outlet_id", "outlet"))
            .foreign_key(&mut reference("submission", "entered_by", "staff"))
            .check(Expr::cust("(state = 'sent') = (decided_on IS NULL)"))
            .take();
        manager.create_table(submission).await?;
        manager.create_index(unique("submission", &["item_id", "outlet_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        Ok(())
    }
}
