//! A copy of the database while the service runs.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use secrecy::ExposeSecret;

use crate::app::App;
use crate::error::{Error, Result};

/// Writes a consistent copy to `file`, which must not exist yet: a SQLite file,
/// or for PostgreSQL what `pg_dump --format=custom` makes.
///
/// # Errors
/// The file exists or cannot be written; `pg_dump` is missing or fails.
pub async fn run(app: &App, file: &Path) -> Result<()> {
    if file.exists() {
        return Err(Error::conflict(
            "backup_exists",
            format!("{} 已经存在，请换一个文件名。", file.display()),
        ));
    }
    let database = app.db.writer();
    if database.get_database_backend() == DbBackend::Sqlite {
        let path = file.to_string_lossy().into_owned();
        let copy =
            Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [path.into()]);
        database.execute_raw(copy).await.map_err(|error| {
            Error::conflict("backup_failed", format!("备份失败，{} 写不进去。", file.display()))
                .with_source(error)
        })?;
        return Ok(());
    }
    // The address may hold a password: it goes by the environment, not by the
    // command line, which other users can see.
    let failed = |reason: String| Error::conflict("backup_failed", format!("备份失败：{reason}"));
    let output = tokio::process::Command::new("pg_dump")
        .arg("--format=custom")
        .arg("--file")
        .arg(file)
        .env("PGDATABASE", app.config.database.url.expose_secret())
        .output()
        .await
        .map_err(|error| failed(format!("这台机器上没有 pg_dump（{error}）")))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}
