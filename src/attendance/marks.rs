//! What the register says of many people at many meetings, in a word each.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;

use entity::ids::{MeetingId, ResidentId};
use entity::kinds::{AttendanceStatus, CheckInWay};

use super::{register, store};
use crate::error::Result;

/// How somebody was there, or was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Came,
    /// Entered afterwards, with a reason.
    Corrected,
    Leave,
    Absent,
}

impl Mark {
    /// As it stands in a register.
    pub fn text(self) -> &'static str {
        match self {
            Self::Came => "到",
            Self::Corrected => "补签",
            Self::Leave => "请假",
            Self::Absent => "缺",
        }
    }
}

/// A mark and the 学时 that count, in hundredths; nothing where nothing is said.
///
/// # Errors
/// The database.
pub async fn marks(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingId],
) -> Result<HashMap<(MeetingId, ResidentId), (Mark, i32)>> {
    let mut words = store::events::words_at(conn, meetings).await?;
    let rows = store::rows_at(conn, meetings).await?;
    let mark = |row: entity::attendance::Model| {
        let key = (row.meeting_id, row.resident_id);
        let standing = register::fold(&words.remove(&key).unwrap_or_default());
        let mark = match row.status? {
            AttendanceStatus::Leave => Mark::Leave,
            AttendanceStatus::Absent => Mark::Absent,
            AttendanceStatus::Present
                if standing.way == Some(CheckInWay::Roll) && standing.reason.is_some() =>
            {
                Mark::Corrected
            }
            AttendanceStatus::Present => Mark::Came,
        };
        Some((key, (mark, row.hours_hundredths)))
    };
    Ok(rows.into_iter().filter_map(mark).collect())
}
