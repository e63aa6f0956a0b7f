//! Files: `POST /cgi-bin/media/{upload,uploadimg}`, `GET /cgi-bin/media/get`.

use serde_json::json;

use super::multipart::{self, Part};
use super::{
    Access, Answer, Call, EITHER_VERIFIED, File, Place, Rank, Refusal, Run, VERIFIED, bug, post,
    refuse,
};
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Account, Media, MediaKind};

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/media/upload", EITHER_VERIFIED, upload),
    Place {
        path: "/cgi-bin/media/get",
        method: poem::http::Method::GET,
        access: Access::Either(Rank::Verified),
        run: Run::File(fetch),
    },
    post("/cgi-bin/media/uploadimg", VERIFIED, upload_image),
];

/// For pictures of an article's body; below this.
const ARTICLE_PICTURE: usize = 1024 * 1024;
const MB: usize = 1024 * 1024;

fn upload(inner: &Shared, call: &Call) -> Answer {
    let kind = kind(call.parameter("type"))?;
    if call.account == Account::Mini && kind != MediaKind::Image {
        return Err(bug(40004, "invalid media type: the mini-program has pictures alone"));
    }
    let part = multipart::media(call)?;
    let mime = checked(&part, kind, false)?;
    let media_id = inner.keep_media(call.account, kind, mime, part.bytes);
    let name = if kind == MediaKind::Thumb { "thumb_media_id" } else { "media_id" };
    let what = call.parameter("type").unwrap_or_default();
    Ok(json!({"type": what, name: media_id, "created_at": inner.now().timestamp()}))
}

pub(super) fn kind(name: Option<&str>) -> Result<MediaKind, Refusal> {
    match name {
        Some("image") => Ok(MediaKind::Image),
        Some("voice") => Ok(MediaKind::Voice),
        Some("video") => Ok(MediaKind::Video),
        Some("thumb") => Ok(MediaKind::Thumb),
        _ => Err(bug(40004, "invalid media type")),
    }
}

/// What the bytes are, within the limits of the kind.
pub(super) fn checked(
    part: &Part<'_>,
    kind: MediaKind,
    lasts: bool,
) -> Result<&'static str, Refusal> {
    let (mimes, most, type_code, size_code): (&[&str], _, _, _) = match kind {
        MediaKind::Image if lasts => {
            (&["image/jpeg", "image/png", "image/gif", "image/bmp"], 10 * MB, 40137, 45001)
        }
        MediaKind::Image => (&["image/jpeg", "image/png", "image/gif"], 10 * MB, 40137, 40009),
        MediaKind::Voice => (&["audio/amr", "audio/mpeg"], 2 * MB, 40005, 40010),
        MediaKind::Video => (&["video/mp4"], 10 * MB, 40005, 40011),
        MediaKind::Thumb => (&["image/jpeg"], 64 * 1024, 40137, 40012),
    };
    let mime = sniff(part)?;
    if !mimes.contains(&mime) {
        return Err(refuse(type_code, "invalid file type"));
    }
    if part.bytes.len() > most {
        return Err(refuse(size_code, "media size out of limit"));
    }
    Ok(mime)
}

fn fetch(inner: &Shared, call: &Call) -> Result<File, Refusal> {
    let media_id = call.parameter("media_id").ok_or_else(|| bug(41006, "media_id missing"))?;
    let now = inner.now();
    let found = inner.read(|state| state.media.get(media_id).cloned());
    let found = found.filter(|it| it.account == call.account && !it.material && it.lives(now));
    let media = found.ok_or_else(|| refuse(40007, "invalid media_id"))?;
    if media.kind == MediaKind::Video {
        let url = inner.picture_url(media_id);
        let bytes = json!({"video_url": url}).to_string().into_bytes();
        return Ok(File { mime: "text/plain".to_owned(), bytes });
    }
    Ok(File { mime: media.mime, bytes: media.bytes })
}

fn upload_image(inner: &Shared, call: &Call) -> Answer {
    let part = multipart::media(call)?;
    let mime = sniff(&part)?;
    if !["image/jpeg", "image/png"].contains(&mime) {
        return Err(refuse(40137, "invalid image format"));
    }
    if part.bytes.len() >= ARTICLE_PICTURE {
        return Err(refuse(40009, "invalid image size"));
    }
    let media_id = inner.keep(Media {
        mime: mime.to_owned(),
        material: true,
        kind: MediaKind::Image,
        account: Account::Official,
        name: String::new(),
        title: String::new(),
        introduction: String::new(),
        at: inner.now(),
        inline: true,
        bytes: part.bytes.to_vec(),
    });
    Ok(json!({"url": inner.picture_url(&media_id), "errcode": 0, "errmsg": "ok"}))
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
        [b'#', b'!', b'A', b'M', b'R', ..] => ("audio/amr", &["amr"]),
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xfe, ..] => ("audio/mpeg", &["mp3"]),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => ("video/mp4", &["mp4"]),
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
