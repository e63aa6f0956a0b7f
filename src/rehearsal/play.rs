//! The opening itself: everybody looks at the classes and signs up, when it is their
//! turn and whatever becomes of those before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use poem::listener::{Acceptor, Listener, TcpListener};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::store::Stage;
use crate::app::App;
use crate::error::{Error, Result};
use crate::{outbox, routes, worker};

/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// So long the work that follows may take.
const AFTERWARDS: Duration = Duration::from_secs(120);

/// What people met.
pub(super) struct Played {
    /// From when each was due to the end of the answer, in order.
    pub(super) signed: Vec<Duration>,
    pub(super) looked: Vec<Duration>,
    /// How sign-ups ended: an outcome, or the code of a refusal.
    pub(super) ends: BTreeMap<String, usize>,
    /// Answers of 500 and above, and none at all.
    pub(super) failed: usize,
    /// From the last answer until all that follows was done; `None`: it was not.
    pub(super) afterwards: Option<Duration>,
}

/// # Errors
/// No port is free.
pub(super) async fn play(app: &App, stage: &Stage, within: Duration) -> Result<Played> {
    let stop = CancellationToken::new();
    let acceptor =
        TcpListener::bind("127.0.0.1:0").into_acceptor().await.map_err(Error::internal)?;
    let address = acceptor.local_addr().first().map(ToString::to_string).unwrap_or_default();
    let base = address.trim_start_matches("socket://").to_owned();
    let endpoint = routes::build(app)?;
    let mut service = JoinSet::new();
    let stopped = stop.clone();
    service.spawn(async move {
        let server = poem::Server::new_with_acceptor(acceptor);
        let stopped = async move { stopped.cancelled().await };
        let _ended = server.run_with_graceful_shutdown(endpoint, stopped, None).await;
    });
    service.spawn(worker::serve(app.clone(), stop.clone()));
    let met = crowd(&base, stage, within).await;
    let afterwards = settle(app).await;
    stop.cancel();
    while service.join_next().await.is_some() {}
    let mut played = Played {
        signed: Vec::new(),
        looked: Vec::new(),
        ends: BTreeMap::new(),
        failed: 0,
        afterwards,
    };
    for met in met? {
        played.looked.push(met.looked);
        match met.ended {
            Some(end) => {
                played.signed.push(met.signed);
                *played.ends.entry(end).or_default() += 1;
            }
            None => played.failed += 1,
        }
    }
    played.signed.sort_unstable();
    played.looked.sort_unstable();
    Ok(played)
}

struct Met {
    looked: Duration,
    signed: Duration,
    ended: Option<String>,
}

async fn crowd(base: &str, stage: &Stage, within: Duration) -> Result<Vec<Met>> {
    #[expect(clippy::disallowed_methods, reason = "the crowd calls us, and not WeChat")]
    let http =
        reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().map_err(Error::internal)?;
    let (begun, all) = (Instant::now(), stage.people.len());
    let (base, mut people) = (Arc::<str>::from(base), JoinSet::new());
    for (nth, (token, class)) in stage.people.iter().enumerate() {
        let due = begun + within.mul_f64(nth as f64 / all as f64);
        let (http, base, token, class) = (http.clone(), Arc::clone(&base), token.clone(), *class);
        people.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            let list = http.get(format!("http://{base}/api/classes")).send().await;
            let seen = match list {
                Ok(list) => list.bytes().await.is_ok(),
                Err(_) => false,
            };
            let looked = due.elapsed();
            let answer = http
                .post(format!("http://{base}/api/classes/{class}/enrolments"))
                .bearer_auth(token)
                .json(&json!({ "join_waitlist": true }))
                .send()
                .await;
            let ended = match answer {
                Ok(answer) if seen => ended(answer).await,
                _ => None,
            };
            Met { looked, signed: due.elapsed(), ended }
        });
    }
    Ok(people.join_all().await)
}

/// How it ended; `None`: our failure.
async fn ended(answer: reqwest::Response) -> Option<String> {
    if answer.status().is_server_error() {
        return None;
    }
    let body: Value = answer.json().await.ok()?;
    let word = body["outcome"].as_str().or_else(|| body["code"].as_str())?;
    Some(word.to_owned())
}

/// Waits until no job is due any more.
async fn settle(app: &App) -> Option<Duration> {
    let begun = Instant::now();
    while begun.elapsed() < AFTERWARDS {
        if outbox::due(app.db.read(), app.clock.now()).await.is_ok_and(|due| due == 0) {
            return Some(begun.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    None
}
