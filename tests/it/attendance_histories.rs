//! Random histories of a meeting, judged by a model.
//!
//! Three people and two meetings' worth of time: they scan codes and the poster, hold up cards
//! (also ones that they had replaced), ask for leave and take it back; staff correct; three
//! phones without network, one of them the monitor's, with clocks that are up to ten minutes
//! off, scan, tap and nod, and send what they have later, in any order, in parts, and again; the meeting is moved or cancelled. The register
//! is that which a model (`model.rs`) makes of the acts in the order in which they happened;
//! one history in ten is also played with every phone online, and gives the same.
//!
//! A seed that fails is printed; `SHANGXUE_HISTORY=seed` plays it alone.

mod model;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ClassId, MeetingId, ResidentId};
use entity::kinds::{AttendanceStatus, Role, ScanKind};
use entity::{attendance_event, scan_tray};
use fastrand::Rng;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use shangxue::attendance::{self, Keeper, Scan, Upload, WhyAway};
use shangxue::courses::{self, MeetingMove};
use shangxue::error::{Error, Result};
use shangxue::members::{self, Learner};
use shangxue::staff::Colleague;
use shangxue::worker;

use crate::support::fixtures::{self, School};
use crate::support::{Backend, TestApp, seeds};
use model::Model;

const PEOPLE: usize = 3;
const PHONES: usize = 3;
/// The monitor's, who is the first of the people.
const MONITOR: usize = 2;
const ACTS: usize = 14;
const LANES: usize = 4;

/// Refusals that a history may meet.
const EXPECTED: [&str; 10] = [
    "no_meeting_here",
    "too_early",
    "too_late",
    "meeting_cancelled",
    "meeting_over",
    // One that is over is moved to a time that is over as well.
    "in_the_past",
    "reason_needed",
    "leave_too_late",
    "leave_by_staff",
    "already_marked",
];

/// One thing that somebody does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Code {
        who: usize,
    },
    Poster {
        who: usize,
    },
    Nod {
        who: usize,
        phone: usize,
    },
    /// Holds up the live card, or the one before it, to a phone.
    Card {
        who: usize,
        old: bool,
        phone: usize,
    },
    Tap {
        who: usize,
        status: AttendanceStatus,
        reason: Option<u8>,
        phone: usize,
    },
    /// Staff at the console.
    Correct {
        who: usize,
        status: AttendanceStatus,
        reason: Option<u8>,
    },
    Reissue {
        who: usize,
    },
    Leave {
        who: usize,
        why: Option<WhyAway>,
    },
    TakeBack {
        who: usize,
    },
    Move {
        minutes: i64,
    },
    Cancel,
    /// A phone has a network for a moment.
    Sync {
        phone: usize,
    },
}

fn act(rng: &mut Rng) -> Act {
    let (who, phone) = (rng.usize(..PEOPLE), rng.usize(..PHONES));
    let statuses = [AttendanceStatus::Present, AttendanceStatus::Absent, AttendanceStatus::Leave];
    let status = statuses[rng.usize(..3)];
    let reason = rng.bool().then(|| rng.u8(..3));
    match rng.u8(..100) {
        0..12 => Act::Code { who },
        12..18 => Act::Poster { who },
        18..24 => Act::Nod { who, phone },
        24..42 => Act::Card { who, old: rng.u8(..4) == 0, phone },
        42..62 => Act::Tap { who, status, reason, phone },
        62..72 => Act::Correct { who, status, reason },
        72..77 => Act::Reissue { who },
        77..83 => Act::Leave { who, why: rng.bool().then_some(WhyAway::Health) },
        83..87 => Act::TakeBack { who },
        87..88 => Act::Move { minutes: rng.i64(10..300) },
        88..89 => Act::Cancel,
        _ => Act::Sync { phone },
    }
}

/// The acts and when they happen, counted from the start of the meeting, in milliseconds.
fn history(rng: &mut Rng) -> Vec<(i64, Act)> {
    let mut at = -50 * 60_000;
    (0..ACTS)
        .map(|_| {
            at += rng.i64(1_000..15 * 60_000);
            (at, act(rng))
        })
        .collect()
}

/// What all histories of a test share.
struct World {
    app: TestApp,
    school: School,
    class: ClassId,
    people: Vec<Learner>,
    staff: Colleague,
}

impl World {
    async fn new(backend: Backend, extra: &[(&str, String)]) -> Self {
        let app = TestApp::start_with(backend, extra).await;
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "智在指尖一班", 20).await;
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let staff = Colleague {
            id: clerk.id,
            login: "centre".to_owned(),
            name: "中心".to_owned(),
            role: Role::Centre,
            community: None,
            token_hash: String::new(),
        };
        let mut people: Vec<Learner> = Vec::new();
        for nth in 0..PEOPLE {
            let number = u32::try_from(nth).unwrap() + 1;
            let person = fixtures::person(&app, school.community, number).await;
            fixtures::placed(&app, &school, class, person.id).await;
            people.push(members::authenticate(&app.app, &person.token).await.unwrap());
        }
        attendance::make_monitor(&app.app, &staff, class, people[0].id).await.unwrap();
        Self { app, school, class, people, staff }
    }

    fn keeper(&self, phone: usize) -> Keeper<'_> {
        if phone == MONITOR { Keeper::Monitor(&self.people[0]) } else { Keeper::Staff(&self.staff) }
    }

    fn id(&self, who: usize) -> ResidentId {
        self.people[who].id
    }
}

/// A phone: how far its clock is off, and what it keeps.
#[derive(Clone, Debug)]
struct Phone {
    off: TimeDelta,
    kept: Vec<Scan>,
    /// Kept as the server may not have had them: all are sent again at times.
    sent: Vec<Scan>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phones {
    /// Without network but for moments; wrong clocks.
    Offline,
    /// Each scan arrives as it happens.
    Online,
}

/// One playing of a history.
struct Play<'a> {
    world: &'a World,
    meeting: MeetingId,
    rng: Rng,
    how: Phones,
    phones: Vec<Phone>,
    /// Of each person: the live card, and the one before.
    cards: Vec<(String, Option<String>)>,
    made: usize,
}

impl Play<'_> {
    async fn sync(&mut self, nth: usize, all: bool) -> Result<()> {
        let phone = &mut self.phones[nth];
        self.rng.shuffle(&mut phone.kept);
        let whole = all || self.how == Phones::Online;
        let many = if whole { phone.kept.len() } else { self.rng.usize(..=phone.kept.len()) };
        let mut scans: Vec<Scan> = phone.kept.drain(..many).collect();
        let again = phone.sent.iter().filter(|_| self.rng.u8(..3) == 0).cloned();
        let again: Vec<Scan> = again.collect();
        phone.sent.extend(scans.iter().cloned());
        scans.extend(again);
        self.rng.shuffle(&mut scans);
        let cut = self.rng.usize(..=scans.len());
        for part in [&scans[..cut], &scans[cut..]] {
            if part.is_empty() {
                continue;
            }
            let sent_at = self.world.app.now() + self.phones[nth].off;
            let upload = Upload { device: format!("phone-{nth}"), sent_at, scans: part.to_vec() };
            let answers = attendance::take_scans(
                &self.world.app.app,
                self.world.keeper(nth),
                self.meeting,
                upload,
            )
            .await?;
            let named = answers.iter().map(|one| &one.scan_id);
            assert!(named.eq(part.iter().map(|one| &one.scan_id)), "an answer for each");
        }
        Ok(())
    }

    async fn keep(&mut self, nth: usize, scan: Scan) -> Result<()> {
        self.made += 1;
        self.phones[nth].kept.push(scan);
        if self.how == Phones::Online { self.sync(nth, true).await } else { Ok(()) }
    }

    fn scan(&self, phone: usize, kind: ScanKind) -> Scan {
        Scan {
            scan_id: format!("{}-{phone}-{}", self.meeting, self.made),
            kind,
            card: None,
            resident: None,
            learner_number: None,
            status: None,
            reason: None,
            people: None,
            draws: false,
            of_count: None,
            device_at: self.world.app.now() + self.phones[phone].off,
        }
    }

    async fn perform(&mut self, act: Act) -> Result<()> {
        let (world, id) = (self.world, self.meeting);
        let app = &world.app.app;
        match act {
            Act::Code { who } => {
                let code = attendance::code_for(app, &world.staff, id).await?;
                attendance::check_in(app, &world.people[who], &code.link, None).await?;
            }
            Act::Poster { who } => {
                let code = format!("B{}", world.class);
                attendance::check_in(app, &world.people[who], &code, None).await?;
            }
            Act::Nod { who, phone } => {
                let resident = Some(world.id(who));
                let scan = Scan { resident, ..self.scan(phone, ScanKind::Nod) };
                self.keep(phone, scan).await?;
            }
            Act::Card { who, old, phone } => {
                let (live, before) = &self.cards[who];
                let card = if old { before.as_ref() } else { Some(live) };
                let Some(card) = card.cloned() else { return Ok(()) };
                let scan = Scan { card: Some(card), ..self.scan(phone, ScanKind::Card) };
                self.keep(phone, scan).await?;
            }
            Act::Tap { who, status, reason, phone } => {
                let scan = Scan {
                    resident: Some(world.id(who)),
                    status: Some(status),
                    reason: words(reason),
                    ..self.scan(phone, ScanKind::Tap)
                };
                self.keep(phone, scan).await?;
            }
            Act::Correct { who, status, reason } => {
                let (who, why) = (world.id(who), words(reason));
                attendance::set_roll(app, &world.staff, id, who, status, why.as_deref()).await?;
            }
            Act::Reissue { who } => {
                let new = attendance::replace_my_card(app, world.id(who)).await?.link;
                let old = std::mem::replace(&mut self.cards[who].0, new);
                self.cards[who].1 = Some(old);
            }
            Act::Leave { who, why } => attendance::ask_leave(app, world.id(who), id, why).await?,
            Act::TakeBack { who } => {
                attendance::take_leave_back(app, world.id(who), id).await?;
            }
            Act::Move { minutes } => {
                let facts = attendance::meeting_of(app, &world.staff, id).await?;
                let to = MeetingMove {
                    starts_at: facts.meeting.starts_at + TimeDelta::minutes(minutes),
                    site_id: None,
                    room: None,
                    reason: "教室有事".to_owned(),
                };
                courses::move_meeting(app, &world.staff, id, &to).await?;
            }
            Act::Cancel => {
                courses::cancel_meeting(app, &world.staff, id, "老师病了").await?;
            }
            Act::Sync { phone } => self.sync(phone, false).await?,
        }
        Ok(())
    }
}

/// The reasons that staff give.
fn words(reason: Option<u8>) -> Option<String> {
    reason.map(|nth| format!("原因{nth}"))
}

fn expected(error: &Error) -> bool {
    EXPECTED.contains(&error.code)
}

/// Plays a history, and says what is wrong with it.
async fn play(world: &World, nth: i32, seed: u64, how: Phones) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    let acts = history(&mut rng);
    let app = &world.app;
    // No meeting is near another one.
    app.advance(TimeDelta::hours(24));
    let start = app.now() + TimeDelta::hours(1);
    let meeting = fixtures::meeting(app, &world.school, world.class, nth, start - app.now()).await;
    let mut cards = Vec::new();
    for who in &world.people {
        cards.push((attendance::my_card(&app.app, who.id).await.unwrap().link, None));
    }
    let offs: Vec<_> = (0..PHONES).map(|_| TimeDelta::seconds(rng.i64(-600..=600))).collect();
    let off = |nth: usize| if how == Phones::Online { TimeDelta::zero() } else { offs[nth] };
    let phones = (0..PHONES).map(|nth| Phone { off: off(nth), kept: vec![], sent: vec![] });
    let mut play = Play { world, meeting, rng, how, phones: phones.collect(), cards, made: 0 };
    let mut model = Model::new(&app.app, start, &acts);
    let mut faults = Vec::new();
    for (after, act) in &acts {
        let at = start + TimeDelta::milliseconds(*after);
        app.advance(at - app.now());
        model.take(at, *act);
        if let Err(error) = play.perform(*act).await
            && !expected(&error)
        {
            faults.push(format!("{act:?}: {}", error.chain()));
        }
    }
    // Hours later they all have a network.
    app.advance(TimeDelta::hours(play.rng.i64(1..6)));
    for nth in 0..PHONES {
        play.sync(nth, true).await.unwrap();
    }
    faults.extend(judge(world, meeting, &model, start, play.made).await);
    if !faults.is_empty() {
        faults.push(format!("{acts:#?}"));
    }
    faults
}

/// What is otherwise than the model says, lost, or double.
async fn judge(
    world: &World,
    meeting: MeetingId,
    model: &Model,
    start: DateTime<Utc>,
    made: usize,
) -> Vec<String> {
    let mut faults = Vec::new();
    let app = &world.app.app;
    let facts = attendance::meeting_of(app, &world.staff, meeting).await.unwrap();
    let rows = attendance::roll(app, &facts).await.unwrap();
    for (who, expected) in model.people.iter().enumerate() {
        let row = rows.iter().find(|row| row.resident_id == world.id(who)).unwrap();
        let hours = if expected.status == Some(AttendanceStatus::Present) { 200 } else { 0 };
        let said = (row.status, row.way, row.at, row.reason.clone());
        let wanted = (expected.status, expected.way, expected.at, expected.reason.clone());
        if said != wanted || row.hours_hundredths != hours {
            let after = said.2.map(|at| at - start);
            faults.push(format!("person {who}: {said:?} ({after:?} after), not {wanted:?}"));
        }
    }
    let mine = |name: &str| format!("{name}-%");
    let events = attendance_event::Entity::find()
        .filter(attendance_event::Column::ScanId.like(mine(&meeting.to_string())))
        .count(app.db.read())
        .await
        .unwrap();
    let lying = scan_tray::Entity::find()
        .filter(scan_tray::Column::MeetingId.eq(meeting))
        .count(app.db.read())
        .await
        .unwrap();
    if events + lying != made as u64 {
        faults.push(format!("{made} scans, {events} recorded and {lying} in the tray"));
    }
    faults
}

/// Plays histories; the first fault, with its seed.
async fn histories(backend: Backend, seeds: &[u64], extra: &[(&str, String)]) -> Option<String> {
    let world = World::new(backend, extra).await;
    let mut found = None;
    let mut number = 0;
    for (nth, seed) in seeds.iter().enumerate() {
        let ways: &[Phones] =
            if nth % 10 == 0 { &[Phones::Offline, Phones::Online] } else { &[Phones::Offline] };
        for how in ways {
            number += 1;
            let faults = play(&world, number, *seed, *how).await;
            if !faults.is_empty() && found.is_none() {
                found = Some(format!("{backend:?} seed {seed} {how:?}: {faults:#?}"));
            }
        }
        if found.is_some() {
            break;
        }
    }
    while worker::run_due(&world.app.app).await.unwrap() > 0 {}
    found
}

async fn all_hold(backend: Backend, count: usize) {
    if !backend.available() {
        return;
    }
    let seeds = seeds(backend, count);
    // Each lane has a clock and a database of its own.
    let lanes = seeds.chunks(seeds.len().div_ceil(LANES)).map(<[u64]>::to_vec);
    let lanes: Vec<_> = lanes
        .map(|seeds| tokio::spawn(async move { histories(backend, &seeds, &[]).await }))
        .collect();
    for lane in lanes {
        if let Some(fault) = lane.await.unwrap() {
            panic!("{fault}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_histories_of_a_meeting_hold_on_sqlite() {
    all_hold(Backend::Sqlite, 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_histories_of_a_meeting_hold_on_postgres() {
    all_hold(Backend::Postgres, 100).await;
}

/// The control: clocks believed as they are.
#[tokio::test]
async fn without_corrected_clocks_ten_histories_are_enough_to_fail() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        if backend.available() {
            let off = [("attendance.correct_clocks", "false".to_owned())];
            let fault = histories(backend, &seeds(backend, 10), &off).await;
            assert!(fault.is_some(), "a suite that finds nothing proves nothing");
        }
    }
}
