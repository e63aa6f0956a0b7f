//! THE PROTOCOL of WeChat: callbacks in, calls out. Knows nothing of classes or
//! residents. The reference is WeChat's own documentation (developers.weixin.qq.com).
//!
//! 1. The base address is the only seam: failures live on the wire, and are tried there.
//! 2. A call goes one way: token → send → errcode → typed error (`client.rs`). A
//!    rejected token is dropped, only that one, and the call repeated once.
//! 3. One token request at a time in a process; `stable_token` gives all instances the
//!    same. Never a forced refresh.
//! 4. Limits are checked before sending, counted in characters as the platform does.
//! 5. No error, log line or trace holds a token, a secret, an openid or a URL with one.
//! 6. No input makes it panic; what is not understood is an error or `Unknown`.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::Cache;
use crate::clock::Clock;
use crate::config;
use crate::error::{Error as AppError, Result as AppResult};

mod answer;
pub mod callback;
mod client;
pub mod crypto;
mod custom;
mod error;
mod field;
mod media;
pub mod message;
pub mod mini;
pub mod official;
pub mod reply;
pub mod signature;
mod subscription;
mod token;
mod tree;

pub use callback::{Callback, CallbackError, Incoming, Query};
pub use custom::CustomMessage;
pub use error::{Class, Error};
pub use media::{MediaContent, MediaType, TemporaryMedia};
pub use mini::{LoginSession, Mini, SubscribeMessage, fit_template_value};
pub use official::Official;
pub use reply::Reply;
pub use subscription::{
    Category, KeywordChoices, LibraryKeyword, LibraryTemplate, SubscribeTemplate, Templates,
};

use client::Account;

/// The platform, for both accounts. Cheap to clone.
#[derive(Clone)]
pub struct Wechat {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    /// No slash at the end.
    base: String,
    /// Where browsers are sent to sign in. No slash at the end.
    open_base: String,
    upload_timeout: Duration,
    cache: Cache,
    clock: Clock,
    official: Account,
    mini: Account,
    tickets: official::Tickets,
    official_callback: Option<Callback>,
    mini_callback: Option<Callback>,
}

impl Wechat {
    /// # Errors
    /// A key that cannot be used; the HTTP client cannot be built.
    pub fn new(config: &config::Wechat, cache: Cache, clock: Clock) -> AppResult<Self> {
        // A second installation is refused, and changes nothing.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "the one place")]
        let mut http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(config.connect_timeout_s))
            .timeout(Duration::from_secs(config.timeout_s))
            // It would carry the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            // The configuration says where to call, not a variable of the environment.
            .no_proxy();
        if !config.api_base.starts_with("https:") {
            // The sandbox: it has to run where no certificates are installed.
            http = http.tls_certs_only([]);
        }
        let http = http.build().map_err(AppError::internal)?;
        let (official, mini) = (&config.official, &config.mini);
        let window_s = config.timestamp_window_s;
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                base: config.api_base.clone(),
                open_base: config.open_base.clone(),
                upload_timeout: Duration::from_secs(config.upload_timeout_s),
                cache,
                clock,
                official_callback: Callback::new(official.callback_keys(), window_s)?,
                mini_callback: Callback::new(mini.callback_keys(), window_s)?,
                official: Account::new(official.appid.clone(), official.secret.clone()),
                mini: Account::new(mini.appid.clone(), mini.secret.clone()),
                tickets: official::Tickets::default(),
            }),
        })
    }

    /// The mini-program's calls.
    pub fn mini(&self) -> Mini<'_> {
        Mini { inner: &self.inner }
    }

    /// The public account's calls.
    pub fn official(&self) -> Official<'_> {
        Official { inner: &self.inner }
    }
}
