//! 志愿: what somebody would like, by rank; changed as often as they like until the end.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{ClassId, ResidentId, TermId};
use entity::kinds::Role;

use super::store;
use crate::app::App;
use crate::courses::{self, ClassFacts, Stage};
use crate::enrolment::{self, Actor, Way};
use crate::error::{Error, Result};
use crate::family::Caller;
use crate::members;
use crate::staff::{self, Colleague};

/// Somebody's wishes for a term, the dearest first.
///
/// # Errors
/// The database.
pub async fn wishes(
    conn: &impl ConnectionTrait,
    term: TermId,
    who: ResidentId,
) -> Result<Vec<ClassFacts>> {
    let rows = store::wishes(conn, term, who).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.class_id).collect();
    let mut facts = courses::classes(conn, &ids).await?;
    Ok(ids.into_iter().filter_map(|id| facts.remove(&id)).collect())
}

/// Says what somebody would like, in the place of what they said before. Saying the
/// same again changes nothing.
///
/// # Errors
/// `not_in_phase`, `no_plan`; `too_many_wishes`, `wish_twice`, `wrong_term`; and the rules
/// of sign-up that do not depend on time and places.
pub async fn save_wishes(app: &App, who: Caller, classes: &[ClassId]) -> Result<()> {
    let tx = app.db.begin().await?;
    save(app, &tx, who.learner, classes, who.into()).await?;
    tx.commit().await?;
    Ok(())
}

/// As [`save_wishes`], for a known resident who came to the counter or called.
///
/// # Errors
/// As there; `resident_not_found`.
pub async fn save_at_counter(
    app: &App,
    who: &Colleague,
    learner_number: &str,
    classes: &[ClassId],
) -> Result<ResidentId> {
    let person = at_counter(app, who, learner_number).await?;
    let tx = app.db.begin().await?;
    save(app, &tx, person, classes, Actor::Staff(who.id)).await?;
    let object = format!("resident:{person}");
    staff::record(&tx, Some(who.id), "wishes.saved", &object, None, app.clock.now()).await?;
    tx.commit().await?;
    Ok(person)
}

/// Who has this learner number, within the colleague's scope.
///
/// # Errors
/// `resident_not_found`.
pub async fn at_counter(app: &App, who: &Colleague, learner_number: &str) -> Result<ResidentId> {
    let number = learner_number.trim();
    let scope = if who.role == Role::Officer { who.community } else { None };
    let found = members::find(app, number, scope).await?;
    let person = found.into_iter().find(|person| person.learner_number == number);
    let person = person.map(|person| person.id);
    person.ok_or_else(|| Error::not_found("resident_not_found", "没有这个学员号，请核对后再试。"))
}

async fn save(
    app: &App,
    tx: &DatabaseTransaction,
    who: ResidentId,
    classes: &[ClassId],
    by: Actor,
) -> Result<()> {
    let (term, _) = super::planned_term(app, tx).await?;
    members::lock(tx, who).await?;
    by.still_may(tx, app.clock.today()).await?;
    members::ready(app, tx, who).await?;
    // Nobody freezes the list while this is written, nor has before.
    let (term, plan) = courses::share_plan(tx, term.id).await?;
    let now = app.clock.now();
    courses::must_be(Stage::Wishes, &term, &plan, now)?;
    let most = app.config.draw.most_wishes;
    if classes.len() > most {
        return Err(Error::invalid("too_many_wishes", format!("最多填 {most} 个志愿。")));
    }
    if classes.iter().collect::<BTreeSet<_>>().len() != classes.len() {
        return Err(Error::invalid("wish_twice", "同一个班只用填一次。"));
    }
    let facts = courses::classes(tx, classes).await?;
    for id in classes {
        let class = facts.get(id).filter(|class| class.term.id == term.id);
        let class = class
            .ok_or_else(|| Error::invalid("wrong_term", "有一个班不在这个学期，请重新选。"))?;
        enrolment::suits(app, tx, who, class, plan.most_classes, (Way::Wish, by)).await?;
    }
    let before = store::wishes(tx, term.id, who).await?;
    if before.iter().map(|row| row.class_id).eq(classes.iter().copied()) {
        return Ok(());
    }
    store::replace_wishes(tx, term.id, who, classes, (by.kind(), by.id()), now).await?;
    let (what, key) =
        ("替您改了志愿", format!("wishes:{}:{who}:{}", term.id, now.timestamp_millis()));
    enrolment::tell_of_act(tx, by, what, &term.name, key, now).await
}
