//! The seed, the draw, and giving what was drawn.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::{ClassId, DrawId, ResidentId};
use entity::{draw, term_plan};

use super::{file, lots, mine, no_draw, people_of, store};
use crate::app::App;
use crate::courses::{self, ClassFacts};
use crate::enrolment::{self, Actor, Grant};
use crate::error::{Error, Result};
use crate::members::{self, Standing};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

/// The longest seed, in characters.
const LONGEST_SEED: usize = 64;

/// What became of a seed that was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// A colleague has to enter it as well.
    Entered,
    /// Two said the same: the draw runs.
    Confirmed,
}

/// Enters the seed that was published; the second, by another person, starts the draw.
///
/// # Errors
/// `bad_seed`; `too_early`: it cannot be public yet; `seed_differs` from what the colleague
/// entered; `seed_confirmed`: another one was confirmed before.
pub async fn enter_seed(app: &App, who: &Colleague, id: DrawId, seed: &str) -> Result<Seed> {
    let seed = seed.trim();
    let good = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    if seed.is_empty() || seed.len() > LONGEST_SEED || !seed.chars().all(good) {
        return Err(Error::invalid("bad_seed", "种子只能是数字、字母、点和横线，中间不留空。"));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let row = store::draw(&tx, id).await?.ok_or_else(no_draw)?;
    let plan = courses::plan(&tx, row.term_id).await?.ok_or_else(courses::no_plan)?;
    if now < plan.seed_at {
        return Err(Error::conflict("too_early", "种子还没有公布，到时候再填。"));
    }
    let taken = || Error::conflict("seed_confirmed", "种子已经两人确认，不能再改。");
    let first = row.seed_by.is_none_or(|by| by == who.id);
    let done = if first {
        if row.confirmed_by.is_some() || !store::set_seed(&tx, id, seed, who.id, now).await? {
            return Err(taken());
        }
        Seed::Entered
    } else {
        if !store::confirm_seed(&tx, id, seed, who.id, now).await? {
            let same = row.seed.as_deref() == Some(seed);
            if same && row.confirmed_by.is_some() {
                return Ok(Seed::Confirmed);
            }
            let differs = "和同事填的不一样。请两人再查一次，填错的人先改。";
            return Err(if row.confirmed_by.is_some() {
                taken()
            } else {
                Error::conflict("seed_differs", differs)
            });
        }
        outbox::enqueue(&tx, &Job::RunDraw { draw: id }, now, now).await?;
        Seed::Confirmed
    };
    staff::record(&tx, Some(who.id), "draw.seed", &format!("draw:{id}"), Some(seed), now).await?;
    tx.commit().await?;
    Ok(done)
}

/// Job: draws, gives what was drawn class by class, and tells who got nothing. Run
/// again, it goes on where it was.
///
/// # Errors
/// The database, or a list that cannot be read.
pub async fn run(app: &App, id: DrawId) -> Result<()> {
    let row = store::draw(app.db.read(), id).await?.ok_or_else(no_draw)?;
    let Some(seed) = row.seed.as_deref().filter(|_| row.confirmed_by.is_some()) else {
        return Ok(());
    };
    let unreadable = |line: String| Error::internal(format!("draw {id}: unreadable line {line}"));
    let list = file::read(&row.list).map_err(unreadable)?;
    let outcome = lots::draw(&list, seed);
    let result = file::print_result(&row.list, seed, &outcome);
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::set_result(&tx, id, (result.as_str(), file::hash(&result).as_str()), &outcome.lost, now)
        .await?;
    tx.commit().await?;

    let plan = courses::plan(app.db.read(), row.term_id).await?.ok_or_else(courses::no_plan)?;
    let entries = store::entries(app.db.read(), id).await?;
    let entries: HashMap<&str, ResidentId> =
        entries.iter().map(|entry| (entry.number.as_str(), entry.resident_id)).collect();
    for class in store::open_classes(app.db.read(), id).await? {
        let Some(drawn) = outcome.classes.get(&class.0) else { continue };
        let placed = people_of(&entries, &drawn.placed);
        let waiting = people_of(&entries, &drawn.waiting);
        give(app, id, class, &plan, (placed, waiting)).await?;
    }
    settle(app, &row, &list, &outcome, &entries).await
}

/// Gives what was drawn of one class, in the order that was drawn.
async fn give(
    app: &App,
    id: DrawId,
    class: ClassId,
    plan: &term_plan::Model,
    (placed, waiting): (Vec<ResidentId>, Vec<ResidentId>),
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if !store::apply_class(&tx, id, class, now).await? {
        return Ok(());
    }
    // All people before the class.
    let everybody = [placed.as_slice(), &waiting].concat();
    members::lock_all(&tx, &everybody).await?;
    let version = &app.config.members.consent_version;
    let standings = members::standings(&tx, version, &everybody).await?;
    courses::lock_class(&tx, class).await?;
    let facts = courses::class(&tx, class).await?;
    let until = enrolment::kept_until(&facts, plan.confirm_until, now);
    let offered = placed.into_iter().map(|who| (who, Grant::Offered(until)));
    for (who, wanted) in offered.chain(waiting.into_iter().map(|who| (who, Grant::Waiting))) {
        // Somebody may be gone since, or have taken back the consent.
        if !matches!(standings.get(&who), Some(Standing::Ready(_))) {
            continue;
        }
        let given = grant(&tx, who, &facts, wanted, now).await?;
        if given.is_none() && wanted != Grant::Waiting {
            grant(&tx, who, &facts, Grant::Waiting, now).await?;
        }
    }
    // Places of people who are gone go to the first on the list.
    outbox::enqueue(&tx, &Job::FillFreePlaces { class }, now, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn grant(
    tx: &DatabaseTransaction,
    who: ResidentId,
    facts: &ClassFacts,
    wanted: Grant,
    now: DateTime<Utc>,
) -> Result<Option<entity::enrolment::Model>> {
    enrolment::grant(tx, who, facts, wanted, Actor::System, "摇号", now).await
}

/// All is given: what follows may begin, and who got nothing is told.
async fn settle(
    app: &App,
    row: &draw::Model,
    list: &lots::List,
    outcome: &lots::Outcome,
    entries: &HashMap<&str, ResidentId>,
) -> Result<()> {
    let now: DateTime<Utc> = app.clock.now();
    let tx = app.db.begin().await?;
    if !courses::plan_settled(&tx, row.term_id, now).await? {
        return Ok(());
    }
    for number in &outcome.lost {
        if let Some(who) = entries.get(number.as_str()) {
            mine::tell_lost(&tx, row.id, *who, number, (list, outcome), now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
