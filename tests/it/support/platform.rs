//! A service with a WeChat platform beside it.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shangxue::clock::Clock;
use shangxue::sandbox::{self, Sandbox, SandboxConfig, User};

use super::{Answer, Backend, TestApp, the_time};

/// The service, and the platform it calls and is called by.
pub struct World {
    pub app: TestApp,
    pub platform: Sandbox,
    clock: Clock,
}

/// Writes each test once and runs it on both databases, each with a platform of its own.
#[macro_export]
macro_rules! on_both_databases_with_wechat {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "not every test needs them")]
            use super::*;
            async fn scenario($world: $crate::support::platform::World) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let backend = $crate::support::Backend::Sqlite;
                scenario($crate::support::platform::World::start(backend).await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let backend = $crate::support::Backend::Postgres;
                if backend.available() {
                    scenario($crate::support::platform::World::start(backend).await).await;
                }
            }
        }
    )*};
}

impl World {
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, &[]).await
    }

    /// With further values of the service's configuration.
    pub async fn start_with(backend: Backend, extra: &[(&'static str, String)]) -> Self {
        let clock = Clock::fixed(the_time());
        let platform = sandbox::start(SandboxConfig::new(clock.clone())).await.unwrap();
        let mut settings = platform.service_settings();
        // A platform that does not answer is not waited for.
        settings.push(("wechat.timeout_s", "1".to_owned()));
        settings.extend_from_slice(extra);
        let app = TestApp::start_with(backend, &settings).await;
        platform.set_service_url(&app.url);
        Self { app, platform, clock }
    }

    /// Moves the clocks of both.
    pub fn advance(&self, by: TimeDelta) {
        self.app.advance(by);
        self.clock.advance(by);
    }

    /// Signs in with a login code.
    pub async fn sign_in_with(&self, code: &str) -> Answer {
        self.app.post("/api/session", &json!({ "code": code })).send().await
    }

    /// Signs a person in; the answer of `POST /api/session`.
    pub async fn sign_in(&self, user: &User) -> Value {
        self.sign_in_with(&self.platform.login_code(user)).await.ok()
    }

    /// How often this path of the platform was called.
    pub fn calls(&self, path: &str) -> usize {
        self.platform.requests().iter().filter(|request| request.path == path).count()
    }
}
