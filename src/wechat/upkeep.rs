//! What keeps an account in order (api.md §8), for both accounts:
//! `POST /cgi-bin/openapi/{quota/get,quota/clear,rid/get}`, `/cgi-bin/clear_quota` (10 a
//! month in all, 48006) and its `/v2` without a token, `/cgi-bin/callback/check`,
//! `GET /cgi-bin/get_api_domain_ip`, `/cgi-bin/getcallbackip`. Beside them what the client
//! itself knows: circuits, counts, last failures.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::account::{Account, Standing};
use super::endpoint::{self, Listed};
use super::quota::QuotaLine;
use super::{Ability, CircuitView, Error, Inner, Trouble, client};

const QUOTA_GET: &str = "/cgi-bin/openapi/quota/get";
const QUOTA_CLEAR: &str = "/cgi-bin/openapi/quota/clear";
const RID_GET: &str = "/cgi-bin/openapi/rid/get";
const CLEAR: &str = "/cgi-bin/clear_quota";
const CLEAR_V2: &str = "/cgi-bin/clear_quota/v2";
const CALLBACK_CHECK: &str = "/cgi-bin/callback/check";
const API_ADDRESSES: &str = "/cgi-bin/get_api_domain_ip";
const CALLBACK_ADDRESSES: &str = "/cgi-bin/getcallbackip";

/// The upkeep of one account.
pub struct Upkeep<'a> {
    inner: &'a Inner,
    account: &'a Account,
}

/// WeChat's own numbers of an endpoint's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub daily_limit: u64,
    pub used: u64,
    pub remain: u64,
}

/// A call that was looked up by its rid. Nothing of what it carried: that is a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedUp {
    pub at: DateTime<Utc>,
    pub took_ms: i64,
    /// Without the query, which holds the token.
    pub endpoint: String,
    /// The address of ours that WeChat saw.
    pub client_ip: String,
    /// The errcode in its answer; `None` where there was none.
    pub errcode: Option<i64>,
}

/// How WeChat reaches the address of our callbacks.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CallbackCheck {
    #[serde(default, deserialize_with = "client::nullable")]
    pub dns: Vec<Resolved>,
    #[serde(default, deserialize_with = "client::nullable")]
    pub ping: Vec<Pinged>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Resolved {
    #[serde(default, deserialize_with = "client::nullable")]
    pub ip: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub real_operator: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Pinged {
    #[serde(default, deserialize_with = "client::nullable")]
    pub ip: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub from_operator: String,
    /// As in `0%`.
    #[serde(default, deserialize_with = "client::nullable")]
    pub package_loss: String,
    /// As in `23.5ms`.
    #[serde(default, deserialize_with = "client::nullable")]
    pub time: String,
}

/// A host of the API and how its circuit stands.
#[derive(Clone, Debug)]
pub struct HostView {
    pub name: String,
    pub circuit: CircuitView,
}

#[derive(Deserialize)]
struct QuotaAnswer {
    quota: RawQuota,
}

#[derive(Deserialize)]
struct RawQuota {
    #[serde(default, deserialize_with = "client::int")]
    daily_limit: i64,
    #[serde(default, deserialize_with = "client::int")]
    used: i64,
    #[serde(default, deserialize_with = "client::int")]
    remain: i64,
}

#[derive(Deserialize)]
struct RidAnswer {
    request: RawRequest,
}

#[derive(Deserialize)]
struct RawRequest {
    #[serde(default, deserialize_with = "client::int")]
    invoke_time: i64,
    #[serde(default, deserialize_with = "client::int")]
    cost_in_ms: i64,
    #[serde(default, deserialize_with = "client::nullable")]
    request_url: String,
    #[serde(default, deserialize_with = "client::nullable")]
    response_body: String,
    #[serde(default, deserialize_with = "client::nullable")]
    client_ip: String,
}

#[derive(Deserialize)]
struct Addresses {
    #[serde(default, deserialize_with = "client::nullable")]
    ip_list: Vec<String>,
}

impl<'a> Upkeep<'a> {
    pub(super) fn new(inner: &'a Inner, account: &'a Account) -> Self {
        Self { inner, account }
    }

    /// WeChat's numbers for an endpoint under `/cgi-bin/`; also taken over into the count.
    ///
    /// # Errors
    /// 76003: no such path; the network.
    pub async fn quota(&self, path: &'static str) -> Result<Quota, Error> {
        let body = cgi_path(QUOTA_GET, path)?;
        let answer: QuotaAnswer = self.inner.post(self.account, QUOTA_GET, &body).await?;
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        let RawQuota { daily_limit, used, remain } = answer.quota;
        let quota =
            Quota { daily_limit: number(daily_limit), used: number(used), remain: number(remain) };
        let numbers = (Some(quota.daily_limit), quota.used);
        self.account.quota.learn(self.inner, self.account, endpoint::pot(path), numbers).await;
        Ok(quota)
    }

    /// Sets one endpoint's count back, at WeChat and here.
    ///
    /// # Errors
    /// 76003; 48006: the month's ten are used up; the network.
    pub async fn clear_quota_of(&self, path: &'static str) -> Result<(), Error> {
        let body = cgi_path(QUOTA_CLEAR, path)?;
        let _answer: IgnoredAny = self.inner.post(self.account, QUOTA_CLEAR, &body).await?;
        self.reopen(Some(endpoint::pot(path))).await;
        Ok(())
    }

    /// Sets all of the account's counts back.
    ///
    /// # Errors
    /// 48006; the network.
    pub async fn clear_quota(&self) -> Result<(), Error> {
        let body = json!({ "appid": self.account.appid });
        let _answer: IgnoredAny = self.inner.post(self.account, CLEAR, &body).await?;
        self.reopen(None).await;
        Ok(())
    }

    /// As [`Upkeep::clear_quota`], for when the quota of the token itself is used up.
    ///
    /// # Errors
    /// 48006; 40125: a wrong secret; the network.
    pub async fn clear_quota_by_secret(&self) -> Result<(), Error> {
        let secret = self.account.secret.expose_secret();
        let body = json!({ "appid": self.account.appid, "appsecret": secret });
        let _answer: IgnoredAny = self.inner.post_open(self.account, CLEAR_V2, &body).await?;
        self.reopen(None).await;
        Ok(())
    }

    /// What became of a call of the last 7 days.
    ///
    /// # Errors
    /// No such rid, or not of this account; the network.
    pub async fn look_up(&self, rid: &str) -> Result<LookedUp, Error> {
        let answer: RidAnswer =
            self.inner.post(self.account, RID_GET, &json!({ "rid": rid })).await?;
        Ok(answer.request.into())
    }

    /// Asks WeChat to look up and to ping the address of our callbacks.
    ///
    /// # Errors
    /// No address is set in WeChat's console; the network.
    pub async fn check_callback(&self) -> Result<CallbackCheck, Error> {
        let body = json!({ "action": "all", "check_operator": "DEFAULT" });
        self.inner.post(self.account, CALLBACK_CHECK, &body).await
    }

    /// Where WeChat's API is reached: addresses, or blocks of them.
    ///
    /// # Errors
    /// The network.
    pub async fn api_addresses(&self) -> Result<Vec<String>, Error> {
        let answer: Addresses = self.inner.get(self.account, API_ADDRESSES).await?;
        Ok(answer.ip_list)
    }

    /// Where callbacks come from. They change: for a warning, never for a refusal.
    ///
    /// # Errors
    /// The network.
    pub async fn callback_addresses(&self) -> Result<Vec<String>, Error> {
        let answer: Addresses = self.inner.get(self.account, CALLBACK_ADDRESSES).await?;
        Ok(answer.ip_list)
    }

    /// When the token at hand ends; `None`: there is none.
    pub async fn token_ends(&self) -> Option<DateTime<Utc>> {
        self.account.tokens.ends(self.inner).await
    }

    /// The hosts in the order in which they are tried.
    pub fn hosts(&self) -> Vec<HostView> {
        let now = self.inner.clock.now();
        let hosts = self.inner.hosts.iter().zip(&self.account.circuits);
        hosts
            .map(|(host, circuit)| HostView {
                name: self.inner.host_name(host).to_owned(),
                circuit: circuit.view(now),
            })
            .collect()
    }

    /// Today's calls by endpoint.
    pub async fn usage(&self) -> Vec<QuotaLine> {
        self.account.quota.view(self.inner, self.account, self.listed()).await
    }

    /// The path of a listed endpoint as the code knows it; `None` for any other.
    pub fn listed_path(&self, path: &str) -> Option<&'static str> {
        self.listed().iter().map(|(listed, _)| *listed).find(|listed| *listed == path)
    }

    /// What the account may not do, by its kind or by WeChat's word.
    pub async fn missing(&self) -> Vec<Ability> {
        self.account.recall(self.inner).await;
        let now = self.inner.clock.now();
        let all: &[Ability] = if self.is_mini() { &Ability::MINI } else { &Ability::OFFICIAL };
        all.iter().copied().filter(|ability| !self.account.can(*ability, now)).collect()
    }

    /// The last failures, newest first.
    pub async fn troubles(&self) -> Vec<Trouble> {
        self.inner.troubles(self.account).await
    }

    async fn reopen(&self, only: Option<&'static str>) {
        self.account.quota.reopen(self.inner, self.account, self.listed(), only).await;
    }

    fn is_mini(&self) -> bool {
        matches!(self.account.standing, Standing::Mini { .. })
    }

    fn listed(&self) -> &'static [Listed] {
        if self.is_mini() { endpoint::MINI } else { endpoint::OFFICIAL }
    }
}

fn cgi_path(endpoint: &'static str, path: &str) -> Result<Value, Error> {
    if path.starts_with("/cgi-bin/") {
        Ok(json!({ "cgi_path": path }))
    } else {
        Err(Error::answered(endpoint, 76003, "cgi_path has to begin with /cgi-bin/"))
    }
}

impl From<RawRequest> for LookedUp {
    fn from(raw: RawRequest) -> Self {
        let url = raw.request_url.split('?').next().unwrap_or_default();
        let path = url
            .split_once("://")
            .map_or(url, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
        let answer: Option<Value> = serde_json::from_str(&raw.response_body).ok();
        Self {
            at: DateTime::from_timestamp(raw.invoke_time, 0).unwrap_or_default(),
            took_ms: raw.cost_in_ms,
            endpoint: path.to_owned(),
            client_ip: raw.client_ip,
            errcode: answer.and_then(|answer| answer.get("errcode")?.as_i64()),
        }
    }
}
