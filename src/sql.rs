//! Statements that are prepared once, for their text tells little of how many are asked
//! for or written; and that leave in one piece.
//!
//! What is longer than 32 KiB leaves in two, and the second waits 40 ms: until its next
//! release the driver does not turn Nagle's algorithm off
//! (<https://github.com/transact-rs/sqlx/issues/4335>).

use std::collections::BTreeSet;
use std::iter;

use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, Insert, QueryResult, QueryTrait};

use crate::error::Result;

/// The items, the last repeated until there are 1, 2, 4, 8… of them, for an `IN`.
pub(crate) fn rounded<T: Clone>(items: &[T]) -> impl Iterator<Item = T> {
    let more = items.len().next_power_of_two() - items.len();
    let last = items.last().into_iter().flat_map(move |last| iter::repeat_n(last, more));
    items.iter().chain(last).cloned()
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

/// Writes rows, `largest` in a statement.
///
/// # Errors
/// The database.
pub(crate) async fn insert_all<A: ActiveModelTrait>(
    conn: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = A>,
    largest: usize,
) -> Result<()> {
    for rows in portions(rows, largest) {
        A::Entity::insert_many(rows).exec_without_returning(conn).await?;
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
    for rows in portions(rows, largest) {
        let insert = A::Entity::insert_many(rows).on_conflict(conflict.clone());
        written += insert.exec_without_returning(conn).await?;
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
    for rows in portions(rows, largest) {
        let mut insert = Insert::many(rows).on_conflict(once.clone()).into_query();
        insert.returning(Query::returning().columns(columns.iter().copied()));
        written.extend(conn.query_all(&insert).await?);
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
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
