//! Short messages, by whichever provider takes one HTTP request a message.
//!
//! 1. What stands in the configuration is sent as it stands; `{phone}`, `{code}` and `{minutes}`
//!    are digits, which no encoding changes.
//! 2. A message counts as taken by the provider's own word: many answer 200 to a refusal.
//! 3. Neither number nor code nor the provider's key is in a log or an error.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret;

use crate::config::{self, SmsProvider};
use crate::error::{Error, Result};

/// Of an answer, so much is looked at, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A provider, or none.
#[derive(Clone)]
pub struct Sms {
    way: Option<Arc<Way>>,
}

struct Way {
    http: reqwest::Client,
    method: Method,
    headers: HeaderMap,
    config: config::Sms,
}

impl Sms {
    /// # Errors
    /// A header that is none; the HTTP client cannot be built.
    pub fn new(config: &config::Sms) -> Result<Self> {
        if config.provider == SmsProvider::None {
            return Ok(Self { way: None });
        }
        #[expect(clippy::disallowed_methods, reason = "WeChat is not the one that is called")]
        let mut http = reqwest::Client::builder()
            .timeout(Duration::from_secs(config.timeout_s))
            // It would carry number and code elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if !config.url.expose_secret().starts_with("https:") {
            // The sandbox: it has to run where no certificates are installed.
            http = http.tls_certs_only([]);
        }
        let way = Way {
            http: http.build().map_err(Error::internal)?,
            method: Method::from_bytes(config.method.as_bytes()).map_err(Error::internal)?,
            headers: headers(config)?,
            config: config.clone(),
        };
        Ok(Self { way: Some(Arc::new(way)) })
    }

    /// Is there a provider?
    pub fn available(&self) -> bool {
        self.way.is_some()
    }

    /// Sends somebody a code that is good for so many minutes.
    ///
    /// # Errors
    /// `sms_unavailable`: there is no provider; `sms_failed`: it did not take the message.
    pub async fn send(&self, phone: &str, code: &str, minutes: i64) -> Result<()> {
        let Some(way) = &self.way else {
            return Err(Error::conflict("sms_unavailable", "这里没有开通短信。"));
        };
        let minutes = minutes.to_string();
        let filled = |text: &str| {
            text.replace("{phone}", phone).replace("{code}", code).replace("{minutes}", &minutes)
        };
        let mut request = way
            .http
            .request(way.method.clone(), filled(way.config.url.expose_secret()))
            .headers(way.headers.clone());
        if way.method == Method::POST {
            request = request
                .header(CONTENT_TYPE, &way.config.content_type)
                .body(filled(way.config.body.expose_secret()));
        }
        let failed = || Error::upstream("sms_failed", "短信没有发出去。");
        // The address may hold number and key.
        let plain = |error: reqwest::Error| failed().with_source(error.without_url());
        let answer = request.send().await.map_err(plain)?;
        let status = answer.status();
        let said = answer.bytes().await.map_err(plain)?;
        let said = String::from_utf8_lossy(&said[..said.len().min(LONGEST_ANSWER)]);
        if status.is_success() && said.contains(&way.config.success) {
            return Ok(());
        }
        Err(failed().with_source(format!("the provider refuses a message with status {status}")))
    }
}

fn headers(config: &config::Sms) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in &config.headers {
        let (name, value) = line.expose_secret().split_once(':').unwrap_or_default();
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(Error::internal)?;
        let mut value = HeaderValue::from_str(value.trim()).map_err(Error::internal)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}
