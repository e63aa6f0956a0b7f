//! Files that messages need: `POST /cgi-bin/media/upload?type=`, `GET /cgi-bin/media/get`,
//! for both accounts. The platform keeps them for three days; the mini-program may upload
//! pictures only.
//!
//! Picture 10 MB (PNG, JPEG, GIF), voice 2 MB and 60 s (AMR, MP3), video 10 MB (MP4),
//! thumb 64 KB (JPEG). The bytes say what a file is: its name has to fit them (41005,
//! 40113). (api.md §7)

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::account::Account;
use super::client::File;
use super::field::{self, hold};
use super::{Error, Inner, Mini, Official};

const UPLOAD: &str = "/cgi-bin/media/upload";
const GET: &str = "/cgi-bin/media/get";

const KB: usize = 1024;
const MB: usize = 1024 * KB;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    Image,
    Voice,
    Video,
    /// The small picture before a video or music.
    Thumb,
}

/// How long the platform keeps a file: that decides what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    ThreeDays,
    Always,
}

/// A file that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TemporaryMedia {
    /// Good for three days from then on.
    #[serde(alias = "thumb_media_id")]
    pub media_id: String,
    #[serde(default, deserialize_with = "field::time")]
    pub created_at: Option<DateTime<Utc>>,
}

/// What an id stands for.
#[derive(Clone, PartialEq, Eq)]
pub enum MediaContent {
    File(Vec<u8>),
    /// A video is not in the answer: it has to be fetched from here.
    VideoUrl(String),
}

#[derive(Deserialize)]
struct VideoAnswer {
    video_url: String,
}

impl MediaType {
    /// WeChat's word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }

    /// The file with a name that fits, if the platform takes it.
    pub(super) fn file<'a>(
        self,
        endpoint: &'static str,
        keep: Keep,
        bytes: &'a [u8],
    ) -> Result<File<'a>, Error> {
        let (limit, rule) = match self {
            Self::Image => (10 * MB, "media: up to 10 MB"),
            Self::Voice => (2 * MB, "media: up to 2 MB"),
            Self::Video => (10 * MB, "media: up to 10 MB"),
            Self::Thumb => (64 * KB, "media: up to 64 KB"),
        };
        hold(endpoint, !bytes.is_empty(), 44001, "media is empty")?;
        hold(endpoint, bytes.len() <= limit, 45001, rule)?;
        let format = format(bytes);
        let fits = match (self, format) {
            (Self::Image, Some("jpg" | "png" | "gif")) => true,
            (Self::Image, Some("bmp")) => keep == Keep::Always,
            (Self::Voice, Some("amr" | "mp3")) => true,
            (Self::Video, Some("mp4")) => true,
            (Self::Thumb, Some("jpg")) => true,
            _ => false,
        };
        let (errcode, rule) = match self {
            Self::Image => (40137, "media: JPEG, PNG, GIF; BMP if it is to stay"),
            Self::Voice => (40005, "media: AMR or MP3"),
            Self::Video => (40005, "media: MP4"),
            Self::Thumb => (40005, "media: JPEG"),
        };
        hold(endpoint, fits, errcode, rule)?;
        let (name, mime) = named(format.unwrap_or_default());
        Ok(File { name, mime, bytes })
    }
}

/// By the first bytes.
fn format(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0xff, 0xd8, 0xff, ..] => "jpg",
        [0x89, b'P', b'N', b'G', ..] => "png",
        [b'G', b'I', b'F', b'8', ..] => "gif",
        [b'B', b'M', ..] => "bmp",
        [b'#', b'!', b'A', b'M', b'R', ..] => "amr",
        [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xff, ..] => "mp3",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "mp4",
        _ => return None,
    })
}

/// File name and media type.
fn named(format: &str) -> (&'static str, &'static str) {
    match format {
        "jpg" => ("picture.jpg", "image/jpeg"),
        "png" => ("picture.png", "image/png"),
        "gif" => ("picture.gif", "image/gif"),
        "bmp" => ("picture.bmp", "image/bmp"),
        "amr" => ("voice.amr", "audio/amr"),
        "mp3" => ("voice.mp3", "audio/mpeg"),
        _ => ("video.mp4", "video/mp4"),
    }
}

async fn upload(
    inner: &Inner,
    account: &Account,
    kind: MediaType,
    bytes: &[u8],
) -> Result<TemporaryMedia, Error> {
    let file = kind.file(UPLOAD, Keep::ThreeDays, bytes)?;
    inner.upload_file(account, UPLOAD, &[("type", kind.word())], &file, None).await
}

async fn get(inner: &Inner, account: &Account, media_id: &str) -> Result<MediaContent, Error> {
    hold(GET, !media_id.is_empty(), 41006, "media_id is empty")?;
    let bytes = inner.get_bytes(account, GET, &[("media_id", media_id)]).await?;
    Ok(match serde_json::from_slice::<VideoAnswer>(&bytes) {
        Ok(answer) => MediaContent::VideoUrl(answer.video_url),
        Err(_) => MediaContent::File(bytes),
    })
}

impl Official<'_> {
    /// Uploads a file for three days.
    ///
    /// # Errors
    /// 45001: too large; 40137, 40005: not such a file; 48001; the network.
    pub async fn upload_media(
        &self,
        kind: MediaType,
        bytes: &[u8],
    ) -> Result<TemporaryMedia, Error> {
        upload(self.inner, &self.inner.official, kind, bytes).await
    }

    /// A file that we uploaded, or that a person sent.
    ///
    /// # Errors
    /// 40007: there is none (any more); 48001; the network.
    pub async fn get_media(&self, media_id: &str) -> Result<MediaContent, Error> {
        get(self.inner, &self.inner.official, media_id).await
    }
}

impl Mini<'_> {
    /// Uploads a picture for three days.
    ///
    /// # Errors
    /// 45001: too large; 40137: no picture; the network.
    pub async fn upload_image(&self, bytes: &[u8]) -> Result<TemporaryMedia, Error> {
        upload(self.inner, &self.inner.mini, MediaType::Image, bytes).await
    }

    /// A file that we uploaded, or that a person sent.
    ///
    /// # Errors
    /// 40007: there is none (any more); the network.
    pub async fn get_media(&self, media_id: &str) -> Result<MediaContent, Error> {
        get(self.inner, &self.inner.mini, media_id).await
    }
}
