//! `POST /cgi-bin/stable_token`, `GET /cgi-bin/token`, and the token of every other call.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, OPEN, Place, Refusal, bug, get, post, refuse};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, Token};

pub(super) const PLACES: &[Place] =
    &[post("/cgi-bin/stable_token", OPEN, stable), get("/cgi-bin/token", OPEN, ordinary)];

const LIFETIME_S: i64 = 7200;
/// A stable token is renewed so long before its end.
const RENEWAL_S: i64 = 300;
const FORCED_A_DAY: usize = 20;
const FORCED_APART_S: i64 = 30;
/// By which a token is known from a mistake.
const PREFIX: &str = "SBX_";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stable {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

fn stable(inner: &Shared, call: &Call) -> Answer {
    let body: Stable = call.json()?;
    let account = account_of(inner, call, &body.grant_type, &body.appid, &body.secret)?;
    let now = inner.now();
    inner.change(|state| {
        if body.force_refresh {
            let mine = || state.forced.iter().filter(|(_, of)| *of == account);
            let today = mine().filter(|(at, _)| *at > now - TimeDelta::days(1)).count();
            let close = mine().any(|(at, _)| *at > now - TimeDelta::seconds(FORCED_APART_S));
            // Beyond the limits nothing is renewed, and nothing is said.
            if today < FORCED_A_DAY && !close {
                state.forced.push((now, account));
                let old = state.tokens.iter_mut();
                old.filter(|token| token.stable && token.account == account)
                    .for_each(|token| token.dead = true);
            }
        }
        let still_good = state.tokens.iter().rev().find(|token| {
            token.stable
                && token.account == account
                && !token.dead
                && token.expires_at > now + TimeDelta::seconds(RENEWAL_S)
        });
        if let Some(token) = still_good {
            return Ok(given(&token.value, (token.expires_at - now).num_seconds()));
        }
        let token = new_token(inner, account, true)?;
        let answer = given(&token.value, LIFETIME_S);
        state.tokens.retain(|token| token.expires_at > now - TimeDelta::days(1));
        state.tokens.push(token);
        Ok(answer)
    })
}

fn ordinary(inner: &Shared, call: &Call) -> Answer {
    let of = |name| call.parameter(name).unwrap_or_default();
    let account = account_of(inner, call, of("grant_type"), of("appid"), of("secret"))?;
    let now = inner.now();
    let token = new_token(inner, account, false)?;
    let answer = given(&token.value, LIFETIME_S);
    inner.change(|state| {
        let soon = now + TimeDelta::seconds(RENEWAL_S);
        let old = state.tokens.iter_mut();
        old.filter(|token| !token.stable && token.account == account)
            .for_each(|token| token.expires_at = token.expires_at.min(soon));
        state.tokens.push(token);
    });
    Ok(answer)
}

fn given(value: &str, expires_in: i64) -> Value {
    json!({"access_token": value, "expires_in": expires_in})
}

fn new_token(inner: &Inner, account: Account, stable: bool) -> Result<Token, Refusal> {
    let mut bytes = [0; 96];
    getrandom::fill(&mut bytes).map_err(|_| refuse(-1, "system error"))?;
    Ok(Token {
        value: format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)),
        account,
        stable,
        expires_at: inner.now() + TimeDelta::seconds(LIFETIME_S),
        dead: false,
    })
}

fn account_of(
    inner: &Inner,
    call: &Call,
    grant_type: &str,
    appid: &str,
    secret: &str,
) -> Result<Account, Refusal> {
    if grant_type != "client_credential" {
        return Err(bug(40002, "invalid grant_type"));
    }
    let account = account_by_secret(inner, appid, secret)?;
    let allowed = &inner.config.allowed_ips;
    match call.peer {
        Some(peer) if !allowed.is_empty() && !allowed.contains(&peer) => {
            return Err(refuse(40164, format!("invalid ip {peer}, not in whitelist")));
        }
        _ => {}
    }
    let now = inner.now();
    match inner.read(|state| state.standing.address.errcode(now)) {
        Some(errcode) => Err(refuse(errcode, "this ip is not allowed by the administrator")),
        None => Ok(account),
    }
}

pub(super) fn account_by_secret(
    inner: &Inner,
    appid: &str,
    secret: &str,
) -> Result<Account, Refusal> {
    if appid.is_empty() {
        return Err(bug(41002, "appid missing"));
    }
    if secret.is_empty() {
        return Err(bug(41004, "appsecret missing"));
    }
    let account = [Account::Official, Account::Mini]
        .into_iter()
        .find(|account| inner.keys(*account).appid == appid)
        .ok_or_else(|| refuse(40013, "invalid appid"))?;
    if inner.keys(account).secret != secret {
        return Err(refuse(40125, "invalid appsecret"));
    }
    Ok(account)
}

/// Whose living token the call carries.
pub(super) fn check(inner: &Inner, call: &Call) -> Result<Account, Refusal> {
    let Some(value) = call.parameter("access_token") else {
        return Err(bug(41001, "access_token missing"));
    };
    if !value.starts_with(PREFIX) {
        return Err(refuse(40014, "invalid access_token"));
    }
    let now = inner.now();
    let found = inner.read(|state| {
        let token = state.tokens.iter().find(|token| token.value == value)?;
        Some((token.account, token.dead, token.expires_at))
    });
    match found {
        None | Some((_, true, _)) => {
            Err(refuse(40001, "invalid credential, access_token is invalid or not latest"))
        }
        Some((_, _, expires_at)) if expires_at <= now => Err(refuse(42001, "access_token expired")),
        Some((account, ..)) => Ok(account),
    }
}
