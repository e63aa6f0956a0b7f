//! What can be set from outside: `config/default.toml`, under the file of
//! `--config`, under the environment. Read once at the start, then checked whole.
//!
//! 1. An unknown key, a missing secret or a bad value stops the start with a
//!    sentence that names the key.
//! 2. Secrets are `SecretString`: they cannot be printed by accident.

use std::path::Path;
use std::time::Duration;

use base64::Engine;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use entity::kinds::NoticeKind;

/// The commented reference of all keys.
pub const DEFAULT: &str = include_str!("../config/default.toml");

/// Begins every environment variable of ours.
pub const ENV_PREFIX: &str = "SHANGXUE";

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("配置项 `{key}` 有误：{reason}")]
    Key { key: String, reason: String },
    #[error("读不懂配置：{0}")]
    Source(#[from] config::ConfigError),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub redis: Redis,
    pub security: Security,
    pub log: Log,
    pub centre: Centre,
    pub members: Members,
    pub sign_in: SignIn,
    pub sms: Sms,
    pub family: Family,
    pub staff: Staff,
    pub draw: Draw,
    pub attendance: Attendance,
    pub learning: Learning,
    pub print: Print,
    pub care: Care,
    pub helpdesk: Helpdesk,
    pub news: News,
    pub worker: Worker,
    pub wechat: Wechat,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: String,
    /// No slash at the end.
    pub public_url: String,
    pub frame_ancestors: String,
    pub sample_data: bool,
    pub stop_timeout_s: u64,
    pub max_body_bytes: usize,
    pub max_picture_bytes: usize,
    pub max_sheet_bytes: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: SecretString,
    pub max_connections: u32,
    pub open_connections: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    pub url: SecretString,
    pub prefix: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// 32 bytes in base64.
    pub data_key: SecretString,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Centre {
    pub name: String,
    pub phone: String,
    pub hours: String,
    pub office_days: String,
    pub office_times: String,
    pub account_name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    pub session_days: i64,
    pub consent_version: String,
}

/// Signing in outside WeChat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub code_minutes: i64,
    pub code_tries: i32,
    pub codes_per_number: u64,
    pub codes_per_address: u64,
    pub entries_per_number: u64,
    pub entries_per_address: u64,
    /// Empty: the address of the connection.
    pub address_header: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsProvider {
    None,
    Http,
}

/// Short messages; a key of the provider's may stand in any of the texts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub provider: SmsProvider,
    pub url: SecretString,
    pub method: String,
    pub headers: Vec<SecretString>,
    pub content_type: String,
    pub body: SecretString,
    pub success: String,
    pub timeout_s: u64,
    pub daily_limit: u64,
}

impl Sms {
    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key: &str, reason: &str| {
            Err(ConfigError::Key { key: key.to_owned(), reason: reason.to_owned() })
        };
        if self.provider == SmsProvider::None {
            return Ok(());
        }
        let (url, body) = (self.url.expose_secret(), self.body.expose_secret());
        if !url.starts_with("http") {
            return wrong("sms.url", "要以 http:// 或 https:// 开头");
        }
        if !matches!(self.method.as_str(), "POST" | "GET") {
            return wrong("sms.method", "要写 POST 或 GET");
        }
        if self.headers.iter().any(|line| !line.expose_secret().contains(':')) {
            return wrong("sms.headers", "每一行要写成 名称: 值");
        }
        for part in ["{phone}", "{code}"] {
            if !url.contains(part) && !body.contains(part) {
                return wrong("sms.body", "url 或 body 里要有 {phone} 和 {code}");
            }
        }
        Ok(())
    }
}

/// Family members who act for learners.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    pub most_learners: usize,
    pub most_delegates: usize,
    pub months: u32,
    pub most_months: u32,
    pub code_minutes: i64,
    pub tries_per_hour: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    pub session_hours: i64,
    pub lockout_failures: i32,
    pub lockout_minutes: i64,
}

/// How many lots people have in a draw, besides the one that everybody has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    pub most_wishes: usize,
    pub own_community_lots: u32,
    pub lost_lots: u32,
    pub lost_most: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attendance {
    pub code_step_s: i64,
    pub code_steps_before: i64,
    pub opens_before_minutes: i64,
    pub closes_after_minutes: i64,
    pub scan_within_hours: i64,
    pub correct_clocks: bool,
    pub count_tolerance: i32,
    pub guest_offer_hours: i64,
    pub guest_offer_daytime_hours: i64,
    pub guest_answers_before_minutes: i64,
    pub guest_offer_least_hours: i64,
}

/// Tasks after absences.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    /// 学时.
    pub year_goal_hours: i64,
    /// 人次.
    pub smart_technology_goal: i64,
    pub link_minutes: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Print {
    /// A file; empty: none.
    pub extra_font: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Care {
    pub grace_minutes: i64,
    pub call_after: usize,
    pub release_after: usize,
    pub care_age: u32,
    pub call_days: i64,
    pub release_days: i64,
    pub care_hours: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Helpdesk {
    pub media_days: i64,
}

/// The news room.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct News {
    /// As in `21:00-8:00`; empty: none.
    pub quiet_hours: String,
    pub warn_days: i64,
    pub alarm_days: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    pub poll_ms: u64,
    pub lease_s: i64,
    pub max_attempts: i32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wechat {
    /// No slash at the end.
    pub api_base: String,
    /// Where browsers are sent to sign in. No slash at the end.
    pub open_base: String,
    /// The script that lets a page in WeChat's browser scan.
    pub jssdk_url: String,
    /// Tried when the first cannot be reached; empty: none.
    pub api_base_backup: String,
    pub tries: u32,
    pub retry_pause_ms: u64,
    pub timestamp_window_s: i64,
    pub patience_ms: u64,
    pub connect_timeout_s: u64,
    pub timeout_s: u64,
    pub upload_timeout_s: u64,
    pub official: Official,
    pub mini: Mini,
    pub templates: Templates,
    pub menu: Menu,
}

/// Where WeChat's API is, and its second domain for the case of disaster.
const REAL_API: &str = "https://api.weixin.qq.com";
const REAL_API_BACKUP: &str = "https://api2.weixin.qq.com";

impl Wechat {
    /// The platform's hosts in the order in which they are tried. The real second one
    /// belongs to the real first one: whoever calls a sandbox never falls over to WeChat.
    pub fn hosts(&self) -> Vec<&str> {
        let backup = self.api_base_backup.as_str();
        let foreign = backup == REAL_API_BACKUP && self.api_base != REAL_API;
        let backup = (!backup.is_empty() && !foreign).then_some(backup);
        std::iter::once(self.api_base.as_str()).chain(backup).collect()
    }

    /// How long an answer to a callback may take.
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms)
    }
}

/// Scheme, host and port of an address that names a file there, as they can stand in a
/// header.
pub fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| scheme.starts_with("http"))?;
    let host = rest.split_once('/')?.0;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    (!host.is_empty() && host.bytes().all(plain)).then(|| &url[..scheme.len() + 3 + host.len()])
}

/// 服务号 or 订阅号.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountKind {
    Service,
    Subscription,
}

/// The menu under the public account's chat.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    pub buttons: Vec<MenuButton>,
}

/// A button: with others below it, or with something that it does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MenuButton {
    pub name: String,
    pub kind: Option<MenuKind>,
    /// A page under /m/, a word of the dialogue, an address, an article's id.
    pub to: Option<String>,
    #[serde(default)]
    pub below: Vec<MenuButton>,
}

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MenuKind {
    Page,
    Click,
    Url,
    Article,
}

impl Menu {
    /// The platform's limits, in words.
    ///
    /// # Errors
    /// What is wrong with which button.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=3).contains(&self.buttons.len()) {
            return Err("菜单要有 1 到 3 个按钮".to_owned());
        }
        for button in &self.buttons {
            button.check(16, "最多 16 个字节（5 个汉字）")?;
            if button.below.len() > 5 {
                return Err(format!("“{}”下面最多 5 个按钮", button.name));
            }
            for below in &button.below {
                below.check(60, "最多 60 个字节（20 个汉字）")?;
                if !below.below.is_empty() {
                    return Err(format!("“{}”下面不能再有一层", below.name));
                }
            }
        }
        Ok(())
    }
}

impl MenuButton {
    fn check(&self, bytes: usize, limit: &str) -> Result<(), String> {
        if self.name.is_empty() || self.name.len() > bytes {
            return Err(format!("按钮“{}”的名字{limit}", self.name));
        }
        let to = self.to.as_deref().unwrap_or_default();
        let good = match self.kind {
            None => to.is_empty() && !self.below.is_empty(),
            Some(_) if !self.below.is_empty() => false,
            Some(MenuKind::Page) => to.starts_with('/') && to.len() <= 200,
            Some(MenuKind::Click) => (1..=128).contains(&to.len()),
            Some(MenuKind::Url) => to.starts_with("http") && to.len() <= 1024,
            Some(MenuKind::Article) => !to.is_empty(),
        };
        let wrong = "要么下面有按钮，要么写明 kind 和 to（页面以 / 开头，网址以 http 开头）";
        if good { Ok(()) } else { Err(format!("按钮“{}”{wrong}", self.name)) }
    }
}

/// How callbacks are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Plain,
    Compat,
    Safe,
}

/// How the mini-program's callbacks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Xml,
    Json,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Official {
    pub kind: AccountKind,
    pub verified: bool,
    pub appid: String,
    pub secret: SecretString,
    pub token: SecretString,
    pub previous_token: SecretString,
    pub aes_key: SecretString,
    pub previous_aes_key: SecretString,
    pub mode: Mode,
    pub templates: Templates,
    /// What stands between `MP_verify_` and `.txt`.
    pub domain_proof: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mini {
    pub verified: bool,
    pub appid: String,
    pub secret: SecretString,
    pub token: SecretString,
    pub previous_token: SecretString,
    pub aes_key: SecretString,
    pub previous_aes_key: SecretString,
    pub mode: Mode,
    pub format: Format,
    pub state: String,
    pub proof_files: Vec<ProofFile>,
}

/// A file that WeChat looks for on our host, to see that the host is ours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    /// As in `aBc123XyZ.txt`.
    pub name: String,
    pub text: String,
}

/// What protects an account's callbacks: in each pair the present value, and the
/// previous one (empty: none), which is accepted too.
#[derive(Clone, Copy)]
pub struct CallbackKeys<'a> {
    pub appid: &'a str,
    pub tokens: [&'a SecretString; 2],
    pub aes_keys: [&'a SecretString; 2],
    pub mode: Mode,
}

impl Official {
    /// By its kind; WeChat may still deny it.
    pub fn may_sign_in_from_web(&self) -> bool {
        self.verified && self.kind == AccountKind::Service
    }

    pub fn callback_keys(&self) -> CallbackKeys<'_> {
        CallbackKeys {
            appid: &self.appid,
            tokens: [&self.token, &self.previous_token],
            aes_keys: [&self.aes_key, &self.previous_aes_key],
            mode: self.mode,
        }
    }
}

impl Mini {
    pub fn callback_keys(&self) -> CallbackKeys<'_> {
        CallbackKeys {
            appid: &self.appid,
            tokens: [&self.token, &self.previous_token],
            aes_keys: [&self.aes_key, &self.previous_aes_key],
            mode: self.mode,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    pub placed: Template,
    pub offered: Template,
    pub meeting_changed: Template,
    pub answered: Template,
    pub draw: Template,
    pub reminder: Template,
}

impl Templates {
    /// What a person allows is counted for the kind whose template it is.
    fn check_distinct(&self) -> Result<(), ConfigError> {
        let all = [
            ("placed", &self.placed),
            ("offered", &self.offered),
            ("meeting_changed", &self.meeting_changed),
            ("answered", &self.answered),
            ("draw", &self.draw),
            ("reminder", &self.reminder),
        ];
        for (at, (name, one)) in all.iter().enumerate() {
            let same = all[..at].iter().find(|(_, other)| !one.id.is_empty() && other.id == one.id);
            if let Some((other, _)) = same {
                return Err(ConfigError::Key {
                    key: format!("wechat.templates.{name}.id"),
                    reason: format!("和 wechat.templates.{other}.id 一样：每种通知要用自己的模板"),
                });
            }
        }
        Ok(())
    }

    pub fn of(&self, kind: NoticeKind) -> &Template {
        match kind {
            NoticeKind::Placed => &self.placed,
            NoticeKind::Offered => &self.offered,
            NoticeKind::MeetingChanged => &self.meeting_changed,
            NoticeKind::Answered => &self.answered,
            NoticeKind::Draw => &self.draw,
            NoticeKind::Reminder => &self.reminder,
        }
    }
}

/// A template of subscription or template messages: its id, and which of its fields takes what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub id: String,
    pub class: String,
    pub time: String,
    pub place: String,
    pub note: String,
}

impl Config {
    /// Reads default, file and environment, and checks the whole.
    ///
    /// # Errors
    /// The first thing that is wrong, naming the key.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let config = Self::read(file, &[])?;
        config.validate()?;
        Ok(config)
    }

    /// As [`Config::load`], with values of the demo or a test between file and environment.
    ///
    /// # Errors
    /// The first thing that is wrong, naming the key.
    pub fn load_with(
        file: Option<&Path>,
        overrides: &[(&str, String)],
    ) -> Result<Self, ConfigError> {
        let config = Self::read(file, overrides)?;
        config.validate()?;
        Ok(config)
    }

    /// The values as they are written, none of them looked at: for who plays WeChat to
    /// a service with these settings.
    ///
    /// # Errors
    /// The file cannot be read, or a value is not of its kind.
    pub fn read(file: Option<&Path>, overrides: &[(&str, String)]) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder()
            .add_source(config::File::from_str(DEFAULT, config::FileFormat::Toml));
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        let mut over = config::Config::builder();
        for (key, value) in overrides {
            over = over.set_override(*key, value.as_str())?;
        }
        builder = builder.add_source(over.build()?);
        // Values stay strings until their field says what they are: a token of digits is no number.
        let environment =
            config::Environment::with_prefix(ENV_PREFIX).prefix_separator("__").separator("__");
        let merged = builder.add_source(environment).build()?;
        serde_path_to_error::deserialize(merged).map_err(|error| {
            let reason = error.inner().to_string();
            ConfigError::Key { key: error.path().to_string(), reason }
        })
    }

    /// # Errors
    /// The first value that cannot work, naming the key.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let check = |good: bool, key: &str, reason: &str| {
            if good {
                Ok(())
            } else {
                Err(ConfigError::Key { key: key.to_owned(), reason: reason.to_owned() })
            }
        };
        check(
            self.server.public_url.starts_with("http") && !self.server.public_url.ends_with('/'),
            "server.public_url",
            "要以 http:// 或 https:// 开头，末尾不要斜杠",
        )?;
        check(
            self.server.listen.parse::<std::net::SocketAddr>().is_ok(),
            "server.listen",
            "要写成 地址:端口，例如 0.0.0.0:8080",
        )?;
        if let Err(reason) = self.wechat.menu.check() {
            return Err(ConfigError::Key { key: "wechat.menu".to_owned(), reason });
        }
        let (days, times) = (&self.centre.office_days, &self.centre.office_times);
        check(
            crate::office::Office::parse(days, times).is_some(),
            "centre.office_times",
            "天要写成 1-5（周一到周五），时间要写成 8:30-11:30,13:30-17:00",
        )?;
        let hours = &self.news.quiet_hours;
        check(
            hours.is_empty() || crate::news::Quiet::parse(hours).is_some(),
            "news.quiet_hours",
            "要写成 21:00-8:00；不用就留空",
        )?;
        check(
            (1..=self.news.alarm_days).contains(&self.news.warn_days),
            "news.warn_days",
            "要至少 1 天，不晚于 news.alarm_days",
        )?;
        let url = self.database.url.expose_secret();
        check(
            url.starts_with("sqlite:") || url.starts_with("postgres"),
            "database.url",
            "要以 sqlite:// 或 postgres:// 开头",
        )?;
        let key = base64::engine::general_purpose::STANDARD
            .decode(self.security.data_key.expose_secret());
        check(
            key.is_ok_and(|key| key.len() == 32),
            "security.data_key",
            "必填：32 个字节的 base64，可用 openssl rand -base64 32 生成",
        )?;
        check(
            !self.wechat.api_base.ends_with('/') && self.wechat.api_base.starts_with("http"),
            "wechat.api_base",
            "要以 http:// 或 https:// 开头，末尾不要斜杠",
        )?;
        check(
            !self.wechat.open_base.ends_with('/') && self.wechat.open_base.starts_with("http"),
            "wechat.open_base",
            "要以 http:// 或 https:// 开头，末尾不要斜杠",
        )?;
        check(
            origin(&self.wechat.jssdk_url).is_some(),
            "wechat.jssdk_url",
            "要写成 https://主机/路径",
        )?;
        let backup = &self.wechat.api_base_backup;
        check(
            backup.is_empty() || (backup.starts_with("http") && !backup.ends_with('/')),
            "wechat.api_base_backup",
            "要以 http:// 或 https:// 开头，末尾不要斜杠；不用就留空",
        )?;
        check(
            self.wechat.official.domain_proof.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "wechat.official.domain_proof",
            "只填文件名里 MP_verify_ 和 .txt 之间的字母和数字",
        )?;
        for file in &self.wechat.mini.proof_files {
            let name = file.name.strip_suffix(".txt").unwrap_or_default();
            check(
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
                "wechat.mini.proof_files",
                "name 要照文件的全名填，比如 aBc123XyZ.txt",
            )?;
        }
        check((1..=5).contains(&self.wechat.tries), "wechat.tries", "要 1 到 5")?;
        let (official, mini) = (&self.wechat.official, &self.wechat.mini);
        for (name, secret, keys) in [
            ("official", &official.secret, official.callback_keys()),
            ("mini", &mini.secret, mini.callback_keys()),
        ] {
            if keys.appid.is_empty() {
                continue;
            }
            let of = |field: &str| format!("wechat.{name}.{field}");
            check(
                !secret.expose_secret().is_empty(),
                &of("secret"),
                "填了 appid 就必须填 AppSecret",
            )?;
            for (field, token, optional) in
                [("token", keys.tokens[0], false), ("previous_token", keys.tokens[1], true)]
            {
                let token = token.expose_secret();
                check(
                    (optional && token.is_empty())
                        || ((3..=32).contains(&token.len())
                            && token.bytes().all(|byte| byte.is_ascii_alphanumeric())),
                    &of(field),
                    "要 3 到 32 个字母或数字，与微信后台所填一致",
                )?;
            }
            for (field, key, optional) in [
                ("aes_key", keys.aes_keys[0], keys.mode == Mode::Plain),
                ("previous_aes_key", keys.aes_keys[1], true),
            ] {
                let key = key.expose_secret();
                check(
                    (optional && key.is_empty())
                        || (key.len() == 43
                            && key.bytes().all(|byte| byte.is_ascii_alphanumeric())),
                    &of(field),
                    "要正好 43 个字母或数字（EncodingAESKey），注意不要多空格或少一位",
                )?;
            }
        }
        for (key, value) in [
            ("members.session_days", self.members.session_days),
            ("family.code_minutes", self.family.code_minutes),
            ("sign_in.code_minutes", self.sign_in.code_minutes),
            ("sign_in.code_tries", self.sign_in.code_tries.into()),
            ("staff.session_hours", self.staff.session_hours),
            ("staff.lockout_minutes", self.staff.lockout_minutes),
            ("attendance.code_step_s", self.attendance.code_step_s),
            ("attendance.scan_within_hours", self.attendance.scan_within_hours),
            ("attendance.guest_offer_hours", self.attendance.guest_offer_hours),
            ("attendance.guest_offer_least_hours", self.attendance.guest_offer_least_hours),
            ("learning.year_goal_hours", self.learning.year_goal_hours),
            ("learning.smart_technology_goal", self.learning.smart_technology_goal),
            ("learning.link_minutes", self.learning.link_minutes),
            ("care.grace_minutes", self.care.grace_minutes),
            ("care.call_days", self.care.call_days),
            ("care.release_days", self.care.release_days),
            ("care.care_hours", self.care.care_hours),
            ("helpdesk.media_days", self.helpdesk.media_days),
            ("worker.lease_s", self.worker.lease_s),
        ] {
            check(value > 0, key, "要大于 0")?;
        }
        check(self.care.call_after > 0, "care.call_after", "要大于 0")?;
        check(
            self.care.release_after > self.care.call_after,
            "care.release_after",
            "要大于 care.call_after",
        )?;
        self.sms.check()?;
        self.wechat.templates.check_distinct()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Vec<(&'static str, String)> {
        vec![("security.data_key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned())]
    }

    fn wrong(extra: &[(&'static str, &str)]) -> String {
        let mut values = good();
        values.extend(extra.iter().map(|(key, value)| (*key, (*value).to_owned())));
        Config::load_with(None, &values).expect_err("must be refused").to_string()
    }

    #[test]
    fn the_default_needs_only_a_data_key() {
        assert!(Config::load_with(None, &good()).is_ok());
        assert!(wrong(&[("security.data_key", "")]).contains("security.data_key"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(wrong(&[("server.lisen", "x")]).contains("lisen"));
        assert!(wrong(&[("worker.lease_s", "soon")]).contains("worker.lease_s"));
        assert!(wrong(&[("attendance.code_step_s", "0")]).contains("attendance.code_step_s"));
        let twice = [("wechat.templates.placed.id", "one"), ("wechat.templates.draw.id", "one")];
        assert!(wrong(&twice).contains("wechat.templates.draw.id"));
        for (key, value) in [
            ("wechat.official.domain_proof", "MP_verify_a.txt"),
            ("wechat.jssdk_url", "res.wx.qq.com/a.js"),
            ("wechat.jssdk_url", "https://a; script-src */a.js"),
            ("wechat.jssdk_url", "https://res.wx.qq.com"),
        ] {
            assert!(wrong(&[(key, value)]).contains(key));
        }
        let account = [
            ("wechat.official.appid", "wx1"),
            ("wechat.official.secret", "s"),
            ("wechat.official.token", "123456"),
            ("wechat.official.aes_key", "short"),
        ];
        assert!(wrong(&account).contains("wechat.official.aes_key"));
        let good_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
        for (previous, value) in [
            ("wechat.official.previous_token", "a b"),
            ("wechat.official.previous_aes_key", "short"),
        ] {
            let mut account = account.to_vec();
            account[3].1 = good_key;
            account.push((previous, value));
            assert!(wrong(&account).contains(previous));
        }
    }

    #[test]
    fn a_sandbox_never_falls_over_to_the_real_platform() {
        let hosts = |extra: &[(&'static str, &str)]| {
            let mut values = good();
            values.extend(extra.iter().map(|(key, value)| (*key, (*value).to_owned())));
            let config = Config::load_with(None, &values).expect("good");
            config.wechat.hosts().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(hosts(&[]), [REAL_API, REAL_API_BACKUP]);
        assert_eq!(hosts(&[("wechat.api_base_backup", "")]), [REAL_API]);
        let sandbox = ("wechat.api_base", "http://127.0.0.1:8081");
        assert_eq!(hosts(&[sandbox]), ["http://127.0.0.1:8081"]);
        let second = ("wechat.api_base_backup", "http://127.0.0.1:8082");
        assert_eq!(hosts(&[sandbox, second]), ["http://127.0.0.1:8081", "http://127.0.0.1:8082"]);
    }

    #[test]
    fn a_menu_that_the_platform_would_refuse_is_refused_at_the_start() {
        let button = |name: &str, kind, to: &str| MenuButton {
            name: name.to_owned(),
            kind,
            to: (!to.is_empty()).then(|| to.to_owned()),
            below: Vec::new(),
        };
        let page = || button("报名", Some(MenuKind::Page), "/classes");
        let menu = |buttons| Menu { buttons };
        assert_eq!(menu(vec![page()]).check(), Ok(()));
        let nested = MenuButton { below: vec![page(); 5], ..button("我的", None, "") };
        assert_eq!(menu(vec![nested.clone()]).check(), Ok(()));
        let deep = MenuButton { below: vec![nested.clone()], ..button("深", None, "") };
        let many = MenuButton { below: vec![page(); 6], ..button("多", None, "") };
        for bad in [
            vec![],
            vec![page(); 4],
            vec![button("六个汉字的名", Some(MenuKind::Page), "/")],
            vec![button("空", None, "")],
            vec![button("页", Some(MenuKind::Page), "classes")],
            vec![button("网", Some(MenuKind::Url), "/m")],
            vec![deep],
            vec![many],
        ] {
            assert!(menu(bad.clone()).check().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(origin("https://res.wx.qq.com/open/a.js"), Some("https://res.wx.qq.com"));
        assert_eq!(origin("http://127.0.0.1:8081/a.js"), Some("http://127.0.0.1:8081"));
        assert_eq!(origin("javascript://a/b"), None);
    }

    #[test]
    fn secrets_are_not_printed() {
        let mut values = good();
        values.push(("wechat.mini.secret", "very-secret".to_owned()));
        let config = Config::load_with(None, &values).expect("good");
        assert!(!format!("{config:?}").contains("very-secret"));
    }
}
