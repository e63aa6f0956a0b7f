//! The phases of a term: continuation, wishes, draw, confirmation, and after them
//! first come first served. A term without a plan has the last alone.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{ClassId, CourseId, TermId};
use entity::{class_rule, term, term_plan};

use super::make::found;
use super::{check, no_class, store, within_scope};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

/// What people can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing yet, or not between two phases.
    Between,
    /// Learners of the term before keep their place.
    Continuation,
    Wishes,
    /// The list is frozen; the seed and the result are waited for.
    Draw,
    /// Who was drawn says so.
    Confirm,
    /// First come first served.
    Open,
    Closed,
}

/// A phase with its times; the end itself is no longer in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub stage: Stage,
    pub opens_at: DateTime<Utc>,
    pub closes_at: DateTime<Utc>,
}

/// All phases of a term, in order.
pub fn steps(term: &term::Model, plan: Option<&term_plan::Model>) -> Vec<Step> {
    let step = |stage, opens_at, closes_at| Step { stage, opens_at, closes_at };
    let mut steps = Vec::new();
    if let Some(plan) = plan {
        if let (Some(from), Some(to)) = (plan.continuation_opens_at, plan.continuation_closes_at) {
            steps.push(step(Stage::Continuation, from, to));
        }
        steps.push(step(Stage::Wishes, plan.wishes_open_at, plan.wishes_close_at));
        steps.push(step(Stage::Draw, plan.wishes_close_at, plan.seed_at));
        steps.push(step(Stage::Confirm, plan.seed_at, plan.confirm_until));
    }
    steps.push(step(Stage::Open, term.enrolment_opens_at, term.enrolment_closes_at));
    steps
}

/// Where a term stands. Until all that was drawn is given, nothing comes after the
/// draw, however late it is.
pub fn stage(term: &term::Model, plan: Option<&term_plan::Model>, now: DateTime<Utc>) -> Stage {
    if let Some(plan) = plan {
        if plan.settled_at.is_none() && now >= plan.wishes_close_at {
            return Stage::Draw;
        }
        // Drawn as soon as the seed was known, which may be before its hour.
        if plan.settled_at.is_some() && now < plan.confirm_until {
            return Stage::Confirm;
        }
    }
    let steps = steps(term, plan);
    let now_in = |step: &&Step| step.opens_at <= now && now < step.closes_at;
    match steps.iter().find(now_in) {
        Some(step) => step.stage,
        None if now >= term.enrolment_closes_at => Stage::Closed,
        None => Stage::Between,
    }
}

/// When anything of a term begins.
pub(super) fn begins(term: &term::Model, plan: Option<&term_plan::Model>) -> DateTime<Utc> {
    let times = plan.map(|plan| plan.continuation_opens_at.unwrap_or(plan.wishes_open_at));
    times.unwrap_or(term.enrolment_opens_at)
}

/// The phases of a term, if it has more than one.
///
/// # Errors
/// The database.
pub async fn plan(conn: &impl ConnectionTrait, term: TermId) -> Result<Option<term_plan::Model>> {
    store::plans::plan(conn, term).await
}

/// The phases of all terms that have more than one.
///
/// # Errors
/// The database.
pub async fn plans(conn: &impl ConnectionTrait) -> Result<HashMap<TermId, term_plan::Model>> {
    store::plans::plans(conn).await
}

/// What staff plan.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// From and to.
    pub continuation: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub wishes: (DateTime<Utc>, DateTime<Utc>),
    pub seed_at: DateTime<Utc>,
    pub seed_source: String,
    pub confirm_until: DateTime<Utc>,
    pub most_classes: i32,
    pub newcomer_percent: i32,
}

/// Enters or changes the phases of a term; the freezing of the list is arranged.
///
/// # Errors
/// `bad_phases`: the times are not in order; `plan_frozen`: the list is published.
pub async fn save_plan(
    app: &App,
    who: &Colleague,
    id: TermId,
    new: &NewPlan,
) -> Result<term_plan::Model> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let term = store::lock_term(&tx, id).await?;
    let term = term.ok_or_else(|| Error::not_found("not_found", "没有这个学期。"))?;
    let plan = checked(&term, new, now)?;
    if !store::plans::put_plan(&tx, &plan).await? {
        return Err(frozen());
    }
    let job = Job::FreezeDraw { term: id };
    outbox::enqueue(&tx, &job, now, plan.wishes_close_at).await?;
    staff::record(&tx, Some(who.id), "term.planned", &format!("term:{id}"), None, now).await?;
    tx.commit().await?;
    Ok(plan)
}

fn checked(term: &term::Model, new: &NewPlan, now: DateTime<Utc>) -> Result<term_plan::Model> {
    let (wishes_open_at, wishes_close_at) = new.wishes;
    let mut times = vec![wishes_open_at, wishes_close_at, new.seed_at, new.confirm_until];
    times.extend(new.continuation.map(|(from, _)| from));
    for time in &times {
        check::plausible_time(*time, "各个时间的年份")?;
    }
    if let Some((from, to)) = new.continuation {
        let order = from < to && to <= wishes_open_at;
        check::ensure(order, "bad_phases", "续读要先开始后结束，并在填志愿之前结束。")?;
    }
    check::ensure(wishes_open_at < wishes_close_at, "bad_phases", "填志愿的截止要晚于开始。")?;
    check::ensure(
        wishes_close_at < new.seed_at,
        "bad_phases",
        "种子公布的时间要晚于志愿截止，不然结果没有人信。",
    )?;
    check::ensure(
        wishes_close_at > now && new.seed_at > now,
        "bad_phases",
        "志愿截止和种子公布的时间都要在现在以后。",
    )?;
    check::ensure(
        new.seed_at < new.confirm_until && new.confirm_until <= term.enrolment_opens_at,
        "bad_phases",
        "确认截止要在种子公布以后、先到先得开始以前。",
    )?;
    check::between(new.most_classes, 1, term.max_classes_per_person, "志愿阶段每人最多几个班")?;
    check::between(new.newcomer_percent, 0, 100, "留给新学员的百分比")?;
    Ok(term_plan::Model {
        term_id: term.id,
        continuation_opens_at: new.continuation.map(|(from, _)| from),
        continuation_closes_at: new.continuation.map(|(_, to)| to),
        wishes_open_at,
        wishes_close_at,
        seed_at: new.seed_at,
        seed_source: check::text(&new.seed_source, "种子从哪里来", 100)?,
        confirm_until: new.confirm_until,
        most_classes: new.most_classes,
        newcomer_percent: new.newcomer_percent,
        frozen_at: None,
        settled_at: None,
    })
}

/// Makes a term first come first served again, as long as nothing is published.
///
/// # Errors
/// `plan_frozen`.
pub async fn remove_plan(app: &App, who: &Colleague, id: TermId) -> Result<()> {
    let tx = app.db.begin().await?;
    if !store::plans::delete_plan(&tx, id).await? {
        return Err(frozen());
    }
    let object = format!("term:{id}");
    staff::record(&tx, Some(who.id), "term.unplanned", &object, None, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

fn frozen() -> Error {
    Error::conflict("plan_frozen", "名单已经公布，各个阶段不能再改。")
}

/// What is said of a term must leave its phases in order.
pub(super) async fn term_fits_plan(tx: &DatabaseTransaction, term: &term::Model) -> Result<()> {
    let Some(plan) = store::plans::plan(tx, term.id).await? else { return Ok(()) };
    check::ensure(
        plan.confirm_until <= term.enrolment_opens_at
            && plan.most_classes <= term.max_classes_per_person,
        "bad_phases",
        "先到先得要在摇号确认截止以后，每人可报班数不能少于志愿阶段的。",
    )
}

/// Waits until nobody else decides about the phases of a term, or a list is frozen.
///
/// # Errors
/// `no_plan`.
pub async fn lock_plan(
    tx: &DatabaseTransaction,
    id: TermId,
) -> Result<(term::Model, term_plan::Model)> {
    let term = store::lock_term(tx, id).await?;
    let plan = store::plans::plan(tx, id).await?;
    term.zip(plan).ok_or_else(no_plan)
}

/// As [`lock_plan`], for those who do not decide about the phases: many at a time.
///
/// # Errors
/// `no_plan`.
pub async fn share_plan(
    tx: &DatabaseTransaction,
    id: TermId,
) -> Result<(term::Model, term_plan::Model)> {
    let term = store::share_term(tx, id).await?;
    let plan = store::plans::plan(tx, id).await?;
    term.zip(plan).ok_or_else(no_plan)
}

pub(crate) fn no_plan() -> Error {
    Error::not_found("no_plan", "这个学期不用填志愿，先到先得。")
        .or_else("看看有哪些班", Some("/classes".to_owned()))
}

/// The list is published from here on; false: it was before.
///
/// # Errors
/// The database.
pub async fn plan_frozen(tx: &DatabaseTransaction, id: TermId, now: DateTime<Utc>) -> Result<bool> {
    store::plans::mark(tx, id, term_plan::Column::FrozenAt, now).await
}

/// The places on a published list stay as they are until what was drawn is given.
///
/// # Errors
/// `draw_running`.
pub async fn no_draw_running(tx: &DatabaseTransaction, id: TermId) -> Result<()> {
    store::share_term(tx, id).await?;
    match store::plans::plan(tx, id).await? {
        Some(plan) if plan.frozen_at.is_some() && plan.settled_at.is_none() => {
            Err(Error::conflict("draw_running", "名单已经公布，等摇号结束以后再办。"))
        }
        _ => Ok(()),
    }
}

/// All that was drawn is given from here on; false: it was before.
///
/// # Errors
/// The database.
pub async fn plan_settled(
    tx: &DatabaseTransaction,
    id: TermId,
    now: DateTime<Utc>,
) -> Result<bool> {
    store::plans::mark(tx, id, term_plan::Column::SettledAt, now).await
}

/// How classes take part; those without a rule are missing.
///
/// # Errors
/// The database.
pub async fn class_rules(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<HashMap<ClassId, class_rule::Model>> {
    store::plans::rules(conn, classes).await
}

/// Says how a class takes part.
///
/// # Errors
/// `plan_frozen`, `class_not_found`, `out_of_scope`, `unknown_reference`.
pub async fn save_class_rule(
    app: &App,
    who: &Colleague,
    class: ClassId,
    beginners: bool,
    previous: Option<CourseId>,
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let facts = store::class(&tx, class).await?.ok_or_else(no_class)?;
    within_scope(who, &facts.site)?;
    if let Some(course) = previous {
        found(store::course(&tx, course).await?, "选的课程不存在。")?;
    }
    store::lock_term(&tx, facts.term.id).await?;
    let plan = store::plans::plan(&tx, facts.term.id).await?;
    if plan.is_some_and(|plan| plan.frozen_at.is_some()) {
        return Err(frozen());
    }
    let rule = class_rule::Model { class_id: class, beginners, previous_course_id: previous };
    store::plans::put_rule(&tx, &rule).await?;
    staff::record(&tx, Some(who.id), "class.rule", &format!("class:{class}"), None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Refuses with when it was or will be, in words.
///
/// # Errors
/// `not_in_phase`, unless the term is in this phase.
pub fn must_be(
    wanted: Stage,
    term: &term::Model,
    plan: &term_plan::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    if stage(term, Some(plan), now) == wanted {
        return Ok(());
    }
    let step = steps(term, Some(plan)).into_iter().find(|step| step.stage == wanted);
    let message = match step {
        Some(step) if now < step.opens_at => {
            format!("还没到时候，{}开始。", clock::spoken(step.opens_at))
        }
        Some(step) => format!("已经截止了，截止时间是{}。", clock::spoken(step.closes_at)),
        None => "这个学期没有这一步。".to_owned(),
    };
    Err(Error::conflict("not_in_phase", message)
        .or_else("看看现在可以做什么", Some("/".to_owned())))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::courses::sample;

    fn at(day: u32, hour: i32) -> DateTime<Utc> {
        clock::at_local(chrono::NaiveDate::from_ymd_opt(2026, 9, day).expect("valid"), hour * 60)
    }

    fn term() -> term::Model {
        term::Model {
            enrolment_opens_at: at(20, 9),
            enrolment_closes_at: at(28, 9),
            ..sample::term()
        }
    }

    fn new() -> NewPlan {
        NewPlan {
            continuation: Some((at(1, 9), at(8, 9))),
            wishes: (at(9, 9), at(14, 9)),
            seed_at: at(14, 21),
            seed_source: "排列5".to_owned(),
            confirm_until: at(18, 20),
            most_classes: 2,
            newcomer_percent: 30,
        }
    }

    #[test]
    fn a_term_goes_through_its_phases_to_the_moment() {
        let term = term();
        let mut plan = checked(&term, &new(), at(1, 0)).expect("in order");
        let step = TimeDelta::milliseconds(1);
        let stage_at = |plan: &term_plan::Model, time| stage(&term, Some(plan), time);
        assert_eq!(stage_at(&plan, at(1, 9) - step), Stage::Between);
        assert_eq!(stage_at(&plan, at(1, 9)), Stage::Continuation);
        assert_eq!(stage_at(&plan, at(8, 9)), Stage::Between);
        assert_eq!(stage_at(&plan, at(9, 9)), Stage::Wishes);
        assert_eq!(stage_at(&plan, at(14, 9) - step), Stage::Wishes);
        assert_eq!(stage_at(&plan, at(14, 9)), Stage::Draw);
        assert_eq!(
            stage_at(&plan, at(21, 9)),
            Stage::Draw,
            "nobody is served before the draw is done"
        );
        plan.settled_at = Some(at(14, 22));
        assert_eq!(stage_at(&plan, at(14, 22)), Stage::Confirm);
        assert_eq!(stage_at(&plan, at(18, 20)), Stage::Between);
        assert_eq!(stage_at(&plan, at(20, 9)), Stage::Open);
        assert_eq!(stage_at(&plan, at(28, 9)), Stage::Closed);
        assert_eq!(stage(&term, None, at(14, 9)), Stage::Between, "first come first served alone");
        assert_eq!(begins(&term, Some(&plan)), at(1, 9));
    }

    #[test]
    fn times_out_of_order_are_refused() {
        let code = |change: fn(&mut NewPlan)| {
            let mut plan = new();
            change(&mut plan);
            checked(&term(), &plan, at(1, 0)).err().map(|error| error.code)
        };
        assert_eq!(code(|_| ()), None);
        assert_eq!(code(|plan| plan.continuation = None), None);
        assert_eq!(code(|plan| plan.wishes.0 = at(14, 9)), Some("bad_phases"));
        assert_eq!(
            code(|plan| plan.continuation = Some((at(1, 9), at(10, 9)))),
            Some("bad_phases")
        );
        assert_eq!(code(|plan| plan.seed_at = plan.wishes.1), Some("bad_phases"));
        assert_eq!(code(|plan| plan.confirm_until = at(21, 9)), Some("bad_phases"));
        assert_eq!(code(|plan| plan.most_classes = 4), Some("out_of_range"));
        assert_eq!(
            checked(&term(), &new(), at(14, 9)).err().map(|error| error.code),
            Some("bad_phases")
        );
    }
}
