//! Shared state that lives for seconds to hours: the WeChat token, used login
//! codes, counters. Redis when it is configured, this process otherwise.
//!
//! 1. Nothing here is needed for a right answer: losing all of it costs time only.
//! 2. Every entry ends: there is no writing without a time to live.
//! 3. A cache that is down is an error for the caller to weigh, never a panic,
//!    and is waited for at most two seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::{EntryAction, EntryResult};
use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

#[derive(Debug, thiserror::Error)]
#[error("shared cache: {0}")]
pub struct CacheError(#[from] redis::RedisError);

/// Cheap to clone.
#[derive(Clone)]
pub enum Cache {
    Local(Arc<Map>),
    Redis { connection: ConnectionManager, prefix: String },
}

/// Of entries that have ended one is dropped when it is met, or when room is needed.
type Map = quick_cache::sync::Cache<String, Entry>;

#[derive(Clone)]
pub struct Entry {
    value: String,
    ends: Instant,
}

impl Entry {
    fn new(value: &str, ttl: Duration) -> Self {
        Self { value: value.to_owned(), ends: Instant::now() + ttl }
    }

    fn lives(&self) -> bool {
        Instant::now() < self.ends
    }
}

impl Cache {
    pub fn local() -> Self {
        Self::Local(Arc::new(Map::new(100_000)))
    }

    /// Connects in the background and again whenever the connection is lost.
    ///
    /// # Errors
    /// The URL is not one of Redis.
    pub fn redis(url: &str, prefix: &str) -> Result<Self, CacheError> {
        let limit = Some(Duration::from_secs(2));
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(limit)
            .set_response_timeout(limit)
            .set_number_of_retries(1);
        let connection =
            ConnectionManager::new_lazy_with_config(redis::Client::open(url)?, config)?;
        Ok(Self::Redis { connection, prefix: prefix.to_owned() })
    }

    /// Does it outlive this process?
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Redis { .. })
    }

    /// Is it there? Used by `/readyz` and `check`.
    pub async fn ping(&self) -> Result<(), CacheError> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Redis { connection, .. } => Ok(connection.clone().ping::<()>().await?),
        }
    }

    pub async fn get(&self, key: &str) -> Result<Option<String>, CacheError> {
        match self {
            Self::Local(map) => Ok(map.get(key).filter(Entry::lives).map(|entry| entry.value)),
            Self::Redis { connection, prefix } => {
                Ok(connection.clone().get(format!("{prefix}{key}")).await?)
            }
        }
    }

    pub async fn set(&self, key: &str, value: &str, ttl: Duration) -> Result<(), CacheError> {
        match self {
            Self::Local(map) => map.insert(key.to_owned(), Entry::new(value, ttl)),
            Self::Redis { connection, prefix } => {
                let () = connection
                    .clone()
                    .pset_ex(format!("{prefix}{key}"), value, millis(ttl))
                    .await?;
            }
        }
        Ok(())
    }

    /// Writes only where nothing stands; true when it was written.
    pub async fn set_if_absent(
        &self,
        key: &str,
        value: &str,
        ttl: Duration,
    ) -> Result<bool, CacheError> {
        match self {
            Self::Local(map) => Ok(update(map, key, |entry| match entry {
                Some(entry) if entry.lives() => (None, false),
                _ => (Some(Entry::new(value, ttl)), true),
            })),
            Self::Redis { connection, prefix } => {
                let done: Option<String> = redis::cmd("SET")
                    .arg(format!("{prefix}{key}"))
                    .arg(value)
                    .arg("NX")
                    .arg("PX")
                    .arg(millis(ttl))
                    .query_async(&mut connection.clone())
                    .await?;
                Ok(done.is_some())
            }
        }
    }

    /// Removes the entry if it still holds `value`: nobody else's newer value is lost.
    pub async fn remove_if(&self, key: &str, value: &str) -> Result<bool, CacheError> {
        match self {
            Self::Local(map) => {
                let removed = map.remove_if(key, |entry| entry.value == value);
                Ok(removed.is_some_and(|(_, entry)| entry.lives()))
            }
            Self::Redis { connection, prefix } => {
                let script = redis::Script::new(
                    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end",
                );
                let removed: i64 = script
                    .key(format!("{prefix}{key}"))
                    .arg(value)
                    .invoke_async(&mut connection.clone())
                    .await?;
                Ok(removed == 1)
            }
        }
    }

    /// Counts up and returns the new count; the time to live runs from the first.
    pub async fn count(&self, key: &str, ttl: Duration) -> Result<u64, CacheError> {
        self.add(key, 1, ttl).await
    }

    /// As [`count`](Self::count), by more than one.
    pub async fn add(&self, key: &str, more: u64, ttl: Duration) -> Result<u64, CacheError> {
        match self {
            Self::Local(map) => {
                Ok(update(map, key, |entry| match entry.filter(|entry| entry.lives()) {
                    Some(Entry { value, ends }) => {
                        let count = value.parse::<u64>().unwrap_or(0) + more;
                        (Some(Entry { value: count.to_string(), ends: *ends }), count)
                    }
                    None => (Some(Entry::new(&more.to_string(), ttl)), more),
                }))
            }
            Self::Redis { connection, prefix } => {
                let script = redis::Script::new(
                    "local n = redis.call('INCRBY', KEYS[1], ARGV[2]) if n == tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n",
                );
                Ok(script
                    .key(format!("{prefix}{key}"))
                    .arg(millis(ttl))
                    .arg(more)
                    .invoke_async(&mut connection.clone())
                    .await?)
            }
        }
    }

    /// The entries of these keys, in their order.
    pub async fn get_all(&self, keys: &[String]) -> Result<Vec<Option<String>>, CacheError> {
        match self {
            Self::Local(_) => {
                let mut found = Vec::with_capacity(keys.len());
                for key in keys {
                    found.push(self.get(key).await?);
                }
                Ok(found)
            }
            Self::Redis { connection, prefix } => {
                let keys: Vec<_> = keys.iter().map(|key| format!("{prefix}{key}")).collect();
                Ok(connection.clone().mget(keys).await?)
            }
        }
    }
}

/// Looks at an entry and puts another in its place, with nobody in between.
fn update<T>(map: &Map, key: &str, decide: impl FnOnce(Option<&Entry>) -> (Option<Entry>, T)) -> T {
    // Asked once: of what is there, or of nothing.
    let mut decide = Some(decide);
    let mut ask = |entry: Option<&Entry>| decide.take().expect("asked once")(entry);
    let met = map.entry(key, None, |_, entry| {
        let (next, outcome) = ask(Some(entry));
        if let Some(next) = next {
            *entry = next;
        }
        EntryAction::Retain(outcome)
    });
    match met {
        EntryResult::Retained(outcome) => outcome,
        EntryResult::Vacant(place) => {
            let (next, outcome) = ask(None);
            if let Some(next) = next {
                // Whoever has written here meanwhile (`set`) is the newer one, and stays.
                let _taken = place.insert(next);
            }
            outcome
        }
        EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => {
            unreachable!("only what is retained is answered, and without a limit of time")
        }
    }
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}
