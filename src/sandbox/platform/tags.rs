//! `/cgi-bin/tags/…`, `POST /cgi-bin/user/tag/get`.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Place, Refusal, VERIFIED, bug, get, ok, post, refuse};
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Account, State, Tag};

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/tags/create", VERIFIED, create),
    get("/cgi-bin/tags/get", VERIFIED, list),
    post("/cgi-bin/tags/update", VERIFIED, update),
    post("/cgi-bin/tags/delete", VERIFIED, delete),
    post("/cgi-bin/tags/members/batchtagging", VERIFIED, give),
    post("/cgi-bin/tags/members/batchuntagging", VERIFIED, take),
    post("/cgi-bin/tags/getidlist", VERIFIED, of_person),
    post("/cgi-bin/user/tag/get", VERIFIED, members),
];

const TAGS: usize = 100;
const NAME: usize = 30;
const A_PERSON: usize = 20;
const AT_ONCE: usize = 50;
/// 0, 1 and 2 are the system's.
const FIRST: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    tag: NameOf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameOf {
    id: Option<u32>,
    name: Option<String>,
}

fn good_name(state: &State, name: Option<String>, but: Option<u32>) -> Result<String, Refusal> {
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| bug(47001, "no name"))?;
    // Characters by one source, bytes by another: the smaller of both.
    if name.len() > NAME {
        return Err(refuse(45158, "invalid tag name length"));
    }
    if state.tags.iter().any(|tag| tag.name == name && Some(tag.id) != but) {
        return Err(refuse(45157, "invalid tag name: it exists"));
    }
    Ok(name)
}

fn place(state: &State, id: u32) -> Result<usize, Refusal> {
    if id <= 2 {
        return Err(refuse(45058, "can't modify sys tag"));
    }
    let at = state.tags.iter().position(|tag| tag.id == id);
    at.ok_or_else(|| refuse(45159, "invalid tag id"))
}

fn create(inner: &Shared, call: &Call) -> Answer {
    let body: Named = call.json()?;
    inner.change(|state| {
        if state.tags.len() >= TAGS {
            return Err(refuse(45056, "too many tags"));
        }
        let name = good_name(state, body.tag.name, None)?;
        let id = state.tags.iter().map(|tag| tag.id + 1).max().unwrap_or(FIRST);
        state.tags.push(Tag { id, name: name.clone() });
        Ok(json!({"tag": {"id": id, "name": name}}))
    })
}

fn list(inner: &Shared, _: &Call) -> Answer {
    inner.read(|state| {
        let tag = |tag: &Tag| {
            let count = state.people.iter().filter(|one| one.tags.contains(&tag.id)).count();
            json!({"id": tag.id, "name": tag.name, "count": count})
        };
        Ok(json!({"tags": state.tags.iter().map(tag).collect::<Vec<_>>()}))
    })
}

fn update(inner: &Shared, call: &Call) -> Answer {
    let body: Named = call.json()?;
    inner.change(|state| {
        let id = body.tag.id.ok_or_else(|| bug(47001, "no id"))?;
        let at = place(state, id)?;
        let name = good_name(state, body.tag.name, Some(id))?;
        if let Some(tag) = state.tags.get_mut(at) {
            tag.name = name;
        }
        Ok(ok())
    })
}

fn delete(inner: &Shared, call: &Call) -> Answer {
    let body: Named = call.json()?;
    inner.change(|state| {
        let id = body.tag.id.ok_or_else(|| bug(47001, "no id"))?;
        let at = place(state, id)?;
        state.tags.remove(at);
        for person in &mut state.people {
            person.tags.retain(|own| *own != id);
        }
        Ok(ok())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    openid_list: Vec<String>,
    tagid: u32,
}

fn give(inner: &Shared, call: &Call) -> Answer {
    mark(inner, call, true)
}

fn take(inner: &Shared, call: &Call) -> Answer {
    mark(inner, call, false)
}

fn mark(inner: &Shared, call: &Call, give: bool) -> Answer {
    let body: Members = call.json()?;
    if body.openid_list.is_empty() || body.openid_list.len() > AT_ONCE {
        return Err(bug(40032, "invalid openid list size"));
    }
    inner.change(|state| {
        place(state, body.tagid)?;
        // All or nobody.
        for openid in &body.openid_list {
            let person = state.by_openid(Account::Official, openid);
            let person = person.ok_or_else(|| refuse(49003, "not match openid with appid"))?;
            if !person.follows {
                return Err(refuse(50005, "user is unsubscribed"));
            }
            let full = person.tags.len() >= A_PERSON && !person.tags.contains(&body.tagid);
            if give && full {
                return Err(refuse(45059, "can't add too many tags to a user"));
            }
        }
        for openid in &body.openid_list {
            let Some(person) = state.by_openid(Account::Official, openid) else { continue };
            person.tags.retain(|own| *own != body.tagid);
            if give {
                person.tags.push(body.tagid);
            }
        }
        Ok(ok())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    openid: String,
}

fn of_person(inner: &Shared, call: &Call) -> Answer {
    let body: Whose = call.json()?;
    inner.change(|state| {
        let person = state.by_openid(Account::Official, &body.openid);
        let person = person.ok_or_else(|| refuse(40003, "invalid openid"))?;
        Ok(json!({"tagid_list": person.tags}))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fans {
    tagid: u32,
    #[serde(default)]
    next_openid: String,
}

fn members(inner: &Shared, call: &Call) -> Answer {
    let body: Fans = call.json()?;
    inner.read(|state| {
        place(state, body.tagid)?;
        let tagged = state.people.iter().filter(|one| one.tags.contains(&body.tagid));
        let openids: Vec<_> = tagged.map(|one| one.user.official_openid.clone()).collect();
        let after = Some(body.next_openid.as_str()).filter(|openid| !openid.is_empty());
        let page = super::user::page(&openids, after);
        let mut answer = json!({
            "count": page.len(),
            "next_openid": page.last().cloned().unwrap_or_default(),
        });
        if !page.is_empty() {
            answer["data"] = json!({"openid": page});
        }
        Ok(answer)
    })
}
