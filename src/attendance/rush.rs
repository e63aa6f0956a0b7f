//! Check-ins by code, decided many at a time (`batch.rs`): at nine a whole house scans.
//!
//! All are weighed on a look without locks. What is to be written is written in one
//! transaction and in few statements, however many meetings it is about. Of whom nothing was
//! said yet the row is made with what follows from the scan: that it is new is the
//! database's word, and it is held with that. The rows of the others are held and read; there
//! a code that the person used before is found again, and the second of two taps finds the
//! first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::{ClassId, MeetingId, ResidentId};
use entity::kinds::{ActorKind, AttendanceStatus, CheckInWay};

use super::code::{self, Token};
use super::register::{Standing, Word};
use super::store::events::Key;
use super::store::{self, events::NewEvent};
use super::{CheckIn, MeetingFacts, invalid_code, latest, not_enrolled, refuse_outside, register};
use crate::app::Db;
use crate::batch::{Batch, Decide};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::sql::distinct;
use crate::vault::Vault;

/// One transaction decides so many at most.
const LARGEST: usize = 256;

/// The line of people who scan.
pub struct CheckIns(Batch<Scans>);

impl CheckIns {
    /// For the register in `db`, of codes made with `vault`.
    pub fn new(db: Db, clock: Clock, vault: Arc<Vault>, config: Arc<Config>) -> Self {
        Self(Batch::new(Scans { db, clock, vault, config }, LARGEST))
    }

    pub(super) async fn ask(&self, scan: Scanned) -> Result<CheckIn> {
        self.0.ask(scan).await?
    }
}

/// Somebody scanned a code.
pub(super) struct Scanned {
    pub(super) token: Token,
    pub(super) who: ResidentId,
    /// The mark of the phone.
    pub(super) device: Option<String>,
}

struct Scans {
    db: Db,
    clock: Clock,
    vault: Arc<Vault>,
    config: Arc<Config>,
}

impl Decide for Scans {
    type Question = Scanned;
    type Answer = Result<CheckIn>;

    async fn decide(&self, asked: &[Scanned]) -> Result<Vec<Result<CheckIn>>> {
        let (conn, now) = (self.db.read(), self.clock.now());
        let wanted = distinct(asked.iter().map(|one| one.token.meeting));
        let meetings = store::meetings(conn, &wanted).await?;
        let people = distinct(asked.iter().map(|one| one.who));
        let classes = distinct(meetings.values().map(MeetingFacts::class_id));
        let placed = store::places(conn, &people, &classes).await?;
        let guests = store::guests::among(conn, &strangers(asked, &meetings, &placed)).await?;
        let verdicts: Vec<Result<&MeetingFacts>> = asked
            .iter()
            .map(|one| self.weigh(one, meetings.get(&one.token.meeting), (&placed, &guests), now))
            .collect();
        let good: Vec<(usize, &Scanned, &MeetingFacts)> = asked
            .iter()
            .zip(&verdicts)
            .enumerate()
            .filter_map(|(number, (one, verdict))| Some((number, one, *verdict.as_ref().ok()?)))
            .collect();
        let mut new = HashSet::new();
        if !good.is_empty() {
            let tx = self.db.begin().await?;
            new = write(&tx, &good, now).await?;
            tx.commit().await?;
        }
        let answer = |(number, verdict): (usize, Result<&MeetingFacts>)| {
            let facts = verdict?.clone();
            let recorded = new.contains(&number);
            Ok(if recorded { CheckIn::Recorded(facts) } else { CheckIn::AlreadyRecorded(facts) })
        };
        Ok(verdicts.into_iter().enumerate().map(answer).collect())
    }
}

impl Scans {
    fn weigh<'a>(
        &self,
        one: &Scanned,
        facts: Option<&'a MeetingFacts>,
        (placed, guests): (&HashSet<(ResidentId, ClassId)>, &HashSet<Key>),
        now: DateTime<Utc>,
    ) -> Result<&'a MeetingFacts> {
        let facts = facts.ok_or_else(invalid_code)?;
        if !one.token.is_genuine(&self.vault, facts.class_id()) {
            return Err(invalid_code());
        }
        let rules = &self.config.attendance;
        if !one.token.is_current(code::step(now, rules.code_step_s), rules.code_steps_before) {
            return Err(Error::conflict("code_expired", "这个码已经过期了，码每几秒换一次。")
                .or_else("请看老师屏幕上的新码，再扫一次。", Some("/checkin".to_owned())));
        }
        let guest = || guests.contains(&(facts.meeting.id, one.who));
        let open = facts.class.open_door;
        if !open && !placed.contains(&(one.who, facts.class_id())) && !guest() {
            return Err(not_enrolled(&facts.class));
        }
        refuse_outside(rules, now, facts)?;
        Ok(facts)
    }
}

/// Who has no place in the class whose code they scanned: guests, or nobody.
fn strangers(
    asked: &[Scanned],
    meetings: &HashMap<MeetingId, MeetingFacts>,
    placed: &HashSet<(ResidentId, ClassId)>,
) -> Vec<Key> {
    let stranger = |one: &Scanned| {
        let class = meetings.get(&one.token.meeting)?.class_id();
        (!placed.contains(&(one.who, class))).then_some((one.token.meeting, one.who))
    };
    distinct(asked.iter().filter_map(stranger))
}

/// Writes what was scanned; the numbers of those who are newly there.
async fn write(
    tx: &DatabaseTransaction,
    scans: &[(usize, &Scanned, &MeetingFacts)],
    now: DateTime<Utc>,
) -> Result<HashSet<usize>> {
    let key = |scan: &Scanned, facts: &MeetingFacts| (facts.meeting.id, scan.who);
    let there = Standing {
        status: Some(AttendanceStatus::Present),
        first_present_at: Some(now),
        ..Standing::default()
    };
    let first: BTreeMap<_, _> = scans
        .iter()
        .map(|(_, scan, facts)| (key(scan, facts), (there.clone(), facts.hours_hundredths())))
        .collect();
    let made = store::events::open(tx, &first, now).await?;
    let others: Vec<_> = first.keys().filter(|key| !made.contains(key)).copied().collect();
    let mut words = store::events::held_words(tx, &others).await?;
    let (mut events, mut new, mut changed) = (Vec::new(), HashSet::new(), BTreeSet::new());
    for (number, scan, facts) in scans {
        let key = key(scan, facts);
        let said = words.entry(key).or_default();
        // A code works once per person, also after a correction. A scan of somebody who is
        // there changes nothing, and is written all the same: what happened before it may
        // come later.
        if said.iter().any(|word| word.code_step == Some(scan.token.step)) {
            continue;
        }
        if register::fold(said).status != Some(AttendanceStatus::Present) {
            new.insert(*number);
        }
        let event = NewEvent {
            meeting: facts.meeting.id,
            resident: scan.who,
            way: CheckInWay::Code,
            status: Some(AttendanceStatus::Present),
            actor_kind: ActorKind::Resident,
            actor_id: Some(scan.who.0),
            reason: None,
            code_step: Some(scan.token.step),
            happened_at: latest(said, now),
            device_at: None,
            device: scan.device.clone(),
            scan_id: None,
            nodded_at: None,
        };
        said.push(event.word());
        events.push(event);
        changed.insert(key);
    }
    let written = store::events::append(tx, &events, now).await?;
    if usize::try_from(written).ok() != Some(events.len()) {
        return Err(Error::internal("a code was used that nobody had used"));
    }
    follow(tx, scans, (&changed, &made), &words, now).await?;
    Ok(new)
}

/// What follows from what was written: for whom a row was `made`, it says so already.
async fn follow(
    tx: &DatabaseTransaction,
    scans: &[(usize, &Scanned, &MeetingFacts)],
    (changed, made): (&BTreeSet<Key>, &HashSet<Key>),
    words: &HashMap<Key, Vec<Word>>,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut facts: Vec<&MeetingFacts> = scans.iter().map(|(_, _, facts)| *facts).collect();
    facts.sort_unstable_by_key(|facts| facts.meeting.id);
    facts.dedup_by_key(|facts| facts.meeting.id);
    for facts in facts {
        let id = facts.meeting.id;
        let of_it = || changed.iter().filter(|(meeting, _)| *meeting == id);
        let again = of_it().filter(|key| !made.contains(key));
        let words: HashMap<_, _> =
            again.filter_map(|key| Some((key.1, words.get(key)?.clone()))).collect();
        if !words.is_empty() {
            super::settle(tx, facts, &words, now).await?;
        } else if of_it().next().is_some() {
            super::look_again(tx, facts, now).await?;
        }
    }
    Ok(())
}
