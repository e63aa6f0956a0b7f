//! Tables that are made anew: SQLite changes neither a check nor whether a column may be
//! empty.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

/// A table's name, the statement that makes `NAME_new`, and the indexes of the table.
pub(crate) type Made = (&'static str, TableCreateStatement, Vec<IndexCreateStatement>);

pub(crate) async fn run(manager: &SchemaManager<'_>, steps: &[String]) -> Result<(), DbErr> {
    for step in steps {
        manager.get_connection().execute_unprepared(step).await?;
    }
    Ok(())
}

/// What a column takes, as PostgreSQL says it.
pub(crate) fn words(table: &str, column: &str, words: &[&str]) -> String {
    let words = words.join("', '");
    format!(
        "ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check, \
         ADD CONSTRAINT {table}_{column}_check CHECK ({column} IN ('{words}'))"
    )
}

/// The table is made anew beside the old one, which nothing may point at.
pub(crate) async fn again(
    manager: &SchemaManager<'_>,
    (name, made, indexes): Made,
    into: &str,
    from: &str,
) -> Result<(), DbErr> {
    manager.create_table(made).await?;
    run(
        manager,
        &[
            format!("INSERT INTO {name}_new (id, {into}) SELECT id, {from} FROM {name}"),
            format!("DROP TABLE {name}"),
            format!("ALTER TABLE {name}_new RENAME TO {name}"),
        ],
    )
    .await?;
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}
