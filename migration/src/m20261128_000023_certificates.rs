//! 结业证书 and 学时证明: what was handed out, under which number, and what was taken back.

use sea_orm_migration::prelude::*;

use crate::columns::{big, index, int, optional, reference, table, text, time, unique, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let certificate = table("certificate")
            .col(text("number"))
            .col(word("kind", &["completion", "hours"]))
            .col(big("resident_id"))
            .col(optional(big("class_id")))
            .col(optional(int("year")))
            .col(text("name"))
            .col(text("about"))
            .col(int("hours_hundredths").check(Expr::cust("hours_hundredths >= 0")).take())
            .col(int("credits_tenths").check(Expr::cust("credits_tenths >= 0")).take())
            .col(optional(big("issued_by")))
            .col(time("issued_at"))
            .col(optional(time("revoked_at")))
            .col(optional(big("revoked_by")))
            .col(optional(text("revoked_for")))
            .foreign_key(&mut reference("certificate", "resident_id", "resident"))
            .foreign_key(&mut reference("certificate", "class_id", "class"))
            .foreign_key(&mut reference("certificate", "issued_by", "staff"))
            .foreign_key(&mut reference("certificate", "revoked_by", "staff"))
            .check(Expr::cust("(kind = 'completion') = (class_id IS NOT NULL)"))
            .check(Expr::cust("(kind = 'hours') = (year IS NOT NULL)"))
            .check(Expr::cust("(revoked_at IS NULL) = (revoked_for IS NULL)"))
            .take();
        manager.create_table(certificate).await?;
        manager.create_index(unique("certificate", &["number"])).await?;
        let live = unique("certificate", &["class_id", "resident_id"])
            .and_where(Expr::cust("revoked_at IS NULL"))
            .take();
        manager.create_index(live).await?;
        manager.create_index(index("certificate", &["resident_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("certificate").take()).await
    }
}
