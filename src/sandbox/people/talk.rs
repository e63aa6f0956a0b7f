//! What people write and send, to the account and to the mini-program's service.

use serde::Deserialize;

use super::{Line, add_line, next_msg_id, opens, push, show, user_of};
use crate::error::{Error, Result};
use crate::sandbox::caller;
use crate::sandbox::push::{Node, text};
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Account, ChatLine, Extra, MediaKind, Trigger};

/// A message that is more than words.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Said {
    /// The bytes of the picture; JPEG or PNG.
    Image {
        #[serde(skip)]
        bytes: Vec<u8>,
    },
    /// What speech recognition understands; empty: the account has none.
    Voice {
        recognition: String,
    },
    Video,
    Location {
        latitude: String,
        longitude: String,
        label: String,
    },
    Link {
        title: String,
        description: String,
        url: String,
    },
    /// A page of the mini-program as a card; to its customer service alone.
    Card {
        title: String,
        page: String,
    },
}

impl Said {
    /// What people can send there (callbacks.md §6).
    fn goes_to(&self, account: Account) -> bool {
        match self {
            Self::Image { .. } => true,
            Self::Card { .. } => account == Account::Mini,
            _ => account == Account::Official,
        }
    }
}

pub(in crate::sandbox) async fn say(
    inner: &Shared,
    id: u64,
    account: Account,
    words: &str,
) -> Result<Vec<ChatLine>> {
    post(inner, id, account, wrote(account), (words, None), "text", vec![("Content", text(words))])
        .await
}

/// Taps a line of a menu message.
pub(in crate::sandbox) async fn choose(
    inner: &Shared,
    id: u64,
    choice: &str,
    words: &str,
) -> Result<Vec<ChatLine>> {
    let fields = vec![("Content", text(words)), ("bizmsgmenuid", text(choice))];
    let line = (words, None);
    post(inner, id, Account::Official, Trigger::Tapped, line, "text", fields).await
}

pub(in crate::sandbox) async fn send(
    inner: &Shared,
    id: u64,
    account: Account,
    said: Said,
) -> Result<Vec<ChatLine>> {
    if !said.goes_to(account) {
        return Err(Error::invalid("not_there", "这里发不了这种消息。"));
    }
    let media = |kind, mime: &str, bytes: &[u8]| inner.keep_media(account, kind, mime, bytes);
    let (what, fields, words, extra) = match said {
        Said::Image { bytes } => {
            let mime = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
            let media_id = media(MediaKind::Image, mime, &bytes);
            let url = inner.picture_url(&media_id);
            let fields = vec![("PicUrl", text(&url)), ("MediaId", text(media_id))];
            ("image", fields, String::new(), Some(Extra::Image { url }))
        }
        Said::Voice { recognition } => {
            let media_id = media(MediaKind::Voice, "audio/amr", b"#!AMR\n");
            let mut fields = vec![("MediaId", text(media_id)), ("Format", text("amr"))];
            if !recognition.is_empty() {
                fields.push(("Recognition", text(&recognition)));
            }
            ("voice", fields, String::new(), Some(Extra::Voice { recognition }))
        }
        Said::Video => {
            let media_id = media(MediaKind::Video, "video/mp4", b"\0\0\0\x18ftypmp42");
            let thumb = media(MediaKind::Thumb, "image/jpeg", b"\xff\xd8\xff\xe0");
            let fields = vec![("MediaId", text(media_id)), ("ThumbMediaId", text(thumb))];
            let extra = Extra::Video { title: String::new(), description: String::new() };
            ("video", fields, String::new(), Some(extra))
        }
        Said::Location { latitude, longitude, label } => {
            let fields = vec![
                ("Location_X", text(&latitude)),
                ("Location_Y", text(&longitude)),
                ("Scale", Node::Number(16)),
                ("Label", text(&label)),
            ];
            let extra = Extra::Location { latitude, longitude, label };
            ("location", fields, String::new(), Some(extra))
        }
        Said::Link { title, description, url } => {
            let words = format!("{title}\n{url}");
            let fields = vec![
                ("Title", text(title)),
                ("Description", text(description)),
                ("Url", text(url)),
            ];
            ("link", fields, words, None)
        }
        Said::Card { title, page } => {
            let thumb = media(MediaKind::Thumb, "image/jpeg", b"\xff\xd8\xff\xe0");
            let picture_url = inner.picture_url(&thumb);
            let fields = vec![
                ("Title", text(&title)),
                ("AppId", text(&inner.config.mini.appid)),
                ("PagePath", text(&page)),
                ("ThumbUrl", text(&picture_url)),
                ("ThumbMediaId", text(thumb)),
            ];
            let extra = Extra::MiniPage { title, page, picture_url: String::new() };
            ("miniprogrampage", fields, String::new(), Some(extra))
        }
    };
    let line = (words.as_str(), extra);
    post(inner, id, account, wrote(account), line, what, fields).await
}

fn wrote(account: Account) -> Trigger {
    match account {
        Account::Official => Trigger::Wrote,
        Account::Mini => Trigger::WroteMini,
    }
}

async fn post(
    inner: &Shared,
    id: u64,
    account: Account,
    trigger: Trigger,
    (words, extra): (&str, Option<Extra>),
    what: &str,
    mut fields: Vec<(&'static str, Node)>,
) -> Result<Vec<ChatLine>> {
    let user = inner.read(|state| user_of(state, id, account == Account::Official))?;
    add_line(inner, account, id, Line::of_user(words, extra));
    opens(inner, id, trigger);
    fields.push(next_msg_id(inner));
    let reply = caller::deliver(inner, &push(inner, account, &user, what, false, fields)).await;
    Ok(match account {
        Account::Official => show(inner, id, reply, true),
        // The mini-program's service answers by customer messages alone.
        Account::Mini => Vec::new(),
    })
}

/// The person opens the customer service of the mini-program.
pub(in crate::sandbox) async fn enter_service(inner: &Shared, id: u64) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, false))?;
    opens(inner, id, Trigger::EnteredMini);
    let fields = vec![("SessionFrom", text(""))];
    let push = push(inner, Account::Mini, &user, "user_enter_tempsession", true, fields);
    caller::deliver(inner, &push).await;
    Ok(())
}
