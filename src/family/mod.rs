//! 家人: a learner lets a family member act for them.
//!
//! 1. It begins by the learner's own wish: a code from their phone that the family member
//!    enters, a call in which staff asked the learner, or a signed paper. What they
//!    agreed to, how and until when is kept; who entered a call or a paper as well.
//! 2. Both agree: the family member acts only while they agree to the privacy text in force.
//! 3. It is for a few things, and ends by itself on a day; the learner, the family member
//!    and staff end it at once. Whoever acts is weighed again under the learner's lock, so
//!    that nothing is done after the end.
//! 4. One for the two at a time (unique index). How many a learner has, and a family member
//!    acts for, holds because both are locked while one is added.
//! 5. For whom somebody acts is decided by [`caller`] alone, which `wire/auth.rs` calls for
//!    handlers that ask for it. Every other handler refuses who does not act for themselves.
//! 6. A code is good once, for minutes, kept as a keyed hash; who guesses is stopped.

use std::collections::HashMap;

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::delegation::Model;
use entity::ids::{DelegationId, ResidentId};
use entity::kinds::{ActorKind, DelegatedScope, Kinship};

use crate::app::App;
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

pub mod api;
mod begin;
mod store;

pub use begin::{Entry, Join, Shown, enter, join, show_code};

/// Who calls, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// For whom something is done or shown.
    pub learner: ResidentId,
    /// The family member who does it.
    pub delegate: Option<ResidentId>,
}

impl Caller {
    /// A refusal that the learner alone can do something about, as the family member is told.
    pub fn explained(self, error: Error) -> Error {
        if self.delegate.is_none() {
            return error;
        }
        let message = match error.code {
            "consent_needed" => "家人还没有同意现在的隐私说明，您不能代为同意。",
            "profile_needed" => "家人还没有填好个人信息，报不了名。",
            _ => return error,
        };
        Error::forbidden(error.code, message)
            .or_else("请家人在自己的手机上点一下，或者打电话给教育中心", Some("/help".to_owned()))
    }
}

/// What a family member may do, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub may: Vec<DelegatedScope>,
    pub last_day: NaiveDate,
}

impl Terms {
    /// `last_day`: as configured where nothing is said.
    ///
    /// # Errors
    /// `nothing_allowed`, `bad_last_day`.
    pub fn checked(
        app: &App,
        mut may: Vec<DelegatedScope>,
        last_day: Option<NaiveDate>,
    ) -> Result<Self> {
        may.sort_unstable();
        may.dedup();
        if may.is_empty() {
            return Err(Error::invalid("nothing_allowed", "请至少选一样家人可以办的事。"));
        }
        let (today, config) = (app.clock.today(), &app.config.family);
        let after = |months| today + Months::new(months);
        let last_day = last_day.unwrap_or_else(|| after(config.months));
        if last_day < today || last_day > after(config.most_months) {
            let message = format!("到期的日子要在今天以后、{} 个月以内。", config.most_months);
            return Err(Error::invalid("bad_last_day", message));
        }
        Ok(Self { may, last_day })
    }
}

/// What a family member may do by this row.
pub fn scopes(row: &Model) -> Vec<DelegatedScope> {
    let all = [
        (DelegatedScope::Enrolment, row.may_enrol),
        (DelegatedScope::Record, row.may_see_record),
        (DelegatedScope::Notices, row.gets_notices),
    ];
    all.into_iter().filter(|(_, may)| *may).map(|(scope, _)| scope).collect()
}

/// As in 女儿王小丽.
pub fn relation_text(relation: Kinship) -> &'static str {
    match relation {
        Kinship::Daughter => "女儿",
        Kinship::Son => "儿子",
        Kinship::Grandchild => "孙辈",
        Kinship::Spouse => "老伴",
        Kinship::Other => "家人",
    }
}

/// Who `me` is in a handler that a family member may call too: themselves, or the learner
/// for whom they say they act.
///
/// # Errors
/// `not_delegate`: nothing of the kind, or it ended; `not_delegated`: not for this;
/// `consent_needed` of the family member.
pub async fn caller(
    app: &App,
    me: ResidentId,
    acting_for: Option<ResidentId>,
    scope: DelegatedScope,
) -> Result<Caller> {
    let Some(learner) = acting_for.filter(|learner| *learner != me) else {
        return Ok(Caller { learner: me, delegate: None });
    };
    let conn = app.db.read();
    still(conn, learner, me, scope, app.clock.today()).await?;
    members::agreed(app, conn, me).await?;
    Ok(Caller { learner, delegate: Some(me) })
}

/// Refuses a family member who may not do this for the learner, or no longer.
///
/// # Errors
/// `not_delegate`, `not_delegated`.
pub async fn still(
    conn: &impl ConnectionTrait,
    learner: ResidentId,
    delegate: ResidentId,
    scope: DelegatedScope,
    today: NaiveDate,
) -> Result<()> {
    let row = store::between(conn, learner, delegate).await?;
    let row = row.filter(|row| row.last_day >= today).ok_or_else(|| {
        Error::forbidden("not_delegate", "您现在不能替这位家人办事：已经取消，或者到期了。")
            .or_else("看看我在帮谁", Some("/family".to_owned()))
    })?;
    if scopes(&row).contains(&scope) {
        return Ok(());
    }
    Err(Error::forbidden("not_delegated", "家人没有让您办这件事。请家人再给您看一次码，多选一样。")
        .or_else("看看我在帮谁", Some("/family".to_owned())))
}

/// Family members who get what these learners are told.
///
/// # Errors
/// The database.
pub async fn also_told(
    conn: &impl ConnectionTrait,
    learners: &[ResidentId],
    today: NaiveDate,
) -> Result<Vec<(ResidentId, ResidentId)>> {
    store::also_told(conn, learners, today).await
}

/// What a family member is or was to a learner.
///
/// # Errors
/// The database.
pub async fn relation(
    conn: &impl ConnectionTrait,
    learner: ResidentId,
    delegate: ResidentId,
) -> Result<Kinship> {
    let found = store::relations(conn, &[learner]).await?;
    Ok(found.get(&(learner, delegate)).copied().unwrap_or(Kinship::Other))
}

/// What all who act or acted for these learners are to them, by learner and family member.
///
/// # Errors
/// The database.
pub async fn relations(
    conn: &impl ConnectionTrait,
    learners: &[ResidentId],
) -> Result<HashMap<(ResidentId, ResidentId), Kinship>> {
    store::relations(conn, learners).await
}

/// One row.
///
/// # Errors
/// `no_delegation`.
pub async fn one(conn: &impl ConnectionTrait, id: DelegationId) -> Result<Model> {
    store::one(conn, id).await?.ok_or_else(no_delegation)
}

fn no_delegation() -> Error {
    Error::not_found("no_delegation", "没有找到这一条，可能已经取消了。")
        .or_else("看看现在的家人", Some("/family".to_owned()))
}

/// Somebody's family, as it stands today: who acts for them, and for whom they act.
pub struct Family {
    pub delegates: Vec<(Model, Person)>,
    pub learners: Vec<(Model, Person)>,
}

/// # Errors
/// The database.
pub async fn family(app: &App, who: ResidentId) -> Result<Family> {
    let conn = app.db.read();
    let rows = store::live_of(conn, &[who], app.clock.today()).await?;
    let ids: Vec<_> = rows.iter().flat_map(|row| [row.learner_id, row.delegate_id]).collect();
    let people = members::people(app, conn, &ids).await?;
    let mut family = Family { delegates: Vec::new(), learners: Vec::new() };
    for row in rows {
        let mine = row.learner_id == who;
        let other = if mine { row.delegate_id } else { row.learner_id };
        let Some(person) = people.get(&other).cloned() else { continue };
        let side = if mine { &mut family.delegates } else { &mut family.learners };
        side.push((row, person));
    }
    Ok(family)
}

/// One of the two ends it. Saying it twice is the same as once.
///
/// # Errors
/// `no_delegation`, also for somebody else's.
pub async fn end(app: &App, me: ResidentId, id: DelegationId) -> Result<()> {
    let row = one(app.db.read(), id).await?;
    let kind = match me {
        me if me == row.learner_id => ActorKind::Resident,
        me if me == row.delegate_id => ActorKind::Delegate,
        _ => return Err(no_delegation()),
    };
    let tx = app.db.begin().await?;
    close(app, &tx, &row, (kind, Some(me.0))).await?;
    tx.commit().await?;
    Ok(())
}

/// Staff end it, as on a call.
///
/// # Errors
/// `no_delegation`, `out_of_scope`.
pub async fn end_by_staff(app: &App, who: &Colleague, id: DelegationId) -> Result<ResidentId> {
    let row = one(app.db.read(), id).await?;
    within_scope(app, who, row.learner_id).await?;
    let tx = app.db.begin().await?;
    if close(app, &tx, &row, (ActorKind::Staff, Some(who.id.0))).await? {
        let (object, now) = (format!("resident:{}", row.learner_id), app.clock.now());
        staff::record(&tx, Some(who.id), "family.ended", &object, None, now).await?;
    }
    tx.commit().await?;
    Ok(row.learner_id)
}

/// Ends it under the learner's lock; the other side is told. False when it was over.
async fn close(
    app: &App,
    tx: &DatabaseTransaction,
    row: &Model,
    by: (ActorKind, Option<i64>),
) -> Result<bool> {
    let now = app.clock.now();
    members::lock(tx, row.learner_id).await?;
    let ended = store::end(tx, row.id, by, now).await?;
    if ended {
        let job = Job::TellDelegation { delegation: row.id, ended: true };
        outbox::enqueue(tx, &job, now, now).await?;
    }
    Ok(ended)
}

/// Officers look after the learners of their community, the centre after all.
///
/// # Errors
/// `no_resident`, `out_of_scope`.
pub async fn within_scope(app: &App, who: &Colleague, learner: ResidentId) -> Result<()> {
    let person = members::people(app, app.db.read(), &[learner]).await?.remove(&learner);
    let person = person.ok_or_else(|| Error::not_found("no_resident", "没有找到这位居民。"))?;
    match staff::scope(who)? {
        Some(community) if person.community_id != Some(community) => {
            Err(Error::forbidden("out_of_scope", "这不在您的社区范围内，请联系教育中心。"))
        }
        _ => Ok(()),
    }
}

/// An erased resident: nobody acts for them, and they for nobody.
///
/// # Errors
/// The database.
pub async fn forget_resident(
    tx: &DatabaseTransaction,
    who: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    store::end_all(tx, who, now).await?;
    store::forget_codes(tx, who).await
}

/// Forgets codes that nobody can use any more, and who tried some.
///
/// # Errors
/// The database.
pub async fn prune(app: &App) -> Result<()> {
    let tx = app.db.begin().await?;
    store::prune(&tx, app.clock.now() - TimeDelta::days(1)).await?;
    tx.commit().await?;
    Ok(())
}
