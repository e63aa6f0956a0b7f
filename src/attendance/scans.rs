//! What a teacher's or monitor's device scanned, tapped and counted, sent when there is a
//! network: again and again, in any order, hours later.
//!
//! Nothing that is sent is lost: it is recorded, or it was before, or it lies in the tray.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use entity::ids::{MeetingId, ResidentId};
use entity::kinds::{AttendanceStatus, CheckInWay, MeetingStatus, ScanKind};
use entity::{learner_card, meeting_change, poster_claim};

use super::device::{LONGEST_NAME, corrected, cut, name};
use super::keeper::{Keeper, Rights};
use super::register::Standing;
use super::store::events::{Key, NewEvent};
use super::store::{self, tray::NewEntry};
use super::why::Why;
use super::{MeetingFacts, card, existing, heads, register};
use crate::app::App;
use crate::error::Result;
use crate::members;
use crate::sql::distinct;

/// The longest kept of what was scanned, in characters.
const LONGEST_RAW: usize = 160;

/// What one device sends.
#[derive(Clone, Debug)]
pub struct Upload {
    /// A random name that the device gave itself.
    pub device: String,
    /// What its clock says now.
    pub sent_at: DateTime<Utc>,
    pub scans: Vec<Scan>,
}

/// One scan or tap.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Named by the sender; the same name is the same scan.
    pub scan_id: String,
    pub kind: ScanKind,
    /// What was scanned.
    pub card: Option<String>,
    /// Whose name was tapped, nodded to or called.
    pub resident: Option<ResidentId>,
    /// Or what number was typed.
    pub learner_number: Option<String>,
    /// Of a tap, and of a name that was called; a card says present.
    pub status: Option<AttendanceStatus>,
    pub reason: Option<String>,
    /// Of a count: so many are in the room.
    pub people: Option<i32>,
    /// The phone has no network, and draws names itself.
    pub draws: bool,
    /// Of a name that was called: after which count, by its name.
    pub of_count: Option<String>,
    /// What the device's clock said.
    pub device_at: DateTime<Utc>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Recorded,
    /// It was here before.
    Already,
    Tray,
}

/// The answer for one scan.
#[derive(Clone, Debug)]
pub struct Taken {
    pub scan_id: String,
    pub outcome: Outcome,
    pub resident: Option<ResidentId>,
    /// As others see it.
    pub name: Option<String>,
    pub why: Option<Why>,
    /// Of a count: whose names are to be called.
    pub sample: Vec<ResidentId>,
}

impl Taken {
    fn of(scan: &Scan, outcome: Outcome) -> Self {
        let scan_id = scan.scan_id.clone();
        Self { scan_id, outcome, resident: None, name: None, why: None, sample: Vec::new() }
    }
}

/// What is known of people while an upload is weighed.
struct Book {
    facts: MeetingFacts,
    rights: Rights,
    on_roll: HashSet<ResidentId>,
    /// By learner number: who, and all the cards that they ever had.
    holders: HashMap<String, (ResidentId, Vec<learner_card::Model>)>,
    /// How the meeting stood before each of its changes, the earliest change first.
    before: Vec<(DateTime<Utc>, Stood)>,
    names: HashMap<ResidentId, String>,
    claims: HashMap<ResidentId, poster_claim::Model>,
    hours_around: TimeDelta,
    correct_clocks: bool,
}

/// How a meeting stands, or stood before a change.
#[derive(Clone, Copy, Debug)]
struct Stood {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    cancelled: bool,
}

impl Book {
    /// How the meeting stood when a scan happened: it counts, or does not, as it would have
    /// where it had come at once.
    fn stood(&self, at: DateTime<Utc>) -> Stood {
        let meeting = &self.facts.meeting;
        let since = self.before.iter().find(|(changed, _)| at < *changed);
        since.map_or(
            Stood {
                starts_at: meeting.starts_at,
                ends_at: meeting.ends_at,
                cancelled: meeting.status == MeetingStatus::Cancelled,
            },
            |(_, stood)| *stood,
        )
    }

    /// On the roll, or of those for whom the door is open.
    fn may_come(&self, id: ResidentId) -> bool {
        self.facts.class.open_door || self.on_roll.contains(&id)
    }

    /// Who it is: whole where a card was held up, or the person is on a roll that the sender
    /// keeps. Else a number that was guessed would give a name.
    fn name(&self, id: ResidentId, kind: ScanKind, now: DateTime<Utc>) -> Option<String> {
        let known = self.rights.refuses(now, now).is_none() && self.on_roll.contains(&id);
        let name = self.names.get(&id)?;
        let whole = known || kind == ScanKind::Card;
        Some(if whole { name.clone() } else { members::masked_name(name) })
    }
}

/// Records what a device sends, as one. The answers are in the order of the scans.
///
/// # Errors
/// `no_meeting`; `not_monitor` of a resident who never was one; the database. Nothing else:
/// what cannot be taken lies in the tray.
pub async fn upload(
    app: &App,
    who: Keeper<'_>,
    id: MeetingId,
    upload: Upload,
) -> Result<Vec<Taken>> {
    let facts = existing(app, id).await?;
    let now = app.clock.now();
    let cards: Vec<_> = upload.scans.iter().map(|scan| number_of(app, scan)).collect();
    let book = book(app, who, facts, (&upload, &cards)).await?;
    let weighed: Vec<Weighed> = upload
        .scans
        .iter()
        .zip(&cards)
        .map(|(scan, number)| weigh(&book, &upload, scan, number, now))
        .collect();
    let names: Vec<String> = upload.scans.iter().map(|scan| name(&scan.scan_id)).collect();
    let first = first_words(who, &upload, (&names, &weighed), &book);
    let tx = app.db.begin().await?;
    let made = store::events::open(&tx, &first, now).await?;
    let others: Vec<_> = first.keys().filter(|key| !made.contains(key)).copied().collect();
    let mut words = store::events::held_words(&tx, &others).await?;
    // Now that they are held: what of this is here already.
    let mut known = store::events::known(&tx, &names).await?;
    if upload.scans.iter().any(|scan| !is_of_the_register(scan.kind)) {
        known.extend(store::heads::known(&tx, &names).await?);
    }
    let lying = store::tray::known(&tx, &names).await?;
    let (mut events, mut entries, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    let (mut counts, mut called) = (Vec::new(), Vec::new());
    for ((scan, name), mut one) in upload.scans.iter().zip(names).zip(weighed) {
        if scan.kind == ScanKind::Count {
            counts.push((taken.len(), scan, name, one.happened_at));
            taken.push(Taken::of(scan, Outcome::Recorded));
            continue;
        }
        let mut answer = |outcome, resident: Option<ResidentId>, why| {
            let name = resident.and_then(|id| book.name(id, scan.kind, now));
            taken.push(Taken { resident, name, why, ..Taken::of(scan, outcome) });
        };
        if let Some(entry) = lying.get(&name) {
            let waits = entry.settled_at.is_none();
            let outcome = if waits { Outcome::Tray } else { Outcome::Already };
            answer(outcome, entry.resident_id, Why::of(&entry.why).filter(|_| waits));
            continue;
        }
        if !known.insert(name.clone()) {
            answer(Outcome::Already, one.resident, None);
            continue;
        }
        if let (None, Some(resident), ScanKind::Sample) = (one.why, one.resident, scan.kind) {
            let word = word_of_sample(scan, (id, resident, name.clone()), one.happened_at);
            let there = word.there;
            called.push(word);
            if there {
                answer(Outcome::Recorded, Some(resident), None);
                continue;
            }
            // Never a correction by itself: staff are asked.
            one.why = Some(Why::SampleAbsent);
        }
        if let (None, Some(resident)) = (one.why, one.resident) {
            let person = (id, resident, name.clone());
            let event = event(who, &upload, scan, person, (&book, one.happened_at));
            let of_them = words.entry((id, resident)).or_default();
            let before = register::fold_until(of_them, event.happened_at);
            let status = event.status.unwrap_or(AttendanceStatus::Present);
            if event.way == CheckInWay::Roll
                && event.reason.is_none()
                && !before.takes_without_reason(status)
            {
                one.why = Some(Why::ReasonNeeded);
            } else {
                of_them.push(event.word());
                events.push(event);
                answer(Outcome::Recorded, Some(resident), None);
                continue;
            }
        }
        let why = one.why.unwrap_or(Why::UnknownPerson);
        entries.push(entry(who, &upload, scan, (id, one.resident, name), (why, one.happened_at)));
        answer(Outcome::Tray, one.resident, Some(why));
    }
    store::events::append(&tx, &events, now).await?;
    store::tray::add(&tx, &entries, now).await?;
    // Mostly the row was made with what follows from all that is said.
    let follows = |key: &Key| register::fold(words.get(key).map_or(&[], Vec::as_slice));
    let stands = |key: &Key| made.contains(key) && first[key].0 == follows(key);
    let written = events.iter().map(|event| (id, event.resident));
    let changed = distinct(written.chain(made.iter().copied()).filter(|key| !stands(key)));
    let changed: Vec<_> = changed.into_iter().map(|(_, resident)| resident).collect();
    super::compute(&tx, &book.facts, &changed, now).await?;
    for word in &called {
        store::heads::answer(&tx, word).await?;
    }
    // Against what the register says now.
    for (nth, scan, name, happened_at) in counts {
        let count = heads::Count {
            name: &name,
            people: scan.people.unwrap_or_default(),
            device: cut(&upload.device, LONGEST_NAME),
            happened_at,
            may_draw: !scan.draws && book.rights.refuses(now, now).is_none(),
        };
        let (outcome, sample) = heads::take(app, &tx, who, id, count).await?;
        if let Some(one) = taken.get_mut(nth) {
            (one.outcome, one.sample) = (outcome, sample);
        }
    }
    tx.commit().await?;
    Ok(taken)
}

/// Where the register stands of each person of whom something is said here, if nothing was
/// said before and the first is that they are there; else silence.
fn first_words(
    who: Keeper<'_>,
    upload: &Upload,
    (names, weighed): (&[String], &[Weighed]),
    book: &Book,
) -> BTreeMap<Key, (Standing, i32)> {
    let (id, hours) = (book.facts.meeting.id, book.facts.hours_hundredths());
    let mut first = BTreeMap::new();
    for ((scan, name), one) in upload.scans.iter().zip(names).zip(weighed) {
        let (None, Some(resident), true) = (one.why, one.resident, is_of_the_register(scan.kind))
        else {
            continue;
        };
        first.entry((id, resident)).or_insert_with(|| {
            let person = (id, resident, name.clone());
            let word = event(who, upload, scan, person, (book, one.happened_at)).word();
            let there = word.status == Some(AttendanceStatus::Present);
            let standing = if there { register::fold(&[word]) } else { Standing::default() };
            (standing, hours)
        });
    }
    first
}

/// Whether it says something of a person at the meeting.
fn is_of_the_register(kind: ScanKind) -> bool {
    !matches!(kind, ScanKind::Count | ScanKind::Sample)
}

fn word_of_sample(
    scan: &Scan,
    (meeting, resident, scan_id): (MeetingId, ResidentId, String),
    at: DateTime<Utc>,
) -> store::heads::Answer {
    store::heads::Answer {
        scan_id,
        of_count: name(scan.of_count.as_deref().unwrap_or_default()),
        meeting,
        resident,
        there: scan.status != Some(AttendanceStatus::Absent),
        at,
    }
}

/// What a scan says of whose it is: the number and serial of a genuine card, or a number.
fn number_of(app: &App, scan: &Scan) -> Result<Option<card::Genuine>, Why> {
    match (scan.kind, &scan.card, &scan.learner_number) {
        (ScanKind::Card, Some(text), _) => {
            card::read(&app.vault, text).map(Some).map_err(|no| match no {
                card::NoCard::Unreadable => Why::CardUnreadable,
                card::NoCard::Forged => Why::CardForged,
            })
        }
        (ScanKind::Card, None, _) => Err(Why::CardUnreadable),
        (ScanKind::Tap, _, Some(number)) if scan.resident.is_none() => {
            Ok(Some(card::Genuine { number: number.trim().to_owned(), serial: 0 }))
        }
        _ => Ok(None),
    }
}

async fn book(
    app: &App,
    who: Keeper<'_>,
    facts: MeetingFacts,
    (upload, cards): (&Upload, &[Result<Option<card::Genuine>, Why>]),
) -> Result<Book> {
    let numbers: Vec<&str> = cards
        .iter()
        .filter_map(|card| card.as_ref().ok()?.as_ref().map(|one| one.number.as_str()))
        .collect();
    let tapped: Vec<_> = upload.scans.iter().filter_map(|scan| scan.resident).collect();
    let nods = upload.scans.iter().any(|scan| scan.kind == ScanKind::Nod);
    let (conn, meeting) = (app.db.read(), facts.meeting.id);
    let claims =
        async { if nods { store::claims::of(conn, meeting).await } else { Ok(HashMap::new()) } };
    let (found, tapped, before, claims, rights, on_roll) = tokio::try_join!(
        store::cards::holders(conn, &numbers),
        members::names_for_others(conn, &tapped),
        store::changes(conn, meeting),
        claims,
        Rights::of(conn, who, &facts),
        store::on_roll(conn, meeting, facts.class_id()),
    )?;
    let mut names = tapped;
    let mut holders = HashMap::new();
    for (person, cards) in found {
        let name = person.name.unwrap_or_default();
        names.insert(person.id, members::name_for_others(name, person.name_state));
        holders.insert(person.learner_number, (person.id, cards));
    }
    let stood = |change: meeting_change::Model| {
        let meeting_change::Model { old_starts_at: starts_at, old_ends_at: ends_at, at, .. } =
            change;
        // What could still be changed was not cancelled.
        (at, Stood { starts_at, ends_at, cancelled: false })
    };
    Ok(Book {
        rights,
        claims,
        on_roll,
        hours_around: TimeDelta::hours(app.config.attendance.scan_within_hours),
        correct_clocks: app.config.attendance.correct_clocks,
        facts,
        holders,
        before: before.into_iter().map(stood).collect(),
        names,
    })
}

/// Whose a scan is, when it was, and why it cannot be taken.
struct Weighed {
    resident: Option<ResidentId>,
    happened_at: DateTime<Utc>,
    why: Option<Why>,
}

fn weigh(
    book: &Book,
    upload: &Upload,
    scan: &Scan,
    number: &Result<Option<card::Genuine>, Why>,
    now: DateTime<Utc>,
) -> Weighed {
    let sent_at = if book.correct_clocks { upload.sent_at } else { now };
    let (happened_at, trusted) = corrected(sent_at, scan.device_at, now);
    let (resident, whose) = whose(book, scan, number, happened_at);
    let stood = book.stood(happened_at);
    // Nobody nods to a scan that is still to come.
    let claimed = |claim: &poster_claim::Model| claim.claimed_at <= happened_at;
    let why = match book.rights.refuses(happened_at, now).or(whose) {
        Some(why) => Some(why),
        None if resident.is_none_or(|id| !book.may_come(id)) => Some(Why::NotOnRoll),
        None if scan.kind == ScanKind::Nod
            && !resident.and_then(|id| book.claims.get(&id)).is_some_and(claimed) =>
        {
            Some(Why::NoClaim)
        }
        None if stood.cancelled => Some(Why::MeetingCancelled),
        None if !trusted => Some(Why::ClockOff),
        None if is_far(book, &stood, scan, happened_at) => Some(Why::TooFar),
        None => None,
    };
    Weighed { resident, happened_at, why }
}

fn whose(
    book: &Book,
    scan: &Scan,
    number: &Result<Option<card::Genuine>, Why>,
    at: DateTime<Utc>,
) -> (Option<ResidentId>, Option<Why>) {
    let card = match number {
        Err(why) => return (None, Some(*why)),
        Ok(None) => {
            let known = scan.resident.filter(|id| book.names.contains_key(id));
            return (known, known.is_none().then_some(Why::UnknownPerson));
        }
        Ok(Some(card)) => card,
    };
    match (scan.kind, book.holders.get(&card.number)) {
        (ScanKind::Card, None) => (None, Some(Why::CardEnded)),
        // Good when it was held up, though it may have been replaced before this was sent.
        (ScanKind::Card, Some((id, cards)))
            if cards.iter().any(|one| {
                one.serial == card.serial && one.ended_at.is_none_or(|ended| at < ended)
            }) =>
        {
            (Some(*id), None)
        }
        // Whose it was is known: staff see it when they settle it.
        (ScanKind::Card, Some((id, _))) => (Some(*id), Some(Why::CardEnded)),
        (_, Some((id, _))) => (Some(*id), None),
        (_, None) => (None, Some(Why::UnknownPerson)),
    }
}

fn is_far(book: &Book, stood: &Stood, scan: &Scan, at: DateTime<Utc>) -> bool {
    // Leave may be told long before.
    let leave = scan.kind == ScanKind::Tap && scan.status == Some(AttendanceStatus::Leave);
    at > stood.ends_at + book.hours_around || (!leave && at < stood.starts_at - book.hours_around)
}

fn event(
    who: Keeper<'_>,
    upload: &Upload,
    scan: &Scan,
    (meeting, resident, name): (MeetingId, ResidentId, String),
    (book, at): (&Book, DateTime<Utc>),
) -> NewEvent {
    let (way, status) = match scan.kind {
        ScanKind::Card => (CheckInWay::Card, AttendanceStatus::Present),
        ScanKind::Nod => (CheckInWay::Poster, AttendanceStatus::Present),
        _ => (CheckInWay::Roll, scan.status.unwrap_or(AttendanceStatus::Present)),
    };
    // Whoever is nodded to was there when they scanned the poster.
    let claimed = book.claims.get(&resident).filter(|_| scan.kind == ScanKind::Nod);
    let (actor_kind, actor_id) = who.actor();
    NewEvent {
        meeting,
        resident,
        way,
        status: Some(status),
        actor_kind,
        actor_id: Some(actor_id),
        reason: reason(who, scan),
        code_step: None,
        happened_at: claimed.map_or(at, |claim| claim.claimed_at),
        device_at: Some(scan.device_at),
        device: Some(cut(&upload.device, LONGEST_NAME)),
        scan_id: Some(name),
        nodded_at: claimed.map(|_| at),
    }
}

fn entry(
    who: Keeper<'_>,
    upload: &Upload,
    scan: &Scan,
    (meeting, resident, scan_id): (MeetingId, Option<ResidentId>, String),
    (why, happened_at): (Why, DateTime<Utc>),
) -> NewEntry {
    let raw = match scan.kind {
        ScanKind::Card => scan.card.as_deref(),
        _ => scan.learner_number.as_deref(),
    };
    let says = matches!(scan.kind, ScanKind::Tap | ScanKind::Sample);
    NewEntry {
        scan_id,
        meeting,
        resident,
        kind: scan.kind,
        status: scan.status.filter(|_| says),
        reason: reason(who, scan),
        raw: cut(raw.unwrap_or_default(), LONGEST_RAW),
        why: why.word(),
        uploaded_by: who.ids(),
        device: cut(&upload.device, LONGEST_NAME),
        device_at: scan.device_at,
        happened_at,
    }
}

fn reason(who: Keeper<'_>, scan: &Scan) -> Option<String> {
    // A card needs none; a reason would make it weigh as a correction.
    let reason = scan.reason.as_deref().filter(|_| scan.kind == ScanKind::Tap)?;
    let reason = Some(cut(reason, super::LONGEST_REASON)).filter(|reason| !reason.is_empty());
    reason.map(|reason| who.reason(reason))
}
