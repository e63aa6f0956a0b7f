//! People with a login for the console: who they are, and what they may do.
//!
//! 1. Passwords are kept as Argon2id; a wrong one costs the same time as an unknown
//!    login, and several in a row lock the login for a while. A try is counted before
//!    its password is looked at, so that tries at the same time are not more than the
//!    limit either; a good one takes the count back.
//! 2. A session is a random token, stored hashed, that slides while it is used and
//!    ends with log-out, a new password or a disabled login.
//! 3. What staff change is in the audit, in the same transaction.
//! 4. There is always an administrator who can sign in.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{CommunityId, StaffId};
use entity::kinds::Role;
use entity::staff;

use crate::app::App;
use crate::error::{Error, Result};
use crate::vault;

pub mod api;
mod password;
mod store;

/// A session's end is moved at most this often.
const PROLONG_EVERY: TimeDelta = TimeDelta::minutes(5);

/// A signed-in member of staff.
#[derive(Clone, Debug)]
pub struct Colleague {
    pub id: StaffId,
    pub login: String,
    pub name: String,
    pub role: Role,
    /// The scope of a community officer.
    pub community: Option<CommunityId>,
    /// Of the session, to end it or to derive from.
    pub token_hash: String,
}

/// Whose affairs a colleague sees; `None`: everybody's.
///
/// # Errors
/// `no_community`: an officer without one sees nobody's.
pub fn scope(who: &Colleague) -> Result<Option<CommunityId>> {
    match (who.role, who.community) {
        (Role::Officer, None) => {
            Err(Error::forbidden("no_community", "您的账号还没有设定社区，请联系管理员。"))
        }
        (Role::Officer, community) => Ok(community),
        _ => Ok(None),
    }
}

/// A login that is to be made.
#[derive(Clone, Debug)]
pub struct NewLogin {
    pub login: String,
    pub name: String,
    pub role: Role,
    pub community: Option<CommunityId>,
    pub password: String,
}

/// A fresh sign-in; the token is given out once.
pub struct SignedIn {
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

/// What a role is called.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "管理员",
        Role::Centre => "教育中心",
        Role::Officer => "社区专职",
        Role::Teacher => "教师",
        Role::Editor => "编辑",
        Role::SectionHead => "科长",
        Role::Leader => "领导",
    }
}

/// Who holds this token.
///
/// # Errors
/// `unauthenticated`: unknown, ended or run out.
pub async fn authenticate(app: &App, token: &str) -> Result<Colleague> {
    let now = app.clock.now();
    let token_hash = vault::token_hash(token);
    let Some((session, owner)) = store::session(app.db.read(), &token_hash, now).await? else {
        return Err(Error::unauthenticated("unauthenticated", "请重新登录。"));
    };
    if now - session.last_seen_at >= PROLONG_EVERY
        && let Err(error) = prolong(app, session.id, now).await
    {
        // The session still counts; the next call tries again.
        tracing::warn!(cause = %error.chain(), "a session cannot be prolonged");
    }
    Ok(Colleague {
        id: owner.id,
        login: owner.login,
        name: owner.name,
        role: owner.role,
        community: owner.community_id,
        token_hash,
    })
}

async fn prolong(app: &App, session: i64, now: DateTime<Utc>) -> Result<()> {
    let tx = app.db.begin().await?;
    store::prolong(&tx, session, now, session_end(app, now)).await?;
    tx.commit().await?;
    Ok(())
}

fn session_end(app: &App, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::hours(app.config.staff.session_hours)
}

/// # Errors
/// `wrong_password` for an unknown login, a wrong password or a disabled login
/// alike; `locked` after too many.
pub async fn sign_in(app: &App, login: &str, password: &str) -> Result<SignedIn> {
    let wrong = || Error::unauthenticated("wrong_password", "登录名或密码不对。");
    let login = as_kept(login);
    let row =
        if well_formed(&login) { store::by_login(app.db.read(), &login).await? } else { None };
    let Some(row) = row.filter(|row| row.disabled_at.is_none()) else {
        try_nobody(app, &login, password).await?;
        return Err(wrong());
    };
    if !try_password(app, &row, password).await? {
        return Err(wrong());
    }
    let now = app.clock.now();
    let (token, token_hash) = vault::new_token()?;
    let expires_at = session_end(app, now);
    let tx = app.db.begin().await?;
    // Since the password was looked at it may have been changed, or the login disabled.
    let still =
        |now: &staff::Model| now.disabled_at.is_none() && now.password_hash == row.password_hash;
    if !store::lock(&tx, row.id).await?.as_ref().is_some_and(still) {
        return Err(wrong());
    }
    store::forget_failures(&tx, row.id).await?;
    store::open_session(&tx, row.id, token_hash, now, expires_at).await?;
    let object = format!("staff:{}", row.id);
    store::record(&tx, Some(row.id), "staff.login", &object, None, now).await?;
    tx.commit().await?;
    Ok(SignedIn { token, expires_at })
}

/// Logins are kept in small letters: phones like to begin with a capital.
fn as_kept(login: &str) -> String {
    login.trim().to_ascii_lowercase()
}

fn well_formed(login: &str) -> bool {
    (2..=32).contains(&login.len())
        && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn locked(minutes: i64) -> Error {
    Error::too_many("locked", format!("密码错了太多次，请 {} 分钟后再试。", minutes.max(1)))
        .or_else("忘了密码请找管理员重设。", None)
}

/// Does a password fit? Counted first; whoever goes on with `true` forgets the failures.
///
/// # Errors
/// `locked`.
async fn try_password(app: &App, row: &staff::Model, password: &str) -> Result<bool> {
    let rules = &app.config.staff;
    let now = app.clock.now();
    let until = now + TimeDelta::minutes(rules.lockout_minutes);
    let tx = app.db.begin().await?;
    let counted = store::count_try(&tx, row.id, rules.lockout_failures, now, until).await?;
    tx.commit().await?;
    if counted && password::verify(password.to_owned(), Some(row.password_hash.clone())).await? {
        return Ok(true);
    }
    let present = store::by_id(app.db.read(), row.id).await?;
    let lock = present.and_then(|row| row.locked_until).filter(|until| now < *until);
    if counted {
        let action = if lock.is_some() { "staff.locked" } else { "staff.login_failed" };
        let tx = app.db.begin().await?;
        store::record(&tx, Some(row.id), action, &format!("staff:{}", row.id), None, now).await?;
        tx.commit().await?;
    }
    match lock {
        Some(until) => Err(locked(((until - now).num_seconds() + 59) / 60)),
        None => Ok(false),
    }
}

/// The same for a login that nobody can use: as slow, and locked as soon, so that
/// neither tells which logins exist. Counted in the cache: there is no row.
///
/// # Errors
/// `locked`.
async fn try_nobody(app: &App, login: &str, password: &str) -> Result<()> {
    let rules = &app.config.staff;
    let minutes = rules.lockout_minutes;
    let key = format!("staff-nobody:{}", vault::token_hash(login));
    let kept = Duration::from_secs(u64::try_from(minutes).unwrap_or(1).saturating_mul(60));
    let tries = app.cache.count(&key, kept).await.unwrap_or_else(|error| {
        tracing::warn!(cause = %error, "tries of an unknown login cannot be counted");
        0
    });
    let limit = u64::try_from(rules.lockout_failures).unwrap_or(1);
    if tries <= limit {
        password::verify(password.to_owned(), None).await?;
    }
    if tries >= limit { Err(locked(minutes)) } else { Ok(()) }
}

/// # Errors
/// The database.
pub async fn sign_out(app: &App, who: &Colleague) -> Result<()> {
    let tx = app.db.begin().await?;
    store::revoke(&tx, &who.token_hash, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes a login; `by` is empty from the command line.
///
/// # Errors
/// A login that is taken or malformed, a weak password, an officer without community.
pub async fn add(app: &App, mut new: NewLogin, by: Option<StaffId>) -> Result<StaffId> {
    new.login = as_kept(&new.login);
    if !well_formed(&new.login) {
        return Err(Error::invalid("bad_login", "登录名用 2 到 32 个字母、数字、点或横线。"));
    }
    new.name = new.name.trim().to_owned();
    if !(1..=20).contains(&new.name.chars().count()) || new.name.contains(char::is_control) {
        return Err(Error::invalid("bad_name", "姓名要 1 到 20 个字。"));
    }
    // Nobody else has a scope of this kind.
    new.community = new.community.filter(|_| new.role == Role::Officer);
    match new.community {
        None if new.role == Role::Officer => {
            return Err(Error::invalid("community_needed", "社区专职要选一个社区。"));
        }
        Some(community) if store::community_name(app.db.read(), community).await?.is_none() => {
            return Err(Error::invalid("no_community", "没有这个社区。"));
        }
        _ => {}
    }
    password::check(&new.password, &new.login)?;
    let hash = password::hash(new.password.clone()).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let taken = || Error::conflict("login_taken", "这个登录名已经有人用了。");
    let id = store::insert(&tx, &new, hash, now).await?.ok_or_else(taken)?;
    store::record(&tx, by, "staff.added", &format!("staff:{id}"), Some(new.role.as_str()), now)
        .await?;
    tx.commit().await?;
    Ok(id)
}

/// Gives a login a new password and ends its sessions.
///
/// # Errors
/// No such login, or a weak password.
pub async fn reset_password(app: &App, id: StaffId, new: &str, by: Option<StaffId>) -> Result<()> {
    let row = existing(app, id).await?;
    set_password(app, &row, new, by, None).await
}

/// Somebody changes their own password; their other sessions end.
///
/// # Errors
/// The old password is wrong, too often even (`locked`), or the new one weak.
pub async fn change_password(app: &App, who: &Colleague, old: &str, new: &str) -> Result<()> {
    let row = existing(app, who.id).await?;
    // Counted as at the sign-in: who finds a console open must not find the password too.
    if !try_password(app, &row, old).await? {
        return Err(Error::invalid("wrong_password", "原来的密码不对。"));
    }
    set_password(app, &row, new, Some(who.id), Some(&who.token_hash)).await
}

async fn set_password(
    app: &App,
    row: &staff::Model,
    new: &str,
    by: Option<StaffId>,
    keep: Option<&str>,
) -> Result<()> {
    password::check(new, &row.login)?;
    let hash = password::hash(new.to_owned()).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::set_password(&tx, row.id, hash).await?;
    store::forget_failures(&tx, row.id).await?;
    store::revoke_all(&tx, row.id, keep, now).await?;
    store::record(&tx, by, "staff.password", &format!("staff:{}", row.id), None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a login and its sessions, or allows it again.
///
/// # Errors
/// No such login; the last administrator.
pub async fn set_disabled(app: &App, id: StaffId, disabled: bool, by: StaffId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    // First all administrators, then the one: the same order for all who disable.
    if disabled && store::administrators(&tx).await? == [id] {
        return Err(Error::conflict("last_administrator", "这是最后一个管理员，不能停用。"));
    }
    let row = store::lock(&tx, id).await?.ok_or_else(no_login)?;
    if row.disabled_at.is_some() == disabled {
        return Ok(());
    }
    store::set_disabled(&tx, id, disabled.then_some(now)).await?;
    store::forget_failures(&tx, id).await?;
    store::revoke_all(&tx, id, None, now).await?;
    let action = if disabled { "staff.disabled" } else { "staff.enabled" };
    store::record(&tx, Some(by), action, &format!("staff:{id}"), None, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn existing(app: &App, id: StaffId) -> Result<staff::Model> {
    store::by_id(app.db.read(), id).await?.ok_or_else(no_login)
}

fn no_login() -> Error {
    Error::not_found("no_login", "没有这个账号。")
}

/// All logins, in the order in which they were made.
///
/// # Errors
/// The database.
pub async fn list(app: &App) -> Result<Vec<staff::Model>> {
    store::all(app.db.read()).await
}

/// The login with this name.
///
/// # Errors
/// `no_login`.
pub async fn find(app: &App, login: &str) -> Result<staff::Model> {
    store::by_login(app.db.read(), &as_kept(login)).await?.ok_or_else(no_login)
}

/// Is there anyone yet?
///
/// # Errors
/// The database.
pub async fn any(conn: &impl ConnectionTrait) -> Result<bool> {
    store::any(conn).await
}

/// What people are called.
///
/// # Errors
/// The database.
pub async fn names(
    conn: &impl ConnectionTrait,
    ids: &[StaffId],
) -> Result<HashMap<StaffId, String>> {
    store::names(conn, ids).await
}

/// Writes what was done into the audit. `object` is as in `class:12`; no personal
/// data in the clear.
///
/// # Errors
/// The database.
pub async fn record(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    action: &str,
    object: &str,
    detail: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    store::record(tx, by, action, object, detail, now).await
}

/// As [`record`], of many things at once.
///
/// # Errors
/// The database.
pub async fn record_all(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    action: &str,
    objects: &[String],
    detail: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    store::record_all(tx, by, action, objects, detail, now).await
}

/// A line of the audit, with the name of who did it.
#[derive(Clone, Debug)]
pub struct Trace {
    pub action: String,
    pub detail: Option<String>,
    /// Empty: nobody of the staff.
    pub by: String,
    pub at: DateTime<Utc>,
}

/// What was done to a thing, the newest first.
///
/// # Errors
/// The database.
pub async fn trace(conn: &impl ConnectionTrait, object: &str, limit: u64) -> Result<Vec<Trace>> {
    let rows = store::records_of(conn, object, limit).await?;
    let mut people: Vec<StaffId> = rows.iter().filter_map(|row| row.staff_id).collect();
    people.sort();
    people.dedup();
    let names = names(conn, &people).await?;
    Ok(rows
        .into_iter()
        .map(|row| Trace {
            by: row.staff_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
            action: row.action,
            detail: row.detail,
            at: row.at,
        })
        .collect())
}

/// Writes down that somebody tried what is not theirs to do: who, and what by its path,
/// which holds ids only.
///
/// # Errors
/// The database.
pub async fn record_refused(app: &App, who: &Colleague, tried: &str) -> Result<()> {
    let tx = app.db.begin().await?;
    let now = app.clock.now();
    store::record(&tx, Some(who.id), "staff.forbidden", tried, None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// How often an action stands in the audit.
///
/// # Errors
/// The database.
pub async fn recorded(conn: &impl ConnectionTrait, action: &str) -> Result<u64> {
    store::count_records(conn, action).await
}
