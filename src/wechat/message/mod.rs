//! What a callback says: messages that people write, and events.
//!
//! 1. Every kind is a value with all its fields; numbers and lists are read in each
//!    form in which XML and JSON bring them.
//! 2. Unknown kinds are no error, for WeChat adds kinds at will. Neither is a known one
//!    whose fields are not as expected: both are kept as they came, up to a size.
//! 3. Fields that nobody asked for (`MsgDataId`, `Idx`) are passed over.

use serde_json::Value;

use super::tree::{self, Bad};

mod event;
mod job;
mod person;
mod raw;
mod review;

pub use event::Event;
pub use job::{
    CopyrightCheck, CopyrightResult, MassResult, MassStatus, PublishResult, PublishStatus,
    TemplateStatus,
};
pub use person::{Consent, Delivery, PersonalItem, PictureSource, Privacy};
pub use raw::Raw;
pub use review::{
    AuditOutcome, CheckDetail, MediaCheck, MediaOutcome, Suggestion, Verification, VerificationStep,
};

/// A message or event. The common fields (who, when) are in [`super::callback::Incoming`].
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Text {
        content: String,
        /// Set when the person tapped a choice of a menu message.
        menu_choice: Option<String>,
    },
    Image {
        media_id: String,
        url: String,
    },
    /// `recognition` is what WeChat understood, where speech recognition is on.
    Voice {
        media_id: String,
        /// The same at 16 kHz.
        media_id_16k: Option<String>,
        format: String,
        recognition: Option<String>,
    },
    /// `short`: recorded in the chat.
    Video {
        media_id: String,
        thumb_media_id: String,
        short: bool,
    },
    Location {
        latitude: f64,
        longitude: f64,
        scale: i64,
        label: String,
    },
    Link {
        title: String,
        description: String,
        url: String,
    },
    /// A page of a mini-program, sent as a card.
    MiniProgramPage {
        title: String,
        appid: String,
        page: String,
        thumb_url: String,
        thumb_media_id: String,
    },
    Event(Event),
    /// A `MsgType` that we do not know, or cannot read.
    Unknown {
        /// In lower case.
        kind: String,
        raw: Raw,
    },
}

impl Message {
    /// # Errors
    /// Without `MsgType`, or an event without its name.
    pub(super) fn read(tree: &Value) -> Result<Self, Bad> {
        let kind = tree::text(tree, "MsgType")?.ok_or(Bad("MsgType"))?;
        let kind = short(&kind);
        if kind == "event" {
            return Ok(Self::Event(Event::read(tree)?));
        }
        Ok(match Self::read_known(tree, &kind) {
            Ok(Some(message)) => message,
            Ok(None) => Self::Unknown { kind, raw: Raw::of(tree, None) },
            Err(bad) => Self::Unknown { kind, raw: Raw::of(tree, Some(bad)) },
        })
    }

    fn read_known(tree: &Value, kind: &str) -> Result<Option<Self>, Bad> {
        let text = |name| tree::text_or_empty(tree, name);
        Ok(Some(match kind {
            "text" => Self::Text {
                content: text("Content")?,
                menu_choice: tree::text(tree, "bizmsgmenuid")?,
            },
            "image" => Self::Image { media_id: text("MediaId")?, url: text("PicUrl")? },
            "voice" => Self::Voice {
                media_id: text("MediaId")?,
                media_id_16k: tree::text(tree, "MediaId16K")?,
                format: text("Format")?,
                recognition: tree::text(tree, "Recognition")?,
            },
            "video" | "shortvideo" => Self::Video {
                media_id: text("MediaId")?,
                thumb_media_id: text("ThumbMediaId")?,
                short: kind == "shortvideo",
            },
            "location" => Self::Location {
                latitude: tree::float(tree, "Location_X")?.ok_or(Bad("Location_X"))?,
                longitude: tree::float(tree, "Location_Y")?.ok_or(Bad("Location_Y"))?,
                scale: tree::int(tree, "Scale")?.unwrap_or_default(),
                label: text("Label")?,
            },
            "link" => Self::Link {
                title: text("Title")?,
                description: text("Description")?,
                url: text("Url")?,
            },
            "miniprogrampage" => Self::MiniProgramPage {
                title: text("Title")?,
                appid: text("AppId")?,
                page: text("PagePath")?,
                thumb_url: text("ThumbUrl")?,
                thumb_media_id: text("ThumbMediaId")?,
            },
            _ => return Ok(None),
        }))
    }

    /// The kind of message or event, in lower case, of at most 64 characters: for
    /// logs and tables.
    pub fn kind(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { short: false, .. } => "video",
            Self::Video { short: true, .. } => "shortvideo",
            Self::Location { .. } => "location",
            Self::Link { .. } => "link",
            Self::MiniProgramPage { .. } => "miniprogrampage",
            Self::Event(event) => event.name(),
            Self::Unknown { kind, .. } => kind,
        }
    }

    /// The fields of what we do not know or cannot read.
    pub fn unknown(&self) -> Option<&Raw> {
        match self {
            Self::Unknown { raw, .. } | Self::Event(Event::Unknown { raw, .. }) => Some(raw),
            _ => None,
        }
    }
}

/// Names from outside are kept, but not at any length. Compared without regard to case.
fn short(name: &str) -> String {
    name.trim().chars().filter(|c| !c.is_control()).take(64).collect::<String>().to_lowercase()
}
