//! `/wechat/official` and `/wechat/mini`: the raw bodies, verified.
//!
//! A plain endpoint, since WeChat posts `text/xml`, and a bare one: an opening day's
//! callbacks should cost little more than their reading. A callback that is not genuine
//! gets an empty 403; what fails on our side an empty 500, and WeChat delivers again.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use metrics::Counter;
use poem::error::ReadBodyError;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Body, Endpoint, IntoResponse, Request, Response};

use entity::kinds::WechatAccount;

use crate::app::App;
use crate::config::Format;
use crate::conversation;
use crate::error::Error;
use crate::wechat::{Callback, Incoming, Query};

/// The two callback addresses.
pub struct Callbacks {
    app: App,
    received: Received,
}

impl Callbacks {
    /// For the accounts of `app`.
    pub fn new(app: App) -> Self {
        Self { app, received: Received::default() }
    }
}

impl Endpoint for Callbacks {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (account, callback) = match request.uri().path() {
            "/wechat/official" => (WechatAccount::Official, self.app.wechat.official().callback()),
            "/wechat/mini" => (WechatAccount::Mini, self.app.wechat.mini().callback()),
            _ => return Ok(StatusCode::NOT_FOUND.into_response()),
        };
        let Some(callback) = callback else { return Ok(StatusCode::NOT_FOUND.into_response()) };
        let uri = request.uri().clone();
        let answer = match (request.method(), Query::parse(uri.query().unwrap_or_default())) {
            (_, Err(_)) => Err(StatusCode::FORBIDDEN),
            (&Method::GET, Ok(query)) => verify(&self.app, callback, &query),
            (&Method::POST, Ok(query)) => self.receive(account, callback, &query, request).await,
            _ => Err(StatusCode::METHOD_NOT_ALLOWED),
        };
        Ok(answer.unwrap_or_else(IntoResponse::into_response))
    }
}

fn verify(app: &App, callback: &Callback, query: &Query<'_>) -> Result<Response, StatusCode> {
    match callback.verify_url(query, app.clock.now()) {
        Ok(echo) => Ok(echo.with_content_type("text/plain").into_response()),
        Err(error) => {
            tracing::warn!(%error, "a callback address was checked by somebody else");
            Err(StatusCode::FORBIDDEN)
        }
    }
}

impl Callbacks {
    async fn receive(
        &self,
        account: WechatAccount,
        callback: &Callback,
        query: &Query<'_>,
        request: Request,
    ) -> Result<Response, StatusCode> {
        let app = &self.app;
        let body = read(request, app.config.server.max_body_bytes).await?;
        let now = app.clock.now();
        let incoming = callback.open(query, &body, now).map_err(|error| {
            tracing::warn!(account = account.as_str(), %error, "a callback is refused");
            StatusCode::FORBIDDEN
        })?;
        self.received.count(account, &incoming);
        let sealed = conversation::receive(app, account, &incoming).await.and_then(|reply| {
            reply
                .map(|reply| callback.seal(&incoming, &reply, now).map_err(Error::internal))
                .transpose()
        });
        match sealed {
            Ok(Some(reply)) => Ok(answer(reply, incoming.format)),
            Ok(None) => Ok("success".into_response()),
            Err(error) => {
                tracing::error!(account = account.as_str(), cause = %error.chain(), "a callback failed");
                Err(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

fn answer(reply: String, format: Format) -> Response {
    let kind = match format {
        Format::Xml => "text/xml; charset=utf-8",
        Format::Json => "application/json",
    };
    let mut response = Response::from(reply);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The body, up to `limit` bytes. WeChat says how long it is: then it is not copied.
async fn read(mut request: Request, limit: usize) -> Result<Bytes, StatusCode> {
    let declared: Option<usize> =
        request.header(header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let body: Body = request.take_body();
    let read = match declared {
        Some(length) if length > limit => Err(ReadBodyError::PayloadTooLarge),
        Some(_) => body.into_bytes().await,
        None => body.into_bytes_limit(limit).await,
    };
    read.map_err(|error| match error {
        ReadBodyError::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    })
}

/// How many callbacks of each kind came. The counters are kept at hand: finding one by
/// its labels costs more than counting.
#[derive(Default)]
struct Received {
    official: RwLock<HashMap<String, Counter>>,
    mini: RwLock<HashMap<String, Counter>>,
}

impl Received {
    fn count(&self, account: WechatAccount, incoming: &Incoming) {
        // What WeChat thinks up must not fill the metrics.
        let kind = match incoming.message.unknown() {
            Some(_) => "unknown",
            None => incoming.message.kind(),
        };
        let counters = match account {
            WechatAccount::Official => &self.official,
            WechatAccount::Mini => &self.mini,
        };
        if let Some(counter) = counters.read().unwrap_or_else(PoisonError::into_inner).get(kind) {
            return counter.increment(1);
        }
        let labels = [("account", account.as_str().to_owned()), ("kind", kind.to_owned())];
        let counter = metrics::counter!("shangxue_callbacks_total", &labels);
        counter.increment(1);
        let mut counters = counters.write().unwrap_or_else(PoisonError::into_inner);
        counters.insert(kind.to_owned(), counter);
    }
}
