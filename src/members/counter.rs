//! Who comes to the counter or telephones: found again, or entered without WeChat.

use chrono::NaiveDate;
use sea_orm::DatabaseTransaction;

use entity::ids::{CommunityId, ResidentId};
use entity::kinds::ConsentKind;
use entity::resident;

use super::{NewResident, Person, has_consent, living, person, profile, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

/// More would be no answer to “is it this one?”.
const MOST_MATCHES: u64 = 5;

/// What somebody at the counter says; at least one of number, phone, or name and birth date.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// A learner number or a phone number.
    pub number: Option<String>,
    pub name: Option<String>,
    pub birth_date: Option<NaiveDate>,
}

/// Somebody it could be.
#[derive(Clone, Debug)]
pub struct Match {
    pub person: Person,
    /// They agreed to the present text.
    pub consented: bool,
    /// In the colleague's scope; of others no more is shown than that there is somebody.
    pub yours: bool,
}

/// Who it could be: the exact number, or the exact name and birth date.
///
/// # Errors
/// `no_community`; the database.
pub async fn matches(app: &App, who: &Colleague, sought: &Sought) -> Result<Vec<Match>> {
    let scope = staff::scope(who)?;
    let conn = app.db.read();
    let number = sought.number.as_deref().map(str::trim).filter(|number| !number.is_empty());
    let phone = number.and_then(|number| profile::phone(number).ok());
    let phone = phone.map(|phone| app.vault.fingerprint("phone", &phone));
    let both = sought.name.as_deref().map(str::trim).zip(sought.birth_date);
    let mut found = Vec::new();
    for row in store::matching(conn, number, phone, both, MOST_MATCHES).await? {
        let consented = has_consent(app, conn, row.id, ConsentKind::Privacy).await?;
        let yours = scope.is_none() || row.community_id == scope;
        let mut person = person(app, row)?;
        if !yours {
            person.name = profile::masked_name(&person.name);
            person.birth_date = None;
            person.phone_masked = None;
        }
        found.push(Match { person, consented, yours });
    }
    Ok(found)
}

/// What is entered of somebody new.
#[derive(Clone, Debug)]
pub struct Registration {
    pub new: NewResident,
    /// They signed the privacy text on paper.
    pub consent_on_paper: bool,
    /// Somebody of this name and birth date is known, and is another.
    pub another: bool,
    /// Names the request: its repeat finds whom it made.
    pub request_key: String,
}

/// Enters somebody new. Saying it twice is the same as once.
///
/// # Errors
/// `consent_needed`, `resident_exists`, `resident_elsewhere`, `out_of_scope`, `no_community`,
/// or which field is wrong.
pub async fn register(app: &App, who: &Colleague, asked: &Registration) -> Result<ResidentId> {
    let scope = staff::scope(who)?;
    if scope.is_some_and(|own| own != asked.new.community_id) {
        let words = "只能登记自己社区的居民，请联系教育中心。";
        return Err(Error::forbidden("out_of_scope", words));
    }
    if !asked.consent_on_paper {
        let words = "请先让本人在纸上签个人信息同意书，再打勾。";
        return Err(Error::invalid("consent_needed", words));
    }
    // Of two at once the second finds the key taken, and whom the first has made.
    for _ in 0..2 {
        let tx = app.db.begin().await?;
        if let Some(known) = store::by_request_key(&tx, &asked.request_key).await? {
            return Ok(known);
        }
        if store::community(&tx, asked.new.community_id).await?.is_none() {
            return Err(Error::invalid("no_community", "请选一个社区。"));
        }
        if let Err(refusal) = must_be_new(&tx, scope, asked).await {
            // Whom this very request has made meanwhile is no other.
            return store::by_request_key(&tx, &asked.request_key).await?.ok_or(refusal);
        }
        let id = super::create(app, &tx, &asked.new).await?;
        if !store::claim_request_key(&tx, id, &asked.request_key).await? {
            tx.rollback().await?;
            continue;
        }
        record(app, &tx, who, "resident.registered", id).await?;
        tx.commit().await?;
        return Ok(id);
    }
    Err(Error::internal("a request key is taken and not to be found"))
}

async fn must_be_new(
    tx: &DatabaseTransaction,
    scope: Option<CommunityId>,
    asked: &Registration,
) -> Result<()> {
    if asked.another {
        return Ok(());
    }
    let both = Some((asked.new.name.trim(), asked.new.birth_date));
    let same = store::matching(tx, None, None, both, 1).await?;
    let Some(same) = same.first() else { return Ok(()) };
    if scope.is_some() && same.community_id != scope {
        let words = "同名同生日的居民已登记在别的社区，请联系教育中心。";
        return Err(Error::conflict("resident_elsewhere", words));
    }
    Err(Error::conflict("resident_exists", "已经有同名同生日的居民。")
        .or_else("先看看是不是同一个人", None))
}

/// Somebody known signs the present privacy text on paper. Twice is the same as once.
///
/// # Errors
/// `no_resident`, `out_of_scope`.
pub async fn consent_on_paper(app: &App, who: &Colleague, id: ResidentId) -> Result<()> {
    let scope = staff::scope(who)?;
    let tx = app.db.begin().await?;
    let row: resident::Model = living(&tx, id).await?;
    if scope.is_some() && row.community_id != scope {
        let words = "这位居民不在您的社区，请联系教育中心。";
        return Err(Error::forbidden("out_of_scope", words));
    }
    if !has_consent(app, &tx, id, ConsentKind::Privacy).await? {
        let version = &app.config.members.consent_version;
        store::add_consent(&tx, id, ConsentKind::Privacy, version, app.clock.now()).await?;
        record(app, &tx, who, "resident.consent_on_paper", id).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn record(
    app: &App,
    tx: &DatabaseTransaction,
    who: &Colleague,
    action: &str,
    id: ResidentId,
) -> Result<()> {
    let detail = format!("consent {} on paper", app.config.members.consent_version);
    let object = format!("resident:{id}");
    staff::record(tx, Some(who.id), action, &object, Some(&detail), app.clock.now()).await
}
