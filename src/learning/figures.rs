//! 人次 and 学时 of a time, with what they count for.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use entity::ids::{ClassId, CommunityId, SiteId};

use super::store;
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts};
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

/// 人次 and 学时 (in hundredths).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub times: i64,
    pub hundredths: i64,
}

impl Sum {
    fn add(&mut self, one: store::Count) {
        self.times += one.times;
        self.hundredths += one.hundredths;
    }
}

/// What was attended in a time.
#[derive(Debug)]
pub struct Figures {
    pub all: Sum,
    /// Of it, in courses that count for 智在指尖.
    pub smart_technology: Sum,
    /// By name, the largest first.
    pub classes: Vec<(ClassId, String, Sum)>,
    pub courses: Vec<(String, Sum)>,
    pub sites: Vec<(String, Sum)>,
    /// Of the learners; the empty name: of those without.
    pub communities: Vec<(String, Sum)>,
    /// Learners who came at all, and of them those with the 学时 of the year's goal.
    pub learners: u64,
    pub reached: u64,
}

/// What was attended from the first to the last day: by everybody, or by those of an
/// officer's community.
///
/// # Errors
/// `no_community`; `bad_days`: more than two years, or none.
pub async fn figures(
    app: &App,
    who: &Colleague,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Figures> {
    let days = (last - first).num_days();
    if !(0..=731).contains(&days) {
        return Err(Error::invalid("bad_days", "日期不对：最后一天不能早于第一天，最长两年。"));
    }
    let (conn, scope) = (app.db.read(), staff::scope(who)?);
    let (from, to) = (clock::at_local(first, 0), clock::at_local(last, 24 * 60));
    let counts = store::counts(conn, from, to, scope).await?;
    let ids: Vec<ClassId> = counts.iter().map(|one| one.class).collect();
    let classes = courses::classes(conn, &ids).await?;
    let names = courses::communities(conn).await?;
    let names: HashMap<CommunityId, String> =
        names.into_iter().map(|one| (one.id, one.name)).collect();
    let goal = app.config.learning.year_goal_hours * 100;
    let (reached, learners) = store::reached(conn, from, to, scope, goal).await?;
    Ok(Figures { learners, reached, ..summed(&counts, &classes, &names) })
}

fn summed(
    counts: &[store::Count],
    classes: &HashMap<ClassId, ClassFacts>,
    names: &HashMap<CommunityId, String>,
) -> Figures {
    let (mut all, mut smart_technology) = (Sum::default(), Sum::default());
    let mut by_class: BTreeMap<ClassId, (String, Sum)> = BTreeMap::new();
    let mut by_course: BTreeMap<String, Sum> = BTreeMap::new();
    let mut by_site: BTreeMap<SiteId, (String, Sum)> = BTreeMap::new();
    let mut by_community: BTreeMap<String, Sum> = BTreeMap::new();
    for one in counts {
        let Some(ClassFacts { class, course, site, .. }) = classes.get(&one.class) else {
            continue;
        };
        all.add(*one);
        if course.smart_technology {
            smart_technology.add(*one);
        }
        by_class
            .entry(class.id)
            .or_insert_with(|| (class.name.clone(), Sum::default()))
            .1
            .add(*one);
        by_course.entry(course.name.clone()).or_default().add(*one);
        by_site.entry(site.id).or_insert_with(|| (site.name.clone(), Sum::default())).1.add(*one);
        let community = one.community.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
        by_community.entry(community).or_default().add(*one);
    }
    Figures {
        all,
        smart_technology,
        classes: {
            let rows = by_class.into_iter().map(|(id, (name, sum))| (id, name, sum));
            let mut rows: Vec<_> = rows.collect();
            rows.sort_by_key(|(_, _, sum)| std::cmp::Reverse(sum.times));
            rows
        },
        courses: largest_first(by_course.into_iter().collect()),
        sites: largest_first(by_site.into_values().collect()),
        communities: largest_first(by_community.into_iter().collect()),
        learners: 0,
        reached: 0,
    }
}

fn largest_first(mut rows: Vec<(String, Sum)>) -> Vec<(String, Sum)> {
    rows.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.times));
    rows
}
