//! Pictures and recordings: brought from the platform, which keeps them for three days
//! alone, and served to staff.

use chrono::{DateTime, TimeDelta, Utc};
use subtle::ConstantTimeEq;

use entity::help_message;
use entity::ids::{HelpMessageId, HelpThreadId};
use entity::kinds::{CheckKind, CheckSubject, HelpKind, MediaState, WechatAccount};

use super::store;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::staff::Colleague;
use crate::wechat::{Class, MediaContent};
use crate::{pixels, safety};

/// The platform's own limit for a recording.
const LONGEST_SOUND: usize = 2 * 1024 * 1024;

/// So long a picture may be on its way, before staff are told that it is not coming.
const ON_ITS_WAY: TimeDelta = TimeDelta::hours(2);

/// A file that is fit to be kept.
struct Kept {
    mime: &'static str,
    bytes: Vec<u8>,
    /// What the platform can be asked of it. It knows no AMR.
    check: Option<CheckKind>,
}

/// Brings a picture or recording from the platform (a job).
///
/// # Errors
/// `Upstream`: it can be tried again.
pub async fn fetch_media(app: &App, account: WechatAccount, id: HelpMessageId) -> Result<()> {
    let Some(row) = store::message(app.db.read(), id).await? else { return Ok(()) };
    let Some(media_id) = &row.media_id else { return Ok(()) };
    if !store::media_lines(app.db.read(), &[id.0]).await?.is_empty() {
        return Ok(());
    }
    let got = match account {
        WechatAccount::Official => app.wechat.official().get_media(media_id).await,
        WechatAccount::Mini => app.wechat.mini().get_media(media_id).await,
    };
    let kept = match got {
        Ok(MediaContent::File(file)) => fit(app, row.kind, file).await?,
        Ok(MediaContent::VideoUrl(_)) => None,
        Err(error) => match error.class() {
            Class::Token | Class::BackOff | Class::NotSent | Class::MaybeSent => {
                return Err(Error::from(error));
            }
            // 40007: its three days are over; 48001: this account may not.
            _ => {
                tracing::info!(%error, "what somebody sent cannot be had");
                None
            }
        },
    };
    keep(app, id, kept).await
}

/// What becomes of a file; `None`: nothing that can be shown.
async fn fit(app: &App, kind: HelpKind, file: Vec<u8>) -> Result<Option<Kept>> {
    if kind == HelpKind::Voice {
        return Ok(sound(file));
    }
    if file.len() > app.config.server.max_picture_bytes {
        return Ok(None);
    }
    match pixels::made(file).await {
        Ok((made, _)) => {
            let check = Some(CheckKind::Picture);
            Ok(Some(Kept { mime: made.mime, bytes: made.bytes, check }))
        }
        Err(error) if error.kind == Kind::Invalid => Ok(None),
        Err(error) => Err(error),
    }
}

/// The content says what it is.
fn sound(file: Vec<u8>) -> Option<Kept> {
    if file.len() > LONGEST_SOUND {
        return None;
    }
    let (mime, check) = match file.as_slice() {
        [b'#', b'!', b'A', b'M', b'R', ..] => ("audio/amr", None),
        [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xff, ..] => ("audio/mpeg", Some(CheckKind::Sound)),
        _ => return None,
    };
    Some(Kept { mime, bytes: file, check })
}

async fn keep(app: &App, id: HelpMessageId, kept: Option<Kept>) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    // Forgotten meanwhile: then nothing of it comes back.
    let Some(row) = store::lock_message(&tx, id).await?.filter(|row| row.media_id.is_some()) else {
        return Ok(());
    };
    let check = kept.as_ref().and_then(|kept| kept.check);
    let file = kept.map(|kept| (kept.mime, kept.bytes));
    if store::add_media(&tx, id, file, now).await?
        && let Some(kind) = check
        && let Some(thread) = store::thread(&tx, row.thread_id).await?
    {
        let url = format!("{}/api/desk-media/{id}/{}", app.config.server.public_url, mark(app, id));
        super::check(&tx, &thread, None, id, (kind, &url), now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes the address at which the platform finds a file one that nobody guesses.
fn mark(app: &App, id: HelpMessageId) -> String {
    app.vault.fingerprint("desk_media", &id.to_string())
}

/// How a picture or recording stands, for staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    OnItsWay,
    Failed,
    Gone,
    Picture,
    /// One that a browser plays.
    Sound,
    /// One that can only be taken home: browsers play no AMR.
    File,
}

pub(super) fn standing(
    row: &help_message::Model,
    line: Option<&store::MediaLine>,
    now: DateTime<Utc>,
) -> Standing {
    let Some(line) = line else {
        let late = row.media_id.is_none() || now - row.created_at > ON_ITS_WAY;
        return if late { Standing::Failed } else { Standing::OnItsWay };
    };
    match (line.state, line.mime.as_deref()) {
        (MediaState::Gone, _) => Standing::Gone,
        (MediaState::Kept, Some("audio/mpeg")) => Standing::Sound,
        (MediaState::Kept, Some("audio/amr")) => Standing::File,
        (MediaState::Kept, Some(_)) => Standing::Picture,
        (MediaState::Kept, None) | (MediaState::Failed, _) => Standing::Failed,
    }
}

fn no_media() -> Error {
    Error::not_found("media_not_found", "这张图片或录音已经没有了。")
}

/// Media type and bytes of what was sent in a thread.
///
/// # Errors
/// `thread_not_found`, also for one outside the colleague's scope; `media_not_found`.
pub(super) async fn media(
    app: &App,
    who: &Colleague,
    thread: HelpThreadId,
    id: HelpMessageId,
) -> Result<(String, Vec<u8>)> {
    let thread = super::thread(app, who, thread).await?;
    if !thread.messages.iter().any(|message| message.id == id) {
        return Err(no_media());
    }
    store::media(app.db.read(), id).await?.ok_or_else(no_media)
}

/// The same for the platform, while it is being asked about it.
///
/// # Errors
/// `media_not_found`.
pub(super) async fn media_for_platform(
    app: &App,
    id: HelpMessageId,
    given: &str,
) -> Result<(String, Vec<u8>)> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let genuine = bool::from(mark(app, id).as_bytes().ct_eq(given.as_bytes()));
    if !genuine || !safety::is_asked(conn, CheckSubject::HelpMessage, id.0, now).await? {
        return Err(no_media());
    }
    store::media(conn, id).await?.ok_or_else(no_media)
}

/// Drops pictures and recordings whose time is over.
///
/// # Errors
/// The database.
pub async fn prune(app: &App) -> Result<()> {
    let tx = app.db.begin().await?;
    let before = app.clock.now() - TimeDelta::days(app.config.helpdesk.media_days);
    store::drop_old_media(&tx, before).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_a_recording_is() {
        let mime = |bytes: &[u8]| sound(bytes.to_vec()).map(|kept| (kept.mime, kept.check));
        assert_eq!(mime(b"#!AMR\nx"), Some(("audio/amr", None)));
        assert_eq!(mime(b"ID3\x03"), Some(("audio/mpeg", Some(CheckKind::Sound))));
        assert_eq!(mime(b"<html>"), None);
        assert_eq!(mime(&vec![0xff; LONGEST_SOUND + 1]), None);
    }
}
