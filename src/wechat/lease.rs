//! Among instances one asks the platform for what all of them share: the token, the
//! ticket of pages. The lease saves requests and nothing more: whoever waits too long for
//! its holder asks too.

use std::time::Duration;

use tokio::time::Instant;

use super::Inner;

/// How long an instance may keep the others waiting, and how long they wait.
const LIVES: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);

/// The right of one instance to ask for what is kept under a key of the cache.
pub(super) enum Lease {
    Ours(String),
    Theirs,
    NoCache,
}

impl Lease {
    pub(super) async fn take(inner: &Inner, cache_key: &str) -> Self {
        let mut mark = [0; 8];
        if getrandom::fill(&mut mark).is_err() {
            return Self::NoCache;
        }
        let mark = hex::encode(mark);
        match inner.cache.set_if_absent(&key(cache_key), &mark, LIVES).await {
            Ok(true) => Self::Ours(mark),
            Ok(false) => Self::Theirs,
            Err(_) => Self::NoCache,
        }
    }

    pub(super) async fn release(self, inner: &Inner, cache_key: &str) {
        if let Self::Ours(mark) = self {
            let _ended = inner.cache.remove_if(&key(cache_key), &mark).await;
        }
    }
}

/// Waiting for what another instance is asking for: to be looked for after each turn.
pub(super) struct Waiting {
    begun: Instant,
    turns: u32,
}

impl Waiting {
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now(), turns: 0 }
    }

    /// False: the other one failed, the cache did, or it takes too long.
    pub(super) async fn goes_on(&mut self, inner: &Inner, cache_key: &str) -> bool {
        if self.turns > 0 && !matches!(inner.cache.get(&key(cache_key)).await, Ok(Some(_))) {
            return false;
        }
        self.turns += 1;
        tokio::time::sleep(LOOK).await;
        self.begun.elapsed() < PATIENCE
    }
}

fn key(cache_key: &str) -> String {
    format!("{cache_key}:lease")
}
