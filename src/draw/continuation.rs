//! 续读: who was in a course in the term before may keep a place before all others.

use sea_orm::ConnectionTrait;

use entity::ids::{ClassId, ResidentId, TermId};
use entity::{term, term_plan};

use super::store;
use crate::app::App;
use crate::courses::{self, ClassFacts, ClassFilter, Stage};
use crate::enrolment::{self, Actor, Grant, Way};
use crate::error::{Error, Result};
use crate::family::Caller;
use crate::members;

/// The classes in which somebody may keep a place, and whether they have done so.
///
/// # Errors
/// The database.
pub async fn may_keep(
    app: &App,
    conn: &impl ConnectionTrait,
    who: ResidentId,
) -> Result<Vec<(ClassFacts, bool)>> {
    let (term, plan) = super::planned_term(app, conn).await?;
    if courses::stage(&term, Some(&plan), app.clock.now()) != Stage::Continuation {
        return Ok(Vec::new());
    }
    let held = enrolment::held(conn, who, term.id).await?;
    let theirs = continuing(conn, who, &term).await?;
    let kept = |class: &ClassFacts| held.iter().any(|held| held.class.id == class.class.id);
    Ok(theirs.into_iter().map(|class| (class.clone(), kept(&class))).collect())
}

/// The open classes of a term that go on with what somebody learnt in the one before.
async fn continuing(
    conn: &impl ConnectionTrait,
    who: ResidentId,
    term: &term::Model,
) -> Result<Vec<ClassFacts>> {
    let Some(before) = term_before(conn, term).await? else { return Ok(Vec::new()) };
    let learnt = store::courses_in(conn, who, before).await?;
    if learnt.is_empty() {
        return Ok(Vec::new());
    }
    let filter = ClassFilter { term_id: Some(term.id), open_only: true, ..Default::default() };
    let mut classes = courses::list_classes(conn, &filter).await?;
    let ids: Vec<_> = classes.iter().map(|class| class.class.id).collect();
    let rules = courses::class_rules(conn, &ids).await?;
    classes.retain(|class| {
        let rule = rules.get(&class.class.id);
        let after = rule.and_then(|rule| rule.previous_course_id).unwrap_or(class.course.id);
        !rule.is_some_and(|rule| rule.beginners) && learnt.contains(&after)
    });
    Ok(classes)
}

/// The last term that was over when this one begins.
async fn term_before(conn: &impl ConnectionTrait, term: &term::Model) -> Result<Option<TermId>> {
    let terms = courses::terms(conn).await?;
    let before = terms.into_iter().filter(|other| other.last_day < term.first_day);
    Ok(before.max_by_key(|other| other.last_day).map(|other| other.id))
}

/// Keeps a place. Saying it twice is the same as once.
///
/// # Errors
/// `not_in_phase`, `no_plan`; `not_continuing`; `class_full`; and the rules of sign-up
/// that do not depend on the time.
pub async fn keep(app: &App, caller: Caller, class: ClassId) -> Result<()> {
    let (who, actor) = (caller.learner, Actor::from(caller));
    let tx = app.db.begin().await?;
    members::lock(&tx, who).await?;
    actor.still_may(&tx, app.clock.today()).await?;
    let facts = courses::class(&tx, class).await?;
    let plan: term_plan::Model =
        courses::plan(&tx, facts.term.id).await?.ok_or_else(courses::no_plan)?;
    let now = app.clock.now();
    courses::must_be(Stage::Continuation, &facts.term, &plan, now)?;
    if enrolment::held(&tx, who, facts.term.id).await?.iter().any(|held| held.class.id == class) {
        return Ok(());
    }
    let theirs = continuing(&tx, who, &facts.term).await?;
    if theirs.iter().all(|other| other.class.id != class) {
        let error = Error::forbidden("not_continuing", "续读只给上学期学过这门课的学员。");
        return Err(error.or_else("看看什么时候填志愿", Some("/wishes".to_owned())));
    }
    let way = (Way::Keep(&theirs), actor);
    enrolment::suits(app, &tx, who, &facts, plan.most_classes, way).await?;
    let granted = enrolment::grant(&tx, who, &facts, Grant::Placed, actor, "续读", now).await?;
    if granted.is_none() {
        let most = plan.most_classes;
        return enrolment::full_early(app, &tx, who, &facts, most, way).await;
    }
    tx.commit().await?;
    Ok(())
}
