//! Web sign-in: `GET /sns/oauth2/{access_token,refresh_token}`, `GET /sns/{userinfo,auth}`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::mini::redeem_any;
use super::token::account_by_secret;
use super::{Answer, Call, OPEN, Place, Refusal, bug, get, ok, refuse};
use crate::sandbox::people::{openid, secret_text};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, CodeKind, User, Visit, WebToken};

pub(super) const PLACES: &[Place] = &[
    get("/sns/oauth2/access_token", OPEN, exchange),
    get("/sns/oauth2/refresh_token", OPEN, refresh),
    get("/sns/userinfo", OPEN, user_info),
    get("/sns/auth", OPEN, auth),
];

const LIFETIME_S: i64 = 7200;
const REFRESH_DAYS: i64 = 30;

fn exchange(inner: &Shared, call: &Call) -> Answer {
    let of = |name| call.parameter(name).unwrap_or_default();
    if account_by_secret(inner, of("appid"), of("secret"))? != Account::Official {
        return Err(bug(40013, "invalid appid"));
    }
    if of("grant_type") != "authorization_code" {
        return Err(bug(40002, "invalid grant_type"));
    }
    let code = call.parameter("code").ok_or_else(|| bug(41008, "missing code"))?;
    let is_web = |kind| matches!(kind, CodeKind::Web(_));
    let (user, kind) = redeem_any(inner, code, is_web)?;
    let CodeKind::Web(visit) = kind else { return Err(refuse(40029, "invalid code")) };
    if inner.read(|state| state.person(user.id).is_some_and(|person| person.standing.restricted)) {
        return Err(refuse(50002, "user limited"));
    }
    let now = inner.now();
    let token = WebToken {
        access: format!("SBW_{}", secret_text()),
        refresh: format!("SBR_{}", secret_text()),
        user: user.id,
        visit,
        expires_at: now + TimeDelta::seconds(LIFETIME_S),
        refresh_until: now + TimeDelta::days(REFRESH_DAYS),
    };
    let answer = given(inner, &token, &user);
    inner.change(|state| {
        state.web_tokens.retain(|token| token.refresh_until > now);
        state.web_tokens.push(token);
    });
    Ok(answer)
}

fn given(inner: &Inner, token: &WebToken, user: &User) -> Value {
    let mut answer = json!({
        "access_token": token.access,
        "expires_in": LIFETIME_S,
        "refresh_token": token.refresh,
        "openid": openid_of(inner, token.visit, user),
        "scope": if token.visit == Visit::UserInfo { "snsapi_userinfo" } else { "snsapi_base" },
    });
    if token.visit == Visit::Snapshot {
        answer["is_snapshotuser"] = 1.into();
    }
    if token.visit == Visit::UserInfo && inner.config.bound {
        answer["unionid"] = user.unionid.as_str().into();
    }
    answer
}

/// Of a snapshot it is nobody's.
fn openid_of(inner: &Inner, visit: Visit, user: &User) -> String {
    match visit {
        Visit::Snapshot => openid(&inner.config.official.appid, u64::MAX),
        Visit::Base | Visit::UserInfo => user.official_openid.clone(),
    }
}

fn refresh(inner: &Shared, call: &Call) -> Answer {
    let of = |name| call.parameter(name).unwrap_or_default();
    if of("appid") != inner.config.official.appid {
        return Err(refuse(40013, "invalid appid"));
    }
    if of("grant_type") != "refresh_token" {
        return Err(bug(40002, "invalid grant_type"));
    }
    let now = inner.now();
    let (token, user) = inner.change(|state| {
        let token = state.web_tokens.iter_mut().find(|it| it.refresh == of("refresh_token"));
        let token = token.ok_or_else(|| refuse(40030, "invalid refresh_token"))?;
        if token.refresh_until <= now {
            return Err(refuse(42002, "refresh_token expired"));
        }
        token.access = format!("SBW_{}", secret_text());
        token.expires_at = now + TimeDelta::seconds(LIFETIME_S);
        let token = token.clone();
        let person = state.person(token.user);
        let user = person.ok_or_else(|| refuse(40030, "invalid refresh_token"))?.user.clone();
        Ok((token, user))
    })?;
    Ok(given(inner, &token, &user))
}

/// The living token of the call and its person.
fn token(inner: &Inner, call: &Call) -> Result<(WebToken, User), Refusal> {
    let access =
        call.parameter("access_token").ok_or_else(|| bug(41001, "access_token missing"))?;
    let openid = call.parameter("openid").ok_or_else(|| bug(41009, "missing openid"))?;
    let now = inner.now();
    let found = inner.read(|state| {
        let token = state.web_tokens.iter().find(|token| token.access == access)?.clone();
        let user = state.person(token.user)?.user.clone();
        Some((token, user))
    });
    // Where the API token stands instead, the page's is not found either.
    let (token, user) = found.ok_or_else(|| refuse(40001, "invalid credential"))?;
    if token.expires_at <= now {
        return Err(refuse(42001, "access_token expired"));
    }
    if openid != openid_of(inner, token.visit, &user) {
        return Err(refuse(40003, "invalid openid"));
    }
    Ok((token, user))
}

fn user_info(inner: &Shared, call: &Call) -> Answer {
    let (token, user) = token(inner, call)?;
    if token.visit != Visit::UserInfo {
        return Err(refuse(48001, "api unauthorized"));
    }
    let mut answer = json!({
        "openid": user.official_openid,
        "nickname": user.name,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
    });
    if inner.config.bound {
        answer["unionid"] = user.unionid.into();
    }
    Ok(answer)
}

fn auth(inner: &Shared, call: &Call) -> Answer {
    token(inner, call).map(|_| ok())
}
