//! 学业: what follows from the register for a learner: hours, completion, credits.
//!
//! 1. All figures are computed from the register when they are asked for; none is counted up
//!    anywhere, so that a correction of the register corrects them.
//! 2. A class is completed when it is over, the learner still has their place, the share of
//!    its 学时 that the term asks for was attended, and the teacher lets them pass, if the
//!    term asks for that. Whoever changed to a sister class takes their hours along.
//! 3. Credits are given for completed classes alone.
//! 4. What a teacher says is added to what was said before; a change, and a no, has a reason.
//! 5. 人次: each person and meeting once, since the register has one row for both.
//! 6. Teachers speak for their own classes, officers for those of their community, the
//!    centre for all. Learners see their own record, and family members who may.
//! 7. A certificate says what it said when it was handed out; it is never changed, but can
//!    be taken back with a reason. Its number is random, one stands per person and class
//!    (unique index), and anybody who has the number sees whether it stands, with the name
//!    masked. A statement of 学时 with other figures takes the place of the one before.
//! 8. A file is fetched by a link that is good for some minutes and for that file alone:
//!    a browser that saves files brings no token of its own.

use std::collections::BTreeMap;

use chrono::Datelike;
use sea_orm::DatabaseTransaction;

use entity::class_pass;
use entity::ids::{ClassId, ResidentId};

use crate::app::App;
use crate::attendance;
use crate::clock;
use crate::courses::{self, ClassFacts};
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::staff::{self, Colleague};

pub mod api;
pub mod certificates;
mod charts;
mod figures;
pub(crate) mod link;
mod paper;
mod record;
mod rules;
mod store;

pub use charts::{Charts, charts};
pub use figures::{Figures, figures};
pub use rules::Standing;

/// Forgets what names an erased person; what they learnt stays, as nobody's.
///
/// # Errors
/// The database.
pub async fn forget_resident(tx: &DatabaseTransaction, resident: ResidentId) -> Result<()> {
    store::forget_resident(tx, resident).await?;
    store::certificates::forget(tx, resident).await
}

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// How somebody stands in one class.
#[derive(Clone, Debug)]
pub struct ClassRecord {
    pub resident: ResidentId,
    pub facts: ClassFacts,
    /// 学时 attended and of the whole class, in hundredths.
    pub learnt: i64,
    pub held: i64,
    /// Meetings attended and of the whole class.
    pub attended: i64,
    pub meetings: i64,
    pub standing: Standing,
    /// In tenths.
    pub credits: i64,
    /// What the teacher said last.
    pub word: Option<class_pass::Model>,
}

/// All that somebody learnt here.
#[derive(Clone, Debug)]
pub struct LifeRecord {
    pub person: Person,
    /// The newest first.
    pub classes: Vec<ClassRecord>,
    /// 学时 by calendar year in hundredths, the newest first.
    pub years: Vec<(i32, i64)>,
    /// …of all time.
    pub total: i64,
    /// Meetings attended.
    pub attended: i64,
    /// In tenths.
    pub credits: i64,
}

/// Everything of one learner.
///
/// # Errors
/// The database.
pub async fn life_record(app: &App, resident: ResidentId) -> Result<LifeRecord> {
    let conn = app.db.read();
    let mut people = members::people(app, conn, &[resident]).await?;
    let person = people.remove(&resident).ok_or_else(no_person)?;
    let mut classes = record::of_resident(app, resident).await?;
    classes.sort_by_key(|one| std::cmp::Reverse((one.facts.term.first_day, one.facts.class.id)));
    let (hours, lines) = attendance::hours(app, resident).await?;
    let mut years: BTreeMap<i32, i64> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.hours_hundredths > 0) {
        let year = clock::local_date(line.starts_at).year();
        *years.entry(year).or_default() += i64::from(line.hours_hundredths);
    }
    let present =
        |line: &&attendance::HoursLine| line.status == entity::kinds::AttendanceStatus::Present;
    Ok(LifeRecord {
        credits: classes.iter().map(|one| one.credits).sum(),
        attended: i64::try_from(lines.iter().filter(present).count()).unwrap_or(0),
        total: hours.total,
        years: years.into_iter().rev().collect(),
        classes,
        person,
    })
}

fn no_person() -> Error {
    Error::not_found("no_resident", "没有找到这位学员。")
}

/// How everybody stands who is or was in a class, by learner number.
///
/// # Errors
/// `class_not_found`, `not_your_class`.
pub async fn class_results(
    app: &App,
    who: &Colleague,
    class: ClassId,
) -> Result<(ClassFacts, Vec<(ClassRecord, Person)>)> {
    let facts = attendance::class_of(app, who, class).await?;
    let rows = record::of_class(app, &facts).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.resident).collect();
    let mut people = members::people(app, app.db.read(), &ids).await?;
    let mut rows: Vec<_> = rows
        .into_iter()
        .filter_map(|row| people.remove(&row.resident).map(|person| (row, person)))
        .collect();
    rows.sort_by(|one, other| one.1.learner_number.cmp(&other.1.learner_number));
    Ok((facts, rows))
}

/// The teacher lets somebody pass, or not. Said twice it is the same as once.
///
/// # Errors
/// `class_not_found`, `not_your_class`; `not_in_class`: has no place in it; `pass_not_asked`:
/// the term asks for no word; `reason_needed`: of a no, and of a change; `reason_too_long`.
pub async fn let_pass(
    app: &App,
    who: &Colleague,
    class: ClassId,
    residents: &[ResidentId],
    passed: bool,
    reason: Option<&str>,
) -> Result<()> {
    let facts = attendance::class_of(app, who, class).await?;
    if !facts.term.pass_needed {
        let message = "这个学期结业只看学时，不用老师说通过。";
        return Err(Error::conflict("pass_not_asked", message));
    }
    let reason = reason.map(str::trim).filter(|text| !text.is_empty());
    if reason.is_some_and(|text| text.chars().count() > LONGEST_REASON) {
        return Err(Error::invalid("reason_too_long", "原因请写在 200 字以内。"));
    }
    if !passed && reason.is_none() {
        return Err(Error::invalid("reason_needed", "不通过，请写明原因，本人会看到。"));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    courses::lock_class(&tx, class).await?;
    let placed = store::placed(&tx, class).await?;
    let said = store::words(&tx, &store::Of::Class(class)).await?;
    for resident in residents {
        if !placed.contains(resident) {
            return Err(Error::not_found("not_in_class", "这位学员不在这个班里。"));
        }
        let before = said.get(&(*resident, class));
        if before.is_some_and(|word| word.passed == passed && (passed || reason.is_none())) {
            continue;
        }
        if before.is_some_and(|word| word.passed != passed) && reason.is_none() {
            return Err(Error::invalid("reason_needed", "改动已有的结果，请写明原因。"));
        }
        let word = store::NewWord { class, resident: *resident, passed, reason, by: who.id };
        store::add_word(&tx, &word, now).await?;
        let object = format!("class:{class} resident:{resident}");
        let action = if passed { "learning.passed" } else { "learning.not_passed" };
        staff::record(&tx, Some(who.id), action, &object, None, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// As [`let_pass`], for everybody in a class of whom nothing was said.
///
/// # Errors
/// As [`let_pass`].
pub async fn let_all_pass(app: &App, who: &Colleague, class: ClassId) -> Result<()> {
    let (_, rows) = class_results(app, who, class).await?;
    let open: Vec<_> = rows
        .into_iter()
        .filter(|(row, _)| row.word.is_none() && row.standing != Standing::Left)
        .map(|(row, _)| row.resident)
        .collect();
    let_pass(app, who, class, &open, true, None).await
}
