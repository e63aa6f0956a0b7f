//! Statements that are prepared once: their text does not tell how many are asked for.

/// The items, the last repeated until there are 1, 2, 4, 8… of them, for an `IN`.
pub(crate) fn rounded<T: Clone>(items: &[T]) -> impl Iterator<Item = T> {
    let more = items.len().next_power_of_two() - items.len();
    let last = items.last().into_iter().flat_map(move |last| std::iter::repeat_n(last, more));
    items.iter().chain(last).cloned()
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
}
