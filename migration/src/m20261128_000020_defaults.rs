//! What was the same for all: how long an offered place is kept and how far two sites are
//! apart is said by the term, with the weeks in which one changes and leaves freely; a site
//! and a class may say otherwise.

use sea_orm_migration::prelude::*;

use crate::columns::{int, optional, word_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TERM: [(&str, i32, &str); 5] = [
    ("offer_hours", 24, "offer_hours > 0"),
    ("offer_daytime_hours", 12, "offer_daytime_hours >= 0"),
    ("travel_minutes", 15, "travel_minutes >= 0"),
    ("change_days", 14, "change_days >= 0"),
    ("free_days", 14, "free_days >= 0"),
];

/// Empty: as the site says for a class, and else the term.
const OWN: [(&str, &str, &str); 6] = [
    ("site", "held_percent", "held_percent BETWEEN 0 AND 100"),
    ("site", "min_people", "min_people >= 0"),
    ("site", "offer_hours", "offer_hours > 0"),
    ("site", "offer_daytime_hours", "offer_daytime_hours >= 0"),
    ("class", "offer_hours", "offer_hours > 0"),
    ("class", "offer_daytime_hours", "offer_daytime_hours >= 0"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_term = TERM.map(|(name, usual, check)| {
            ("term", int(name).default(usual).check(Expr::cust(check)).take())
        });
        let own = OWN.map(|(table, name, check)| {
            (table, optional(int(name)).check(Expr::cust(check)).take())
        });
        let residence = word_or_null("residence", &["everyone", "own_first", "own_only"]);
        for (table, column) in of_term.into_iter().chain(own).chain([("site", residence)]) {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_term = TERM.map(|(name, ..)| ("term", name));
        let own = OWN.map(|(table, name, _)| (table, name));
        for (table, column) in of_term.into_iter().chain(own).chain([("site", "residence")]) {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}
