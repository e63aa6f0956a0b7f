//! What a batch of sign-ups is weighed on: who the people are, what they are in, and
//! what is left of each class.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::enrolment::Model;
use entity::ids::{ClassId, ResidentId, TermId};
use entity::kinds::{ClassKind, EnrolmentStatus};
use entity::term_plan;

use super::applicants::{Applicants, Asked};
use super::eligibility::Occasion;
use super::sign_up::Request;
use super::store;
use crate::clock;
use crate::config::Config;
use crate::courses::{self, ClassFacts};
use crate::error::{Error, Result};
use crate::members;
use crate::sql::distinct;

/// What becomes of a sign-up.
#[derive(Debug)]
pub(super) enum Verdict {
    Refused(Error),
    /// No place, and not to be put on the list.
    Full,
    /// In before; nothing changes.
    Already(Seat),
    /// A place.
    Place,
    /// A place for somebody on the list, who let an offer pass.
    Retake(Model),
    /// This number on the list.
    Wait(i64),
}

impl Verdict {
    /// Something is to be written.
    pub(super) fn grants(&self) -> bool {
        matches!(self, Self::Place | Self::Retake(_) | Self::Wait(_))
    }
}

/// An enrolment of somebody's.
#[derive(Clone, Debug)]
pub(super) enum Seat {
    Stored(Box<Model>),
    /// Of this class, granted in the same batch to the question of this number.
    New(ClassId, usize),
}

impl Seat {
    fn class(&self) -> ClassId {
        match self {
            Self::Stored(row) => row.class_id,
            Self::New(class, _) => *class,
        }
    }

    fn is_live(&self) -> bool {
        match self {
            Self::Stored(row) => store::LIVE.contains(&row.status),
            Self::New(..) => true,
        }
    }
}

/// It is signed up for elsewhere.
fn another_kind(facts: &ClassFacts) -> Error {
    let id = facts.class.id;
    let (text, page) = match facts.class.kind {
        ClassKind::Course => ("到“找班级”里报名", format!("/classes/{id}")),
        ClassKind::Activity => ("到“活动”里报名", format!("/activities/{id}")),
        ClassKind::Club => ("到“社团”里加入", format!("/clubs/{id}?class=1")),
        ClassKind::Shift => ("到“志愿服务”里报名", "/volunteer".to_owned()),
    };
    let message = format!("“{}”不在这里报名。", facts.class.name);
    Error::conflict("another_kind", message).or_else(text, Some(page))
}

/// Waits, after having let an offer pass.
fn missed_an_offer(row: &Model) -> bool {
    row.status == EnrolmentStatus::Waiting && row.offer_expires_at.is_some()
}

pub(super) struct Book {
    people: Applicants,
    /// The classes that are wanted, and those that the people are in.
    classes: HashMap<ClassId, ClassFacts>,
    /// The phases of terms that have more than first come first served.
    plans: HashMap<TermId, term_plan::Model>,
    seats: HashMap<ResidentId, Vec<Seat>>,
    /// Where somebody comes before a newcomer (invariant 5).
    queued: HashSet<ClassId>,
    /// Where nobody waited before.
    first_to_wait: BTreeSet<ClassId>,
}

impl Book {
    /// All that has to be known but for what the people are in ([`Self::look`],
    /// [`Self::hold`]), read without locks.
    pub(super) async fn read(
        config: &Config,
        conn: &impl ConnectionTrait,
        asked: &[Request],
    ) -> Result<Self> {
        let wanted: Vec<_> = distinct(asked.iter().map(|one| one.class));
        let people: Vec<_> = distinct(asked.iter().map(|one| one.who));
        let (classes, plans) =
            tokio::try_join!(courses::classes(conn, &wanted), courses::plans(conn))?;
        let people = Applicants::read(config, conn, &people, classes.values()).await?;
        let (seats, queued, first_to_wait) = (HashMap::new(), HashSet::new(), BTreeSet::new());
        Ok(Self { people, classes, plans, seats, queued, first_to_wait })
    }

    /// Holds the people and the classes of these until the transaction ends, and reads
    /// again what others may have changed meanwhile.
    pub(super) async fn hold<'a>(
        &mut self,
        tx: &DatabaseTransaction,
        asked: impl Iterator<Item = &'a Request> + Clone,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let people = distinct(asked.clone().map(|one| one.who));
        let living = members::lock_all(tx, &people).await?;
        for id in people.iter().filter(|id| !living.contains(id)) {
            self.people.forget(*id);
        }
        let classes = distinct(asked.clone().map(|one| one.class));
        for (id, row) in courses::lock_classes(tx, &classes).await? {
            if let Some(facts) = self.classes.get_mut(&id) {
                facts.class = row;
            }
        }
        self.look(tx, asked).await?;
        for id in classes {
            let facts = self.classes.get(&id);
            let both = facts.is_some_and(|facts| {
                facts.class.waiting > 0 && courses::free_places(facts, now) > 0
            });
            if both && store::head(tx, id, clock::local_date(now)).await?.is_some() {
                self.queued.insert(id);
            }
        }
        Ok(())
    }

    /// Learns what these people are in.
    pub(super) async fn look<'a>(
        &mut self,
        conn: &impl ConnectionTrait,
        asked: impl Iterator<Item = &'a Request> + Clone,
    ) -> Result<()> {
        let people = distinct(asked.clone().map(|one| one.who));
        if people.is_empty() {
            return Ok(());
        }
        let terms: Vec<_> = distinct(
            asked.clone().filter_map(|one| self.classes.get(&one.class)).map(|one| one.term.id),
        );
        let wanted = distinct(asked.clone().map(|one| one.class));
        let keys: Vec<&str> = asked.filter_map(|one| one.request_key.as_deref()).collect();
        let mut rows = store::live_of(conn, &people, &terms).await?;
        rows.extend(store::made_by(conn, &people, &wanted, &keys).await?);
        rows.sort_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        for id in people {
            self.seats.remove(&id);
        }
        let unknown: Vec<_> = distinct(
            rows.iter().map(|row| row.class_id).filter(|id| !self.classes.contains_key(id)),
        );
        self.classes.extend(courses::classes(conn, &unknown).await?);
        for row in rows {
            let seats = self.seats.entry(row.resident_id).or_default();
            seats.push(Seat::Stored(Box::new(row)));
        }
        Ok(())
    }

    pub(super) fn class(&self, id: ClassId) -> Option<&ClassFacts> {
        self.classes.get(&id)
    }

    /// The classes with a waiting list that began here.
    pub(super) fn first_to_wait(&self) -> impl Iterator<Item = &ClassFacts> {
        self.first_to_wait.iter().filter_map(|id| self.classes.get(id))
    }

    fn seats(&self, who: ResidentId) -> &[Seat] {
        self.seats.get(&who).map_or(&[], Vec::as_slice)
    }

    /// The other classes of the term that a person is in or waits for.
    pub(super) fn others(&self, who: ResidentId, class: &ClassFacts) -> Vec<&ClassFacts> {
        self.seats(who)
            .iter()
            .filter(|seat| seat.is_live() && seat.class() != class.class.id)
            .filter_map(|seat| self.classes.get(&seat.class()))
            .filter(|other| other.term.id == class.term.id)
            .collect()
    }

    /// The first rule that speaks against it.
    pub(super) fn check(
        &self,
        who: ResidentId,
        class: &ClassFacts,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let asked = Asked {
            occasion: Occasion::SignUp,
            plan: self.plans.get(&class.term.id),
            held: &self.others(who, class),
            most: class.term.max_classes_per_person,
            now,
        };
        self.people.check(who, class, asked)
    }

    /// Learns what more classes ask for.
    pub(super) async fn learn(
        &mut self,
        conn: &impl ConnectionTrait,
        classes: &[ClassFacts],
    ) -> Result<()> {
        self.people.learn(conn, classes.iter()).await
    }

    /// What becomes of this one, as things stand now.
    pub(super) fn weigh(&self, one: &Request, now: DateTime<Utc>) -> Verdict {
        self.try_weigh(one, now).unwrap_or_else(Verdict::Refused)
    }

    fn try_weigh(&self, one: &Request, now: DateTime<Utc>) -> Result<Verdict> {
        let class = self.classes.get(&one.class).ok_or_else(courses::no_class)?;
        self.people.ready(one.who)?;
        if !one.door.opens(class.class.kind) {
            return Err(another_kind(class));
        }
        let mut missed = None;
        for seat in self.seats(one.who) {
            match seat {
                Seat::Stored(row) if one.is_repeat_of(row) => {
                    return Ok(Verdict::Already(seat.clone()));
                }
                Seat::Stored(row) if row.class_id == one.class && missed_an_offer(row) => {
                    missed = Some(row);
                }
                seat if seat.class() == one.class && seat.is_live() => {
                    return Ok(Verdict::Already(seat.clone()));
                }
                _ => {}
            }
        }
        self.check(one.who, class, now)?;
        let kept = one.actor.is_staff() && courses::kept_places(class, now) > 0;
        let free = courses::free_places(class, now) > 0 && !self.queued.contains(&one.class);
        let free = kept || free;
        Ok(match (missed, free) {
            (Some(row), true) => Verdict::Retake((**row).clone()),
            (Some(row), false) => Verdict::Already(Seat::Stored(row.clone())),
            (None, true) => Verdict::Place,
            (None, false) if one.join_waitlist => Verdict::Wait(class.class.last_queue_number + 1),
            (None, false) => Verdict::Full,
        })
    }

    /// Writes down what the question of this number is granted, so that the next are
    /// weighed on it.
    pub(super) fn note(&mut self, number: usize, one: &Request, verdict: &Verdict) {
        let Some(facts) = self.classes.get_mut(&one.class) else { return };
        let class = &mut facts.class;
        let seats = self.seats.entry(one.who).or_default();
        match verdict {
            Verdict::Refused(_) | Verdict::Full | Verdict::Already(_) => return,
            Verdict::Place => {
                class.taken += 1;
                class.by_staff += i32::from(one.actor.is_staff());
            }
            Verdict::Wait(queue_number) => {
                if class.waiting == 0 {
                    self.first_to_wait.insert(one.class);
                }
                class.waiting += 1;
                class.last_queue_number = *queue_number;
                self.queued.insert(one.class);
            }
            Verdict::Retake(row) => {
                class.taken += 1;
                class.by_staff += i32::from(one.actor.is_staff());
                class.waiting -= 1;
                seats.retain(|seat| !matches!(seat, Seat::Stored(old) if old.id == row.id));
            }
        }
        seats.push(Seat::New(one.class, number));
    }
}
