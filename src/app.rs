//! The parts of a running service, wired once and cheap to clone.

use std::sync::Arc;

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use secrecy::ExposeSecret;
use tokio_util::task::TaskTracker;

use crate::attendance::CheckIns;
use crate::cache::{Cache, CacheError};
use crate::clock::Clock;
use crate::config::Config;
use crate::conversation::{self, Intake, Sayings};
use crate::courses::Catalogue;
use crate::enrolment::Decisions;
use crate::error::{Error, Result};
use crate::members::Sessions;
use crate::sms::Sms;
use crate::vault::Vault;
use crate::wechat::Wechat;

/// Handed to every verb. Cloning copies a few pointers.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub cache: Cache,
    pub wechat: Wechat,
    pub sms: Sms,
    pub clock: Clock,
    pub intake: Arc<Intake>,
    pub sayings: Arc<Sayings>,
    pub sessions: Arc<Sessions>,
    pub catalogue: Arc<Catalogue>,
    pub decisions: Arc<Decisions>,
    pub check_ins: Arc<CheckIns>,
    /// Work that a request began and does not wait for to the end; waited for at the stop.
    pub tasks: TaskTracker,
    pub vault: Arc<Vault>,
    pub config: Arc<Config>,
}

/// The database. SQLite has one writing connection and a pool of readers, so
/// that writers queue here instead of failing there; PostgreSQL has one pool.
#[derive(Clone)]
pub struct Db {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
}

impl App {
    /// Connects to everything that the configuration names. WeChat and Redis are
    /// not asked: they may come later.
    ///
    /// # Errors
    /// The database cannot be reached, or a value of the configuration cannot be used.
    pub async fn new(config: Config, clock: Clock) -> Result<Self> {
        let db = Db::connect(&config.database).await.map_err(|error| {
            Error::upstream("database", "连不上数据库，请检查 database.url。").with_source(error)
        })?;
        let url = config.redis.url.expose_secret();
        let cache = if url.is_empty() {
            Cache::local()
        } else {
            Cache::redis(url, &config.redis.prefix)
                .map_err(|error: CacheError| Error::internal(error))?
        };
        let wechat = Wechat::new(&config.wechat, cache.clone(), clock.clone())?;
        let sms = Sms::new(&config.sms)?;
        let vault = Arc::new(Vault::new(&config.security.data_key)?);
        let config = Arc::new(config);
        let intake = Arc::new(Intake::new(db.clone()));
        conversation::check_menu(&config.wechat.menu)?;
        let sayings = Arc::new(Sayings::new(&config));
        let sessions = Arc::new(Sessions::new(db.clone()));
        let catalogue = Arc::new(Catalogue::new(db.clone(), clock.clone()));
        let decisions =
            Decisions::new(db.clone(), cache.clone(), clock.clone(), Arc::clone(&config));
        let check_ins =
            CheckIns::new(db.clone(), clock.clone(), Arc::clone(&vault), Arc::clone(&config));
        Ok(Self {
            db,
            cache,
            wechat,
            sms,
            clock,
            intake,
            sayings,
            sessions,
            catalogue,
            decisions: Arc::new(decisions),
            check_ins: Arc::new(check_ins),
            tasks: TaskTracker::new(),
            vault,
            config,
        })
    }
}

impl App {
    /// For jobs: calls to WeChat have more patience, and leave the day's last ones to
    /// people who wait.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { wechat: self.wechat.in_background(), ..self.clone() }
    }
}

impl Db {
    /// # Errors
    /// The database cannot be reached.
    pub async fn connect(config: &crate::config::Database) -> Result<Self, DbErr> {
        let url = config.url.expose_secret();
        if !url.starts_with("sqlite:") {
            let mut options = options(url, config.max_connections);
            options.min_connections(config.open_connections.min(config.max_connections));
            options.map_sqlx_postgres_opts(|postgres| {
                postgres.statement_cache_capacity(KEPT_STATEMENTS)
            });
            let pool = Database::connect(options).await?;
            return Ok(Self { writer: pool.clone(), reader: pool });
        }
        make_folder(url).map_err(|error| DbErr::Custom(error.to_string()))?;
        let writer = Database::connect(sqlite(options(&with_create(url), 1))).await?;
        let reader = Database::connect(sqlite(options(url, config.max_connections))).await?;
        Ok(Self { writer, reader })
    }

    /// Begins a writing transaction; dropping it undoes it, and dropping this as well.
    ///
    /// # Errors
    /// No connection came free in time.
    pub async fn begin(&self) -> Result<DatabaseTransaction> {
        // SQLite takes the write lock at once: a transaction that reads first and
        // writes later would fail if another process wrote between.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let writer = self.writer.clone();
        // Whoever asked may hang up at any moment. A `BEGIN` that is not waited for leaves its
        // connection in the pool in a transaction that nobody ends (sqlx-postgres 0.9): here it
        // is waited for in any case.
        #[expect(clippy::disallowed_methods, reason = "ends by itself, as soon as it has begun")]
        let begun = tokio::spawn(async move { writer.begin_with_options(options).await });
        Ok(begun.await.map_err(Error::internal)??)
    }

    /// For reading outside a transaction.
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For migrations, which bring their own transactions.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }
}

/// Prepared statements of a connection. What is asked of 1, 2, 4… 256 people at once (`sql.rs`)
/// is a statement each: with the driver's 100 an opening day would prepare them again and again.
const KEPT_STATEMENTS: usize = 512;

fn options(url: &str, max_connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(max_connections)
        .acquire_timeout(std::time::Duration::from_secs(10))
        // A database that was started anew is noticed; who has just answered is not asked.
        .test_before_acquire_if_idle_for(std::time::Duration::from_secs(1))
        // Statements hold personal data.
        .sqlx_logging(false);
    options
}

fn sqlite(mut options: ConnectOptions) -> ConnectOptions {
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .foreign_keys(true)
            .busy_timeout(std::time::Duration::from_secs(10))
            .statement_cache_capacity(KEPT_STATEMENTS)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("cache_size", "-16000")
    });
    options
}

/// The folder of a SQLite file, so that a first start needs nothing made by hand.
fn make_folder(url: &str) -> std::io::Result<()> {
    let file = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let file = file.split('?').next().unwrap_or_default();
    match std::path::Path::new(file).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

fn with_create(url: &str) -> String {
    if url.contains('?') { url.to_owned() } else { format!("{url}?mode=rwc") }
}
