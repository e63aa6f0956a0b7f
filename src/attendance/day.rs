//! The roll of a day, signed: what a phone keeps to call rolls and check cards where there is
//! no network.
//!
//! It names people as a roll on a wall does, and says nothing else of them: no phone number,
//! no ID number.

use std::collections::HashMap;

use chrono::NaiveDate;

use entity::ids::ResidentId;

use super::store::{self, MeetingFacts};
use super::{RollRow, card, meetings_on};
use crate::app::App;
use crate::error::Result;
use crate::staff::Colleague;

/// Before what is signed: it is no card.
pub(super) const CONTEXT: &str = "shangxue day roll 1\n";

/// The meetings of a day that a colleague looks after, each with its roll.
#[derive(Debug)]
pub struct Day {
    pub meetings: Vec<(MeetingFacts, Vec<RollRow>)>,
    /// The serials of the live cards: every other one is dead.
    pub serials: HashMap<ResidentId, i32>,
}

/// What stands on the rolls of a day.
///
/// # Errors
/// The database; an officer without a community.
pub async fn of(app: &App, who: &Colleague, day: NaiveDate) -> Result<Day> {
    let conn = app.db.read();
    let mut meetings = Vec::new();
    for facts in meetings_on(app, who, day).await? {
        let rows = store::roll(conn, facts.meeting.id, facts.class_id()).await?;
        meetings.push((facts, rows));
    }
    let people: Vec<ResidentId> =
        meetings.iter().flat_map(|(_, rows)| rows).map(|row| row.resident_id).collect();
    let serials = store::cards::live_serials(conn, &people).await?;
    Ok(Day { meetings, serials })
}

/// The signature (Ed25519, by the key of the cards) of a day's text, in base64 (URL-safe).
pub fn signature(app: &App, text: &str) -> String {
    card::sign(&app.vault, &format!("{CONTEXT}{text}"))
}
