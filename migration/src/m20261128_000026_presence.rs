//! 班长, who keep the roll on the day; posters, whose scans wait for a nod; how many people
//! were counted in the room, and who of a sample was there.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{
    big, flag, index, int, optional, reference, table, text, time, unique, word, word_or_null,
};
use crate::remake::{Made, again, run, words};

const STATUS: &[&str] = &["present", "absent", "leave"];
const WAYS: &[&str] = &["code", "roll", "card", "leave"];
const MORE_WAYS: &[&str] = &["code", "roll", "card", "leave", "poster"];
const KINDS: &[&str] = &["card", "tap"];
const MORE_KINDS: &[&str] = &["card", "tap", "nod", "count", "sample"];

const EVENT: &str = "meeting_id, resident_id, way, status, actor_kind, actor_id, reason, \
    code_step, happened_at, received_at, device_at, device, scan_id";
const TRAY: &str = "scan_id, meeting_id, resident_id, kind, status, reason, raw, why, uploaded_by, \
    device, device_at, happened_at, received_at, settled_at, settled_by, outcome, settle_reason";

/// Words that were unknown before, said as well as could be.
const FORGET: [&str; 3] = [
    "UPDATE attendance_event SET way = 'card' WHERE way = 'poster'",
    "DELETE FROM scan_tray WHERE uploaded_by IS NULL",
    "UPDATE scan_tray SET kind = 'tap' WHERE kind <> 'card'",
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let steps = [
                words("attendance_event", "way", MORE_WAYS),
                "ALTER TABLE attendance_event ADD COLUMN nodded_at timestamptz".to_owned(),
                words("scan_tray", "kind", MORE_KINDS),
                "ALTER TABLE scan_tray ALTER COLUMN uploaded_by DROP NOT NULL, \
                 ADD COLUMN uploaded_by_resident bigint, \
                 ADD CONSTRAINT fk_scan_tray_uploaded_by_resident FOREIGN KEY \
                 (uploaded_by_resident) REFERENCES resident (id) ON DELETE RESTRICT, \
                 ADD CONSTRAINT scan_tray_somebodys_check CHECK \
                 (uploaded_by IS NOT NULL OR uploaded_by_resident IS NOT NULL)"
                    .to_owned(),
            ];
            run(manager, &steps).await?;
        } else {
            again(manager, event(true), EVENT, EVENT).await?;
            again(manager, tray(true), TRAY, TRAY).await?;
        }
        monitors(manager).await?;
        claims(manager).await?;
        heads(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["sample_answer", "head_count", "poster_claim", "class_monitor"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        run(manager, &FORGET.map(str::to_owned)).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let steps = [
                words("attendance_event", "way", WAYS),
                "ALTER TABLE attendance_event DROP COLUMN nodded_at".to_owned(),
                words("scan_tray", "kind", KINDS),
                "ALTER TABLE scan_tray ALTER COLUMN uploaded_by SET NOT NULL, \
                 DROP CONSTRAINT scan_tray_somebodys_check, DROP COLUMN uploaded_by_resident"
                    .to_owned(),
            ];
            return run(manager, &steps).await;
        }
        again(manager, event(false), EVENT, EVENT).await?;
        again(manager, tray(false), TRAY, TRAY).await
    }
}

fn event(now: bool) -> Made {
    let mut made = table("attendance_event_new");
    made.col(big("meeting_id"))
        .col(big("resident_id"))
        .col(word("way", if now { MORE_WAYS } else { WAYS }))
        .col(word_or_null("status", STATUS))
        .col(word("actor_kind", &["resident", "staff", "system"]))
        .col(optional(big("actor_id")))
        .col(optional(text("reason")))
        .col(optional(big("code_step")))
        .col(time("happened_at"))
        .col(time("received_at"))
        .col(optional(time("device_at")))
        .col(optional(text("device")))
        .col(optional(text("scan_id")));
    if now {
        made.col(optional(time("nodded_at")));
    }
    made.foreign_key(&mut reference("attendance_event_new", "meeting_id", "meeting"))
        .foreign_key(&mut reference("attendance_event_new", "resident_id", "resident"));
    let indexes = vec![
        unique("attendance_event", &["meeting_id", "resident_id", "code_step"]),
        unique("attendance_event", &["scan_id"]),
    ];
    ("attendance_event", made, indexes)
}

fn tray(now: bool) -> Made {
    let mut made = table("scan_tray_new");
    made.col(text("scan_id"))
        .col(big("meeting_id"))
        .col(optional(big("resident_id")))
        .col(word("kind", if now { MORE_KINDS } else { KINDS }))
        .col(word_or_null("status", STATUS))
        .col(optional(text("reason")))
        .col(text("raw"))
        .col(text("why"))
        .col(if now { optional(big("uploaded_by")) } else { big("uploaded_by") })
        .col(text("device"))
        .col(time("device_at"))
        .col(time("happened_at"))
        .col(time("received_at"))
        .col(optional(time("settled_at")))
        .col(optional(big("settled_by")))
        .col(word_or_null("outcome", &["counted", "dismissed"]))
        .col(optional(text("settle_reason")));
    if now {
        made.col(optional(big("uploaded_by_resident")))
            .foreign_key(&mut reference("scan_tray_new", "uploaded_by_resident", "resident"))
            .check(Expr::cust("uploaded_by IS NOT NULL OR uploaded_by_resident IS NOT NULL"));
    }
    made.foreign_key(&mut reference("scan_tray_new", "meeting_id", "meeting"))
        .foreign_key(&mut reference("scan_tray_new", "resident_id", "resident"))
        .foreign_key(&mut reference("scan_tray_new", "uploaded_by", "staff"))
        .foreign_key(&mut reference("scan_tray_new", "settled_by", "staff"))
        .check(Expr::cust("(settled_at IS NULL) = (settled_by IS NULL)"))
        .check(Expr::cust("(settled_at IS NULL) = (outcome IS NULL)"))
        .check(Expr::cust("(settled_at IS NULL) = (settle_reason IS NULL)"));
    let open =
        index("scan_tray", &["received_at"]).and_where(Expr::cust("settled_at IS NULL")).take();
    ("scan_tray", made, vec![unique("scan_tray", &["scan_id"]), open])
}

async fn monitors(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let monitor = table("class_monitor")
        .col(big("class_id"))
        .col(big("resident_id"))
        .col(big("made_by"))
        .col(time("made_at"))
        .col(optional(big("ended_by")))
        .col(optional(time("ended_at")))
        .foreign_key(&mut reference("class_monitor", "class_id", "class"))
        .foreign_key(&mut reference("class_monitor", "resident_id", "resident"))
        .foreign_key(&mut reference("class_monitor", "made_by", "staff"))
        .foreign_key(&mut reference("class_monitor", "ended_by", "staff"))
        .check(Expr::cust("(ended_at IS NULL) = (ended_by IS NULL)"))
        .take();
    manager.create_table(monitor).await?;
    let live = unique("class_monitor", &["class_id", "resident_id"])
        .and_where(Expr::cust("ended_at IS NULL"))
        .take();
    manager.create_index(live).await?;
    manager.create_index(index("class_monitor", &["resident_id"])).await
}

async fn claims(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let claim = table("poster_claim")
        .col(big("meeting_id"))
        .col(big("resident_id"))
        .col(time("claimed_at"))
        .col(text("device"))
        .foreign_key(&mut reference("poster_claim", "meeting_id", "meeting"))
        .foreign_key(&mut reference("poster_claim", "resident_id", "resident"))
        .take();
    manager.create_table(claim).await?;
    manager.create_index(unique("poster_claim", &["meeting_id", "resident_id"])).await
}

async fn heads(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let count = table("head_count")
        .col(text("scan_id"))
        .col(big("meeting_id"))
        .col(int("people").check(Expr::cust("people BETWEEN 0 AND 999")).take())
        .col(int("present"))
        .col(word("actor_kind", &["resident", "staff"]))
        .col(big("actor_id"))
        .col(text("device"))
        .col(time("happened_at"))
        .col(time("received_at"))
        .foreign_key(&mut reference("head_count", "meeting_id", "meeting"))
        .take();
    manager.create_table(count).await?;
    manager.create_index(unique("head_count", &["scan_id"])).await?;
    manager.create_index(index("head_count", &["meeting_id"])).await?;
    let answer = table("sample_answer")
        .col(text("of_count"))
        .col(big("meeting_id"))
        .col(big("resident_id"))
        .col(flag("drawn_here"))
        .col(optional(flag("there")))
        .col(optional(text("scan_id")))
        .col(optional(time("answered_at")))
        .foreign_key(&mut reference("sample_answer", "meeting_id", "meeting"))
        .foreign_key(&mut reference("sample_answer", "resident_id", "resident"))
        .check(Expr::cust("(there IS NULL) = (scan_id IS NULL)"))
        .check(Expr::cust("(there IS NULL) = (answered_at IS NULL)"))
        .take();
    manager.create_table(answer).await?;
    manager.create_index(unique("sample_answer", &["of_count", "resident_id"])).await?;
    manager.create_index(unique("sample_answer", &["scan_id"])).await?;
    manager.create_index(index("sample_answer", &["meeting_id"])).await
}
