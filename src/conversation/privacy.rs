//! What a person tells WeChat about their data: it holds here too.
//!
//! These events come as callbacks, so their source is proved by the signature. A change
//! of the person's data with WeChat (`user_info_modified`) makes nothing here stale: of
//! nickname, picture and the like we keep nothing.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::ErasureId;
use entity::kinds::WechatAccount;

use super::store;
use crate::app::App;
use crate::error::Result;
use crate::wechat::Incoming;
use crate::wechat::message::{Event, Message, Privacy};
use crate::{
    attendance, care, enrolment, family, followers, helpdesk, learning, members, notices, safety,
    volunteers,
};

/// Lets an event about personal data take effect; any other passes.
pub(super) async fn take_effect(
    app: &App,
    tx: &DatabaseTransaction,
    account: WechatAccount,
    incoming: &Incoming,
) -> Result<()> {
    match &incoming.message {
        Message::Event(Event::UserAuthorizationCancellation(about)) => {
            let openid = whose(about, incoming);
            match members::by_openid(tx, account, openid).await? {
                Some(id) => {
                    let (by, reason) = (members::Eraser::Resident, "本人在微信里注销了账号");
                    members::erase(app, tx, id, by, reason).await?;
                }
                // Known as a follower at most.
                None => forget(tx, openid, app.clock.now()).await?,
            }
        }
        Message::Event(Event::UserAuthorizationRevoke(about)) => {
            if let Some(id) = members::by_openid(tx, account, whose(about, incoming)).await? {
                members::forget_items(app, tx, id, &about.revoked).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The event may come from an id of the system's, and name the person inside.
fn whose<'a>(about: &'a Privacy, incoming: &'a Incoming) -> &'a str {
    if about.openid.is_empty() { &incoming.from } else { &about.openid }
}

/// Forgets an openid wherever it stands.
async fn forget(tx: &DatabaseTransaction, openid: &str, now: DateTime<Utc>) -> Result<()> {
    helpdesk::forget_openid(tx, openid, now).await?;
    followers::forget(tx, openid).await?;
    store::forget(tx, openid).await
}

/// Takes an erased person out of their classes and out of what this room knows (a job).
///
/// # Errors
/// The database.
pub async fn finish_erasure(app: &App, id: ErasureId) -> Result<()> {
    let Some(erasure) = members::unfinished(app, app.db.read(), id).await? else {
        return Ok(());
    };
    enrolment::withdraw_all(app, erasure.resident, "学员已注销").await?;
    let (tx, now) = (app.db.begin().await?, app.clock.now());
    family::forget_resident(&tx, erasure.resident, now).await?;
    attendance::forget_resident(&tx, erasure.resident, now).await?;
    attendance::forget_guest(&tx, erasure.resident, now).await?;
    learning::forget_resident(&tx, erasure.resident).await?;
    care::forget_resident(&tx, erasure.resident).await?;
    volunteers::forget_resident(&tx, erasure.resident, now).await?;
    notices::forget_copies(&tx, erasure.resident).await?;
    helpdesk::forget_resident(&tx, erasure.resident, now).await?;
    safety::forget_resident(&tx, erasure.resident, now).await?;
    for (account, openid) in &erasure.openids {
        // Who came back meanwhile is somebody new.
        if members::by_openid(&tx, *account, openid).await?.is_none() {
            forget(&tx, openid, now).await?;
        }
    }
    members::finished(&tx, id).await?;
    tx.commit().await?;
    Ok(())
}
