//! The few kinds of column that our tables are made of.

use sea_orm_migration::prelude::*;

/// A new table with a numbered row id.
pub(crate) fn table(name: &'static str) -> TableCreateStatement {
    let mut table = bare_table(name);
    table.col(ColumnDef::new("id").big_integer().not_null().auto_increment().primary_key());
    table
}

/// A new table that brings its own key.
pub(crate) fn bare_table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

/// A column that must be filled. Call `.null()` on it where it may stay empty.
pub(crate) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

pub(crate) fn int(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().take()
}

pub(crate) fn big(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

pub(crate) fn flag(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}

pub(crate) fn day(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).date().not_null().take()
}

pub(crate) fn time(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().not_null().take()
}

pub(crate) fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().take()
}

/// One of a closed set of words.
pub(crate) fn word(name: &'static str, words: &[&'static str]) -> ColumnDef {
    let column = Expr::col(name);
    ColumnDef::new(name).string_len(24).not_null().check(column.is_in(words.iter().copied())).take()
}

/// As [`word`], but may stay empty.
pub(crate) fn word_or_null(name: &'static str, words: &[&'static str]) -> ColumnDef {
    let column = Expr::col(name);
    ColumnDef::new(name).string_len(24).null().check(column.is_in(words.iter().copied())).take()
}

/// The same column, allowed to stay empty.
pub(crate) fn optional(mut column: ColumnDef) -> ColumnDef {
    column.null().take()
}

/// A row of another table.
pub(crate) fn reference(
    table: &'static str,
    column: &'static str,
    to: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(table, column)
        .to(to, "id")
        .on_delete(ForeignKeyAction::Restrict)
        .to_owned()
}

pub(crate) fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = index(table, columns);
    index.unique().name(format!("ux_{table}_{}", columns.join("_")));
    index
}

pub(crate) fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index =
        Index::create().name(format!("ix_{table}_{}", columns.join("_"))).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}
