//! 回访: somebody does not come any more, and a person asks after them.
//!
//! 1. A task follows from the register alone, of meetings that are over: two unexplained
//!    absences in a row ask for a call, three for a talk after which the place may be
//!    released. It opens once per run of absences (unique index), however often it is
//!    looked for. A meeting that was cancelled, or at which nobody was registered, says
//!    nothing of anybody.
//! 2. Nobody loses anything by a task. A place is released by whoever closes it, after
//!    they have spoken to the person, by the same verb as every other withdrawal.
//! 3. A single absence is asked after at once of who lives alone, is of the age set, and
//!    wished it before; a consent that can be taken back.
//! 4. A register that is corrected closes what no longer follows from it, and says so; if
//!    it follows again, the same task is open again.
//! 5. Officers see the people of their own community, the centre all.
//! 6. Every step stays, with who and when; whoever closes one says what was said.

use chrono::{DateTime, Utc};

use entity::ids::{CareTaskId, ResidentId};
use entity::kinds::{CareKind, CareOutcome, CareStep, EnrolmentStatus, LeaveReason};
use entity::{care_event, care_task};

use crate::app::App;
use crate::courses::{self, ClassFacts};
use crate::enrolment::{self, Actor};
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::staff::{self, Colleague};

pub mod api;
mod follow;
mod runs;
mod store;

pub use follow::{follow, round};
pub use store::forget_resident;

/// The longest text of what was said, in characters.
const LONGEST: usize = 500;

/// A task with whom and what it is about.
#[derive(Debug)]
pub struct Task {
    pub row: care_task::Model,
    pub person: Person,
    pub class: ClassFacts,
    /// Of the missed meetings, the first and the last.
    pub missed: [DateTime<Utc>; 2],
    /// They still have their place.
    pub placed: bool,
    /// They came again since.
    pub came_since: bool,
}

/// How a task ends.
#[derive(Clone, Debug)]
pub struct Close<'a> {
    pub outcome: CareOutcome,
    /// What the person said.
    pub said: &'a str,
    /// Why they leave, where the place is released.
    pub leaves_for: Option<LeaveReason>,
}

/// The tasks that this colleague sees, the most urgent first; of closed ones the newest.
///
/// # Errors
/// `no_community`.
pub async fn tasks(app: &App, who: &Colleague, closed: bool) -> Result<Vec<Task>> {
    let rows = store::list(app.db.read(), staff::scope(who)?, closed).await?;
    described(app, rows).await
}

/// How many are open.
///
/// # Errors
/// `no_community`.
pub async fn open_count(app: &App, who: &Colleague) -> Result<u64> {
    store::open_count(app.db.read(), staff::scope(who)?).await
}

/// One task with all its steps.
///
/// # Errors
/// `care_not_found`, also of another community's.
pub async fn task(
    app: &App,
    who: &Colleague,
    id: CareTaskId,
) -> Result<(Task, Vec<care_event::Model>)> {
    let row = seen(app, who, id).await?;
    let steps = store::steps(app.db.read(), id).await?;
    let task = described(app, vec![row]).await?.pop().ok_or_else(none)?;
    Ok((task, steps))
}

async fn seen(app: &App, who: &Colleague, id: CareTaskId) -> Result<care_task::Model> {
    let row = store::one(app.db.read(), id, staff::scope(who)?).await?;
    row.ok_or_else(none)
}

fn none() -> Error {
    Error::not_found("care_not_found", "没有找到这项回访。")
}

async fn described(app: &App, rows: Vec<care_task::Model>) -> Result<Vec<Task>> {
    let conn = app.db.read();
    let residents: Vec<ResidentId> = rows.iter().map(|row| row.resident_id).collect();
    let classes: Vec<_> = rows.iter().map(|row| row.class_id).collect();
    let people = members::people(app, conn, &residents).await?;
    let classes = courses::classes(conn, &classes).await?;
    let about = store::about(conn, &rows).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let person = people.get(&row.resident_id)?.clone();
            let class = classes.get(&row.class_id)?.clone();
            let missed = [about.starts(row.first_meeting_id)?, about.starts(row.last_meeting_id)?];
            let placed = about.placed(row.resident_id, row.class_id);
            let came_since = about.came_after(row.resident_id, row.class_id, missed[1]);
            Some(Task { row, person, class, missed, placed, came_since })
        })
        .collect())
}

/// A colleague sees to it from now on, also in the place of another.
///
/// # Errors
/// `care_not_found`, `care_closed`.
pub async fn take(app: &App, who: &Colleague, id: CareTaskId) -> Result<()> {
    hold(app, who, id, true).await
}

/// …or does not after all.
///
/// # Errors
/// As [`take`].
pub async fn put_back(app: &App, who: &Colleague, id: CareTaskId) -> Result<()> {
    hold(app, who, id, false).await
}

async fn hold(app: &App, who: &Colleague, id: CareTaskId, takes: bool) -> Result<()> {
    let before = seen(app, who, id).await?;
    let (by, step) =
        if takes { (Some(who.id), CareStep::Taken) } else { (None, CareStep::PutBack) };
    if before.closed_at.is_none() && before.taken_by == by {
        return Ok(());
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if !store::set_taken(&tx, id, by).await? {
        return Err(closed());
    }
    store::add_step(&tx, id, step, Some(who.id), None, now).await?;
    tx.commit().await?;
    Ok(())
}

fn closed() -> Error {
    Error::conflict("care_closed", "这项回访已经办结了，请刷新看看。")
}

/// Notes a try that did not end it: nobody answered, call again.
///
/// # Errors
/// `care_not_found`, `care_closed`, `missing`, `too_long`.
pub async fn note(app: &App, who: &Colleague, id: CareTaskId, text: &str) -> Result<()> {
    let text = words(text)?;
    seen(app, who, id).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if !store::set_taken(&tx, id, Some(who.id)).await? {
        return Err(closed());
    }
    store::add_step(&tx, id, CareStep::Noted, Some(who.id), Some(text), now).await?;
    tx.commit().await?;
    Ok(())
}

fn words(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("missing", "请写一下对方说了什么。"));
    }
    if text.chars().count() > LONGEST {
        return Err(Error::invalid("too_long", format!("太长了，最多 {LONGEST} 个字。")));
    }
    Ok(text)
}

/// Ends a task with what was said; `Released` takes the person out of the class first.
///
/// # Errors
/// `missing`, `too_long`; `bad_outcome`: one that only comes by itself; `reason_needed`:
/// a place is released for a reason; `not_release`: a task that only asks after somebody;
/// `care_not_found`, `care_closed`; as `enrolment::withdraw_for`.
pub async fn close(app: &App, who: &Colleague, id: CareTaskId, how: Close<'_>) -> Result<()> {
    let said = words(how.said)?;
    let row = seen(app, who, id).await?;
    if row.closed_at.is_some() {
        return Err(closed());
    }
    match how.outcome {
        CareOutcome::Corrected | CareOutcome::Superseded | CareOutcome::Gone => {
            return Err(Error::invalid("bad_outcome", "请选一个结果。"));
        }
        CareOutcome::Released => release(app, who, &row, how.leaves_for, said).await?,
        _ => {}
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let end = store::End { outcome: how.outcome, by: Some(who.id), said: Some(said), at: now };
    if !store::close(&tx, id, &end).await? {
        return Err(closed());
    }
    store::add_step(&tx, id, CareStep::Closed, Some(who.id), Some(said), now).await?;
    let (object, detail) = (format!("care_task:{id}"), how.outcome.as_str());
    staff::record(&tx, Some(who.id), "care.closed", &object, Some(detail), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Done again after a failure in between, it changes nothing more.
async fn release(
    app: &App,
    who: &Colleague,
    row: &care_task::Model,
    why: Option<LeaveReason>,
    said: &str,
) -> Result<()> {
    if row.kind != CareKind::Release {
        let message = "缺课三次以上、和本人谈过，才能在这里退课。";
        return Err(Error::invalid("not_release", message));
    }
    let why = why.ok_or_else(|| Error::invalid("reason_needed", "请选退课的原因。"))?;
    let found = store::enrolment(app.db.read(), row.resident_id, row.class_id).await?;
    let Some(enrolment) = found.filter(|one| one.status == EnrolmentStatus::Placed) else {
        return Ok(());
    };
    let told: String = said.chars().take(150).collect();
    let actor = Actor::Staff(who.id);
    enrolment::withdraw_for(app, actor, enrolment.id, Some(why), Some(&told)).await?;
    Ok(())
}
