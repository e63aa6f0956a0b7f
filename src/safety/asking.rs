//! Asking the platform about a content, and what it answers: at once for a text, by the
//! event `wxa_media_check` for a picture or recording.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::content_check::Model;
use entity::ids::CheckId;
use entity::kinds::{CheckKind, CheckState, CheckSubject, NameState, WechatAccount};

use super::{Judged, PATIENCE, decides, judge_name, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::members;
use crate::wechat::Class;
use crate::wechat::message::{MediaCheck, MediaOutcome, Suggestion};
use crate::wechat::mini::{CheckScene, MediaKind, Suggest};

/// The platform takes so many characters of a text at once.
const PART: usize = 2500;

/// Asks the platform about a content (a job).
///
/// # Errors
/// `Upstream`: it did not answer, and it makes sense to ask again.
pub async fn ask(app: &App, id: CheckId) -> Result<()> {
    let Some(row) = store::by_id(app.db.read(), id).await? else { return Ok(()) };
    if row.state != CheckState::Waiting || row.trace_id.is_some() {
        return Ok(());
    }
    let Some(openid) = openid(app, &row).await? else { return not_checked(app, &row).await };
    let scene = match row.subject {
        CheckSubject::ResidentName => CheckScene::Profile,
        CheckSubject::HelpMessage => CheckScene::Comment,
        CheckSubject::Article | CheckSubject::ArticlePicture => CheckScene::Social,
    };
    let kind = match row.kind {
        CheckKind::Text => {
            return match text(app, &openid, scene, &row.content).await {
                Ok(judged) => {
                    let tx = app.db.begin().await?;
                    settle(&tx, &row, judged, app.clock.now()).await?;
                    tx.commit().await?;
                    Ok(())
                }
                Err(error) => unanswered(app, &row, error).await,
            };
        }
        CheckKind::Picture => MediaKind::Image,
        CheckKind::Sound => MediaKind::Audio,
    };
    match app.wechat.mini().check_media(&openid, scene, (kind, &row.content)).await {
        Ok(trace) => asked(app, &row, &trace).await,
        Err(error) => unanswered(app, &row, error).await,
    }
}

/// Of the mini-program, which alone may ask; `None`: there is nobody to ask about.
async fn openid(app: &App, row: &Model) -> Result<Option<String>> {
    if app.config.wechat.mini.appid.is_empty() {
        return Ok(None);
    }
    match row.resident_id {
        Some(resident) => members::openid(app.db.read(), resident, WechatAccount::Mini).await,
        None => Ok(None),
    }
}

/// The worst that is found in any part of a text.
async fn text(
    app: &App,
    openid: &str,
    scene: CheckScene,
    text: &str,
) -> Result<Judged, crate::wechat::Error> {
    let chars: Vec<char> = text.chars().collect();
    let mut worst = Judged { state: CheckState::Passed, label: None };
    for part in chars.chunks(PART) {
        let part: String = part.iter().collect();
        let verdict = app.wechat.mini().check_text(openid, scene, &part).await?;
        let state = match verdict.suggest {
            Suggest::Pass => CheckState::Passed,
            Suggest::Review | Suggest::Other(_) => CheckState::ToLookAt,
            Suggest::Risky => CheckState::Risky,
        };
        if worst.label.is_none() || super::weight(state) > super::weight(worst.state) {
            worst = Judged { state, label: i32::try_from(verdict.label).ok() };
        }
    }
    Ok(worst)
}

/// No verdict: later, where that may help and a person does not look already.
async fn unanswered(app: &App, row: &Model, error: crate::wechat::Error) -> Result<()> {
    let may_pass = match error.class() {
        Class::Token
        | Class::BackOff
        | Class::NotSent
        | Class::MaybeSent
        | Class::Configuration => true,
        // 61010: not in the mini-program within two hours.
        Class::UserState | Class::Permanent | Class::AlreadyDone => false,
    };
    if may_pass && app.clock.now() - row.asked_at < PATIENCE {
        return Err(Error::from(error));
    }
    tracing::info!(%error, check = row.id.0, "a content stays unchecked");
    not_checked(app, row).await
}

async fn not_checked(app: &App, row: &Model) -> Result<()> {
    let tx = app.db.begin().await?;
    let judged = Judged { state: CheckState::NotChecked, label: None };
    settle(&tx, row, judged, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// The platform took the question. Its event may have been faster than its answer.
async fn asked(app: &App, row: &Model, trace: &str) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if store::note_trace(&tx, row, trace).await?
        && let Some(judged) = store::await_verdict(&tx, trace, now).await?
    {
        settle(&tx, row, judged, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// An event says how a picture or recording was judged.
///
/// # Errors
/// The database.
pub async fn verdict(
    tx: &DatabaseTransaction,
    check: &MediaCheck,
    now: DateTime<Utc>,
) -> Result<()> {
    if check.trace_id.is_empty() {
        return Ok(());
    }
    let judged = match &check.outcome {
        MediaOutcome::Judged { suggestion, label } => Judged {
            state: match suggestion {
                Suggestion::Pass => CheckState::Passed,
                Suggestion::Review | Suggestion::Other(_) => CheckState::ToLookAt,
                Suggestion::Risky => CheckState::Risky,
            },
            label: label.and_then(|label| i32::try_from(label).ok()),
        },
        // -1008: it could not fetch the file.
        MediaOutcome::Failed { errcode, .. } => {
            tracing::warn!(errcode, "the platform could not check a file");
            Judged { state: CheckState::ToLookAt, label: None }
        }
    };
    store::keep_verdict(tx, &check.trace_id, judged, now).await?;
    match store::by_trace(tx, &check.trace_id).await? {
        Some(row) => settle(tx, &row, judged, now).await,
        None => Ok(()),
    }
}

/// The platform's word on exactly this content, unless somebody was faster.
async fn settle(
    tx: &DatabaseTransaction,
    row: &Model,
    judged: Judged,
    now: DateTime<Utc>,
) -> Result<()> {
    let done = match judged.state {
        CheckState::Passed => true,
        CheckState::NotChecked => !decides(row.subject),
        CheckState::Waiting | CheckState::ToLookAt | CheckState::Risky => false,
    };
    let moved = store::settle(tx, row, judged, done.then_some(now)).await?;
    if moved && judged.state == CheckState::Passed {
        judge_name(tx, row, NameState::Shown).await?;
    }
    Ok(())
}
