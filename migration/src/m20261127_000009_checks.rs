//! Content checks, what people sent to the centre beside words, and names that nobody
//! looked at yet.

use sea_orm_migration::prelude::*;

use crate::columns::{
    big, bytes, index, int, optional, reference, table, text, time, unique, word, word_or_null,
};

const CHECK_STATES: &[&str] = &["waiting", "passed", "to_look_at", "risky", "not_checked"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let check = table("content_check")
            .col(word("subject", &["resident_name", "help_message"]))
            .col(big("subject_id"))
            .col(word("kind", &["text", "picture", "sound"]))
            .col(optional(big("resident_id")))
            .col(text("content"))
            .col(text("page"))
            .col(optional(text("trace_id")))
            .col(word("state", CHECK_STATES))
            .col(optional(int("label")))
            .col(time("asked_at"))
            .col(optional(time("settled_at")))
            .col(optional(big("settled_by")))
            .foreign_key(&mut reference("content_check", "resident_id", "resident"))
            .foreign_key(&mut reference("content_check", "settled_by", "staff"))
            .take();
        manager.create_table(check).await?;
        let thing = unique("content_check", &["subject", "subject_id", "kind"]);
        manager.create_index(thing).await?;
        manager.create_index(unique("content_check", &["trace_id"])).await?;
        manager.create_index(index("content_check", &["resident_id"])).await?;
        manager.create_index(index("content_check", &["settled_at"])).await?;

        let verdict = table("check_verdict")
            .col(text("trace_id"))
            .col(word_or_null("state", CHECK_STATES))
            .col(optional(int("label")))
            .col(time("at"))
            .take();
        manager.create_table(verdict).await?;
        manager.create_index(unique("check_verdict", &["trace_id"])).await?;

        let media = table("help_media")
            .col(big("message_id"))
            .col(word("state", &["kept", "failed", "gone"]))
            .col(optional(text("mime")))
            .col(optional(bytes("bytes")))
            .col(time("created_at"))
            .foreign_key(&mut reference("help_media", "message_id", "help_message"))
            .take();
        manager.create_table(media).await?;
        manager.create_index(unique("help_media", &["message_id"])).await?;

        let name = word("name_state", &["shown", "unseen", "refused"]).default("shown").take();
        let name = Table::alter().table("resident").add_column(name).to_owned();
        manager.alter_table(name).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let name = Table::alter().table("resident").drop_column("name_state").to_owned();
        manager.alter_table(name).await?;
        for table in ["help_media", "check_verdict", "content_check"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
