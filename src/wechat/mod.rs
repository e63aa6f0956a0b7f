//! THE PROTOCOL of WeChat; knows nothing of classes or members.
use crate::cache::Cache;
use crate::clock::Clock;
use crate::config;
use crate::error::Result;

/// The platform, for both accounts. Cheap to clone.
#[derive(Clone)]
pub struct Wechat {}

impl Wechat {
    pub fn new(_config: &config::Wechat, _cache: Cache, _clock: Clock) -> Result<Self> {
        Ok(Self {})
    }
}
