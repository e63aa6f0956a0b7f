//! `shangxue check`: reads the settings, tries everything they name, and says
//! what is wrong in words.
#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

use std::path::Path;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{AccountKind, Config};
use crate::error::{Error, Result};
use migration::MigratorTrait;
use secrecy::ExposeSecret;

/// # Errors
/// At least one thing is wrong; all of it has been printed.
pub async fn run(file: Option<&Path>) -> Result<()> {
    let config = Config::load(file).map_err(|error| Error::invalid("config", error.to_string()))?;
    println!("✓ 配置读得通");
    advise(&config);
    let redis = !config.redis.url.expose_secret().is_empty();
    let app = App::new(config, Clock::System).await?;
    let mut wrong = 0;
    let mut report = |good: bool, text: String| {
        println!("{} {text}", if good { "✓" } else { "✗" });
        wrong += u32::from(!good);
    };
    report(app.db.read().ping().await.is_ok(), "数据库".to_owned());
    match migration::Migrator::get_pending_migrations(app.db.writer()).await {
        Ok(pending) if pending.is_empty() => report(true, "数据表是最新的".to_owned()),
        Ok(pending) => println!("! 有 {} 项数据表更新，启动时会自动执行", pending.len()),
        Err(error) => report(false, format!("数据表读不出：{error}")),
    }
    if redis {
        let answer = app.cache.ping().await;
        report(
            answer.is_ok(),
            answer.map_or_else(|error| format!("连不上 Redis：{error}"), |()| "Redis".to_owned()),
        );
    }
    for (name, appid, outcome) in [
        ("公众号", app.config.wechat.official.appid.clone(), app.wechat.official().check().await),
        ("小程序", app.config.wechat.mini.appid.clone(), app.wechat.mini().check().await),
    ] {
        if appid.is_empty() {
            println!("! {name}没有配置，相关功能停用");
            continue;
        }
        match outcome {
            Ok(()) => report(true, format!("{name}：微信接受了 AppID 和 AppSecret")),
            Err(error) => report(false, format!("{name}：{}", error.advice())),
        }
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(Error::invalid("check", format!("有 {wrong} 处需要处理。")))
    }
}

/// What works, but is hardly meant.
fn advise(config: &Config) {
    if !config.server.public_url.starts_with("https://") {
        println!("! server.public_url 不是 https：微信里打不开");
    }
    if config.centre.phone.is_empty() {
        println!("! centre.phone 没填：页面上不会有中心电话");
    }
    let (templates, official) = (&config.wechat.templates, &config.wechat.official);
    let of_account = &official.templates;
    let sends = official.verified && official.kind == AccountKind::Service;
    if sends && !official.appid.is_empty() && of_account.placed.id.is_empty() {
        println!("! wechat.official.templates 没填：服务号不会发模板消息");
    }
    for (name, template) in [
        ("placed", &templates.placed),
        ("offered", &templates.offered),
        ("meeting_changed", &templates.meeting_changed),
    ] {
        if template.id.is_empty() {
            println!("! wechat.templates.{name}.id 没填：这类微信通知不会发出");
        }
    }
}
