//! What the platform thinks of articles, and as whose it may be asked.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::columns::{bare_table, big, index, optional, reference, text, time, unique};
use crate::m20261127_000011_draw::set_words_of;

const CHECKED: (&str, &str) = ("content_check", "subject");
const SUBJECTS: &str = "'resident_name', 'help_message'";
const MORE_SUBJECTS: &str = "'resident_name', 'help_message', 'article', 'article_picture'";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        set_words_of(manager, CHECKED, SUBJECTS, MORE_SUBJECTS).await?;
        let answer = optional(text("answer"));
        let add = Table::alter().table("content_check").add_column(answer).to_owned();
        manager.alter_table(add).await?;
        let link = bare_table("staff_wechat")
            .col(big("staff_id").primary_key())
            .col(optional(text("code_hash")))
            .col(optional(time("code_until")))
            .col(optional(big("resident_id")))
            .col(optional(time("linked_at")))
            .foreign_key(&mut reference("staff_wechat", "staff_id", "staff"))
            .foreign_key(&mut reference("staff_wechat", "resident_id", "resident"))
            .check(Expr::cust("(code_hash IS NULL) = (code_until IS NULL)"))
            .check(Expr::cust("(resident_id IS NULL) = (linked_at IS NULL)"))
            .take();
        manager.create_table(link).await?;
        manager.create_index(unique("staff_wechat", &["code_hash"])).await?;
        manager.create_index(index("staff_wechat", &["resident_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("staff_wechat").take()).await?;
        let forget = "DELETE FROM content_check WHERE subject IN ('article', 'article_picture')";
        manager.get_connection().execute_unprepared(forget).await?;
        let drop = Table::alter().table("content_check").drop_column("answer").to_owned();
        manager.alter_table(drop).await?;
        set_words_of(manager, CHECKED, MORE_SUBJECTS, SUBJECTS).await
    }
}
