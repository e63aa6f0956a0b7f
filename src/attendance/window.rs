//! When a meeting's check-in is open.

use chrono::{DateTime, TimeDelta, Utc};

/// Where `now` lies with regard to a meeting's check-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Before,
    Open,
    After,
}

impl Window {
    /// Open from `before_minutes` before the start until `after_minutes` after the end, both included.
    pub fn at(
        now: DateTime<Utc>,
        starts_at: DateTime<Utc>,
        ends_at: DateTime<Utc>,
        before_minutes: i64,
        after_minutes: i64,
    ) -> Self {
        if now < starts_at - TimeDelta::minutes(before_minutes) {
            Self::Before
        } else if now > ends_at + TimeDelta::minutes(after_minutes) {
            Self::After
        } else {
            Self::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_includes_both_of_its_ends() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).expect("valid");
        let end = start + TimeDelta::minutes(90);
        let at = |minutes: i64| Window::at(start + TimeDelta::minutes(minutes), start, end, 30, 30);
        assert_eq!(
            [at(-31), at(-30), at(0), at(120), at(121)],
            [Window::Before, Window::Open, Window::Open, Window::Open, Window::After]
        );
    }
}
