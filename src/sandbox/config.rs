//! What the sandbox is told at its start.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::journal::Fault;
use crate::clock::Clock;
use crate::config::{Format, Mode};

/// An account as its owner sees it in the console of the platform.
#[derive(Clone)]
pub struct AccountKeys {
    pub appid: String,
    pub secret: String,
    pub token: String,
    /// 43 letters and digits.
    pub aes_key: String,
    pub mode: Mode,
    /// `gh_…`: who callbacks are addressed to.
    pub original_id: String,
}

/// A subscription message template the mini-program has chosen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Template {
    pub id: String,
    pub title: String,
    pub fields: Vec<TemplateField>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TemplateField {
    /// As in `thing1`; the letters are the rule for the value.
    pub key: String,
    /// What stands before the value.
    pub label: String,
}

impl Template {
    pub fn new(id: &str, title: &str, fields: &[(&str, &str)]) -> Self {
        let field = |(key, label): &(&str, &str)| TemplateField {
            key: (*key).to_owned(),
            label: (*label).to_owned(),
        };
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            fields: fields.iter().map(field).collect(),
        }
    }
}

/// What an account is; it decides what it may call (api.md §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 服务号
    Service,
    /// 订阅号
    Subscription,
}

/// Calls that go wrong by chance, the same ones for the same seed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomFaults {
    pub seed: u64,
    /// Of 100 calls, how many.
    pub percent: u8,
    /// One of these, each as likely.
    pub faults: Vec<Fault>,
}

#[derive(Clone)]
pub struct SandboxConfig {
    /// Port 0: any free one.
    pub listen: SocketAddr,
    /// How the service and the browser reach the sandbox, when that is not
    /// `http://` and the address it listens on. No slash at the end.
    pub base_url: Option<String>,
    pub official: AccountKeys,
    pub mini: AccountKeys,
    /// How the mini-program's callbacks are written.
    pub mini_format: Format,
    pub templates: Vec<Template>,
    /// There is a mini-program. Without one the phone opens pages of the service in its
    /// own browser.
    pub has_mini: bool,
    /// Pages of the released mini-program.
    pub mini_pages: Vec<String>,
    /// What the account is called.
    pub account_name: String,
    pub mini_name: String,
    /// What the official account is.
    pub kind: AccountKind,
    /// 微信认证 of the official account.
    pub verified: bool,
    /// Both accounts are bound to one Open Platform account: there is a unionid.
    pub bound: bool,
    /// Templates for template/send of the official account.
    pub official_templates: Vec<Template>,
    /// Templates for bizsend of the official account.
    pub official_subscriptions: Vec<Template>,
    /// Addresses that may ask for tokens; empty: all.
    pub allowed_ips: Vec<IpAddr>,
    /// Calls a day by path, instead of the platform's own limits.
    pub daily_limits: BTreeMap<String, u32>,
    pub random_faults: Option<RandomFaults>,
    /// Words that msg_sec_check finds `risky`.
    pub risky_words: Vec<String>,
    /// Hosts web sign-in may return to and the JS-SDK works on; empty: the service's own.
    pub oauth_hosts: Vec<String>,
    /// Where callbacks go: `http://127.0.0.1:8080`. Empty: they are kept, not posted.
    pub service_url: String,
    /// Where the phone opens pages of the service, when that is another address.
    pub page_url: Option<String>,
    pub clock: Clock,
    /// Where to keep the state over a restart.
    pub state_file: Option<PathBuf>,
    /// From freepublish/submit to its end.
    pub publish_delay: Duration,
    /// How long the service may take for an answer to a callback.
    pub callback_timeout: Duration,
}

impl SandboxConfig {
    /// Two made-up accounts in safe mode on a free port of this machine, with the
    /// templates of the service's kinds of notice.
    pub fn new(clock: Clock) -> Self {
        let fields: &[(&str, &str)] = &[
            ("thing1", "课程名称"),
            ("time2", "上课时间"),
            ("thing3", "上课地点"),
            ("thing4", "温馨提示"),
        ];
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            base_url: None,
            official: AccountKeys {
                appid: "wx5a0d1c2b3e4f6071".to_owned(),
                secret: "0a1b2c3d4e5f60718293a4b5c6d7e8f9".to_owned(),
                token: "sandboxOfficial2026".to_owned(),
                aes_key: "k3Jv8Qm2Xw7Zr4Tn9Yb5Lc1Hd6Gs0Pf8Ue3Ai7Ok2Mq".to_owned(),
                mode: Mode::Safe,
                original_id: "gh_5a0d1c2b3e4f".to_owned(),
            },
            mini: AccountKeys {
                appid: "wx9c8b7a6f5e4d3021".to_owned(),
                secret: "f9e8d7c6b5a493827160f5e4d3c2b1a0".to_owned(),
                token: "sandboxMini2026".to_owned(),
                aes_key: "T7uWq2Zx9Ca4Vb1Nm6Lk8Jh3Gf5Ds0Ap7Oi2Uy4Tr6E".to_owned(),
                mode: Mode::Safe,
                original_id: "gh_9c8b7a6f5e4d".to_owned(),
            },
            mini_format: Format::Json,
            templates: vec![
                Template::new(
                    "sbxPlaced0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1",
                    "课程报名成功通知",
                    fields,
                ),
                Template::new(
                    "sbxOffered2aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV",
                    "候补名额通知",
                    fields,
                ),
                Template::new(
                    "sbxChanged3aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV",
                    "上课安排变更通知",
                    fields,
                ),
                Template::new("sbxRemind4aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uVw", "上课提醒", fields),
            ],
            has_mini: true,
            mini_pages: ["web", "scan", "subscribe", "phone", "calendar"]
                .map(|page| format!("pages/{page}/index"))
                .to_vec(),
            account_name: "美丽常阴沙".to_owned(),
            mini_name: "常阴沙尚学".to_owned(),
            kind: AccountKind::Service,
            verified: true,
            bound: true,
            official_templates: vec![
                Template::new(
                    "sbxTemplatePlaced1aB1cD2eF3gH4iJ5kL6mN7oP8qR",
                    "课程报名成功提醒",
                    fields,
                ),
                Template::new(
                    "sbxTemplateOffered2aB1cD2eF3gH4iJ5kL6mN7oP8q",
                    "候补名额提醒",
                    fields,
                ),
                Template::new(
                    "sbxTemplateChanged0aB1cD2eF3gH4iJ5kL6mN7oP8q",
                    "上课安排变更提醒",
                    fields,
                ),
                Template::new(
                    "sbxTemplateAnswered3aB1cD2eF3gH4iJ5kL6mN7oP8",
                    "留言回复提醒",
                    fields,
                ),
            ],
            official_subscriptions: vec![Template::new(
                "sbxBizChanged0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0",
                "上课安排变更通知",
                fields,
            )],
            allowed_ips: Vec::new(),
            daily_limits: BTreeMap::new(),
            random_faults: None,
            risky_words: vec!["赌博".to_owned()],
            oauth_hosts: Vec::new(),
            service_url: String::new(),
            page_url: None,
            clock,
            state_file: None,
            publish_delay: Duration::from_millis(20),
            callback_timeout: Duration::from_secs(5),
        }
    }

    pub(super) fn service_settings(&self, base_url: &str) -> Vec<(&'static str, String)> {
        let (official, mini) = (&self.official, &self.mini);
        let kind = match self.kind {
            AccountKind::Service => "service",
            AccountKind::Subscription => "subscription",
        };
        let mut settings = vec![
            ("wechat.api_base", base_url.to_owned()),
            ("wechat.open_base", base_url.to_owned()),
            ("wechat.jssdk_url", format!("{base_url}/open/js/jweixin-1.6.0.js")),
            ("wechat.api_base_backup", String::new()),
            ("sms.provider", "http".to_owned()),
            ("sms.url", format!("{base_url}/sandbox/text")),
            (
                "sms.body",
                r#"{"phone":"{phone}","text":"【尚学】您的登录码是 {code}，{minutes} 分钟里有效。不要告诉别人。"}"#.to_owned(),
            ),
            ("sms.success", r#""code":0"#.to_owned()),
            ("wechat.official.kind", kind.to_owned()),
            ("wechat.official.verified", self.verified.to_string()),
            ("wechat.mini.verified", "true".to_owned()),
            ("wechat.official.appid", official.appid.clone()),
            ("wechat.official.secret", official.secret.clone()),
            ("wechat.official.token", official.token.clone()),
            ("wechat.official.aes_key", official.aes_key.clone()),
            ("wechat.official.mode", mode_name(official.mode).to_owned()),
            ("wechat.mini.appid", mini.appid.clone()),
            ("wechat.mini.secret", mini.secret.clone()),
            ("wechat.mini.token", mini.token.clone()),
            ("wechat.mini.aes_key", mini.aes_key.clone()),
            ("wechat.mini.mode", mode_name(mini.mode).to_owned()),
            (
                "wechat.mini.format",
                if self.mini_format == Format::Xml { "xml" } else { "json" }.to_owned(),
            ),
        ];
        let keys = [
            "wechat.templates.placed.id",
            "wechat.templates.offered.id",
            "wechat.templates.meeting_changed.id",
            "wechat.templates.reminder.id",
        ];
        let ids = self.templates.iter().map(|template| template.id.clone());
        settings.extend(keys.into_iter().zip(ids));
        let keys = [
            "wechat.official.templates.placed.id",
            "wechat.official.templates.offered.id",
            "wechat.official.templates.meeting_changed.id",
            "wechat.official.templates.answered.id",
        ];
        let ids = self.official_templates.iter().map(|template| template.id.clone());
        settings.extend(keys.into_iter().zip(ids));
        settings
    }
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Plain => "plain",
        Mode::Compat => "compat",
        Mode::Safe => "safe",
    }
}
