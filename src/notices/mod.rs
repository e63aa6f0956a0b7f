//! Words to one resident: kept in “消息”, and sent to WeChat where they allow it.
//!
//! 1. A notice is written in the transaction it follows from; the same key makes no
//!    second one.
//! 2. The ways, in this order: a subscription message of the mini-program, where the
//!    person allowed one; a template message of the public account, where it is a
//!    verified 服务号 and theirs is linked; “消息” alone. A further way is tried only
//!    after a clear no of the one before. Whether they follow, the platform knows best.
//! 3. One consent is one message: it is taken from the balance before the call, by a
//!    conditional update, and given back when the platform did not count it.
//! 4. At most one message is sent when the outcome is not known: before the call the
//!    notice becomes `unknown`, and only an answer or the platform's report moves it on.
//!    A template message is asked for again under its own id while the platform knows
//!    it; else it stays `unknown`, and the person still finds it in “消息”.
//! 5. People answer WeChat's question a moment after the act: a notice waits a minute for
//!    a consent before it goes as a template message, and a day where it found no way.
//!    Both sides lock the balance, so that neither misses the other.
//! 6. What the platform reports of a message is kept, also before we know which notice
//!    it was. A report without a known number is given to the one notice that it can
//!    mean, or to none. Who refused loses the consents that we counted.
//! 7. Family members who may (`family/`) get a copy of what a learner is told, but for
//!    answers of staff; it says whose it is by an id, and goes when that person is erased.
//! 8. What is said of a meeting is worth something until it begins, or is said anew: after
//!    that it is sent to nobody. Whom WeChat does not reach until then is called
//!    (`reminders/`), and who told them stands with the notice.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use entity::ids::{ClassId, MeetingId, NoticeId, ResidentId, StaffId};
use entity::kinds::{NoticeKind, NoticeState};

use crate::app::App;
use crate::config::Templates;
use crate::error::Result;
use crate::outbox::{self, Job};

pub mod api;
mod delivery;
pub mod letter;
mod relatives;
mod report;
mod store;

pub use delivery::deliver;
pub use relatives::tell_delegation;
pub use report::{Report, reported};

/// How long a notice waits for a consent.
const WAITS_FOR_CONSENT: TimeDelta = TimeDelta::days(1);

/// How long a report waits for the message that it speaks of.
const KEEP_REPORTS: TimeDelta = TimeDelta::days(7);

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

/// Of which meetings something is said.
#[derive(Clone, Copy, Debug)]
pub enum Meetings {
    One(MeetingId),
    /// All that are to come of a class.
    Of(ClassId),
}

/// Until when something that is said of meetings is worth anything.
#[derive(Clone, Copy, Debug)]
pub struct GoodUntil(pub Meetings, pub DateTime<Utc>);

/// Writes notices, each once for its key, and asks for them to be sent.
///
/// # Errors
/// The database.
pub async fn notify_all(
    tx: &DatabaseTransaction,
    new: &[NewNotice],
    now: DateTime<Utc>,
) -> Result<()> {
    write(tx, new, None, None, now).await
}

/// As [`notify_all`], of meetings: what was said of them before is overtaken, and whom WeChat
/// does not reach in time is to be called.
///
/// # Errors
/// The database.
pub async fn notify_of_meetings(
    tx: &DatabaseTransaction,
    new: &[NewNotice],
    until: GoodUntil,
    now: DateTime<Utc>,
) -> Result<()> {
    store::overtake(tx, until.0, now).await?;
    write(tx, new, None, Some(until), now).await
}

/// As [`notify_of_meetings`], of something else than when and where: what was said of that
/// stands.
///
/// # Errors
/// The database.
pub async fn notify_until(
    tx: &DatabaseTransaction,
    new: &[NewNotice],
    until: GoodUntil,
    now: DateTime<Utc>,
) -> Result<()> {
    write(tx, new, None, Some(until), now).await
}

/// As [`notify`], for what a family member did for the resident: they need no copy.
///
/// # Errors
/// The database.
pub async fn notify_of_act(
    tx: &DatabaseTransaction,
    new: &NewNotice,
    delegate: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    write(tx, std::slice::from_ref(new), Some(delegate), None, now).await
}

async fn write(
    tx: &DatabaseTransaction,
    new: &[NewNotice],
    but: Option<ResidentId>,
    until: Option<GoodUntil>,
    now: DateTime<Utc>,
) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let mut copies = relatives::copies(tx, new, now).await?;
    copies.retain(|(copy, _)| Some(copy.resident) != but);
    let own = new.iter().map(|notice| (notice, None));
    let copies = copies.iter().map(|(notice, about)| (notice, Some(*about)));
    let state = NoticeState::Pending;
    let written = store::insert(tx, own.chain(copies), state, until, now).await?;
    let jobs: Vec<_> = written.into_iter().map(|notice| Job::SendNotice { notice }).collect();
    outbox::enqueue_all(tx, &jobs, now).await
}

/// Forgets what family members were told of an erased person.
///
/// # Errors
/// The database.
pub async fn forget_copies(tx: &DatabaseTransaction, about: ResidentId) -> Result<()> {
    store::forget_copies(tx, about).await
}

/// As [`notify_all`], for one.
///
/// # Errors
/// The database.
pub async fn notify(tx: &DatabaseTransaction, new: &NewNotice, now: DateTime<Utc>) -> Result<()> {
    notify_all(tx, std::slice::from_ref(new), now).await
}

/// Lets words stand in “消息” that may have come another way: nothing is sent, unless the
/// person asks for such messages within a day.
///
/// # Errors
/// The database.
pub async fn stand(tx: &DatabaseTransaction, new: &NewNotice, now: DateTime<Utc>) -> Result<()> {
    let alone = std::iter::once((new, None));
    store::insert(tx, alone, NoticeState::NoConsent, None, now).await.map(drop)
}

/// Somebody called and told what a notice says, or did not after all; false when that stood
/// so before.
///
/// # Errors
/// The database.
pub async fn told_by_phone(
    tx: &DatabaseTransaction,
    notice: NoticeId,
    by: Option<StaffId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    store::told_by_phone(tx, notice, by, now).await
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
    for notice in store::wake(tx, resident, kind, now).await? {
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

/// Forgets reports whose message is not ours: its answer is long overdue.
///
/// # Errors
/// The database.
pub async fn prune(app: &App) -> Result<()> {
    let tx = app.db.begin().await?;
    store::prune_reports(&tx, app.clock.now() - KEEP_REPORTS).await?;
    tx.commit().await?;
    Ok(())
}

/// Which kind of notice a template is for.
pub fn kind_of_template(templates: &Templates, template_id: &str) -> Option<NoticeKind> {
    KINDS.into_iter().find(|kind| !template_id.is_empty() && templates.of(*kind).id == template_id)
}

/// All kinds, in the order in which residents are asked.
const KINDS: [NoticeKind; 6] = [
    NoticeKind::Placed,
    NoticeKind::Offered,
    NoticeKind::MeetingChanged,
    NoticeKind::Answered,
    NoticeKind::Draw,
    NoticeKind::Reminder,
];

/// What is kept of a message while it is on its way, and when its sender died meanwhile.
const NO_ANSWER: &str = "微信没有回音，可能已经收到，也可能没有；为免重复，不再发送。";

/// The mini-program's one page that shows ours: `pages/web/index?to=/classes/3`.
pub fn mini_page(page: &str) -> String {
    format!(
        "pages/web/index?to={}",
        page.replace('%', "%25").replace('?', "%3F").replace('&', "%26").replace('=', "%3D")
    )
}
