//! Terms with phases, wishes, and draws with their published lists and results.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::columns::{
    bare_table, big, flag, index, int, optional, reference, table, text, time, unique, word,
};

/// The words that `kind` of `notice` and `subscription` may say, as they stand in a check.
const KINDS: &str = "'placed', 'offered', 'meeting_changed', 'answered'";
const KINDS_WITH_DRAW: &str = "'placed', 'offered', 'meeting_changed', 'answered', 'draw'";

/// In the order in which they are made; undone in reverse.
const TABLES: &[&str] = &["term_plan", "class_rule", "wish", "draw", "draw_class", "draw_entry"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A term without a row here is first come first served, as it was.
        let plan = bare_table("term_plan")
            .col(big("term_id").primary_key())
            .col(optional(time("continuation_opens_at")))
            .col(optional(time("continuation_closes_at")))
            .col(time("wishes_open_at"))
            .col(time("wishes_close_at"))
            .col(time("seed_at"))
            .col(text("seed_source"))
            .col(time("confirm_until"))
            .col(int("most_classes"))
            .col(int("newcomer_percent"))
            .col(optional(time("frozen_at")))
            .col(optional(time("settled_at")))
            .foreign_key(&mut reference("term_plan", "term_id", "term"))
            .check(Expr::cust("wishes_open_at < wishes_close_at"))
            .check(Expr::cust("wishes_close_at < seed_at"))
            .check(Expr::cust("seed_at < confirm_until"))
            .check(Expr::cust("most_classes > 0"))
            .check(Expr::cust("newcomer_percent BETWEEN 0 AND 100"))
            .take();
        manager.create_table(plan).await?;

        let rule = bare_table("class_rule")
            .col(big("class_id").primary_key())
            .col(flag("beginners"))
            .col(optional(big("previous_course_id")))
            .foreign_key(&mut reference("class_rule", "class_id", "class"))
            .foreign_key(&mut reference("class_rule", "previous_course_id", "course"))
            .take();
        manager.create_table(rule).await?;

        wishes(manager).await?;
        draws(manager).await?;
        set_kinds(manager, KINDS, KINDS_WITH_DRAW).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for table in ["notice", "subscription"] {
            let forget = format!("DELETE FROM {table} WHERE kind = 'draw'");
            connection.execute_unprepared(&forget).await?;
        }
        set_kinds(manager, KINDS_WITH_DRAW, KINDS).await?;
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        Ok(())
    }
}

async fn set_kinds(manager: &SchemaManager<'_>, from: &str, to: &str) -> Result<(), DbErr> {
    for table in ["notice", "subscription"] {
        set_words(manager, table, from, to).await?;
    }
    Ok(())
}

/// Changes the words that `kind` of a table may say. Nothing may point at the table.
pub(crate) async fn set_words(
    manager: &SchemaManager<'_>,
    table: &str,
    from: &str,
    to: &str,
) -> Result<(), DbErr> {
    set_words_of(manager, (table, "kind"), from, to).await
}

/// As [`set_words`], of any column.
pub(crate) async fn set_words_of(
    manager: &SchemaManager<'_>,
    (table, column): (&str, &str),
    from: &str,
    to: &str,
) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if manager.get_database_backend() == DbBackend::Postgres {
        let alter = format!(
            "ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check, \
             ADD CONSTRAINT {table}_{column}_check CHECK ({column} IN ({to}))"
        );
        connection.execute_unprepared(&alter).await?;
        return Ok(());
    }
    // SQLite cannot change a check: the table is written anew, as it is but for the words.
    let query = format!(
        "SELECT sql FROM sqlite_master WHERE tbl_name = '{table}' AND sql IS NOT NULL \
         ORDER BY type DESC"
    );
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, query)).await?;
    let texts =
        rows.iter().map(|row| row.try_get("", "sql")).collect::<Result<Vec<String>, _>>()?;
    let Some((made, indexes)) = texts.split_first() else { return Ok(()) };
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
    Ok(())
}

/// What was replaced stays, for questions.
async fn wishes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let wish = table("wish")
        .col(big("term_id"))
        .col(big("resident_id"))
        .col(big("class_id"))
        .col(int("rank"))
        .col(word("actor_kind", &["resident", "staff", "system"]))
        .col(optional(big("actor_id")))
        .col(time("created_at"))
        .col(optional(time("replaced_at")))
        .foreign_key(&mut reference("wish", "term_id", "term"))
        .foreign_key(&mut reference("wish", "resident_id", "resident"))
        .foreign_key(&mut reference("wish", "class_id", "class"))
        .check(Expr::cust("rank > 0"))
        .take();
    manager.create_table(wish).await?;
    manager.create_index(index("wish", &["resident_id"])).await?;
    for columns in [["term_id", "resident_id", "rank"], ["term_id", "resident_id", "class_id"]] {
        let live = unique("wish", &columns).and_where(Expr::cust("replaced_at IS NULL")).take();
        manager.create_index(live).await?;
    }
    Ok(())
}

async fn draws(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let draw = table("draw")
        .col(big("term_id"))
        .col(text("list"))
        .col(text("list_sha256"))
        .col(time("frozen_at"))
        .col(optional(text("seed")))
        .col(optional(big("seed_by")))
        .col(optional(time("seed_entered_at")))
        .col(optional(big("confirmed_by")))
        .col(optional(time("confirmed_at")))
        .col(optional(text("result")))
        .col(optional(text("result_sha256")))
        .col(optional(time("drawn_at")))
        .foreign_key(&mut reference("draw", "term_id", "term"))
        .foreign_key(&mut reference("draw", "seed_by", "staff"))
        .foreign_key(&mut reference("draw", "confirmed_by", "staff"))
        // Two people, and a result only of what both said.
        .check(Expr::cust("confirmed_by IS NULL OR confirmed_by <> seed_by"))
        .check(Expr::cust("result IS NULL OR confirmed_by IS NOT NULL"))
        .take();
    manager.create_table(draw).await?;
    manager.create_index(unique("draw", &["term_id"])).await?;

    let class = table("draw_class")
        .col(big("draw_id"))
        .col(big("class_id"))
        .col(optional(time("applied_at")))
        .foreign_key(&mut reference("draw_class", "draw_id", "draw"))
        .foreign_key(&mut reference("draw_class", "class_id", "class"))
        .take();
    manager.create_table(class).await?;
    manager.create_index(unique("draw_class", &["draw_id", "class_id"])).await?;

    let entry = table("draw_entry")
        .col(big("draw_id"))
        .col(big("resident_id"))
        .col(text("number"))
        .col(optional(flag("lost")))
        .foreign_key(&mut reference("draw_entry", "draw_id", "draw"))
        .foreign_key(&mut reference("draw_entry", "resident_id", "resident"))
        .take();
    manager.create_table(entry).await?;
    manager.create_index(unique("draw_entry", &["draw_id", "number"])).await?;
    manager.create_index(unique("draw_entry", &["draw_id", "resident_id"])).await?;
    manager.create_index(index("draw_entry", &["resident_id"])).await
}
