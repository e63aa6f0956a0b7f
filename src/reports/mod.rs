//! 台账: what the register says, as the centre hands it on: the register of a class, a month
//! with its figures, and lists for the platform 乐龄学堂.
//!
//! 1. All of it is computed from the register when it is asked for.
//! 2. When a month is closed, what the register says of each person and meeting of it is kept
//!    in one statement, and never changed. A correction is possible after that, and stands as
//!    an adjustment: what is frozen and the adjustments together are what the register says.
//! 3. A month is closed once among those that stand (unique index), and only when it is over.
//!    An administrator opens it again, with a reason; what was frozen stays.
//! 4. A list for the platform has the columns that staff chose; each saving is kept with who
//!    and when, and the newest counts.
//! 5. Officers have the people of their own community and the classes at its sites, the centre
//!    all. Every file that is handed out stands in the audit.

use chrono::{DateTime, Utc};

use entity::ids::StaffId;

use crate::app::App;
use crate::error::Result;
use crate::sheets;
use crate::staff::{self, Colleague};

pub mod api;
mod known;
mod mapping;
mod month;
mod register;
mod store;

pub use known::fields;
pub use mapping::{Column, Mapping, Says, export, mapping, preview, save_mapping};
pub use month::{
    Adjustment, ClassLine, Closed, Month, Sum, Tally, close, month, month_sheet, reopen,
};
pub use register::class_register;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// Lines that say who had a list made, and what it is for.
fn made_by(who: &Colleague, now: DateTime<Utc>, count: usize) -> Vec<String> {
    let made = format!("{}导出，{}，共 {count} 行。", crate::clock::wechat_time(now), who.name);
    vec![made, sheets::INTERNAL.to_owned()]
}

/// Notes in the audit that a file was handed out.
async fn record(
    app: &App,
    by: StaffId,
    action: &str,
    object: &str,
    lines: usize,
    now: DateTime<Utc>,
) -> Result<()> {
    let detail = format!("{lines} lines");
    let tx = app.db.begin().await?;
    staff::record(&tx, Some(by), action, object, Some(&detail), now).await?;
    Ok(tx.commit().await?)
}

/// 学时 from hundredths: `2`, `1.33`.
fn hours(hundredths: i64) -> String {
    let (sign, amount) = (if hundredths < 0 { "-" } else { "" }, hundredths.abs());
    let (whole, rest) = (amount / 100, amount % 100);
    let text = format!("{sign}{whole}.{rest:02}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::hours;

    #[test]
    fn hours_are_said_without_needless_zeros() {
        let said = [0, 133, 200, 1000, 1050, -50].map(hours);
        assert_eq!(said, ["0", "1.33", "2", "10", "10.5", "-0.5"]);
    }
}
