//! Codes with which people sign in outside WeChat, and who has tried.

use sea_orm_migration::prelude::*;

use crate::columns::{big, index, int, optional, reference, table, text, time, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let code = table("sign_in_code")
            .col(optional(text("number_hash")))
            .col(optional(big("resident_id")))
            .col(text("code_hash"))
            .col(optional(text("letter_sealed")))
            .col(optional(big("issued_by")))
            .col(time("created_at"))
            .col(time("expires_at"))
            .col(int("tries").check(Expr::cust("tries >= 0")).take())
            .col(optional(time("used_at")))
            .foreign_key(&mut reference("sign_in_code", "resident_id", "resident"))
            .foreign_key(&mut reference("sign_in_code", "issued_by", "staff"))
            // By SMS to a number, or by a colleague to somebody they know.
            .check(Expr::cust("(number_hash IS NULL) = (resident_id IS NOT NULL)"))
            .check(Expr::cust("(number_hash IS NULL) = (issued_by IS NOT NULL)"))
            .take();
        manager.create_table(code).await?;
        manager.create_index(index("sign_in_code", &["number_hash"])).await?;
        manager.create_index(index("sign_in_code", &["resident_id"])).await?;
        manager.create_index(index("sign_in_code", &["created_at"])).await?;

        let tried = table("sign_in_try")
            .col(word("what", &["ask", "enter"]))
            .col(text("number_hash"))
            .col(text("address_hash"))
            .col(time("at"))
            .take();
        manager.create_table(tried).await?;
        manager.create_index(index("sign_in_try", &["number_hash", "at"])).await?;
        manager.create_index(index("sign_in_try", &["address_hash", "at"])).await?;
        manager.create_index(index("sign_in_try", &["at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["sign_in_try", "sign_in_code"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
