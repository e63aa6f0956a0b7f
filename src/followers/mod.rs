//! Who follows the public account, and which resident that is.
//!
//! 1. An openid of the account is one resident's for good, and a resident has one there:
//!    a later claim by somebody else is refused, and staff are told (留言). Two residents
//!    are never merged by the service.
//! 2. Nothing is linked on a guess, but by a unionid that the platform gave for both
//!    accounts, by a link that was shown in the chat and confirmed by the signed-in
//!    resident, by a code on a resident's own page that their phone scanned, or because
//!    they signed in with the account itself (`members/sign_in.rs`).
//!    A phone number that is written in the chat links nobody: whoever alone has it here
//!    is asked in “消息”, once a day, and confirms as with a link in the chat. The chat
//!    does not tell whether anybody has it.
//! 3. Links and codes are good once and for minutes; they are kept as hashes.
//! 4. The platform's list has the last word on who follows: an event may be lost. Each
//!    night ours is compared with it, as far as it came whole.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::ResidentId;
use entity::kinds::{NoticeKind, WechatAccount};

use crate::app::App;
use crate::error::{Error, Result};
use crate::notices::{self, NewNotice, Values};
use crate::outbox::{self, Job};
use crate::wechat::Class;
use crate::wechat::official::{QrLife, QrScene};
use crate::{clock, helpdesk, members, staff, vault};

pub mod api;
mod learning;
mod store;

pub use learning::{learn, review};

/// A link in the chat is good so long.
const LINK_LIVES: TimeDelta = TimeDelta::minutes(30);

/// A code on a resident's page is good so long, in seconds.
const CODE_LIVES_S: u32 = 600;

/// What came of joining a follower and a resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    Now,
    Before,
    /// One of the two belongs to somebody else; staff were told.
    Refused,
}

/// A code on a resident's page: who scans it follows the account and is linked.
#[derive(Debug)]
pub struct FollowCode {
    /// What the picture says.
    pub link: String,
    pub expires_at: DateTime<Utc>,
}

/// Somebody follows the account, or no longer does; `at` is when it happened.
///
/// # Errors
/// The database.
pub async fn follow(
    tx: &DatabaseTransaction,
    openid: &str,
    following: bool,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    store::follow(tx, openid, following, at).await?;
    if following {
        ask_platform(tx, now).await?;
    }
    Ok(())
}

/// Somebody wrote: a follower from before our time is asked for as well.
///
/// # Errors
/// The database.
pub async fn met(
    tx: &DatabaseTransaction,
    openid: &str,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    if store::met(tx, openid, at).await? {
        ask_platform(tx, now).await?;
    }
    Ok(())
}

async fn ask_platform(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<()> {
    outbox::enqueue(tx, &Job::LearnFollowers, now, now).await.map(drop)
}

/// A resident may have signed in with the account before they followed it: by the unionid
/// they are found when they come by the mini-program.
async fn note(tx: &DatabaseTransaction, openid: &str, unionid: &str) -> Result<()> {
    members::note_unionid(tx, WechatAccount::Official, openid, unionid).await.map(drop)
}

/// A resident's unionid, or their openid with the account, became known: links the
/// follower who has the same (a job).
///
/// # Errors
/// The database.
pub async fn link_known(app: &App, resident: ResidentId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    for (openid, unionid) in store::same_unionid(&tx, resident).await? {
        join(&tx, &openid, Some(&unionid), resident, now).await?;
    }
    if let Some(openid) = members::openid(&tx, resident, WechatAccount::Official).await? {
        helpdesk::joined(&tx, &openid, resident).await?;
        if let Some(unionid) = store::unionid(&tx, &openid).await?
            && members::by_unionid(&tx, &unionid).await?.is_none()
        {
            note(&tx, &openid, &unionid).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a follower's openid a resident's, if it is free and they have none.
async fn join(
    tx: &DatabaseTransaction,
    openid: &str,
    unionid: Option<&str>,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<Joined> {
    let account = WechatAccount::Official;
    members::lock(tx, resident).await?;
    let owner = members::by_openid(tx, account, openid).await?;
    if owner == Some(resident) {
        return Ok(Joined::Before);
    }
    let free = owner.is_none() && members::openid(tx, resident, account).await?.is_none();
    if !free || !members::add_openid(tx, resident, account, openid, unionid, now).await? {
        let text = "有人想把另一个公众号账号连到这位学员。系统没有连，请打电话核实。";
        helpdesk::flag(tx, resident, text, now).await?;
        return Ok(Joined::Refused);
    }
    helpdesk::joined(tx, openid, resident).await?;
    let object = format!("resident:{resident}");
    staff::record(tx, None, "resident.account_linked", &object, None, now).await?;
    Ok(Joined::Now)
}

/// The code of a link in the chat. The signed-in resident who opens it and confirms
/// links this follower.
///
/// # Errors
/// The system has no randomness to give.
pub fn link_code(app: &App, openid: &str) -> Result<String> {
    let ends = (app.clock.now() + LINK_LIVES).timestamp();
    let sealed = app.vault.seal("link", &format!("{openid}\n{ends}"))?;
    // As it can stand in an address.
    Ok(sealed.replace('+', "-").replace('/', "_").replace('=', "."))
}

/// A follower whom nobody knows wrote this phone number: whoever alone has it finds the
/// link in “消息”.
///
/// # Errors
/// The database; the system has no randomness to give.
pub async fn ask_by_phone(
    app: &App,
    tx: &DatabaseTransaction,
    openid: &str,
    phone: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(resident) = members::by_phone(app, tx, phone).await? else { return Ok(()) };
    let account = &app.config.centre.account_name;
    let notice = NewNotice {
        resident,
        kind: NoticeKind::Answered,
        dedup_key: format!("link:{resident}:{}", app.clock.today()),
        title: "要连上公众号吗".to_owned(),
        body: format!(
            "有人在公众号“{account}”里写了您的手机号。是您本人，就点开这一条，半小时内连上。不是您，请不要理会。"
        ),
        page: format!("/link?code={}", link_code(app, openid)?),
        values: Values {
            class: "连接公众号".to_owned(),
            time: clock::wechat_time(now),
            place: account.clone(),
            note: "是您本人才点开，不是请别理".to_owned(),
        },
    };
    notices::notify(tx, &notice, now).await
}

fn link_outdated() -> Error {
    Error::conflict("link_outdated", "这个链接过时了。请在公众号里再回复“绑定”。")
        .or_else("回首页", Some("/".to_owned()))
}

fn account_taken() -> Error {
    Error::conflict("account_taken", "没有连上：其中一边已经连着别的账号。工作人员会帮您核实。")
        .or_else("也可以打中心电话。", Some("/help".to_owned()))
}

/// A signed-in resident confirms the link that they opened from the chat.
///
/// # Errors
/// `link_outdated`: too old, used or altered; `account_taken`.
pub async fn confirm(app: &App, resident: ResidentId, code: &str) -> Result<Joined> {
    let now = app.clock.now();
    let code = code.trim();
    let sealed = code.replace('-', "+").replace('_', "/").replace('.', "=");
    let opened = app.vault.open("link", &sealed).map_err(|_| link_outdated())?;
    let (openid, ends) = opened.split_once('\n').ok_or_else(link_outdated)?;
    let ends = ends.parse().ok().and_then(|ends| DateTime::from_timestamp(ends, 0));
    let ends = ends.filter(|ends| *ends > now).ok_or_else(link_outdated)?;
    let tx = app.db.begin().await?;
    let fresh = store::use_link(&tx, resident, vault::token_hash(code), now, ends).await?;
    // A second tap of the same person is no harm.
    if !fresh && members::by_openid(&tx, WechatAccount::Official, openid).await? != Some(resident) {
        return Err(link_outdated());
    }
    let joined = join(&tx, openid, None, resident, now).await?;
    // Also when it is refused: the code is used up, and staff are told.
    tx.commit().await?;
    if joined == Joined::Refused { Err(account_taken()) } else { Ok(joined) }
}

/// Makes a code for a resident's page.
///
/// # Errors
/// `not_available`: this account may have no such codes; `wechat_unavailable`.
pub async fn follow_code(app: &App, resident: ResidentId) -> Result<FollowCode> {
    let not_here = || {
        Error::conflict("not_available", "这里不能用扫码连接。")
            .or_else("请在公众号里回复“绑定”，点收到的链接。", None)
    };
    if app.config.wechat.official.appid.is_empty() {
        return Err(not_here());
    }
    let (token, token_hash) = vault::new_token()?;
    let now = app.clock.now();
    let expires_at = now + TimeDelta::seconds(i64::from(CODE_LIVES_S));
    let tx = app.db.begin().await?;
    store::keep_code(&tx, resident, token_hash, now, expires_at).await?;
    tx.commit().await?;
    let life = QrLife::Seconds(CODE_LIVES_S);
    let code = app.wechat.official().create_qr(&QrScene::Text(token), life).await;
    let code = code.map_err(|error| match error.class() {
        Class::Configuration | Class::Permanent => not_here().with_source(error),
        _ => Error::from(error),
    })?;
    Ok(FollowCode { link: code.url, expires_at })
}

/// A follower scanned a code with a scene; `None`: it is none of ours, or too old.
///
/// # Errors
/// The database.
pub async fn scanned(
    tx: &DatabaseTransaction,
    openid: &str,
    scene: &str,
    now: DateTime<Utc>,
) -> Result<Option<Joined>> {
    let hash = vault::token_hash(scene.trim_start_matches("qrscene_"));
    let Some(resident) = store::use_code(tx, &hash, now).await? else { return Ok(None) };
    join(tx, openid, None, resident, now).await.map(Some)
}

/// Forgets a follower.
///
/// # Errors
/// The database.
pub async fn forget(tx: &DatabaseTransaction, openid: &str) -> Result<()> {
    store::forget(tx, openid).await
}

/// Forgets codes that nobody can use any more.
///
/// # Errors
/// The database.
pub async fn prune(app: &App) -> Result<()> {
    let tx = app.db.begin().await?;
    store::prune_codes(&tx, app.clock.now() - TimeDelta::days(1)).await?;
    tx.commit().await?;
    Ok(())
}
