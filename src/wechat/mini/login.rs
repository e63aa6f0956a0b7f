//! `GET /sns/jscode2session`: the code of `wx.login` for the person's openid.
//!
//! A code lives five minutes and works once (40029, 40163). Needs no access token.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Mini;
use crate::wechat::Error;

const PATH: &str = "/sns/jscode2session";

/// Who signed in.
#[derive(Clone, Deserialize)]
pub struct LoginSession {
    pub openid: String,
    /// Only where both accounts are bound to one Open Platform account.
    pub unionid: Option<String>,
}

/// Who signed in, with the key. Has no `Debug`: the key goes to no client and no log.
#[derive(Clone, Deserialize)]
pub struct KeyedSession {
    #[serde(flatten)]
    pub session: LoginSession,
    pub session_key: SecretString,
}

impl Mini<'_> {
    /// # Errors
    /// 40029 and 40163: a bad or used code; 40226: WeChat blocks this person; the network.
    pub async fn login(&self, code: &str) -> Result<LoginSession, Error> {
        self.exchange(code).await
    }

    /// With the key, for [`Mini::check_session`].
    ///
    /// # Errors
    /// As [`Self::login`].
    pub async fn login_with_key(&self, code: &str) -> Result<KeyedSession, Error> {
        self.exchange(code).await
    }

    async fn exchange<T: DeserializeOwned>(&self, code: &str) -> Result<T, Error> {
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
