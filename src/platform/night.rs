//! What is done once a night: our followers beside the platform's list, and where its
//! callbacks come from.

use chrono::{TimeDelta, Timelike};

use entity::kinds::{WechatAccount, WechatNoteKind};

use super::{NewNote, store, upkeep};
use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::outbox::{self, Job};

/// When nobody waits for anything: hours of the day here.
const NIGHT: std::ops::Range<u32> = 2..6;

/// Half past nine in the morning: figures of the day before are there from eight on.
const FIGURES_MINUTE: i32 = 9 * 60 + 30;

/// Two nights are so far apart at least.
const APART: TimeDelta = TimeDelta::hours(12);

/// Asks for the night's work, once a night among all instances; called every hour.
///
/// # Errors
/// The database.
pub async fn by_night(app: &App) -> Result<()> {
    let now = app.clock.now();
    if !NIGHT.contains(&clock::local(now).hour()) {
        return Ok(());
    }
    let wechat = &app.config.wechat;
    for (account, appid) in [
        (WechatAccount::Official, &wechat.official.appid),
        (WechatAccount::Mini, &wechat.mini.appid),
    ] {
        if appid.is_empty() {
            continue;
        }
        let tx = app.db.begin().await?;
        let tonight = NewNote::of(WechatNoteKind::Reviewed, now);
        if store::note_once(&tx, account, tonight, now - APART).await? {
            outbox::enqueue(&tx, &Job::NoteCallbackSources { account }, now, now).await?;
            if account == WechatAccount::Official {
                outbox::enqueue(&tx, &Job::ReviewFollowers, now, now).await?;
                // The platform has counted yesterday by then.
                let counted = clock::at_local(app.clock.today(), FIGURES_MINUTE);
                outbox::enqueue(&tx, &Job::ReadFigures, now, counted).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Notes from where the platform sends its callbacks, if that is new (a job).
///
/// # Errors
/// The platform; the database.
pub async fn note_callback_sources(app: &App, account: WechatAccount) -> Result<()> {
    let mut sources = upkeep(app, account).callback_addresses().await?;
    sources.sort_unstable();
    sources.dedup();
    let words = sources.join(" ");
    let known = store::notes(app.db.read(), account).await?;
    let same = known.iter().any(|note| {
        note.kind == WechatNoteKind::CallbackSources && note.words.as_ref() == Some(&words)
    });
    if words.is_empty() || same {
        return Ok(());
    }
    let new = NewNote {
        words: Some(words),
        ..NewNote::of(WechatNoteKind::CallbackSources, app.clock.now())
    };
    let tx = app.db.begin().await?;
    store::note(&tx, account, new).await?;
    tx.commit().await?;
    Ok(())
}
