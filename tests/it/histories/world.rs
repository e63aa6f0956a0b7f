//! What histories are played on: the school, the people, and instances that can die.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ClassId, ResidentId};
use entity::kinds::{ConsentKind, Role};
use entity::{class, consent, resident, term};
use fastrand::Rng;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement,
};
use shangxue::app::App;
use shangxue::clock;
use shangxue::enrolment::{Actor, SignUpOptions, sign_up};
use shangxue::staff::Colleague;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::{Guard, PEOPLE};
use crate::support::fixtures::{self, School};
use crate::support::{Backend, TestApp};

/// The check of the table `class` that is the last guard; no other names both columns.
const LAST_GUARD: &str = "SELECT conname AS name FROM pg_constraint \
    WHERE conrelid = 'class'::regclass AND contype = 'c' \
    AND pg_get_constraintdef(oid) ~ 'taken.*capacity'";

/// An instance of the service on threads of its own, as a process has them.
pub struct Instance {
    pub app: App,
    /// `None`: it is dead.
    runtime: Mutex<Option<Runtime>>,
    /// Requests under way.
    asked: AtomicUsize,
}

/// How a request ended for whoever asked.
pub enum Answer<T> {
    Said(T),
    /// The instance died under it, or was dead already: it was done, or was not.
    Cut,
    /// Whoever asked did not wait; what was begun may be finished, or is undone.
    HungUp,
}

impl Instance {
    async fn start(like: &App, guard: Guard) -> Arc<Self> {
        // One thread: nobody goes on while the others are dropped already.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let new = App::new((*like.config).clone(), like.clock.clone());
        let app = runtime.spawn(new).await.unwrap().unwrap();
        let db = app.db.writer();
        if guard == Guard::Off && db.get_database_backend() == DbBackend::Sqlite {
            db.execute_unprepared("PRAGMA ignore_check_constraints = ON").await.unwrap();
        }
        Arc::new(Self { app, runtime: Mutex::new(Some(runtime)), asked: AtomicUsize::new(0) })
    }

    /// Does it on the instance; `patience`: turns until whoever asks hangs up.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        patience: Option<usize>,
    ) -> Answer<T> {
        let begun: Option<JoinHandle<T>> =
            self.runtime.lock().unwrap().as_ref().map(|runtime| runtime.spawn(work));
        let Some(begun) = begun else { return Answer::Cut };
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some(turns) = patience {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            begun.abort();
        }
        let ended = begun.await;
        self.asked.fetch_sub(1, Ordering::SeqCst);
        match ended {
            Ok(said) => Answer::Said(said),
            Err(panicked) if panicked.is_panic() => {
                std::panic::resume_unwind(panicked.into_panic())
            }
            Err(_) if patience.is_some() => Answer::HungUp,
            Err(_) => Answer::Cut,
        }
    }

    /// As a power cut does: what is under way ends where it stands, connections with it.
    fn kill(&self) {
        let runtime = self.runtime.lock().unwrap().take();
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What all histories of a test share.
pub struct World {
    pub app: TestApp,
    pub school: School,
    pub people: Vec<ResidentId>,
    pub staff: Colleague,
    guard: Guard,
    /// Replaced when one of them dies.
    instances: Mutex<Vec<Arc<Instance>>>,
}

impl World {
    pub async fn new(backend: Backend, guard: Guard) -> Self {
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
        if guard == Guard::Off && backend == Backend::Postgres {
            let db = app.app.db.writer();
            let found = Statement::from_string(DbBackend::Postgres, LAST_GUARD);
            let found = db.query_one_raw(found).await.unwrap().expect("a check");
            let name: String = found.try_get("", "name").unwrap();
            let gone = format!("ALTER TABLE class DROP CONSTRAINT \"{name}\"");
            db.execute_unprepared(&gone).await.unwrap();
        }
        let mut instances = Vec::new();
        for _ in 0..2 {
            instances.push(Instance::start(&app.app, guard).await);
        }
        Self { app, school, people, staff, guard, instances: Mutex::new(instances) }
    }

    /// A learner, and who may act for them.
    pub fn family(&self, nth: usize) -> (ResidentId, ResidentId) {
        (self.people[nth], self.people[(nth + 1) % PEOPLE])
    }

    pub fn instance(&self, lane: usize) -> Arc<Instance> {
        let instances = self.instances.lock().unwrap();
        Arc::clone(&instances[lane % instances.len()])
    }

    /// The lane's instance dies, in the middle of a request if one comes; another has taken
    /// its place.
    pub async fn restart(&self, lane: usize, later: Duration) {
        let new = Instance::start(&self.app.app, self.guard).await;
        let old = self.instance(lane);
        for _ in 0..20 {
            if old.asked.load(Ordering::SeqCst) > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // Somewhere in it: one and the same moment would always cut the same statement.
        tokio::time::sleep(later).await;
        {
            let mut instances = self.instances.lock().unwrap();
            let nth = lane % instances.len();
            instances[nth] = new;
        }
        old.kill();
    }

    /// Whoever asked may be gone, and the decision still be on its way: each instance decides
    /// in the order of asking. And the last word of a dead instance to the database (which
    /// may be “commit”) may still be on its way.
    pub async fn wait_for_all_decisions(&self) {
        for lane in 0..2 {
            let (instance, who) = (self.instance(lane), self.people[0]);
            let app = instance.app.clone();
            let nowhere = async move {
                let actor = Actor::Resident(who);
                let options = SignUpOptions { join_waitlist: false, actor, request_key: None };
                sign_up(&app, who, ClassId(i64::MAX), options).await.map(|_| ())
            };
            let Answer::Said(said) = instance.ask(nowhere, None).await else {
                panic!("nobody kills it now")
            };
            assert_eq!(said.unwrap_err().code, "class_not_found");
        }
        self.wait_for_the_database().await;
    }

    async fn wait_for_the_database(&self) {
        let db = self.app.app.db.writer();
        if db.get_database_backend() == DbBackend::Sqlite {
            // Who is writing is waited for.
            self.app.app.db.begin().await.unwrap().rollback().await.unwrap();
            return;
        }
        let others = "SELECT coalesce(string_agg(state || ': ' || query, '; '), '') AS them \
            FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid() \
            AND backend_type = 'client backend' AND state <> 'idle'";
        let mut them = String::new();
        for _ in 0..5_000 {
            let others = Statement::from_string(DbBackend::Postgres, others);
            let row = db.query_one_raw(others).await.unwrap().unwrap();
            them = row.try_get("", "them").unwrap();
            if them.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("somebody never ends: {them}");
    }
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

/// Places that are kept for staff.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub percent: i32,
    pub until: DateTime<Utc>,
}

impl Kept {
    /// Of so many, at this time.
    pub fn of(self, places: i32, at: DateTime<Utc>) -> i32 {
        if at < self.until { places * self.percent / 100 } else { 0 }
    }
}

/// A term, and its classes; the first two are of one course, the last two at one hour.
pub async fn classes(
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
