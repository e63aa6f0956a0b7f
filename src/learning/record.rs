//! Puts together how people stand in their classes.

use std::collections::{BTreeSet, HashMap};

use entity::class_pass;
use entity::ids::{ClassId, CourseId, ResidentId, TermId};
use entity::kinds::{ClassKind, ClassStatus, EnrolmentStatus};

use super::rules::{self, Known, Rules, Standing};
use super::store::{self, Attended, Of, Plan, SignUp};
use super::{ClassFacts, ClassRecord};
use crate::app::App;
use crate::courses;
use crate::error::Result;

/// Of everything that somebody signed up for and came to.
pub(super) async fn of_resident(app: &App, resident: ResidentId) -> Result<Vec<ClassRecord>> {
    let sign_ups = store::sign_ups(app.db.read(), &Of::Resident(resident)).await?;
    records(app, sign_ups, Of::Resident(resident)).await
}

/// Of everybody who is in this class, or was and came.
pub(super) async fn of_class(app: &App, facts: &ClassFacts) -> Result<Vec<ClassRecord>> {
    let of = Of::Course(facts.course.id, facts.term.id);
    let mut sign_ups = store::sign_ups(app.db.read(), &of).await?;
    let here: BTreeSet<ResidentId> =
        sign_ups.iter().filter(|one| one.class == facts.class.id).map(|one| one.resident).collect();
    sign_ups.retain(|one| here.contains(&one.resident));
    let mut rows = records(app, sign_ups, of).await?;
    rows.retain(|row| row.facts.class.id == facts.class.id);
    Ok(rows)
}

/// What was read of all the classes at once.
struct Read {
    facts: HashMap<ClassId, ClassFacts>,
    plans: HashMap<ClassId, Plan>,
    attended: HashMap<(ResidentId, ClassId), Attended>,
    words: HashMap<(ResidentId, ClassId), class_pass::Model>,
}

async fn records(app: &App, sign_ups: Vec<SignUp>, of: Of) -> Result<Vec<ClassRecord>> {
    let conn = app.db.read();
    let classes: BTreeSet<ClassId> = sign_ups.iter().map(|one| one.class).collect();
    let classes: Vec<ClassId> = classes.into_iter().collect();
    let read = Read {
        facts: courses::classes(conn, &classes).await?,
        plans: store::plans(conn, &classes).await?,
        attended: store::attended(conn, &of, &classes).await?,
        words: store::words(conn, &of).await?,
    };
    let mut groups: HashMap<(ResidentId, CourseId, TermId), Vec<SignUp>> = HashMap::new();
    for one in sign_ups {
        groups.entry((one.resident, one.course, one.term)).or_default().push(one);
    }
    let now = app.clock.now();
    let record = |((resident, ..), rows): ((ResidentId, CourseId, TermId), Vec<SignUp>)| {
        one(&read, resident, &rows, now)
    };
    Ok(groups.into_iter().filter_map(record).collect())
}

/// A person and a course in a term: the class in which they are, or were last and came.
fn one(
    read: &Read,
    resident: ResidentId,
    rows: &[SignUp],
    now: chrono::DateTime<chrono::Utc>,
) -> Option<ClassRecord> {
    let classes: BTreeSet<ClassId> = rows.iter().map(|row| row.class).collect();
    let attended =
        |class: &ClassId| read.attended.get(&(resident, *class)).copied().unwrap_or_default();
    let sum = classes.iter().map(attended).fold(Attended::default(), Attended::and);
    let placed = rows.iter().find(|row| row.status == EnrolmentStatus::Placed);
    let class = match placed {
        Some(row) => row.class,
        None => *classes.iter().rev().find(|class| attended(class).times > 0)?,
    };
    let facts =
        read.facts.get(&class).filter(|facts| facts.class.kind == ClassKind::Course)?.clone();
    let plan = read.plans.get(&class).copied().unwrap_or_default();
    let word = read.words.get(&(resident, class)).cloned();
    let rules = Rules::from(&facts.term);
    let known = Known {
        placed: placed.is_some() && facts.class.status == ClassStatus::Open,
        over: plan.ends_at.is_some_and(|at| at <= now),
        learnt: sum.hundredths,
        held: plan.hundredths,
        passed: word.as_ref().map(|word| word.passed),
    };
    let standing = rules::standing(rules, known);
    let completed = standing == Standing::Completed;
    Some(ClassRecord {
        resident,
        facts,
        learnt: sum.hundredths,
        held: plan.hundredths,
        attended: sum.times,
        meetings: plan.meetings,
        standing,
        credits: if completed { rules::credits(rules, sum.hundredths) } else { 0 },
        word,
    })
}
