//! A running instance: the listener, the worker, and their common end.

use std::time::Duration;

use migration::MigratorTrait;
use poem::listener::{Acceptor, Listener, TcpListener};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::{routes, worker};

/// One number for all instances: who migrates holds this lock.
const MIGRATION_LOCK: i64 = 0x5358;

/// Serves and works until `stop`; then finishes the requests and jobs in hand,
/// within the configured time.
///
/// # Errors
/// The address cannot be listened on.
pub async fn run(app: App, stop: CancellationToken) -> Result<()> {
    let server = &app.config.server;
    let limit = Duration::from_secs(server.stop_timeout_s);
    if !app.config.wechat.official.appid.is_empty() {
        let (tx, now) = (app.db.begin().await?, app.clock.now());
        outbox::enqueue(&tx, &Job::SyncMenu, now, now).await?;
        tx.commit().await?;
    }
    let acceptor =
        TcpListener::bind(server.listen.clone()).into_acceptor().await.map_err(|error| {
            Error::upstream(
                "listen",
                format!("不能监听 {}：{error}（[server] listen）", server.listen),
            )
        })?;
    let addresses: Vec<String> = acceptor.local_addr().iter().map(ToString::to_string).collect();
    tracing::info!(listen = addresses.join(", "), "serving");
    #[expect(clippy::disallowed_methods, reason = "the worker's own task")]
    let work = tokio::spawn(worker::serve(app.clone(), stop.clone()));
    let endpoint = routes::build(&app)?;
    let stopped = stop.clone();
    poem::Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(endpoint, async move { stopped.cancelled().await }, Some(limit))
        .await
        .map_err(Error::internal)?;
    stop.cancel();
    app.tasks.close();
    let ended = async { tokio::join!(work, app.tasks.wait()) };
    if tokio::time::timeout(limit, ended).await.is_err() {
        tracing::warn!(
            "jobs in hand did not end in time; they are taken up again at the next start"
        );
    }
    tracing::info!("stopped");
    Ok(())
}

/// Brings the tables up to date; of several instances one does it and the others wait.
///
/// # Errors
/// The database.
pub async fn migrate(app: &App) -> Result<()> {
    let database = app.db.writer();
    if database.get_database_backend() != DbBackend::Postgres {
        return Ok(migration::Migrator::up(database, None).await?);
    }
    let tx = app.db.begin().await?;
    let lock = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_advisory_xact_lock($1)",
        [MIGRATION_LOCK.into()],
    );
    tx.execute_raw(lock).await?;
    migration::Migrator::up(database, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Cancels `stop` at Ctrl-C or when the system asks to end.
pub async fn stop_on_signal(stop: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! { _ = interrupt => {} _ = terminate.recv() => {} }
            }
            Err(_) => {
                let _asked = interrupt.await;
            }
        }
    }
    #[cfg(not(unix))]
    let _asked = interrupt.await;
    stop.cancel();
}
