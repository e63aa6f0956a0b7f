//! `GET /sns/jscode2session`, `POST /wxa/business/getuserphonenumber`,
//! `POST /cgi-bin/message/subscribe/send`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use super::token::account_by_secret;
use super::{Answer, Call, Refusal, bug, ok, refuse};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, CodeKind, ServiceNotice, User};
use crate::sandbox::template;

pub(super) fn login(inner: &Shared, call: &Call) -> Answer {
    let of = |name| call.parameter(name).unwrap_or_default();
    if account_by_secret(inner, of("appid"), of("secret"))? != Account::Mini {
        return Err(bug(40013, "invalid appid"));
    }
    if of("grant_type") != "authorization_code" {
        return Err(bug(40002, "invalid grant_type"));
    }
    let code = call.parameter("js_code").ok_or_else(|| bug(41008, "missing code"))?;
    let user = redeem(inner, code, CodeKind::Login)?;
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|_| refuse(-1, "system error"))?;
    Ok(json!({
        "session_key": STANDARD.encode(key),
        "openid": user.mini_openid,
        "unionid": user.unionid,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phone {
    code: String,
    openid: Option<String>,
}

pub(super) fn phone_number(inner: &Shared, call: &Call) -> Answer {
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
    let now = inner.now();
    inner.change(|state| {
        let code = state.codes.iter_mut().find(|code| code.value == value && code.kind == kind);
        let code = code
            .filter(|code| code.expires_at > now)
            .ok_or_else(|| refuse(40029, "invalid code"))?;
        if code.used {
            let errcode = if kind == CodeKind::Login { 40163 } else { 40029 };
            return Err(refuse(errcode, "code been used"));
        }
        code.used = true;
        let id = code.user;
        let person = state.person(id).ok_or_else(|| refuse(40029, "invalid code"))?;
        Ok(person.user.clone())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    touser: String,
    template_id: String,
    page: Option<String>,
    data: BTreeMap<String, Field>,
    miniprogram_state: Option<String>,
    lang: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    value: String,
}

pub(super) fn subscribe_send(inner: &Shared, call: &Call) -> Answer {
    let body: Subscribe = call.json()?;
    let state = body.miniprogram_state.clone().unwrap_or_else(|| "formal".to_owned());
    if !["formal", "trial", "developer"].contains(&state.as_str()) {
        return Err(bug(40097, "invalid args: miniprogram_state"));
    }
    let lang = body.lang.as_deref().unwrap_or("zh_CN");
    if !["zh_CN", "zh_HK", "zh_TW", "en_US"].contains(&lang) {
        return Err(bug(40097, "invalid args: lang"));
    }
    let template = inner
        .config
        .templates
        .iter()
        .find(|template| template.id == body.template_id)
        .ok_or_else(|| refuse(40037, "invalid template_id"))?;
    if let Some(page) = &body.page {
        let path = page.split('?').next().unwrap_or_default();
        if !inner.config.mini_pages.iter().any(|known| known == path) {
            return Err(bug(41030, "invalid page"));
        }
    }
    let values: BTreeMap<String, String> =
        body.data.into_iter().map(|(key, field)| (key, field.value)).collect();
    for field in &template.fields {
        let value = values.get(&field.key).map(String::as_str).unwrap_or_default();
        if let Some(fault) = template::fault(&field.key, value) {
            return Err(bug(47003, fault));
        }
    }
    let known = |key: &String| template.fields.iter().any(|field| field.key == *key);
    if let Some(strange) = values.keys().find(|key| !known(key)) {
        return Err(bug(47003, format!("argument invalid! data.{strange} is not in the template")));
    }
    let lines = template
        .fields
        .iter()
        .map(|field| (field.label.clone(), values.get(&field.key).cloned().unwrap_or_default()));
    let lines = lines.collect();
    let at = inner.now();
    inner.change(|state_of_all| {
        let id = state_of_all.next();
        let person = state_of_all
            .people
            .iter_mut()
            .find(|person| person.user.mini_openid == body.touser)
            .ok_or_else(|| refuse(40003, "invalid openid"))?;
        let left = person.consents.entry(body.template_id.clone()).or_default();
        if *left == 0 {
            return Err(refuse(43101, "user refuse to accept the msg"));
        }
        *left -= 1;
        person.notices.push(ServiceNotice {
            id,
            at,
            template_id: body.template_id,
            title: template.title.clone(),
            page: body.page,
            data: values,
            lines,
            state,
        });
        Ok(ok())
    })
}
