//! What a device says of itself and its time, and what of it is believed.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

/// A clock that is further off is not corrected: its times are worth nothing.
const MOST_OFF: TimeDelta = TimeDelta::days(1);

/// So much later than the sending a scan may seem to be, for clocks that are set meanwhile.
const JITTER: TimeDelta = TimeDelta::minutes(2);

/// The longest name of a device or a scan, in characters.
pub(super) const LONGEST_NAME: usize = 64;

/// By our clock; false where the device's is not to be trusted.
pub(super) fn corrected(
    sent_at: DateTime<Utc>,
    device_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> (DateTime<Utc>, bool) {
    let offset = now - sent_at;
    let Some(at) = device_at.checked_add_signed(offset) else { return (now, false) };
    (at.min(now), offset.abs() <= MOST_OFF && device_at <= sent_at + JITTER)
}

/// What can be kept and shown of a text from outside.
pub(super) fn cut(text: &str, longest: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(longest).collect()
}

/// The name under which a scan is kept. One that is none is replaced by its hash: it is
/// still the same when it comes again.
pub(super) fn name(scan_id: &str) -> String {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if (1..=LONGEST_NAME).contains(&scan_id.len()) && scan_id.chars().all(good) {
        return scan_id.to_owned();
    }
    format!("~{}", hex::encode(&Sha256::digest(scan_id.as_bytes())[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_corrected_by_what_it_says_at_the_sending() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("valid");
        let minutes = TimeDelta::minutes;
        for off in [minutes(10), minutes(-10), TimeDelta::hours(23)] {
            let scanned = now - minutes(45);
            assert_eq!(corrected(now + off, scanned + off, now), (scanned, true), "{off}");
        }
        assert!(!corrected(now + TimeDelta::hours(25), now, now).1);
        // Scanned after it was sent: the clock was set between.
        assert!(!corrected(now, now + minutes(3), now).1);
        assert_eq!(corrected(now, now + minutes(1), now), (now, true));
    }

    #[test]
    fn a_name_that_is_none_is_replaced_by_one_that_stays() {
        assert_eq!(name("a1-b2"), "a1-b2");
        for odd in ["", "有空 格", &"x".repeat(65)] {
            assert_eq!(name(odd), name(odd));
            assert!(name(odd).starts_with('~') && name(odd).len() <= LONGEST_NAME);
        }
    }
}
