//! What people would rather look at than read: a term's sign-ups by the hour, attendance by the
//! week, places by site, and the year's 人次 against the plan. Computed when it is asked for.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Datelike, DurationRound, NaiveDate, TimeDelta, Utc};

use entity::ids::{ClassId, TermId};
use entity::kinds::ClassStatus;

use super::store;
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::enrolment;
use crate::error::{Error, Result};
use crate::staff::Colleague;

/// Sign-ups that began in an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    pub by_themselves: i64,
    pub by_staff: i64,
}

/// The meetings of a week that were held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Week {
    pub meetings: i64,
    /// People with a place in their classes now, meeting by meeting.
    pub expected: i64,
    pub present: i64,
}

/// The places of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePlaces {
    pub name: String,
    pub capacity: i64,
    pub taken: i64,
    pub waiting: i64,
}

/// 人次 of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Month {
    pub person_times: i64,
    /// Of them, in courses that count for 智在指尖.
    pub smart: i64,
}

#[derive(Debug)]
pub struct Charts {
    pub hours: BTreeMap<DateTime<Utc>, Hour>,
    /// By their Mondays.
    pub weeks: BTreeMap<NaiveDate, Week>,
    /// The largest first.
    pub sites: Vec<SitePlaces>,
    pub year: i32,
    /// By number, those that have begun.
    pub months: BTreeMap<u32, Month>,
}

/// The pictures of a term, and of the year that runs; of an officer those of the sites of
/// their community.
///
/// # Errors
/// `term_not_found`; `no_community`.
pub async fn charts(app: &App, who: &Colleague, term: TermId) -> Result<Charts> {
    crate::staff::scope(who)?;
    let (conn, now) = (app.db.read(), app.clock.now());
    let terms = courses::terms(conn).await?;
    let term = terms.into_iter().find(|one| one.id == term);
    let term = term.ok_or_else(|| Error::not_found("term_not_found", "没有找到这个学期。"))?;
    let filter = ClassFilter { term_id: Some(term.id), ..Default::default() };
    let mut classes = courses::list_classes(conn, &filter).await?;
    classes.retain(|facts| courses::within_scope(who, &facts.site).is_ok());
    let own: HashSet<ClassId> = classes.iter().map(|facts| facts.class.id).collect();
    let mut hours: BTreeMap<DateTime<Utc>, Hour> = BTreeMap::new();
    for (class, at, by_staff) in enrolment::begun(conn, term.id).await? {
        if !own.contains(&class) {
            continue;
        }
        let at = at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at);
        let hour = hours.entry(at).or_default();
        if by_staff { hour.by_staff += 1 } else { hour.by_themselves += 1 }
    }
    let taken: HashMap<ClassId, i64> =
        classes.iter().map(|facts| (facts.class.id, i64::from(facts.class.taken))).collect();
    let first = clock::at_local(term.first_day, 0);
    let mut weeks: BTreeMap<NaiveDate, Week> = BTreeMap::new();
    for held in store::held(conn, first, now).await? {
        let Some(taken) = taken.get(&held.class) else { continue };
        let week = weeks.entry(monday(clock::local_date(held.starts_at))).or_default();
        week.meetings += 1;
        week.expected += taken;
        week.present += held.present;
    }
    let year = clock::local_date(now).year();
    let months = months(app, who, year, now).await?;
    Ok(Charts { hours, weeks, sites: sites(&classes), year, months })
}

fn monday(day: NaiveDate) -> NaiveDate {
    day - TimeDelta::days(day.weekday().num_days_from_monday().into())
}

fn sites(classes: &[ClassFacts]) -> Vec<SitePlaces> {
    let mut sites: BTreeMap<_, SitePlaces> = BTreeMap::new();
    for facts in classes.iter().filter(|facts| facts.class.status == ClassStatus::Open) {
        let site = sites.entry(facts.site.id).or_insert_with(|| SitePlaces {
            name: facts.site.name.clone(),
            capacity: 0,
            taken: 0,
            waiting: 0,
        });
        site.capacity += i64::from(facts.class.capacity);
        site.taken += i64::from(facts.class.taken);
        site.waiting += i64::from(facts.class.waiting);
    }
    let mut sites: Vec<_> = sites.into_values().collect();
    sites.sort_by_key(|site| std::cmp::Reverse(site.capacity));
    sites
}

async fn months(
    app: &App,
    who: &Colleague,
    year: i32,
    now: DateTime<Utc>,
) -> Result<BTreeMap<u32, Month>> {
    let conn = app.db.read();
    let new_year = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let held = store::held(conn, clock::at_local(new_year, 0), now).await?;
    let ids: HashSet<ClassId> = held.iter().map(|one| one.class).collect();
    let ids: Vec<ClassId> = ids.into_iter().collect();
    let classes = courses::classes(conn, &ids).await?;
    let this_month = clock::local_date(now).month();
    let mut months: BTreeMap<u32, Month> =
        (1..=this_month).map(|month| (month, Month::default())).collect();
    for one in held {
        let Some(facts) = classes.get(&one.class) else { continue };
        if courses::within_scope(who, &facts.site).is_err() {
            continue;
        }
        let month = months.entry(clock::local_date(one.starts_at).month()).or_default();
        month.person_times += one.present;
        if facts.course.smart_technology {
            month.smart += one.present;
        }
    }
    Ok(months)
}
