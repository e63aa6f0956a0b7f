//! `GET /sns/jscode2session`, `GET /wxa/{checksession,resetusersessionkey}`,
//! `POST /wxa/business/getuserphonenumber`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use super::token::account_by_secret;
use super::{Answer, Call, MINI, OPEN, Place, Refusal, bug, get, ok, post, refuse};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, CodeKind, User};

pub(super) const PLACES: &[Place] = &[
    get("/sns/jscode2session", OPEN, login),
    get("/wxa/checksession", MINI, check_session),
    get("/wxa/resetusersessionkey", MINI, reset_session),
    post("/wxa/business/getuserphonenumber", MINI, phone_number),
];

fn login(inner: &Shared, call: &Call) -> Answer {
    let of = |name| call.parameter(name).unwrap_or_default();
    if account_by_secret(inner, of("appid"), of("secret"))? != Account::Mini {
        return Err(bug(40013, "invalid appid"));
    }
    if of("grant_type") != "authorization_code" {
        return Err(bug(40002, "invalid grant_type"));
    }
    let code = call.parameter("js_code").ok_or_else(|| bug(41008, "missing code"))?;
    let user = redeem(inner, code, CodeKind::Login)?;
    if inner.read(|state| state.person(user.id).is_some_and(|person| person.standing.risky)) {
        return Err(refuse(40226, "code blocked"));
    }
    let key = session_key()?;
    let now = inner.now();
    inner.change(|state| {
        if let Some(person) = state.person_mut(user.id) {
            person.session_key.clone_from(&key);
            person.in_mini_at = Some(now);
        }
    });
    let mut answer = json!({"session_key": key, "openid": user.mini_openid});
    if inner.config.bound {
        answer["unionid"] = user.unionid.into();
    }
    Ok(answer)
}

fn session_key() -> Result<String, Refusal> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|_| refuse(-1, "system error"))?;
    Ok(STANDARD.encode(key))
}

/// The person whose session the signature proves.
fn signed(inner: &Inner, call: &Call) -> Result<User, Refusal> {
    let openid = call.parameter("openid").ok_or_else(|| bug(41009, "missing openid"))?;
    if call.parameter("sig_method") != Some("hmac_sha256") {
        return Err(bug(40097, "invalid args: sig_method"));
    }
    let found = inner.change(|state| {
        let person = state.by_openid(Account::Mini, openid)?;
        Some((person.user.clone(), person.session_key.clone()))
    });
    let (user, key) = found.ok_or_else(|| refuse(40003, "invalid openid"))?;
    // The key is the base64 text itself; what is signed is empty.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
    let expected = mac.map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default();
    if key.is_empty() || call.parameter("signature") != Some(expected.as_str()) {
        return Err(refuse(87009, "invalid signature"));
    }
    Ok(user)
}

fn check_session(inner: &Shared, call: &Call) -> Answer {
    signed(inner, call).map(|_| ok())
}

fn reset_session(inner: &Shared, call: &Call) -> Answer {
    let user = signed(inner, call)?;
    let key = session_key()?;
    inner.change(|state| {
        if let Some(person) = state.person_mut(user.id) {
            person.session_key.clone_from(&key);
        }
    });
    let mut answer = ok();
    answer["openid"] = user.mini_openid.into();
    answer["session_key"] = key.into();
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phone {
    code: String,
    openid: Option<String>,
}

fn phone_number(inner: &Shared, call: &Call) -> Answer {
    let body: Phone = call.json()?;
    let user = redeem(inner, &body.code, CodeKind::Phone)?;
    if body.openid.is_some_and(|openid| openid != user.mini_openid) {
        return Err(refuse(40003, "invalid openid"));
    }
    let mut answer = ok();
    answer["phone_info"] = json!({
        "phoneNumber": user.phone,
        "purePhoneNumber": user.phone,
        // The sample of the documentation has a number where its table has a string.
        "countryCode": 86,
        "watermark": {"timestamp": inner.now().timestamp(), "appid": inner.config.mini.appid},
    });
    Ok(answer)
}

/// A code is good once.
fn redeem(inner: &Inner, value: &str, kind: CodeKind) -> Result<User, Refusal> {
    redeem_any(inner, value, |of| of == kind).map(|(user, _)| user)
}

/// As [`redeem`], for the kinds that are wanted.
pub(super) fn redeem_any(
    inner: &Inner,
    value: &str,
    wanted: impl Fn(CodeKind) -> bool,
) -> Result<(User, CodeKind), Refusal> {
    let now = inner.now();
    inner.change(|state| {
        let code = state.codes.iter_mut().find(|code| code.value == value && wanted(code.kind));
        let code = code
            .filter(|code| code.expires_at > now)
            .ok_or_else(|| refuse(40029, "invalid code"))?;
        if code.used {
            let errcode = if code.kind == CodeKind::Phone { 40029 } else { 40163 };
            return Err(refuse(errcode, "code been used"));
        }
        code.used = true;
        let (id, kind) = (code.user, code.kind);
        let person = state.person(id).ok_or_else(|| refuse(40029, "invalid code"))?;
        Ok((person.user.clone(), kind))
    })
}
