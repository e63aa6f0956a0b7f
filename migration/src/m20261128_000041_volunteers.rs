//! Volunteers: teams, who is in them and how they came there, shifts, and the time that was
//! served. Statements of it stand beside the other certificates.

use sea_orm_migration::prelude::*;

use crate::columns::{
    bare_table, big, flag, index, int, optional, reference, table, text, time, unique, word,
    word_or_null,
};
use crate::m20261127_000011_draw::set_words;
use crate::remake::run;

const STATES: [&str; 5] = ["applied", "approved", "trained", "refused", "left"];

const PAPERS: &str = "'completion', 'hours'";
const MORE_PAPERS: &str = "'completion', 'hours', 'service'";

/// Those of the plan of 2023.
const TEAMS: [(&str, &str); 4] = [
    ("民生在线", "上门帮老人办事、跑腿、修小家电。"),
    ("尚学教育", "协助老年大学开课：签到、摆桌椅、拍照。"),
    ("银巢联盟", "陪独居老人说话，打电话问平安。"),
    ("老年教育助学队", "在课堂上一对一教手机、教手工。"),
];

/// In the order in which they are made; undone in reverse.
const TABLES: [&str; 7] =
    ["team", "volunteer", "team_member", "team_step", "shift", "service", "service_change"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        set_words(manager, "certificate", PAPERS, MORE_PAPERS).await?;
        teams(manager).await?;
        members(manager).await?;
        served(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        run(manager, &["DELETE FROM certificate WHERE kind = 'service'".to_owned()]).await?;
        set_words(manager, "certificate", MORE_PAPERS, PAPERS).await
    }
}

async fn teams(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let team = table("team")
        .col(text("name"))
        .col(text("purpose"))
        .col(optional(big("leader_id")))
        .col(optional(big("teacher_id")))
        .col(int("place"))
        .col(flag("closed"))
        .foreign_key(&mut reference("team", "leader_id", "staff"))
        .foreign_key(&mut reference("team", "teacher_id", "teacher"))
        .take();
    manager.create_table(team).await?;
    manager.create_index(unique("team", &["name"])).await?;
    let rows: Vec<String> = (1..)
        .zip(TEAMS)
        .map(|(place, (name, purpose))| format!("('{name}', '{purpose}', {place}, FALSE)"))
        .collect();
    let seed =
        format!("INSERT INTO team (name, purpose, place, closed) VALUES {}", rows.join(", "));
    run(manager, &[seed]).await
}

async fn members(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let volunteer = table("volunteer")
        .col(big("resident_id"))
        .col(text("skills"))
        .col(text("availability"))
        .col(time("created_at"))
        .col(time("updated_at"))
        .foreign_key(&mut reference("volunteer", "resident_id", "resident"))
        .take();
    manager.create_table(volunteer).await?;
    manager.create_index(unique("volunteer", &["resident_id"])).await?;
    let member = table("team_member")
        .col(big("team_id"))
        .col(big("volunteer_id"))
        .col(word("state", &STATES))
        .col(time("applied_at"))
        .col(time("changed_at"))
        .foreign_key(&mut reference("team_member", "team_id", "team"))
        .foreign_key(&mut reference("team_member", "volunteer_id", "volunteer"))
        .take();
    manager.create_table(member).await?;
    let live = unique("team_member", &["team_id", "volunteer_id"])
        .and_where(Expr::cust("state IN ('applied', 'approved', 'trained')"))
        .take();
    manager.create_index(live).await?;
    manager.create_index(index("team_member", &["volunteer_id"])).await?;
    let step = table("team_step")
        .col(big("member_id"))
        .col(word_or_null("from_state", &STATES))
        .col(word("to_state", &STATES))
        .col(word("actor_kind", &["resident", "staff", "system"]))
        .col(optional(big("actor_id")))
        .col(optional(text("reason")))
        .col(time("at"))
        .foreign_key(&mut reference("team_step", "member_id", "team_member"))
        .take();
    manager.create_table(step).await?;
    manager.create_index(index("team_step", &["member_id"])).await
}

async fn served(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let shift = bare_table("shift")
        .col(big("class_id").primary_key())
        .col(big("team_id"))
        .col(text("task"))
        .foreign_key(&mut reference("shift", "class_id", "class"))
        .foreign_key(&mut reference("shift", "team_id", "team"))
        .take();
    manager.create_table(shift).await?;
    manager.create_index(index("shift", &["team_id"])).await?;
    let service = table("service")
        .col(big("meeting_id"))
        .col(big("resident_id"))
        .col(int("minutes").check(Expr::cust("minutes BETWEEN 0 AND 1440")).take())
        .col(time("settled_at"))
        // Since when it hangs out for everybody to see; anew after a correction.
        .col(time("public_from"))
        .foreign_key(&mut reference("service", "meeting_id", "meeting"))
        .foreign_key(&mut reference("service", "resident_id", "resident"))
        .take();
    manager.create_table(service).await?;
    manager.create_index(unique("service", &["meeting_id", "resident_id"])).await?;
    manager.create_index(index("service", &["resident_id"])).await?;
    manager.create_index(index("service", &["public_from"])).await?;
    let change = table("service_change")
        .col(big("service_id"))
        .col(optional(int("from_minutes")))
        .col(int("to_minutes"))
        // Empty: as the scans say.
        .col(optional(big("staff_id")))
        .col(optional(text("reason")))
        .col(time("at"))
        .foreign_key(&mut reference("service_change", "service_id", "service"))
        .foreign_key(&mut reference("service_change", "staff_id", "staff"))
        .check(Expr::cust("(staff_id IS NULL) = (reason IS NULL)"))
        .take();
    manager.create_table(change).await?;
    manager.create_index(index("service_change", &["service_id"])).await
}
