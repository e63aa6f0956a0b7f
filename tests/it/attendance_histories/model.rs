//! The register of one meeting as a clerk would keep it who sees everything as it happens.

use chrono::{DateTime, TimeDelta, Utc};
use entity::kinds::{AttendanceStatus, CheckInWay};
use shangxue::app::App;

use super::{Act, MONITOR, PEOPLE, words};
use AttendanceStatus::{Leave, Present};

/// What stands of one person.
#[derive(Clone, Debug, Default)]
pub struct Stands {
    pub status: Option<AttendanceStatus>,
    pub way: Option<CheckInWay>,
    pub at: Option<DateTime<Utc>>,
    pub reason: Option<String>,
    /// The step of the last code: it works once.
    step: Option<i64>,
    /// They scanned the poster; somebody nodded, or will.
    claimed: bool,
    nodded: bool,
}

pub struct Model {
    pub people: Vec<Stands>,
    starts_at: DateTime<Utc>,
    cancelled: bool,
    length: TimeDelta,
    opens: TimeDelta,
    closes: TimeDelta,
    around: TimeDelta,
    step_s: i64,
}

impl Model {
    /// A poster counts when it is scanned, if somebody nods later: that is seen beforehand.
    pub fn new(app: &App, starts_at: DateTime<Utc>, acts: &[(i64, Act)]) -> Self {
        let mut before = Self::without_nods(app, starts_at);
        for (after, act) in acts {
            before.take(starts_at + TimeDelta::milliseconds(*after), *act);
        }
        let mut model = Self::without_nods(app, starts_at);
        for (person, seen) in model.people.iter_mut().zip(before.people) {
            person.nodded = seen.nodded;
        }
        model
    }

    fn without_nods(app: &App, starts_at: DateTime<Utc>) -> Self {
        let rules = &app.config.attendance;
        Self {
            people: vec![Stands::default(); PEOPLE],
            starts_at,
            cancelled: false,
            length: TimeDelta::minutes(90),
            opens: TimeDelta::minutes(rules.opens_before_minutes),
            closes: TimeDelta::minutes(rules.closes_after_minutes),
            around: TimeDelta::hours(rules.scan_within_hours),
            step_s: rules.code_step_s,
        }
    }

    /// The next thing that happens.
    pub fn take(&mut self, at: DateTime<Utc>, act: Act) {
        let ends_at = self.starts_at + self.length;
        let opened = at >= self.starts_at - self.opens;
        let before = at < self.starts_at;
        let late = at > ends_at + self.around;
        let early = at < self.starts_at - self.around;
        match act {
            Act::Code { who } => {
                let person = &mut self.people[who];
                let step = at.timestamp().div_euclid(self.step_s);
                let open = opened && at <= ends_at + self.closes && !self.cancelled;
                if open && person.step.replace(step) != Some(step) {
                    person.comes(CheckInWay::Code, at);
                }
            }
            Act::Poster { who } => {
                let person = &mut self.people[who];
                let open = opened && at <= ends_at + self.closes && !self.cancelled;
                if open && !std::mem::replace(&mut person.claimed, true) && person.nodded {
                    person.comes(CheckInWay::Poster, at);
                }
            }
            Act::Nod { who, .. } => {
                let person = &mut self.people[who];
                person.nodded |= person.claimed && !self.cancelled && !late && !early;
            }
            Act::Card { who, old, .. } => {
                if !old && !self.cancelled && !late && !early {
                    self.people[who].comes(CheckInWay::Card, at);
                }
            }
            Act::Tap { who, status, reason, phone } => {
                if !self.cancelled && !late && (!early || status == Leave) {
                    let own = words(reason);
                    let said =
                        own.map(|own| if phone == MONITOR { "其他原因".to_owned() } else { own });
                    self.people[who].told(status, said, at);
                }
            }
            Act::Correct { who, status, reason } => {
                if !self.cancelled && (opened || status == Leave) {
                    self.people[who].told(status, words(reason), at);
                }
            }
            Act::Leave { who, why } => {
                let why = why.map(|why| why.words().to_owned());
                if before && !self.cancelled {
                    self.people[who].asks(why, at);
                }
            }
            Act::TakeBack { who } => {
                let person = &mut self.people[who];
                if before && !self.cancelled && person.own_leave() {
                    (person.status, person.way, person.at, person.reason) =
                        (None, None, None, None);
                }
            }
            Act::Move { minutes } => {
                if before && !self.cancelled {
                    self.starts_at += TimeDelta::minutes(minutes);
                }
            }
            Act::Cancel => self.cancelled |= before,
            // The cards are at hand in the play: an old one counts for nothing.
            Act::Reissue { .. } | Act::Sync { .. } => {}
        }
    }
}

impl Stands {
    fn own_leave(&self) -> bool {
        self.status == Some(Leave) && self.way == Some(CheckInWay::Leave)
    }

    fn is(
        &mut self,
        status: AttendanceStatus,
        way: CheckInWay,
        at: DateTime<Utc>,
        why: Option<String>,
    ) {
        (self.status, self.way, self.at, self.reason) = (Some(status), Some(way), Some(at), why);
    }

    /// Whoever scans is there; a second scan changes nothing.
    fn comes(&mut self, way: CheckInWay, at: DateTime<Utc>) {
        if self.status != Some(Present) {
            self.is(Present, way, at, None);
        }
    }

    /// A word of staff fills an empty place; with a reason it changes what stands.
    fn told(&mut self, status: AttendanceStatus, why: Option<String>, at: DateTime<Utc>) {
        if self.status.is_none() || why.is_some() {
            self.is(status, CheckInWay::Roll, at, why);
        }
    }

    fn asks(&mut self, why: Option<String>, at: DateTime<Utc>) {
        let says_more = self.own_leave() && why.is_some() && why != self.reason;
        if self.status.is_none() || says_more {
            self.is(Leave, CheckInWay::Leave, at, why);
        }
    }
}
