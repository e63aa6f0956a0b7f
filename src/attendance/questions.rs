//! 想请您看一看: patterns of the register, as questions to whoever looks after the class.
//!
//! 1. They are computed from what was recorded, whenever somebody asks; nothing follows from
//!    them by itself.
//! 2. What was found out settles one, and stays; it is asked again when there is more of it.

use std::collections::HashMap;

use chrono::TimeDelta;

use entity::ids::{ResidentId, StaffId};
use entity::pattern_note;

use super::patterns::{self, Pattern};
use super::store::{self, MeetingFacts};
use super::{Scope, reason};
use crate::app::App;
use crate::error::{Error, Result};
use crate::family;
use crate::members::{self, Person};
use crate::staff::{self, Colleague};

/// A term; what is older is past asking.
const PERIOD: TimeDelta = TimeDelta::days(120);

/// A pattern, and what was found out about it.
#[derive(Clone, Debug)]
pub struct Question {
    pub pattern: Pattern,
    /// The last meeting at which it was seen.
    pub facts: MeetingFacts,
    pub people: Vec<Person>,
    /// What was found last, and by whom.
    pub note: Option<(pattern_note::Model, String)>,
}

impl Question {
    fn times(&self) -> i32 {
        i32::try_from(self.pattern.meetings.len()).unwrap_or(i32::MAX)
    }

    /// Nothing was seen since somebody looked.
    fn is_settled(&self) -> bool {
        self.note.as_ref().is_some_and(|(note, _)| note.times >= self.times())
    }
}

/// The questions about the classes that a colleague looks after: open, or settled.
///
/// # Errors
/// `no_community`.
pub async fn list(app: &App, who: &Colleague, settled: bool) -> Result<Vec<Question>> {
    let mut all = all(app, who).await?;
    all.retain(|question| question.is_settled() == settled);
    Ok(all)
}

async fn all(app: &App, who: &Colleague) -> Result<Vec<Question>> {
    let scope = Scope::of(who)?;
    let conn = app.db.read();
    let now = app.clock.now();
    let rules = &app.config.attendance;
    let closes_after = TimeDelta::minutes(rules.closes_after_minutes);
    let scans = store::questions::own_scans(conn, now - PERIOD, closes_after).await?;
    let counts = store::questions::last_counts(conn, now - PERIOD, rules.count_tolerance).await?;
    let mut people: Vec<ResidentId> = scans.iter().map(|scan| scan.resident).collect();
    people.sort_unstable();
    people.dedup();
    let family = family::relations(conn, &people).await?;
    let related =
        |one, other| family.contains_key(&(one, other)) || family.contains_key(&(other, one));
    let found = patterns::patterns(&scans, &counts, related);

    let last: Vec<_> = found.iter().filter_map(|one| one.meetings.last().copied()).collect();
    let facts = store::meetings(conn, &last).await?;
    let ids: Vec<_> = found.iter().flat_map(|one| one.people.iter().copied()).collect();
    let people = members::people(app, conn, &ids).await?;
    let names: Vec<_> = found.iter().map(|one| one.name.clone()).collect();
    let mut notes = store::questions::notes(conn, &names).await?;
    let clerks: Vec<StaffId> = notes.values().map(|note| note.found_by).collect();
    let clerks: HashMap<StaffId, String> = staff::names(conn, &clerks).await?;
    let question = |pattern: Pattern| {
        let facts = facts.get(pattern.meetings.last()?)?.clone();
        let note = notes.remove(&pattern.name).map(|note| {
            let by = clerks.get(&note.found_by).cloned();
            (note, by.unwrap_or_else(|| "工作人员".to_owned()))
        });
        let people = pattern.people.iter().filter_map(|id| people.get(id).cloned()).collect();
        scope.holds(&facts).then_some(Question { pattern, facts, people, note })
    };
    Ok(found.into_iter().filter_map(question).collect())
}

/// Settles a question with what was found out.
///
/// # Errors
/// `no_question`: there is none of this name for them, or no longer; `found_needed`.
pub async fn settle(app: &App, who: &Colleague, name: &str, found: &str) -> Result<()> {
    let found =
        reason(Some(found))?.ok_or_else(|| Error::invalid("found_needed", "请写下是怎么回事。"))?;
    let question = all(app, who)
        .await?
        .into_iter()
        .find(|question| question.pattern.name == name)
        .ok_or_else(|| Error::not_found("no_question", "没有找到这一条，请刷新看看。"))?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::questions::note(&tx, (name, question.times(), &found), who.id, now).await?;
    let object = format!("class:{}", question.pattern.class);
    staff::record(&tx, Some(who.id), "attendance.looked_at", &object, Some(name), now).await?;
    tx.commit().await?;
    Ok(())
}
