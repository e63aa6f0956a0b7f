//! What became of messages that WeChat took: its events, which may come before the answer
//! to the call is written down, and name the message alone.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::NoticeId;
use entity::kinds::{DeliveryOutcome, NoticeKind, NoticeState, WechatAccount};
use entity::notice;

use super::store;
use crate::app::App;
use crate::error::Result;
use crate::members;
use crate::outbox::{self, Job};

/// A message whose number we do not know is looked for among those of the last hour.
const LOOKED_FOR: TimeDelta = TimeDelta::hours(1);

/// What the platform reports of one message.
pub struct Report<'a> {
    pub account: WechatAccount,
    pub msg_id: &'a str,
    pub openid: &'a str,
    /// As the template says; template messages do not name theirs.
    pub kind: Option<NoticeKind>,
    pub outcome: DeliveryOutcome,
    /// Why not, in words for staff.
    pub words: Option<&'a str>,
}

/// The platform took a notice; `msg_id` where it says which.
pub(super) async fn accepted(
    app: &App,
    row: &notice::Model,
    account: WechatAccount,
    msg_id: Option<&str>,
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let reported = match msg_id {
        Some(msg_id) => store::sent_as(&tx, account, msg_id, row.id, now).await?,
        None => None,
    };
    store::settle(&tx, row.id, NoticeState::Unknown, NoticeState::Sent, None, now).await?;
    if let Some((outcome, words)) = reported {
        apply(&tx, row.id, account, (outcome, words.as_deref()), now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The platform says what became of a message; `at` is when it said so.
///
/// # Errors
/// The database.
pub async fn reported(
    tx: &DatabaseTransaction,
    report: &Report<'_>,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(resident) = members::by_openid(tx, report.account, report.openid).await? else {
        return Ok(());
    };
    let known = store::report(tx, report, now).await?;
    let row = match known {
        Some(id) => store::by_id(tx, id).await?,
        None => {
            let found = store::candidates(tx, resident, report, now - LOOKED_FOR).await?;
            // Only where it can be no other.
            let one = <[notice::Model; 1]>::try_from(found).ok().map(|[one]| one);
            if let Some(row) = &one {
                store::sent_as(tx, report.account, report.msg_id, row.id, now).await?;
            }
            one
        }
    };
    if report.outcome == DeliveryOutcome::Refused
        && let Some(kind) = report.kind
    {
        let since = row.as_ref().and_then(|row| row.tried_at).unwrap_or(at);
        if !store::given_since(tx, resident, kind, since).await? {
            store::empty(tx, resident, kind, now).await?;
        }
    }
    match row {
        Some(row) => apply(tx, row.id, report.account, (report.outcome, report.words), now).await,
        None => Ok(()),
    }
}

/// Moves a notice to where its message came.
async fn apply(
    tx: &DatabaseTransaction,
    id: NoticeId,
    account: WechatAccount,
    (outcome, words): (DeliveryOutcome, Option<&str>),
    now: DateTime<Utc>,
) -> Result<()> {
    let (to, words) = match (outcome, account) {
        (DeliveryOutcome::Delivered, _) => (NoticeState::Sent, None),
        // It reached nobody: the next way, or it waits for a consent.
        (DeliveryOutcome::Refused, WechatAccount::Mini) => (NoticeState::Pending, None),
        (DeliveryOutcome::Refused, WechatAccount::Official) => (NoticeState::NoConsent, None),
        (DeliveryOutcome::Failed, _) => (NoticeState::Failed, words),
    };
    for from in [NoticeState::Unknown, NoticeState::Sent] {
        if from != to
            && store::settle(tx, id, from, to, words, now).await?
            && to == NoticeState::Pending
        {
            outbox::enqueue(tx, &Job::SendNotice { notice: id }, now, now).await?;
        }
    }
    Ok(())
}
