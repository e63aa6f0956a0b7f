//! `GET /cgi-bin/user/{info,get}`, `POST /cgi-bin/user/info/{batchget,updateremark}`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Place, VERIFIED, bug, get, ok, post, refuse};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Account, Person, Scene};

pub(super) const PLACES: &[Place] = &[
    get("/cgi-bin/user/info", VERIFIED, info),
    get("/cgi-bin/user/get", VERIFIED, list),
    post("/cgi-bin/user/info/batchget", VERIFIED, batch_get),
    post("/cgi-bin/user/info/updateremark", VERIFIED, update_remark),
];

const BATCH: usize = 100;
const PAGE: usize = 10_000;
const REMARK: usize = 30;

fn info(inner: &Shared, call: &Call) -> Answer {
    let openid = call.parameter("openid").ok_or_else(|| bug(41009, "missing openid"))?;
    inner.change(|state| {
        let person = state.by_openid(Account::Official, openid);
        let person = person.ok_or_else(|| refuse(40003, "invalid openid"))?;
        Ok(info_of(inner, person))
    })
}

fn info_of(inner: &Inner, person: &Person) -> Value {
    let openid = &person.user.official_openid;
    if !person.follows {
        return json!({"subscribe": 0, "openid": openid});
    }
    let (number, words) = match &person.scene {
        Some(Scene::Number(number)) => (*number, ""),
        Some(Scene::Text(words)) => (0, words.as_str()),
        None => (0, ""),
    };
    let mut info = json!({
        "subscribe": 1,
        "openid": openid,
        "nickname": "",
        "sex": 0,
        "language": "",
        "subscribe_time": person.followed_at.map(|at| at.timestamp()).unwrap_or_default(),
        "remark": person.remark,
        "groupid": 0,
        "tagid_list": person.tags,
        "subscribe_scene": person.came_by,
        "qr_scene": number,
        "qr_scene_str": words,
    });
    if inner.config.bound {
        info["unionid"] = person.user.unionid.as_str().into();
    }
    info
}

/// A page of openids after the one that was the last.
pub(super) fn page(openids: &[String], after: Option<&str>) -> Vec<String> {
    let start = after.map_or(0, |last| {
        openids.iter().position(|openid| openid == last).map_or(openids.len(), |at| at + 1)
    });
    openids.iter().skip(start).take(PAGE).cloned().collect()
}

fn list(inner: &Shared, call: &Call) -> Answer {
    let openids: Vec<_> = inner.read(|state| {
        let followers = state.people.iter().filter(|person| person.follows);
        followers.map(|person| person.user.official_openid.clone()).collect()
    });
    let page = page(&openids, call.parameter("next_openid"));
    let mut answer = json!({
        "total": openids.len(),
        "count": page.len(),
        "next_openid": page.last().cloned().unwrap_or_default(),
    });
    // Without anyone there is no `data`.
    if !page.is_empty() {
        answer["data"] = json!({"openid": page});
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    user_list: Vec<One>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    openid: String,
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

fn batch_get(inner: &Shared, call: &Call) -> Answer {
    let body: Batch = call.json()?;
    if body.user_list.is_empty() || body.user_list.len() > BATCH {
        return Err(bug(40032, "invalid openid list size"));
    }
    let items: Result<Vec<_>, _> = inner.change(|state| {
        let mut one = |one: &One| {
            let person = state.by_openid(Account::Official, &one.openid);
            let person = person.ok_or_else(|| refuse(40003, "invalid openid"))?;
            Ok(info_of(inner, person))
        };
        body.user_list.iter().map(&mut one).collect()
    });
    Ok(json!({"user_info_list": items?}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remark {
    openid: String,
    remark: String,
}

fn update_remark(inner: &Shared, call: &Call) -> Answer {
    let body: Remark = call.json()?;
    if body.remark.chars().count() >= REMARK {
        return Err(refuse(40097, "invalid args: remark"));
    }
    inner.change(|state| {
        let person = state.by_openid(Account::Official, &body.openid);
        let person = person.filter(|person| person.follows);
        person.ok_or_else(|| refuse(40003, "invalid openid"))?.remark = body.remark;
        Ok(ok())
    })
}
