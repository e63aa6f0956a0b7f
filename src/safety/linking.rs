//! Staff who write articles link their own account in the mini-program: the platform judges a
//! text only as something that a person wrote who was there within two hours.
//!
//! 1. Both sides take part: the console shows a code, which is typed on the phone. It is good
//!    once, for minutes, and kept as a keyed hash; who guesses is stopped.
//! 2. It says as whom to ask, and gives nobody any right.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;

use entity::ids::{ResidentId, StaffId};
use entity::kinds::WechatAccount;

use super::store::links;
use crate::app::App;
use crate::error::{Error, Result};
use crate::members;
use crate::staff::{self, Colleague};
use crate::vault;

const CODE_LIVES: TimeDelta = TimeDelta::minutes(10);
const TRIES_AN_HOUR: u64 = 10;

fn hash(app: &App, code: &str) -> String {
    app.vault.fingerprint("staff_link", code)
}

/// A code for somebody's own phone, and until when it is good.
///
/// # Errors
/// The database.
pub async fn code_for(app: &App, who: &Colleague) -> Result<(String, DateTime<Utc>)> {
    let until = app.clock.now() + CODE_LIVES;
    let code = format!("{:08}", u32::from_le_bytes(vault::random::<4>()?) % 100_000_000);
    let tx = app.db.begin().await?;
    links::set_code(&tx, who.id, &hash(app, &code), until).await?;
    tx.commit().await?;
    Ok((code, until))
}

/// Since when somebody has linked an account, if they have.
///
/// # Errors
/// The database.
pub async fn linked_since(
    conn: &impl ConnectionTrait,
    who: StaffId,
) -> Result<Option<DateTime<Utc>>> {
    Ok(links::of(conn, who).await?.and_then(|row| row.linked_at))
}

/// As whom the platform may be asked: the first of these who linked an account of the
/// mini-program.
///
/// # Errors
/// The database.
pub async fn asked_as(
    conn: &impl ConnectionTrait,
    staff: &[StaffId],
) -> Result<Option<ResidentId>> {
    for id in staff {
        let Some(resident) = links::of(conn, *id).await?.and_then(|row| row.resident_id) else {
            continue;
        };
        if members::openid(conn, resident, WechatAccount::Mini).await?.is_some() {
            return Ok(Some(resident));
        }
    }
    Ok(None)
}

/// The code is typed on a phone; gives the name of whose console it is.
///
/// # Errors
/// `code_wrong`, `too_many_tries`; `not_in_mini`: the account is none of the mini-program.
pub async fn link(app: &App, me: ResidentId, code: &str) -> Result<String> {
    let tries = app.cache.count(&format!("staff-link:{me}"), Duration::from_hours(1)).await;
    if tries.is_ok_and(|tries| tries > TRIES_AN_HOUR) {
        let words = "输的次数太多了，请过一小时再试。";
        return Err(Error::too_many("too_many_tries", words));
    }
    let wrong = || {
        let words = "码不对，或者过时了。请看着工作台再输一遍，也可以换一个新码。";
        Error::invalid("code_wrong", words)
    };
    if members::openid(app.db.read(), me, WechatAccount::Mini).await?.is_none() {
        let words = "请从微信小程序里打开这一页，再输一次。";
        return Err(Error::conflict("not_in_mini", words));
    }
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let (now, hash) = (app.clock.now(), hash(app, &digits));
    let tx = app.db.begin().await?;
    members::lock(&tx, me).await?;
    let row = links::by_code(&tx, &hash, now).await?.ok_or_else(wrong)?;
    if !links::link(&tx, &hash, me, now).await? {
        return Err(wrong());
    }
    let object = format!("staff:{}", row.staff_id);
    staff::record(&tx, Some(row.staff_id), "staff.wechat_linked", &object, None, now).await?;
    tx.commit().await?;
    let names = staff::names(app.db.read(), &[row.staff_id]).await?;
    Ok(names.get(&row.staff_id).cloned().unwrap_or_default())
}

/// Undoes it.
///
/// # Errors
/// The database.
pub async fn unlink(app: &App, who: &Colleague) -> Result<()> {
    let tx = app.db.begin().await?;
    links::unlink(&tx, who.id).await?;
    let object = format!("staff:{}", who.id);
    let now = app.clock.now();
    staff::record(&tx, Some(who.id), "staff.wechat_unlinked", &object, None, now).await?;
    tx.commit().await?;
    Ok(())
}
