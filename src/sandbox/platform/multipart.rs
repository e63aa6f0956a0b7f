//! Forms with files, read as the platform reads them.

use serde_json::{Value, json};

use super::{Call, Refusal, bug};

pub(super) struct Part<'a> {
    pub(super) name: String,
    /// ASCII between quotes; `filename*=` counts for nothing.
    pub(super) filename: Option<String>,
    pub(super) content_type: String,
    pub(super) bytes: &'a [u8],
}

/// The part `media` with its file.
pub(super) fn media(call: &Call) -> Result<Part<'_>, Refusal> {
    let parts = parts(call).ok_or_else(|| bug(41005, "media data missing"))?;
    let part = parts.into_iter().find(|part| part.name == "media");
    let part = part.ok_or_else(|| bug(41005, "media data missing: no part named media"))?;
    match &part.filename {
        None => Err(bug(41005, "media data missing: no filename")),
        Some(name) if !name.is_ascii() => Err(bug(41005, "media data missing: filename")),
        Some(_) => Ok(part),
    }
}

/// The text of another part of the form.
pub(super) fn text(call: &Call, name: &str) -> Option<String> {
    let part = parts(call)?.into_iter().find(|part| part.name == name)?;
    std::str::from_utf8(part.bytes).ok().map(str::to_owned)
}

/// The form without its bytes, for the journal.
pub(super) fn summary(call: &Call) -> Option<Value> {
    let part = |part: &Part<'_>| {
        json!({
            "name": part.name,
            "filename": part.filename,
            "content_type": part.content_type,
            "size": part.bytes.len(),
        })
    };
    Some(parts(call)?.iter().map(part).collect())
}

fn parts(call: &Call) -> Option<Vec<Part<'_>>> {
    let content_type = call.headers.get("content-type")?.to_str().ok()?;
    let boundary = content_type.strip_prefix("multipart/form-data")?.split_once("boundary=")?.1;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = call.body.strip_prefix(first.as_bytes())?;
    let mut parts = Vec::new();
    while let Some(after) = rest.strip_prefix(b"\r\n") {
        let head_end = find(after, b"\r\n\r\n")?;
        let (head, body) = after.split_at(head_end);
        let body = body.get(4..)?;
        let body_end = find(body, between.as_bytes())?;
        let (bytes, next) = body.split_at(body_end);
        rest = next.get(between.len()..)?;
        parts.push(part(std::str::from_utf8(head).ok()?, bytes)?);
    }
    rest.starts_with(b"--").then_some(parts)
}

fn part<'a>(head: &str, bytes: &'a [u8]) -> Option<Part<'a>> {
    let header = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let disposition = header("content-disposition")?.strip_prefix("form-data")?;
    let field = |wanted: &str| {
        disposition.split(';').find_map(|field| {
            let (name, value) = field.trim().split_once('=')?;
            (name == wanted).then(|| value.trim_matches('"').to_owned())
        })
    };
    Some(Part {
        name: field("name")?,
        filename: field("filename"),
        content_type: header("content-type").unwrap_or_default().to_owned(),
        bytes,
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
