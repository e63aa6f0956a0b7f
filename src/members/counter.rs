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

/// Whoever enters people looks first whether they are known, and nobody else meanwhile.
pub(super) const ENTERING: &str = "entering residents";

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
    own_community(scope, asked.new.community_id)?;
    if !asked.consent_on_paper {
        let words = "请先让本人在纸上签个人信息同意书，再打勾。";
        return Err(Error::invalid("consent_needed", words));
    }
    // Of two at once the second finds the key taken, and whom the first has made.
    for _ in 0..2 {
        let tx = app.db.begin().await?;
        store::one_at_a_time(&tx, ENTERING).await?;
        if let Some(known) = store::by_request_key(&tx, &asked.request_key).await? {
            return Ok(known);
        }
        if store::community(&tx, asked.new.community_id).await?.is_none() {
            return Err(Error::invalid("no_community", "请选一个社区。"));
        }
        if let Err(refusal) = must_be_new(app, &tx, scope, asked).await {
            // Whom this very request has made meanwhile is no other.
            return store::by_request_key(&tx, &asked.request_key).await?.ok_or(refusal);
        }
        let id = super::create(app, &tx, &asked.new).await?;
        if !store::claim_request_key(&tx, id, &asked.request_key).await? {
            tx.rollback().await?;
            continue;
        }
        record(app, &tx, who, "resident.registered", &[id]).await?;
        tx.commit().await?;
        return Ok(id);
    }
    Err(Error::internal("a request key is taken and not to be found"))
}

/// Officers enter people of their own community alone.
pub(super) fn own_community(scope: Option<CommunityId>, community: CommunityId) -> Result<()> {
    if scope.is_some_and(|own| own != community) {
        let words = "只能登记自己社区的居民，请联系教育中心。";
        return Err(Error::forbidden("out_of_scope", words));
    }
    Ok(())
}

async fn must_be_new(
    app: &App,
    tx: &DatabaseTransaction,
    scope: Option<CommunityId>,
    asked: &Registration,
) -> Result<()> {
    if asked.another {
        return Ok(());
    }
    let new = &asked.new;
    let phone = new.phone.as_deref().and_then(|phone| profile::phone(phone).ok());
    let phone = phone.map(|phone| app.vault.fingerprint("phone", &phone));
    let named = store::named(tx, &[new.name.trim()]).await?;
    let same = named.iter().find(|row| is_same(row, new.birth_date, phone.as_deref()));
    let Some(same) = same else { return Ok(()) };
    not_elsewhere(scope, same)?;
    let words = if same.birth_date == Some(new.birth_date) {
        "已经有同名同生日的居民。"
    } else {
        "已经有同名同手机号的居民。"
    };
    Err(Error::conflict("resident_exists", words).or_else("先看看是不是同一个人", None))
}

/// Somebody of the same name is this one: born on the same day, or with the same phone
/// number. A number alone is none: families share one.
pub(super) fn is_same(row: &resident::Model, born: NaiveDate, phone_hash: Option<&str>) -> bool {
    row.birth_date == Some(born)
        || phone_hash.is_some_and(|hash| row.phone_hash.as_deref() == Some(hash))
}

/// Of somebody known in another community an officer is told no more than that.
pub(super) fn not_elsewhere(scope: Option<CommunityId>, known: &resident::Model) -> Result<()> {
    if scope.is_some() && known.community_id != scope {
        let words = "同名同生日的居民已登记在别的社区，请联系教育中心。";
        return Err(Error::conflict("resident_elsewhere", words));
    }
    Ok(())
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
        record(app, &tx, who, "resident.consent_on_paper", &[id]).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(super) async fn record(
    app: &App,
    tx: &DatabaseTransaction,
    who: &Colleague,
    action: &str,
    ids: &[ResidentId],
) -> Result<()> {
    let detail = format!("consent {} on paper", app.config.members.consent_version);
    let objects: Vec<String> = ids.iter().map(|id| format!("resident:{id}")).collect();
    staff::record_all(tx, Some(who.id), action, &objects, Some(&detail), app.clock.now()).await
}
