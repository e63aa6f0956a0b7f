//! Residents: who they are, how they sign in, what they agreed to.
//!
//! 1. A resident signs in with WeChat's login code, of the mini-program or of a page in
//!    WeChat's browser; the same openid is always the same resident (unique index), and
//!    accounts are joined by unionid.
//! 2. Sessions are random tokens, stored hashed, sliding and revocable.
//! 3. Nothing personal is taken before consent to the present text; the ID number
//!    needs a consent of its own. Consents are kept with version and time, also when
//!    withdrawn.
//! 4. Phone and ID numbers are sealed and found by a keyed hash; outside this room
//!    they are seen masked.
//! 5. Who is erased keeps nothing that names them, in one transaction; what they did
//!    stays, as somebody's. They may come back as somebody new.
//! 6. A pledge and a relative are given by the resident, or recorded by staff who have them
//!    on paper or from a call, with the colleague. A bar has a reason, which the person is
//!    told, and a last day.
//! 7. Who was entered at the counter and comes by WeChat later is the same resident, if
//!    WeChat vouches for the phone number and all else is the same (`joining.rs`).
//! 8. People are entered in one way, at the counter or from a spreadsheet (`sheet.rs`); of a
//!    spreadsheet all of them or nobody. Whoever is known is not entered again.
//! 9. A name that a resident typed is masked where others see it until it was judged
//!    (`safety/`); nothing else waits for that.
//! 10. Outside WeChat one signs in with a number and a code of six digits (`by_phone.rs`), good
//!     once, for minutes and a few tries, stored as a keyed hash. A number that was proved says
//!     whom it could be; who has not proved it is answered alike whether it is known or not.
//!
//! A family member acts for a resident by their own session (`family/`): every verb takes
//! the resident for whom something is done.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{CommunityId, ResidentId};
use entity::kinds::{ConsentKind, NameState, WechatAccount};
use entity::resident;

use crate::app::App;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::vault;

pub mod api;
mod by_phone;
mod counter;
mod erasure;
mod joining;
mod papers;
mod profile;
mod sessions;
mod sheet;
mod sign_in;
mod standing;
mod store;

pub use by_phone::send_code;
pub use erasure::{Eraser, erase, erase_on_request, erase_own, finished, forget_items, unfinished};
pub use papers::{
    NewRelative, Papers, Recorder, Relative, bar, bar_in, lift_bar, lives_alone, papers,
    papers_for, photo_wishes, pledge, record_care, record_photos, record_pledge, record_relative,
    reveal_phone, reveal_relative, save_pledge, save_relative, sign_pledge,
};
pub use sessions::Sessions;
pub use sign_in::{WebSignIn, begin_web_sign_in, sign_in, sign_in_from_web};
pub use standing::{Bar, Need, Profile, Standing, lock, lock_all, needs, ready, standings};

/// A session's end is moved at most this often.
const PROLONG_EVERY: TimeDelta = TimeDelta::hours(1);

/// A signed-in resident.
#[derive(Clone, Debug)]
pub struct Learner {
    pub id: ResidentId,
    /// Of the session, to end it.
    pub token_hash: String,
}

/// A fresh sign-in; the token is given out once.
pub struct SignedIn {
    pub token: String,
    pub expires_at: DateTime<Utc>,
    pub resident_id: ResidentId,
}

/// What staff see of a resident.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: ResidentId,
    pub name: String,
    pub name_state: NameState,
    pub learner_number: String,
    pub birth_date: Option<NaiveDate>,
    pub community_id: Option<CommunityId>,
    pub phone_masked: Option<String>,
}

/// A resident who is entered without WeChat: at the counter, or as sample data.
#[derive(Clone, Debug)]
pub struct NewResident {
    pub name: String,
    pub birth_date: NaiveDate,
    pub community_id: CommunityId,
    pub phone: Option<String>,
    pub mini_openid: Option<String>,
}

/// A profile as it was typed.
#[derive(Clone, Debug)]
pub struct ProfileInput {
    pub name: String,
    pub birth_date: NaiveDate,
    pub community_id: CommunityId,
    pub phone: Option<String>,
    pub id_number: Option<String>,
}

/// Who holds this token.
///
/// # Errors
/// `unauthenticated`: unknown, ended or run out.
pub async fn authenticate(app: &App, token: &str) -> Result<Learner> {
    let now = app.clock.now();
    let token_hash = vault::token_hash(token);
    let session = app.sessions.find(token_hash.clone()).await?;
    let Some(session) = session.filter(|session| session.expires_at > now) else {
        return Err(Error::unauthenticated("unauthenticated", "请先登录。")
            .or_else("请在微信里重新打开。", Some("/login".to_owned())));
    };
    if now - session.last_seen_at >= PROLONG_EVERY
        && let Err(error) = prolong(app, session.id, now).await
    {
        // The session still counts; the next visit tries again.
        tracing::warn!(cause = %error.chain(), "a session cannot be prolonged");
    }
    Ok(Learner { id: session.resident_id, token_hash })
}

async fn prolong(app: &App, session: i64, now: DateTime<Utc>) -> Result<()> {
    let tx = app.db.begin().await?;
    store::prolong(&tx, session, now, session_end(app, now)).await?;
    tx.commit().await?;
    Ok(())
}

fn session_end(app: &App, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::days(app.config.members.session_days)
}

/// Opens a session for a resident.
///
/// # Errors
/// The database.
pub async fn issue_session(
    app: &App,
    tx: &DatabaseTransaction,
    id: ResidentId,
) -> Result<(String, DateTime<Utc>)> {
    let (token, token_hash) = vault::new_token()?;
    let now = app.clock.now();
    let expires_at = session_end(app, now);
    store::open_session(tx, id, token_hash, now, expires_at).await?;
    Ok((token, expires_at))
}

/// # Errors
/// The database.
pub async fn sign_out(app: &App, who: &Learner) -> Result<()> {
    let tx = app.db.begin().await?;
    store::revoke(&tx, &who.token_hash, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Agrees to a text. Agreeing again to the same version changes nothing.
///
/// # Errors
/// `consent_outdated`: not the version in force; `not_here`: a pledge or a relative.
pub async fn give_consent(
    app: &App,
    id: ResidentId,
    kind: ConsentKind,
    version: &str,
) -> Result<()> {
    if version != app.config.members.consent_version {
        return Err(Error::conflict("consent_outdated", "说明有更新，请再看一遍。"));
    }
    if matches!(kind, ConsentKind::Pledge | ConsentKind::Relative) {
        return Err(Error::invalid("not_here", "请在自己的那一页里同意。"));
    }
    let tx = app.db.begin().await?;
    living(&tx, id).await?;
    let given = store::consents(&tx, id, kind).await?;
    if !given.iter().any(|consent| consent.version == version) {
        store::add_consent(&tx, id, kind, version, app.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes a consent back. Without the sensitive one the ID number is forgotten, without
/// that of a relative who they are. Of pictures it says that they are not wanted, also where
/// nothing was agreed before.
///
/// # Errors
/// The database.
pub async fn withdraw_consent(app: &App, id: ResidentId, kind: ConsentKind) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let row = living(&tx, id).await?;
    if kind == ConsentKind::Photos {
        let version = app.config.members.consent_version.clone();
        papers::refuse_photos(&tx, id, version, None, now).await?;
    }
    store::withdraw_consent(&tx, id, kind, now).await?;
    if kind == ConsentKind::Sensitive {
        let changes = store::Changes { drop_id_number: true, ..Default::default() };
        store::change(&tx, row, changes, now).await?;
    }
    if kind == ConsentKind::Relative {
        store::papers::forget_relative(&tx, id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Locks a resident; false for one who was being erased a moment ago, and whose openids
/// are nobody's by now.
async fn lives(tx: &DatabaseTransaction, id: ResidentId) -> Result<bool> {
    Ok(store::lock(tx, id).await?.is_some_and(|row| row.erased_at.is_none()))
}

/// The resident, locked; who is erased is no longer one.
async fn living(tx: &DatabaseTransaction, id: ResidentId) -> Result<resident::Model> {
    let row = store::lock(tx, id).await?.filter(|row| row.erased_at.is_none());
    row.ok_or_else(no_resident)
}

fn no_resident() -> Error {
    Error::not_found("no_resident", "没有找到这位居民。")
}

/// Refuses whoever has not agreed to the privacy text in force.
///
/// # Errors
/// `consent_needed`.
pub async fn agreed(app: &App, conn: &impl ConnectionTrait, id: ResidentId) -> Result<()> {
    if has_consent(app, conn, id, ConsentKind::Privacy).await? {
        return Ok(());
    }
    Err(consent_needed())
}

async fn has_consent(
    app: &App,
    conn: &impl ConnectionTrait,
    id: ResidentId,
    kind: ConsentKind,
) -> Result<bool> {
    let given = store::consents(conn, id, kind).await?;
    Ok(given.iter().any(|consent| consent.version == app.config.members.consent_version))
}

/// Fills in or changes a profile; numbers that are not given stay as they are. Whose
/// profile it is: somebody's who was entered at the counter, perhaps.
///
/// # Errors
/// `consent_needed`, or which field is wrong; `id_number_taken`: another has it.
pub async fn save_profile(app: &App, id: ResidentId, input: ProfileInput) -> Result<ResidentId> {
    let now = app.clock.now();
    let name = profile::name(&input.name)?;
    let birth_date = profile::birth_date(input.birth_date, app.clock.today())?;
    let phone = input
        .phone
        .as_deref()
        .filter(|phone| !phone.trim().is_empty())
        .map(profile::phone)
        .transpose()?;
    let id_number = input.id_number.as_deref().filter(|number| !number.trim().is_empty());
    let id_number = id_number.map(|number| profile::id_number(number, birth_date)).transpose()?;

    let tx = app.db.begin().await?;
    let row = living(&tx, id).await?;
    if !has_consent(app, &tx, id, ConsentKind::Privacy).await? {
        return Err(consent_needed());
    }
    if store::community(&tx, input.community_id).await?.is_none() {
        return Err(Error::invalid("no_community", "请选一个社区。"));
    }
    if phone.is_none()
        && id_number.is_none()
        && let Some(known) = joining::join(app, &tx, row.clone(), (&name, birth_date)).await?
    {
        tx.commit().await?;
        return Ok(known);
    }
    let renamed = row.name.as_ref() != Some(&name);
    let mut changes = store::Changes {
        name: Some(name),
        name_state: renamed.then_some(NameState::Unseen),
        birth_date: Some(birth_date),
        community: Some(input.community_id),
        phone: phone.map(|phone| sealed_phone(app, &phone)).transpose()?,
        ..Default::default()
    };
    if let Some(number) = id_number {
        if !has_consent(app, &tx, id, ConsentKind::Sensitive).await? {
            return Err(Error::forbidden(
                "sensitive_consent_needed",
                "填身份证号之前，请先单独同意。",
            ));
        }
        changes.id_number = Some(sealed(app, "id_number", &number)?);
    } else if let Some(sealed) = &row.id_number_sealed {
        profile::same_birth_date(&app.vault.open("id_number", sealed)?, birth_date)?;
    }
    store::change(&tx, row, changes, now).await?;
    if renamed {
        outbox::enqueue(&tx, &Job::CheckName { resident: id }, now, now).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// Names somebody who has no name yet, as a family member who is asked for nothing else.
///
/// # Errors
/// `bad_name`.
pub async fn name_newcomer(
    app: &App,
    tx: &DatabaseTransaction,
    id: ResidentId,
    name: &str,
) -> Result<()> {
    let (name, now) = (profile::name(name)?, app.clock.now());
    let row = living(tx, id).await?;
    if row.name.is_some() {
        return Ok(());
    }
    let changes = store::Changes {
        name: Some(name),
        name_state: Some(NameState::Unseen),
        ..Default::default()
    };
    store::change(tx, row, changes, now).await?;
    outbox::enqueue(tx, &Job::CheckName { resident: id }, now, now).await?;
    Ok(())
}

/// The name that is still to be judged.
///
/// # Errors
/// The database.
pub async fn unseen_name(conn: &impl ConnectionTrait, id: ResidentId) -> Result<Option<String>> {
    let row = store::by_id(conn, id).await?;
    Ok(row.filter(|row| row.name_state == NameState::Unseen).and_then(|row| row.name))
}

/// A name was judged; one that was changed meanwhile is not.
///
/// # Errors
/// The database.
pub async fn name_judged(
    tx: &DatabaseTransaction,
    id: ResidentId,
    name: &str,
    state: NameState,
) -> Result<()> {
    store::name_judged(tx, id, name, state).await
}

/// A name on a list that is posted up, as in `王**`.
pub fn masked_name(name: &str) -> String {
    profile::masked_name(name)
}

/// A name as others see it.
pub fn name_for_others(name: String, state: NameState) -> String {
    if state == NameState::Shown { name } else { profile::masked_name(&name) }
}

fn id_number_taken() -> Error {
    Error::conflict("id_number_taken", "这个身份证号已经登记过了。")
        .or_else("请打中心电话，我们帮您查一查。", Some("/help".to_owned()))
}

fn consent_needed() -> Error {
    Error::forbidden("consent_needed", "请先看一看说明，同意以后再继续。")
        .or_else("看说明", Some("/consent".to_owned()))
}

fn sealed(app: &App, purpose: &str, number: &str) -> Result<(String, String)> {
    Ok((app.vault.seal(purpose, number)?, app.vault.fingerprint(purpose, number)))
}

fn sealed_phone(app: &App, phone: &str) -> Result<store::Phone> {
    let (sealed, hash) = sealed(app, "phone", phone)?;
    Ok(store::Phone { sealed, hash, tail_hash: tail_hash(app, phone) })
}

fn tail_hash(app: &App, phone: &str) -> String {
    app.vault.fingerprint("phone-tail", phone.get(phone.len().saturating_sub(4)..).unwrap_or(phone))
}

/// Notes the end of every number that was there before ends were noted.
///
/// # Errors
/// The database.
pub async fn note_phone_tails(app: &App) -> Result<()> {
    /// Rows of one transaction.
    const AT_ONCE: u64 = 200;
    let mut after = ResidentId(0);
    loop {
        let tx = app.db.begin().await?;
        let rows = store::without_tail(&tx, after, AT_ONCE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in &rows {
            let Some(sealed) = &row.phone_sealed else { continue };
            match app.vault.open("phone", sealed) {
                Ok(phone) => store::note_tail(&tx, row, &tail_hash(app, &phone)).await?,
                Err(_) => tracing::error!(resident = row.id.0, "a number cannot be opened"),
            }
        }
        tx.commit().await?;
    }
}

/// Takes the phone number that WeChat vouches for.
///
/// # Errors
/// `consent_needed`; `phone_code_invalid`; `wechat_unavailable`.
pub async fn save_wechat_phone(app: &App, id: ResidentId, code: &str) -> Result<()> {
    if !has_consent(app, app.db.read(), id, ConsentKind::Privacy).await? {
        return Err(consent_needed());
    }
    let bad_code = || Error::invalid("phone_code_invalid", "时间过了，请再点一次“用微信手机号”。");
    let code = code.trim();
    if code.is_empty() {
        return Err(bad_code());
    }
    let number =
        app.wechat.mini().phone_number(code).await.map_err(|error| match error.errcode {
            Some(40029 | 40163) => bad_code().with_source(error),
            _ => error.into(),
        })?;
    let phone = sealed_phone(app, &profile::phone(&number)?)?;
    let tx = app.db.begin().await?;
    let row = living(&tx, id).await?;
    let changes = store::Changes { phone: Some(phone), ..Default::default() };
    store::change(&tx, row, changes, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// A resident's openid with an account.
///
/// # Errors
/// The database.
pub async fn openid(
    conn: &impl ConnectionTrait,
    id: ResidentId,
    account: WechatAccount,
) -> Result<Option<String>> {
    store::openid(conn, id, account).await
}

/// Whose openid this is.
///
/// # Errors
/// The database.
pub async fn by_openid(
    conn: &impl ConnectionTrait,
    account: WechatAccount,
    openid: &str,
) -> Result<Option<ResidentId>> {
    store::identity(conn, account, openid).await
}

/// Who alone has this mobile number; `None`: nobody, or several, or it is none.
///
/// # Errors
/// The database.
pub async fn by_phone(
    app: &App,
    conn: &impl ConnectionTrait,
    number: &str,
) -> Result<Option<ResidentId>> {
    let Ok(number) = profile::phone(number) else { return Ok(None) };
    let hash = app.vault.fingerprint("phone", &number);
    let found = store::matching(conn, None, Some(hash), None, 2).await?;
    let [one] = found.as_slice() else { return Ok(None) };
    Ok(Some(one.id))
}

/// Whose unionid this is: known by either account.
///
/// # Errors
/// The database.
pub async fn by_unionid(conn: &impl ConnectionTrait, unionid: &str) -> Result<Option<ResidentId>> {
    store::by_unionid(conn, unionid).await
}

/// Notes the unionid of a known openid; false when it has one.
///
/// # Errors
/// The database.
pub async fn note_unionid(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    openid: &str,
    unionid: &str,
) -> Result<bool> {
    store::note_unionid(tx, account, openid, unionid).await
}

/// Adds an openid to a resident, as when somebody known by unionid follows the account;
/// false when it is somebody's already.
///
/// # Errors
/// The database.
pub async fn add_openid(
    tx: &DatabaseTransaction,
    id: ResidentId,
    account: WechatAccount,
    openid: &str,
    unionid: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    store::add_identity(tx, id, account, openid, unionid, now).await
}

/// Staff's view of several residents.
///
/// # Errors
/// The database, or a number that cannot be opened.
pub async fn people(
    app: &App,
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Person>> {
    let rows = store::by_ids(conn, ids).await?;
    rows.into_iter().map(|row| Ok((row.id, person(app, row)?))).collect()
}

/// The names of these people, as others see them.
///
/// # Errors
/// The database.
pub async fn names_for_others(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, String>> {
    let rows = store::names(conn, ids).await?;
    let seen = |(id, name, state): (_, Option<String>, _)| {
        (id, name_for_others(name.unwrap_or_default(), state))
    };
    Ok(rows.into_iter().map(seen).collect())
}

fn person(app: &App, row: resident::Model) -> Result<Person> {
    let phone_masked = match &row.phone_sealed {
        Some(sealed) => Some(profile::masked_phone(&app.vault.open("phone", sealed)?)),
        None => None,
    };
    Ok(Person {
        id: row.id,
        name: row.name.unwrap_or_default(),
        name_state: row.name_state,
        learner_number: row.learner_number,
        birth_date: row.birth_date,
        community_id: row.community_id,
        phone_masked,
    })
}

/// Finds residents by part of a name, whole learner number, or whole phone number or its
/// last four digits;
/// an officer those of their community.
///
/// # Errors
/// `query_too_short`.
pub async fn find(app: &App, text: &str, scope: Option<CommunityId>) -> Result<Vec<Person>> {
    /// More would be no answer to a question.
    const LIMIT: u64 = 20;
    let text = text.trim();
    if text.chars().count() < 2 || text.contains(char::is_control) {
        return Err(Error::invalid("query_too_short", "请至少输入两个字。"));
    }
    let phone = profile::phone(text).ok().map(|phone| app.vault.fingerprint("phone", &phone));
    let four = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let tail = four.then(|| tail_hash(app, text));
    let rows = store::find(app.db.read(), text, (phone, tail), scope, LIMIT).await?;
    rows.into_iter().map(|row| person(app, row)).collect()
}

/// Who has this whole learner number; also somebody without a profile.
///
/// # Errors
/// The database.
pub async fn by_number(
    app: &App,
    conn: &impl ConnectionTrait,
    learner_number: &str,
) -> Result<Option<Person>> {
    let row = store::by_number(conn, learner_number.trim()).await?;
    row.map(|row| person(app, row)).transpose()
}

/// Enters a resident who did not come by WeChat; the consent is the one signed on paper.
///
/// # Errors
/// A wrong value, or the database.
pub async fn create(app: &App, tx: &DatabaseTransaction, new: &NewResident) -> Result<ResidentId> {
    let made = create_all(app, tx, std::slice::from_ref(new)).await?;
    made.first().copied().ok_or_else(no_resident)
}

/// As [`create`], for many at once, in their order.
///
/// # Errors
/// A wrong value, or the database.
pub async fn create_all(
    app: &App,
    tx: &DatabaseTransaction,
    new: &[NewResident],
) -> Result<Vec<ResidentId>> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let changes = |new: &NewResident| {
        let phone = new.phone.as_deref().map(profile::phone).transpose()?;
        Ok(store::Changes {
            name: Some(profile::name(&new.name)?),
            birth_date: Some(profile::birth_date(new.birth_date, today)?),
            community: Some(new.community_id),
            phone: phone.map(|phone| sealed_phone(app, &phone)).transpose()?,
            ..Default::default()
        })
    };
    let rows = new.iter().map(changes).collect::<Result<Vec<_>>>()?;
    let ids = store::insert_all(tx, rows, now).await?;
    let version = &app.config.members.consent_version;
    store::add_consents(tx, &ids, ConsentKind::Privacy, version, now).await?;
    for (id, new) in ids.iter().zip(new) {
        if let Some(openid) = &new.mini_openid {
            store::add_identity(tx, *id, WechatAccount::Mini, openid, None, now).await?;
        }
    }
    Ok(ids)
}
