//! The stand-in for WeChat: is it as strict as it says, and does it call as WeChat calls?

mod callbacks;
mod client;
mod content;
mod faults;
mod links;
mod mass;
mod messages;
mod people;
mod phone;
mod service;
mod standing;
mod tokens;
mod users;

use std::time::Duration;

use serde_json::{Value, json};
use shangxue::clock::Clock;
use shangxue::sandbox::{self, Account, Sandbox, SandboxConfig};

use crate::support::the_time;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest of a picture";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0rest of a picture";

struct Platform {
    sandbox: Sandbox,
    config: SandboxConfig,
    http: reqwest::Client,
}

impl Platform {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let mut config = SandboxConfig::new(Clock::fixed(the_time()));
        config.publish_delay = Duration::ZERO;
        change(&mut config);
        let sandbox = sandbox::start(config.clone()).await.expect("the sandbox starts");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { sandbox, config, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(self.url(path)).send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.http.post(self.url(path)).json(body).send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    async fn post_text(&self, path: &str, body: &str) -> Value {
        let request = self.http.post(self.url(path)).body(body.to_owned());
        let answer = request.send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    fn credentials(&self, account: Account) -> Value {
        let keys = match account {
            Account::Official => &self.config.official,
            Account::Mini => &self.config.mini,
        };
        json!({"grant_type": "client_credential", "appid": keys.appid, "secret": keys.secret})
    }

    async fn token(&self, account: Account) -> String {
        let answer = self.post("/cgi-bin/stable_token", &self.credentials(account)).await;
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// A call of the public account's API.
    async fn official(&self, path: &str, body: &Value) -> Value {
        let token = self.token(Account::Official).await;
        self.post(&format!("{path}?access_token={token}"), body).await
    }

    /// As [`Self::official`], for a GET; `path` may have a query.
    async fn official_get(&self, path: &str) -> Value {
        let token = self.token(Account::Official).await;
        let sign = if path.contains('?') { '&' } else { '?' };
        self.get(&format!("{path}{sign}access_token={token}")).await
    }

    async fn mini(&self, path: &str, body: &Value) -> Value {
        let token = self.token(Account::Mini).await;
        self.post(&format!("{path}?access_token={token}"), body).await
    }

    async fn upload(&self, path: &str, part: reqwest::multipart::Part) -> Value {
        let token = self.token(Account::Official).await;
        let sign = if path.contains('?') { '&' } else { '?' };
        let url = self.url(&format!("{path}{sign}access_token={token}"));
        let form = reqwest::multipart::Form::new().part("media", part);
        let answer = self.http.post(url).multipart(form).send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    async fn cover(&self) -> String {
        let part = file(JPEG, "cover.jpg", "image/jpeg");
        let answer = self.upload("/cgi-bin/material/add_material?type=image", part).await;
        answer["media_id"].as_str().expect("a media_id").to_owned()
    }

    async fn draft(&self) -> String {
        let article = json!({"title": "秋季班开课", "content": "<p>欢迎</p>", "thumb_media_id": self.cover().await});
        let answer = self.official("/cgi-bin/draft/add", &json!({"articles": [article]})).await;
        answer["media_id"].as_str().expect("a media_id").to_owned()
    }
}

fn file(bytes: &[u8], name: &str, mime: &str) -> reqwest::multipart::Part {
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    part.mime_str(mime).expect("a type")
}

fn code(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or_default()
}
