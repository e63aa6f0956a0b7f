//! The server and what its parts share.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{EndpointExt, Route, Server};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::config::SandboxConfig;
use super::journal::Journal;
use super::meter::Meter;
use super::state::{Account, Media, MediaKind, OwnTemplate, State, TemplateKind, picture_url};
use super::{control, people, phone, platform, texts};
use crate::error::{Error, Result};

pub(super) type Shared = Arc<Inner>;

pub(super) struct Inner {
    pub(super) config: SandboxConfig,
    /// No slash at the end.
    pub(super) base_url: String,
    pub(super) http: reqwest::Client,
    pub(super) stop: CancellationToken,
    service_url: RwLock<String>,
    has_mini: AtomicBool,
    state: Mutex<State>,
    journal: Mutex<Journal>,
    meter: Mutex<Meter>,
    /// How far its clock was put forward, in milliseconds.
    ahead: AtomicI64,
    busy: AtomicUsize,
    idle: Notify,
}

pub(super) async fn start(config: SandboxConfig) -> Result<(Shared, CancellationToken)> {
    let state = config.state_file.as_deref().map_or_else(|| Ok(State::default()), load)?;
    let acceptor =
        TcpListener::bind(config.listen).into_acceptor().await.map_err(Error::internal)?;
    let bound = acceptor
        .local_addr()
        .first()
        .and_then(|address| address.as_socket_addr().copied())
        .ok_or_else(|| Error::internal("the sandbox has no address"))?;
    // Refused only where one is installed already, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "the platform calls the service, too")]
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(config.callback_timeout)
        .build()
        .map_err(Error::internal)?;
    let inner = Arc::new(Inner {
        base_url: config.base_url.clone().unwrap_or_else(|| format!("http://{bound}")),
        service_url: RwLock::new(config.service_url.clone()),
        has_mini: AtomicBool::new(config.has_mini),
        http,
        stop: CancellationToken::new(),
        state: Mutex::new(state),
        journal: Mutex::default(),
        meter: Mutex::default(),
        ahead: AtomicI64::new(0),
        busy: AtomicUsize::new(0),
        idle: Notify::new(),
        config,
    });
    inner.journal().random.clone_from(&inner.config.random_faults);
    people::add_the_first(&inner);
    add_templates(&inner);
    platform::publish::take_up_again(&inner);
    platform::mass::take_up_again(&inner);

    let app = Route::new()
        .nest("/phone", phone::routes(&inner))
        .nest("/sandbox/api", control::routes(&inner))
        .at("/sandbox/text", texts::endpoint(&inner))
        .at("/s/:article_id", phone::article(&inner))
        .at("/connect/oauth2/authorize", phone::sign_in(&inner))
        .at("/open/js/jweixin-1.6.0.js", phone::jssdk())
        .at("/:folder/:media_id/0", phone::picture(&inner))
        .at("/*path", platform::endpoint(&inner))
        .with(poem::middleware::CatchPanic::new());
    let done = CancellationToken::new();
    let (stop, ended) = (inner.stop.clone(), done.clone());
    #[expect(clippy::disallowed_methods, reason = "a server of its own")]
    tokio::spawn(async move {
        let served = Server::new_with_acceptor(acceptor)
            .name("sandbox")
            .run_with_graceful_shutdown(app, stop.cancelled(), Some(Duration::from_millis(200)))
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "sandbox: the server has failed");
        }
        ended.cancel();
    });
    Ok((inner, done))
}

impl Inner {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.config.clock.now() + TimeDelta::milliseconds(self.ahead.load(Ordering::SeqCst))
    }

    /// Puts its own clock forward, whatever the clock it was given does.
    pub(super) fn advance(&self, by: TimeDelta) {
        self.ahead.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }

    /// As after a change of the secret: every token given out is dead.
    pub(super) fn kill_tokens(&self) {
        self.change(|state| state.tokens.iter_mut().for_each(|token| token.dead = true));
    }

    pub(super) fn meter(&self) -> MutexGuard<'_, Meter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state and writes it down before anybody else sees it.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut state);
        state.version += 1;
        if let Some(file) = &self.config.state_file
            && let Err(error) = save(file, &state)
        {
            tracing::warn!(%error, "sandbox: the state cannot be written");
        }
        outcome
    }

    pub(super) fn service_url(&self) -> String {
        self.service_url.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_service_url(&self, url: &str) {
        let mut service_url = self.service_url.write().unwrap_or_else(PoisonError::into_inner);
        url.trim_end_matches('/').clone_into(&mut service_url);
    }

    pub(super) fn has_mini(&self) -> bool {
        self.has_mini.load(Ordering::SeqCst)
    }

    pub(super) fn set_has_mini(&self, has_mini: bool) {
        self.has_mini.store(has_mini, Ordering::SeqCst);
    }

    /// Where the phone opens pages of the service.
    pub(super) fn page_url(&self) -> String {
        self.config.page_url.clone().unwrap_or_else(|| self.service_url())
    }

    /// Lets something happen by itself, until the sandbox stops.
    pub(super) fn by_itself(self: &Arc<Self>, what: impl Future<Output = ()> + Send + 'static) {
        let inner = Arc::clone(self);
        inner.busy.fetch_add(1, Ordering::SeqCst);
        #[expect(clippy::disallowed_methods, reason = "the platform's own pace")]
        tokio::spawn(async move {
            tokio::select! {
                () = what => {}
                () = inner.stop.cancelled() => {}
            }
            inner.busy.fetch_sub(1, Ordering::SeqCst);
            inner.idle.notify_waiters();
        });
    }

    pub(super) async fn settle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.busy.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Keeps a file that is good for three days.
    pub(super) fn keep_media(
        &self,
        account: Account,
        kind: MediaKind,
        mime: &str,
        bytes: &[u8],
    ) -> String {
        self.keep(Media {
            mime: mime.to_owned(),
            material: false,
            kind,
            account,
            name: String::new(),
            title: String::new(),
            introduction: String::new(),
            at: self.now(),
            inline: false,
            bytes: bytes.to_vec(),
        })
    }

    /// Gives the media_id. With a state file, the bytes are on disk as well.
    pub(super) fn keep(&self, media: Media) -> String {
        let serial = self.change(State::next);
        let what = if media.material { "Material" } else { "Temporary" };
        let media_id = format!("sbx{what}OfTheSandbox0123456789ABCDEF{serial:08}");
        self.write_down(&media_id, &media.bytes);
        self.change(|state| state.media.insert(media_id.clone(), media));
        media_id
    }

    /// Where a kept picture is fetched.
    pub(super) fn picture_url(&self, media_id: &str) -> String {
        let mime = self.read(|state| state.media.get(media_id).map(|media| media.mime.clone()));
        picture_url(&self.base_url, media_id, mime.as_deref().unwrap_or("image/jpeg"))
    }

    fn write_down(&self, media_id: &str, bytes: &[u8]) {
        let Some(file) = &self.config.state_file else { return };
        let folder = pictures_of(file);
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join(media_id), bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "sandbox: a picture cannot be written");
        }
    }
}

/// The templates of the configuration, beside those a kept state has.
fn add_templates(inner: &Inner) {
    let config = &inner.config;
    let kinds = [
        (TemplateKind::MiniSubscribe, &config.templates),
        (TemplateKind::OfficialSubscribe, &config.official_subscriptions),
        (TemplateKind::OfficialTemplate, &config.official_templates),
    ];
    let wanted = kinds.into_iter().flat_map(|(kind, templates)| {
        templates.iter().map(move |template| OwnTemplate { template: template.clone(), kind })
    });
    inner.change(|state| {
        for own in wanted {
            if state.template(&own.template.id, own.kind).is_none() {
                state.templates.push(own);
            }
        }
    });
}

fn pictures_of(state_file: &Path) -> PathBuf {
    state_file.with_extension("pictures")
}

fn load(file: &Path) -> Result<State> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(Error::internal(error)),
    };
    let mut state: State = serde_json::from_slice(&bytes)?;
    let folder = pictures_of(file);
    for (media_id, media) in &mut state.media {
        media.bytes = std::fs::read(folder.join(media_id)).unwrap_or_default();
    }
    Ok(state)
}

fn save(file: &Path, state: &State) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, serde_json::to_vec(state)?)?;
    std::fs::rename(&fresh, file)
}
