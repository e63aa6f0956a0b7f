//! Runs of unexplained absences, from what the register says of one person and class.
//!
//! 1. Presence and leave end a run. A meeting of which nothing is said of the person is
//!    missed like one at which they were marked absent.
//! 2. Whether a meeting counts at all is the caller's matter: one that was cancelled, or at
//!    which nobody was registered, says nothing of anybody.

use entity::ids::MeetingId;
use entity::kinds::{AttendanceStatus, CareKind};

/// Absences in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: MeetingId,
    pub(super) last: MeetingId,
    pub(super) absences: usize,
    /// Nothing came after it.
    pub(super) goes_on: bool,
}

/// The runs in a history, which is in the order of time.
pub(super) fn runs(history: &[(MeetingId, Option<AttendanceStatus>)]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (meeting, status) in history {
        let explained = matches!(status, Some(AttendanceStatus::Present | AttendanceStatus::Leave));
        match runs.last_mut().filter(|run| run.goes_on) {
            Some(run) if explained => run.goes_on = false,
            Some(run) => {
                run.last = *meeting;
                run.absences += 1;
            }
            None if explained => {}
            None => runs.push(Run { first: *meeting, last: *meeting, absences: 1, goes_on: true }),
        }
    }
    runs
}

/// After how many absences which task opens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) call: usize,
    pub(super) release: usize,
}

impl Limits {
    /// Whether a run of so many asks for a task of this kind; a care call is asked for at
    /// once, by whoever agreed to it.
    pub(super) fn ask(self, kind: CareKind, absences: usize, agreed: bool) -> bool {
        match kind {
            CareKind::Care => agreed && absences > 0,
            CareKind::Call => absences >= self.call,
            CareKind::Release => absences >= self.release,
        }
    }

    /// The tasks that a run which goes on asks for. One call is enough: where there is a
    /// care call, another is made only after it (`cared_for`: it was made), and none where
    /// three absences ask for a talk.
    pub(super) fn wanted(self, absences: usize, agreed: bool, cared_for: bool) -> Vec<CareKind> {
        let mut wanted = Vec::new();
        if self.ask(CareKind::Care, absences, agreed) {
            wanted.push(CareKind::Care);
        }
        if self.ask(CareKind::Release, absences, agreed) {
            wanted.push(CareKind::Release);
        } else if self.ask(CareKind::Call, absences, agreed) && (!agreed || cared_for) {
            wanted.push(CareKind::Call);
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use AttendanceStatus::{Absent, Leave, Present};

    fn of(statuses: &[Option<AttendanceStatus>]) -> Vec<(i64, i64, usize, bool)> {
        let history: Vec<_> = (1..).map(MeetingId).zip(statuses.iter().copied()).collect();
        let tell = |run: Run| (run.first.0, run.last.0, run.absences, run.goes_on);
        runs(&history).into_iter().map(tell).collect()
    }

    #[test]
    fn presence_and_leave_end_a_run_and_silence_is_absence() {
        assert_eq!(of(&[]), []);
        assert_eq!(of(&[Some(Present), Some(Absent), None]), [(2, 3, 2, true)]);
        assert_eq!(
            of(&[Some(Absent), Some(Leave), Some(Absent), Some(Present)]),
            [(1, 1, 1, false), (3, 3, 1, false)]
        );
        assert_eq!(of(&[None, None, None]), [(1, 3, 3, true)]);
    }

    #[test]
    fn a_care_call_needs_the_consent_and_the_others_the_number() {
        use CareKind::{Call, Care, Release};
        let wanted = |absences, agreed, cared_for| {
            Limits { call: 2, release: 3 }.wanted(absences, agreed, cared_for)
        };
        assert_eq!(wanted(1, false, false), []);
        assert_eq!(wanted(2, false, false), [Call]);
        assert_eq!(wanted(3, false, false), [Release]);
        assert_eq!(wanted(1, true, false), [Care]);
        assert_eq!(wanted(2, true, false), [Care]);
        assert_eq!(wanted(2, true, true), [Care, Call]);
        assert_eq!(wanted(3, true, true), [Care, Release]);
    }

    proptest! {
        #[test]
        fn every_missed_meeting_is_in_one_run(
            statuses in prop::collection::vec(prop::sample::select(vec![None, Some(Present), Some(Absent), Some(Leave)]), 0..20)
        ) {
            let missed = statuses.iter().filter(|one| matches!(one, None | Some(Absent))).count();
            let found = of(&statuses);
            prop_assert_eq!(found.iter().map(|run| run.2).sum::<usize>(), missed);
            prop_assert!(found.iter().rev().skip(1).all(|run| !run.3));
        }
    }
}
