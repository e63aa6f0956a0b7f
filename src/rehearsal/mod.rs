//! `shangxue rehearse`: an opening before the opening, and a sheet that says go or no go.
//!
//! 1. The real database is only read; the rehearsal has one of its own, which is dropped.
//! 2. Nobody real takes part: the people are made up, and WeChat is not called.
//! 3. The code is that of the service, asked over HTTP: pages, sign-in, decisions, jobs.
//! 4. The sheet counts what stands in the database, not what was answered.
//! 5. What is not rehearsed is named: rules that are switched off for people who are made up,
//!    and the phases of the term before first come first served.
#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

use std::time::Duration;

use entity::ids::TermId;
use entity::term;

use crate::app::App;
use crate::clock::Clock;
use crate::courses;
use crate::error::{Error, Result};

mod left_out;
mod play;
mod scratch;
mod sheet;
mod store;

/// Settings of a rehearsal.
#[derive(clap::Args)]
pub struct Options {
    /// Number of the term; without it the next one that opens, or the one that is open.
    #[arg(long)]
    term: Option<i64>,
    /// How many people come.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    people: u32,
    /// Within how many seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    within: u64,
}

/// Plays an opening on a copy of the term, and prints the sheet.
///
/// # Errors
/// `no_term`; no room for a scratch database; `no_go` when the sheet says so.
pub async fn run(app: &App, options: &Options) -> Result<()> {
    let term = term(app, options.term.map(TermId)).await?;
    let within = Duration::from_secs(options.within);
    println!("演练：{}，{} 人在 {} 秒内来报名。", term.name, options.people, options.within);
    let scratch = scratch::Scratch::new(app).await?;
    let outcome = async {
        let copy = App::new(scratch.config(app), Clock::System).await?;
        let stage = store::prepare(app, &copy, term, options.people).await?;
        let played = play::play(&copy, &stage, within).await?;
        sheet::Sheet::read(&copy, &stage, &played).await
    };
    let sheet = outcome.await;
    scratch.remove(app).await;
    let sheet = sheet?;
    print!("{sheet}");
    if sheet.is_go() {
        Ok(())
    } else {
        Err(Error::conflict("no_go", "结论：先不要开放。请处理带 ✗ 的几项，再演练一次。"))
    }
}

async fn term(app: &App, id: Option<TermId>) -> Result<term::Model> {
    let now = app.clock.now();
    let terms = courses::terms(app.db.read()).await?;
    let found = match id {
        Some(id) => terms.into_iter().find(|term| term.id == id),
        None => terms
            .into_iter()
            .filter(|term| term.enrolment_closes_at > now)
            .min_by_key(|term| term.enrolment_opens_at),
    };
    found.ok_or_else(|| Error::not_found("no_term", "没有找到这个学期，或者没有将要开放的学期。"))
}
