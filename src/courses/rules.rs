//! For whom a class is, and with how many it begins.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::{ClassId, CourseId};
use entity::kinds::{ClassStatus, Residence};
use entity::{class_rule, term};

use super::make::found;
use super::{ClassFacts, check, no_class, plan, store, within_scope};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

/// What a class asks for beyond its course and term.
#[derive(Clone, Copy, Debug)]
pub struct ClassRules {
    pub residence: Residence,
    /// Only who was in the course before.
    pub previous_needed: bool,
    /// The course before; empty: the class's own.
    pub previous: Option<CourseId>,
    /// Empty: as the term says.
    pub min_people: Option<i32>,
}

/// Says for whom a class is. Who is in it stays.
///
/// # Errors
/// `no_community`: its site belongs to none; `out_of_range`, `unknown_reference`,
/// `class_not_found`, `draw_running`, `out_of_scope`.
pub async fn save_class_rules(
    app: &App,
    who: &Colleague,
    id: ClassId,
    rules: &ClassRules,
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let facts = store::class(&tx, id).await?.ok_or_else(no_class)?;
    within_scope(who, &facts.site)?;
    if let Some(least) = rules.min_people {
        check::between(least, 0, facts.class.capacity, "最低开班人数")?;
    }
    if rules.residence != Residence::Everyone && facts.site.community_id.is_none() {
        return Err(no_community());
    }
    if let Some(course) = rules.previous {
        found(store::course(&tx, course).await?, "选的课程不存在。")?;
    }
    // In the order of a freeze: the term, then the class.
    store::lock_term(&tx, facts.term.id).await?;
    plan::no_draw_running(&tx, facts.term.id).await?;
    store::lock_class(&tx, id).await?.ok_or_else(no_class)?;
    store::set_class_rules(&tx, id, rules).await?;
    let before = store::plans::rules(&tx, &[id]).await?.remove(&id);
    let beginners = before.is_some_and(|rule| rule.beginners);
    let rule = class_rule::Model { class_id: id, beginners, previous_course_id: rules.previous };
    store::plans::put_rule(&tx, &rule).await?;
    staff::record(&tx, Some(who.id), "class.rules", &format!("class:{id}"), None, now).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) fn no_community() -> Error {
    Error::invalid("no_community", "这个学习点不属于哪个社区，不能只收本社区的居民。")
}

/// How many hours an offered place is kept, and how many of them lie in the daytime.
pub fn offer_hours(facts: &ClassFacts) -> (i64, i64) {
    let ClassFacts { class, term, .. } = facts;
    let hours = class.offer_hours.unwrap_or(term.offer_hours);
    let daytime = class.offer_daytime_hours.unwrap_or(term.offer_daytime_hours);
    (i64::from(hours), i64::from(daytime))
}

/// When staff look at classes with too few people, in minutes of the day.
const MORNING: i32 = 8 * 60;

/// With so many people a class begins.
pub fn least_people(facts: &ClassFacts) -> i32 {
    let ClassFacts { class, term, .. } = facts;
    // Rounded up: at least the share.
    let share = (class.capacity * term.min_percent + 99) / 100;
    class.min_people.unwrap_or_else(|| share.min(term.min_people))
}

/// When it is seen which classes of a term have too few people.
pub fn must_decide_at(term: &term::Model) -> DateTime<Utc> {
    clock::at_local(term.first_day - TimeDelta::days(i64::from(term.decide_days)), MORNING)
}

/// Notes that fewer people are in a class than it needs: staff decide what becomes of it.
/// Noting it again changes nothing.
///
/// # Errors
/// The database.
pub async fn note_below(
    tx: &DatabaseTransaction,
    id: ClassId,
    (people, least): (i64, i32),
    now: DateTime<Utc>,
) -> Result<()> {
    if store::mark_below(tx, id, now).await? {
        let detail = format!("{people} of {least}");
        let object = format!("class:{id}");
        staff::record(tx, None, "class.below_minimum", &object, Some(&detail), now).await?;
    }
    Ok(())
}

/// Lets a class begin though too few people are in it. Saying it twice is the same as once.
///
/// # Errors
/// `missing` reason, `too_long`, `class_cancelled`, `class_not_found`, `out_of_scope`.
pub async fn keep_open(app: &App, who: &Colleague, id: ClassId, reason: &str) -> Result<()> {
    let reason = check::text(reason, "原因", 100)?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let facts = store::class(&tx, id).await?.ok_or_else(no_class)?;
    within_scope(who, &facts.site)?;
    if store::mark_kept_open(&tx, id, now).await? {
        let object = format!("class:{id}");
        staff::record(&tx, Some(who.id), "class.kept_open", &object, Some(&reason), now).await?;
    } else if facts.class.status == ClassStatus::Cancelled {
        return Err(Error::conflict("class_cancelled", "这个班已经停办了。"));
    }
    tx.commit().await?;
    Ok(())
}
