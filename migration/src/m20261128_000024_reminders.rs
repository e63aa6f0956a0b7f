//! Reminders of meetings, and who is to be called because WeChat does not reach them.

use sea_orm_migration::prelude::*;

use crate::columns::{big, day, index, int, optional, reference, table, time, unique, word};
use crate::m20261127_000011_draw::set_words;

const KINDS: &str = "'placed', 'offered', 'meeting_changed', 'answered', 'draw'";
const MORE_KINDS: &str = "'placed', 'offered', 'meeting_changed', 'answered', 'draw', 'reminder'";

/// Of a term: minutes of the day, and what they are between.
const HOURS: [(&str, i32, &str); 2] = [
    ("remind_before_at", 1080, "remind_before_at BETWEEN 480 AND 1200"),
    ("remind_on_day_at", 450, "remind_on_day_at BETWEEN 360 AND 720"),
];

const INDEXED: [&str; 2] = ["meeting_id", "good_until"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["notice", "subscription"] {
            set_words(manager, table, KINDS, MORE_KINDS).await?;
        }
        // Without foreign keys, as `about_id`.
        for column in [big("meeting_id"), time("good_until"), time("told_at"), big("told_by")] {
            let add = Table::alter().table("notice").add_column(optional(column)).to_owned();
            manager.alter_table(add).await?;
        }
        for column in INDEXED {
            manager.create_index(index("notice", &[column])).await?;
        }
        for (name, usual, check) in HOURS {
            let column = optional(int(name)).default(usual).check(Expr::cust(check)).take();
            let add = Table::alter().table("term").add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        let reminder = table("meeting_reminder")
            .col(big("meeting_id"))
            .col(word("kind", &["day_before", "same_day"]))
            .col(day("day"))
            .col(time("at"))
            .foreign_key(&mut reference("meeting_reminder", "meeting_id", "meeting"))
            .take();
        manager.create_table(reminder).await?;
        manager.create_index(unique("meeting_reminder", &["meeting_id", "kind", "day"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("meeting_reminder").take()).await?;
        for (name, ..) in HOURS {
            let drop = Table::alter().table("term").drop_column(name).to_owned();
            manager.alter_table(drop).await?;
        }
        for column in INDEXED {
            let index =
                Index::drop().name(format!("ix_notice_{column}")).table("notice").to_owned();
            manager.drop_index(index).await?;
        }
        for column in ["told_by", "told_at", "good_until", "meeting_id"] {
            let drop = Table::alter().table("notice").drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        for table in ["notice", "subscription"] {
            let forget = format!("DELETE FROM {table} WHERE kind = 'reminder'");
            manager.get_connection().execute_unprepared(&forget).await?;
            set_words(manager, table, MORE_KINDS, KINDS).await?;
        }
        Ok(())
    }
}
