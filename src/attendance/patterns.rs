//! What in the register is worth a look: a function of how people scanned, and of what was
//! counted. These are questions and no verdicts: there may be a plain reason for each.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use entity::ids::{ClassId, MeetingId, ResidentId};

/// So often a thing is no accident.
const OFTEN: usize = 3;

/// The end of a check-in.
const LAST: TimeDelta = TimeDelta::minutes(1);

/// Somebody's own scan, of a code or a poster.
#[derive(Clone, Debug)]
pub(super) struct OwnScan {
    pub(super) class: ClassId,
    pub(super) meeting: MeetingId,
    /// When its check-in is over.
    pub(super) closes_at: DateTime<Utc>,
    pub(super) resident: ResidentId,
    pub(super) device: String,
    pub(super) at: DateTime<Utc>,
}

/// The last count of a meeting.
#[derive(Clone, Debug)]
pub(super) struct LastCount {
    pub(super) class: ClassId,
    pub(super) meeting: MeetingId,
    /// The register had more people than the room.
    pub(super) fewer_there: bool,
}

/// What is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Always in the last minute of the check-in.
    LastMinute,
    /// Several learners from one phone.
    OnePhone,
    /// Fewer people in the room than on the register.
    FewerThere,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::LastMinute => "last_minute",
            Self::OnePhone => "one_phone",
            Self::FewerThere => "fewer_there",
        }
    }
}

/// A pattern of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub kind: Kind,
    /// Under which it is settled.
    pub name: String,
    pub class: ClassId,
    pub people: Vec<ResidentId>,
    /// The meetings at which it was seen, in order.
    pub meetings: Vec<MeetingId>,
}

/// All patterns. `related`: who may well share a phone.
pub(super) fn patterns(
    scans: &[OwnScan],
    counts: &[LastCount],
    related: impl Fn(ResidentId, ResidentId) -> bool,
) -> Vec<Pattern> {
    let mut found = last_minute(scans);
    found.extend(one_phone(scans, related));
    found.extend(fewer_there(counts));
    found.sort_by(|one, other| {
        (one.class, one.kind, &one.name).cmp(&(other.class, other.kind, &other.name))
    });
    found
}

fn last_minute(scans: &[OwnScan]) -> Vec<Pattern> {
    let mut of: BTreeMap<(ClassId, ResidentId), (BTreeSet<MeetingId>, bool)> = BTreeMap::new();
    for scan in scans {
        let (meetings, always) =
            of.entry((scan.class, scan.resident)).or_insert_with(|| (BTreeSet::new(), true));
        meetings.insert(scan.meeting);
        *always &= scan.at > scan.closes_at - LAST;
    }
    of.into_iter()
        .filter(|(_, (meetings, always))| *always && meetings.len() >= OFTEN)
        .map(|((class, resident), (meetings, _))| Pattern {
            kind: Kind::LastMinute,
            name: format!("{}:{class}:{resident}", Kind::LastMinute.word()),
            class,
            people: vec![resident],
            meetings: meetings.into_iter().collect(),
        })
        .collect()
}

/// Who used one phone, and at which meetings.
type Together = (BTreeSet<ResidentId>, BTreeSet<MeetingId>);

fn one_phone(scans: &[OwnScan], related: impl Fn(ResidentId, ResidentId) -> bool) -> Vec<Pattern> {
    let mut users: BTreeMap<(ClassId, &str, MeetingId), BTreeSet<ResidentId>> = BTreeMap::new();
    for scan in scans.iter().filter(|scan| !scan.device.is_empty()) {
        users.entry((scan.class, &scan.device, scan.meeting)).or_default().insert(scan.resident);
    }
    // Of two people who were always together with one phone.
    let mut pairs: BTreeMap<(ClassId, &str, ResidentId, ResidentId), Vec<MeetingId>> =
        BTreeMap::new();
    for ((class, device, meeting), people) in &users {
        for one in people {
            for other in people.range(ResidentId(one.0 + 1)..) {
                if !related(*one, *other) {
                    pairs.entry((*class, *device, *one, *other)).or_default().push(*meeting);
                }
            }
        }
    }
    // One question for a phone, however many use it.
    let mut phones: BTreeMap<(ClassId, &str), Together> = BTreeMap::new();
    for ((class, device, one, other), meetings) in pairs {
        if meetings.len() >= OFTEN {
            let (people, all) = phones.entry((class, device)).or_default();
            people.extend([one, other]);
            all.extend(meetings);
        }
    }
    phones
        .into_iter()
        .map(|((class, device), (people, meetings))| Pattern {
            kind: Kind::OnePhone,
            name: format!("{}:{class}:{device}", Kind::OnePhone.word()),
            class,
            people: people.into_iter().collect(),
            meetings: meetings.into_iter().collect(),
        })
        .collect()
}

fn fewer_there(counts: &[LastCount]) -> Vec<Pattern> {
    let mut of: BTreeMap<ClassId, BTreeSet<MeetingId>> = BTreeMap::new();
    for count in counts.iter().filter(|count| count.fewer_there) {
        of.entry(count.class).or_default().insert(count.meeting);
    }
    of.into_iter()
        .filter(|(_, meetings)| meetings.len() >= OFTEN)
        .map(|(class, meetings)| Pattern {
            kind: Kind::FewerThere,
            name: format!("{}:{class}", Kind::FewerThere.word()),
            class,
            people: Vec::new(),
            meetings: meetings.into_iter().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(resident: i64, meeting: i64, device: &str, before_the_end_s: i64) -> OwnScan {
        let closes_at = DateTime::from_timestamp(1_800_000_000, 0).expect("valid");
        OwnScan {
            class: ClassId(1),
            meeting: MeetingId(meeting),
            closes_at,
            resident: ResidentId(resident),
            device: device.to_owned(),
            at: closes_at - TimeDelta::seconds(before_the_end_s),
        }
    }

    fn names(scans: &[OwnScan]) -> Vec<(String, usize)> {
        let related = |one: ResidentId, other: ResidentId| (one.0, other.0) == (8, 9);
        let found = patterns(scans, &[], related);
        found.into_iter().map(|one| (one.name, one.meetings.len())).collect()
    }

    #[test]
    fn always_means_every_time_and_more_than_twice() {
        let mut scans: Vec<_> = (1..=3).map(|meeting| scan(1, meeting, "a", 30)).collect();
        assert_eq!(names(&scans[..2]), []);
        assert_eq!(names(&scans), [("last_minute:1:1".to_owned(), 3)]);
        scans.push(scan(1, 4, "a", 61));
        assert_eq!(names(&scans), []);
    }

    #[test]
    fn one_phone_is_one_question_and_none_of_a_family() {
        let with = |people: &[i64], meetings: i64, device: &str| -> Vec<OwnScan> {
            let of = |meeting| people.iter().map(move |who| (meeting, *who));
            (1..=meetings)
                .flat_map(of)
                .map(|(meeting, who)| scan(who, meeting, device, 3_000))
                .collect()
        };
        assert_eq!(names(&with(&[1, 2], 2, "a")), []);
        assert_eq!(names(&with(&[1, 2, 3], 3, "a")), [("one_phone:1:a".to_owned(), 3)]);
        assert_eq!(names(&with(&[8, 9], 4, "a")), []);
        // Each with a phone of their own.
        let apart = [with(&[1], 4, "a"), with(&[2], 4, "b")].concat();
        assert_eq!(names(&apart), []);
    }

    #[test]
    fn a_room_with_fewer_people_is_asked_about_after_the_third_time() {
        let count = |meeting, fewer_there| LastCount {
            class: ClassId(1),
            meeting: MeetingId(meeting),
            fewer_there,
        };
        let counts = [count(1, true), count(2, false), count(3, true), count(4, true)];
        let none = |_: ResidentId, _: ResidentId| false;
        assert_eq!(patterns(&[], &counts[..3], none), []);
        assert_eq!(patterns(&[], &counts, none)[0].meetings.len(), 3);
    }
}
