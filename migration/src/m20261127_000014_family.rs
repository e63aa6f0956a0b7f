//! Family members who act for learners, and what they did.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::columns::{
    big, day, flag, index, optional, reference, table, text, time, unique, word, word_or_null,
};

/// The words that `actor_kind` may say, as they stand in a check.
const ACTORS: &str = "'resident', 'staff', 'system'";
const ACTORS_WITH_DELEGATE: &str = "'resident', 'delegate', 'staff', 'system'";

/// Where a family member's act is written down. Nothing points at these two.
const TABLES_OF_ACTS: [&str; 2] = ["enrolment_change", "wish"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        delegations(manager).await?;
        codes(manager).await?;
        let about = optional(big("about_id"));
        let add = Table::alter().table("notice").add_column(about).to_owned();
        manager.alter_table(add).await?;
        manager.create_index(index("notice", &["about_id"])).await?;
        set_actors(manager, ACTORS, ACTORS_WITH_DELEGATE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for table in TABLES_OF_ACTS {
            let say =
                format!("UPDATE {table} SET actor_kind = 'resident' WHERE actor_kind = 'delegate'");
            connection.execute_unprepared(&say).await?;
        }
        set_actors(manager, ACTORS_WITH_DELEGATE, ACTORS).await?;
        connection.execute_unprepared("DELETE FROM notice WHERE about_id IS NOT NULL").await?;
        let index = Index::drop().name("ix_notice_about_id").table("notice").to_owned();
        manager.drop_index(index).await?;
        let drop = Table::alter().table("notice").drop_column("about_id").to_owned();
        manager.alter_table(drop).await?;
        for table in ["family_try", "family_code", "delegation"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

async fn delegations(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let delegation = table("delegation")
        .col(big("learner_id"))
        .col(big("delegate_id"))
        .col(word("relation", &["daughter", "son", "grandchild", "spouse", "other"]))
        .col(flag("may_enrol"))
        .col(flag("may_see_record"))
        .col(flag("gets_notices"))
        .col(word("way", &["code", "phone", "paper"]))
        .col(text("consent_version"))
        .col(optional(big("entered_by")))
        .col(time("created_at"))
        .col(day("last_day"))
        .col(optional(time("ended_at")))
        .col(word_or_null("ended_by_kind", &["resident", "delegate", "staff", "system"]))
        .col(optional(big("ended_by")))
        .foreign_key(&mut reference("delegation", "learner_id", "resident"))
        .foreign_key(&mut reference("delegation", "delegate_id", "resident"))
        .foreign_key(&mut reference("delegation", "entered_by", "staff"))
        .check(Expr::cust("learner_id <> delegate_id"))
        .check(Expr::cust("may_enrol OR may_see_record OR gets_notices"))
        // Who asked the learner, or took the paper, is noted.
        .check(Expr::cust("way = 'code' OR entered_by IS NOT NULL"))
        .check(Expr::cust("(ended_at IS NULL) = (ended_by_kind IS NULL)"))
        .take();
    manager.create_table(delegation).await?;
    let live = unique("delegation", &["learner_id", "delegate_id"])
        .and_where(Expr::cust("ended_at IS NULL"))
        .take();
    manager.create_index(live).await?;
    manager.create_index(index("delegation", &["delegate_id"])).await
}

async fn codes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let code = table("family_code")
        .col(big("learner_id"))
        .col(text("code_hash"))
        .col(flag("may_enrol"))
        .col(flag("may_see_record"))
        .col(flag("gets_notices"))
        .col(day("last_day"))
        .col(text("consent_version"))
        .col(time("created_at"))
        .col(time("expires_at"))
        .col(optional(time("used_at")))
        .col(optional(big("used_by")))
        .foreign_key(&mut reference("family_code", "learner_id", "resident"))
        .foreign_key(&mut reference("family_code", "used_by", "resident"))
        .take();
    manager.create_table(code).await?;
    manager.create_index(unique("family_code", &["code_hash"])).await?;
    manager.create_index(index("family_code", &["learner_id"])).await?;

    let tried = table("family_try")
        .col(big("resident_id"))
        .col(time("at"))
        .foreign_key(&mut reference("family_try", "resident_id", "resident"))
        .take();
    manager.create_table(tried).await?;
    manager.create_index(index("family_try", &["resident_id", "at"])).await
}

async fn set_actors(manager: &SchemaManager<'_>, from: &str, to: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    for table in TABLES_OF_ACTS {
        if manager.get_database_backend() == DbBackend::Postgres {
            let alter = format!(
                "ALTER TABLE {table} DROP CONSTRAINT {table}_actor_kind_check, \
                 ADD CONSTRAINT {table}_actor_kind_check CHECK (actor_kind IN ({to}))"
            );
            connection.execute_unprepared(&alter).await?;
            continue;
        }
        // SQLite cannot change a check: the table is written anew, as it is but for the words.
        let query = format!(
            "SELECT sql FROM sqlite_master WHERE tbl_name = '{table}' AND sql IS NOT NULL \
             ORDER BY type DESC"
        );
        let rows =
            connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, query)).await?;
        let texts =
            rows.iter().map(|row| row.try_get("", "sql")).collect::<Result<Vec<String>, _>>()?;
        let Some((made, indexes)) = texts.split_first() else { continue };
        let name = format!("\"{table}\"");
        if !made.contains(from) || !made.contains(&name) {
            return Err(DbErr::Custom(format!("{table} is not as it was: {made}")));
        }
        let made = made.replacen(&name, &format!("\"{table}_new\""), 1).replacen(from, to, 1);
        connection.execute_unprepared(&made).await?;
        for step in [
            format!("INSERT INTO {table}_new SELECT * FROM {table}"),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table}_new RENAME TO {table}"),
        ] {
            connection.execute_unprepared(&step).await?;
        }
        for index in indexes {
            connection.execute_unprepared(index).await?;
        }
    }
    Ok(())
}
