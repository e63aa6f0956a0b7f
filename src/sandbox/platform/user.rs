//! `GET /cgi-bin/user/info`, `GET /cgi-bin/user/get`.

use serde_json::json;

use super::{Answer, Call, bug, refuse};
use crate::sandbox::server::Shared;

pub(super) fn info(inner: &Shared, call: &Call) -> Answer {
    let openid = call.parameter("openid").ok_or_else(|| bug(41009, "missing openid"))?;
    inner.read(|state| {
        let person = state.people.iter().find(|person| person.user.official_openid == openid);
        let person = person.ok_or_else(|| refuse(40003, "invalid openid"))?;
        if !person.follows {
            return Ok(json!({"subscribe": 0, "openid": openid}));
        }
        Ok(json!({
            "subscribe": 1,
            "openid": openid,
            "nickname": "",
            "sex": 0,
            "language": "",
            "subscribe_time": person.followed_at.map(|at| at.timestamp()).unwrap_or_default(),
            "unionid": person.user.unionid,
            "remark": "",
            "groupid": 0,
            "tagid_list": [],
            "subscribe_scene": "ADD_SCENE_SEARCH",
            "qr_scene": 0,
            "qr_scene_str": "",
        }))
    })
}

pub(super) fn list(inner: &Shared, call: &Call) -> Answer {
    let openids: Vec<_> = inner.read(|state| {
        let followers = state.people.iter().filter(|person| person.follows);
        followers.map(|person| person.user.official_openid.clone()).collect()
    });
    let total = openids.len();
    let after = call.parameter("next_openid").map_or(0, |last| {
        openids.iter().position(|openid| openid == last).map_or(total, |at| at + 1)
    });
    let page = openids.get(after..).unwrap_or_default();
    let mut answer = json!({
        "total": total,
        "count": page.len(),
        "next_openid": page.last().cloned().unwrap_or_default(),
    });
    // Without anyone there is no `data`.
    if !page.is_empty() {
        answer["data"] = json!({"openid": page});
    }
    Ok(answer)
}
