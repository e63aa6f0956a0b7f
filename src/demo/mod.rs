//! `shangxue demo`: the whole service with sample data, and the sandbox in WeChat's
//! place. Nothing has to be installed.
//!
//! 1. The sandbox is met over HTTP only, as WeChat would be.
//! 2. A second start goes on where the first was; `--fresh` starts over.
//! 3. Everything in it is made up, and every page says so.
#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use migration::MigratorTrait;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::sandbox::{Sandbox, SandboxConfig};
use crate::{sandbox, server, telemetry, vault};

mod finished;
mod seed;
mod year;

pub use seed::sow;

/// Settings of the demo.
#[derive(clap::Args)]
pub struct Options {
    /// Port of the service.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of the sandbox that stands in for WeChat.
    #[arg(long, default_value_t = 8081)]
    sandbox_port: u16,
    /// Where the demo keeps its data.
    #[arg(long, default_value = "data/demo")]
    data: PathBuf,
    /// Forget what was done before and start over.
    #[arg(long)]
    fresh: bool,
}

/// Runs until Ctrl-C.
///
/// # Errors
/// A port is taken, or the folder cannot be written.
pub async fn run(options: Options, file: Option<&Path>) -> Result<()> {
    let service_url = format!("http://127.0.0.1:{}", options.port);
    if options.fresh && options.data.exists() {
        std::fs::remove_dir_all(&options.data).map_err(|error| unwritable(&options.data, error))?;
    }
    std::fs::create_dir_all(&options.data).map_err(|error| unwritable(&options.data, error))?;

    let sandbox = start_sandbox(&options, &service_url).await?;
    let config = Config::load_with(file, &settings(&options, &service_url, &sandbox)?)
        .map_err(|error| Error::invalid("config", error.to_string()))?;
    telemetry::log(&config.log);
    // A demo of a public account alone: SHANGXUE__WECHAT__MINI__APPID= (empty).
    sandbox.set_has_mini(!config.wechat.mini.appid.is_empty());
    let app = App::new(config, Clock::System).await?;
    if options.fresh {
        // The folder is gone already; a database elsewhere is emptied here.
        migration::Migrator::reset(app.db.writer()).await?;
    }
    server::migrate(&app).await?;
    let sown = seed::sow_once(&app).await?;
    announce(&app, &service_url, sandbox.base_url(), sown);

    let stop = CancellationToken::new();
    let signal = stop.clone();
    let served = tokio::select! {
        served = server::run(app, stop.clone()) => served,
        () = async {
            server::stop_on_signal(signal).await;
            std::future::pending::<()>().await;
        } => Ok(()),
    };
    sandbox.stop().await;
    served
}

async fn start_sandbox(options: &Options, service_url: &str) -> Result<Sandbox> {
    let config = SandboxConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.sandbox_port)),
        service_url: service_url.to_owned(),
        state_file: Some(options.data.join("sandbox.json")),
        // Long enough to see that publishing takes its time.
        publish_delay: Duration::from_secs(2),
        ..SandboxConfig::new(Clock::System)
    };
    sandbox::start(config).await
}

fn settings(
    options: &Options,
    service_url: &str,
    sandbox: &Sandbox,
) -> Result<Vec<(&'static str, String)>> {
    let mut settings = vec![
        ("server.listen", format!("127.0.0.1:{}", options.port)),
        ("server.public_url", service_url.to_owned()),
        ("server.frame_ancestors", sandbox.base_url().to_owned()),
        ("server.sample_data", "true".to_owned()),
        ("database.url", format!("sqlite://{}", options.data.join("shangxue.sqlite").display())),
        ("security.data_key", data_key(&options.data)?),
        ("centre.phone", "0512-5800 0000".to_owned()),
        // Whoever tries it at night wants to see something.
        ("news.quiet_hours", String::new()),
        ("worker.poll_ms", "200".to_owned()),
        ("log.level", "warn".to_owned()),
    ];
    settings.extend(sandbox.service_settings());
    Ok(settings)
}

/// The demo's own key, kept beside its data so that a second start can read them.
fn data_key(folder: &Path) -> Result<String> {
    let file = folder.join("data.key");
    if let Ok(key) = std::fs::read_to_string(&file) {
        return Ok(key.trim().to_owned());
    }
    let key = STANDARD.encode(vault::random::<32>()?);
    std::fs::write(&file, &key).map_err(|error| unwritable(&file, error))?;
    Ok(key)
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::invalid("data_folder", format!("{} 写不进去。", path.display())).with_source(error)
}

fn announce(app: &App, service_url: &str, sandbox_url: impl std::fmt::Display, sown: bool) {
    let database = if app.config.database.url.expose_secret().starts_with("sqlite") {
        "SQLite"
    } else {
        "PostgreSQL"
    };
    let cache =
        if app.config.redis.url.expose_secret().is_empty() { "in process" } else { "Redis" };
    println!(
        "尚学 demo ({database}, shared state: {cache}). All data are samples. Ctrl-C stops it; --fresh starts over."
    );
    if !sown {
        println!("It goes on where the last run was.");
    }
    println!();
    println!("  sandbox phone    {sandbox_url}/phone     follow, type 报名, scan, read");
    println!("  resident pages   {service_url}/m/");
    println!("  console          {service_url}/console/");
    println!("  API              {service_url}/docs      {service_url}/openapi.json");
    println!();
    println!("  logins for the console; the password of each is {}", seed::PASSWORD);
    for login in seed::LOGINS {
        println!("    {:<10} {}", login.login, login.says);
    }
}
