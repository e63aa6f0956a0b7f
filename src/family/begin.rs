//! How it begins: by a code from the learner's phone, on a call, or on paper.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;

use entity::family_code;
use entity::ids::{DelegationId, ResidentId, StaffId};
use entity::kinds::{ActorKind, DelegationWay, Kinship};

use super::{Terms, store, within_scope};
use crate::app::App;
use crate::error::{Error, Result};
use crate::members;
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};
use crate::vault;

/// A code that a learner shows to a family member.
pub struct Shown {
    /// Eight digits.
    pub code: String,
    pub expires_at: DateTime<Utc>,
}

/// What a family member enters.
pub struct Join {
    pub code: String,
    pub relation: Kinship,
    /// Where the account has no name yet.
    pub name: Option<String>,
}

/// What staff enter for a learner.
pub struct Entry {
    pub learner: ResidentId,
    /// The family member's learner number, which their own page shows.
    pub delegate_number: String,
    /// Where the family member's account has no name yet.
    pub delegate_name: Option<String>,
    pub relation: Kinship,
    pub terms: Terms,
    /// By a call or on paper.
    pub way: DelegationWay,
    /// The learner was asked, or signed.
    pub agreed: bool,
}

/// What is written down of one.
struct New {
    learner: ResidentId,
    delegate: ResidentId,
    relation: Kinship,
    terms: Terms,
    way: DelegationWay,
    consent_version: String,
    entered_by: Option<StaffId>,
}

/// Makes a code for a learner's own page; one that was shown before is void.
///
/// # Errors
/// `consent_needed`, `profile_needed`; as [`Terms::checked`].
pub async fn show_code(app: &App, learner: ResidentId, terms: &Terms) -> Result<Shown> {
    let now = app.clock.now();
    let expires_at = now + TimeDelta::minutes(app.config.family.code_minutes);
    let version = &app.config.members.consent_version;
    let tx = app.db.begin().await?;
    members::lock(&tx, learner).await?;
    members::ready(app, &tx, learner).await?;
    store::void_codes(&tx, learner, now).await?;
    // A taken code is drawn again.
    for _ in 0..20 {
        let code = format!("{:08}", u32::from_le_bytes(vault::random::<4>()?) % 100_000_000);
        let hash = hash(app, &code);
        if store::add_code(&tx, learner, hash, terms, version, now, expires_at).await? {
            tx.commit().await?;
            return Ok(Shown { code, expires_at });
        }
    }
    Err(Error::internal("no free code was found"))
}

fn hash(app: &App, code: &str) -> String {
    app.vault.fingerprint("family_code", code)
}

/// A family member enters a code. Saying it twice is the same as once.
///
/// # Errors
/// `consent_needed`, `name_needed`, `bad_name`; `code_wrong`, `too_many_tries`;
/// `own_code`, `too_many_delegates`, `too_many_learners`.
pub async fn join(app: &App, me: ResidentId, join: Join) -> Result<DelegationId> {
    let now = app.clock.now();
    let digits: String = join.code.chars().filter(char::is_ascii_digit).collect();
    members::agreed(app, app.db.read(), me).await?;
    count_try(app, me, now).await?;
    let tx = app.db.begin().await?;
    let row = store::code(&tx, &hash(app, &digits)).await?.ok_or_else(code_wrong)?;
    if row.learner_id == me {
        return Err(Error::invalid("own_code", "这是您自己的码。请让家人在家人的手机上输。"));
    }
    lock_both(&tx, row.learner_id, me).await?;
    if !store::use_code(&tx, row.id, me, now).await? {
        // A second tap, or the answer was lost.
        let before = store::between(&tx, row.learner_id, me).await?;
        let used = store::code(&tx, &row.code_hash).await?.and_then(|row| row.used_by);
        return match before {
            Some(before) if used == Some(me) => Ok(before.id),
            _ => Err(code_wrong()),
        };
    }
    name(app, &tx, me, join.name.as_deref()).await?;
    let new = New {
        learner: row.learner_id,
        delegate: me,
        relation: join.relation,
        terms: terms(&row),
        way: DelegationWay::Code,
        consent_version: row.consent_version,
        entered_by: None,
    };
    let id = add(app, &tx, new, now).await?;
    tx.commit().await?;
    Ok(id)
}

fn terms(row: &family_code::Model) -> Terms {
    Terms { may: store::may(row), last_day: row.last_day }
}

fn code_wrong() -> Error {
    Error::invalid(
        "code_wrong",
        "码不对，或者过时了。请看着家人的手机再输一遍，也可以请家人换一个新码。",
    )
}

/// Counts an attempt, whatever comes of it.
async fn count_try(app: &App, me: ResidentId, now: DateTime<Utc>) -> Result<()> {
    let tx = app.db.begin().await?;
    members::lock(&tx, me).await?;
    if store::tries(&tx, me, now - TimeDelta::hours(1)).await? >= app.config.family.tries_per_hour {
        return Err(Error::too_many("too_many_tries", "输的次数太多了，请过一小时再试。")
            .or_else("也可以请家人打电话给教育中心，我们帮着办", Some("/help".to_owned())));
    }
    store::add_try(&tx, me, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Staff enter what a learner said on a call or signed.
///
/// # Errors
/// `not_asked`; `no_such_number`, `name_needed`, `bad_name`; `own_code`,
/// `too_many_delegates`, `too_many_learners`; `no_resident`, `out_of_scope`.
pub async fn enter(app: &App, who: &Colleague, entry: Entry) -> Result<DelegationId> {
    let now = app.clock.now();
    if !entry.agreed || entry.way == DelegationWay::Code {
        let message = "请先打电话问过本人，或者收到本人签字的纸，再登记。";
        return Err(Error::invalid("not_asked", message));
    }
    within_scope(app, who, entry.learner).await?;
    let found = members::by_number(app, app.db.read(), &entry.delegate_number).await?;
    let delegate = found.ok_or_else(|| {
        Error::not_found("no_such_number", "没有这个学员号。请家人在手机“家人”页上看一看号码。")
    })?;
    if delegate.id == entry.learner {
        return Err(Error::invalid("own_code", "这是本人的学员号，请填家人的。"));
    }
    let tx = app.db.begin().await?;
    lock_both(&tx, entry.learner, delegate.id).await?;
    name(app, &tx, delegate.id, entry.delegate_name.as_deref()).await?;
    let new = New {
        learner: entry.learner,
        delegate: delegate.id,
        relation: entry.relation,
        terms: entry.terms,
        way: entry.way,
        consent_version: app.config.members.consent_version.clone(),
        entered_by: Some(who.id),
    };
    let id = add(app, &tx, new, now).await?;
    let object = format!("resident:{}", entry.learner);
    staff::record(&tx, Some(who.id), "family.begun", &object, Some(entry.way.as_str()), now)
        .await?;
    tx.commit().await?;
    Ok(id)
}

/// Locks the two in the order of their ids.
async fn lock_both(tx: &DatabaseTransaction, one: ResidentId, other: ResidentId) -> Result<()> {
    if members::lock_all(tx, &[one, other]).await?.len() == 2 {
        return Ok(());
    }
    Err(Error::not_found("no_resident", "没有找到这位居民。"))
}

/// The learner is to see who acts: a family member has a name at least.
async fn name(
    app: &App,
    tx: &DatabaseTransaction,
    id: ResidentId,
    name: Option<&str>,
) -> Result<()> {
    let known = members::people(app, tx, &[id]).await?;
    if known.get(&id).is_some_and(|person| !person.name.is_empty()) {
        return Ok(());
    }
    match name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => members::name_newcomer(app, tx, id, name).await,
        None => Err(Error::invalid("name_needed", "请写上家人的姓名，好让本人知道是谁。")),
    }
}

/// Adds one, in the place of an older one between the two. Both are locked.
async fn add(
    app: &App,
    tx: &DatabaseTransaction,
    new: New,
    now: DateTime<Utc>,
) -> Result<DelegationId> {
    let (config, today) = (&app.config.family, app.clock.today());
    if let Some(before) = store::between(tx, new.learner, new.delegate).await? {
        store::end(tx, before.id, (ActorKind::System, None), now).await?;
    }
    let live = store::live_of(tx, &[new.learner, new.delegate], today).await?;
    let delegates = live.iter().filter(|row| row.learner_id == new.learner).count();
    if delegates >= config.most_delegates {
        let message =
            format!("一位学员最多让 {} 位家人帮着办，现在已经满了。", config.most_delegates);
        return Err(Error::conflict("too_many_delegates", message)
            .or_else("请本人先取消一位，再重新给您看码", None));
    }
    let learners = live.iter().filter(|row| row.delegate_id == new.delegate).count();
    if learners >= config.most_learners {
        let message = format!("一个人最多帮 {} 位家人办，现在已经满了。", config.most_learners);
        return Err(Error::conflict("too_many_learners", message)
            .or_else("先取消一位", Some("/family".to_owned())));
    }
    let id = store::insert(tx, new.row(now)).await?;
    let job = Job::TellDelegation { delegation: id, ended: false };
    outbox::enqueue(tx, &job, now, now).await?;
    Ok(id)
}

impl New {
    /// As it is written.
    fn row(&self, now: DateTime<Utc>) -> entity::delegation::ActiveModel {
        use entity::kinds::DelegatedScope;
        use sea_orm::ActiveValue::Set;
        let may = |scope| Set(self.terms.may.contains(&scope));
        entity::delegation::ActiveModel {
            learner_id: Set(self.learner),
            delegate_id: Set(self.delegate),
            relation: Set(self.relation),
            may_enrol: may(DelegatedScope::Enrolment),
            may_see_record: may(DelegatedScope::Record),
            gets_notices: may(DelegatedScope::Notices),
            way: Set(self.way),
            consent_version: Set(self.consent_version.clone()),
            entered_by: Set(self.entered_by),
            created_at: Set(now),
            last_day: Set(self.terms.last_day),
            ..Default::default()
        }
    }
}
