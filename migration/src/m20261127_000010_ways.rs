//! More ways to a person: what came of each message to them, and the mini-program's
//! customer service beside the account's chat.

use sea_orm_migration::prelude::*;

use crate::columns::{big, index, optional, table, text, time, unique, word, word_or_null};

const ACCOUNTS: &[&str] = &["official", "mini"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let way = word_or_null("way", &["subscription", "template"]);
        // Where people wrote until now.
        let account = word("account", ACCOUNTS).default("official").take();
        for (name, column) in [
            ("notice", way),
            ("notice", optional(time("tried_at"))),
            ("late_answer", account.clone()),
            ("help_thread", account),
        ] {
            let add = Table::alter().table(name).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        // Points at notices without a foreign key: SQLite writes that table anew for new kinds.
        let delivery = table("delivery")
            .col(word("account", ACCOUNTS))
            .col(text("msg_id"))
            .col(optional(big("notice_id")))
            .col(word_or_null("outcome", &["delivered", "refused", "failed"]))
            .col(optional(text("words")))
            .col(time("created_at"))
            .take();
        manager.create_table(delivery).await?;
        manager.create_index(unique("delivery", &["account", "msg_id"])).await?;
        manager.create_index(index("delivery", &["notice_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Openids of the mini-program would be taken for those of the account.
        for forget in [
            "UPDATE late_answer SET openid = '' WHERE account = 'mini'",
            "UPDATE help_thread SET openid = '', open_key = NULL WHERE account = 'mini'",
        ] {
            manager.get_connection().execute_unprepared(forget).await?;
        }
        manager.drop_table(Table::drop().table("delivery").to_owned()).await?;
        for (name, column) in [
            ("help_thread", "account"),
            ("late_answer", "account"),
            ("notice", "tried_at"),
            ("notice", "way"),
        ] {
            let drop = Table::alter().table(name).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
