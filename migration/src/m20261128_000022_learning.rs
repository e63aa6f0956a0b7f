//! What follows from the register for a learner: when a class counts as completed, what it
//! is worth, and what the teacher says of it.

use sea_orm_migration::prelude::*;

use crate::columns::{big, flag, index, int, optional, reference, table, text, time};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let percent = int("completion_percent")
            .default(70)
            .check(Expr::cust("completion_percent BETWEEN 0 AND 100"))
            .take();
        let pass = flag("pass_needed").default(true).take();
        let credit = int("credit_hours").default(16).check(Expr::cust("credit_hours > 0")).take();
        for column in [percent, pass, credit] {
            let add = Table::alter().table("term").add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        let pass = table("class_pass")
            .col(big("class_id"))
            .col(big("resident_id"))
            .col(flag("passed"))
            .col(optional(text("reason")))
            .col(big("staff_id"))
            .col(time("at"))
            .foreign_key(&mut reference("class_pass", "class_id", "class"))
            .foreign_key(&mut reference("class_pass", "resident_id", "resident"))
            .foreign_key(&mut reference("class_pass", "staff_id", "staff"))
            // Whoever does not pass is told why.
            .check(Expr::cust("passed OR reason IS NOT NULL"))
            .take();
        manager.create_table(pass).await?;
        manager.create_index(index("class_pass", &["class_id", "resident_id"])).await?;
        manager.create_index(index("class_pass", &["resident_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("class_pass").take()).await?;
        for column in ["completion_percent", "pass_needed", "credit_hours"] {
            let drop = Table::alter().table("term").drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
