//! Statements that are prepared once, for their text tells little of how many are asked
//! for or written; and that leave in one piece.
//!
//! What is longer than 32 KiB leaves in two, and the second waits 40 ms: until its next
//! release the driver does not turn Nagle's algorithm off
//! (<https://github.com/transact-rs/sqlx/issues/4335>).

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

/// The rows in order, `largest` at a time, and of the rest the largest power of two, for
/// an `INSERT` each. `largest` is a power of two.
fn portions<T>(rows: impl IntoIterator<Item = T>, largest: usize) -> impl Iterator<Item = Vec<T>> {
    let mut rows = rows.into_iter().collect::<Vec<_>>().into_iter();
    iter::from_fn(move || {
        let size = largest.min(1 << rows.len().checked_ilog2()?);
        Some(rows.by_ref().take(size).collect())
    })
}

/// Writes rows, `largest` (a power of two) in a statement.
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
        assert_eq!(lengths(23), [8, 8, 4, 2, 1]);
        assert_eq!(portions(0..23, 8).flatten().collect::<Vec<_>>(), (0..23).collect::<Vec<_>>());
    }
}
