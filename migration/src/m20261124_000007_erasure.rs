//! Erasure of personal data: that it happened, and to whom.

use sea_orm_migration::prelude::*;

use crate::columns::{big, index, optional, reference, table, text, time, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let erased_at =
            Table::alter().table("resident").add_column(optional(time("erased_at"))).to_owned();
        manager.alter_table(erased_at).await?;
        let erasure = table("erasure")
            .col(big("resident_id"))
            .col(word("scope", &["person", "phone"]))
            .col(word("actor_kind", &["resident", "staff", "system"]))
            .col(optional(big("actor_id")))
            .col(text("reason"))
            .col(optional(text("openids_sealed")))
            .col(time("at"))
            .foreign_key(&mut reference("erasure", "resident_id", "resident"))
            .take();
        manager.create_table(erasure).await?;
        manager.create_index(index("erasure", &["resident_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("erasure").to_owned()).await?;
        let erased_at = Table::alter().table("resident").drop_column("erased_at").to_owned();
        manager.alter_table(erased_at).await
    }
}
