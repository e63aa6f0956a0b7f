//! The console's page “微信”, and what pages in WeChat's browser are told.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::kinds::WechatAccount;

use crate::app::App;
use crate::clock;
use crate::platform::{self, Finding, Standing};
use crate::wechat::{CircuitView, HostView, LookedUp, QuotaLine, Trouble};
use crate::wire::auth::CentreStaff;
use crate::wire::common::Done;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

pub struct PlatformApi(pub App);

pub struct StaffPlatformApi(pub App);

/// What `wx.config` wants, as it spells it.
#[derive(Debug, Object)]
struct JsConfigView {
    #[oai(rename = "appId")]
    app_id: String,
    timestamp: i64,
    #[oai(rename = "nonceStr")]
    nonce: String,
    signature: String,
}

/// How an account stands.
#[derive(Debug, Object)]
struct WechatStanding {
    account: WechatAccount,
    name: String,
    configured: bool,
    /// As in “已认证的服务号”.
    kind: String,
    /// What it may not do.
    missing: Vec<MissingAbility>,
    /// When the present token ends; absent: none was needed yet.
    #[oai(skip_serializing_if_is_none)]
    token_ends: Option<DateTime<Utc>>,
    hosts: Vec<WechatHost>,
    usage: Vec<EndpointUsage>,
    /// False: without Redis, counts begin at 0 when the service starts.
    usage_lasts: bool,
    troubles: Vec<WechatTrouble>,
    /// What WeChat says of the account itself, and what to do.
    notes: Vec<CheckLine>,
    /// To be entered in WeChat's console.
    callback_url: String,
    /// Pages in WeChat's own browser; of the public account.
    #[oai(skip_serializing_if_is_none)]
    web: Option<WebPagesView>,
}

#[derive(Debug, Object)]
struct WebPagesView {
    /// To be entered in WeChat's console: 网页授权域名, JS接口安全域名.
    domain: String,
    findings: Vec<CheckLine>,
}

#[derive(Debug, Object)]
struct MissingAbility {
    name: String,
    instead: String,
}

#[derive(Debug, Object)]
struct WechatHost {
    name: String,
    working: bool,
    state_text: String,
}

/// Calls of an endpoint today.
#[derive(Debug, Object)]
struct EndpointUsage {
    endpoint: String,
    name: String,
    used: u64,
    /// Absent: not known.
    #[oai(skip_serializing_if_is_none)]
    limit: Option<u64>,
    #[oai(skip_serializing_if_is_none)]
    left: Option<u64>,
    resets_at: DateTime<Utc>,
    /// Nothing goes until then.
    #[oai(skip_serializing_if_is_none)]
    spent_until: Option<DateTime<Utc>>,
    can_ask: bool,
}

/// A call that failed.
#[derive(Debug, Object)]
struct WechatTrouble {
    at: DateTime<Utc>,
    time_text: String,
    endpoint: String,
    #[oai(skip_serializing_if_is_none)]
    errcode: Option<i64>,
    /// WeChat's own words.
    words: String,
    /// What to do.
    advice: String,
    #[oai(skip_serializing_if_is_none)]
    rid: Option<String>,
}

/// One thing that was tried.
#[derive(Debug, Object)]
struct CheckLine {
    good: bool,
    text: String,
}

/// The name of an endpoint, as the list has it.
#[derive(Debug, Object)]
struct EndpointName {
    endpoint: String,
}

/// A call as WeChat remembers it.
#[derive(Debug, Object)]
struct RememberedCall {
    time_text: String,
    took_ms: i64,
    endpoint: String,
    /// The address of ours that WeChat saw.
    client_ip: String,
    #[oai(skip_serializing_if_is_none)]
    errcode: Option<i64>,
}

/// As staff call it.
pub fn name(account: WechatAccount) -> &'static str {
    match account {
        WechatAccount::Official => "公众号",
        WechatAccount::Mini => "小程序",
    }
}

impl From<Standing> for WechatStanding {
    fn from(standing: Standing) -> Self {
        let missing = standing.missing.iter().map(|ability| MissingAbility {
            name: ability.name().to_owned(),
            instead: ability.instead().to_owned(),
        });
        Self {
            account: standing.account,
            name: name(standing.account).to_owned(),
            configured: standing.configured,
            kind: standing.kind.to_owned(),
            missing: missing.collect(),
            token_ends: standing.token_ends,
            hosts: standing.hosts.into_iter().map(WechatHost::from).collect(),
            usage: standing.usage.into_iter().map(EndpointUsage::from).collect(),
            usage_lasts: standing.usage_lasts,
            troubles: standing.troubles.into_iter().map(WechatTrouble::from).collect(),
            notes: standing.notes.into_iter().map(CheckLine::from).collect(),
            callback_url: standing.callback_url,
            web: standing.web.map(|web| WebPagesView {
                domain: web.domain,
                findings: web.findings.into_iter().map(CheckLine::from).collect(),
            }),
        }
    }
}

impl From<HostView> for WechatHost {
    fn from(host: HostView) -> Self {
        let state_text = match host.circuit {
            CircuitView::Closed => "正常".to_owned(),
            CircuitView::Open { until } => {
                format!("连不上，{} 再试", clock::minute_name(clock::local_minute(until)))
            }
            CircuitView::Probing => "正在重新试".to_owned(),
        };
        Self { name: host.name, working: host.circuit == CircuitView::Closed, state_text }
    }
}

impl From<QuotaLine> for EndpointUsage {
    fn from(line: QuotaLine) -> Self {
        Self {
            endpoint: line.endpoint.to_owned(),
            name: line.name.to_owned(),
            used: line.used,
            limit: line.limit,
            left: line.limit.map(|limit| limit.saturating_sub(line.used)),
            resets_at: line.resets_at,
            spent_until: line.spent_until,
            can_ask: line.can_ask,
        }
    }
}

impl From<Trouble> for WechatTrouble {
    fn from(trouble: Trouble) -> Self {
        Self {
            at: trouble.at,
            time_text: clock::spoken(trouble.at),
            endpoint: trouble.endpoint,
            errcode: trouble.errcode,
            words: trouble.words,
            advice: trouble.advice,
            rid: trouble.rid,
        }
    }
}

impl From<Finding> for CheckLine {
    fn from(finding: Finding) -> Self {
        Self { good: finding.good, text: finding.text }
    }
}

impl From<LookedUp> for RememberedCall {
    fn from(call: LookedUp) -> Self {
        Self {
            time_text: clock::spoken(call.at),
            took_ms: call.took_ms,
            endpoint: call.endpoint,
            client_ip: call.client_ip,
            errcode: call.errcode,
        }
    }
}

#[OpenApi(tag = "Tag::Catalogue")]
impl PlatformApi {
    /// What lets a page of ours scan in WeChat's own browser (JS-SDK).
    ///
    /// Codes: `foreign_url`, `wechat_unavailable`.
    #[oai(path = "/wechat/js-config", method = "get", operation_id = "js_config")]
    async fn js_config(
        &self,
        /// The page's address, as the browser has it.
        #[oai(validator(max_length = 2048))]
        url: Query<String>,
    ) -> ApiResult<Json<JsConfigView>> {
        let config = platform::js_config(&self.0, &url.0).await?;
        Ok(Json(JsConfigView {
            app_id: config.appid,
            timestamp: config.timestamp,
            nonce: config.nonce,
            signature: config.signature,
        }))
    }
}

#[OpenApi(tag = "Tag::StaffOperations")]
impl StaffPlatformApi {
    /// How both accounts stand, by what is known here: asks WeChat nothing.
    #[oai(path = "/staff/wechat", method = "get", operation_id = "staff_wechat")]
    async fn standing(&self, _who: CentreStaff) -> ApiResult<Json<Vec<WechatStanding>>> {
        let mut accounts = Vec::new();
        for account in [WechatAccount::Official, WechatAccount::Mini] {
            let standing = platform::standing(&self.0, account).await.map_err(ApiError::from)?;
            accounts.push(standing.into());
        }
        Ok(Json(accounts))
    }

    /// Try an account: its secret, and WeChat's way to our callbacks.
    #[oai(
        path = "/staff/wechat/accounts/:account/check",
        method = "post",
        operation_id = "staff_check_wechat"
    )]
    async fn check(
        &self,
        _who: CentreStaff,
        account: Path<WechatAccount>,
    ) -> ApiResult<Json<Vec<CheckLine>>> {
        let findings = platform::check(&self.0, account.0).await;
        Ok(Json(findings.into_iter().map(CheckLine::from).collect()))
    }

    /// Ask WeChat for its own numbers of an endpoint.
    #[oai(
        path = "/staff/wechat/accounts/:account/quota",
        method = "post",
        operation_id = "staff_ask_wechat_quota"
    )]
    async fn quota(
        &self,
        _who: CentreStaff,
        account: Path<WechatAccount>,
        endpoint: Json<EndpointName>,
    ) -> ApiResult<Done> {
        platform::ask_quota(&self.0, account.0, &endpoint.0.endpoint)
            .await
            .map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// Set all counts of an account back at WeChat: ten times a month.
    #[oai(
        path = "/staff/wechat/accounts/:account/quota",
        method = "delete",
        operation_id = "staff_clear_wechat_quota"
    )]
    async fn clear_quota(&self, who: CentreStaff, account: Path<WechatAccount>) -> ApiResult<Done> {
        platform::clear_quota(&self.0, &who.0, account.0).await.map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// Look a call up by WeChat's number for it.
    #[oai(
        path = "/staff/wechat/accounts/:account/calls/:rid",
        method = "get",
        operation_id = "staff_look_up_wechat_call"
    )]
    async fn look_up(
        &self,
        _who: CentreStaff,
        account: Path<WechatAccount>,
        rid: Path<String>,
    ) -> ApiResult<Json<RememberedCall>> {
        let call = platform::look_up(&self.0, account.0, &rid.0).await.map_err(ApiError::from)?;
        Ok(Json(call.into()))
    }
}
