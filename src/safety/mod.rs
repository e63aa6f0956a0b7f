//! Content checks: what residents write and send, and what staff publish, is judged by the
//! platform, or by a person, before others see it.
//!
//! 1. Each thing has one check (a unique key), written in the transaction that brings the
//!    thing; a name that is changed begins its check anew.
//! 2. Nothing passes in silence. What the platform finds risky or leaves open, what it
//!    does not answer within [`PATIENCE`], and a name that it cannot be asked about, waits
//!    for a person. A message that it cannot be asked about says so where staff read it,
//!    since nobody else does.
//! 3. A person's word is the last one: what the platform says later changes nothing.
//! 4. An event settles its check once, whether it comes before or after the answer of the
//!    call that asked: both leave their trace under one unique key, and the second acts.
//! 5. No openid is kept here: it is looked up when the platform is asked.
//! 6. The platform is asked as somebody who was in the mini-program not long ago. Staff have no
//!    account there: who writes articles links their own (`linking.rs`). What an article's
//!    check comes to is for the news room, not for the tray.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::content_check::Model;
use entity::ids::{CheckId, ResidentId};
use entity::kinds::{CheckKind, CheckState, CheckSubject, NameState};

use crate::app::App;
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

pub mod api;
mod asking;
mod linking;
mod store;

pub use asking::{ask, verdict};
pub use linking::{asked_as, code_for, link, linked_since, unlink};

/// The platform answers within this, or a person looks.
const PATIENCE: TimeDelta = TimeDelta::minutes(30);

/// Events are remembered so long; WeChat repeats them within seconds.
const KEEP_VERDICTS: TimeDelta = TimeDelta::days(3);

/// Something that is to be judged.
#[derive(Clone, Debug)]
pub struct Thing<'a> {
    pub subject: CheckSubject,
    pub id: i64,
    pub kind: CheckKind,
    pub resident: Option<ResidentId>,
    /// The text, or an address at which the platform finds the file.
    pub content: &'a str,
    /// Where it stands in the console.
    pub page: &'a str,
}

/// What the platform makes of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Judged {
    state: CheckState,
    label: Option<i32>,
}

/// A check in the tray, with the person whose content it is.
#[derive(Clone, Debug)]
pub struct Entry {
    pub check: Model,
    pub person: Option<Person>,
}

/// Has a thing judged from now on. The same content again changes nothing.
///
/// # Errors
/// The database.
pub async fn open(tx: &DatabaseTransaction, thing: &Thing<'_>, now: DateTime<Utc>) -> Result<()> {
    // Of a stranger the platform cannot be asked anything.
    let state = if thing.resident.is_some() { CheckState::Waiting } else { CheckState::NotChecked };
    let settled_at = (state == CheckState::NotChecked && !decides(thing.subject)).then_some(now);
    let Some(check) = store::open(tx, thing, state, settled_at, now).await? else {
        return Ok(());
    };
    if state == CheckState::Waiting {
        outbox::enqueue(tx, &Job::AskAboutContent { check }, now, now).await?;
    }
    Ok(())
}

/// Must a person decide where the platform cannot be asked? Others see names; messages
/// are read by staff alone, and need no second look.
fn decides(subject: CheckSubject) -> bool {
    subject == CheckSubject::ResidentName
}

/// Has the name judged that a resident typed (a job).
///
/// # Errors
/// The database.
pub async fn check_name(app: &App, resident: ResidentId) -> Result<()> {
    let tx = app.db.begin().await?;
    members::lock(&tx, resident).await?;
    if let Some(name) = members::unseen_name(&tx, resident).await? {
        let thing = Thing {
            subject: CheckSubject::ResidentName,
            id: resident.0,
            kind: CheckKind::Text,
            resident: Some(resident),
            content: &name,
            page: "",
        };
        open(&tx, &thing, app.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The state as it is to be shown: who has waited too long is for a person.
pub fn standing(row: &Model, now: DateTime<Utc>) -> CheckState {
    if row.state == CheckState::Waiting && row.asked_at <= now - PATIENCE {
        return CheckState::ToLookAt;
    }
    row.state
}

/// How each of these things stands: the worst where several parts of it were judged.
///
/// # Errors
/// The database.
pub async fn standings(
    conn: &impl ConnectionTrait,
    subject: CheckSubject,
    ids: &[i64],
    now: DateTime<Utc>,
) -> Result<HashMap<i64, CheckState>> {
    let mut found: HashMap<i64, CheckState> = HashMap::new();
    for row in store::of(conn, subject, ids).await? {
        let state = standing(&row, now);
        let worst = found.entry(row.subject_id).or_insert(state);
        if weight(state) > weight(*worst) {
            *worst = state;
        }
    }
    Ok(found)
}

/// How much there is against a content.
fn weight(state: CheckState) -> u8 {
    match state {
        CheckState::Passed => 0,
        CheckState::NotChecked => 1,
        CheckState::Waiting => 2,
        CheckState::ToLookAt => 3,
        CheckState::Risky => 4,
    }
}

/// The checks of these things as they stand, for the room that owns them.
///
/// # Errors
/// The database.
pub async fn checks(
    conn: &impl ConnectionTrait,
    subject: CheckSubject,
    ids: &[i64],
) -> Result<Vec<Model>> {
    store::of(conn, subject, ids).await
}

/// What the platform found, in words; empty: nothing that it names.
pub fn label_text(label: Option<i32>) -> &'static str {
    match label {
        Some(10001) => "广告",
        Some(20001) => "时政",
        Some(20002) => "色情",
        Some(20003) => "辱骂",
        Some(20006) => "违法犯罪",
        Some(20008) => "欺诈",
        Some(20012) => "低俗",
        Some(20013) => "版权",
        _ => "",
    }
}

/// A person looked and says why a thing may stay: the last word on this content. False where
/// the platform finds it risky, or has nothing against it, or somebody answered before.
///
/// # Errors
/// The database.
pub async fn answer(
    tx: &DatabaseTransaction,
    row: &Model,
    who: &Colleague,
    words: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let open = matches!(row.state, CheckState::Waiting | CheckState::ToLookAt);
    if !open || row.settled_at.is_some() {
        return Ok(false);
    }
    store::answer(tx, row, who.id, words, now).await
}

/// Is the platform being asked about this file? So long it may fetch it.
///
/// # Errors
/// The database.
pub async fn is_asked(
    conn: &impl ConnectionTrait,
    subject: CheckSubject,
    id: i64,
    now: DateTime<Utc>,
) -> Result<bool> {
    let rows = store::of(conn, subject, &[id]).await?;
    Ok(rows
        .iter()
        .any(|row| row.kind != CheckKind::Text && standing(row, now) == CheckState::Waiting))
}

/// What waits for a person, or what people decided last; an officer sees what concerns
/// their community's residents.
///
/// # Errors
/// `no_community`.
pub async fn tray(app: &App, who: &Colleague, decided: bool) -> Result<Vec<Entry>> {
    let (conn, scope) = (app.db.read(), staff::scope(who)?);
    let rows = if decided {
        store::decided(conn, scope).await?
    } else {
        store::undecided(conn, scope, app.clock.now() - PATIENCE).await?
    };
    let ids: Vec<_> = rows.iter().filter_map(|row| row.resident_id).collect();
    let people = members::people(app, conn, &ids).await?;
    let person = |row: &Model| row.resident_id.and_then(|id| people.get(&id).cloned());
    Ok(rows.into_iter().map(|check| Entry { person: person(&check), check }).collect())
}

/// How much waits for a person.
///
/// # Errors
/// `no_community`.
pub async fn tray_count(app: &App, who: &Colleague) -> Result<u64> {
    store::undecided_count(app.db.read(), staff::scope(who)?, app.clock.now() - PATIENCE).await
}

/// A person's word; it may be changed by another.
///
/// # Errors
/// `check_not_found`: none that is theirs to decide.
pub async fn decide(app: &App, who: &Colleague, id: CheckId, fit: bool) -> Result<()> {
    let (now, scope) = (app.clock.now(), staff::scope(who)?);
    let tx = app.db.begin().await?;
    let none = || Error::not_found("check_not_found", "没有找到这一条，可能已经删除。");
    let row = store::lock(&tx, id, scope).await?.ok_or_else(none)?;
    // What nobody was to decide stays so: the person is gone, or the platform has passed it.
    if row.settled_at.is_some() && row.settled_by.is_none() {
        return Err(none());
    }
    let state = if fit { CheckState::Passed } else { CheckState::Risky };
    store::decide(&tx, id, state, who.id, now).await?;
    let name = if fit { NameState::Shown } else { NameState::Refused };
    judge_name(&tx, &row, name).await?;
    let action = if fit { "content.passed" } else { "content.refused" };
    let object = format!("{}:{}", row.subject.as_str(), row.subject_id);
    staff::record(&tx, Some(who.id), action, &object, Some(row.kind.as_str()), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Where the content is a name, what was decided holds for the resident.
async fn judge_name(tx: &DatabaseTransaction, row: &Model, state: NameState) -> Result<()> {
    match (row.subject, row.resident_id) {
        (CheckSubject::ResidentName, Some(resident)) => {
            members::name_judged(tx, resident, &row.content, state).await
        }
        _ => Ok(()),
    }
}

/// Forgets the contents of an erased resident; nobody has to decide about them any more.
///
/// # Errors
/// The database.
pub async fn forget_resident(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    store::links::forget(tx, resident).await?;
    store::forget_resident(tx, resident, now).await
}

/// The same for things of somebody who is known by an openid alone.
///
/// # Errors
/// The database.
pub async fn forget(
    tx: &DatabaseTransaction,
    subject: CheckSubject,
    ids: &[i64],
    now: DateTime<Utc>,
) -> Result<()> {
    store::forget(tx, subject, ids, now).await
}

/// Forgets events that can no longer be repeated.
///
/// # Errors
/// The database.
pub async fn prune(app: &App) -> Result<()> {
    let tx = app.db.begin().await?;
    store::prune(&tx, app.clock.now() - KEEP_VERDICTS).await?;
    tx.commit().await?;
    Ok(())
}
