//! The service under test: the real router over HTTP, a real database of its
//! own, a fixed clock.
//!
//! Each test runs on SQLite, and on PostgreSQL where `SHANGXUE_TEST_POSTGRES`
//! names a server (`tests/run` does). Nothing sleeps; jobs run when the test says so.

pub mod callbacks;
pub mod fixtures;
pub mod platform;
pub mod process;
pub mod stub;
pub mod town;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use migration::MigratorTrait;
use poem::listener::{Acceptor, Listener, TcpListener};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use shangxue::app::App;
use shangxue::clock::Clock;
use shangxue::config::Config;
use shangxue::{routes, worker};
use tokio_util::sync::CancellationToken;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    /// PostgreSQL only where there is one.
    pub fn available(self) -> bool {
        self == Self::Sqlite || postgres_server().is_some()
    }
}

/// Writes each test once and runs it on both databases.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "not every test needs them")]
            use super::*;
            async fn scenario($app: $crate::support::TestApp) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                scenario($crate::support::TestApp::start($crate::support::Backend::Sqlite).await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if $crate::support::Backend::Postgres.available() {
                    scenario($crate::support::TestApp::start($crate::support::Backend::Postgres).await).await;
                }
            }
        }
    )*};
}

/// 2026-09-01 09:00 in Shanghai, a Tuesday.
pub fn the_time() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-09-01T01:00:00Z").expect("valid").to_utc()
}

/// A server that takes connections and whatever is sent, and never says anything.
pub async fn silent_server() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    address
}

/// The key with which all tests seal.
pub const DATA_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// A running service with a database of its own.
pub struct TestApp {
    pub app: App,
    /// Where it listens, without a slash at the end.
    pub url: String,
    pub http: reqwest::Client,
    scratch: Scratch,
    stop: CancellationToken,
}

impl TestApp {
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, &[]).await
    }

    /// With further values of the configuration.
    pub async fn start_with(backend: Backend, extra: &[(&str, String)]) -> Self {
        let scratch = Scratch::new(backend).await;
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.expect("a free port");
        let address = acceptor.local_addr()[0].as_socket_addr().copied().expect("TCP");
        let url = format!("http://{address}");
        let mut values = vec![
            ("security.data_key", DATA_KEY.to_owned()),
            ("database.url", scratch.url.clone()),
            ("database.max_connections", "8".to_owned()),
            ("database.open_connections", "0".to_owned()),
            ("server.public_url", url.clone()),
            ("centre.phone", "0512-58000000".to_owned()),
            // Nothing answers here unless a test brings a platform.
            ("wechat.api_base", "http://127.0.0.1:9".to_owned()),
            // A failure is seen by who asked for it; repeats in line have tests of their own.
            ("wechat.tries", "1".to_owned()),
        ];
        values.extend(extra.iter().cloned());
        let config = Config::load_with(None, &values).expect("a good configuration");
        let app = App::new(config, Clock::fixed(the_time())).await.expect("the app starts");
        if backend == Backend::Sqlite {
            migration::Migrator::up(app.db.writer(), None).await.expect("migrated");
        }
        let stop = CancellationToken::new();
        let endpoint = routes::build(&app).expect("routes");
        let server = poem::Server::new_with_acceptor(acceptor);
        let stopped = stop.clone();
        tokio::spawn(async move {
            let _ended = server
                .run_with_graceful_shutdown(
                    endpoint,
                    async move { stopped.cancelled().await },
                    None,
                )
                .await;
        });
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { app, url, http, scratch, stop }
    }

    /// Where its data are, for a second instance.
    pub fn database_url(&self) -> &str {
        &self.scratch.url
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.app.clock.advance(by);
    }

    /// Runs all jobs that are due by the fixed clock; returns how many attempts were made.
    pub async fn run_jobs(&self) -> usize {
        worker::run_due(&self.app).await.expect("jobs can be claimed")
    }

    /// A request without anybody signed in.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request(self.http.request(method, format!("{}{path}", self.url)))
    }

    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Request {
        self.request(Method::PUT, path).json(body)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
        self.scratch.remove();
    }
}

/// A request that is being put together.
pub struct Request(pub reqwest::RequestBuilder);

impl Request {
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// With a parameter in the query.
    #[must_use]
    pub fn query(self, name: &str, value: &str) -> Self {
        Self(self.0.query(&[(name, value)]))
    }

    /// As a resident with this token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    /// As staff with this session token and CSRF token.
    #[must_use]
    pub fn staff(self, token: &str, csrf: &str) -> Self {
        Self(self.0.header("cookie", format!("sx_staff={token}")).header("x-csrf-token", csrf))
    }

    /// As this member of staff.
    #[must_use]
    pub fn by(self, clerk: &fixtures::Clerk) -> Self {
        self.staff(&clerk.token, &clerk.csrf)
    }

    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub async fn send(self) -> Answer {
        let response = self.0.send().await.expect("the service answers");
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.expect("a body").to_vec();
        Answer { status, headers, bytes }
    }
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("not JSON ({}): {}", self.status, self.text()))
    }

    /// The JSON of a success; anything else fails the test with what was said.
    pub fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }

    /// Asserts a failure in our envelope, and returns it.
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!(
            (self.status.as_u16(), body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text()
        );
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        assert!(body["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{body}");
        body
    }
}

/// A database that goes away with the test.
struct Scratch {
    url: String,
    file: Option<PathBuf>,
    database: Option<String>,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

fn postgres_server() -> Option<String> {
    std::env::var("SHANGXUE_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

fn psql(database: &str, sql: &str) -> bool {
    let server = postgres_server().expect("a server");
    let (base, _) = server.rsplit_once('/').expect("SHANGXUE_TEST_POSTGRES ends in /DATABASE");
    std::process::Command::new("psql")
        .args(["-qXtA", "-v", "ON_ERROR_STOP=1", "-c", sql, &format!("{base}/{database}")])
        .output()
        .is_ok_and(|output| output.status.success())
}

impl Scratch {
    async fn new(backend: Backend) -> Self {
        let name =
            format!("sx_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        match backend {
            Backend::Sqlite => {
                let file = std::env::temp_dir().join(format!("{name}.sqlite"));
                Self {
                    url: format!("sqlite://{}?mode=rwc", file.display()),
                    file: Some(file),
                    database: None,
                }
            }
            Backend::Postgres => {
                let template = template().await;
                assert!(
                    psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}")),
                    "clone {template}"
                );
                Self { url: postgres_url(&name), file: None, database: Some(name) }
            }
        }
    }

    fn remove(&self) {
        if let Some(file) = &self.file {
            for suffix in ["", "-wal", "-shm"] {
                let _gone = std::fs::remove_file(format!("{}{suffix}", file.display()));
            }
        }
        if let Some(database) = &self.database {
            psql("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"));
        }
    }
}

fn postgres_url(database: &str) -> String {
    let server = postgres_server().expect("a server");
    let (base, _) = server.rsplit_once('/').expect("SHANGXUE_TEST_POSTGRES ends in /DATABASE");
    format!("{base}/{database}")
}

/// A migrated database to clone; made once for each state of the migrations,
/// by whichever test process comes first.
async fn template() -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    static MADE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    MADE.get_or_init(|| async {
        let mut hasher = DefaultHasher::new();
        std::fs::metadata(std::env::current_exe().expect("this binary"))
            .and_then(|data| data.modified())
            .expect("a time")
            .hash(&mut hasher);
        let name = format!("sx_template_{:x}", hasher.finish());
        let lock = std::env::temp_dir().join(format!("{name}.lock"));
        let lock = std::fs::File::create(lock).expect("a lock file");
        lock.lock().expect("locked");
        let there = psql(&name, "SELECT 1 FROM seaql_migrations LIMIT 1");
        if !there {
            psql("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            assert!(psql("postgres", &format!("CREATE DATABASE {name}")), "create {name}");
            let db = sea_orm::Database::connect(postgres_url(&name)).await.expect("connected");
            migration::Migrator::up(&db, None).await.expect("migrated");
            db.close().await.expect("closed");
        }
        name
    })
    .await
    .clone()
}

/// Of random histories: new ones at each run, one after the other, and said; or, many times,
/// the one that failed (`SHANGXUE_HISTORY`).
pub fn seeds(backend: Backend, count: usize) -> Vec<u64> {
    let seeds = match std::env::var("SHANGXUE_HISTORY") {
        Ok(seed) => vec![seed.parse().expect("a number"); count],
        Err(_) => {
            let first = fastrand::u64(..u64::from(u32::MAX));
            (first..).take(count).collect::<Vec<_>>()
        }
    };
    #[expect(clippy::print_stdout, reason = "seeds are to be seen")]
    {
        println!("{backend:?}: {count} histories, seeds {} to {}", seeds[0], seeds[count - 1]);
    }
    seeds
}
