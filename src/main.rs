//! The command line.
#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use entity::ids::CommunityId;
use entity::kinds::Role;
use migration::MigratorTrait;
use tokio_util::sync::CancellationToken;

use shangxue::app::App;
use shangxue::clock::Clock;
use shangxue::config::Config;
use shangxue::error::{Error, Result};
use shangxue::staff::{self, NewLogin};
use shangxue::{backup, check, demo, draw, rehearsal, routes, sandbox, server, telemetry, vault};

/// A request lives on many small pieces: an allocator made for those.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Run the sandbox alone, for any service or client to call instead of WeChat.
    Sandbox(sandbox::Options),
    /// The tables of the database.
    Migrate {
        #[command(subcommand)]
        step: Migrate,
    },
    /// The logins of the console.
    Staff {
        #[command(subcommand)]
        step: StaffStep,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Read the settings, try database, Redis and WeChat, and say what is wrong.
    Check,
    /// Play an opening on a copy of a term, with made-up people, and say go or no go.
    Rehearse(rehearsal::Options),
    /// Draws for places.
    Draw {
        #[command(subcommand)]
        step: DrawStep,
    },
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

#[derive(Subcommand)]
enum DrawStep {
    /// Repeat the draw of a published result and compare.
    Verify { file: PathBuf },
}

#[derive(Subcommand)]
enum StaffStep {
    /// Make a login. The password is read from standard input, or made up and printed.
    Add {
        #[arg(long)]
        login: String,
        /// As it is shown to others.
        #[arg(long)]
        name: String,
        /// admin, centre, officer, teacher, editor, section_head or leader.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Number of the community, for an officer.
        #[arg(long)]
        community: Option<i64>,
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the logins.
    List,
    /// Give a login a new password and end its sessions.
    ResetPassword {
        login: String,
        #[arg(long)]
        password_stdin: bool,
    },
}

fn role(word: &str) -> Result<Role, String> {
    use sea_orm::Iterable;
    Role::iter().find(|role| role.as_str() == word).ok_or_else(|| {
        let words: Vec<&str> = Role::iter().map(Role::as_str).collect();
        format!("one of {}", words.join(", "))
    })
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
        Command::Sandbox(options) => return sandbox::run(options, file).await,
        Command::Check => return check::run(file).await,
        Command::Draw { step: DrawStep::Verify { file } } => return verify_draw(&file),
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
        Command::Staff { step } => {
            server::migrate(&app).await?;
            logins(&app, step).await?;
        }
        Command::Openapi => println!("{}", routes::openapi(&app)),
        Command::Rehearse(options) => rehearsal::run(&app, &options).await?,
        Command::Backup { file } => {
            backup::run(&app, &file).await?;
            println!("已备份到 {}", file.display());
        }
        Command::Demo(_) | Command::Sandbox(_) | Command::Check | Command::Draw { .. } => {}
    }
    Ok(())
}

fn verify_draw(file: &std::path::Path) -> Result<()> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::invalid("no_file", "读不了这个文件。").with_source(error))?;
    let verdict = draw::file::verify(&text)
        .map_err(|line| Error::invalid("bad_file", format!("文件里有读不懂的一行：{line}")))?;
    println!("名单 {}\n种子 {}", verdict.list_hash, verdict.seed);
    if !verdict.agrees {
        return Err(Error::conflict("draw_differs", "结果不符：按规则重算，和文件里的不一样。"));
    }
    println!("结果相符");
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

async fn logins(app: &App, step: StaffStep) -> Result<()> {
    match step {
        StaffStep::Add { login, name, role, community, password_stdin } => {
            let password = password(password_stdin)?;
            let new = NewLogin {
                login: login.clone(),
                name,
                role,
                community: community.map(CommunityId),
                password: password.clone(),
            };
            staff::add(app, new, None).await?;
            println!("已建立账号 {login}（{}）", staff::role_name(role));
            tell(&password, password_stdin);
        }
        StaffStep::List => {
            for row in staff::list(app).await? {
                let state = if row.disabled_at.is_some() { "停用" } else { "" };
                println!(
                    "{:<4} {:<16} {:<8} {} {state}",
                    row.id,
                    row.login,
                    staff::role_name(row.role),
                    row.name
                );
            }
        }
        StaffStep::ResetPassword { login, password_stdin } => {
            let password = password(password_stdin)?;
            let row = staff::find(app, &login).await?;
            staff::reset_password(app, row.id, &password, None).await?;
            println!("已重设 {login} 的密码，原来的登录都已退出。");
            tell(&password, password_stdin);
        }
    }
    Ok(())
}

/// From standard input (never from the command line, which others can see), or a new one.
fn password(from_stdin: bool) -> Result<String> {
    if !from_stdin {
        return Ok(vault::new_token()?.0[..16].to_owned());
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Error::internal)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn tell(password: &str, from_stdin: bool) {
    if !from_stdin {
        println!("密码：{password}\n请登录后在“我的账号”里改掉。");
    }
}
