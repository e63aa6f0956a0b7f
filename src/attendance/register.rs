//! What the register says of one person at one meeting: a function of what was said, in
//! whatever order it arrived, and however often.
//!
//! 1. Words are weighed in the order in which they happened, by our clock; of what happened
//!    at once, a learner's request for leave comes before a scan, and that before the word of
//!    staff. The last word wins.
//! 2. A word that has a name (of the sender's) counts once; so does a code of one time step.
//! 3. A request for leave fills an empty place and changes no other word; taken back, it
//!    leaves the place as empty as it was.
//! 4. A tap of staff without a reason fills an empty place; what stands is changed with a
//!    reason alone.
//! 5. Whoever scans is there, also after a leave. A poster is scanned when it is scanned,
//!    whenever somebody nods.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use entity::kinds::{AttendanceStatus, CheckInWay};

/// One scan, tap, request or correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Row id: the order of arrival, which counts among words without a name alone.
    pub(super) id: i64,
    pub(super) scan_id: Option<String>,
    pub(super) way: CheckInWay,
    /// Empty: the leave is taken back.
    pub(super) status: Option<AttendanceStatus>,
    pub(super) happened_at: DateTime<Utc>,
    pub(super) reason: Option<String>,
    pub(super) code_step: Option<i64>,
}

/// Where the register stands; `None` in all: nothing was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) status: Option<AttendanceStatus>,
    /// Of the word that stands.
    pub(super) way: Option<CheckInWay>,
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) reason: Option<String>,
    pub(super) first_present_at: Option<DateTime<Utc>>,
}

impl Standing {
    /// The learner asked for leave themselves, and nothing else was said since.
    pub(super) fn own_leave(&self) -> bool {
        self.status == Some(AttendanceStatus::Leave) && self.way == Some(CheckInWay::Leave)
    }

    /// Whether staff may say `status` without a reason.
    pub(super) fn takes_without_reason(&self, status: AttendanceStatus) -> bool {
        self.status.is_none_or(|now| now == status)
    }

    fn take(&mut self, word: &Word) {
        let Some(status) = word.status else {
            if word.way == CheckInWay::Leave && self.own_leave() {
                let first_present_at = self.first_present_at;
                *self = Self { first_present_at, ..Self::default() };
            }
            return;
        };
        let counts = match word.way {
            CheckInWay::Code | CheckInWay::Card | CheckInWay::Poster => true,
            CheckInWay::Leave => self.status.is_none() || self.own_leave(),
            CheckInWay::Roll => word.reason.is_some() || self.takes_without_reason(status),
        };
        // A second scan, or the same word again, leaves how and when it came about.
        let again = self.status == Some(status) && word.reason.is_none();
        if !counts || again {
            return;
        }
        if status == AttendanceStatus::Present {
            self.first_present_at = self.first_present_at.or(Some(word.happened_at));
        }
        self.status = Some(status);
        self.way = Some(word.way);
        self.at = Some(word.happened_at);
        self.reason = word.reason.clone();
    }
}

fn rank(way: CheckInWay) -> u8 {
    match way {
        CheckInWay::Leave => 0,
        CheckInWay::Code | CheckInWay::Card | CheckInWay::Poster => 1,
        CheckInWay::Roll => 2,
    }
}

/// What the register says after all of these words, which may come in any order.
pub(super) fn fold(words: &[Word]) -> Standing {
    let mut words: Vec<&Word> = words.iter().collect();
    words.sort_by(|one, other| order(one).cmp(&order(other)));
    let mut standing = Standing::default();
    let (mut named, mut steps) = (HashSet::new(), HashSet::new());
    for word in words {
        let new = word.scan_id.as_ref().is_none_or(|name| named.insert(name))
            && word.code_step.is_none_or(|step| steps.insert(step));
        if new {
            standing.take(word);
        }
    }
    standing
}

/// Of somebody who was there in the end: when they were seen first, and when last if that was
/// a minute later or more.
pub(super) fn seen(words: &[Word]) -> Option<(DateTime<Utc>, Option<DateTime<Utc>>)> {
    if fold(words).status != Some(AttendanceStatus::Present) {
        return None;
    }
    let there = || words.iter().filter(|word| word.status == Some(AttendanceStatus::Present));
    let first = there().map(|word| word.happened_at).min()?;
    // Who corrects the roll later did not see them then.
    let scans = there().filter(|word| word.way != CheckInWay::Roll || word.reason.is_none());
    let last = scans.map(|word| word.happened_at).max()?;
    Some((first, Some(last).filter(|last| *last - first >= TimeDelta::minutes(1))))
}

/// As [`fold`], of what had happened until then.
pub(super) fn fold_until(words: &[Word], until: DateTime<Utc>) -> Standing {
    let before: Vec<Word> =
        words.iter().filter(|word| word.happened_at <= until).cloned().collect();
    fold(&before)
}

fn order(word: &Word) -> (DateTime<Utc>, u8, Option<&str>, i64) {
    // A name makes the order that of the senders; ids would make it that of arrival.
    let id = if word.scan_id.is_some() { 0 } else { word.id };
    (word.happened_at, rank(word.way), word.scan_id.as_deref(), id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use AttendanceStatus::{Absent, Leave, Present};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).expect("valid")
    }

    fn word(way: CheckInWay, status: Option<AttendanceStatus>, second: i64) -> Word {
        Word {
            id: second,
            scan_id: Some(format!("{way:?}-{status:?}-{second}")),
            way,
            status,
            happened_at: at(second),
            reason: None,
            code_step: None,
        }
    }

    fn correction(status: AttendanceStatus, second: i64) -> Word {
        let reason = Some("登记错了".to_owned());
        Word { reason, ..word(CheckInWay::Roll, Some(status), second) }
    }

    fn status_of(words: &[Word]) -> Option<AttendanceStatus> {
        fold(words).status
    }

    #[test]
    fn the_last_word_wins_and_a_scan_never_undoes_a_later_correction() {
        let scan = word(CheckInWay::Card, Some(Present), 10);
        let corrected = correction(Absent, 20);
        assert_eq!(status_of(&[corrected.clone(), scan.clone()]), Some(Absent));
        // At one moment, staff have the last word.
        assert_eq!(status_of(&[correction(Absent, 10), scan.clone()]), Some(Absent));
        let later = word(CheckInWay::Code, Some(Present), 30);
        let standing = fold(&[later, corrected, scan]);
        assert_eq!((standing.status, standing.first_present_at), (Some(Present), Some(at(10))));
    }

    #[test]
    fn a_leave_fills_an_empty_place_and_goes_as_it_came() {
        let (ask, back) =
            (word(CheckInWay::Leave, Some(Leave), 1), word(CheckInWay::Leave, None, 5));
        assert_eq!(status_of(std::slice::from_ref(&ask)), Some(Leave));
        assert_eq!(fold(&[ask.clone(), back.clone()]), Standing::default());
        let scan = word(CheckInWay::Code, Some(Present), 9);
        assert_eq!(status_of(&[ask.clone(), scan.clone()]), Some(Present));
        // Who is there has no leave, and takes none back.
        let late = word(CheckInWay::Leave, Some(Leave), 12);
        let undo = word(CheckInWay::Leave, None, 13);
        assert_eq!(status_of(&[scan, late, undo, ask]), Some(Present));
        let by_staff = word(CheckInWay::Roll, Some(Leave), 3);
        assert_eq!(status_of(&[by_staff, back]), Some(Leave));
    }

    #[test]
    fn a_tap_without_a_reason_changes_nothing_that_stands() {
        let tap = word(CheckInWay::Roll, Some(Absent), 20);
        assert_eq!(status_of(std::slice::from_ref(&tap)), Some(Absent));
        let scan = word(CheckInWay::Card, Some(Present), 10);
        assert_eq!(status_of(&[tap.clone(), scan.clone()]), Some(Present));
        assert_eq!(status_of(&[correction(Absent, 21), tap, scan]), Some(Absent));
    }

    #[test]
    fn a_code_works_once_per_person_also_after_a_correction() {
        let scan = |id, second| Word {
            id,
            scan_id: None,
            code_step: Some(7),
            ..word(CheckInWay::Code, Some(Present), second)
        };
        assert_eq!(status_of(&[scan(1, 1), correction(Absent, 2), scan(3, 3)]), Some(Absent));
    }

    fn words() -> impl Strategy<Value = Vec<Word>> {
        let ways = prop::sample::select(vec![
            (CheckInWay::Code, Some(Present)),
            (CheckInWay::Card, Some(Present)),
            (CheckInWay::Poster, Some(Present)),
            (CheckInWay::Roll, Some(Present)),
            (CheckInWay::Roll, Some(Absent)),
            (CheckInWay::Roll, Some(Leave)),
            (CheckInWay::Leave, Some(Leave)),
            (CheckInWay::Leave, None),
        ]);
        let one = (ways, 0..20_i64, any::<bool>(), 0..4_i64, any::<bool>());
        prop::collection::vec(one, 0..16).prop_map(|drawn| {
            let made = drawn.into_iter().enumerate();
            let made = made.map(|(nth, ((way, status), second, reason, step, named))| {
                let nth = i64::try_from(nth).expect("few");
                Word {
                    id: nth,
                    // What is made here at once has no name; its place is its id.
                    scan_id: named.then(|| format!("scan-{nth}")),
                    reason: reason.then(|| format!("原因{nth}")),
                    code_step: (way == CheckInWay::Code).then_some(step),
                    ..word(way, status, second)
                }
            });
            made.collect()
        })
    }

    proptest! {
        #[test]
        fn any_order_and_repetition_of_the_same_words_says_the_same(
            (words, shuffled) in words().prop_flat_map(|words| {
                let twice: Vec<Word> = words.iter().chain(&words).cloned().collect();
                (Just(words), Just(twice).prop_shuffle())
            })
        ) {
            prop_assert_eq!(fold(&shuffled), fold(&words));
        }

        #[test]
        fn nothing_that_happened_before_a_correction_undoes_it(words in words()) {
            let mut all = vec![correction(Absent, 20)];
            all.extend(words);
            prop_assert_eq!(fold(&all).status, Some(Absent));
        }
    }
}
