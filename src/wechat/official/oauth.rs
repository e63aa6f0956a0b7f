//! Web sign-in inside WeChat: the address of `connect/oauth2/authorize`, then
//! `GET /sns/{oauth2/access_token,oauth2/refresh_token,userinfo,auth}`. Verified 服务号
//! only (48001); 50,000 a minute.
//!
//! A code lives five minutes and works once (40029, 40163). The access token of a grant
//! is not the one of the API. A snapshot visitor has a made-up openid: bind nothing to
//! it. (api.md §6)

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Official;
use crate::wechat::field::{self, hold};
use crate::wechat::{Error, client};

const AUTHORIZE: &str = "/connect/oauth2/authorize";
const EXCHANGE: &str = "/sns/oauth2/access_token";
const REFRESH: &str = "/sns/oauth2/refresh_token";
const USERINFO: &str = "/sns/userinfo";
const AUTH: &str = "/sns/auth";

/// What the person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OauthScope {
    /// Nothing: the openid alone, in silence.
    Base,
    /// Name and picture, on a page of WeChat's.
    UserInfo,
}

/// What a code was exchanged for. Has no `Debug`: it holds tokens.
#[derive(Clone, Deserialize)]
pub struct OauthGrant {
    pub openid: String,
    pub access_token: SecretString,
    /// Seconds.
    #[serde(default, deserialize_with = "client::int")]
    pub expires_in: i64,
    /// Good for 30 days.
    pub refresh_token: SecretString,
    /// Only with [`OauthScope::UserInfo`], and where both accounts are bound to one Open
    /// Platform account.
    #[serde(default, deserialize_with = "field::filled")]
    pub unionid: Option<String>,
    /// Nobody has signed in: a visitor of a preview, whose openid is made up.
    #[serde(default, rename = "is_snapshotuser", deserialize_with = "field::truth")]
    pub snapshot: bool,
}

/// What a person shows of themselves. Sex and region are blank nowadays.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OauthUser {
    pub openid: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub nickname: String,
    #[serde(default, rename = "headimgurl", deserialize_with = "field::filled")]
    pub picture_url: Option<String>,
    #[serde(default, deserialize_with = "field::filled")]
    pub unionid: Option<String>,
}

impl Official<'_> {
    /// Where to send the browser. It comes back to `redirect` with `code` and `state`;
    /// its host has to be registered with the account. `state` is random, of up to 128
    /// letters and digits, and compared when it comes back.
    ///
    /// # Errors
    /// The state is none; an address that cannot be parsed.
    pub fn authorize_url(
        &self,
        redirect: &str,
        scope: OauthScope,
        state: &str,
    ) -> Result<String, Error> {
        self.inner.official.must_exist(AUTHORIZE)?;
        let fits = (1..=128).contains(&state.len())
            && state.bytes().all(|byte| byte.is_ascii_alphanumeric());
        hold(AUTHORIZE, fits, None, "state: 1 to 128 letters and digits")?;
        let base = format!("{}{AUTHORIZE}", self.inner.open_base);
        let scope = match scope {
            OauthScope::Base => "snsapi_base",
            OauthScope::UserInfo => "snsapi_userinfo",
        };
        // WeChat wants this order, and the fragment.
        let query = [
            ("appid", self.inner.official.appid.as_str()),
            ("redirect_uri", redirect),
            ("response_type", "code"),
            ("scope", scope),
            ("state", state),
        ];
        let url = reqwest::Url::parse_with_params(&base, query).map_err(|_| {
            Error::ours(AUTHORIZE, crate::wechat::Class::Configuration, "no address")
        })?;
        Ok(format!("{url}#wechat_redirect"))
    }

    /// The code of the person who came back, for who they are. Once: a code that was used
    /// means to start again.
    ///
    /// # Errors
    /// 40029, 40163: a bad or used code; 48001; the network.
    pub async fn exchange_code(&self, code: &str) -> Result<OauthGrant, Error> {
        hold(EXCHANGE, !code.is_empty(), 40029, "code is empty")?;
        let account = &self.inner.official;
        let query = [
            ("appid", account.appid.as_str()),
            ("secret", account.secret.expose_secret()),
            ("code", code),
            ("grant_type", "authorization_code"),
        ];
        self.inner.get_open(account, EXCHANGE, &query).await
    }

    /// A grant for another two hours.
    ///
    /// # Errors
    /// 42002, 40030, 42007: the person has to sign in again; the network.
    pub async fn refresh_grant(&self, refresh_token: &SecretString) -> Result<OauthGrant, Error> {
        let account = &self.inner.official;
        let query = [
            ("appid", account.appid.as_str()),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose_secret()),
        ];
        self.inner.get_open(account, REFRESH, &query).await
    }

    /// Name and picture, of a grant with [`OauthScope::UserInfo`].
    ///
    /// # Errors
    /// 40001, 42001: the grant has run out; 48001: not with this scope; the network.
    pub async fn oauth_user(&self, grant: &OauthGrant) -> Result<OauthUser, Error> {
        let query = [
            ("access_token", grant.access_token.expose_secret()),
            ("openid", &grant.openid),
            ("lang", "zh_CN"),
        ];
        self.inner.get_open(&self.inner.official, USERINFO, &query).await
    }

    /// Is a grant still good?
    ///
    /// # Errors
    /// 40003: of another person; the network.
    pub async fn check_grant(&self, grant: &OauthGrant) -> Result<bool, Error> {
        let query =
            [("access_token", grant.access_token.expose_secret()), ("openid", &grant.openid)];
        match self.inner.get_open::<IgnoredAny>(&self.inner.official, AUTH, &query).await {
            Ok(_) => Ok(true),
            Err(error) if error.errcode.is_some_and(crate::wechat::error::refuses_token) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
