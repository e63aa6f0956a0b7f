//! The list, frozen at the end of the wishes.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;

use entity::ids::{ClassId, ResidentId, TermId};
use entity::{draw, term, term_plan, wish};

use super::lots::{Class, List, Person, Wish};
use super::{file, mine, store};
use crate::app::App;
use crate::config;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::enrolment::{self, Applicants};
use crate::error::{Error, Kind, Result};
use crate::vault;

/// Job: freezes and publishes the list of a term, once.
///
/// # Errors
/// `seed_passed`: the seed is public already, so nobody would believe the result; staff
/// name another one.
pub async fn freeze(app: &App, id: TermId) -> Result<()> {
    let tx = app.db.begin().await?;
    let (term, plan) = match courses::lock_plan(&tx, id).await {
        // Taken back, or never meant.
        Err(error) if error.kind == Kind::NotFound => return Ok(()),
        other => other?,
    };
    let now = app.clock.now();
    if plan.frozen_at.is_some() || now < plan.wishes_close_at {
        return Ok(());
    }
    if now >= plan.seed_at {
        return Err(Error::conflict(
            "seed_passed",
            "名单还没有公布，种子已经开出。请在学期里另定志愿截止和种子。",
        ));
    }
    courses::plan_frozen(&tx, id, now).await?;
    let classes = classes(&tx, &term, &plan, now).await?;
    let people = people(app, &tx, &term, &plan, &classes).await?;
    if people.is_empty() {
        // Nothing to draw: what follows begins at its hour.
        courses::plan_settled(&tx, id, now).await?;
        tx.commit().await?;
        return Ok(());
    }
    let numbers: Vec<_> =
        people.iter().map(|(who, person)| (*who, person.number.clone())).collect();
    let wished: HashSet<i64> =
        people.iter().flat_map(|(_, person)| &person.wishes).map(|wish| wish.class).collect();
    let list = List {
        term: term.name.clone(),
        source: plan.seed_source.clone(),
        classes: classes.into_iter().filter(|class| wished.contains(&class.id)).collect(),
        people: people.into_iter().map(|(_, person)| person).collect(),
    };
    let text = file::print(&list);
    let row = draw::ActiveModel {
        term_id: Set(id),
        list_sha256: Set(file::hash(&text)),
        list: Set(text),
        frozen_at: Set(now),
        ..Default::default()
    };
    let ids: Vec<_> = list.classes.iter().map(|class| ClassId(class.id)).collect();
    let draw = store::insert_draw(&tx, row, &numbers, &ids).await?;
    for (who, number) in &numbers {
        mine::tell_number(&tx, draw, *who, number, &plan, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// All open classes of a term, with the places that are free now: not those kept for the
/// counter.
async fn classes(
    tx: &DatabaseTransaction,
    term: &term::Model,
    plan: &term_plan::Model,
    now: DateTime<Utc>,
) -> Result<Vec<Class>> {
    let filter = ClassFilter { term_id: Some(term.id), open_only: true, ..Default::default() };
    let found = courses::list_classes(tx, &filter).await?;
    let ids: Vec<_> = found.iter().map(|facts| facts.class.id).collect();
    let rules = courses::class_rules(tx, &ids).await?;
    let listed = found.into_iter().map(|facts| {
        let places = usize::try_from(courses::free_places(&facts, now)).unwrap_or(0);
        let ClassFacts { class, course, .. } = facts;
        let beginners = rules.get(&class.id).is_some_and(|rule| rule.beginners);
        let share = if beginners { plan.newcomer_percent } else { 0 };
        // Rounded up: at least the share.
        let newcomers = usize::try_from((class.capacity * share + 99) / 100).unwrap_or(0);
        Class {
            id: class.id.0,
            places,
            newcomers: newcomers.min(places),
            course: course.id.0,
            hours: (class.weekday, class.start_minute, class.start_minute + class.duration_minutes),
            name: class.name,
        }
    });
    Ok(listed.collect())
}

/// Everybody with wishes, under random numbers. Who may not sign up (any more), or has
/// as many classes as they may, is left out.
async fn people(
    app: &App,
    tx: &DatabaseTransaction,
    term: &term::Model,
    plan: &term_plan::Model,
    classes: &[Class],
) -> Result<Vec<(ResidentId, Person)>> {
    let rows = store::all_wishes(tx, term.id).await?;
    let losses = store::losses(tx).await?;
    let experience = store::experience(tx, term.id).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.class_id).collect();
    let facts = courses::classes(tx, &ids).await?;
    let everybody: Vec<_> = rows.iter().map(|row| row.resident_id).collect();
    let applicants = Applicants::read(&app.config, tx, &everybody, facts.values()).await?;
    let now = app.clock.now();
    let mut found = Vec::new();
    for theirs in rows.chunk_by(|one, other| one.resident_id == other.resident_id) {
        let who = theirs[0].resident_id;
        let Ok(profile) = applicants.ready(who) else { continue };
        let held = enrolment::held(tx, who, term.id).await?;
        let most = usize::try_from(plan.most_classes).unwrap_or(0).saturating_sub(held.len());
        let lost = losses.get(&who).copied().unwrap_or(0);
        // Kept places come first: another course, another hour.
        let kept: Vec<_> = held.iter().collect();
        let wish = |row: &wish::Model| {
            let facts = facts.get(&row.class_id)?;
            let listed = classes.iter().any(|class| class.id == row.class_id.0);
            let own = facts.site.community_id == Some(profile.community_id);
            let newcomer = !experience.contains(&(who, facts.course.id));
            let lots = lots(&app.config.draw, own, lost);
            let suits = applicants.suits(who, facts, &kept, plan.most_classes, now).is_ok();
            (listed && suits).then_some(Wish { class: row.class_id.0, lots, newcomer, own })
        };
        let wishes: Vec<_> = theirs.iter().filter_map(wish).collect();
        if most > 0 && !wishes.is_empty() {
            found.push((
                vault::random::<16>()?,
                who,
                Person { number: String::new(), most, lost, wishes },
            ));
        }
    }
    // In a random order, and numbered in it.
    found.sort_by_key(|(key, ..)| *key);
    let width = found.len().to_string().len().max(4);
    let numbered = found.into_iter().zip(1..).map(|((_, who, mut person), nth)| {
        person.number = format!("{nth:0width$}");
        (who, person)
    });
    Ok(numbered.collect())
}

/// How many lots somebody has, as the rules say.
fn lots(rules: &config::Draw, own: bool, lost: u32) -> u32 {
    let own = if own { rules.own_community_lots } else { 0 };
    1 + own + lost.saturating_mul(rules.lost_lots).min(rules.lost_most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_grow_with_ones_own_community_and_with_losses_up_to_a_limit() {
        let rules =
            config::Draw { most_wishes: 5, own_community_lots: 2, lost_lots: 1, lost_most: 3 };
        assert_eq!(lots(&rules, false, 0), 1);
        assert_eq!(lots(&rules, true, 0), 3);
        assert_eq!(lots(&rules, false, 2), 3);
        assert_eq!(lots(&rules, true, 9), 6);
    }
}
