//! The rehearsal's own database: of the same kind, on the same server.

use migration::MigratorTrait;
use sea_orm::{ConnectionTrait, DbBackend};
use secrecy::ExposeSecret;

use crate::app::{App, Db};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::vault;

pub(super) struct Scratch {
    name: String,
    url: String,
    backend: DbBackend,
}

impl Scratch {
    /// # Errors
    /// The database may not make another, or the disk is full.
    pub(super) async fn new(app: &App) -> Result<Self> {
        let name = format!("shangxue_rehearsal_{}", hex::encode(vault::random::<6>()?));
        let backend = app.db.writer().get_database_backend();
        let url = match backend {
            DbBackend::Postgres => {
                let make = format!("CREATE DATABASE {name}");
                app.db.writer().execute_unprepared(&make).await.map_err(|error| {
                    Error::conflict(
                        "no_scratch",
                        "建不了演练用的数据库：请给这个数据库用户建库的权限（CREATEDB）。",
                    )
                    .with_source(error)
                })?;
                beside(app.config.database.url.expose_secret(), &name)
            }
            _ => {
                let file = std::env::temp_dir().join(format!("{name}.sqlite"));
                format!("sqlite://{}", file.display())
            }
        };
        let scratch = Self { name, url, backend };
        let migrated = async {
            let db = Db::connect(&scratch.config(app).database).await?;
            migration::Migrator::up(db.writer(), None).await
        };
        if let Err(error) = migrated.await {
            scratch.remove(app).await;
            return Err(error.into());
        }
        Ok(scratch)
    }

    /// The settings of the service, but for its data and for WeChat.
    pub(super) fn config(&self, app: &App) -> Config {
        let mut config = (*app.config).clone();
        config.database.url = self.url.clone().into();
        config.redis.prefix = format!("{}:", self.name);
        config.wechat.official.appid.clear();
        config.wechat.mini.appid.clear();
        config
    }

    /// What cannot be removed is named, so that somebody else can.
    pub(super) async fn remove(&self, app: &App) {
        let removed = if self.backend == DbBackend::Postgres {
            let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
            app.db
                .writer()
                .execute_unprepared(&drop)
                .await
                .map(|_| ())
                .map_err(|error| error.to_string())
        } else {
            let file = self.url.trim_start_matches("sqlite://");
            for beside in ["-wal", "-shm"] {
                let _gone = std::fs::remove_file(format!("{file}{beside}"));
            }
            std::fs::remove_file(file).map_err(|error| error.to_string())
        };
        if let Err(error) = removed {
            tracing::warn!(name = self.name, error, "the rehearsal's database is left behind");
        }
    }
}

/// The address of another database on the same server.
fn beside(url: &str, name: &str) -> String {
    let (address, options) = url.split_once('?').map_or((url, None), |(a, b)| (a, Some(b)));
    let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{server}/{name}{options}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_the_database_changes() {
        assert_eq!(beside("postgres://a:b@host:5432/shangxue", "x"), "postgres://a:b@host:5432/x");
        assert_eq!(
            beside("postgres://host/shangxue?sslmode=require", "x"),
            "postgres://host/x?sslmode=require"
        );
    }
}
