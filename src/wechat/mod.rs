//! THE PROTOCOL of WeChat: callbacks in, calls out. Knows nothing of classes or
//! residents. The reference is WeChat's own documentation (developers.weixin.qq.com).
//!
//! 1. The base address is the only seam: failures live on the wire, and are tried there.
//! 2. A call goes one way: may it? → token → host → errcode → typed error (`client.rs`).
//!    A rejected token is dropped, only that one, and the call repeated once. What
//!    reaches people is repeated only where it was certainly not taken (`retry.rs`).
//! 3. One token request at a time, also among instances; `stable_token` gives all of
//!    them the same. Never a forced refresh. The shared cache saves calls: without it
//!    everything still works, and no more tokens are asked for.
//! 4. Limits are checked before sending, counted in characters as the platform does.
//! 5. No error, log line or trace holds a token, a secret, an openid or a URL with one.
//! 6. No input makes it panic; what is not understood is an error or `Unknown`.
//!
//! Without a caller in the service, kept for whoever needs them: menus for some and the
//! deletion of all (`official/menu.rs`), tags and remarks (`tags.rs`, `users.rs`), lists
//! and deletion of material, reading and deletion of what is published, change and count
//! of drafts (`material.rs`, `publish.rs`, `draft.rs`), picture articles, mass sends to a
//! tag, to openids or of another kind than articles (`mass.rs`), replies and customer
//! messages other than text (`reply.rs`, `custom.rs`), uploads other than pictures of
//! articles (`media.rs`), templates taken from the library (`subscription.rs`,
//! `template.rs`), what `snsapi_userinfo` gives and tokens of web pages that are renewed or
//! looked at (`oauth.rs`), schemes of the mini-program (`mini/link.rs`), its session keys
//! (`mini/session.rs`), one endpoint's count set back and the API's addresses (`upkeep.rs`).

use std::sync::Arc;
use std::time::Duration;

use crate::cache::Cache;
use crate::clock::Clock;
use crate::config;
use crate::error::{Error as AppError, Result as AppResult};

mod account;
mod answer;
pub mod callback;
mod circuit;
mod client;
pub mod crypto;
mod custom;
mod endpoint;
mod error;
mod field;
mod hosts;
mod lease;
mod media;
pub mod message;
pub mod mini;
pub mod official;
mod quota;
pub mod reply;
mod retry;
pub mod signature;
mod subscription;
mod token;
mod tree;
mod trouble;
mod upkeep;

pub use account::Ability;
pub use callback::{Callback, CallbackError, Incoming, Query};
pub use circuit::CircuitView;
pub use custom::CustomMessage;
pub use error::{Class, Error};
pub use media::{MediaContent, MediaType, TemporaryMedia};
pub use mini::{LoginSession, Mini, SubscribeMessage, fit_template_value};
pub use official::{Official, same_host};
pub use quota::QuotaLine;
pub use reply::{Article, Articles, Reply};
pub use subscription::{
    Category, KeywordChoices, LibraryKeyword, LibraryTemplate, SubscribeTemplate, Templates,
};
pub use trouble::Trouble;
pub use upkeep::{CallbackCheck, HostView, LookedUp, Upkeep};

use account::{Account, Standing};
use retry::{Policy, Urgency};

/// The platform, for both accounts. Cheap to clone.
#[derive(Clone)]
pub struct Wechat {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    http: reqwest::Client,
    /// In the order in which they are tried; no slash at the end.
    hosts: Arc<[String]>,
    /// Where browsers are sent to sign in. No slash at the end.
    open_base: String,
    upload_timeout: Duration,
    policy: Policy,
    urgency: Urgency,
    cache: Cache,
    clock: Clock,
    official: Arc<Account>,
    mini: Arc<Account>,
    tickets: Arc<official::Tickets>,
    official_callback: Option<Arc<Callback>>,
    mini_callback: Option<Arc<Callback>>,
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
        let hosts: Arc<[String]> = config.hosts().into_iter().map(str::to_owned).collect();
        let account = |appid: &str, secret, standing| {
            Arc::new(Account::new(appid, secret, standing, hosts.len()))
        };
        let (kind, verified) = (official.kind, official.verified);
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                open_base: config.open_base.clone(),
                upload_timeout: Duration::from_secs(config.upload_timeout_s),
                policy: Policy {
                    tries: config.tries,
                    pause: Duration::from_millis(config.retry_pause_ms),
                },
                urgency: Urgency::Interactive,
                cache,
                clock,
                official_callback: Callback::new(official.callback_keys(), window_s)?.map(Arc::new),
                mini_callback: Callback::new(mini.callback_keys(), window_s)?.map(Arc::new),
                official: account(
                    &official.appid,
                    &official.secret,
                    Standing::Official { kind, verified },
                ),
                mini: account(
                    &mini.appid,
                    &mini.secret,
                    Standing::Mini { verified: mini.verified },
                ),
                tickets: Arc::default(),
                hosts,
            }),
        })
    }

    /// For jobs: with more patience, and short of the day's last calls.
    #[must_use]
    pub fn in_background(&self) -> Self {
        let inner = Inner { urgency: Urgency::Background, ..(*self.inner).clone() };
        Self { inner: Arc::new(inner) }
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
