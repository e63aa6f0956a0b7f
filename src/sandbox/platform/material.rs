//! Permanent files: `POST /cgi-bin/material/{add_material,batchget_material,…}`.

use serde::Deserialize;
use serde_json::json;

use super::media::{checked, kind};
use super::{
    Access, Answer, Call, File, Place, Rank, Refusal, Run, VERIFIED, bug, get, multipart, ok, post,
    refuse,
};
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Account, Media, MediaKind, State};

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/material/add_material", VERIFIED, add),
    post("/cgi-bin/material/batchget_material", VERIFIED, list),
    post("/cgi-bin/material/del_material", VERIFIED, delete),
    get("/cgi-bin/material/get_materialcount", VERIFIED, count),
    Place {
        path: "/cgi-bin/material/get_material",
        method: poem::http::Method::POST,
        access: Access::Official(Rank::Verified),
        run: Run::File(fetch),
    },
];

const IMAGES: usize = 100_000;
const OTHERS: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    title: String,
    introduction: String,
}

fn add(inner: &Shared, call: &Call) -> Answer {
    let kind = kind(call.parameter("type"))?;
    let part = multipart::media(call)?;
    let mime = checked(&part, kind, true)?;
    let (mut title, mut introduction) = (String::new(), String::new());
    if kind == MediaKind::Video {
        let text = multipart::text(call, "description");
        let text = text.ok_or_else(|| bug(41005, "media data missing: no part description"))?;
        let description: Description = serde_json::from_str(&text)
            .map_err(|error| bug(47001, format!("data format error: {error}")))?;
        (title, introduction) = (description.title, description.introduction);
    }
    let many = inner.read(|state| materials(state, kind).count());
    if many >= if kind == MediaKind::Image { IMAGES } else { OTHERS } {
        return Err(refuse(45009, "reach max material count"));
    }
    let media_id = inner.keep(Media {
        mime: mime.to_owned(),
        material: true,
        kind,
        account: Account::Official,
        name: part.filename.clone().unwrap_or_default(),
        title,
        introduction,
        at: inner.now(),
        inline: false,
        bytes: part.bytes.to_vec(),
    });
    let mut answer = json!({"media_id": media_id, "item": []});
    if kind == MediaKind::Image {
        answer["url"] = inner.picture_url(&media_id).into();
    }
    Ok(answer)
}

fn materials(state: &State, kind: MediaKind) -> impl Iterator<Item = (&String, &Media)> {
    state
        .media
        .iter()
        .filter(move |(_, media)| media.material && !media.inline && media.kind == kind)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(rename = "type")]
    kind: String,
    offset: usize,
    count: usize,
}

fn list(inner: &Shared, call: &Call) -> Answer {
    let body: Page = call.json()?;
    if !(1..=20).contains(&body.count) {
        return Err(bug(40097, "invalid args: count"));
    }
    if body.kind == "thumb" {
        return Err(bug(40004, "invalid media type"));
    }
    let kind = kind(Some(&body.kind))?;
    Ok(inner.read(|state| {
        let total = materials(state, kind).count();
        let mut newest: Vec<_> = materials(state, kind).collect();
        newest.sort_by_key(|(media_id, media)| (std::cmp::Reverse(media.at), (*media_id).clone()));
        let items: Vec<_> = newest
            .into_iter()
            .skip(body.offset)
            .take(body.count)
            .map(|(media_id, media)| {
                let url =
                    crate::sandbox::state::picture_url(&inner.base_url, media_id, &media.mime);
                json!({
                    "media_id": media_id,
                    "name": media.name,
                    "update_time": media.at.timestamp(),
                    "url": url,
                })
            })
            .collect();
        json!({"total_count": total, "item_count": items.len(), "item": items})
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    media_id: String,
}

fn delete(inner: &Shared, call: &Call) -> Answer {
    let body: One = call.json()?;
    inner.change(|state| {
        let known = state.media.get(&body.media_id).is_some_and(|media| media.material);
        if !known {
            return Err(refuse(40007, "invalid media_id"));
        }
        state.media.remove(&body.media_id);
        Ok(ok())
    })
}

fn count(inner: &Shared, _: &Call) -> Answer {
    Ok(inner.read(|state| {
        let of = |kind| materials(state, kind).count();
        json!({
            "voice_count": of(MediaKind::Voice),
            "video_count": of(MediaKind::Video),
            "image_count": of(MediaKind::Image),
            "news_count": 0,
        })
    }))
}

fn fetch(inner: &Shared, call: &Call) -> Result<File, Refusal> {
    let body: One = call.json()?;
    let found = inner.read(|state| state.media.get(&body.media_id).cloned());
    let media = found.filter(|media| media.material && !media.inline);
    let media = media.ok_or_else(|| refuse(40007, "invalid media_id"))?;
    if media.kind == MediaKind::Video {
        let answer = json!({
            "title": media.title,
            "description": media.introduction,
            "down_url": inner.picture_url(&body.media_id),
        });
        return Ok(File { mime: "text/plain".to_owned(), bytes: answer.to_string().into_bytes() });
    }
    Ok(File { mime: media.mime, bytes: media.bytes })
}
