//! The roll of a day, signed: what a phone keeps to call rolls and check cards where there is
//! no network.
//!
//! It names people as a roll on a wall does, and says nothing else of them: no phone number,
//! no ID number.

use std::collections::HashMap;

use chrono::NaiveDate;

use entity::ids::{MeetingId, ResidentId};

use super::store::{self, MeetingFacts};
use super::{Keeper, RollRow, card, meetings_on, monitor, roll};
use crate::app::App;
use crate::error::Result;

/// Before what is signed: it is no card.
pub(super) const CONTEXT: &str = "shangxue day roll 1\n";

/// The meetings of a day that somebody looks after, each with its roll.
#[derive(Debug)]
pub struct Day {
    pub meetings: Vec<(MeetingFacts, Vec<RollRow>)>,
    /// How many people were counted last, where somebody counted.
    pub counted: HashMap<MeetingId, i32>,
    /// The serials of the live cards: every other one is dead.
    pub serials: HashMap<ResidentId, i32>,
}

/// What stands on the rolls of a day; a monitor keeps today's alone.
///
/// # Errors
/// The database; an officer without a community; `not_monitor`.
pub async fn of(app: &App, who: Keeper<'_>, day: NaiveDate) -> Result<Day> {
    let conn = app.db.read();
    let kept = match who {
        Keeper::Staff(colleague) => meetings_on(app, colleague, day).await?,
        Keeper::Monitor(learner) => monitor::meetings_today(app, learner).await?,
    };
    let (mut meetings, mut counted) = (Vec::new(), HashMap::new());
    for facts in kept {
        let rows = roll(app, &facts).await?;
        if let Some(last) = store::heads::of(conn, facts.meeting.id).await?.first() {
            counted.insert(facts.meeting.id, last.people);
        }
        meetings.push((facts, rows));
    }
    let people: Vec<ResidentId> =
        meetings.iter().flat_map(|(_, rows)| rows).map(|row| row.resident_id).collect();
    let serials = store::cards::live_serials(conn, &people).await?;
    Ok(Day { meetings, counted, serials })
}

/// The signature (Ed25519, by the key of the cards) of a day's text, in base64 (URL-safe).
pub fn signature(app: &App, text: &str) -> String {
    card::sign(&app.vault, &format!("{CONTEXT}{text}"))
}
