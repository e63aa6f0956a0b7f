//! What the service does in a second, beside the limit it is measured against, in
//! one run on one machine: ratios, since machines are noisy.
//!
//! `tests/bench/run` builds it for release and prints the table.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench starts servers and clients of its own, and prints"
)]

#[path = "../it/support/mod.rs"]
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "the tests' support, of which a bench needs a part"
)]
mod support;

mod callbacks;
mod load;

use std::time::{Duration, Instant};

use entity::kinds::{ActorKind, EnrolmentStatus};
use entity::{enrolment, enrolment_change};
use futures_util::StreamExt;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ConnectionTrait};
use serde_json::json;
use support::fixtures::{self, Person, School};
use support::{Backend, TestApp};

/// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PEOPLE: u32 = 400;
const AT_ONCE: usize = 32;

#[tokio::main]
async fn main() {
    // Words on the command line choose: `tests/bench/run callbacks`.
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    println!("{:<10} {:<48} {:>9} {:>9} {:>7}", "database", "measure", "per s", "limit", "ratio");
    for backend in [Backend::Sqlite, Backend::Postgres] {
        if !backend.available() {
            continue;
        }
        if wanted("callbacks") {
            callbacks::measure(backend).await;
        }
        if wanted("sign-ups") {
            sign_ups(backend).await;
        }
        if wanted("browsing") {
            browsing(backend).await;
        }
    }
}

fn report(backend: Backend, what: &str, ours: f64, limit: f64) {
    println!(
        "{:<10} {what:<48} {ours:>9.0} {limit:>9.0} {:>6.2}x",
        format!("{backend:?}"),
        ours / limit
    );
}

fn rate(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

/// Sign-ups over HTTP for one class, against the bare inserts and the conditional
/// update, one transaction each, without HTTP, rules or messages.
async fn sign_ups(backend: Backend) {
    let app = TestApp::start(backend).await;
    let school = fixtures::school(&app).await;
    let class = fixtures::class(&app, &school, "一班", 10_000).await;
    let mut people = Vec::new();
    for nth in 0..PEOPLE {
        people.push(fixtures::person(&app, school.community, nth).await);
    }
    let path = format!("/api/classes/{class}/enrolments");
    let begun = Instant::now();
    let answers: Vec<_> = futures_util::stream::iter(&people)
        .map(|person| app.post(&path, &json!({})).bearer(&person.token).send())
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let ours = rate(PEOPLE, begun.elapsed());
    assert!(answers.iter().all(|answer| answer.ok()["outcome"] == "placed"));

    let class = fixtures::class(&app, &school, "二班", 10_000).await;
    let course = fixtures::course_named(&app, "另一门课").await;
    let school = School { course, ..school };
    let begun = Instant::now();
    futures_util::stream::iter(&people)
        .map(|person| bare(&app, &school, class, person))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<()>>()
        .await;
    report(backend, "sign-ups over HTTP / bare transactions", ours, rate(PEOPLE, begun.elapsed()));
}

async fn bare(app: &TestApp, school: &School, class: entity::ids::ClassId, person: &Person) {
    let now = app.now();
    let tx = app.app.db.begin().await.unwrap();
    let sql = format!("UPDATE class SET taken = taken + 1 WHERE id = {class} AND taken < capacity");
    tx.execute_unprepared(&sql).await.unwrap();
    let row = enrolment::ActiveModel {
        resident_id: Set(person.id),
        class_id: Set(class),
        course_id: Set(school.course),
        term_id: Set(school.term),
        status: Set(EnrolmentStatus::Placed),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let row = row.insert(&tx).await.unwrap();
    let change = enrolment_change::ActiveModel {
        enrolment_id: Set(row.id),
        to_status: Set(EnrolmentStatus::Placed),
        actor_kind: Set(ActorKind::Resident),
        actor_id: Set(Some(person.id.0)),
        at: Set(now),
        ..Default::default()
    };
    change.insert(&tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// The catalogue of 30 classes, against an answer without a database.
async fn browsing(backend: Backend) {
    let app = TestApp::start(backend).await;
    let school = fixtures::school(&app).await;
    for nth in 0..30 {
        fixtures::class(&app, &school, &format!("{nth}班"), 20).await;
    }
    let (ours, limit) = (gets(&app, "/api/classes").await, gets(&app, "/healthz").await);
    report(backend, "catalogue of 30 classes / bare answer", ours, limit);
}

async fn gets(app: &TestApp, path: &str) -> f64 {
    const REQUESTS: u32 = 2_000;
    let begun = Instant::now();
    let answers: Vec<_> = futures_util::stream::iter(0..REQUESTS)
        .map(|_| app.get(path).send())
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let rate = rate(REQUESTS, begun.elapsed());
    assert!(answers.iter().all(|answer| answer.status.is_success()));
    rate
}
