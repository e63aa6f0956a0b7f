//! The end of a phone number can be looked for: its keyed hash, which the service writes for the
//! numbers that are there already.

use sea_orm_migration::prelude::*;

use crate::columns::{index, optional, text};

/// What fills in the numbers that are there, once.
const JOB: &str = "note_phone_tails";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tail = optional(text("phone_tail_hash"));
        let add = Table::alter().table("resident").add_column(tail).to_owned();
        manager.alter_table(add).await?;
        manager.create_index(index("resident", &["phone_tail_hash"])).await?;
        let job = format!(
            "INSERT INTO job (kind, payload, state, run_after, attempts, created_at) \
             SELECT '{JOB}', '{{\"kind\":\"{JOB}\"}}', 'ready', MIN(created_at), 0, MIN(created_at) \
             FROM resident WHERE phone_sealed IS NOT NULL HAVING COUNT(*) > 0"
        );
        manager.get_connection().execute_unprepared(&job).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let forget = format!("DELETE FROM job WHERE kind = '{JOB}'");
        manager.get_connection().execute_unprepared(&forget).await?;
        let index = Index::drop().name("ix_resident_phone_tail_hash").table("resident").to_owned();
        manager.drop_index(index).await?;
        let drop = Table::alter().table("resident").drop_column("phone_tail_hash").to_owned();
        manager.alter_table(drop).await
    }
}
