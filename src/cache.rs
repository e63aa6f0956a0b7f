//! Shared state that lives for seconds to hours: the WeChat token, used login
//! codes, counters. Redis when it is configured, this process otherwise.
//!
//! 1. Nothing here is needed for a right answer: losing all of it costs time only.
//! 2. Every entry ends: there is no writing without a time to live.
//! 3. A cache that is down is an error for the caller to weigh, never a panic,
//!    and is waited for at most two seconds.

use std::time::{Duration, Instant};

use moka::Expiry;
use moka::ops::compute::Op;
use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

#[derive(Debug, thiserror::Error)]
#[error("shared cache: {0}")]
pub struct CacheError(#[from] redis::RedisError);

/// Cheap to clone.
#[derive(Clone)]
pub enum Cache {
    Local(moka::sync::Cache<String, Entry>),
    Redis { connection: ConnectionManager, prefix: String },
}

#[derive(Clone)]
pub struct Entry {
    value: String,
    ends: Instant,
}

impl Entry {
    fn new(value: &str, ttl: Duration) -> Self {
        Self { value: value.to_owned(), ends: Instant::now() + ttl }
    }
}

struct PerEntry;

impl Expiry<String, Entry> for PerEntry {
    fn expire_after_create(&self, _: &String, entry: &Entry, now: Instant) -> Option<Duration> {
        Some(entry.ends.saturating_duration_since(now))
    }

    fn expire_after_update(
        &self,
        _: &String,
        entry: &Entry,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.ends.saturating_duration_since(now))
    }
}

impl Cache {
    pub fn local() -> Self {
        Self::Local(
            moka::sync::Cache::builder().max_capacity(100_000).expire_after(PerEntry).build(),
        )
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

    /// Is it there? Used by `/readyz` and `check`.
    pub async fn ping(&self) -> Result<(), CacheError> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Redis { connection, .. } => Ok(connection.clone().ping::<()>().await?),
        }
    }

    pub async fn get(&self, key: &str) -> Result<Option<String>, CacheError> {
        match self {
            Self::Local(map) => Ok(map.get(key).map(|entry| entry.value)),
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
            Self::Local(map) => {
                let entry = map.entry(key.to_owned()).or_insert_with(|| Entry::new(value, ttl));
                Ok(entry.is_fresh())
            }
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
                let result = map.entry(key.to_owned()).and_compute_with(|entry| match entry {
                    Some(entry) if entry.value().value == value => Op::Remove,
                    _ => Op::Nop,
                });
                Ok(matches!(result, moka::ops::compute::CompResult::Removed(_)))
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
        match self {
            Self::Local(map) => {
                let mut count = 1;
                map.entry(key.to_owned()).and_compute_with(|entry| {
                    let mut next = Entry::new("1", ttl);
                    if let Some(entry) = entry {
                        let earlier = entry.into_value();
                        count = earlier.value.parse::<u64>().unwrap_or(0) + 1;
                        next = Entry { value: count.to_string(), ..earlier };
                    }
                    Op::Put(next)
                });
                Ok(count)
            }
            Self::Redis { connection, prefix } => {
                let script = redis::Script::new(
                    "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n",
                );
                Ok(script
                    .key(format!("{prefix}{key}"))
                    .arg(millis(ttl))
                    .invoke_async(&mut connection.clone())
                    .await?)
            }
        }
    }
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}
