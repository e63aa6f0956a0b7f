//! `GET /sns/jscode2session`: the code of `wx.login` for the person's openid.
//!
//! A code lives five minutes and works once (40029, 40163). Needs no access token.

use secrecy::ExposeSecret;
use serde::Deserialize;

use super::Mini;
use crate::wechat::client;
use crate::wechat::{Class, Error};

const PATH: &str = "/sns/jscode2session";

/// Who signed in. The session key is not kept: nothing of ours needs it.
#[derive(Clone, Deserialize)]
pub struct LoginSession {
    pub openid: String,
    /// Only where both accounts are bound to one Open Platform account.
    pub unionid: Option<String>,
}

impl Mini<'_> {
    /// # Errors
    /// 40029 and 40163: a bad or used code; 40226: WeChat blocks this person; the network.
    pub async fn login(&self, code: &str) -> Result<LoginSession, Error> {
        let (inner, account) = (self.inner, &self.inner.mini);
        if account.appid.is_empty() {
            return Err(Error::ours(
                PATH,
                Class::Configuration,
                "the mini-program is not configured",
            ));
        }
        let request = inner.http.get(format!("{}{PATH}", inner.base)).query(&[
            ("appid", account.appid.as_str()),
            ("secret", account.secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ]);
        client::send(PATH, request).await
    }
}
