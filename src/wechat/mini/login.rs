//! `GET /sns/jscode2session`: the code of `wx.login` for the person's openid.
//!
//! A code lives five minutes and works once (40029, 40163). Needs no access token.

use secrecy::ExposeSecret;
use serde::Deserialize;

use super::Mini;
use crate::wechat::Error;

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
        let account = &self.inner.mini;
        let query = [
            ("appid", account.appid.as_str()),
            ("secret", account.secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        self.inner.get_open(account, PATH, &query).await
    }
}
