//! What classes of whatever kind came to, in a time: computed from the register when asked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use entity::ids::{ClassId, MeetingId};

use super::store;
use crate::error::Result;

/// What came of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Meetings that began, and were not cancelled.
    pub meetings: i64,
    /// 人次: people with names, each once at a meeting.
    pub times: i64,
    /// 学时 in hundredths.
    pub hundredths: i64,
    /// Heads that were counted without names; no part of `times`.
    pub heads: i64,
}

impl Sum {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            meetings: self.meetings + other.meetings,
            times: self.times + other.times,
            hundredths: self.hundredths + other.hundredths,
            heads: self.heads + other.heads,
        }
    }
}

/// What each of these classes came to, of meetings that began in `from..to`.
///
/// # Errors
/// The database.
pub async fn sums(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<HashMap<ClassId, Sum>> {
    let mut sums: HashMap<ClassId, Sum> = HashMap::new();
    let meetings = store::held(conn, classes, (from, to)).await?;
    for (_, class) in &meetings {
        sums.entry(*class).or_default().meetings += 1;
    }
    for (class, times, hundredths) in store::present(conn, classes, (from, to)).await? {
        let sum = sums.entry(class).or_default();
        (sum.times, sum.hundredths) = (times, hundredths);
    }
    let ids: Vec<MeetingId> = meetings.iter().map(|(meeting, _)| *meeting).collect();
    let counts = store::counts(conn, &ids).await?;
    for (meeting, class) in meetings {
        if let Some(count) = counts.get(&meeting) {
            sums.entry(class).or_default().heads += i64::from(count.people);
        }
    }
    Ok(sums)
}
