//! `shangxue sandbox`: the platform by itself, an HTTP server for any service and any client.
#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use super::{Account, AccountKeys, AccountKind, Fault, RandomFaults, Sandbox, SandboxConfig};
use crate::clock::Clock;
use crate::config::{self, Config, Format, Mode};
use crate::error::{Error, Result};
use crate::server;

/// Starts the WeChat sandbox alone: calls go to it as they go to api.weixin.qq.com,
/// callbacks come from it to `--service`/wechat/official and /wechat/mini. With --config it
/// plays the accounts of those settings, else two made-up ones, which it prints.
#[derive(clap::Args)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Where callbacks are posted; without it they are kept and not posted.
    #[arg(long)]
    service: Option<String>,
    /// Keeps people, drafts, tokens over a restart.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Of 100 calls, how many go wrong by chance.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=100))]
    failure_rate: u8,
    /// The same calls go wrong for the same seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// PATH=CALLS, as in /cgi-bin/draft/add=3: so many a day instead of the platform's own
    /// limit; then 45009. May be given more than once.
    #[arg(long, value_name = "PATH=CALLS", value_parser = daily_limit)]
    daily_limit: Vec<(String, u32)>,
}

fn daily_limit(text: &str) -> std::result::Result<(String, u32), String> {
    let (path, calls) = text.rsplit_once('=').ok_or("PATH=CALLS")?;
    let calls = calls.parse().map_err(|_| "the calls of a day are a number")?;
    Ok((path.to_owned(), calls))
}

/// Runs until Ctrl-C.
///
/// # Errors
/// The address is taken, or the settings or the state cannot be read.
pub async fn run(options: Options, file: Option<&Path>) -> Result<()> {
    let mut config = SandboxConfig {
        listen: options.listen,
        service_url: options.service.unwrap_or_default().trim_end_matches('/').to_owned(),
        state_file: options.state,
        random_faults: (options.failure_rate > 0).then(|| RandomFaults {
            seed: options.seed,
            percent: options.failure_rate,
            faults: vec![
                Fault::Errcode(-1),
                Fault::Errcode(40001),
                Fault::Http500,
                Fault::Garbage,
                Fault::Lost,
                Fault::Timeout,
            ],
        }),
        daily_limits: options.daily_limit.into_iter().collect(),
        ..SandboxConfig::new(Clock::System)
    };
    if let Some(file) = file {
        let settings = Config::read(Some(file), &[])
            .map_err(|error| Error::invalid("config", error.to_string()))?;
        play(&mut config, &settings.wechat);
    }
    let sandbox = super::start(config).await?;
    announce(&sandbox);
    let stop = CancellationToken::new();
    server::stop_on_signal(stop).await;
    sandbox.stop().await;
    Ok(())
}

/// Takes over the accounts of a service's settings, where they are set.
fn play(config: &mut SandboxConfig, wechat: &config::Wechat) {
    let (official, mini) = (&wechat.official, &wechat.mini);
    let secrets = [&official.secret, &official.token, &official.aes_key];
    take(&mut config.official, &official.appid, secrets, official.mode);
    take(&mut config.mini, &mini.appid, [&mini.secret, &mini.token, &mini.aes_key], mini.mode);
    if !official.appid.is_empty() {
        config.verified = official.verified;
        config.kind = match official.kind {
            config::AccountKind::Service => AccountKind::Service,
            config::AccountKind::Subscription => AccountKind::Subscription,
        };
    }
    if !mini.appid.is_empty() {
        config.mini_format = mini.format;
    }
    config.has_mini = !mini.appid.is_empty() || official.appid.is_empty();
    for (own, theirs, further) in [
        (&mut config.templates, &wechat.templates, &wechat.templates.reminder),
        (&mut config.official_templates, &official.templates, &official.templates.answered),
    ] {
        let ids = [&theirs.placed.id, &theirs.offered.id, &theirs.meeting_changed.id];
        for (template, id) in own.iter_mut().zip(ids.into_iter().chain([&further.id])) {
            if !id.is_empty() {
                template.id.clone_from(id);
            }
        }
    }
}

fn take(
    keys: &mut AccountKeys,
    appid: &str,
    [secret, token, aes_key]: [&SecretString; 3],
    mode: Mode,
) {
    if appid.is_empty() {
        return;
    }
    appid.clone_into(&mut keys.appid);
    secret.expose_secret().clone_into(&mut keys.secret);
    token.expose_secret().clone_into(&mut keys.token);
    aes_key.expose_secret().clone_into(&mut keys.aes_key);
    keys.mode = mode;
}

/// Everything another program needs; none of it opens anything real.
fn announce(sandbox: &Sandbox) {
    let base = sandbox.base_url();
    println!("WeChat sandbox. It is not WeChat; nothing in it is real. Ctrl-C stops it.");
    println!();
    println!("  API              {base}          in place of https://api.weixin.qq.com");
    println!("  web sign-in      {base}/connect/oauth2/authorize");
    println!("  phone            {base}/phone");
    println!("  control          {base}/sandbox/api/state and others, see README.md");
    let service = sandbox.inner.service_url();
    for (account, name) in [(Account::Official, "official"), (Account::Mini, "mini")] {
        let keys = sandbox.inner.keys(account);
        let mode = match keys.mode {
            Mode::Plain => "plain",
            Mode::Compat => "compat",
            Mode::Safe => "safe",
        };
        let xml = account == Account::Official || sandbox.inner.config.mini_format == Format::Xml;
        println!();
        println!("  [{name}]");
        println!("  appid            {}", keys.appid);
        println!("  secret           {}", keys.secret);
        println!("  token            {}", keys.token);
        println!("  aes_key          {}", keys.aes_key);
        println!("  original id      {}", keys.original_id);
        println!("  callbacks        {mode}, {}", if xml { "XML" } else { "JSON" });
        if service.is_empty() {
            println!("  posted to        nobody: give --service");
        } else {
            println!("  posted to        {service}/wechat/{name}");
        }
    }
}
