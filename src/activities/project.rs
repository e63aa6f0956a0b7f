//! What the projects of a year came to.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use entity::ids::{ClassId, ProjectId};
use entity::kinds::{ArticleStatus, ClassKind};
use entity::project;

use super::{Sum, kind_text, sees_all, store, sums};
use crate::app::App;
use crate::clock;
use crate::courses;
use crate::error::{Error, Result};
use crate::projects;
use crate::staff::{self, Colleague};

/// One thing that belongs to a project.
#[derive(Clone, Debug)]
pub struct Part {
    pub class: ClassId,
    pub kind: ClassKind,
    /// As people call it.
    pub kind_text: &'static str,
    pub name: String,
    pub site_name: String,
    /// When it met for the first time in the year.
    pub first_at: Option<DateTime<Utc>>,
    pub sum: Sum,
}

/// Something written about a project.
#[derive(Clone, Debug)]
pub struct Written {
    pub title: String,
    pub at: DateTime<Utc>,
    pub status: Option<ArticleStatus>,
}

/// What a project came to in a year.
#[derive(Clone, Debug)]
pub struct ProjectSums {
    pub project: project::Model,
    pub year: i32,
    pub all: Sum,
    /// The earliest first.
    pub parts: Vec<Part>,
    pub articles: Vec<Written>,
}

/// The days of a year.
///
/// # Errors
/// `bad_year`.
pub(super) fn days_of(year: i32) -> Result<(NaiveDate, NaiveDate)> {
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    match (day(1, 1), day(12, 31)) {
        (Some(first), Some(last)) if (2000..=2199).contains(&year) => Ok((first, last)),
        _ => Err(Error::invalid("bad_year", "年份不对。")),
    }
}

/// What each project came to in a year, in their order; of an officer's own community alone.
///
/// # Errors
/// `bad_year`, `no_community`.
pub async fn all_projects(app: &App, who: &Colleague, year: i32) -> Result<Vec<ProjectSums>> {
    let rows = projects::all(app.db.read()).await?;
    of(app, who, rows, year).await
}

/// As [`all_projects`], of one.
///
/// # Errors
/// `project_not_found`, `bad_year`, `no_community`.
pub async fn project_sums(
    app: &App,
    who: &Colleague,
    id: ProjectId,
    year: i32,
) -> Result<ProjectSums> {
    let row = projects::one(app.db.read(), id).await?;
    let found = of(app, who, vec![row], year).await?.pop();
    found.ok_or_else(|| Error::internal("a project that was found is not there"))
}

async fn of(
    app: &App,
    who: &Colleague,
    rows: Vec<project::Model>,
    year: i32,
) -> Result<Vec<ProjectSums>> {
    let conn = app.db.read();
    let scope = staff::scope(who)?;
    let (first, last) = days_of(year)?;
    let time = (clock::at_local(first, 0), clock::at_local(last, 24 * 60));
    let ids: Vec<ProjectId> = rows.iter().map(|row| row.id).collect();
    let belongs = store::of_projects(conn, &ids, time).await?;
    let classes: BTreeSet<ClassId> = belongs.iter().map(|one| one.class).collect();
    let classes: Vec<ClassId> = classes.into_iter().collect();
    let facts = courses::classes(conn, &classes).await?;
    let activities = store::activities(conn, &classes).await?;
    // Of what has begun; what is to come stands in the list with nothing in it.
    let now = app.clock.now();
    let sums = sums(conn, &classes, (time.0, time.1.min(now))).await?;
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let mut articles =
        if sees_all(who) { store::articles(conn, &names, time).await? } else { HashMap::new() };
    let parts = |project: ProjectId| -> Vec<Part> {
        let mine = belongs.iter().filter(|one| one.project == project);
        mine.filter_map(|one| {
            let facts = facts.get(&one.class)?;
            if scope.is_some() && facts.site.community_id != scope {
                return None;
            }
            let kind = facts.class.kind;
            let activity = activities.get(&one.class);
            Some(Part {
                class: one.class,
                kind,
                kind_text: activity.map_or_else(|| word(kind), |row| kind_text(row.kind)),
                name: facts.class.name.clone(),
                site_name: facts.site.name.clone(),
                first_at: Some(one.first_at),
                sum: sums.get(&one.class).copied().unwrap_or_default(),
            })
        })
        .collect()
    };
    Ok(rows
        .into_iter()
        .map(|project| {
            let parts = parts(project.id);
            ProjectSums {
                all: parts.iter().fold(Sum::default(), |all, part| all.and(part.sum)),
                articles: articles.remove(&project.name).unwrap_or_default(),
                year,
                parts,
                project,
            }
        })
        .collect())
}

fn word(kind: ClassKind) -> &'static str {
    match kind {
        ClassKind::Course => "班级",
        ClassKind::Activity => "活动",
        ClassKind::Shift => "志愿服务",
        ClassKind::Club => "社团",
    }
}
