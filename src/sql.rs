//! Statements that are prepared once, for their text tells little of how many are asked
//! for or written; and that leave in one piece.
//!
//! What is longer than 32 KiB leaves in two, and the second waits 40 ms: until its next
//! release the driver does not turn Nagle's algorithm off
//! (<https://github.com/transact-rs/sqlx/issues/4335>).

use std::collections::BTreeSet;
use std::fmt::Write;
use std::iter;

use chrono::SecondsFormat;
use sea_orm::sea_query::{Expr, ExprTrait, Func, InsertStatement, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityName, EntityTrait, Insert,
    Iterable, QueryResult, QueryTrait, Value,
};

use crate::error::Result;

/// The items, the last repeated until there are 1, 2, 4, 8… of them, for an `IN`.
pub(crate) fn rounded<T: Clone>(items: &[T]) -> impl Iterator<Item = T> {
    let more = items.len().next_power_of_two() - items.len();
    let last = items.last().into_iter().flat_map(move |last| iter::repeat_n(last, more));
    items.iter().chain(last).cloned()
}

/// Whether the column is one of these: where there are arrays, one text for however many.
pub(crate) fn among<T: Clone + Into<Value>>(
    conn: &impl ConnectionTrait,
    column: impl ColumnTrait,
    items: &[T],
) -> Expr {
    let values = || items.iter().cloned().map(Into::into);
    match (conn.get_database_backend(), array(values())) {
        (DbBackend::Postgres, Some(array)) => column.into_expr().eq(Func::cust("ANY").arg(array)),
        _ => column.is_in(rounded(items)),
    }
}

/// Each once, in order.
pub(crate) fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The rows in order, for an `INSERT` each: `largest` at a time, and of the rest as many as
/// the first three binary digits of their number say. So there are few texts, and hardly
/// ever more than two of them for a rest.
fn portions<T>(rows: impl IntoIterator<Item = T>, largest: usize) -> impl Iterator<Item = Vec<T>> {
    let mut rows = rows.into_iter().collect::<Vec<_>>().into_iter();
    iter::from_fn(move || {
        let rest = rows.len().min(largest);
        let unit = 1 << rest.checked_ilog2()?.saturating_sub(2);
        Some(rows.by_ref().take(rest - rest % unit).collect())
    })
}

/// The statements that write these rows, in which the same columns are set.
fn inserts<A: ActiveModelTrait>(
    backend: DbBackend,
    rows: impl IntoIterator<Item = A>,
    largest: usize,
) -> Vec<InsertStatement> {
    if backend != DbBackend::Postgres {
        let portions = portions(rows, largest);
        return portions.map(|some| Insert::many(some).into_query()).collect();
    }
    let rows: Vec<A> = rows.into_iter().collect();
    let one =
        |some: &[A]| columnwise(some).unwrap_or_else(|| Insert::many(some.to_vec()).into_query());
    rows.chunks(largest).map(one).collect()
}

/// A statement whose text says nothing of how many rows there are: a column is a parameter,
/// an array. Read, planned and begun once for all of them, it costs PostgreSQL as much for
/// hundreds of rows as one of `VALUES` for a few. `None`: with a value of a rare kind.
fn columnwise<A: ActiveModelTrait>(rows: &[A]) -> Option<InsertStatement> {
    let first = rows.first()?;
    let (mut arrays, mut columns) = (Query::select(), Vec::new());
    for column in <A::Entity as EntityTrait>::Column::iter() {
        if first.get(column).is_not_set() {
            continue;
        }
        let values: Option<Vec<Value>> =
            rows.iter().map(|row| row.get(column).into_value()).collect();
        arrays.expr(Func::cust("unnest").arg(array(values?.into_iter())?));
        columns.push(column);
    }
    let mut insert = Query::insert();
    insert.into_table(A::Entity::default().table_ref()).columns(columns);
    insert.select_from(arrays).ok()?;
    Some(insert)
}

/// An array of PostgreSQL's. In text, for the driver's own cannot hold a NULL.
fn array(values: impl Iterator<Item = Value>) -> Option<Expr> {
    let (mut text, mut of) = (String::from("{"), None);
    for value in values {
        of = Some(kind(&value)?);
        push_element(&mut text, &value)?;
    }
    if text.ends_with(',') {
        text.pop();
    }
    text.push('}');
    Some(Expr::val(text).cast_as("text").cast_as(format!("{}[]", of?)))
}

/// What PostgreSQL calls it.
fn kind(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::BigInt(_) => "bigint",
        Value::String(_) => "text",
        Value::ChronoDate(_) => "date",
        Value::ChronoDateTimeUtc(_) => "timestamptz",
        Value::Json(_) => "json",
        _ => return None,
    })
}

/// An element of an array in text, and a comma.
fn push_element(array: &mut String, value: &Value) -> Option<()> {
    // Writing into a String cannot fail.
    let _written = match value {
        Value::Bool(Some(yes)) => write!(array, "{yes},"),
        Value::Int(Some(number)) => write!(array, "{number},"),
        Value::BigInt(Some(number)) => write!(array, "{number},"),
        Value::ChronoDate(Some(day)) => write!(array, "{day},"),
        Value::ChronoDateTimeUtc(Some(at)) => {
            write!(array, "{},", at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        }
        Value::String(Some(text)) => write!(array, "{},", quoted(text)),
        Value::Json(Some(json)) => write!(array, "{},", quoted(&json.to_string())),
        empty if kind(empty).is_some() => write!(array, "NULL,"),
        _ => return None,
    };
    Some(())
}

/// `NULL` in quotes is a word like others.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#))
}

/// Writes rows, `largest` in a statement.
///
/// # Errors
/// The database.
pub(crate) async fn insert_all<A: ActiveModelTrait>(
    conn: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = A>,
    largest: usize,
) -> Result<()> {
    for insert in inserts(conn.get_database_backend(), rows, largest) {
        conn.execute(&insert).await?;
    }
    Ok(())
}

/// As [`insert_all`], but where a row stands already as `conflict` says; how many were
/// written.
///
/// # Errors
/// The database.
pub(crate) async fn insert_or<A: ActiveModelTrait>(
    conn: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = A>,
    largest: usize,
    conflict: OnConflict,
) -> Result<u64> {
    let mut written = 0;
    for mut insert in inserts(conn.get_database_backend(), rows, largest) {
        insert.on_conflict(conflict.clone());
        written += conn.execute(&insert).await?.rows_affected();
    }
    Ok(written)
}

/// As [`insert_all`], but for rows that stand already by `once`; these columns of those
/// that were written, in any order.
///
/// # Errors
/// The database.
pub(crate) async fn insert_once<A: ActiveModelTrait>(
    conn: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = A>,
    largest: usize,
    once: OnConflict,
    columns: &[<A::Entity as EntityTrait>::Column],
) -> Result<Vec<QueryResult>> {
    let mut written = Vec::new();
    for mut insert in inserts(conn.get_database_backend(), rows, largest) {
        insert.on_conflict(once.clone());
        insert.returning(Query::returning().columns(columns.iter().copied()));
        written.extend(conn.query_all(&insert).await?);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::PostgresQueryBuilder;

    use super::*;

    #[test]
    fn there_are_few_lengths_and_no_new_items() {
        let rounded = |items: &[i32]| rounded(items).collect::<Vec<_>>();
        assert_eq!(rounded(&[]), Vec::<i32>::new());
        assert_eq!(rounded(&[7]), [7]);
        assert_eq!(rounded(&[7, 8, 9]), [7, 8, 9, 9]);
        assert_eq!(rounded(&[1, 2, 3, 4]), [1, 2, 3, 4]);
    }

    #[test]
    fn an_array_in_text_holds_what_would_end_it() {
        let texts = ["", "NULL", "a,b", r#"{"x\"}"#, "常阴沙", " "].map(Value::from);
        let values = texts.into_iter().chain([Value::String(None)]);
        let array = array(values).expect("text");
        let shown = Query::select().expr(array).to_string(PostgresQueryBuilder);
        let wanted = r#"'{"","NULL","a,b","{\"x\\\"}","常阴沙"," ",NULL}'"#.replace('\\', r"\\");
        assert_eq!(shown, format!("SELECT CAST(CAST(E{wanted} AS text) AS text[])"));
        assert!(super::array(iter::empty()).is_none());
    }

    #[test]
    fn portions_have_few_lengths_and_lose_nothing() {
        let lengths = |count| portions(0..count, 8).map(|some| some.len()).collect::<Vec<_>>();
        assert_eq!(lengths(0), Vec::<usize>::new());
        assert_eq!(lengths(1), [1]);
        assert_eq!(lengths(8), [8]);
        assert_eq!(lengths(23), [8, 8, 7]);
        let lengths = |count| portions(0..count, 64).map(|some| some.len()).collect::<Vec<_>>();
        assert_eq!(lengths(85), [64, 20, 1]);
        let texts: BTreeSet<_> = (0..=256).flat_map(lengths).collect();
        assert_eq!(texts.len(), 20);
        assert_eq!(portions(0..23, 8).flatten().collect::<Vec<_>>(), (0..23).collect::<Vec<_>>());
    }
}
