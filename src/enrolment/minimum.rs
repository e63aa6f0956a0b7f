//! Whether a class has enough people to begin. The machine counts; staff decide.

use std::collections::HashMap;

use entity::ids::{ClassId, TermId};
use entity::kinds::{EnrolmentStatus, LeaveReason, Role};
use entity::term;

use super::{store, withdraw};
use crate::app::App;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::error::{Error, Result};
use crate::staff::Colleague;

/// A class of a term that is about to begin.
#[derive(Clone, Debug)]
pub struct RunningClass {
    pub facts: ClassFacts,
    /// Placed for good.
    pub people: i64,
    /// So many are needed.
    pub least: i32,
    /// Was found to have too few, still has, and nobody decided.
    pub undecided: bool,
    /// Other classes of the course with free places.
    pub sisters: Vec<ClassFacts>,
}

/// How the classes of a term are filled, and why people left.
#[derive(Clone, Debug)]
pub struct Running {
    pub term: term::Model,
    pub classes: Vec<RunningClass>,
    /// In words, the most frequent first.
    pub left: Vec<(&'static str, i64)>,
}

/// Job: notes which classes of a term have too few people, once the time has come. Run
/// again, it notes what is new.
///
/// # Errors
/// The database.
pub async fn see_to_minimum(app: &App, id: TermId) -> Result<()> {
    let now = app.clock.now();
    let Ok(term) = term_of(app, id).await else { return Ok(()) };
    if now < courses::must_decide_at(&term) || term.last_day < app.clock.today() {
        // The days were changed: another job comes in time.
        return Ok(());
    }
    let classes = open_classes(app, id).await?;
    let people = placed(app, &classes).await?;
    let tx = app.db.begin().await?;
    for facts in &classes {
        let (people, least) = (count(&people, facts), courses::least_people(facts));
        if people < i64::from(least) {
            courses::note_below(&tx, facts.class.id, (people, least), now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn term_of(app: &App, id: TermId) -> Result<term::Model> {
    let terms = courses::terms(app.db.read()).await?;
    let term = terms.into_iter().find(|term| term.id == id);
    term.ok_or_else(|| Error::not_found("term_not_found", "没有找到这个学期。"))
}

async fn open_classes(app: &App, term: TermId) -> Result<Vec<ClassFacts>> {
    let filter = ClassFilter { term_id: Some(term), open_only: true, ..Default::default() };
    courses::list_classes(app.db.read(), &filter).await
}

async fn placed(app: &App, classes: &[ClassFacts]) -> Result<HashMap<ClassId, i64>> {
    let ids: Vec<_> = classes.iter().map(|facts| facts.class.id).collect();
    store::counts(app.db.read(), &ids, EnrolmentStatus::Placed).await
}

fn count(people: &HashMap<ClassId, i64>, facts: &ClassFacts) -> i64 {
    people.get(&facts.class.id).copied().unwrap_or(0)
}

/// How the classes of a term are filled, those to be decided first; an officer's own
/// community only.
///
/// # Errors
/// `term_not_found`.
pub async fn running(app: &App, who: &Colleague, id: TermId) -> Result<Running> {
    let (term, now) = (term_of(app, id).await?, app.clock.now());
    let all = open_classes(app, id).await?;
    let people = placed(app, &all).await?;
    let mine = |facts: &&ClassFacts| {
        who.role != Role::Officer || courses::within_scope(who, &facts.site).is_ok()
    };
    let sisters = |facts: &ClassFacts| -> Vec<ClassFacts> {
        let sister = |other: &&ClassFacts| {
            other.course.id == facts.course.id
                && other.class.id != facts.class.id
                && courses::free_places(other, now) > 0
        };
        all.iter().filter(sister).cloned().collect()
    };
    let mut classes: Vec<_> = all
        .iter()
        .filter(mine)
        .map(|facts| {
            let (people, least) = (count(&people, facts), courses::least_people(facts));
            let undecided = facts.class.below_since.is_some()
                && facts.class.kept_open_at.is_none()
                && people < i64::from(least);
            let sisters = sisters(facts);
            RunningClass { facts: facts.clone(), people, least, undecided, sisters }
        })
        .collect();
    classes.sort_by_key(|class| (!class.undecided, class.people - i64::from(class.least)));
    let filter = ClassFilter { term_id: Some(id), ..Default::default() };
    let every = courses::list_classes(app.db.read(), &filter).await?;
    let ids: Vec<_> = every.iter().filter(mine).map(|facts| facts.class.id).collect();
    let left = store::left_counts(app.db.read(), &ids).await?;
    let text = |why: Option<LeaveReason>| why.map_or("没有说", withdraw::leave_text);
    let mut left: Vec<_> = left.into_iter().map(|(why, people)| (text(why), people)).collect();
    left.sort_by_key(|(_, people)| -people);
    Ok(Running { term, classes, left })
}
