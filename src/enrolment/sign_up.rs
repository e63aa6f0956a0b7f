//! Signing up: a place, the waiting list, or a refusal that helps.

use entity::enrolment::Model;
use entity::ids::{ClassId, ResidentId};
use entity::kinds::{ClassKind, Role};

use super::{Actor, Applicants, Mine, scoped};
use crate::app::App;
use crate::courses;
use crate::error::{Error, Result};
use crate::members;
use crate::staff::Colleague;

/// The longest name of a request.
const LONGEST_KEY: usize = 64;

/// How a sign-up is meant.
#[derive(Clone, Debug)]
pub struct SignUpOptions {
    /// Wait where there is no place.
    pub join_waitlist: bool,
    pub actor: Actor,
    /// Names the request: its repeat after a lost answer changes nothing, also when the
    /// person has left the class meanwhile.
    pub request_key: Option<String>,
}

/// A person, a class, and how it is meant.
pub(super) struct Request {
    pub(super) who: ResidentId,
    pub(super) class: ClassId,
    pub(super) join_waitlist: bool,
    pub(super) actor: Actor,
    pub(super) request_key: Option<String>,
    /// By which door they come.
    pub(super) door: Door,
}

/// Each kind of class is signed up for where its own rules are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    Of(ClassKind),
    /// At the counter: all but shifts, for which one is a volunteer.
    Counter,
}

impl Door {
    pub(super) fn opens(self, kind: ClassKind) -> bool {
        match self {
            Self::Of(own) => own == kind,
            Self::Counter => kind != ClassKind::Shift,
        }
    }
}

impl Request {
    /// This row was made by the same request before.
    pub(super) fn is_repeat_of(&self, row: &Model) -> bool {
        row.class_id == self.class
            && self.request_key.is_some()
            && row.request_key == self.request_key
    }
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
    pub mine: Mine,
    pub outcome: Outcome,
}

/// Gives a person a place in a class, or a number on its waiting list.
///
/// # Errors
/// `consent_needed`, `profile_needed`; `not_open`, `closed`, `barred`, `class_cancelled`,
/// `too_young`, `too_old`, `other_community`, `previous_needed`, `taken_out`,
/// `limit_reached`, `same_course`, `overlap`, `too_far`, `pledge_needed`,
/// `relative_needed`; `another_kind`: it is an activity, a shift or a club; `class_full` with other classes of the course and the waiting list
/// as next steps; `busy`.
pub async fn sign_up(
    app: &App,
    who: ResidentId,
    class: ClassId,
    options: SignUpOptions,
) -> Result<SignUp> {
    by_door(app, who, class, options, Door::Of(ClassKind::Course)).await
}

/// As [`sign_up`], for a class of another kind, of which the caller knows that the person may
/// be in it.
///
/// # Errors
/// As [`sign_up`]; `another_kind`.
pub async fn sign_up_to(
    app: &App,
    kind: ClassKind,
    who: ResidentId,
    class: ClassId,
    options: SignUpOptions,
) -> Result<SignUp> {
    by_door(app, who, class, options, Door::Of(kind)).await
}

async fn by_door(
    app: &App,
    who: ResidentId,
    class: ClassId,
    options: SignUpOptions,
    door: Door,
) -> Result<SignUp> {
    let SignUpOptions { join_waitlist, actor, request_key } = options;
    if request_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        return Err(Error::invalid("bad_request_key", "页面已过期，请刷新后再试。"));
    }
    let request = Request { who, class, join_waitlist, actor, request_key, door };
    let outcome = app.decisions.ask(request).await;
    let label = match &outcome {
        Ok(signed_up) => signed_up.outcome.label(),
        Err(error) => error.code,
    };
    metrics::counter!("shangxue_sign_ups_total", "outcome" => label).increment(1);
    outcome
}

/// What is still asked of a person before they can sign up for a class, in order: each as
/// the refusal that they would get, with the page where to do it.
///
/// # Errors
/// `class_not_found`.
pub async fn needs(app: &App, who: ResidentId, class: ClassId) -> Result<Vec<Error>> {
    let conn = app.db.read();
    let facts = courses::class(conn, class).await?;
    let only = std::iter::once(&facts);
    let applicants = Applicants::read(&app.config, conn, &[who], only).await?;
    match applicants.ready(who) {
        Ok(_) => applicants.missing_papers(who, &facts, app.clock.now()),
        Err(refusal) => Ok(vec![refusal]),
    }
}

impl Outcome {
    /// For figures.
    fn label(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Waiting => "waiting",
            Self::Already => "already",
        }
    }
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
    request_key: Option<String>,
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
    let actor = Actor::Staff(who.id);
    let options = SignUpOptions { join_waitlist, actor, request_key };
    by_door(app, resident.id, class, options, Door::Counter).await
}
