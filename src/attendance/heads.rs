//! 数人头: how many people are in the room. Where the register says another number, a few names
//! are called: drawn at random among those it has as present.
//!
//! 1. A count changes nothing by itself, and neither does a name that nobody answers to: that
//!    is a question, which lies in the tray.
//! 2. The names are drawn here while the count is fresh. A phone without network draws them
//!    itself, from the signed roll.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::head_count;
use entity::ids::{MeetingId, ResidentId, StaffId};
use entity::kinds::ActorKind;

use super::keeper::Keeper;
use super::scans::Outcome;
use super::store;
use crate::app::App;
use crate::error::Result;
use crate::{members, staff, vault};

/// So many names are called in twenty seconds.
const NAMES: usize = 5;

/// After so long the phone has drawn names by itself.
const FRESH: TimeDelta = TimeDelta::seconds(20);

/// The most people that are believed to be in a room.
const MOST: i32 = 999;

/// Whether the register and the room differ by more than people at the door.
pub(super) fn apart(people: i32, present: i32, tolerance: i32) -> bool {
    (people - present).abs() > tolerance
}

/// A count as it was sent.
pub(super) struct Count<'a> {
    pub(super) name: &'a str,
    pub(super) people: i32,
    pub(super) device: String,
    pub(super) happened_at: DateTime<Utc>,
    /// Whoever sends it may know the names of this roll, and has not drawn any.
    pub(super) may_draw: bool,
}

/// Keeps a count; the names to be called, where there is a need.
pub(super) async fn take(
    app: &App,
    tx: &DatabaseTransaction,
    who: Keeper<'_>,
    meeting: MeetingId,
    count: Count<'_>,
) -> Result<(Outcome, Vec<ResidentId>)> {
    let now = app.clock.now();
    let there = store::present(tx, meeting).await?;
    let present = i32::try_from(there.len()).unwrap_or(i32::MAX);
    let people = count.people.clamp(0, MOST);
    let (actor_kind, actor_id) = who.actor();
    let row = store::heads::NewCount {
        scan_id: count.name,
        meeting,
        people,
        present,
        actor_kind,
        actor_id,
        device: count.device,
        happened_at: count.happened_at,
    };
    if !store::heads::add(tx, row, now).await? {
        // The answer was lost on the way: the same names again.
        let drawn =
            if count.may_draw { store::heads::drawn(tx, count.name).await? } else { vec![] };
        return Ok((Outcome::Already, drawn));
    }
    let fresh = now - count.happened_at <= FRESH;
    let differs = apart(people, present, app.config.attendance.count_tolerance);
    if !count.may_draw || !fresh || !differs {
        return Ok((Outcome::Recorded, Vec::new()));
    }
    let drawn = draw(there, NAMES)?;
    store::heads::call(tx, count.name, meeting, &drawn).await?;
    Ok((Outcome::Recorded, drawn))
}

/// Some of them, at random.
fn draw(mut from: Vec<ResidentId>, most: usize) -> Result<Vec<ResidentId>> {
    let mut drawn = Vec::new();
    while drawn.len() < most && !from.is_empty() {
        let number = u64::from_le_bytes(vault::random::<8>()?);
        let nth = usize::try_from(number % from.len() as u64).unwrap_or(0);
        drawn.push(from.swap_remove(nth));
    }
    Ok(drawn)
}

/// A name of a sample, and what came of it.
#[derive(Clone, Debug)]
pub struct Called {
    pub resident: ResidentId,
    pub name: String,
    /// By the server; else by the phone.
    pub drawn_here: bool,
    /// `None`: the time was over before.
    pub there: Option<bool>,
}

/// A count, by whom, and the sample that followed.
#[derive(Clone, Debug)]
pub struct HeadCount {
    pub row: head_count::Model,
    pub by: String,
    pub apart: bool,
    pub sample: Vec<Called>,
}

/// The counts of a meeting, the latest first.
///
/// # Errors
/// The database.
pub async fn of(
    app: &App,
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<Vec<HeadCount>> {
    let rows = store::heads::of(conn, meeting).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let answers = store::heads::answers(conn, meeting).await?;
    let mut ids: Vec<ResidentId> = answers.iter().map(|answer| answer.resident_id).collect();
    let by = |kind: ActorKind| {
        rows.iter().filter(move |row| row.actor_kind == kind).map(|row| row.actor_id)
    };
    ids.extend(by(ActorKind::Resident).map(ResidentId));
    let clerks: Vec<StaffId> = by(ActorKind::Staff).map(StaffId).collect();
    let clerks = staff::names(conn, &clerks).await?;
    let people = members::people(app, conn, &ids).await?;
    let name = |id: ResidentId| {
        people.get(&id).map_or_else(String::new, |person| {
            members::name_for_others(person.name.clone(), person.name_state)
        })
    };
    let mut samples: HashMap<String, Vec<Called>> = HashMap::new();
    for answer in answers {
        samples.entry(answer.of_count).or_default().push(Called {
            resident: answer.resident_id,
            name: name(answer.resident_id),
            drawn_here: answer.drawn_here,
            there: answer.there,
        });
    }
    let tolerance = app.config.attendance.count_tolerance;
    let count = |row: head_count::Model| HeadCount {
        by: match row.actor_kind {
            ActorKind::Staff => clerks.get(&StaffId(row.actor_id)).cloned(),
            _ => Some(super::monitor_name(&name(ResidentId(row.actor_id)))),
        }
        .unwrap_or_else(|| "工作人员".to_owned()),
        apart: apart(row.people, row.present, tolerance),
        sample: samples.remove(&row.scan_id).unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_at_the_door_are_no_gap() {
        assert!(!apart(30, 32, 2) && !apart(32, 30, 2));
        assert!(apart(29, 32, 2) && apart(35, 32, 2));
    }

    #[test]
    fn a_draw_repeats_nobody_and_stops_where_there_is_nobody_left() {
        let all: Vec<_> = (1..=3).map(ResidentId).collect();
        let mut drawn = draw(all.clone(), 5).expect("drawn");
        drawn.sort_unstable();
        assert_eq!(drawn, all);
        assert_eq!(draw(all, 2).expect("drawn").len(), 2);
    }
}
