//! What a course looks like: one picture of it, with what it shows in words.

use sea_orm_migration::prelude::*;

use crate::columns::{big, bytes, int, reference, table, text, time, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let picture = table("course_picture")
            .col(big("course_id"))
            .col(text("alt"))
            .col(text("sha256"))
            .col(text("mime"))
            .col(bytes("bytes"))
            .col(int("width").check(Expr::cust("width > 0")).take())
            .col(int("height").check(Expr::cust("height > 0")).take())
            .col(big("uploaded_by"))
            .col(time("uploaded_at"))
            .foreign_key(&mut reference("course_picture", "course_id", "course"))
            .foreign_key(&mut reference("course_picture", "uploaded_by", "staff"))
            .take();
        manager.create_table(picture).await?;
        manager.create_index(unique("course_picture", &["course_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("course_picture").take()).await
    }
}
