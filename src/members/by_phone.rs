//! Signing in outside WeChat: a number, and a code of six digits that was handed out by a
//! colleague or sent by SMS.
//!
//! A code that a colleague hands out is somebody's: whose it is says the record in which it
//! was made. A code that came by SMS proves a number and no more, since families share one:
//! whoever proved it says which of its people they are, or that they are somebody new. Whether
//! a number is known, nobody learns who has not proved it. Guessing ends at three limits: of the
//! code, of the number, and of the address from which it comes.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;
use subtle::ConstantTimeEq;

use entity::ids::{ResidentId, SignInCodeId};
use entity::kinds::{ConsentKind, SignInTry};
use entity::{resident, sign_in_code};

use super::store::sign_in as codes;
use super::{SignedIn, issue_session, lives, living, profile, sealed_phone, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};
use crate::vault;

/// People of one number who are offered to choose from.
const MOST_PEOPLE: u64 = 8;

/// A code that a colleague tells somebody, or prints.
pub struct HandedOut {
    /// Six digits.
    pub code: String,
    pub expires_at: DateTime<Utc>,
}

/// What somebody typed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// A phone number; of a code that was handed out also the learner number.
    pub number: String,
    pub code: String,
    /// Who they say they are, once the code has proved the number.
    pub who: Option<Whom>,
}

/// Which of the people of a number somebody is.
#[derive(Clone, Debug)]
pub enum Whom {
    Known(ResidentId),
    /// Nobody of these: they agree to the text of this version, and begin.
    Newcomer(String),
}

/// What comes of an entry.
pub enum Entered {
    SignedIn(SignedIn),
    /// The number is proved: who of them is it?
    Choose(Vec<Namesake>),
}

/// One of the people of a number, as far as its holder has to see to know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namesake {
    pub id: ResidentId,
    /// As in `王**`.
    pub name_masked: String,
    pub born_year: Option<i32>,
}

/// Sends a code by SMS to whoever has this number, known here or not.
///
/// # Errors
/// `bad_phone`; `sms_unavailable`: none is sent here; `too_many_codes`.
pub async fn ask_for_code(app: &App, number: &str, address: &str) -> Result<()> {
    let phone = profile::phone(number)?;
    if !app.sms.available() {
        let words = "这里没有开通短信。请打中心电话，我们告诉您登录码。";
        return Err(Error::conflict("sms_unavailable", words));
    }
    let (config, now) = (&app.config.sign_in, app.clock.now());
    let tried = tried(app, &phone, address);
    let tx = app.db.begin().await?;
    store::one_at_a_time(&tx, &tried.lock()).await?;
    let limits = (config.codes_per_number, config.codes_per_address);
    within(&tx, SignInTry::Ask, &tried, limits, now, too_many_codes).await?;
    if codes::sent_since(&tx, now - TimeDelta::days(1)).await? >= app.config.sms.daily_limit {
        tracing::warn!("no more short messages today: sms.daily_limit is reached");
        return Err(too_many_codes());
    }
    codes::add_try(&tx, SignInTry::Ask, &tried.number, &tried.address, now).await?;
    codes::forget_old(&tx, now - TimeDelta::days(1)).await?;
    let owner = app.vault.fingerprint("phone", &phone);
    codes::end_sent(&tx, &owner, now).await?;
    let code = six_digits()?;
    let new = codes::New {
        number_hash: Some(owner.clone()),
        resident: None,
        code_hash: hash(app, &owner, &code),
        letter_sealed: Some(app.vault.seal("sign-in-letter", &format!("{phone}\n{code}"))?),
        issued_by: None,
        expires_at: now + TimeDelta::minutes(config.code_minutes),
    };
    let code = codes::add(&tx, new, now).await?;
    outbox::enqueue(&tx, &Job::SendSignInCode { code }, now, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Brings a code to who asked for it; one that has run out meanwhile is not sent.
///
/// # Errors
/// `sms_failed`; the database.
pub async fn send_code(app: &App, id: SignInCodeId) -> Result<()> {
    let row = codes::by_id(app.db.read(), id).await?;
    let Some(sign_in_code::Model { letter_sealed: Some(letter), expires_at, .. }) = row else {
        return Ok(());
    };
    if expires_at > app.clock.now() {
        let letter = app.vault.open("sign-in-letter", &letter)?;
        let (phone, code) = letter.split_once('\n').unwrap_or_default();
        app.sms.send(phone, code, app.config.sign_in.code_minutes).await?;
    }
    let tx = app.db.begin().await?;
    codes::sent(&tx, id).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes a code for a resident, to be told or printed; one that was made before is void.
///
/// # Errors
/// `no_resident`, `out_of_scope`, `no_community`.
pub async fn hand_out_code(app: &App, who: &Colleague, id: ResidentId) -> Result<HandedOut> {
    let (scope, now) = (staff::scope(who)?, app.clock.now());
    let expires_at = now + TimeDelta::minutes(app.config.sign_in.code_minutes);
    let tx = app.db.begin().await?;
    let row = living(&tx, id).await?;
    if scope.is_some() && row.community_id != scope {
        let words = "这位居民不在您的社区，请联系教育中心。";
        return Err(Error::forbidden("out_of_scope", words));
    }
    codes::end_handed_out(&tx, id, now).await?;
    let code = six_digits()?;
    let new = codes::New {
        number_hash: None,
        resident: Some(id),
        code_hash: hash(app, &owner_of(id), &code),
        letter_sealed: None,
        issued_by: Some(who.id),
        expires_at,
    };
    codes::add(&tx, new, now).await?;
    let object = format!("resident:{id}");
    staff::record(&tx, Some(who.id), "resident.sign_in_code", &object, None, now).await?;
    tx.commit().await?;
    Ok(HandedOut { code, expires_at })
}

/// Looks at a code that somebody entered.
///
/// # Errors
/// `code_wrong`: also where the number is unknown, or the code was used or has run out;
/// `too_many_tries`; `consent_outdated`: a newcomer has not agreed to the present text.
pub async fn enter_code(app: &App, entry: &Entry, address: &str) -> Result<Entered> {
    let now = app.clock.now();
    let number = entry.number.trim();
    let phone = profile::phone(number).ok();
    let tried = tried(app, phone.as_deref().unwrap_or(number), address);
    count_entry(app, &tried, now).await?;
    let tx = app.db.begin().await?;
    store::one_at_a_time(&tx, &tried.lock()).await?;
    let owner = phone.as_deref().map(|phone| app.vault.fingerprint("phone", phone));
    let people = store::matching(&tx, Some(number), owner.clone(), None, MOST_PEOPLE).await?;
    let ids: Vec<ResidentId> = people.iter().map(|row| row.id).collect();
    let most = app.config.sign_in.code_tries;
    let live = codes::live(&tx, owner.as_deref(), &ids, most, now).await?;
    let digits: String = entry.code.chars().filter(char::is_ascii_digit).collect();
    let Some(code) = live.iter().find(|row| fits(app, row, &digits)) else {
        // Counted for each that it could have been.
        let ids: Vec<SignInCodeId> = live.iter().map(|row| row.id).collect();
        codes::count_wrong(&tx, &ids).await?;
        tx.commit().await?;
        return Err(code_wrong());
    };
    let id = match (code.resident_id, &entry.who) {
        (Some(id), _) => id,
        (None, None) => return Ok(Entered::Choose(people.into_iter().map(namesake).collect())),
        (None, Some(Whom::Known(id))) => {
            ids.iter().copied().find(|known| known == id).ok_or_else(code_wrong)?
        }
        (None, Some(Whom::Newcomer(version))) => {
            let phone = phone.as_deref().ok_or_else(code_wrong)?;
            newcomer(app, &tx, phone, version, now).await?
        }
    };
    if !lives(&tx, id).await? {
        return Err(code_wrong());
    }
    if !codes::used(&tx, code.id, now).await? {
        return Err(code_wrong());
    }
    let way =
        code.issued_by.map_or_else(|| "by SMS".to_owned(), |by| format!("code of staff:{by}"));
    let object = format!("resident:{id}");
    staff::record(&tx, None, "resident.signed_in_by_phone", &object, Some(&way), now).await?;
    let (token, expires_at) = issue_session(app, &tx, id).await?;
    tx.commit().await?;
    Ok(Entered::SignedIn(SignedIn { token, expires_at, resident_id: id }))
}

/// Somebody new, of whom the number is known and that they agreed.
async fn newcomer(
    app: &App,
    tx: &DatabaseTransaction,
    phone: &str,
    version: &str,
    now: DateTime<Utc>,
) -> Result<ResidentId> {
    if version != app.config.members.consent_version {
        return Err(Error::conflict("consent_outdated", "说明有更新，请再看一遍。"));
    }
    let id = store::insert(tx, now).await?;
    store::add_consent(tx, id, ConsentKind::Privacy, version, now).await?;
    let phone = Some(sealed_phone(app, phone)?);
    let row = living(tx, id).await?;
    store::change(tx, row, store::Changes { phone, ..Default::default() }, now).await?;
    Ok(id)
}

fn namesake(row: resident::Model) -> Namesake {
    Namesake {
        id: row.id,
        name_masked: profile::masked_name(row.name.as_deref().unwrap_or_default()),
        born_year: row.birth_date.map(|date| date.year()),
    }
}

/// Under which names attempts are counted.
struct Tried {
    number: String,
    address: String,
}

impl Tried {
    fn lock(&self) -> String {
        format!("sign-in:{}", self.number)
    }
}

fn tried(app: &App, number: &str, address: &str) -> Tried {
    Tried {
        number: app.vault.fingerprint("sign-in-number", number),
        address: app.vault.fingerprint("sign-in-address", address),
    }
}

/// Counts an entry, whatever comes of it.
async fn count_entry(app: &App, tried: &Tried, now: DateTime<Utc>) -> Result<()> {
    let config = &app.config.sign_in;
    let tx = app.db.begin().await?;
    store::one_at_a_time(&tx, &tried.lock()).await?;
    let limits = (config.entries_per_number, config.entries_per_address);
    within(&tx, SignInTry::Enter, tried, limits, now, too_many_tries).await?;
    codes::add_try(&tx, SignInTry::Enter, &tried.number, &tried.address, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Neither number nor address was tried too often within an hour.
async fn within(
    tx: &DatabaseTransaction,
    what: SignInTry,
    tried: &Tried,
    (number, address): (u64, u64),
    now: DateTime<Utc>,
    refusal: fn() -> Error,
) -> Result<()> {
    let since = now - TimeDelta::hours(1);
    let of_number = codes::tries_of_number(tx, what, &tried.number, since).await?;
    let of_address = codes::tries_of_address(tx, what, &tried.address, since).await?;
    if of_number >= number || of_address >= address { Err(refusal()) } else { Ok(()) }
}

fn six_digits() -> Result<String> {
    // Of eight bytes the rest is as good as even.
    Ok(format!("{:06}", u64::from_le_bytes(vault::random::<8>()?) % 1_000_000))
}

fn owner_of(id: ResidentId) -> String {
    format!("resident:{id}")
}

fn hash(app: &App, owner: &str, code: &str) -> String {
    app.vault.fingerprint("sign-in-code", &format!("{owner}\n{code}"))
}

fn fits(app: &App, row: &sign_in_code::Model, digits: &str) -> bool {
    let owner = match (row.resident_id, &row.number_hash) {
        (Some(id), _) => owner_of(id),
        (None, Some(number)) => number.clone(),
        (None, None) => return false,
    };
    hash(app, &owner, digits).as_bytes().ct_eq(row.code_hash.as_bytes()).into()
}

fn code_wrong() -> Error {
    Error::invalid("code_wrong", "号码和登录码对不上，或者登录码过时了。请看清楚再输一遍。")
        .or_else("要不到码，请打中心电话", Some("/help".to_owned()))
}

fn too_many_tries() -> Error {
    Error::too_many("too_many_tries", "输的次数太多了，请过一小时再试。")
        .or_else("也可以打中心电话，我们帮您办", Some("/help".to_owned()))
}

fn too_many_codes() -> Error {
    Error::too_many("too_many_codes", "要的次数太多了，请过一小时再要。")
        .or_else("也可以打中心电话，我们告诉您登录码", Some("/help".to_owned()))
}
