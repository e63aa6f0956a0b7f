//! Places kept for sign-up at the counter and by phone. Terms that are there already keep
//! none. And people entered there: known by the key of the request that made them.

use sea_orm_migration::prelude::*;

use crate::columns::{flag, int, optional, text, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let checked = |mut column: ColumnDef, check: &'static str| {
            column.check(Expr::cust(check));
            column
        };
        let none = |name: &'static str| int(name).default(0).take();
        for (table, column) in [
            ("term", checked(none("held_percent"), "held_percent BETWEEN 0 AND 100")),
            ("term", checked(int("held_hours").default(24).take(), "held_hours >= 0")),
            ("class", checked(optional(int("held_percent")), "held_percent BETWEEN 0 AND 100")),
            ("class", checked(none("by_staff"), "by_staff BETWEEN 0 AND taken")),
            ("enrolment", flag("by_staff").default(false).take()),
            ("resident", optional(text("request_key"))),
        ] {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        manager.create_index(unique("resident", &["request_key"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop().name("ux_resident_request_key").table("resident").to_owned();
        manager.drop_index(index).await?;
        for (table, column) in [
            ("resident", "request_key"),
            ("enrolment", "by_staff"),
            ("class", "by_staff"),
            ("class", "held_percent"),
            ("term", "held_hours"),
            ("term", "held_percent"),
        ] {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
