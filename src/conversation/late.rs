//! Answers that were not ready while WeChat waited: brought as a customer message, or
//! where that is not allowed, put into “消息”.
//!
//! As with notices, at most one is sent when the outcome is not known.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::LateAnswerId;
use entity::kinds::{NoticeKind, NoticeState, WechatAccount};
use entity::late_answer;

use super::dialogue::Question;
use super::{answers, store};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::members;
use crate::notices::{self, NewNotice, Values};
use crate::outbox::{self, Job};

use crate::wechat::{Class, CustomMessage};

/// What is owed to a follower.
pub(super) enum Owed {
    /// The answer has still to be found.
    Ask(Question),
    Text(String),
}

/// Writes down what a follower is owed, in the transaction of the callback.
pub(super) async fn owe(
    tx: &DatabaseTransaction,
    openid: &str,
    owed: Owed,
    now: DateTime<Utc>,
) -> Result<()> {
    let (ask, text) = match owed {
        Owed::Ask(question) => (Some(serde_json::to_string(&question)?), None),
        Owed::Text(text) => (None, Some(text)),
    };
    let answer = store::owe(tx, openid, ask, text, now).await?;
    outbox::enqueue(tx, &Job::AnswerLate { answer }, now, now).await?;
    metrics::counter!("shangxue_late_answers_total").increment(1);
    Ok(())
}

/// Brings a late answer (a job).
///
/// # Errors
/// `Upstream`: the platform did not take it, and it can be tried again.
pub async fn answer_late(app: &App, id: LateAnswerId) -> Result<()> {
    let Some(row) = store::late_answer(app.db.read(), id).await? else { return Ok(()) };
    if row.state != NoticeState::Pending {
        return Ok(());
    }
    let text = match (&row.text, &row.ask) {
        (Some(text), _) => text.clone(),
        (None, Some(ask)) => answers::answer(app, &row.openid, &serde_json::from_str(ask)?).await?,
        (None, None) => return Ok(()),
    };
    // Marked before the call: who dies in between does not send it twice.
    if !settle(app, &row, NoticeState::Pending, NoticeState::Unknown, None).await? {
        return Ok(());
    }
    let message = CustomMessage::Text(text.clone());
    let from = NoticeState::Unknown;
    let error = match app.wechat.official().send_custom(&row.openid, &message).await {
        Ok(()) => return settle(app, &row, from, NoticeState::Sent, None).await.map(drop),
        Err(error) => error,
    };
    match error.class() {
        // It stays as it was marked before the call.
        Class::MaybeSent => Ok(()),
        Class::Token | Class::BackOff | Class::NotSent => {
            settle(app, &row, from, NoticeState::Pending, None).await?;
            Err(Error::from(error))
        }
        Class::UserState | Class::Configuration | Class::Permanent | Class::AlreadyDone => {
            put_into_messages(app, &row, &text, error.advice()).await
        }
    }
}

/// WeChat takes no customer message: whoever is linked finds the answer in “消息”, and is
/// told by a subscription message where they allowed one.
async fn put_into_messages(
    app: &App,
    row: &late_answer::Model,
    text: &str,
    advice: &str,
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let resident = members::by_openid(&tx, WechatAccount::Official, &row.openid).await?;
    let to = if resident.is_some() { NoticeState::NoConsent } else { NoticeState::Failed };
    if store::settle_late(&tx, row.id, NoticeState::Unknown, to, Some(advice), now).await?
        && let Some(resident) = resident
    {
        let notice = NewNotice {
            resident,
            kind: NoticeKind::Answered,
            dedup_key: format!("late:{}", row.id),
            title: "您问的有回复了".to_owned(),
            body: answers::without_links(text),
            page: "/mine".to_owned(),
            values: Values {
                class: "您在公众号里问的".to_owned(),
                time: clock::wechat_time(now),
                place: app.config.centre.name.clone(),
                note: "请点开看".to_owned(),
            },
        };
        notices::notify(&tx, &notice, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn settle(
    app: &App,
    row: &late_answer::Model,
    from: NoticeState,
    to: NoticeState,
    failure: Option<&str>,
) -> Result<bool> {
    let tx = app.db.begin().await?;
    let moved = store::settle_late(&tx, row.id, from, to, failure, app.clock.now()).await?;
    tx.commit().await?;
    Ok(moved)
}
