//! The server and what its parts share.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{EndpointExt, Route, Server};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::config::SandboxConfig;
use super::journal::Journal;
use super::state::State;
use super::{control, people, phone, platform};
use crate::error::{Error, Result};

pub(super) type Shared = Arc<Inner>;

pub(super) struct Inner {
    pub(super) config: SandboxConfig,
    /// No slash at the end.
    pub(super) base_url: String,
    pub(super) http: reqwest::Client,
    pub(super) stop: CancellationToken,
    service_url: RwLock<String>,
    state: Mutex<State>,
    journal: Mutex<Journal>,
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
        http,
        stop: CancellationToken::new(),
        state: Mutex::new(state),
        journal: Mutex::default(),
        busy: AtomicUsize::new(0),
        idle: Notify::new(),
        config,
    });
    people::add_the_first(&inner);
    platform::publish::take_up_again(&inner);

    let app = Route::new()
        .nest("/phone", phone::routes(&inner))
        .nest("/sandbox/api", control::routes(&inner))
        .at("/s/:article_id", phone::article(&inner))
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
        self.config.clock.now()
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

    /// Keeps a picture; with a state file, on disk as well.
    pub(super) fn keep_picture(&self, media_id: &str, bytes: &[u8]) {
        let Some(file) = &self.config.state_file else { return };
        let folder = pictures_of(file);
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join(media_id), bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "sandbox: a picture cannot be written");
        }
    }
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
