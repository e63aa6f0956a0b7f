//! What people write to the centre, codes that link an account, and the notice of an answer.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{big, index, int, optional, reference, table, text, time, unique, word};

const KINDS: &[&str] = &["placed", "offered", "meeting_changed"];
const KINDS_WITH_ANSWER: &[&str] = &["placed", "offered", "meeting_changed", "answered"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let thread = table("help_thread")
            .col(optional(text("open_key")))
            .col(optional(text("openid")))
            .col(optional(big("resident_id")))
            .col(time("asked_at"))
            .col(optional(time("last_said_at")))
            .col(optional(time("last_answered_at")))
            .col(optional(time("closed_at")))
            .col(optional(big("closed_by")))
            .foreign_key(&mut reference("help_thread", "resident_id", "resident"))
            .foreign_key(&mut reference("help_thread", "closed_by", "staff"))
            .check(Expr::cust("openid IS NOT NULL OR resident_id IS NOT NULL"))
            .take();
        manager.create_table(thread).await?;
        manager.create_index(unique("help_thread", &["open_key"])).await?;
        manager.create_index(index("help_thread", &["resident_id"])).await?;
        manager.create_index(index("help_thread", &["openid"])).await?;

        let message = table("help_message")
            .col(big("thread_id"))
            .col(word("author", &["resident", "staff", "system"]))
            .col(optional(big("staff_id")))
            .col(word("kind", &["text", "picture", "voice", "video", "other"]))
            .col(text("text"))
            .col(optional(text("media_id")))
            .col(word(
                "state",
                &["received", "waiting", "sent", "in_messages", "unknown", "failed"],
            ))
            .col(optional(text("failure")))
            .col(time("created_at"))
            .col(optional(time("settled_at")))
            .foreign_key(&mut reference("help_message", "thread_id", "help_thread"))
            .foreign_key(&mut reference("help_message", "staff_id", "staff"))
            .take();
        manager.create_table(message).await?;
        manager.create_index(index("help_message", &["thread_id"])).await?;

        let code = table("link_code")
            .col(big("resident_id"))
            .col(text("token_hash"))
            .col(time("created_at"))
            .col(time("expires_at"))
            .col(optional(time("used_at")))
            .foreign_key(&mut reference("link_code", "resident_id", "resident"))
            .take();
        manager.create_table(code).await?;
        manager.create_index(unique("link_code", &["token_hash"])).await?;

        manager.create_index(index("follower", &["unionid"])).await?;
        set_kinds(manager, KINDS_WITH_ANSWER).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for table in ["notice", "subscription"] {
            let forget = format!("DELETE FROM {table} WHERE kind = 'answered'");
            connection.execute_unprepared(&forget).await?;
        }
        set_kinds(manager, KINDS).await?;
        let unionid = Index::drop().name("ix_follower_unionid").table("follower").to_owned();
        manager.drop_index(unionid).await?;
        for table in ["link_code", "help_message", "help_thread"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// The words that `kind` of `notice` and `subscription` may say.
async fn set_kinds(manager: &SchemaManager<'_>, kinds: &[&'static str]) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        let words: Vec<String> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
        for table in ["notice", "subscription"] {
            let alter = format!(
                "ALTER TABLE {table} DROP CONSTRAINT {table}_kind_check, \
                 ADD CONSTRAINT {table}_kind_check CHECK (kind IN ({}))",
                words.join(", ")
            );
            manager.get_connection().execute_unprepared(&alter).await?;
        }
        return Ok(());
    }
    // SQLite cannot change a check: the table is written anew. Nothing points at these two.
    manager.create_table(notice("notice_new", kinds)).await?;
    take_over(manager, "notice").await?;
    manager.create_index(unique("notice", &["dedup_key"])).await?;
    manager.create_index(index("notice", &["resident_id", "created_at"])).await?;
    manager.create_index(index("notice", &["state"])).await?;
    manager.create_table(subscription("subscription_new", kinds)).await?;
    take_over(manager, "subscription").await?;
    manager.create_index(unique("subscription", &["resident_id", "kind"])).await
}

/// `x_new` has the columns of `x` in the same order, and takes its place.
async fn take_over(manager: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let copy = format!("INSERT INTO {name}_new SELECT * FROM {name}");
    connection.execute_unprepared(&copy).await?;
    manager.drop_table(Table::drop().table(name).take()).await?;
    let rename = format!("ALTER TABLE {name}_new RENAME TO {name}");
    connection.execute_unprepared(&rename).await?;
    Ok(())
}

fn notice(name: &'static str, kinds: &[&'static str]) -> TableCreateStatement {
    table(name)
        .col(big("resident_id"))
        .col(word("kind", kinds))
        .col(text("dedup_key"))
        .col(text("title"))
        .col(text("body"))
        .col(text("page"))
        .col(text("values"))
        .col(word("state", &["pending", "sent", "no_consent", "unknown", "failed"]))
        .col(optional(text("failure")))
        .col(time("created_at"))
        .col(optional(time("sent_at")))
        .col(optional(time("read_at")))
        .foreign_key(&mut reference(name, "resident_id", "resident"))
        .take()
}

fn subscription(name: &'static str, kinds: &[&'static str]) -> TableCreateStatement {
    table(name)
        .col(big("resident_id"))
        .col(word("kind", kinds))
        .col(int("balance"))
        .col(time("updated_at"))
        .foreign_key(&mut reference(name, "resident_id", "resident"))
        .check(Expr::cust("balance >= 0"))
        .take()
}
