//! Stars by the hours that were served, as the rules for volunteers set them.

/// So many hours are one star more (志愿服务记录办法: 100, 300, 600, 1,000, 1,500).
const STEPS: [i64; 5] = [100, 300, 600, 1_000, 1_500];

/// How many stars so many minutes are worth, and how many hours the next one asks for;
/// `None`: there is none above.
pub fn stars(minutes: i64) -> (u8, Option<i64>) {
    let hours = minutes / 60;
    let reached = STEPS.iter().take_while(|step| hours >= **step).count();
    (u8::try_from(reached).unwrap_or(u8::MAX), STEPS.get(reached).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_given_with_the_full_hour_and_not_before() {
        assert_eq!(stars(0), (0, Some(100)));
        assert_eq!(stars(100 * 60 - 1), (0, Some(100)));
        assert_eq!(stars(100 * 60), (1, Some(300)));
        assert_eq!(stars(999 * 60), (3, Some(1_000)));
        assert_eq!(stars(1_500 * 60), (5, None));
        assert_eq!(stars(9_000 * 60), (5, None));
    }
}
