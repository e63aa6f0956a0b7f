//! THE PROTOCOL of WeChat; knows nothing of classes or members.
use std::collections::BTreeMap;

use crate::cache::Cache;
use crate::clock::Clock;
use crate::config;
use crate::error::Result;

mod error;
mod token {
    pub(super) const PATH: &str = "/cgi-bin/stable_token";
}

pub use error::{Class, Error};

/// The platform, for both accounts. Cheap to clone.
#[derive(Clone)]
pub struct Wechat {}

pub struct LoginSession {
    pub openid: String,
    pub unionid: Option<String>,
}

pub struct SubscribeMessage {
    pub openid: String,
    pub template_id: String,
    pub page: Option<String>,
    pub data: BTreeMap<String, String>,
    pub state: String,
}

pub struct Mini {}

impl Mini {
    pub async fn login(&self, _code: &str) -> Result<LoginSession, Error> {
        Err(Error::ours("login", Class::NotSent, "under construction"))
    }
    pub async fn phone_number(&self, _code: &str) -> Result<String, Error> {
        Err(Error::ours("phone", Class::NotSent, "under construction"))
    }
    pub async fn send_subscribe(&self, _message: &SubscribeMessage) -> Result<(), Error> {
        Err(Error::ours("subscribe", Class::NotSent, "under construction"))
    }
}

impl Wechat {
    pub fn new(_config: &config::Wechat, _cache: Cache, _clock: Clock) -> Result<Self> {
        Ok(Self {})
    }

    pub fn mini(&self) -> Mini {
        Mini {}
    }
}

pub fn fit_template_value(_key: &str, value: &str) -> String {
    value.to_owned()
}
