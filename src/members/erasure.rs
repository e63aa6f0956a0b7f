//! Erasure: a person is forgotten, what they did is not.
//!
//! What was done stays with a resident without name, numbers, birth date and openids;
//! the community stays, since figures are kept by it. What other rooms hold of the
//! person is seen to by a job, for which the openids are kept sealed until it is done.

use entity::erasure;
use entity::ids::{ErasureId, ResidentId, StaffId};
use entity::kinds::{ActorKind, ErasureScope, WechatAccount};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{Learner, no_resident, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};
use crate::wechat::message::PersonalItem;

/// What stands in the place of a name.
const NOBODY: &str = "已注销学员";

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// At whose wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eraser {
    /// The person's own.
    Resident,
    /// The person's too, but brought to the centre on paper.
    Staff(StaffId),
}

/// An erasure that other rooms have still to follow.
pub struct Unfinished {
    pub resident: ResidentId,
    pub openids: Vec<(WechatAccount, String)>,
}

/// Forgets a resident: what names them is gone when the transaction ends, their
/// sessions with it; the rest follows as a job. False when it had been done before.
///
/// # Errors
/// `no_resident`.
pub async fn erase(
    app: &App,
    tx: &DatabaseTransaction,
    id: ResidentId,
    by: Eraser,
    reason: &str,
) -> Result<bool> {
    let now = app.clock.now();
    let row = store::lock(tx, id).await?.ok_or_else(no_resident)?;
    if row.erased_at.is_some() {
        return Ok(false);
    }
    store::sign_in::forget(tx, id, row.phone_hash.as_deref()).await?;
    store::forget(tx, row, NOBODY, &format!("注销-{id}"), now).await?;
    store::papers::forget_relative(tx, id).await?;
    store::revoke_all(tx, id, now).await?;
    // That they once agreed is proof, and stays.
    store::withdraw_consents(tx, id, now).await?;
    let openids = store::take_identities(tx, id).await?;
    let openids = serde_json::to_string(&openids)?;
    let new = store::NewErasure {
        scope: ErasureScope::Person,
        actor: actor(id, by),
        reason,
        openids_sealed: Some(app.vault.seal("erasure", &openids)?),
    };
    let erasure = store::add_erasure(tx, id, new, now).await?;
    outbox::enqueue(tx, &Job::FinishErasure { erasure }, now, now).await?;
    Ok(true)
}

fn actor(id: ResidentId, by: Eraser) -> (ActorKind, i64) {
    match by {
        Eraser::Resident => (ActorKind::Resident, id.0),
        Eraser::Staff(staff) => (ActorKind::Staff, staff.0),
    }
}

/// A resident closes their account.
///
/// # Errors
/// The database.
pub async fn erase_own(app: &App, who: &Learner) -> Result<()> {
    let tx = app.db.begin().await?;
    erase(app, &tx, who.id, Eraser::Resident, "本人在“个人信息”里注销").await?;
    tx.commit().await?;
    Ok(())
}

/// Staff close an account for a resident who asked on paper.
///
/// # Errors
/// `reason_needed`, `too_long`, `no_resident`.
pub async fn erase_on_request(
    app: &App,
    who: &Colleague,
    id: ResidentId,
    reason: &str,
) -> Result<()> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid("reason_needed", "请写一下注销的原因。"));
    }
    if reason.chars().count() > LONGEST_REASON {
        let message = format!("原因太长了，最多 {LONGEST_REASON} 个字。");
        return Err(Error::invalid("too_long", message));
    }
    let tx = app.db.begin().await?;
    if erase(app, &tx, id, Eraser::Staff(who.id), reason).await? {
        let (object, now) = (format!("resident:{id}"), app.clock.now());
        staff::record(&tx, Some(who.id), "resident.erased", &object, None, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Forgets what a person no longer lets WeChat tell us. Of all items we hold the phone
/// number alone: name, birth date and community are what the person typed for the
/// sign-up, and no picture or nickname is taken.
///
/// # Errors
/// `no_resident`.
pub async fn forget_items(
    app: &App,
    tx: &DatabaseTransaction,
    id: ResidentId,
    items: &[PersonalItem],
) -> Result<()> {
    let now = app.clock.now();
    let row = store::lock(tx, id).await?.ok_or_else(no_resident)?;
    if !items.contains(&PersonalItem::PhoneNumber) || row.phone_hash.is_none() {
        return Ok(());
    }
    let changes = store::Changes { drop_phone: true, ..Default::default() };
    store::change(tx, row, changes, now).await?;
    let new = store::NewErasure {
        scope: ErasureScope::Phone,
        actor: actor(id, Eraser::Resident),
        reason: "本人在微信里收回了手机号授权",
        openids_sealed: None,
    };
    store::add_erasure(tx, id, new, now).await?;
    Ok(())
}

/// What is still to be done of an erasure; `None` when it is finished.
///
/// # Errors
/// The database; what was sealed cannot be opened.
pub async fn unfinished(
    app: &App,
    conn: &impl ConnectionTrait,
    id: ErasureId,
) -> Result<Option<Unfinished>> {
    let Some(erasure::Model { resident_id, openids_sealed: Some(sealed), .. }) =
        store::erasure(conn, id).await?
    else {
        return Ok(None);
    };
    let openids = serde_json::from_str(&app.vault.open("erasure", &sealed)?)?;
    Ok(Some(Unfinished { resident: resident_id, openids }))
}

/// Forgets the openids too, once nothing hangs on them.
///
/// # Errors
/// The database.
pub async fn finished(tx: &DatabaseTransaction, id: ErasureId) -> Result<()> {
    store::finish_erasure(tx, id).await
}
