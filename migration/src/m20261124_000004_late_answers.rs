//! Answers that come after WeChat hung up; and callbacks written many at a time.

use sea_orm_migration::prelude::*;

use crate::columns::{index, optional, table, text, time, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Old callbacks are found from the oldest row on: one index less to write.
        manager.drop_index(drop_received_at()).await?;
        let late = table("late_answer")
            .col(text("openid"))
            .col(optional(text("ask")))
            .col(optional(text("text")))
            .col(word("state", &["pending", "sent", "unknown", "no_consent", "failed"]))
            .col(optional(text("failure")))
            .col(time("created_at"))
            .col(optional(time("settled_at")))
            .check(Expr::col("ask").is_null().ne(Expr::col("text").is_null()))
            .take();
        manager.create_table(late).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("late_answer").to_owned()).await?;
        manager.create_index(index("callback", &["received_at"])).await
    }
}

fn drop_received_at() -> IndexDropStatement {
    Index::drop().name("ix_callback_received_at").table("callback").to_owned()
}
