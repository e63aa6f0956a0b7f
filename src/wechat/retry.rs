//! Which failed calls are made again in line, and after which pause (errors.md §5).
//!
//! 1. A call that must not happen twice is repeated only if the first was certainly not
//!    taken: it never left, or WeChat answered with a code.
//! 2. A person who waits gets one more try and a few seconds; a job three tries. What is
//!    longer than that is the job queue's.

use std::time::Duration;

use super::{Class, Error};

/// What a second run of a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Nothing is changed.
    Read,
    /// What was done is done again, with the same end.
    Idempotent,
    /// It would reach people, or use something up, twice.
    Sends,
}

/// Who waits for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// A person.
    Interactive,
    /// A job.
    Background,
}

/// The settings of `[wechat]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) tries: u32,
    pub(super) pause: Duration,
}

impl Policy {
    /// The longest pause before the next try, or `None`: no further one. `made` tries
    /// have taken `spent` in all.
    pub(super) fn pause(
        self,
        urgency: Urgency,
        repeat: Repeat,
        error: &Error,
        made: u32,
        spent: Duration,
    ) -> Option<Duration> {
        let (tries, budget) = match urgency {
            Urgency::Interactive => (2, Duration::from_secs(4)),
            Urgency::Background => (3, Duration::from_secs(30)),
        };
        let harmless = match error.class() {
            // It is known when it makes sense again: not now.
            _ if error.retry_at.is_some() => false,
            Class::NotSent => true,
            Class::BackOff => error.is(-1),
            Class::MaybeSent => repeat != Repeat::Sends,
            _ => false,
        };
        let more = harmless && made < tries.min(self.tries) && spent < budget;
        more.then(|| self.pause * 4_u32.pow(made.saturating_sub(1).min(2)))
    }
}

/// Anything between nothing and `longest` (“full jitter”): who failed together does not
/// come back together.
pub(super) fn jittered(longest: Duration) -> Duration {
    longest.mul_f64(fraction())
}

/// 0 to 1 at random.
pub(super) fn fraction() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { tries: 3, pause: Duration::from_secs(1) };

    fn pauses(urgency: Urgency, repeat: Repeat, error: &Error) -> Vec<u64> {
        (1..10)
            .map_while(|made| POLICY.pause(urgency, repeat, error, made, Duration::ZERO))
            .map(|pause| pause.as_secs())
            .collect()
    }

    #[test]
    fn only_what_was_certainly_not_taken_is_sent_again() {
        let background = |repeat, error: &Error| pauses(Urgency::Background, repeat, error);
        let lost = Error::ours("/x", Class::MaybeSent, "no answer in time");
        let unsent = Error::ours("/x", Class::NotSent, "no connection");
        let busy = Error::answered("/x", -1, "system busy");
        assert_eq!(background(Repeat::Sends, &lost), Vec::<u64>::new());
        for repeat in [Repeat::Read, Repeat::Idempotent] {
            assert_eq!(background(repeat, &lost), [1, 4]);
        }
        assert_eq!(background(Repeat::Sends, &unsent), [1, 4]);
        assert_eq!(background(Repeat::Sends, &busy), [1, 4]);
        for code in [45009, 40001, 43101, 48001, 45003, 45065] {
            assert!(
                background(Repeat::Read, &Error::answered("/x", code, "")).is_empty(),
                "{code}"
            );
        }
    }

    #[test]
    fn a_person_is_not_kept_waiting() {
        let busy = Error::answered("/x", -1, "system busy");
        assert_eq!(pauses(Urgency::Interactive, Repeat::Read, &busy), [1]);
        let late = Duration::from_secs(5);
        assert_eq!(POLICY.pause(Urgency::Interactive, Repeat::Read, &busy, 1, late), None);
        let known = Error::ours("/x", Class::NotSent, "").until(chrono::DateTime::UNIX_EPOCH);
        assert_eq!(pauses(Urgency::Background, Repeat::Read, &known), Vec::<u64>::new());
    }

    #[test]
    fn jitter_stays_within_the_pause() {
        let longest = Duration::from_secs(16);
        assert!((0..500).all(|_| jittered(longest) <= longest));
    }
}
