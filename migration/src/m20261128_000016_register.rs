//! The register as a result of events: when each happened by our clock and by the device's,
//! which device, and the name that its sender gave it. Cards that learners carry, and the
//! tray of what could not be taken.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{
    big, index, int, optional, reference, table, text, time, unique, word, word_or_null,
};
use crate::remake::{Made, again, run};

const STATUS: &[&str] = &["present", "absent", "leave"];

/// As a check on PostgreSQL says them.
const WAYS: &str = "'code', 'roll'";
const MORE_WAYS: &str = "'code', 'roll', 'card', 'leave'";

/// Ways and words that were unknown before, said as well as could be.
const FORGET: [&str; 3] = [
    "UPDATE attendance_event SET way = 'roll' WHERE way IN ('card', 'leave')",
    "DELETE FROM attendance_event WHERE status IS NULL",
    "DELETE FROM attendance WHERE status IS NULL",
];

const EVENT: &str = "meeting_id, resident_id, way, status, actor_kind, actor_id, reason, code_step";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            run(
                manager,
                &[
                    "ALTER TABLE attendance ALTER COLUMN status DROP NOT NULL".to_owned(),
                    "ALTER TABLE attendance_event ALTER COLUMN status DROP NOT NULL".to_owned(),
                    ways(MORE_WAYS),
                    "ALTER TABLE attendance_event RENAME COLUMN at TO received_at".to_owned(),
                    "ALTER TABLE attendance_event \
                     ADD COLUMN happened_at timestamptz, ADD COLUMN device_at timestamptz, \
                     ADD COLUMN device text, ADD COLUMN scan_id text"
                        .to_owned(),
                    "UPDATE attendance_event SET happened_at = received_at".to_owned(),
                    "ALTER TABLE attendance_event ALTER COLUMN happened_at SET NOT NULL".to_owned(),
                ],
            )
            .await?;
        } else {
            again(manager, attendance(true), ATTENDANCE, ATTENDANCE).await?;
            let into = format!("{EVENT}, happened_at, received_at");
            again(manager, event(true), &into, &format!("{EVENT}, at, at")).await?;
        }
        manager.create_index(unique("attendance_event", &["scan_id"])).await?;
        cards(manager).await?;
        tray(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["scan_tray", "learner_card"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        run(manager, &FORGET.map(str::to_owned)).await?;
        let index =
            Index::drop().name("ux_attendance_event_scan_id").table("attendance_event").to_owned();
        manager.drop_index(index).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            return run(
                manager,
                &[
                    "ALTER TABLE attendance ALTER COLUMN status SET NOT NULL".to_owned(),
                    "ALTER TABLE attendance_event ALTER COLUMN status SET NOT NULL".to_owned(),
                    ways(WAYS),
                    "ALTER TABLE attendance_event RENAME COLUMN received_at TO at".to_owned(),
                    "ALTER TABLE attendance_event DROP COLUMN happened_at, \
                     DROP COLUMN device_at, DROP COLUMN device, DROP COLUMN scan_id"
                        .to_owned(),
                ],
            )
            .await;
        }
        again(manager, attendance(false), ATTENDANCE, ATTENDANCE).await?;
        let from = format!("{EVENT}, received_at");
        again(manager, event(false), &format!("{EVENT}, at"), &from).await
    }
}

fn ways(words: &str) -> String {
    format!(
        "ALTER TABLE attendance_event DROP CONSTRAINT attendance_event_way_check, \
         ADD CONSTRAINT attendance_event_way_check CHECK (way IN ({words}))"
    )
}

const ATTENDANCE: &str =
    "meeting_id, resident_id, status, hours_hundredths, first_present_at, updated_at";

fn status(may_be_empty: bool) -> ColumnDef {
    if may_be_empty { word_or_null("status", STATUS) } else { word("status", STATUS) }
}

fn attendance(now: bool) -> Made {
    let made = table("attendance_new")
        .col(big("meeting_id"))
        .col(big("resident_id"))
        .col(status(now))
        .col(int("hours_hundredths"))
        .col(optional(time("first_present_at")))
        .col(time("updated_at"))
        .foreign_key(&mut reference("attendance_new", "meeting_id", "meeting"))
        .foreign_key(&mut reference("attendance_new", "resident_id", "resident"))
        .check(Expr::cust("hours_hundredths >= 0"))
        .take();
    let indexes = vec![
        unique("attendance", &["meeting_id", "resident_id"]),
        index("attendance", &["resident_id"]),
    ];
    ("attendance", made, indexes)
}

fn event(now: bool) -> Made {
    let ways: &[&str] = if now { &["code", "roll", "card", "leave"] } else { &["code", "roll"] };
    let mut made = table("attendance_event_new");
    made.col(big("meeting_id"))
        .col(big("resident_id"))
        .col(word("way", ways))
        .col(status(now))
        .col(word("actor_kind", &["resident", "staff", "system"]))
        .col(optional(big("actor_id")))
        .col(optional(text("reason")))
        .col(optional(big("code_step")));
    if now {
        made.col(time("happened_at"))
            .col(time("received_at"))
            .col(optional(time("device_at")))
            .col(optional(text("device")))
            .col(optional(text("scan_id")));
    } else {
        made.col(time("at"));
    }
    made.foreign_key(&mut reference("attendance_event_new", "meeting_id", "meeting"))
        .foreign_key(&mut reference("attendance_event_new", "resident_id", "resident"));
    let once = unique("attendance_event", &["meeting_id", "resident_id", "code_step"]);
    ("attendance_event", made, vec![once])
}

async fn cards(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let card = table("learner_card")
        .col(big("resident_id"))
        .col(int("serial"))
        .col(time("issued_at"))
        .col(optional(time("ended_at")))
        .col(optional(text("why_ended")))
        .foreign_key(&mut reference("learner_card", "resident_id", "resident"))
        .check(Expr::cust("serial > 0"))
        .check(Expr::cust("(ended_at IS NULL) = (why_ended IS NULL)"))
        .take();
    manager.create_table(card).await?;
    manager.create_index(unique("learner_card", &["resident_id", "serial"])).await?;
    let live =
        unique("learner_card", &["resident_id"]).and_where(Expr::cust("ended_at IS NULL")).take();
    manager.create_index(live).await
}

async fn tray(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let tray = table("scan_tray")
        .col(text("scan_id"))
        .col(big("meeting_id"))
        .col(optional(big("resident_id")))
        .col(word("kind", &["card", "tap"]))
        .col(word_or_null("status", STATUS))
        .col(optional(text("reason")))
        .col(text("raw"))
        .col(text("why"))
        .col(big("uploaded_by"))
        .col(text("device"))
        .col(time("device_at"))
        .col(time("happened_at"))
        .col(time("received_at"))
        .col(optional(time("settled_at")))
        .col(optional(big("settled_by")))
        .col(word_or_null("outcome", &["counted", "dismissed"]))
        .col(optional(text("settle_reason")))
        .foreign_key(&mut reference("scan_tray", "meeting_id", "meeting"))
        .foreign_key(&mut reference("scan_tray", "resident_id", "resident"))
        .foreign_key(&mut reference("scan_tray", "uploaded_by", "staff"))
        .foreign_key(&mut reference("scan_tray", "settled_by", "staff"))
        .check(Expr::cust("(settled_at IS NULL) = (settled_by IS NULL)"))
        .check(Expr::cust("(settled_at IS NULL) = (outcome IS NULL)"))
        .check(Expr::cust("(settled_at IS NULL) = (settle_reason IS NULL)"))
        .take();
    manager.create_table(tray).await?;
    manager.create_index(unique("scan_tray", &["scan_id"])).await?;
    let open =
        index("scan_tray", &["received_at"]).and_where(Expr::cust("settled_at IS NULL")).take();
    manager.create_index(open).await
}
