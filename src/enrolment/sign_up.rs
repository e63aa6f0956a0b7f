//! Signing up: a place, the waiting list, or a refusal that helps.

use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use chrono::{DateTime, Utc};
use entity::enrolment::{ActiveModel, Model};
use entity::ids::{ClassId, ResidentId};
use entity::kinds::{EnrolmentStatus, Role};

use super::{Actor, Step, eligibility, scoped, step, store, tell};
use crate::app::App;
use crate::courses::{self, ClassFacts};
use crate::error::{Error, Result};
use crate::members;
use crate::staff::Colleague;

/// How a sign-up is meant.
#[derive(Clone, Copy, Debug)]
pub struct SignUpOptions {
    /// Wait where there is no place.
    pub join_waitlist: bool,
    pub actor: Actor,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Placed,
    Waiting,
    /// Was in before; nothing changed.
    Already,
}

#[derive(Clone, Debug)]
pub struct SignUp {
    pub enrolment: Model,
    pub outcome: Outcome,
}

/// What the rules need to know, read at one moment.
struct Look {
    class: ClassFacts,
    birth_date: chrono::NaiveDate,
    existing: Option<Model>,
    held: Vec<ClassFacts>,
}

impl Look {
    async fn take(
        app: &App,
        conn: &impl ConnectionTrait,
        who: ResidentId,
        id: ClassId,
    ) -> Result<Self> {
        let class = courses::class(conn, id).await?;
        let profile = members::ready(app, conn, who).await?;
        let mut live = store::live_of_resident(conn, who, class.term.id).await?;
        let at = live.iter().position(|row| row.class_id == id);
        let existing = at.map(|at| live.swap_remove(at));
        let others: Vec<_> = live.iter().map(|row| row.class_id).collect();
        let held = courses::classes(conn, &others).await?.into_values().collect();
        Ok(Self { class, birth_date: profile.birth_date, existing, held })
    }

    /// `Some`: the person is in, and nothing is to be done.
    fn already(&self) -> Option<SignUp> {
        let enrolment = self.existing.clone().filter(|row| !missed_an_offer(row))?;
        Some(SignUp { enrolment, outcome: Outcome::Already })
    }

    fn check(&self, now: DateTime<Utc>) -> Result<()> {
        eligibility::check(&eligibility::Facts {
            now,
            class: &self.class,
            birth_date: self.birth_date,
            held: &self.held,
        })
    }
}

/// Waits, after having let an offer pass.
fn missed_an_offer(row: &Model) -> bool {
    row.status == EnrolmentStatus::Waiting && row.offer_expires_at.is_some()
}

/// Gives a person a place in a class, or a number on its waiting list.
///
/// # Errors
/// `consent_needed`, `profile_needed`; `not_open`, `closed`, `class_cancelled`,
/// `too_young`, `too_old`, `limit_reached`, `same_course`, `overlap`; `class_full`
/// with the waiting list and other classes of the course as next steps.
pub async fn sign_up(
    app: &App,
    who: ResidentId,
    class: ClassId,
    options: SignUpOptions,
) -> Result<SignUp> {
    let now = app.clock.now();
    // A look without any lock: in a rush nearly all refusals end here.
    let look = Look::take(app, app.db.read(), who, class).await?;
    if let Some(already) = look.already() {
        return Ok(already);
    }
    look.check(now)?;
    let waits = look.existing.is_some() || options.join_waitlist;
    if !waits && courses::free_places(&look.class.class) == 0 {
        return Err(class_full(app, &look.class, options.actor).await);
    }

    let tx = app.db.begin().await?;
    members::lock(&tx, who).await?;
    let look = Look::take(app, &tx, who, class).await?;
    if let Some(already) = look.already() {
        return Ok(already);
    }
    look.check(now)?;
    if waits {
        // Holding the class, so that no place comes free between “full” and the list.
        courses::lock_class(&tx, class).await?;
    }
    let Some(signed_up) = decide(&tx, who, &look, options, now).await? else {
        drop(tx);
        return Err(class_full(app, &look.class, options.actor).await);
    };
    tx.commit().await?;
    Ok(signed_up)
}

/// The place, the list, or `None` for a full class; the caller gives up the
/// transaction then.
async fn decide(
    tx: &DatabaseTransaction,
    who: ResidentId,
    look: &Look,
    options: SignUpOptions,
    now: DateTime<Utc>,
) -> Result<Option<SignUp>> {
    let class = look.class.class.id;
    let mut got = courses::take_place(tx, class).await?;
    // The class is locked by now if a place was taken.
    if got && store::head(tx, class).await?.is_some() {
        courses::give_back_place(tx, class).await?;
        got = false;
    }
    let enrolment = match (&look.existing, got) {
        (Some(before), true) => {
            let placed = Step {
                to: EnrolmentStatus::Placed,
                offer_expires_at: None,
                actor: options.actor,
                reason: None,
                now,
            };
            step(tx, before, placed).await?
        }
        (Some(before), false) => {
            let enrolment = before.clone();
            return Ok(Some(SignUp { enrolment, outcome: Outcome::Already }));
        }
        (None, true) => insert(tx, who, look, EnrolmentStatus::Placed, options.actor, now).await?,
        (None, false) if options.join_waitlist => {
            insert(tx, who, look, EnrolmentStatus::Waiting, options.actor, now).await?
        }
        (None, false) => return Ok(None),
    };
    super::record(tx, options.actor, "enrolment.signed_up", enrolment.id, now).await?;
    if enrolment.status != EnrolmentStatus::Placed {
        return Ok(Some(SignUp { enrolment, outcome: Outcome::Waiting }));
    }
    tell::placed(tx, &enrolment, &look.class, now).await?;
    Ok(Some(SignUp { enrolment, outcome: Outcome::Placed }))
}

/// A new enrolment with its history; the class is locked.
async fn insert(
    tx: &DatabaseTransaction,
    who: ResidentId,
    look: &Look,
    status: EnrolmentStatus,
    actor: Actor,
    now: DateTime<Utc>,
) -> Result<Model> {
    let class = &look.class.class;
    let waits = status == EnrolmentStatus::Waiting;
    let queue_number =
        if waits { Some(store::next_queue_number(tx, class.id).await?) } else { None };
    let row = ActiveModel {
        resident_id: Set(who),
        class_id: Set(class.id),
        course_id: Set(class.course_id),
        term_id: Set(class.term_id),
        status: Set(status),
        queue_number: Set(queue_number),
        offer_expires_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let Some(enrolment) = store::insert(tx, row).await? else {
        // Only without the person's lock; the index holds all the same.
        return Err(Error::conflict("same_course", "同一门课只能报一个班，已经报过了。")
            .or_else("看看我的课程", Some("/mine".to_owned())));
    };
    if waits {
        courses::change_waiting(tx, class.id, 1).await?;
    }
    store::add_change(tx, None, &enrolment, actor, None, now).await?;
    Ok(enrolment)
}

/// The refusal of a full class, with what can be had instead.
async fn class_full(app: &App, facts: &ClassFacts, actor: Actor) -> Error {
    let class = &facts.class;
    let full = Error::conflict("class_full", "这个班已经报满了。");
    let mut error = match actor {
        Actor::Staff(_) => full.or_else("列入候补，有了名额会通知本人", None),
        Actor::Resident(_) | Actor::System => full
            .or_else("加入候补，有了名额会通知您", Some(format!("/classes/{}?join=1", class.id))),
    };
    match courses::alternatives(app.db.read(), class, 3).await {
        Ok(others) => {
            for other in others {
                let text = format!(
                    "“{}”（{}，{}）还有 {} 个名额",
                    other.class.name,
                    courses::time_text(&other.class),
                    other.site.name,
                    courses::free_places(&other.class)
                );
                error = error.or_else(text, Some(format!("/classes/{}", other.class.id)));
            }
        }
        // The refusal stands without them.
        Err(problem) => tracing::warn!(cause = %problem.chain(), "cannot look for alternatives"),
    }
    error
}

/// Signs up a known resident at the counter, within the colleague's scope.
///
/// # Errors
/// As [`sign_up`]; `resident_not_found`, `out_of_scope`.
pub async fn sign_up_at_counter(
    app: &App,
    who: &Colleague,
    class: ClassId,
    learner_number: &str,
    join_waitlist: bool,
) -> Result<SignUp> {
    scoped(app, who, class).await?;
    let number = learner_number.trim();
    let scope = if who.role == Role::Officer { who.community } else { None };
    let found = members::find(app, number, scope).await?;
    let resident =
        found.into_iter().find(|person| person.learner_number == number).ok_or_else(|| {
            Error::not_found("resident_not_found", "没有这个学员号，请核对后再试。")
                .or_else("按姓名或手机号查找", None)
        })?;
    let options = SignUpOptions { join_waitlist, actor: Actor::Staff(who.id) };
    sign_up(app, resident.id, class, options).await
}
