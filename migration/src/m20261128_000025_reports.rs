//! Months whose figures are frozen, and the columns of lists for the platform 乐龄学堂.

use sea_orm_migration::prelude::*;

use crate::columns::{big, day, index, int, optional, reference, table, text, time, unique, word};

/// In the order in which they are made; undone in reverse.
const TABLES: [&str; 3] = ["closed_month", "closed_row", "export_mapping"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let month = table("closed_month")
            .col(day("month"))
            .col(time("closed_at"))
            .col(big("closed_by"))
            .col(optional(time("reopened_at")))
            .col(optional(big("reopened_by")))
            .col(optional(text("reopened_for")))
            .foreign_key(&mut reference("closed_month", "closed_by", "staff"))
            .foreign_key(&mut reference("closed_month", "reopened_by", "staff"))
            .check(Expr::cust("(reopened_at IS NULL) = (reopened_by IS NULL)"))
            .check(Expr::cust("(reopened_at IS NULL) = (reopened_for IS NULL)"))
            .take();
        manager.create_table(month).await?;
        let closed =
            unique("closed_month", &["month"]).and_where(Expr::cust("reopened_at IS NULL")).take();
        manager.create_index(closed).await?;
        let row = table("closed_row")
            .col(big("month_id"))
            .col(big("meeting_id"))
            .col(big("resident_id"))
            .col(int("hours_hundredths").check(Expr::cust("hours_hundredths >= 0")).take())
            .foreign_key(&mut reference("closed_row", "month_id", "closed_month"))
            .foreign_key(&mut reference("closed_row", "meeting_id", "meeting"))
            .foreign_key(&mut reference("closed_row", "resident_id", "resident"))
            .take();
        manager.create_table(row).await?;
        let one = ["month_id", "meeting_id", "resident_id"];
        manager.create_index(unique("closed_row", &one)).await?;
        let mapping = table("export_mapping")
            .col(word("kind", &["learners", "classes", "attendance"]))
            .col(text("columns"))
            .col(time("saved_at"))
            .col(big("saved_by"))
            .foreign_key(&mut reference("export_mapping", "saved_by", "staff"))
            .take();
        manager.create_table(mapping).await?;
        manager.create_index(index("export_mapping", &["kind"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        Ok(())
    }
}
