//! `/wechat/official` and `/wechat/mini`: the raw bodies, verified.
//!
//! Plain handlers, since WeChat posts `text/xml`. A callback that is not genuine gets
//! an empty 403; what fails on our side an empty 500, and WeChat delivers again.

use poem::error::ReadBodyError;
use poem::http::StatusCode;
use poem::web::{Data, Query as UrlQuery};
use poem::{Body, IntoResponse, Response, Route, get, handler};

use entity::kinds::WechatAccount;

use crate::app::App;
use crate::config::Format;
use crate::conversation;
use crate::error::Error;
use crate::wechat::{Callback, Query};

/// The two callback paths.
pub fn routes() -> Route {
    Route::new()
        .at("/official", get(verify_official).post(receive_official))
        .at("/mini", get(verify_mini).post(receive_mini))
}

#[handler]
fn verify_official(app: Data<&App>, query: UrlQuery<Query>) -> Response {
    verify(&app, app.wechat.official().callback(), &query)
}

#[handler]
fn verify_mini(app: Data<&App>, query: UrlQuery<Query>) -> Response {
    verify(&app, app.wechat.mini().callback(), &query)
}

#[handler]
async fn receive_official(app: Data<&App>, query: UrlQuery<Query>, body: Body) -> Response {
    receive(&app, WechatAccount::Official, app.wechat.official().callback(), &query, body).await
}

#[handler]
async fn receive_mini(app: Data<&App>, query: UrlQuery<Query>, body: Body) -> Response {
    receive(&app, WechatAccount::Mini, app.wechat.mini().callback(), &query, body).await
}

fn verify(app: &App, callback: Option<&Callback>, query: &Query) -> Response {
    let Some(callback) = callback else { return StatusCode::NOT_FOUND.into_response() };
    match callback.verify_url(query, app.clock.now()) {
        Ok(echo) => echo.with_content_type("text/plain").into_response(),
        Err(error) => {
            tracing::warn!(%error, "a callback address was checked by somebody else");
            StatusCode::FORBIDDEN.into_response()
        }
    }
}

async fn receive(
    app: &App,
    account: WechatAccount,
    callback: Option<&Callback>,
    query: &Query,
    body: Body,
) -> Response {
    let Some(callback) = callback else { return StatusCode::NOT_FOUND.into_response() };
    let body = match body.into_bytes_limit(app.config.server.max_body_bytes).await {
        Ok(body) => body,
        Err(ReadBodyError::PayloadTooLarge) => {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    let now = app.clock.now();
    let incoming = match callback.open(query, &body, now) {
        Ok(incoming) => incoming,
        Err(error) => {
            tracing::warn!(account = account.as_str(), %error, "a callback is refused");
            return StatusCode::FORBIDDEN.into_response();
        }
    };
    metrics::counter!("shangxue_callbacks_total", "account" => account.as_str(), "kind" => incoming.message.kind().to_owned())
        .increment(1);
    let sealed = conversation::receive(app, account, &incoming).await.and_then(|reply| {
        reply
            .map(|reply| callback.seal(&incoming, &reply, now).map_err(Error::internal))
            .transpose()
    });
    match sealed {
        Ok(Some(reply)) => {
            let kind = if incoming.format == Format::Xml {
                "text/xml; charset=utf-8"
            } else {
                "application/json"
            };
            reply.with_content_type(kind).into_response()
        }
        Ok(None) => "success".into_response(),
        Err(error) => {
            tracing::error!(account = account.as_str(), cause = %error.chain(), "a callback failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
