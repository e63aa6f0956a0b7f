//! A circuit: after failures in a row it lets nothing through for a while, then one
//! probe. Knows values only; whose failures they are is decided by `hosts.rs`.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// So many failures in a row open it.
const FAILURES: u32 = 5;

/// How long it stays open at first; twice as long after each probe that failed.
const PAUSE_MS: i64 = 30_000;
const LONGEST_PAUSE_MS: i64 = 300_000;

/// A probe that has not come back after this is taken for lost (its caller went away).
const PROBE_LOST: TimeDelta = TimeDelta::seconds(90);

#[derive(Default)]
pub(super) struct Circuit(Mutex<State>);

/// What stands in the console and the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitView {
    Closed,
    Open {
        until: DateTime<Utc>,
    },
    /// The next call will tell, or is just about to.
    Probing,
}

#[derive(Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: DateTime<Utc>, times: u32 },
    Probing { since: DateTime<Utc>, times: u32 },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Circuit {
    /// May a call go out? While open, of those who ask after the pause one may.
    ///
    /// # Errors
    /// Not before this time.
    pub(super) fn admit(&self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        self.with(|state| match *state {
            State::Closed { .. } => Ok(()),
            State::Open { until, .. } if now < until => Err(until),
            State::Probing { since, .. } if now < since + PROBE_LOST => {
                Err(now + TimeDelta::seconds(1))
            }
            State::Open { times, .. } | State::Probing { times, .. } => {
                *state = State::Probing { since: now, times };
                Ok(())
            }
        })
    }

    /// A sign of life closes it, whoever got it.
    pub(super) fn alive(&self) {
        self.with(|state| *state = State::default());
    }

    /// A failure. `jitter` of 0 to 1 lengthens the pause by up to a half, so that
    /// instances do not probe together.
    pub(super) fn failed(&self, now: DateTime<Utc>, jitter: f64) {
        self.with(|state| {
            *state = match *state {
                State::Closed { failures } if failures + 1 < FAILURES => {
                    State::Closed { failures: failures + 1 }
                }
                State::Closed { .. } => State::Open { until: now + pause(0, jitter), times: 0 },
                State::Probing { times, .. } => {
                    State::Open { until: now + pause(times + 1, jitter), times: times + 1 }
                }
                // The late end of a call that began before.
                open @ State::Open { .. } => open,
            };
        });
    }

    pub(super) fn view(&self, now: DateTime<Utc>) -> CircuitView {
        self.with(|state| match *state {
            State::Closed { .. } => CircuitView::Closed,
            State::Open { until, .. } if now < until => CircuitView::Open { until },
            State::Open { .. } | State::Probing { .. } => CircuitView::Probing,
        })
    }

    fn with<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn pause(times: u32, jitter: f64) -> TimeDelta {
    let base = (PAUSE_MS << times.min(8)).min(LONGEST_PAUSE_MS);
    TimeDelta::milliseconds(base + (base as f64 / 2.0 * jitter.clamp(0.0, 1.0)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).expect("valid")
    }

    fn open_since(second: i64) -> Circuit {
        let circuit = Circuit::default();
        (0..FAILURES).for_each(|_| circuit.failed(at(second), 0.0));
        circuit
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_does_not() {
        let circuit = Circuit::default();
        for _ in 0..3 {
            (1..FAILURES).for_each(|_| circuit.failed(at(0), 0.0));
            circuit.alive();
        }
        assert_eq!(circuit.admit(at(0)), Ok(()));
        assert_eq!(open_since(0).admit(at(29)), Err(at(30)));
    }

    #[test]
    fn after_the_pause_one_probe_goes_out() {
        let circuit = open_since(0);
        assert_eq!(circuit.admit(at(30)), Ok(()));
        assert!(circuit.admit(at(30)).is_err(), "a second one waits");
        circuit.alive();
        assert_eq!(circuit.view(at(30)), CircuitView::Closed);
    }

    #[test]
    fn a_failed_probe_doubles_the_pause_up_to_five_minutes() {
        let circuit = open_since(0);
        let mut now = 30;
        for wait in [60, 120, 240, 300, 300] {
            assert_eq!(circuit.admit(at(now)), Ok(()));
            circuit.failed(at(now), 0.0);
            assert_eq!(circuit.view(at(now)), CircuitView::Open { until: at(now + wait) });
            now += wait;
        }
    }

    #[test]
    fn a_probe_whose_caller_went_away_is_replaced() {
        let circuit = open_since(0);
        assert_eq!(circuit.admit(at(30)), Ok(()));
        assert!(circuit.admit(at(119)).is_err());
        assert_eq!(circuit.admit(at(120)), Ok(()));
    }

    #[test]
    fn late_failures_do_not_lengthen_the_pause() {
        let circuit = open_since(0);
        circuit.failed(at(29), 1.0);
        assert_eq!(circuit.view(at(29)), CircuitView::Open { until: at(30) });
    }

    proptest! {
        #[test]
        fn jitter_lengthens_a_pause_by_at_most_a_half(times in 0_u32..40, jitter in -1.0..2.0_f64) {
            let (least, got) = (pause(times, 0.0), pause(times, jitter));
            prop_assert!(least <= got && got <= least * 3 / 2);
            prop_assert!(got <= TimeDelta::milliseconds(LONGEST_PAUSE_MS * 3 / 2));
        }

        #[test]
        fn it_never_stays_shut_for_ever(steps in prop::collection::vec((any::<bool>(), 0_i64..100), 0..60)) {
            let circuit = Circuit::default();
            let mut now = 0;
            for (good, wait) in steps {
                now += wait;
                if circuit.admit(at(now)).is_ok() {
                    if good { circuit.alive() } else { circuit.failed(at(now), 1.0) }
                }
            }
            prop_assert!(circuit.admit(at(now + 600)).is_ok());
        }
    }
}
