//! Check-ins by code, decided many at a time (`batch.rs`): at nine a whole house scans.
//!
//! All are weighed on a look without locks. What is to be written is written meeting by
//! meeting in one transaction, which holds the rows of the people; there a code that the
//! person used before is found again, and the second of two taps finds the first.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::{ClassId, MeetingId, ResidentId};
use entity::kinds::{ActorKind, AttendanceStatus, CheckInWay};

use super::code::{self, Token};
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
        let verdicts: Vec<Result<&MeetingFacts>> = asked
            .iter()
            .map(|one| self.weigh(one, meetings.get(&one.token.meeting), &placed, now))
            .collect();
        let mut by_meeting: BTreeMap<MeetingId, Vec<usize>> = BTreeMap::new();
        for (number, one) in
            asked.iter().enumerate().filter(|(number, _)| verdicts[*number].is_ok())
        {
            by_meeting.entry(one.token.meeting).or_default().push(number);
        }
        let mut new = HashSet::new();
        if !by_meeting.is_empty() {
            let tx = self.db.begin().await?;
            for (id, numbers) in by_meeting {
                if let Some(facts) = meetings.get(&id) {
                    let scans = numbers.into_iter().map(|number| (number, &asked[number]));
                    new.extend(write(&tx, facts, scans.collect(), now).await?);
                }
            }
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
        placed: &HashSet<(ResidentId, ClassId)>,
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
        if !placed.contains(&(one.who, facts.class_id())) {
            return Err(not_enrolled(&facts.class));
        }
        refuse_outside(rules, now, facts)?;
        Ok(facts)
    }
}

/// Writes what was scanned at one meeting; the numbers of those who are newly there.
async fn write(
    tx: &DatabaseTransaction,
    facts: &MeetingFacts,
    scans: Vec<(usize, &Scanned)>,
    now: DateTime<Utc>,
) -> Result<Vec<usize>> {
    let id = facts.meeting.id;
    let people = distinct(scans.iter().map(|(_, scan)| scan.who));
    store::events::open_rows(tx, id, &people, now).await?;
    let mut words = store::events::words(tx, id, Some(&people)).await?;
    let (mut events, mut new) = (Vec::new(), Vec::new());
    for (number, scan) in scans {
        let said = words.entry(scan.who).or_default();
        // A code works once per person, also after a correction. A scan of somebody who is
        // there changes nothing, and is written all the same: what happened before it may
        // come later.
        if said.iter().any(|word| word.code_step == Some(scan.token.step)) {
            continue;
        }
        if register::fold(said).status != Some(AttendanceStatus::Present) {
            new.push(number);
        }
        let event = NewEvent {
            meeting: id,
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
    }
    let written = store::events::append(tx, &events, now).await?;
    if usize::try_from(written).ok() != Some(events.len()) {
        return Err(Error::internal("a code was used that nobody had used"));
    }
    super::settle(tx, facts, &words, now).await?;
    Ok(new)
}
