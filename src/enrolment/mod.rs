//! 报名、候补、退课: who has a place in which class.
//!
//! 1. A place is granted by `courses::take_places` alone, in the transaction that
//!    writes the enrolment; the class's `taken` is at every commit the number of
//!    its placed and offered enrolments, `by_staff` that of those among them that staff
//!    placed, and `waiting` that of the waiting ones.
//! 2. One live enrolment per person and class, and per person, course and term:
//!    unique indexes. The limit and the timetable hold because a person's
//!    decisions are serialised by `members::lock`.
//! 3. Nothing is deleted: every step writes its history in the same transaction.
//! 4. Locks are taken in this order: person, class, enrolment. Whoever changes an
//!    enrolment holds its class.
//! 5. A free place belongs to those who wait, in the order of their numbers: a
//!    newcomer goes behind them. It is offered and reserved until the offer runs out.
//!    Only what is kept for the counter (`courses/held.rs`) is given past them by staff;
//!    while any is kept and somebody waits, there is a job that fills it at the release.
//! 6. Who is taken out by staff for a reason that is not their own does not come back into
//!    the class by themselves. Whether a class with too few people begins is decided by
//!    staff; who was in one that does not may change to a sister class by one tap.
//! 7. Who lets an offer pass stays on the list with the same number, marked by
//!    `offer_expires_at`, and gives way: to all on the list who did not, and for
//!    that very place to newcomers as well, so that it does not stand empty. They
//!    are asked again when another place comes free (never by the lapse itself, so
//!    nobody is asked in a loop), and may at any time take a free place themselves.
//! 8. What a family member does stands in the history as theirs; they may still do it
//!    when the person is held, and the person is told in the same transaction.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::enrolment::Model;
use entity::ids::{ClassId, EnrolmentId, ResidentId, StaffId};
use entity::kinds::{ActorKind, ClassKind, DelegatedScope, EnrolmentStatus};

use crate::app::App;
use crate::courses::{self, ClassFacts};
use crate::error::{Error, Result};
use crate::family::{self, Caller};
use crate::staff::{self, Colleague};

pub mod api;
mod applicants;
mod book;
mod change;
mod decisions;
mod eligibility;
mod grant;
mod history;
mod lists;
mod minimum;
mod offer;
mod open_offers;
mod opening;
mod refusal;
mod sign_up;
mod slip;
mod store;
mod tell;
mod waiting;
mod withdraw;

pub use applicants::Applicants;
pub use change::{change_class, change_class_at_counter, sister_classes};
pub use decisions::Decisions;
pub use grant::{Grant, full_early, grant, held, kept_until, suits};
pub use history::{Past, history};
pub use lists::{ListKind, class_list};
pub use minimum::{Running, RunningClass, running, see_to_minimum};
pub use offer::expires_at as by_daytime;
pub use open_offers::{OpenOffer, begun, open_offers};
pub use opening::{Ended, Minute, Opening, end_in_words, opening};
pub use refusal::Way;
pub use sign_up::{Outcome, SignUp, SignUpOptions, needs, sign_up, sign_up_at_counter, sign_up_to};
pub use slip::{Slip, slip};
pub use store::{Clash, clashes};
pub use tell::{tell_meeting_change, tell_of_act, tell_placed, tell_room_change};
pub use waiting::{accept, ask_again, decline, fill_free_places, lapse_offer};
pub use withdraw::{
    cancel_class, reason_needed_from, withdraw, withdraw_all, withdraw_at_counter, withdraw_for,
};

/// Who does something to an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Resident(ResidentId),
    /// A family member for a learner.
    Delegate {
        learner: ResidentId,
        delegate: ResidentId,
    },
    Staff(StaffId),
    System,
}

impl From<Caller> for Actor {
    fn from(caller: Caller) -> Self {
        let learner = caller.learner;
        caller
            .delegate
            .map_or(Self::Resident(learner), |delegate| Self::Delegate { learner, delegate })
    }
}

impl Actor {
    /// Whose places are kept for the counter.
    fn is_staff(self) -> bool {
        matches!(self, Self::Staff(_))
    }

    pub fn kind(self) -> ActorKind {
        match self {
            Self::Resident(_) => ActorKind::Resident,
            Self::Delegate { .. } => ActorKind::Delegate,
            Self::Staff(_) => ActorKind::Staff,
            Self::System => ActorKind::System,
        }
    }

    pub fn id(self) -> Option<i64> {
        match self {
            Self::Resident(id) | Self::Delegate { delegate: id, .. } => Some(id.0),
            Self::Staff(id) => Some(id.0),
            Self::System => None,
        }
    }

    /// Whose affairs alone this is allowed to touch; `None`: anybody's.
    fn learner(self) -> Option<ResidentId> {
        match self {
            Self::Resident(learner) | Self::Delegate { learner, .. } => Some(learner),
            Self::Staff(_) | Self::System => None,
        }
    }

    /// Refuses a family member who may not act for the learner, or no longer. The learner
    /// is locked, so that it holds until the transaction ends.
    ///
    /// # Errors
    /// `not_delegate`, `not_delegated`.
    pub async fn still_may(self, tx: &DatabaseTransaction, today: NaiveDate) -> Result<()> {
        let Self::Delegate { learner, delegate } = self else { return Ok(()) };
        family::still(tx, learner, delegate, DelegatedScope::Enrolment, today).await
    }
}

/// An enrolment as its holder sees it.
#[derive(Clone, Debug)]
pub struct Mine {
    pub enrolment: Model,
    pub class: ClassFacts,
    /// From 1; only while waiting.
    pub position: Option<u64>,
    /// A short way between two classes, in words.
    pub warning: Option<String>,
    /// Another class of the course can still be had instead.
    pub may_change: bool,
}

/// Everything a person is in or waits for in terms that have not ended, and how
/// what is no longer live ended; live ones first.
///
/// # Errors
/// The database.
pub async fn my(app: &App, conn: &impl ConnectionTrait, who: ResidentId) -> Result<Vec<Mine>> {
    let today = app.clock.today();
    let mut rows = store::of_resident(conn, who).await?;
    // Of several sign-ups for one class only the last one matters.
    let mut seen = Vec::new();
    rows.retain(|row| {
        let first = !seen.contains(&row.class_id);
        seen.push(row.class_id);
        first
    });
    rows.sort_by_key(|row| !store::LIVE.contains(&row.status));
    let mut mine = describe(app, conn, rows).await?;
    mine.retain(|one| one.class.term.last_day >= today);
    without_what_is_over(app, conn, mine).await
}

/// An activity and a shift are over with their last meeting, and not with a term.
async fn without_what_is_over(
    app: &App,
    conn: &impl ConnectionTrait,
    mut mine: Vec<Mine>,
) -> Result<Vec<Mine>> {
    let once = |one: &Mine| matches!(one.class.class.kind, ClassKind::Activity | ClassKind::Shift);
    let ids: Vec<ClassId> =
        mine.iter().filter(|one| once(one)).map(|one| one.class.class.id).collect();
    if ids.is_empty() {
        return Ok(mine);
    }
    let (from, to) =
        (app.clock.now() - TimeDelta::hours(12), app.clock.now() + TimeDelta::days(366));
    let meetings = courses::meetings_between(conn, &ids, from, to).await?;
    let goes_on: HashSet<ClassId> = meetings
        .into_iter()
        .filter(|meeting| meeting.ends_at > app.clock.now())
        .map(|meeting| meeting.class_id)
        .collect();
    mine.retain(|one| !once(one) || goes_on.contains(&one.class.class.id));
    Ok(mine)
}

/// One enrolment as its holder sees it.
///
/// # Errors
/// `enrolment_not_found`.
pub async fn mine(app: &App, conn: &impl ConnectionTrait, row: Model) -> Result<Mine> {
    let mut rows = store::live_of(conn, &[row.resident_id], &[row.term_id]).await?;
    let id = row.id;
    rows.retain(|other| other.id != id);
    rows.push(row);
    let described = describe(app, conn, rows).await?;
    described.into_iter().find(|one| one.enrolment.id == id).ok_or_else(no_enrolment)
}

async fn describe(app: &App, conn: &impl ConnectionTrait, rows: Vec<Model>) -> Result<Vec<Mine>> {
    let classes: Vec<_> = rows.iter().map(|row| row.class_id).collect();
    let facts = courses::classes(conn, &classes).await?;
    let positions = store::positions(conn, &rows.iter().collect::<Vec<_>>()).await?;
    let live: Vec<_> = rows
        .iter()
        .filter(|row| store::LIVE.contains(&row.status))
        .filter_map(|row| facts.get(&row.class_id).cloned())
        .collect();
    let today = app.clock.today();
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let class = facts.get(&row.class_id)?.clone();
            let others: Vec<_> =
                live.iter().filter(|other| other.term.id == class.term.id).collect();
            let warning = store::LIVE
                .contains(&row.status)
                .then(|| eligibility::travel_warning(&class, &others))
                .flatten();
            let position = positions.get(&row.id).copied();
            let may_change = change::may_change(&row, &class.term, today)
                && (row.status == EnrolmentStatus::Placed
                    || others.iter().all(|other| other.course.id != class.course.id));
            Some(Mine { enrolment: row, class, position, warning, may_change })
        })
        .collect())
}

/// Who is in a class for good, in the order of sign-up.
///
/// # Errors
/// The database.
pub async fn class_learners(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<ResidentId>> {
    store::placed_in(conn, class).await
}

/// How many people are in each class for good; classes without any are missing.
///
/// # Errors
/// The database.
pub async fn placed_counts(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<HashMap<ClassId, i64>> {
    store::counts(conn, classes, EnrolmentStatus::Placed).await
}

/// The classes that a person is in for good, of all terms.
///
/// # Errors
/// The database.
pub async fn placed_classes(conn: &impl ConnectionTrait, who: ResidentId) -> Result<Vec<ClassId>> {
    store::classes_of(conn, who, EnrolmentStatus::Placed).await
}

/// Whether a person is in a class for good.
///
/// # Errors
/// The database.
pub async fn is_placed(
    conn: &impl ConnectionTrait,
    who: ResidentId,
    class: ClassId,
) -> Result<bool> {
    store::is_placed(conn, who, class).await
}

/// Who waits for a class and may be asked, in order, whether or not they let an offer pass.
///
/// # Errors
/// The database.
pub async fn in_line(
    conn: &impl ConnectionTrait,
    class: ClassId,
    today: NaiveDate,
) -> Result<Vec<ResidentId>> {
    store::in_line(conn, class, today).await
}

/// Of these enrolments, those that are places for good: whose, and in which class.
///
/// # Errors
/// The database.
pub async fn placed_by(
    conn: &impl ConnectionTrait,
    enrolments: &[EnrolmentId],
) -> Result<Vec<(ResidentId, ClassId)>> {
    let rows = store::by_ids(conn, enrolments).await?;
    let placed = rows.into_iter().filter(|row| row.status == EnrolmentStatus::Placed);
    Ok(placed.map(|row| (row.resident_id, row.class_id)).collect())
}

/// What one step of an enrolment says.
struct Step<'a> {
    to: EnrolmentStatus,
    /// Kept with the enrolment from now on.
    offer_expires_at: Option<DateTime<Utc>>,
    actor: Actor,
    reason: Option<&'a str>,
    now: DateTime<Utc>,
}

/// Takes one step: state, history and the class's counts. A place that is left is
/// given back here; one that is needed has been taken by the caller, who holds
/// the class.
async fn step(tx: &DatabaseTransaction, before: &Model, step: Step<'_>) -> Result<Model> {
    let after = Model {
        status: step.to,
        offer_expires_at: step.offer_expires_at,
        updated_at: step.now,
        ..before.clone()
    };
    if !store::set_status(tx, before, &after).await? {
        return Err(Error::internal(format!("enrolment {} changed without a lock", before.id)));
    }
    let line = store::Line {
        from: Some(before.status),
        now_is: &after,
        actor: step.actor,
        reason: step.reason,
        at: step.now,
    };
    store::add_changes(tx, &[line]).await?;
    let holds = |status| matches!(status, EnrolmentStatus::Placed | EnrolmentStatus::Offered);
    if holds(before.status) && !holds(after.status) {
        courses::give_back_place(tx, before.class_id, before.by_staff).await?;
    }
    let waits = |status| i32::from(status == EnrolmentStatus::Waiting);
    let more_waiting = waits(after.status) - waits(before.status);
    if more_waiting != 0 {
        courses::change_waiting(tx, before.class_id, more_waiting).await?;
    }
    Ok(after)
}

/// The enrolment with its person and class locked, as it stands then.
async fn locked(
    app: &App,
    tx: &DatabaseTransaction,
    id: EnrolmentId,
    actor: Actor,
) -> Result<Model> {
    let row = owned(tx, actor, id).await?;
    crate::members::lock(tx, row.resident_id).await?;
    actor.still_may(tx, app.clock.today()).await?;
    courses::lock_class(tx, row.class_id).await?;
    store::one(tx, id).await?.ok_or_else(no_enrolment)
}

/// The enrolment, if the actor may touch it.
async fn owned(conn: &impl ConnectionTrait, actor: Actor, id: EnrolmentId) -> Result<Model> {
    let row = store::one(conn, id).await?.ok_or_else(no_enrolment)?;
    match actor.learner() {
        Some(learner) if learner != row.resident_id => Err(no_enrolment()),
        _ => Ok(row),
    }
}

/// How an enrolment stands, in words.
fn status_text(status: EnrolmentStatus) -> &'static str {
    match status {
        EnrolmentStatus::Placed => "已录取",
        EnrolmentStatus::Waiting => "候补中",
        EnrolmentStatus::Offered => "有名额，等待确认",
        EnrolmentStatus::Withdrawn => "已退出",
        EnrolmentStatus::Cancelled => "班级停办",
    }
}

/// Refuses what is not in the colleague's scope, and notes what they do.
async fn scoped(app: &App, who: &Colleague, class: ClassId) -> Result<ClassFacts> {
    let facts = courses::class(app.db.read(), class).await?;
    courses::within_scope(who, &facts.site)?;
    Ok(facts)
}

/// Notes what staff did to an enrolment; what residents do stands in the history.
async fn record(
    tx: &DatabaseTransaction,
    actor: Actor,
    action: &str,
    enrolment: EnrolmentId,
    now: DateTime<Utc>,
) -> Result<()> {
    let Actor::Staff(staff) = actor else { return Ok(()) };
    staff::record(tx, Some(staff), action, &format!("enrolment:{enrolment}"), None, now).await
}

fn no_enrolment() -> Error {
    Error::not_found("enrolment_not_found", "没有找到这条报名。")
        .or_else("看看我的课程", Some("/mine".to_owned()))
}
