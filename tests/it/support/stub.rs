//! A WeChat platform whose every answer is the test's: for what no strict sandbox does.

use std::sync::{Arc, Mutex};

use poem::http::{HeaderMap, StatusCode};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Endpoint, IntoResponse, Request, Response, Server};
use serde_json::{Value, json};
use shangxue::cache::Cache;
use shangxue::clock::Clock;
use shangxue::config::Config;
use shangxue::wechat::Wechat;
use tokio::sync::Notify;

pub const STABLE_TOKEN: &str = "/cgi-bin/stable_token";
pub const MENU: &str = "/cgi-bin/menu/get";
pub const SEND: &str = "/cgi-bin/message/subscribe/send";

/// What came in.
#[derive(Clone)]
pub struct Seen {
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

pub type Answers = dyn Fn(&Seen) -> (u16, Vec<u8>) + Send + Sync;

/// A platform whose every answer is the test's.
pub struct Platform {
    pub url: String,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Answering {
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Answers>,
    /// Calls of this path wait here.
    gate: Option<(&'static str, Arc<Notify>)>,
}

impl Endpoint for Answering {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (parts, body) = request.into_parts();
        let seen = Seen {
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: body.into_vec().await?,
        };
        self.seen.lock().unwrap().push(seen.clone());
        if let Some((path, gate)) = &self.gate
            && *path == seen.path
        {
            gate.notified().await;
        }
        let (status, body) = (self.answers)(&seen);
        let mut response = body.with_content_type("text/plain").into_response();
        response.set_status(StatusCode::from_u16(status).unwrap());
        Ok(response)
    }
}

impl Platform {
    pub async fn start(answers: impl Fn(&Seen) -> (u16, Value) + Send + Sync + 'static) -> Self {
        let answers = move |seen: &Seen| {
            let (status, body) = answers(seen);
            (status, body.to_string().into_bytes())
        };
        Self::start_gated(None, Arc::new(answers)).await
    }

    pub async fn start_gated(
        gate: Option<(&'static str, Arc<Notify>)>,
        answers: Arc<Answers>,
    ) -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = acceptor.local_addr()[0].as_socket_addr().copied().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let endpoint = Answering { seen: seen.clone(), answers, gate };
        let server = tokio::spawn(async move {
            let _ended = Server::new_with_acceptor(acceptor).run(endpoint).await;
        });
        Self { url: format!("http://{address}"), seen, server }
    }

    /// An address where nobody answers.
    pub fn nowhere() -> Self {
        let url = format!("http://{}", free_address());
        Self { url, seen: Arc::default(), server: tokio::spawn(async {}) }
    }

    pub fn seen(&self, path: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.path == path).cloned().collect()
    }

    pub fn client_with(&self, cache: Cache, clock: Clock, secret: &str) -> Wechat {
        self.client_waiting(60, cache, clock, secret)
    }

    pub fn client_waiting(
        &self,
        timeout_s: u32,
        cache: Cache,
        clock: Clock,
        secret: &str,
    ) -> Wechat {
        let timeout = ("wechat.timeout_s", timeout_s.to_string());
        self.client_set(cache, clock, &[timeout, ("wechat.official.secret", secret.to_owned())])
    }

    /// With further values of the configuration.
    pub fn client_set(&self, cache: Cache, clock: Clock, extra: &[(&str, String)]) -> Wechat {
        let secret = "secret-of-ours";
        let mut values = vec![
            ("security.data_key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned()),
            ("wechat.api_base", self.url.clone()),
            ("wechat.timeout_s", "60".to_owned()),
            ("wechat.tries", "1".to_owned()),
            ("wechat.retry_pause_ms", "0".to_owned()),
            ("wechat.official.kind", "service".to_owned()),
            ("wechat.official.appid", "wx1".to_owned()),
            ("wechat.official.secret", secret.to_owned()),
            ("wechat.official.token", "token".to_owned()),
            ("wechat.official.mode", "plain".to_owned()),
            ("wechat.mini.appid", "wx2".to_owned()),
            ("wechat.mini.secret", secret.to_owned()),
            ("wechat.mini.token", "token".to_owned()),
            ("wechat.mini.mode", "plain".to_owned()),
        ];
        values.extend(extra.iter().cloned());
        let config = Config::load_with(None, &values).unwrap();
        Wechat::new(&config.wechat, cache, clock).unwrap()
    }

    pub fn client(&self) -> Wechat {
        self.client_with(Cache::local(), clock(), "secret-of-ours")
    }
}

/// Was free a moment ago: nobody answers there.
pub fn free_address() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub fn clock() -> Clock {
    Clock::fixed(crate::support::the_time())
}

pub fn token(name: &str) -> (u16, Value) {
    (200, json!({ "access_token": name, "expires_in": 7200 }))
}

pub fn refusal(errcode: i64) -> (u16, Value) {
    (200, json!({ "errcode": errcode, "errmsg": "no rid: 1-2-3" }))
}
