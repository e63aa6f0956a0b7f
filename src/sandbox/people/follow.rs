//! Following, unfollowing, and scanning a code of the account.

use super::link::{Opened, resolve};
use super::{event, show, unknown, user_of};
use crate::error::{Error, Result};
use crate::sandbox::caller;
use crate::sandbox::push::text;
use crate::sandbox::server::Shared;
use crate::sandbox::state::{ChatLine, SceneCode, Trigger};

pub(in crate::sandbox) async fn follow(inner: &Shared, id: u64) -> Result<()> {
    come(inner, id, None).await.map(drop)
}

/// Becomes a follower, by a code or without one; gives what the chat shows for it.
async fn come(inner: &Shared, id: u64, code: Option<SceneCode>) -> Result<Vec<ChatLine>> {
    let user = inner.read(|state| user_of(state, id, false))?;
    let now = inner.now();
    let fresh = inner.change(|state| {
        let Some(person) = state.person_mut(id) else { return false };
        if person.follows {
            return false;
        }
        person.follows = true;
        person.followed_at = Some(now);
        person.came_by =
            if code.is_some() { "ADD_SCENE_QR_CODE" } else { "ADD_SCENE_SEARCH" }.to_owned();
        person.scene = code.as_ref().map(|code| code.scene.clone());
        person.open(Trigger::Came, now);
        true
    });
    if !fresh {
        return Ok(Vec::new());
    }
    let fields = match code {
        Some(code) => vec![
            ("EventKey", text(format!("qrscene_{}", code.scene))),
            ("Ticket", text(code.ticket)),
        ],
        None => vec![("EventKey", text(""))],
    };
    let reply = caller::deliver(inner, &event(inner, &user, "subscribe", fields)).await;
    Ok(show(inner, id, reply, false))
}

pub(in crate::sandbox) async fn unfollow(inner: &Shared, id: u64) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, true))?;
    inner.change(|state| {
        if let Some(person) = state.person_mut(id) {
            person.follows = false;
            person.tags.clear();
            person.remark.clear();
            person.openings.retain(|opening| {
                opening.trigger.account() != crate::sandbox::state::Account::Official
            });
        }
    });
    let push = event(inner, &user, "unsubscribe", vec![("EventKey", text(""))]);
    caller::deliver(inner, &push).await;
    Ok(())
}

/// A code of the account: followers are recognised, others follow by it.
pub(in crate::sandbox) async fn scan(inner: &Shared, id: u64, link: &str) -> Result<Vec<ChatLine>> {
    let gone = || Error::not_found("no_code", "这个二维码打不开，或者已经过期。");
    if resolve(inner, link) != Opened::Scene {
        return Err(gone());
    }
    let now = inner.now();
    let key = link.trim().rsplit('/').next().unwrap_or_default();
    let code = inner.read(|state| {
        let good =
            |code: &&SceneCode| code.key == key && code.expires_at.is_none_or(|until| until > now);
        state.scene_codes.iter().find(good).cloned()
    });
    let code = code.ok_or_else(gone)?;
    let follows = inner.read(|state| state.person(id).map(|person| person.follows));
    if !follows.ok_or_else(unknown)? {
        return come(inner, id, Some(code)).await;
    }
    let user = inner.read(|state| user_of(state, id, true))?;
    super::opens(inner, id, Trigger::Came);
    let fields = vec![("EventKey", text(code.scene.to_string())), ("Ticket", text(code.ticket))];
    let reply = caller::deliver(inner, &event(inner, &user, "SCAN", fields)).await;
    Ok(show(inner, id, reply, true))
}
