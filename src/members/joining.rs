//! Who was entered at the counter, and comes by WeChat later: one person, not two.
//!
//! A phone number alone is no proof: families share one. It must be vouched for by WeChat,
//! and name and birth date must be those that were entered; and whoever was entered must
//! have no WeChat of their own yet. Nobody is joined who may have signed up before: it
//! happens when somebody fills in their profile for the first time.

use sea_orm::DatabaseTransaction;

use entity::ids::ResidentId;
use entity::kinds::ConsentKind;
use entity::resident;

use super::{has_consent, lives, store};
use crate::app::App;
use crate::error::Result;
use crate::outbox::{self, Job};
use crate::staff;

/// What stands in the place of the name of a row that was joined to another.
const JOINED: &str = "已合并";

/// Whom this row, just filled in and locked, was all along; their openids and sessions are
/// that resident's from here on.
pub(super) async fn join(
    app: &App,
    tx: &DatabaseTransaction,
    new: resident::Model,
    both: (&str, chrono::NaiveDate),
) -> Result<Option<ResidentId>> {
    // Without a name before, the number can only have come from WeChat.
    let unknown = new.name.is_none() && !new.barred;
    let Some(phone) = new.phone_hash.clone().filter(|_| unknown) else {
        return Ok(None);
    };
    let same: Vec<_> = store::matching(tx, None, Some(phone.clone()), Some(both), 20)
        .await?
        .into_iter()
        .filter(|row| row.id != new.id && row.phone_hash.as_deref() == Some(phone.as_str()))
        .filter(|row| row.name.as_deref() == Some(both.0) && row.birth_date == Some(both.1))
        .collect();
    let [one] = same.as_slice() else { return Ok(None) };
    // The older row is locked after the newer one; nobody does it the other way.
    if !lives(tx, one.id).await? || store::has_identity(tx, one.id).await? {
        return Ok(None);
    }
    let (old, now) = (one.id, app.clock.now());
    store::hand_over(tx, new.id, old).await?;
    if !has_consent(app, tx, old, ConsentKind::Privacy).await? {
        let version = &app.config.members.consent_version;
        store::add_consent(tx, old, ConsentKind::Privacy, version, now).await?;
    }
    let (id, number) = (new.id, format!("合并-{}", new.id));
    store::forget(tx, new, JOINED, &number, now).await?;
    store::papers::forget_relative(tx, id).await?;
    outbox::enqueue(tx, &Job::LinkFollower { resident: old }, now, now).await?;
    let detail = format!("resident:{id} came by WeChat");
    staff::record(tx, None, "resident.joined", &format!("resident:{old}"), Some(&detail), now)
        .await?;
    Ok(Some(old))
}
