//! What WeChat said of an account itself, the last of each kind; and which followers the
//! platform was asked about. No job holds an openid any more.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::columns::{optional, table, text, time, unique, word};

const KINDS: &[&str] = &[
    "verified",
    "verify_failed",
    "named",
    "naming_failed",
    "renewal_due",
    "verify_expired",
    "audit_passed",
    "audit_failed",
    "audit_delayed",
    "menu_by_hand",
    "callback_sources",
    "reviewed",
];

/// The kind and the payload are replaced together, also of jobs that are done.
const TO_IDS: &str = "UPDATE job SET kind = 'learn_followers', \
                      payload = '{\"kind\":\"learn_followers\"}' WHERE kind = 'learn_follower'";

/// An older service does not know it; followers are asked about when they come again.
const FORGET: &str = "DELETE FROM job WHERE kind IN \
                      ('learn_followers', 'review_followers', 'note_callback_sources')";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let note = table("wechat_note")
            .col(word("account", &["official", "mini"]))
            .col(word("kind", KINDS))
            .col(time("happened_at"))
            .col(optional(time("ends_at")))
            .col(optional(text("words")))
            .take();
        manager.create_table(note).await?;
        manager.create_index(unique("wechat_note", &["account", "kind"])).await?;
        let asked =
            Table::alter().table("follower").add_column(optional(time("asked_at"))).to_owned();
        manager.alter_table(asked).await?;
        manager.get_connection().execute_unprepared(TO_IDS).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(FORGET).await?;
        let asked = Table::alter().table("follower").drop_column("asked_at").to_owned();
        manager.alter_table(asked).await?;
        manager.drop_table(Table::drop().table("wechat_note").to_owned()).await
    }
}
