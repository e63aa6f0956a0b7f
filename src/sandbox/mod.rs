//! A stand-in for the WeChat platform, for the demo and the tests: a server of its
//! own that is called, calls back, and has a phone to look at.
//!
//! 1. It shares no code and no state with `wechat/`: what both got wrong in the same
//!    way would not be seen. It is met over HTTP alone.
//! 2. It is strict. What the real platform refuses is refused with the same errcode;
//!    what only a bug of the client can cause is kept in [`Sandbox::unexpected`].
//! 3. It keeps everything it was sent, without secrets and tokens.
//! 4. It plays the caller too: signs, encrypts and posts callbacks, gives up on an
//!    answer after five seconds, tries three times with the same MsgId.
//! 5. It says on every page that it is not WeChat.
//! 6. What goes wrong by chance goes wrong again with the same seed; its clock is the
//!    one it was given, and can be put forward.

mod alone;
mod article;
mod caller;
mod code;
mod config;
mod control;
mod deeds;
mod given;
mod journal;
mod meter;
mod people;
mod phone;
mod platform;
mod push;
mod scan;
mod seal;
mod server;
mod state;
mod template;
mod texts;

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use alone::{Options, run};
pub use config::{AccountKeys, AccountKind, RandomFaults, SandboxConfig, Template, TemplateField};
pub use journal::{CallbackRecord, Fault, Order, QueuedFault, RequestRecord};
pub use people::{Opened, Said, Tapped};
pub use platform::JsConfig;
pub use state::{
    Account, AccountStanding, Address, AdminAnswer, Article, ChatArticle, ChatLine, Extra,
    MassOutcome, NoticeOutcome, Outcome, PersonStanding, PublishedArticle, Publishing, Sender,
    ServiceNotice, TextMessage, User, Verdict,
};

use crate::error::{Error, Result};
use server::Shared;

/// A running sandbox. Clones are the same one; it stops with the last of them.
#[derive(Clone)]
pub struct Sandbox {
    inner: Shared,
    server: Arc<Server>,
}

struct Server {
    done: CancellationToken,
    _stops_with_the_handle: DropGuard,
}

/// Starts the sandbox; port 0 takes a free one.
///
/// # Errors
/// The address is taken, or the state file cannot be read.
pub async fn start(config: SandboxConfig) -> Result<Sandbox> {
    let (inner, done) = server::start(config).await?;
    let guard = inner.stop.clone().drop_guard();
    let server = Server { done, _stops_with_the_handle: guard };
    Ok(Sandbox { inner, server: Arc::new(server) })
}

impl Sandbox {
    /// `http://127.0.0.1:PORT`: the value for `wechat.api_base`.
    pub fn base_url(&self) -> &str {
        &self.inner.base_url
    }

    /// The phone's page.
    pub fn phone_url(&self) -> String {
        format!("{}/phone", self.inner.base_url)
    }

    /// What the service has to be configured with, as pairs for `Config::load_with`.
    pub fn service_settings(&self) -> Vec<(&'static str, String)> {
        self.inner.config.service_settings(&self.inner.base_url)
    }

    /// Where callbacks go, without the path: `http://127.0.0.1:8080`.
    pub fn set_service_url(&self, url: &str) {
        self.inner.set_service_url(url);
    }

    /// Is there a mini-program, or does the phone open pages in its own browser?
    pub fn set_has_mini(&self, has_mini: bool) {
        self.inner.set_has_mini(has_mini);
    }

    /// Ends the server and waits until it has ended.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.server.done.cancelled().await;
    }

    /// Waits until everything that was to happen by itself (publications,
    /// their callbacks) has happened.
    pub async fn settle(&self) {
        self.inner.settle().await;
    }

    /// Consents given and not yet used.
    pub fn consents(&self, user: &User, template_id: &str) -> u32 {
        self.inner.read(|state| {
            state
                .person(user.id)
                .and_then(|person| person.consents.get(template_id))
                .copied()
                .unwrap_or_default()
        })
    }

    /// The chat of a person with the account, oldest first.
    pub fn chat(&self, user: &User) -> Vec<ChatLine> {
        self.inner
            .read(|state| state.person(user.id).map(|person| person.chat.clone()))
            .unwrap_or_default()
    }

    /// The subscription messages a person got, oldest first.
    pub fn service_notices(&self, user: &User) -> Vec<ServiceNotice> {
        self.inner
            .read(|state| state.person(user.id).map(|person| person.notices.clone()))
            .unwrap_or_default()
    }

    /// The short messages that were sent, oldest first.
    pub fn texts(&self) -> Vec<TextMessage> {
        self.inner.read(|state| state.texts.clone())
    }

    /// What is published now, oldest first.
    pub fn articles(&self) -> Vec<PublishedArticle> {
        let mut all = self.inner.read(|state| state.published(&self.inner.base_url));
        all.retain(|one| one.listed);
        all
    }

    /// The talk of a person with the mini-program's customer service, oldest first.
    pub fn mini_chat(&self, user: &User) -> Vec<ChatLine> {
        self.inner
            .read(|state| state.person(user.id).map(|person| person.mini_chat.clone()))
            .unwrap_or_default()
    }

    /// Drafts in the box: media_id and articles.
    pub fn drafts(&self) -> Vec<(String, Vec<Article>)> {
        self.inner.read(|state| {
            state
                .drafts
                .iter()
                .map(|draft| (draft.media_id.clone(), draft.articles.clone()))
                .collect()
        })
    }

    /// The menu as it was created.
    pub fn menu(&self) -> Option<Value> {
        self.inner.read(|state| state.menu.clone())
    }

    /// How publications submitted from now on will end.
    pub fn set_publication_outcome(&self, outcome: Outcome) {
        self.inner.change(|state| state.outcome = outcome);
    }

    /// How mass sends taken from now on will end.
    pub fn set_mass_outcome(&self, outcome: MassOutcome) {
        self.inner.change(|state| state.mass_outcome = outcome);
    }

    /// Somebody makes a menu on the platform's own page: `{"button": […]}`.
    pub fn make_menu_by_hand(&self, menu: Value) {
        self.inner.change(|state| (state.menu, state.menu_by_hand) = (Some(menu), true));
    }

    /// From now on a send to all waits for the administrator.
    pub fn set_mass_protection(&self, on: bool) {
        self.inner.change(|state| state.mass_protection = on);
    }

    /// The administrator answers the oldest send that waits; false: none does.
    pub async fn answer_mass(&self, answer: AdminAnswer) -> bool {
        platform::mass::answer_held(&self.inner, answer).await
    }

    /// What becomes of subscription and template messages taken from now on.
    pub fn set_notice_outcome(&self, outcome: NoticeOutcome) {
        self.inner.change(|state| state.notice_outcome = outcome);
    }

    /// How the account, its address and its mini-program stand from now on.
    pub fn set_standing(&self, standing: AccountStanding) {
        self.inner.change(|state| state.standing = standing);
    }

    /// How a person stands from now on.
    pub fn set_person_standing(&self, user: &User, standing: PersonStanding) {
        self.inner.change(|state| {
            if let Some(person) = state.person_mut(user.id) {
                person.standing = standing;
            }
        });
    }

    /// All of a publication goes, by its owner's hand or the system's; false: there is none.
    pub async fn take_down(&self, article_id: &str, by_the_system: bool) -> bool {
        platform::publish::take_down(&self.inner, article_id, by_the_system).await
    }

    /// How checks of pictures and sound end from now on.
    pub fn set_verdict(&self, verdict: Verdict) {
        self.inner.change(|state| state.verdict = verdict);
    }

    /// From now on calls go wrong by chance; None: no longer.
    pub fn fail_at_random(&self, faults: Option<RandomFaults>) {
        self.inner.journal().random = faults;
    }

    /// Puts the sandbox's own clock forward.
    pub fn advance(&self, by: TimeDelta) {
        self.inner.advance(by);
    }

    /// From now on callbacks are kept back until [`Sandbox::release`].
    pub fn hold_callbacks(&self) {
        self.inner.journal().held.get_or_insert_default();
    }

    /// Posts what was kept back, each so many times, and keeps nothing back any more.
    pub async fn release(&self, order: Order, times: u32) -> Vec<CallbackRecord> {
        caller::release(&self.inner, order, times).await
    }

    /// The next `count` calls of `path` go wrong in this way.
    pub fn fail_next(&self, path: &str, fault: Fault, count: u32) {
        self.inner.journal().add_fault(path, fault, count);
    }

    /// Faults not met yet.
    pub fn faults(&self) -> Vec<QueuedFault> {
        self.inner.journal().faults.clone()
    }

    pub fn clear_faults(&self) {
        self.inner.journal().faults.clear();
    }

    /// As after a change of the secret: every token given out is refused with 40001.
    pub fn kill_tokens(&self) {
        self.inner.kill_tokens();
    }

    /// Every call of the platform so far, oldest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.inner.journal().requests.iter().cloned().collect()
    }

    /// Every callback so far, with what came back.
    pub fn callbacks(&self) -> Vec<CallbackRecord> {
        self.inner.journal().callbacks.iter().cloned().collect()
    }

    /// What only a bug of the service can have caused; empty in a good run.
    pub fn unexpected(&self) -> Vec<String> {
        self.inner.journal().unexpected.clone()
    }

    /// Gives the unexpected and forgets it: for a test that provoked it.
    pub fn take_unexpected(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.journal().unexpected)
    }

    /// Posts a callback of [`Sandbox::callbacks`] again, as WeChat does when it
    /// missed the answer: same body, new signature. Gives the new record.
    ///
    /// # Errors
    /// There is no callback of this number.
    pub async fn redeliver(&self, number: usize) -> Result<CallbackRecord> {
        caller::redeliver(&self.inner, number)
            .await
            .ok_or_else(|| Error::not_found("no_callback", "没有这条推送。"))
    }

    /// Does what saving the server settings does: the GET with `echostr`.
    pub async fn verify_url(&self, account: Account) -> bool {
        caller::verify_url(&self.inner, account).await
    }

    /// What the JS-SDK says to `wx.config` with these values on the page at `url`.
    pub fn js_config(&self, asked: &JsConfig) -> String {
        platform::ticket::js_config(&self.inner, asked)
    }

    /// Opens a link the way the phone does: which page of the service it is.
    pub fn resolve(&self, link: &str) -> Opened {
        people::resolve(&self.inner, link)
    }
}
