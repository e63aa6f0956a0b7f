//! Quotas, look-up by rid, checks of the callback, addresses of the platform.

use serde::Deserialize;
use serde_json::json;

use super::token::account_by_secret;
use super::{Answer, Call, EITHER, OPEN, Place, bug, get, ok, post, refuse};
use crate::sandbox::meter;
use crate::sandbox::server::Shared;

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/clear_quota", EITHER, clear),
    post("/cgi-bin/clear_quota/v2", OPEN, clear_by_secret),
    post("/cgi-bin/openapi/quota/clear", EITHER, clear_one),
    post("/cgi-bin/openapi/quota/get", EITHER, quota),
    post("/cgi-bin/openapi/rid/get", EITHER, look_up),
    post("/cgi-bin/callback/check", EITHER, check_callback),
    get("/cgi-bin/get_api_domain_ip", EITHER, addresses),
    get("/cgi-bin/getcallbackip", EITHER, addresses),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfAccount {
    appid: String,
    appsecret: Option<String>,
}

fn clear(inner: &Shared, call: &Call) -> Answer {
    let body: OfAccount = call.json()?;
    if body.appid != inner.keys(call.account).appid || body.appsecret.is_some() {
        return Err(refuse(40013, "invalid appid"));
    }
    forget(inner, call.account, None)
}

fn clear_by_secret(inner: &Shared, call: &Call) -> Answer {
    let body: OfAccount = call.json()?;
    let secret = body.appsecret.unwrap_or_default();
    let account = account_by_secret(inner, &body.appid, &secret)?;
    forget(inner, account, None)
}

fn forget(inner: &Shared, account: crate::sandbox::state::Account, path: Option<&str>) -> Answer {
    if inner.meter().clear(account, path, inner.now()) {
        Ok(ok())
    } else {
        Err(refuse(48006, "forbid to clear quota because of reaching the limit"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfPath {
    cgi_path: String,
}

/// A path of the platform as these calls want it.
fn known(path: &str) -> Result<(), super::Refusal> {
    let good = path.starts_with("/cgi-bin/") && super::place(path).is_some();
    if good { Ok(()) } else { Err(refuse(76003, "invalid cgi_path")) }
}

fn clear_one(inner: &Shared, call: &Call) -> Answer {
    let body: OfPath = call.json()?;
    known(&body.cgi_path)?;
    forget(inner, call.account, Some(&body.cgi_path))
}

fn quota(inner: &Shared, call: &Call) -> Answer {
    let body: OfPath = call.json()?;
    known(&body.cgi_path)?;
    let limit = meter::daily_limit(&inner.config.daily_limits, &body.cgi_path);
    let used = inner.meter().used(call.account, &body.cgi_path, inner.now());
    let mut answer = ok();
    answer["quota"] =
        json!({"daily_limit": limit, "used": used, "remain": limit.saturating_sub(used)});
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rid {
    rid: String,
}

fn look_up(inner: &Shared, call: &Call) -> Answer {
    let body: Rid = call.json()?;
    let journal = inner.journal();
    let found = journal.requests.iter().find(|request| request.rid == body.rid);
    // A call of the other account is not this one's business.
    let found = found.filter(|request| request.account.is_none_or(|of| of == call.account));
    let request = found.ok_or_else(|| refuse(76001, "rid not found"))?;
    let mut answer = ok();
    answer["request"] = json!({
        "invoke_time": request.at.timestamp(),
        "cost_in_ms": 1,
        "request_url": request.path,
        "request_body": request.body.to_string(),
        "response_body": request.answer,
        "client_ip": call.peer.map(|peer| peer.to_string()).unwrap_or_default(),
    });
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    action: String,
    check_operator: String,
}

fn check_callback(_: &Shared, call: &Call) -> Answer {
    let body: Check = call.json()?;
    if !["CHINANET", "UNICOM", "CAP", "DEFAULT"].contains(&body.check_operator.as_str()) {
        return Err(bug(40097, "invalid args: check_operator"));
    }
    let dns = json!([{"ip": "127.0.0.1", "real_operator": "DEFAULT"}]);
    let ping = json!([{
        "ip": "127.0.0.1",
        "from_operator": body.check_operator,
        "package_loss": "0%",
        "time": "1.000ms",
    }]);
    Ok(match body.action.as_str() {
        "dns" => json!({"dns": dns}),
        "ping" => json!({"ping": ping}),
        "all" => json!({"dns": dns, "ping": ping}),
        _ => return Err(bug(40097, "invalid args: action")),
    })
}

/// Everything the sandbox sends comes from this machine.
fn addresses(_: &Shared, _: &Call) -> Answer {
    Ok(json!({"ip_list": ["127.0.0.1", "127.0.0.0/8"]}))
}
