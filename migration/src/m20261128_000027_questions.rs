//! What staff found out about patterns of the register that were worth a look.

use sea_orm_migration::prelude::*;

use crate::columns::{big, index, int, reference, table, text, time};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let note = table("pattern_note")
            .col(text("pattern"))
            .col(int("times").check(Expr::cust("times > 0")).take())
            .col(text("found"))
            .col(big("found_by"))
            .col(time("found_at"))
            .foreign_key(&mut reference("pattern_note", "found_by", "staff"))
            .take();
        manager.create_table(note).await?;
        manager.create_index(index("pattern_note", &["pattern"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("pattern_note").take()).await
    }
}
