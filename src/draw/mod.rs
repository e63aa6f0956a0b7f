//! 续读、志愿、摇号: what happens before first come first served, and a draw that
//! anybody can repeat.
//!
//! 1. The outcome is a pure function of the published list and a seed (`lots.rs`), in
//!    whole numbers; the rules in plain words are RULES.zh.txt, and a script in another
//!    language comes to the same (tests/draw/verify.py).
//! 2. The list is frozen once, when the wishes close, and before its seed can be known:
//!    the freezing fails otherwise. It is published with its hash; numbers are random, and
//!    `draw_entry` alone says whose they are.
//! 3. The seed counts when two different people of the centre read the same, and is then
//!    never changed (conditional updates, CHECK).
//! 4. What was drawn is given by `enrolment::grant`, one transaction for each class, at
//!    most once (`draw_class.applied_at`); a place that is not free any more becomes the
//!    first number on the list.
//! 5. Wishes and freezing are serialised by the lock on the term's row: a wish is on the
//!    list or was refused.
//! 6. Wishes that were replaced stay, with who replaced them.

use sea_orm::ConnectionTrait;

use entity::ids::{DrawId, ResidentId, TermId};
use entity::{draw, term, term_plan};

use crate::app::App;
use crate::courses;
use crate::error::{Error, Result};

pub mod api;
mod continuation;
pub mod file;
mod freeze;
pub mod lots;
mod mine;
mod run;
mod store;
mod wishes;

pub use continuation::{keep, may_keep};
pub use freeze::freeze;
pub use mine::{MyDraw, my_draw};
pub use run::{enter_seed, run};
pub use wishes::{at_counter, save_at_counter, save_wishes, wishes};

/// The rules in plain words; shown at `/m/draw-rules.txt`.
pub const RULES: &str = include_str!("RULES.zh.txt");

/// The current term with its phases.
///
/// # Errors
/// `no_term`, `no_plan`.
pub async fn planned_term(
    app: &App,
    conn: &impl ConnectionTrait,
) -> Result<(term::Model, term_plan::Model)> {
    let term = courses::current_term(conn, app.clock.today()).await?;
    let term = term.ok_or_else(|| Error::not_found("no_term", "现在还没有安排新的学期。"))?;
    let plan = courses::plan(conn, term.id).await?.ok_or_else(courses::no_plan)?;
    Ok((term, plan))
}

/// The draw of a term, once its list is frozen.
///
/// # Errors
/// The database.
pub async fn draw_of(conn: &impl ConnectionTrait, term: TermId) -> Result<Option<draw::Model>> {
    store::draw_of(conn, term).await
}

/// # Errors
/// `no_draw`.
pub async fn one(conn: &impl ConnectionTrait, id: DrawId) -> Result<draw::Model> {
    store::draw(conn, id).await?.ok_or_else(no_draw)
}

fn no_draw() -> Error {
    Error::not_found("no_draw", "没有这次摇号。")
}

/// Whose numbers are on a list of numbers; in its order.
fn people_of(
    entries: &std::collections::HashMap<&str, ResidentId>,
    numbers: &[String],
) -> Vec<ResidentId> {
    numbers.iter().filter_map(|number| entries.get(number.as_str()).copied()).collect()
}

#[cfg(test)]
mod tests;
