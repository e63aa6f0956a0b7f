//! The session key of a sign-in: `GET /wxa/checksession`, `GET /wxa/resetusersessionkey`.
//! It is WeChat's secret with us: it goes to no client. (api.md §2)

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Mini;
use crate::wechat::Error;
use crate::wechat::signature::session_signature;

const CHECK: &str = "/wxa/checksession";
const RESET: &str = "/wxa/resetusersessionkey";

#[derive(Deserialize)]
struct Reset {
    session_key: SecretString,
}

impl Mini<'_> {
    /// Is this still the person's session key?
    ///
    /// # Errors
    /// 40003: who is that; the network.
    pub async fn check_session(&self, openid: &str, key: &SecretString) -> Result<bool, Error> {
        match self.session_call::<IgnoredAny>(CHECK, openid, key).await {
            Ok(_) => Ok(true),
            Err(error) if error.is(87009) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A new session key in place of this one.
    ///
    /// # Errors
    /// 87009: this one is no longer good; 40003: who is that; the network.
    pub async fn reset_session(
        &self,
        openid: &str,
        key: &SecretString,
    ) -> Result<SecretString, Error> {
        let reset: Reset = self.session_call(RESET, openid, key).await?;
        Ok(reset.session_key)
    }

    async fn session_call<T: serde::de::DeserializeOwned>(
        &self,
        endpoint: &'static str,
        openid: &str,
        key: &SecretString,
    ) -> Result<T, Error> {
        let signature = session_signature(key.expose_secret());
        let query = [("openid", openid), ("signature", &signature), ("sig_method", "hmac_sha256")];
        self.inner.get_query(&self.inner.mini, endpoint, &query).await
    }
}
