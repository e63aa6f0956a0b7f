//! Whoever asked may hang up while a transaction begins.

use std::time::Duration;

use futures_util::poll;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait,
};

use crate::support::{Backend, TestApp};

/// Connections of ours that are in a transaction and wait for the next statement.
async fn in_transaction(apart: &DatabaseConnection) -> i64 {
    let open = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
        AND state LIKE 'idle in transaction%'";
    let open = Statement::from_string(DbBackend::Postgres, open);
    let row = apart.query_one_raw(open).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

/// Begins, and does not wait for it, several times.
async fn hang_up<T>(begin: impl AsyncFn() -> T) {
    for _ in 0..5 {
        let mut begun = std::pin::pin!(begin());
        let _first_step = poll!(begun.as_mut());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_nobody_waits_for_is_not_left_open() {
    if !Backend::Postgres.available() {
        return;
    }
    let app = TestApp::start(Backend::Postgres).await;
    // Whoever looks has a connection of their own; one of the service's is there and idle.
    let apart = Database::connect(app.database_url()).await.unwrap();
    app.app.db.begin().await.unwrap().rollback().await.unwrap();
    hang_up(async || app.app.db.begin().await).await;
    for _ in 0..500 {
        // What began meanwhile is undone in a moment; what the driver forgets stays.
        if in_transaction(&apart).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(in_transaction(&apart).await, 0);

    // The control: the driver alone. When this fails, `Db::begin` need not be careful any more.
    let driver = app.app.db.writer();
    hang_up(async || driver.begin().await).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(in_transaction(&apart).await > 0, "the driver ends what nobody waits for");
}
