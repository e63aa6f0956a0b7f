//! What comes of the register: tasks after absences.

use sea_orm_migration::prelude::*;

use crate::columns::{
    bare_table, big, index, int, optional, reference, table, text, time, unique, word, word_or_null,
};
use crate::m20261127_000011_draw::set_words;

const CONSENTS: &str = "'privacy', 'sensitive', 'pledge', 'relative'";
const MORE_CONSENTS: &str = "'privacy', 'sensitive', 'pledge', 'relative', 'care_call'";

const CARE_OUTCOMES: &[&str] = &[
    "comes_again",
    "unwell",
    "busy",
    "helped",
    "unreached",
    "released",
    "other",
    "corrected",
    "superseded",
    "gone",
];

/// In the order in which they are made; undone in reverse.
const TABLES: &[&str] = &["followed_meeting", "care_task", "care_event"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        set_words(manager, "consent", CONSENTS, MORE_CONSENTS).await?;
        care(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        let forget = "DELETE FROM consent WHERE kind = 'care_call'";
        manager.get_connection().execute_unprepared(forget).await?;
        set_words(manager, "consent", MORE_CONSENTS, CONSENTS).await
    }
}

async fn care(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let followed = bare_table("followed_meeting")
        .col(big("meeting_id").primary_key())
        .col(time("at"))
        .foreign_key(&mut reference("followed_meeting", "meeting_id", "meeting"))
        .take();
    manager.create_table(followed).await?;
    let task = table("care_task")
        .col(word("kind", &["call", "release", "care"]))
        .col(big("resident_id"))
        .col(big("class_id"))
        .col(big("first_meeting_id"))
        .col(big("last_meeting_id"))
        .col(int("absences").check(Expr::cust("absences > 0")).take())
        .col(time("opened_at"))
        .col(time("due_at"))
        .col(optional(big("taken_by")))
        .col(optional(time("closed_at")))
        .col(optional(big("closed_by")))
        .col(word_or_null("outcome", CARE_OUTCOMES))
        .col(optional(text("said")))
        .foreign_key(&mut reference("care_task", "resident_id", "resident"))
        .foreign_key(&mut reference("care_task", "class_id", "class"))
        .foreign_key(&mut reference("care_task", "first_meeting_id", "meeting"))
        .foreign_key(&mut reference("care_task", "last_meeting_id", "meeting"))
        .foreign_key(&mut reference("care_task", "taken_by", "staff"))
        .foreign_key(&mut reference("care_task", "closed_by", "staff"))
        .check(Expr::cust("(closed_at IS NULL) = (outcome IS NULL)"))
        // Whoever closes one says what was said.
        .check(Expr::cust("closed_by IS NULL OR said IS NOT NULL"))
        .take();
    manager.create_table(task).await?;
    let once = unique("care_task", &["class_id", "resident_id", "first_meeting_id", "kind"]);
    manager.create_index(once).await?;
    manager.create_index(index("care_task", &["resident_id"])).await?;
    let open = index("care_task", &["due_at"]).and_where(Expr::cust("closed_at IS NULL")).take();
    manager.create_index(open).await?;
    let event = table("care_event")
        .col(big("task_id"))
        .col(word("step", &["opened", "taken", "put_back", "noted", "closed", "reopened"]))
        .col(optional(big("staff_id")))
        .col(optional(text("note")))
        .col(time("at"))
        .foreign_key(&mut reference("care_event", "task_id", "care_task"))
        .foreign_key(&mut reference("care_event", "staff_id", "staff"))
        .take();
    manager.create_table(event).await?;
    manager.create_index(index("care_event", &["task_id"])).await
}
