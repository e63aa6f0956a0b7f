//! What is asked for after a meeting, and again after each correction.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;

use entity::care_task;
use entity::ids::{ClassId, MeetingId, ResidentId};
use entity::kinds::{CareKind, CareOutcome, CareStep, ClassKind};

use super::runs::{self, Limits, Run};
use super::store::{self, End};
use crate::app::App;
use crate::clock;
use crate::courses;
use crate::enrolment;
use crate::error::Result;
use crate::members;
use crate::outbox::{self, Job};

/// Meetings that were over longer ago, when the service first looked, are left alone.
const LOOKS_BACK: TimeDelta = TimeDelta::days(14);

/// Asks for what follows from meetings whose grace is over, once for each.
///
/// # Errors
/// The database.
pub async fn round(app: &App) -> Result<()> {
    let now = app.clock.now();
    let until = now - grace(app);
    let due = store::not_followed(app.db.read(), until - LOOKS_BACK, until).await?;
    if due.is_empty() {
        return Ok(());
    }
    let tx = app.db.begin().await?;
    for meeting in due {
        if store::followed(&tx, meeting, now).await? {
            outbox::enqueue(&tx, &Job::FollowMeeting { meeting }, now, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

fn grace(app: &App) -> TimeDelta {
    TimeDelta::minutes(app.config.care.grace_minutes)
}

/// Opens the tasks that follow from the register of the meeting's class, and closes those
/// that no longer do (a job). Run again, it changes nothing.
///
/// # Errors
/// The database.
pub async fn follow(app: &App, meeting: MeetingId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let Ok((_, facts)) = courses::meeting(&tx, meeting).await else { return Ok(()) };
    // Who does not come to an activity is asked after by nobody.
    if facts.class.kind != ClassKind::Course {
        return Ok(());
    }
    let class = facts.class.id;
    let people = Class::look(app, &tx, class, now).await?;
    let rules = &app.config.care;
    let limits = Limits { call: rules.call_after, release: rules.release_after };
    let tasks = store::of_class(&tx, class).await?;
    for task in &tasks {
        settle(app, &tx, task, &people, limits).await?;
    }
    let mut learners: Vec<_> = people.histories.iter().collect();
    learners.sort_by_key(|(resident, _)| **resident);
    for (resident, runs) in learners {
        let Some(run) = runs.last().filter(|run| run.goes_on) else { continue };
        let care = tasks.iter().find(|task| {
            task.kind == CareKind::Care
                && task.resident_id == *resident
                && task.first_meeting_id == run.first
        });
        let cared_for = care.is_some_and(|task| task.closed_at.is_some());
        let agreed = people.agreed.contains(resident);
        for kind in limits.wanted(run.absences, agreed, cared_for) {
            open(app, &tx, (kind, *resident, class), run, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// What there is to know of a class.
struct Class {
    /// Of everybody in it, the runs since they got their place.
    histories: HashMap<ResidentId, Vec<Run>>,
    /// Who wished a care call, lives alone and is old enough.
    agreed: HashSet<ResidentId>,
}

impl Class {
    async fn look(
        app: &App,
        tx: &DatabaseTransaction,
        class: ClassId,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let meetings = store::kept_meetings(tx, class, now - grace(app)).await?;
        let ids: Vec<_> = meetings.iter().map(|meeting| meeting.id).collect();
        let statuses = store::statuses(tx, &ids).await?;
        let placed = store::placed_since(tx, class).await?;
        let mut histories = HashMap::new();
        for (resident, since) in &placed {
            let own: Vec<_> = meetings
                .iter()
                .filter(|meeting| meeting.starts_at >= *since)
                .map(|meeting| (meeting.id, statuses.get(&(meeting.id, *resident)).copied()))
                .collect();
            histories.insert(*resident, runs::runs(&own));
        }
        let residents: Vec<_> = placed.keys().copied().collect();
        let agreed = members::lives_alone(tx, &residents).await?;
        let (today, least) = (clock::local_date(now), app.config.care.care_age);
        let old = |birth: &NaiveDate| today.years_since(*birth).is_some_and(|age| age >= least);
        let agreed = agreed.into_iter().filter(|(_, birth)| birth.as_ref().is_some_and(old));
        Ok(Self { histories, agreed: agreed.map(|(resident, _)| resident).collect() })
    }

    fn run_of(&self, task: &care_task::Model) -> Option<&Run> {
        let runs = self.histories.get(&task.resident_id)?;
        runs.iter().find(|run| run.first == task.first_meeting_id)
    }
}

/// Closes a task that no longer follows, and opens one again that does after all.
async fn settle(
    app: &App,
    tx: &DatabaseTransaction,
    task: &care_task::Model,
    people: &Class,
    limits: Limits,
) -> Result<()> {
    let now = app.clock.now();
    let absences = people.run_of(task).map_or(0, |run| run.absences);
    // Who takes their wish back has still missed what they missed.
    let follows = limits.ask(task.kind, absences, true);
    let outcome = match (task.closed_at.is_some(), task.outcome) {
        (false, _) if !people.histories.contains_key(&task.resident_id) => CareOutcome::Gone,
        (false, _) if !follows => CareOutcome::Corrected,
        (false, _)
            if task.kind == CareKind::Call && limits.ask(CareKind::Release, absences, false) =>
        {
            CareOutcome::Superseded
        }
        (true, Some(CareOutcome::Corrected)) if follows => {
            if store::reopen(tx, task.id).await? {
                store::add_step(tx, task.id, CareStep::Reopened, None, None, now).await?;
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    let end = End { outcome, by: None, said: None, at: now };
    if store::close(tx, task.id, &end).await? {
        store::add_step(tx, task.id, CareStep::Closed, None, Some(words(outcome)), now).await?;
    }
    Ok(())
}

/// Why a task closed by itself.
fn words(outcome: CareOutcome) -> &'static str {
    match outcome {
        CareOutcome::Corrected => "名单更正了，没有连续缺课",
        CareOutcome::Superseded => "又缺了一次，并入“缺课三次”的回访",
        _ => "本人已经不在这个班",
    }
}

async fn open(
    app: &App,
    tx: &DatabaseTransaction,
    (kind, resident, class): (CareKind, ResidentId, ClassId),
    run: &Run,
    now: DateTime<Utc>,
) -> Result<()> {
    let rules = &app.config.care;
    let due_at = match kind {
        // Nobody of that age is called at night: the hours are hours of daytime.
        CareKind::Care => enrolment::by_daytime(now, (rules.care_hours, rules.care_hours)),
        CareKind::Call => now + TimeDelta::days(rules.call_days),
        CareKind::Release => now + TimeDelta::days(rules.release_days),
    };
    let new = store::NewTask { kind, resident, class, run: *run, due_at };
    if let Some(id) = store::open(tx, &new, now).await? {
        store::add_step(tx, id, CareStep::Opened, None, None, now).await?;
    }
    Ok(())
}
