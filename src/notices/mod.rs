//! Words to one resident: kept in “消息”, and sent to WeChat where they allow it.
//!
//! 1. A notice is written in the transaction it follows from; the same key makes no
//!    second one.
//! 2. One consent is one message: it is taken from the balance before the call, by a
//!    conditional update, and given back when the platform did not count it.
//! 3. At most one message is sent when the outcome is not known: before the call the
//!    notice becomes `unknown`, and only an answer moves it on. A crash between leaves
//!    it `unknown`, and the person still finds it in “消息”.
//! 4. A notice that found no consent waits a day for one: people answer WeChat's
//!    question a moment after the act. Both sides lock the balance, so that neither
//!    misses the other.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use entity::ids::{NoticeId, ResidentId};
use entity::kinds::{NoticeKind, NoticeState, WechatAccount};
use entity::notice;

use crate::app::App;
use crate::config::{Template, Templates};
use crate::error::{Error, Result};
use crate::members;
use crate::outbox::{self, Job};
use crate::wechat::{self, Class, SubscribeMessage};

pub mod api;
pub mod letter;
mod store;

/// How long a notice waits for a consent.
const WAITS_FOR_CONSENT: TimeDelta = TimeDelta::days(1);

/// A notice that is to be written.
#[derive(Clone, Debug)]
pub struct NewNotice {
    pub resident: ResidentId,
    pub kind: NoticeKind,
    /// Same key, same notice.
    pub dedup_key: String,
    /// At most 14 characters.
    pub title: String,
    /// Plain sentences.
    pub body: String,
    /// Page under /m/, as in `/classes/3`.
    pub page: String,
    pub values: Values,
}

/// What the template's four fields say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Values {
    pub class: String,
    pub time: String,
    pub place: String,
    pub note: String,
}

/// Writes notices, each once for its key, and asks for them to be sent.
///
/// # Errors
/// The database.
pub async fn notify_all(
    tx: &DatabaseTransaction,
    new: &[NewNotice],
    now: DateTime<Utc>,
) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let written = store::insert(tx, new, now).await?;
    let jobs: Vec<_> = written.into_iter().map(|notice| Job::SendNotice { notice }).collect();
    outbox::enqueue_all(tx, &jobs, now).await
}

/// As [`notify_all`], for one.
///
/// # Errors
/// The database.
pub async fn notify(tx: &DatabaseTransaction, new: &NewNotice, now: DateTime<Utc>) -> Result<()> {
    notify_all(tx, std::slice::from_ref(new), now).await
}

/// A resident allowed one more message of a kind; what waited for it is sent.
///
/// # Errors
/// The database.
pub async fn consent_given(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    kind: NoticeKind,
    now: DateTime<Utc>,
) -> Result<()> {
    store::give(tx, resident, kind, now).await?;
    for notice in store::wake(tx, resident, kind, now - WAITS_FOR_CONSENT).await? {
        outbox::enqueue(tx, &Job::SendNotice { notice }, now, now).await?;
    }
    Ok(())
}

/// A resident wants no messages of a kind any more.
///
/// # Errors
/// The database.
pub async fn consent_withdrawn(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    kind: NoticeKind,
    now: DateTime<Utc>,
) -> Result<()> {
    store::empty(tx, resident, kind, now).await
}

/// Which kind of notice a template is for.
pub fn kind_of_template(templates: &Templates, template_id: &str) -> Option<NoticeKind> {
    KINDS.into_iter().find(|kind| !template_id.is_empty() && templates.of(*kind).id == template_id)
}

/// All kinds, in the order in which residents are asked.
const KINDS: [NoticeKind; 4] =
    [NoticeKind::Placed, NoticeKind::Offered, NoticeKind::MeetingChanged, NoticeKind::Answered];

/// Brings a notice to WeChat (a job).
///
/// # Errors
/// `Upstream`: the platform did not take it and it can be tried again.
pub async fn deliver(app: &App, id: NoticeId) -> Result<()> {
    let Some(row) = store::by_id(app.db.read(), id).await? else { return Ok(()) };
    if row.state != NoticeState::Pending {
        return Ok(());
    }
    let template = app.config.wechat.templates.of(row.kind);
    let openid = members::openid(app.db.read(), row.resident_id, WechatAccount::Mini).await?;
    let (Some(openid), false) = (openid, template.id.is_empty()) else {
        // Nobody to send to, or nothing to send with: it stands in “消息”.
        return settle(app, &row, NoticeState::Pending, NoticeState::NoConsent, None).await;
    };
    let message = message(app, &row, template, openid)?;
    let began = app.clock.now();
    if !begin(app, &row, began).await? {
        return Ok(());
    }
    let outcome = app.wechat.mini().send_subscribe(&message).await;
    finish(app, &row, began, outcome).await
}

/// What is kept of a notice while it is on its way, and when its sender died meanwhile.
const NO_ANSWER: &str = "微信没有回音，可能已经收到，也可能没有；为免重复，不再发送。";

/// Takes one from the balance and marks the notice, together; false when it must
/// not be sent.
async fn begin(app: &App, row: &notice::Model, now: DateTime<Utc>) -> Result<bool> {
    let tx = app.db.begin().await?;
    let allowed = store::take(&tx, row.resident_id, row.kind, now).await?;
    let (next, note) = if allowed {
        (NoticeState::Unknown, Some(NO_ANSWER))
    } else {
        (NoticeState::NoConsent, None)
    };
    if !store::settle(&tx, row.id, NoticeState::Pending, next, note, now).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(allowed)
}

fn message(
    app: &App,
    row: &notice::Model,
    template: &Template,
    openid: String,
) -> Result<SubscribeMessage> {
    let values: Values = serde_json::from_str(&row.values)?;
    let data: BTreeMap<String, String> = [
        (&template.class, &values.class),
        (&template.time, &values.time),
        (&template.place, &values.place),
        (&template.note, &values.note),
    ]
    .into_iter()
    // A template may lack a field; its key is left empty then.
    .filter(|(key, _)| !key.is_empty())
    .map(|(key, value)| (key.clone(), wechat::fit_template_value(key, value)))
    .collect();
    Ok(SubscribeMessage {
        openid,
        template_id: template.id.clone(),
        page: Some(mini_page(&row.page)),
        data,
        state: app.config.wechat.mini.state.clone(),
    })
}

/// The mini-program's one page that shows ours: `pages/web/index?to=/classes/3`.
pub fn mini_page(page: &str) -> String {
    format!(
        "pages/web/index?to={}",
        page.replace('%', "%25").replace('?', "%3F").replace('&', "%26").replace('=', "%3D")
    )
}

async fn finish(
    app: &App,
    row: &notice::Model,
    began: DateTime<Utc>,
    outcome: Result<(), wechat::Error>,
) -> Result<()> {
    let unknown = NoticeState::Unknown;
    let error = match outcome {
        Ok(()) => return settle(app, row, unknown, NoticeState::Sent, None).await,
        Err(error) => error,
    };
    let now = app.clock.now();
    match error.class() {
        Class::UserState => {
            // No consent with the platform, whatever we counted…
            let tx = app.db.begin().await?;
            let next = if store::given_since(&tx, row.resident_id, row.kind, began).await? {
                // …but one came while we asked: once more.
                outbox::enqueue(&tx, &Job::SendNotice { notice: row.id }, now, now).await?;
                NoticeState::Pending
            } else {
                store::empty(&tx, row.resident_id, row.kind, now).await?;
                NoticeState::NoConsent
            };
            store::settle(&tx, row.id, unknown, next, None, now).await?;
            tx.commit().await?;
            Ok(())
        }
        // It stays as it was marked before the call.
        Class::MaybeSent => Ok(()),
        Class::Permanent | Class::AlreadyDone => {
            give_back(app, row, NoticeState::Failed, Some(error.advice())).await
        }
        Class::Token | Class::BackOff | Class::NotSent | Class::Configuration => {
            give_back(app, row, NoticeState::Pending, None).await?;
            Err(Error::from(error))
        }
    }
}

/// The platform did not count the message.
async fn give_back(
    app: &App,
    row: &notice::Model,
    to: NoticeState,
    failure: Option<&str>,
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::give(&tx, row.resident_id, row.kind, now).await?;
    store::settle(&tx, row.id, NoticeState::Unknown, to, failure, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn settle(
    app: &App,
    row: &notice::Model,
    from: NoticeState,
    to: NoticeState,
    failure: Option<&str>,
) -> Result<()> {
    let tx = app.db.begin().await?;
    store::settle(&tx, row.id, from, to, failure, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
