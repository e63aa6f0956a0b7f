//! More rules of sign-up: pledge, relative, bars, whom a class is for; how many people a
//! class needs to begin; and capacities that fall as places are given back.

use sea_orm_migration::prelude::*;

use crate::columns::{
    bare_table, big, day, flag, index, int, optional, reference, table, text, time, word,
    word_or_null,
};
use crate::m20261127_000011_draw::set_words;

const KINDS: &str = "'privacy', 'sensitive'";
const MORE_KINDS: &str = "'privacy', 'sensitive', 'pledge', 'relative'";

const LEAVE_REASONS: &[&str] =
    &["health", "time", "family", "other_class", "other", "absent", "unfit"];

/// In the order in which they are made; undone in reverse.
const TABLES: &[&str] = &["pledge", "relative", "bar"];

fn columns() -> Vec<(&'static str, ColumnDef)> {
    let at_least = |name: &'static str, least: i32, value: i32| {
        int(name).default(value).check(Expr::col(name).gte(least)).take()
    };
    vec![
        ("term", flag("pledge_needed").default(false).take()),
        ("term", at_least("relative_from_age", 0, 80)),
        ("term", flag("travel_refused").default(false).take()),
        ("term", at_least("min_percent", 0, 60)),
        ("term", at_least("min_people", 0, 15)),
        ("term", at_least("decide_days", 0, 3)),
        (
            "class",
            word("residence", &["everyone", "own_first", "own_only"]).default("everyone").take(),
        ),
        ("class", flag("previous_needed").default(false).take()),
        ("class", optional(int("min_people").check(Expr::col("min_people").gte(0)).take())),
        ("class", optional(int("cut_to").check(Expr::cust("cut_to < capacity")).take())),
        ("class", optional(time("below_since"))),
        ("class", optional(time("kept_open_at"))),
        ("resident", flag("barred").default(false).take()),
        ("consent", word_or_null("way", &["paper", "call"])),
        // Names a colleague; SQLite cannot add a foreign key to a table that is there.
        ("consent", optional(big("staff_id"))),
        ("enrolment", word_or_null("left_for", LEAVE_REASONS)),
    ]
}

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        set_words(manager, "consent", KINDS, MORE_KINDS).await?;
        for (table, column) in columns() {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        let pledge = table("pledge")
            .col(text("title"))
            .col(text("body"))
            .col(big("staff_id"))
            .col(time("created_at"))
            .foreign_key(&mut reference("pledge", "staff_id", "staff"))
            .take();
        manager.create_table(pledge).await?;
        let relative = bare_table("relative")
            .col(big("resident_id").primary_key())
            .col(text("name_sealed"))
            .col(text("phone_sealed"))
            .col(text("relation"))
            .col(time("updated_at"))
            .foreign_key(&mut reference("relative", "resident_id", "resident"))
            .take();
        manager.create_table(relative).await?;
        let bar = table("bar")
            .col(big("resident_id"))
            .col(optional(big("class_id")))
            .col(day("until"))
            .col(text("reason"))
            .col(big("staff_id"))
            .col(time("created_at"))
            .col(optional(time("lifted_at")))
            .col(optional(big("lifted_by")))
            .foreign_key(&mut reference("bar", "resident_id", "resident"))
            .foreign_key(&mut reference("bar", "class_id", "class"))
            .foreign_key(&mut reference("bar", "staff_id", "staff"))
            .foreign_key(&mut reference("bar", "lifted_by", "staff"))
            .take();
        manager.create_table(bar).await?;
        manager.create_index(index("bar", &["resident_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        let names = columns().into_iter().map(|(table, column)| (table, column.get_column_name()));
        for (table, column) in names.rev() {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        // Consents of kinds that are unknown to what comes before.
        let forget = "DELETE FROM consent WHERE kind IN ('pledge', 'relative')";
        manager.get_connection().execute_unprepared(forget).await?;
        set_words(manager, "consent", MORE_KINDS, KINDS).await
    }
}
