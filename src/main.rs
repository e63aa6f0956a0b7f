//! The command line.
#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use migration::MigratorTrait;
use tokio_util::sync::CancellationToken;

use shangxue::app::App;
use shangxue::clock::Clock;
use shangxue::config::Config;
use shangxue::error::{Error, Result};
use shangxue::{backup, check, demo, routes, server, telemetry};

/// 尚学: sign-up, check-in and news of a community education centre, on WeChat.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// A file of settings over the built-in ones (see config/production.example.toml).
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service.
    Serve {
        /// Do not bring the tables up to date first.
        #[arg(long)]
        no_migrate: bool,
    },
    /// Run everything with sample data and a sandbox instead of WeChat; needs nothing installed.
    Demo(demo::Options),
    /// The tables of the database.
    Migrate {
        #[command(subcommand)]
        step: Migrate,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Read the settings, try database, Redis and WeChat, and say what is wrong.
    Check,
    /// Write a copy of the database to a file, while the service runs.
    Backup { file: PathBuf },
}

#[derive(Subcommand)]
enum Migrate {
    /// Bring the tables up to date.
    Up,
    /// Undo the newest migrations.
    Down {
        #[arg(long, default_value_t = 1)]
        steps: u32,
    },
    /// List what is applied and what is pending.
    Status,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = std::error::Error::source(&error)
                .map(|cause| format!("\n原因：{cause}"))
                .unwrap_or_default();
            #[expect(clippy::print_stderr, reason = "the last word of a command")]
            {
                eprintln!("{}{cause}", error.message);
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Demo(options) => return demo::run(options, file).await,
        Command::Check => return check::run(file).await,
        _ => {}
    }
    let config = Config::load(file).map_err(|error| Error::invalid("config", error.to_string()))?;
    telemetry::log(&config.log);
    let app = App::new(config, Clock::System).await?;
    match cli.command {
        Command::Serve { no_migrate } => {
            if !no_migrate {
                server::migrate(&app).await?;
            }
            let stop = CancellationToken::new();
            tokio::try_join!(server::run(app, stop.clone()), async {
                server::stop_on_signal(stop).await;
                Ok(())
            })?;
        }
        Command::Migrate { step } => migrate(&app, step).await?,
        Command::Openapi => println!("{}", routes::openapi(&app)),
        Command::Backup { file } => {
            backup::run(&app, &file).await?;
            println!("已备份到 {}", file.display());
        }
        Command::Demo(_) | Command::Check => {}
    }
    Ok(())
}

async fn migrate(app: &App, step: Migrate) -> Result<()> {
    let database = app.db.writer();
    match step {
        Migrate::Up => server::migrate(app).await?,
        Migrate::Down { steps } => migration::Migrator::down(database, Some(steps)).await?,
        Migrate::Status => {}
    }
    for migration in migration::Migrator::get_applied_migrations(database).await? {
        println!("已执行  {}", migration.name());
    }
    for migration in migration::Migrator::get_pending_migrations(database).await? {
        println!("待执行  {}", migration.name());
    }
    Ok(())
}
