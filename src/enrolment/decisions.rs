//! Sign-ups, decided many at a time (`batch.rs`).
//!
//! In a rush nearly everybody is refused, or is in already. So who cannot get anything, even
//! if they had no place yet, is answered from a look without locks. The others are weighed
//! in one transaction that holds their people and classes, in the order of their coming, and
//! are written together. The database has the last word on places and on who is in: if
//! it says no, the whole is undone and each is decided alone.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;

use entity::enrolment::{ActiveModel, Model};
use entity::ids::ClassId;
use entity::kinds::EnrolmentStatus;

use super::book::{Book, Seat, Verdict};
use super::refusal::Way;
use super::sign_up::{Outcome, Request, SignUp};
use super::store::Line;
use super::{
    Mine, Step, change, eligibility, opening, record, refusal, step, store, tell, waiting,
};
use crate::app::Db;
use crate::batch::{Batch, Decide};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::courses::{self, ClassFacts, Kin, Wanted};
use crate::error::{Error, Result};

/// One transaction decides so many at most.
const LARGEST: usize = 256;

/// The line of people who sign up.
pub struct Decisions(Batch<SignUps>);

impl Decisions {
    /// For the enrolments in `db`; how they end is counted in `cache`.
    pub fn new(db: Db, cache: Cache, clock: Clock, config: Arc<Config>) -> Self {
        Self(Batch::new(SignUps { db, cache, clock, config }, LARGEST))
    }

    pub(super) async fn ask(&self, request: Request) -> Result<SignUp> {
        self.0.ask(request).await?
    }
}

struct SignUps {
    db: Db,
    cache: Cache,
    clock: Clock,
    config: Arc<Config>,
}

impl Decide for SignUps {
    type Question = Request;
    type Answer = Result<SignUp>;

    async fn decide(&self, asked: &[Request]) -> Result<Vec<Result<SignUp>>> {
        let now = self.clock.now();
        let mut book = Book::read(&self.config, self.db.read(), asked).await?;
        // Of nobody it is known yet what they are in: this is the best that can become of each.
        let mut verdicts: Vec<_> = asked.iter().map(|one| book.weigh(one, now)).collect();
        let hopeful: Vec<bool> = verdicts.iter().map(Verdict::grants).collect();
        let those = |may: bool| {
            let all = asked.iter().zip(&hopeful);
            all.filter(move |(_, hopes)| **hopes == may).map(|(one, _)| one)
        };
        book.look(self.db.read(), those(false)).await?;
        for ((one, verdict), hopes) in asked.iter().zip(&mut verdicts).zip(&hopeful) {
            if !hopes {
                *verdict = book.weigh(one, now);
            }
        }
        let mut rows = BTreeMap::new();
        if hopeful.contains(&true) {
            let tx = self.db.begin().await?;
            book.hold(&tx, those(true), now).await?;
            for (number, (one, verdict)) in asked.iter().zip(&mut verdicts).enumerate() {
                if hopeful[number] {
                    *verdict = match one.actor.still_may(&tx, self.clock.today()).await {
                        Ok(()) => book.weigh(one, now),
                        Err(ended) => Verdict::Refused(ended),
                    };
                    book.note(number, one, verdict);
                }
            }
            rows = write(&tx, &book, asked, &verdicts, now).await?;
            tx.commit().await?;
        }
        let answers = self.answer(&mut book, asked, verdicts, &rows, now).await?;
        opening::count(&self.cache, &book, asked, &answers, now).await;
        Ok(answers)
    }
}

/// Writes what is granted; the rows by the numbers of their questions.
async fn write(
    tx: &DatabaseTransaction,
    book: &Book,
    asked: &[Request],
    verdicts: &[Verdict],
    now: DateTime<Utc>,
) -> Result<BTreeMap<usize, Model>> {
    if !courses::take_places(tx, &wanted(book, asked, verdicts, now)).await? {
        return Err(lost());
    }
    let granted = || asked.iter().zip(verdicts).enumerate();
    let new: HashMap<_, usize> = granted()
        .filter(|(_, (_, verdict))| matches!(verdict, Verdict::Place | Verdict::Wait(_)))
        .map(|(number, (one, _))| ((one.who, one.class), number))
        .collect();
    let rows = granted().filter_map(|(_, (one, verdict))| new_row(book, one, verdict, now));
    let written = store::insert_all(tx, rows.collect()).await?;
    if written.len() != new.len() {
        return Err(lost());
    }
    let mut rows: BTreeMap<usize, Model> = written
        .into_iter()
        .filter_map(|row| Some((*new.get(&(row.resident_id, row.class_id))?, row)))
        .collect();
    // The history stands in the order of the decisions.
    let mut retaken = Vec::new();
    let mut lines = Vec::new();
    for (number, (one, verdict)) in granted() {
        let actor = one.actor;
        if let Verdict::Retake(before) = verdict {
            store::add_changes(tx, &lines).await?;
            lines.clear();
            let to = EnrolmentStatus::Placed;
            let placed = Step { to, offer_expires_at: None, actor, reason: None, now };
            let before = Model { by_staff: actor.is_staff(), ..before.clone() };
            retaken.push((number, step(tx, &before, placed).await?));
        } else if let Some(row) = rows.get(&number) {
            lines.push(Line { from: None, now_is: row, actor, reason: None, at: now });
        }
    }
    store::add_changes(tx, &lines).await?;
    rows.extend(retaken);
    for (number, row) in &rows {
        record(tx, asked[*number].actor, "enrolment.signed_up", row.id, now).await?;
    }
    let placed = rows.values().filter(|row| row.status == EnrolmentStatus::Placed);
    tell::placed(tx, placed.map(|row| row.id).collect(), now).await?;
    for (number, row) in rows.iter().filter(|(_, row)| row.status == EnrolmentStatus::Waiting) {
        tell::waits(tx, asked[*number].actor, row, now).await?;
    }
    for facts in book.first_to_wait() {
        waiting::fill_when_released(tx, facts, now).await?;
    }
    Ok(rows)
}

/// What is taken of each class.
fn wanted(book: &Book, asked: &[Request], verdicts: &[Verdict], now: DateTime<Utc>) -> Vec<Wanted> {
    let mut wanted = BTreeMap::new();
    for (one, verdict) in asked.iter().zip(verdicts).filter(|(_, verdict)| verdict.grants()) {
        let facts = book.class(one.class);
        let held = facts.map_or(0, |of| courses::held_places(&of.class, &of.term, now));
        let none = Wanted { class: one.class, places: 0, by_staff: 0, held, numbers: 0 };
        let of = wanted.entry(one.class).or_insert(none);
        match verdict {
            Verdict::Wait(_) => of.numbers += 1,
            _ => {
                of.places += 1;
                of.by_staff += i32::from(one.actor.is_staff());
            }
        }
    }
    wanted.into_values().collect()
}

fn new_row(
    book: &Book,
    one: &Request,
    verdict: &Verdict,
    now: DateTime<Utc>,
) -> Option<ActiveModel> {
    let (status, queue_number) = match verdict {
        Verdict::Place => (EnrolmentStatus::Placed, None),
        Verdict::Wait(number) => (EnrolmentStatus::Waiting, Some(*number)),
        _ => return None,
    };
    let class = &book.class(one.class)?.class;
    Some(ActiveModel {
        resident_id: Set(one.who),
        class_id: Set(class.id),
        course_id: Set(class.course_id),
        term_id: Set(class.term_id),
        status: Set(status),
        queue_number: Set(queue_number),
        offer_expires_at: Set(None),
        request_key: Set(one.request_key.clone()),
        left_for: Set(None),
        by_staff: Set(status == EnrolmentStatus::Placed && one.actor.is_staff()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    })
}

/// Only without the locks; the database holds all the same.
fn lost() -> Error {
    Error::conflict("same_course", "同一门课只能报一个班，已经报过了。")
        .or_else("看看我的课程", Some("/mine".to_owned()))
}

impl SignUps {
    async fn answer(
        &self,
        book: &mut Book,
        asked: &[Request],
        verdicts: Vec<Verdict>,
        rows: &BTreeMap<usize, Model>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<SignUp>>> {
        let conn = self.db.read();
        let all: Vec<_> = verdicts
            .iter()
            .enumerate()
            .filter_map(|(number, verdict)| seated(rows, number, verdict))
            .collect();
        let positions = store::positions(conn, &all).await?;
        let mut alternatives: HashMap<(ClassId, Kin), Vec<ClassFacts>> = HashMap::new();
        let mut answers = Vec::with_capacity(asked.len());
        for (number, (one, verdict)) in asked.iter().zip(verdicts).enumerate() {
            let row = seated(rows, number, &verdict).cloned();
            if let (Some(enrolment), Some(class)) = (row, book.class(one.class)) {
                let others = book.others(one.who, class);
                let outcome = match (&verdict, enrolment.status) {
                    (Verdict::Already(_), _) => Outcome::Already,
                    (_, EnrolmentStatus::Waiting) => Outcome::Waiting,
                    _ => Outcome::Placed,
                };
                let mine = Mine {
                    position: positions.get(&enrolment.id).copied(),
                    warning: store::LIVE
                        .contains(&enrolment.status)
                        .then(|| eligibility::travel_warning(class, &others))
                        .flatten(),
                    may_change: change::may_change(&enrolment, &class.term, self.clock.today()),
                    class: class.clone(),
                    enrolment,
                };
                answers.push(Ok(SignUp { mine, outcome }));
                continue;
            }
            let refused = match verdict {
                Verdict::Refused(error) => error,
                _ => refusal::full(book.class(one.class), now),
            };
            let Some(class) = book.class(one.class).cloned() else {
                answers.push(Err(refused));
                continue;
            };
            let Some(kin) = refusal::helped_by(&refused) else {
                answers.push(Err(refused));
                continue;
            };
            let others = match alternatives.entry((one.class, kin)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let others = courses::alternatives(conn, &class, kin).await?;
                    book.learn(conn, &others).await?;
                    new.insert(others)
                }
            };
            let fit = |other: &ClassFacts| book.check(one.who, other, now).is_ok();
            let told = (Way::SignUp, one.actor, now);
            answers.push(Err(refusal::with_alternatives(refused, &class, others, fit, told)));
        }
        Ok(answers)
    }
}

/// The enrolment that a question ended with.
fn seated<'a>(
    rows: &'a BTreeMap<usize, Model>,
    number: usize,
    verdict: &'a Verdict,
) -> Option<&'a Model> {
    match verdict {
        Verdict::Already(Seat::Stored(row)) => Some(row),
        Verdict::Already(Seat::New(_, first)) => rows.get(first),
        _ => rows.get(&number),
    }
}
