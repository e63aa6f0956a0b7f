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
mod console;
mod desk;
mod load;
mod opening;
mod register;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use support::fixtures;
use support::{Backend, TestApp};

/// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const AT_ONCE: usize = 32;

/// What can be measured.
const MEASURES: [&str; 9] =
    ["callbacks", "decisions", "city", "three", "past", "register", "console", "desk", "browsing"];

#[tokio::main]
async fn main() {
    // Words on the command line choose: `tests/bench/run callbacks postgres`.
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let named = |name: &str| words.iter().any(|word| word == name);
    let wanted = |name: &str| named(name) || !MEASURES.iter().any(|name| named(name));
    println!("{:<10} {:<60} {:>9} {:>9} {:>7}", "database", "measure", "per s", "limit", "ratio");
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let other = match backend {
            Backend::Sqlite => "postgres",
            Backend::Postgres => "sqlite",
        };
        if !backend.available() || named(other) {
            continue;
        }
        if wanted("callbacks") {
            callbacks::measure(backend).await;
        }
        if wanted("decisions") {
            opening::decisions(backend).await;
        }
        if wanted("city") {
            opening::city(backend).await;
        }
        if wanted("three") {
            opening::three(backend).await;
        }
        if wanted("past") {
            opening::the_past(backend).await;
        }
        if wanted("register") {
            register::register(backend).await;
        }
        if wanted("console") {
            console::console(backend).await;
        }
        if wanted("desk") {
            desk::measure(backend).await;
        }
        if wanted("browsing") {
            browsing(backend).await;
        }
    }
    if MISSED.load(Ordering::Relaxed) {
        std::process::exit(1);
    }
}

/// Something was not reached.
static MISSED: AtomicBool = AtomicBool::new(false);

/// A line of the table; `must`: the ratio that has to be reached.
fn report(backend: Backend, what: &str, ours: f64, limit: f64, must: Option<f64>) {
    let ratio = ours / limit;
    let wanted = must.map(|must| format!(" (must {must:.2}x)")).unwrap_or_default();
    println!(
        "{:<10} {what:<60} {ours:>9.0} {limit:>9.0} {ratio:>6.2}x{wanted}",
        format!("{backend:?}")
    );
    expect(must.is_none_or(|must| ratio >= must), what);
}

/// Goes on measuring, and fails at the end.
fn expect(reached: bool, what: &str) {
    if !reached {
        println!("           MISSED: {what}");
        MISSED.store(true, Ordering::Relaxed);
    }
}

fn rate(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

/// The catalogue of 30 classes, against an answer without a database.
async fn browsing(backend: Backend) {
    let app = TestApp::start(backend).await;
    let school = fixtures::school(&app).await;
    for nth in 0..30 {
        fixtures::class(&app, &school, &format!("{nth}班"), 20).await;
    }
    let (ours, limit) = (gets(&app, "/api/classes").await, gets(&app, "/healthz").await);
    report(backend, "catalogue of 30 classes / bare answer", ours, limit, None);
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
