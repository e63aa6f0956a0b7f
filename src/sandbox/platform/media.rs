//! `POST /cgi-bin/media/uploadimg`, `POST /cgi-bin/material/add_material?type=image`.

use serde_json::json;

use super::multipart::{self, Part};
use super::{Answer, Call, Refusal, bug, refuse};
use crate::sandbox::server::{Inner, Shared};
use crate::sandbox::state::{Media, picture_url};

/// For pictures of an article's body; below this.
const ARTICLE_PICTURE: usize = 1024 * 1024;
const MATERIAL_PICTURE: usize = 10 * 1024 * 1024;

pub(super) fn upload_image(inner: &Shared, call: &Call) -> Answer {
    let part = multipart::media(call)?;
    let mime = sniff(&part)?;
    if !["image/jpeg", "image/png"].contains(&mime) {
        return Err(refuse(40137, "invalid image format"));
    }
    if part.bytes.len() >= ARTICLE_PICTURE {
        return Err(refuse(40009, "invalid image size"));
    }
    let media_id = keep(inner, &part, mime, false);
    Ok(json!({"url": picture_url(&inner.base_url, &media_id, mime), "errcode": 0, "errmsg": "ok"}))
}

pub(super) fn add_material(inner: &Shared, call: &Call) -> Answer {
    if call.parameter("type") != Some("image") {
        return Err(bug(40004, "invalid media type; the sandbox knows image alone"));
    }
    let part = multipart::media(call)?;
    let mime = sniff(&part)?;
    if part.bytes.len() > MATERIAL_PICTURE {
        return Err(refuse(45001, "media size out of limit"));
    }
    let media_id = keep(inner, &part, mime, true);
    let url = picture_url(&inner.base_url, &media_id, mime);
    Ok(json!({"media_id": media_id, "url": url, "item": []}))
}

/// What the bytes are; name and declared type have to agree with them.
fn sniff(part: &Part<'_>) -> Result<&'static str, Refusal> {
    if part.bytes.is_empty() {
        return Err(bug(44001, "empty media data"));
    }
    let (mime, endings): (_, &[&str]) = match part.bytes {
        [0xff, 0xd8, 0xff, ..] => ("image/jpeg", &["jpg", "jpeg"]),
        [0x89, b'P', b'N', b'G', ..] => ("image/png", &["png"]),
        [b'G', b'I', b'F', b'8', ..] => ("image/gif", &["gif"]),
        [b'B', b'M', ..] => ("image/bmp", &["bmp"]),
        _ => return Err(refuse(40137, "invalid image format")),
    };
    let name = part.filename.as_deref().unwrap_or_default().to_ascii_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    if !endings.contains(&ending) {
        return Err(bug(40113, "unsupported file type: the name's ending does not fit the bytes"));
    }
    if part.content_type != mime {
        return Err(bug(40113, "unsupported file type: Content-Type does not fit the bytes"));
    }
    Ok(mime)
}

fn keep(inner: &Inner, part: &Part<'_>, mime: &str, material: bool) -> String {
    let serial = inner.change(crate::sandbox::state::State::next);
    let media_id = format!("sbx{}{serial:08}", "MaterialOfTheSandbox0123456789ABCDEF");
    let media = Media { mime: mime.to_owned(), material, bytes: part.bytes.to_vec() };
    inner.keep_picture(&media_id, part.bytes);
    inner.change(|state| state.media.insert(media_id.clone(), media));
    media_id
}
