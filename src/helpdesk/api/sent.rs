//! What was sent, and what is thought of it, on the wire for staff.

use chrono::{DateTime, Utc};
use poem_openapi::payload::Binary;
use poem_openapi::{ApiResponse, Enum, Object};

use entity::help_message::Model;
use entity::ids::HelpMessageId;
use entity::kinds::{CheckState, HelpKind};

use crate::helpdesk::{media, store};

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum MediaShown {
    Picture,
    /// To be played.
    Sound,
    /// To be downloaded.
    File,
    /// Not yet, or no longer.
    Nothing,
    /// It could not be had; WeChat's own console may have it.
    Missing,
}

/// A picture or recording that somebody sent.
#[derive(Object)]
pub(super) struct Media {
    shown: MediaShown,
    #[oai(skip_serializing_if_is_none)]
    url: Option<String>,
    /// What is to be said beside it, or in its place.
    text: String,
}

/// How a line was judged, where it did not simply pass.
#[derive(Object)]
pub(super) struct CheckMark {
    state: CheckState,
    text: String,
    /// Show it only to who asks for it.
    covered: bool,
}

#[derive(ApiResponse)]
pub(super) enum MediaBytes {
    /// The picture.
    #[oai(status = 200, content_type = "image/jpeg")]
    Jpeg(Binary<Vec<u8>>),
    /// The picture.
    #[oai(status = 200, content_type = "image/png")]
    Png(Binary<Vec<u8>>),
    /// The recording.
    #[oai(status = 200, content_type = "audio/mpeg")]
    Mp3(Binary<Vec<u8>>),
    /// The recording, to be downloaded.
    #[oai(status = 200, content_type = "audio/amr")]
    Amr(Binary<Vec<u8>>, #[oai(header = "Content-Disposition")] String),
}

impl MediaBytes {
    pub(super) fn of(id: HelpMessageId, (mime, bytes): (String, Vec<u8>)) -> Self {
        let bytes = Binary(bytes);
        match mime.as_str() {
            "image/png" => Self::Png(bytes),
            "audio/mpeg" => Self::Mp3(bytes),
            "audio/amr" => Self::Amr(bytes, format!("attachment; filename=\"{id}.amr\"")),
            _ => Self::Jpeg(bytes),
        }
    }
}

impl Media {
    pub(super) fn of(
        row: &Model,
        line: Option<&store::MediaLine>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        use media::Standing;
        if !matches!(row.kind, HelpKind::Picture | HelpKind::Voice) {
            return None;
        }
        let (shown, text) = match media::standing(row, line, now) {
            Standing::Picture => (MediaShown::Picture, ""),
            Standing::Sound => (MediaShown::Sound, "录音"),
            Standing::File => (MediaShown::File, "录音（可下载）"),
            Standing::OnItsWay => (MediaShown::Nothing, "正在取来，请稍等。"),
            Standing::Gone => (MediaShown::Nothing, "已经删掉了。"),
            Standing::Failed => (MediaShown::Missing, "没有取到。"),
        };
        let url = format!("/api/staff/desk/{}/media/{}", row.thread_id, row.id);
        let url = (!matches!(shown, MediaShown::Nothing | MediaShown::Missing)).then_some(url);
        Some(Self { shown, url, text: text.to_owned() })
    }
}

impl CheckMark {
    pub(super) fn of(row: &Model, state: CheckState) -> Option<Self> {
        let is_text = row.kind == HelpKind::Text;
        let (text, covered) = match state {
            CheckState::Passed => return None,
            CheckState::Waiting => ("平台正在检查", false),
            CheckState::NotChecked => ("平台没有检查", false),
            CheckState::ToLookAt => ("平台请人再看一看", !is_text),
            CheckState::Risky => ("平台认为可能不合适，点开再看", true),
        };
        Some(Self { state, text: text.to_owned(), covered })
    }
}
