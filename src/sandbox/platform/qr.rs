//! `POST /cgi-bin/qrcode/create`, `GET /cgi-bin/showqrcode`.

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

use super::{
    Access, Answer, Call, File, NO_PICTURE, Place, Refusal, Run, SERVICE, bug, post, refuse,
};
use crate::sandbox::code;
use crate::sandbox::people::secret_text;
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Scene, SceneCode};

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/qrcode/create", SERVICE, create),
    Place {
        path: "/cgi-bin/showqrcode",
        method: poem::http::Method::GET,
        access: Access::Open,
        run: Run::File(show),
    },
];

/// Thirty days.
const LONGEST_S: i64 = 2_592_000;
/// When it is not said; by some sources 30.
const DEFAULT_S: i64 = 60;
const PERMANENT: usize = 100_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    expire_seconds: Option<i64>,
    action_name: String,
    action_info: Info,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Info {
    scene: SceneOf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SceneOf {
    scene_id: Option<u32>,
    scene_str: Option<String>,
}

fn create(inner: &Shared, call: &Call) -> Answer {
    let body: Create = call.json()?;
    let SceneOf { scene_id, scene_str } = body.action_info.scene;
    let number = |most: u32| {
        let good = scene_id.filter(|id| (1..=most).contains(id) && scene_str.is_none());
        good.map(Scene::Number).ok_or_else(|| refuse(40053, "invalid action info"))
    };
    let words = || {
        let length = |text: &String| (1..=64).contains(&text.chars().count());
        let good = scene_str.clone().filter(length).filter(|_| scene_id.is_none());
        good.map(Scene::Text).ok_or_else(|| refuse(40053, "invalid action info"))
    };
    let (scene, lasts) = match body.action_name.as_str() {
        "QR_SCENE" => (number(u32::MAX)?, false),
        "QR_STR_SCENE" => (words()?, false),
        "QR_LIMIT_SCENE" => (number(100_000)?, true),
        "QR_LIMIT_STR_SCENE" => (words()?, true),
        _ => return Err(bug(40052, "invalid action name")),
    };
    let seconds = body.expire_seconds.unwrap_or(DEFAULT_S);
    if !lasts && !(1..=LONGEST_S).contains(&seconds) {
        return Err(refuse(40097, "invalid args: expire_seconds"));
    }
    let now = inner.now();
    let code = SceneCode {
        ticket: format!("gQ{}==", secret_text()),
        key: secret_text(),
        scene,
        expires_at: (!lasts).then(|| now + TimeDelta::seconds(seconds)),
    };
    let mut answer = json!({
        "ticket": code.ticket,
        "url": format!("{}/q/{}", inner.base_url, code.key),
    });
    if !lasts {
        answer["expire_seconds"] = seconds.into();
    }
    inner.change(|state| {
        state.scene_codes.retain(|code| code.expires_at.is_none_or(|until| until > now));
        let permanent = state.scene_codes.iter().filter(|code| code.expires_at.is_none()).count();
        if lasts && permanent >= PERMANENT {
            return Err(refuse(45029, "qrcode count out of limit"));
        }
        state.scene_codes.push(code);
        Ok(())
    })?;
    Ok(answer)
}

fn show(inner: &Shared, call: &Call) -> Result<File, Refusal> {
    let ticket = call.parameter("ticket").unwrap_or_default();
    let key = inner.read(|state| {
        let code = state.scene_codes.iter().find(|code| code.ticket == ticket)?;
        Some(code.key.clone())
    });
    let key = key.ok_or_else(|| refuse(NO_PICTURE, "no such ticket"))?;
    let bytes = code::picture(&format!("{}/q/{key}", inner.base_url), 430, false);
    Ok(File {
        mime: "image/jpeg".to_owned(),
        bytes: bytes.ok_or_else(|| refuse(-1, "system error"))?,
    })
}
