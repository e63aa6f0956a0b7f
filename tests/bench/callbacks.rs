//! Callbacks, text in and text out, against a bare handler that returns a constant,
//! under the same load.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Route, handler, post};
use sea_orm::ConnectionTrait;

use crate::opening::redis;
use crate::support::callbacks::{self, Delivery};
use crate::support::{Backend, TestApp};
use crate::{expect, load, report};

const MESSAGES: u64 = 40_000;
const CONNECTIONS: usize = 64;
/// Their median counts.
const ROUNDS: u64 = 5;

/// Residents who are known when nothing is said of their number.
const RESIDENTS: u64 = 1_000;

/// What all are answered alike, and what each is answered with their own data.
const ALIKE: &str = "报名";
const OWN: &str = "我的学时";

pub async fn measure(backend: Backend) {
    for (mode, must) in [("safe", 0.5), ("plain", 0.7)] {
        against_bare(backend, mode, ALIKE, None, Some(must)).await;
    }
    // Several instances share what they remember: the way of a large centre.
    if backend == Backend::Postgres
        && let Some(url) = redis()
    {
        for (mode, must) in [("safe", 0.5), ("plain", 0.7)] {
            against_bare(backend, mode, ALIKE, Some(&url), Some(must)).await;
        }
    }
    against_bare(backend, "safe", OWN, None, None).await;
    residents_do_not_matter(backend).await;
}

async fn start(backend: Backend, mode: &str, redis: Option<&str>) -> (TestApp, SocketAddr) {
    let mut settings = callbacks::settings("official", mode);
    if let Some(url) = redis {
        let mut mark = [0_u8; 8];
        getrandom::fill(&mut mark).unwrap();
        settings.push(("redis.url".to_owned(), url.to_owned()));
        settings.push(("redis.prefix".to_owned(), format!("bench:{}:", hex::encode(mark))));
    }
    let settings: Vec<_> =
        settings.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    let app = TestApp::start_with(backend, &settings).await;
    let address = app.url.trim_start_matches("http://").parse().unwrap();
    (app, address)
}

/// Everybody who asks is linked, in their turn.
async fn against_bare(
    backend: Backend,
    mode: &str,
    text: &str,
    redis: Option<&str>,
    must: Option<f64>,
) {
    let bare = bare().await;
    let (app, address) = start(backend, mode, redis).await;
    populate(&app, RESIDENTS).await;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let requests = Arc::new(requests(&app, mode, round, (text, RESIDENTS)));
        let limit = load::run(bare, &requests, CONNECTIONS, "success").await;
        let ours = load::run(address, &requests, CONNECTIONS, "xml").await;
        rounds.push((ours, limit));
    }
    rounds.sort_by(|a, b| (a.0.per_s / a.1.per_s).total_cmp(&(b.0.per_s / b.1.per_s)));
    let (ours, limit) = &rounds[rounds.len() / 2];
    let own = if text == OWN { ", own data" } else { "" };
    let shared = if redis.is_some() { ", Redis" } else { "" };
    let what = format!("callbacks, {mode}{own}{shared} / bare answer, p99 {:?}", ours.p99);
    report(backend, &what, ours.per_s, limit.per_s, must);
    // Without a limit it is shown how many can be answered at all: who waits, waits in line.
    let quick = must.is_none() || ours.p99 < Duration::from_millis(50);
    expect(quick, "p99 of callbacks below 50 ms");
}

/// In turns, so that a machine's mood meets both; everybody asks, not the first thousand.
async fn residents_do_not_matter(backend: Backend) {
    let mut worlds = Vec::new();
    for residents in [1_000, 100_000] {
        let (app, address) = start(backend, "safe", None).await;
        populate(&app, residents).await;
        worlds.push((app, address, residents));
    }
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let mut rates = Vec::new();
        for (app, address, residents) in &worlds {
            let requests = Arc::new(requests(app, "safe", round, (OWN, *residents)));
            rates.push(load::run(*address, &requests, CONNECTIONS, "xml").await.per_s);
        }
        ratios.push((rates[1], rates[0]));
    }
    ratios.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (many, few) = ratios[ratios.len() / 2];
    report(backend, "own data, 100,000 / 1,000 residents", many, few, Some(0.8));
}

/// Residents with an openid each, of whom the messages come.
async fn populate(app: &TestApp, residents: u64) {
    let now = app.now().to_rfc3339();
    for sql in [
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {residents}) \
             INSERT INTO resident (id, learner_number, created_at, updated_at) \
             SELECT i, 'bench' || i, '{now}', '{now}' FROM n"
        ),
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {residents}) \
             INSERT INTO wechat_identity (account, openid, resident_id, created_at) \
             SELECT 'official', 'oPerson' || i, i, '{now}' FROM n"
        ),
    ] {
        app.app.db.writer().execute_unprepared(&sql).await.unwrap();
    }
    if app.database_url().starts_with("postgres") {
        // As the database does by itself after a while.
        app.app.db.writer().execute_unprepared("ANALYZE").await.unwrap();
    }
}

#[handler]
fn constant() -> &'static str {
    "success"
}

async fn bare() -> SocketAddr {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = acceptor.local_addr()[0].as_socket_addr().copied().unwrap();
    let endpoint = Route::new().at("/wechat/official", post(constant));
    tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(endpoint));
    address
}

/// Messages of WeChat's, each from one of the people, in an order that wanders over all of
/// them; one in ten comes a second time.
fn requests(app: &TestApp, mode: &str, round: u64, asked: (&str, u64)) -> Vec<Vec<u8>> {
    /// A prime: who comes next is not the neighbour.
    const STEP: u64 = 7_919;
    let (text, people) = asked;
    let at = app.now().timestamp();
    let mut requests: Vec<Vec<u8>> = Vec::new();
    for nth in 0..MESSAGES {
        let number = round * MESSAGES + nth;
        let (person, id) = (number * STEP % people + 1, 24_000_000_000_000_000 + number);
        let message = callbacks::text(&format!("oPerson{person}"), id, at, text);
        let Delivery { query, body } = callbacks::deliver(mode, at, nth, &message);
        let request = format!(
            "POST /wechat/official?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        requests.push(request.into_bytes());
        if nth % 10 == 9 {
            requests.push(requests[requests.len() - 5].clone());
        }
    }
    requests
}
