//! Random histories of many people at once, judged by a model.
//!
//! Each history is a term of its own with three small classes, two of them of one course,
//! and eight people. Its acts are dealt to lanes that run side by side: people sign up,
//! repeat a request, sign up for each other where they may, leave, take or refuse an offer;
//! staff sign up, take out, cut (also below what is taken) and add places, some of which are
//! kept for staff for a day; offers lapse, jobs run, an instance dies in the middle of an act and another
//! takes its place. Whoever changes an enrolment holds its class and its person, so what
//! is written of each stands in the order in which it was decided; the model walks it.
//!
//! A seed that fails is printed; `SHANGXUE_HISTORY=seed` plays it alone, many times, since
//! the seed fixes the acts, and not how they meet.

mod model;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ClassId, EnrolmentId, ResidentId};
use entity::kinds::{ConsentKind, DelegatedScope, DelegationWay, EnrolmentStatus, Kinship, Role};
use entity::{class, consent, enrolment, resident, term};
use fastrand::Rng;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use shangxue::app::App;
use shangxue::courses::{self, ClassChange, Offer};
use shangxue::enrolment::{
    Actor, Outcome, SignUpOptions, accept, change_class, decline, sign_up, withdraw,
    withdraw_at_counter,
};
use shangxue::error::{Kind, Result};
use shangxue::family::{self, Entry, Terms};
use shangxue::staff::Colleague;
use shangxue::{clock, worker};

use crate::support::fixtures::{self, School};
use crate::support::{Backend, TestApp, seeds};

const PEOPLE: usize = 8;
const LANES: usize = 5;
const ACTS: usize = 24;

/// Refusals that a history may meet.
const EXPECTED: [&str; 14] = [
    "change_over",
    "not_sister",
    "class_full",
    "limit_reached",
    "same_course",
    "overlap",
    "not_offered",
    "offer_expired",
    "below_taken",
    "class_cancelled",
    "enrolment_not_found",
    "not_open",
    "not_delegate",
    "busy",
];

/// One thing that somebody does.
#[derive(Clone, Copy, Debug)]
enum Act {
    SignUp {
        who: usize,
        class: usize,
        wait: bool,
        key: Option<u8>,
    },
    /// The next one signs up for this one, if they may.
    ByFamily {
        who: usize,
        class: usize,
    },
    /// Staff enter, or the person ends, that the next one acts for this one.
    Family {
        who: usize,
        begin: bool,
    },
    AtCounter {
        who: usize,
        class: usize,
    },
    Withdraw {
        who: usize,
        class: usize,
        by_staff: bool,
    },
    Change {
        who: usize,
        from: usize,
        to: usize,
    },
    Accept {
        who: usize,
        class: usize,
    },
    Decline {
        who: usize,
        class: usize,
    },
    Capacity {
        class: usize,
        to: i32,
        overbooked: bool,
    },
    /// Two days pass, or an hour.
    Time {
        hours: i64,
    },
    Jobs,
    /// The instance is gone, another starts on the same database.
    Restart,
}

fn act(rng: &mut Rng) -> Act {
    let (who, class) = (rng.usize(..PEOPLE), rng.usize(..3));
    match rng.u8(..100) {
        0..6 => Act::ByFamily { who, class },
        6..9 => Act::Family { who, begin: rng.u8(..3) > 0 },
        9..38 => {
            let key = rng.bool().then(|| rng.u8(..4));
            Act::SignUp { who, class, wait: rng.u8(..4) > 0, key }
        }
        38..48 => Act::AtCounter { who, class },
        48..53 => Act::Change { who, from: class, to: rng.usize(..3) },
        53..64 => Act::Withdraw { who, class, by_staff: rng.u8(..4) == 0 },
        64..72 => Act::Accept { who, class },
        72..77 => Act::Decline { who, class },
        77..82 => Act::Capacity { class, to: rng.i32(1..=4), overbooked: rng.bool() },
        82..86 => Act::Time { hours: if rng.bool() { 48 } else { 1 } },
        86..96 => Act::Jobs,
        _ => Act::Restart,
    }
}

/// What all histories of a test share.
struct World {
    app: TestApp,
    school: School,
    people: Vec<ResidentId>,
    staff: Colleague,
    /// Replaced when one of them dies.
    instances: Mutex<Vec<App>>,
    /// Those that died: what they were asked may still be under way.
    gone: Mutex<Vec<App>>,
}

impl World {
    async fn new(backend: Backend) -> Self {
        let app = TestApp::start(backend).await;
        let school = fixtures::school(&app).await;
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let staff = Colleague {
            id: clerk.id,
            login: "centre".to_owned(),
            name: "中心".to_owned(),
            role: Role::Centre,
            community: None,
            token_hash: String::new(),
        };
        let people = people(&app, &school).await;
        let instances = Mutex::new(vec![app.app.clone(), another(&app.app).await]);
        Self { app, school, people, staff, instances, gone: Mutex::default() }
    }

    /// A learner, and who may act for them.
    fn family(&self, nth: usize) -> (ResidentId, ResidentId) {
        (self.people[nth], self.people[(nth + 1) % PEOPLE])
    }

    fn instance(&self, lane: usize) -> App {
        let instances = self.instances.lock().unwrap();
        instances[lane % instances.len()].clone()
    }
}

impl World {
    /// Whoever asked may be gone, and the decision still be on its way. Each instance
    /// decides in the order of asking.
    async fn wait_for_all_decisions(&self) {
        let mut all = std::mem::take(&mut *self.gone.lock().unwrap());
        all.extend(self.instances.lock().unwrap().iter().cloned());
        for app in all {
            let actor = Actor::Resident(self.people[0]);
            let options = SignUpOptions { join_waitlist: false, actor, request_key: None };
            let nowhere = sign_up(&app, self.people[0], ClassId(i64::MAX), options).await;
            assert_eq!(nowhere.unwrap_err().code, "class_not_found");
        }
    }
}

/// A second instance on the same database, with the same clock.
async fn another(app: &App) -> App {
    App::new((*app.config).clone(), app.clock.clone()).await.unwrap()
}

async fn people(app: &TestApp, school: &School) -> Vec<ResidentId> {
    let (db, now) = (app.app.db.writer(), app.now());
    let mut people = Vec::new();
    for nth in 0..PEOPLE {
        let person = resident::ActiveModel {
            learner_number: Set(format!("2026{nth:06}")),
            name: Set(Some(format!("学员{nth}"))),
            birth_date: Set(Some("1956-03-01".parse().unwrap())),
            community_id: Set(Some(school.community)),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let id = person.insert(db).await.unwrap().id;
        let agreed = consent::ActiveModel {
            resident_id: Set(id),
            kind: Set(ConsentKind::Privacy),
            version: Set(app.app.config.members.consent_version.clone()),
            given_at: Set(now),
            ..Default::default()
        };
        agreed.insert(db).await.unwrap();
        people.push(id);
    }
    people
}

/// How a sign-up is decided: ours, or the naive way as a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    On,
    Off,
}

/// What one history did, for the model.
struct Played {
    classes: Vec<ClassId>,
    /// What people were told: placed, or waiting.
    told: Vec<(ResidentId, ClassId, Outcome)>,
    /// Failures that nobody may meet.
    failures: Vec<String>,
    most_places: HashMap<ClassId, i32>,
    kept: Kept,
}

/// Places that are kept for staff.
#[derive(Clone, Copy, Debug)]
struct Kept {
    percent: i32,
    until: DateTime<Utc>,
}

impl Kept {
    /// Of so many, at this time.
    fn of(self, places: i32, at: DateTime<Utc>) -> i32 {
        if at < self.until { places * self.percent / 100 } else { 0 }
    }
}

/// A term, and its classes; the first two are of one course, the last two at one hour.
async fn classes(
    world: &World,
    nth: usize,
    rng: &mut Rng,
) -> (Vec<ClassId>, HashMap<ClassId, i32>, Kept) {
    let (db, now) = (world.app.app.db.writer(), world.app.now());
    let percent = if rng.bool() { 50 } else { 0 };
    let kept = Kept { percent, until: now + TimeDelta::hours(24) };
    let term = term::ActiveModel {
        name: Set(format!("第{nth}学期")),
        first_day: Set(clock::local_date(now) + TimeDelta::days(60)),
        last_day: Set(clock::local_date(now) + TimeDelta::days(160)),
        enrolment_opens_at: Set(now),
        enrolment_closes_at: Set(now + TimeDelta::days(100)),
        max_classes_per_person: Set(2),
        min_age: Set(50),
        held_percent: Set(percent),
        held_hours: Set(24),
        ..Default::default()
    };
    let term = term.insert(db).await.unwrap().id;
    let other = fixtures::course_named(&world.app, &format!("第{nth}门课")).await;
    let mut ids = Vec::new();
    let mut most = HashMap::new();
    for (course, weekday) in [(world.school.course, 1), (world.school.course, 2), (other, 2)] {
        let school = School { term, course, ..world.school };
        let places = rng.i32(1..=3);
        let id = fixtures::class(&world.app, &school, "班", places).await;
        class::Entity::update_many()
            .col_expr(class::Column::Weekday, sea_orm::sea_query::Expr::value(weekday))
            .filter(class::Column::Id.eq(id))
            .exec(db)
            .await
            .unwrap();
        most.insert(id, places);
        ids.push(id);
    }
    (ids, most, kept)
}

async fn play(world: &Arc<World>, nth: usize, seed: u64, guard: Guard) -> Played {
    let mut rng = Rng::with_seed(seed);
    let (classes, most_places, kept) = classes(world, nth, &mut rng).await;
    let played = Arc::new(Mutex::new(Played {
        classes,
        told: Vec::new(),
        failures: Vec::new(),
        most_places,
        kept,
    }));
    let mut lanes = vec![Vec::new(); LANES];
    for _ in 0..ACTS {
        lanes[rng.usize(..LANES)].push((act(&mut rng), rng.u8(..20)));
    }
    let tasks: Vec<_> = lanes
        .into_iter()
        .enumerate()
        .map(|(lane, acts)| {
            let (world, played) = (Arc::clone(world), Arc::clone(&played));
            tokio::spawn(async move {
                for (act, chance) in acts {
                    perform(&world, &played, lane, act, chance, guard).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    world.wait_for_all_decisions().await;
    // Until nothing is left to do, also of what a worker held that died.
    world.app.advance(TimeDelta::hours(1));
    while worker::run_due(&world.app.app).await.unwrap() > 0 {}
    Arc::try_unwrap(played).ok().unwrap().into_inner().unwrap()
}

async fn perform(
    world: &Arc<World>,
    played: &Arc<Mutex<Played>>,
    lane: usize,
    act: Act,
    chance: u8,
    guard: Guard,
) {
    let (own, told) = (Arc::clone(world), Arc::clone(played));
    let work = tokio::spawn(async move { try_to(&own, &told, lane, act, guard).await });
    if chance == 0 {
        // Whoever asked is gone in the middle of it.
        for _ in 0..lane {
            tokio::task::yield_now().await;
        }
        work.abort();
    }
    let Ok(outcome) = work.await else { return };
    if let Err(error) = outcome
        && !EXPECTED.contains(&error.code)
    {
        let words = format!("{act:?}: {} {:?}", error.chain(), error.kind == Kind::Internal);
        played.lock().unwrap().failures.push(words);
    }
}

async fn try_to(
    world: &World,
    played: &Mutex<Played>,
    lane: usize,
    act: Act,
    guard: Guard,
) -> Result<()> {
    let app = world.instance(lane);
    let class = |nth: usize| played.lock().unwrap().classes[nth];
    match act {
        Act::SignUp { who, class: nth, .. }
        | Act::ByFamily { who, class: nth }
        | Act::AtCounter { who, class: nth }
            if guard == Guard::Off =>
        {
            naive(&app, world.people[who], class(nth)).await;
        }
        Act::SignUp { who, class: nth, wait, key } => {
            let (who, class) = (world.people[who], class(nth));
            let options = SignUpOptions {
                join_waitlist: wait,
                actor: Actor::Resident(who),
                request_key: key.map(|key| format!("key {key}")),
            };
            let outcome = sign_up(&app, who, class, options).await?.outcome;
            played.lock().unwrap().told.push((who, class, outcome));
        }
        Act::ByFamily { who: nth, class: of } => {
            let ((learner, delegate), class) = (world.family(nth), class(of));
            let actor = Actor::Delegate { learner, delegate };
            let options = SignUpOptions { join_waitlist: true, actor, request_key: None };
            let outcome = sign_up(&app, learner, class, options).await?.outcome;
            played.lock().unwrap().told.push((learner, class, outcome));
        }
        Act::Family { who: nth, begin } => {
            let (learner, delegate) = world.family(nth);
            if begin {
                let entry = Entry {
                    learner,
                    delegate_number: format!("2026{:06}", (nth + 1) % PEOPLE),
                    delegate_name: None,
                    relation: Kinship::Other,
                    terms: Terms::checked(&app, vec![DelegatedScope::Enrolment], None)?,
                    way: DelegationWay::Phone,
                    agreed: true,
                };
                family::enter(&app, &world.staff, entry).await?;
            } else if let Some((row, _)) = family::family(&app, learner).await?.delegates.first() {
                family::end(&app, delegate, row.id).await?;
            }
        }
        Act::AtCounter { who, class: nth } => {
            let (who, class) = (world.people[who], class(nth));
            let actor = Actor::Staff(world.staff.id);
            let options = SignUpOptions { join_waitlist: true, actor, request_key: None };
            let outcome = sign_up(&app, who, class, options).await?.outcome;
            played.lock().unwrap().told.push((who, class, outcome));
        }
        Act::Withdraw { who, class: nth, by_staff } => {
            let who = world.people[who];
            let Some(id) = latest(&app, who, class(nth)).await else { return Ok(()) };
            if by_staff {
                withdraw_at_counter(&app, &world.staff, id, None, Some("家里有事")).await?;
            } else {
                withdraw(&app, Actor::Resident(who), id, None).await?;
            }
        }
        Act::Change { who, from, to } => {
            let who = world.people[who];
            let Some(id) = latest(&app, who, class(from)).await else { return Ok(()) };
            change_class(&app, Actor::Resident(who), id, class(to)).await?;
        }
        Act::Accept { who, class: nth } | Act::Decline { who, class: nth } => {
            let who = world.people[who];
            let Some(id) = latest(&app, who, class(nth)).await else { return Ok(()) };
            if matches!(act, Act::Accept { .. }) {
                accept(&app, Actor::Resident(who), id).await?;
            } else {
                decline(&app, Actor::Resident(who), id).await?;
            }
        }
        Act::Capacity { class: nth, to, overbooked } => {
            let id = class(nth);
            {
                let mut played = played.lock().unwrap();
                let most = played.most_places.entry(id).or_default();
                *most = to.max(*most);
            }
            let change = ClassChange {
                name: "班".to_owned(),
                room: "201教室".to_owned(),
                capacity: to,
                teacher_id: world.school.teacher,
                overbooked_for: overbooked.then(|| "小教室".to_owned()),
                held_percent: None,
                offer: Offer::default(),
            };
            courses::update_class(&app, &world.staff, id, &change).await?;
        }
        Act::Time { hours } => app.clock.advance(TimeDelta::hours(hours)),
        Act::Jobs => {
            worker::run_due(&app).await?;
        }
        Act::Restart => {
            let new = another(&app).await;
            let mut instances = world.instances.lock().unwrap();
            let nth = lane % instances.len();
            let old = std::mem::replace(&mut instances[nth], new);
            world.gone.lock().unwrap().push(old);
        }
    }
    Ok(())
}

/// The last enrolment of a person in a class.
async fn latest(app: &App, who: ResidentId, class: ClassId) -> Option<EnrolmentId> {
    let rows = enrolment::Entity::find()
        .filter(enrolment::Column::ResidentId.eq(who))
        .filter(enrolment::Column::ClassId.eq(class))
        .all(app.db.read())
        .await
        .unwrap();
    rows.into_iter().map(|row| row.id).max()
}

/// What everybody writes first: count, and sit down if there is room.
async fn naive(app: &App, who: ResidentId, id: ClassId) {
    let class = class::Entity::find_by_id(id).one(app.db.read()).await.unwrap().unwrap();
    let held = enrolment::Entity::find()
        .filter(enrolment::Column::ClassId.eq(id))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .count(app.db.read())
        .await
        .unwrap();
    if held >= u64::try_from(class.capacity).unwrap() {
        return;
    }
    let (tx, now) = (app.db.begin().await.unwrap(), app.clock.now());
    let row = enrolment::ActiveModel {
        resident_id: Set(who),
        class_id: Set(id),
        course_id: Set(class.course_id),
        term_id: Set(class.term_id),
        status: Set(EnrolmentStatus::Placed),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    // Who is in already is kept out by the indexes, with the guard or without.
    if row.insert(&tx).await.is_ok() {
        tx.commit().await.unwrap();
    }
}

/// Plays histories; the first fault, with its seed.
async fn histories(
    backend: Backend,
    seeds: impl Iterator<Item = u64>,
    guard: Guard,
) -> Option<String> {
    let world = Arc::new(World::new(backend).await);
    for (nth, seed) in seeds.enumerate() {
        let played = play(&world, nth, seed, guard).await;
        let mut faults = model::judge(&world.app, &played).await;
        if guard == Guard::Off {
            faults.retain(|fault| fault.contains("oversold"));
        }
        if !faults.is_empty() {
            return Some(format!("{backend:?} seed {seed}: {faults:#?}"));
        }
    }
    None
}

async fn all_hold(backend: Backend, count: usize) {
    if !backend.available() {
        return;
    }
    let seeds = seeds(backend, count);
    if let Some(fault) = histories(backend, seeds.into_iter(), Guard::On).await {
        panic!("{fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_histories_hold_on_sqlite() {
    all_hold(Backend::Sqlite, 1_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_histories_hold_on_postgres() {
    all_hold(Backend::Postgres, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_ten_histories_are_enough_to_fail() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        if backend.available() {
            let fault = histories(backend, seeds(backend, 10).into_iter(), Guard::Off).await;
            assert!(fault.is_some(), "a suite that finds nothing proves nothing");
        }
    }
}
