//! 项目: what the year's activities, classes and articles are for.
//!
//! 1. A project has a name of its own, by which articles name it too; it is never deleted,
//!    but closed, and then nothing more is added to it.
//! 2. A class of whatever kind belongs to one project at most, and says so itself
//!    (`class.project_id`); what a project came to is computed from what belongs to it
//!    (`activities/sums.rs`) when it is asked for.
//! 3. The centre alone writes down projects; everybody at the console may read them.

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::ProjectId;
use entity::project;

use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

pub mod api;
mod store;

/// What is said of a project.
#[derive(Clone, Debug)]
pub struct NewProject {
    pub name: String,
    /// What it is for, in one sentence.
    pub aim: String,
    pub description: String,
    /// Who answers for it.
    pub lead: String,
    pub closed: bool,
}

/// All, in their order.
///
/// # Errors
/// The database.
pub async fn all(conn: &impl ConnectionTrait) -> Result<Vec<project::Model>> {
    store::all(conn).await
}

/// One of them.
///
/// # Errors
/// `project_not_found`.
pub async fn one(conn: &impl ConnectionTrait, id: ProjectId) -> Result<project::Model> {
    store::one(conn, id).await?.ok_or_else(none)
}

/// Refuses a project that is not there, or to which nothing is added any more.
///
/// # Errors
/// `project_not_found`, `project_closed`.
pub async fn must_be_there(tx: &DatabaseTransaction, id: Option<ProjectId>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    if one(tx, id).await?.closed {
        return Err(Error::conflict("project_closed", "这个项目已经结束，不能再加内容。"));
    }
    Ok(())
}

/// Writes down a new project, or what is said of one now.
///
/// # Errors
/// `missing`, `too_long`, `project_not_found`, `already_there`: another has that name.
pub async fn save(
    app: &App,
    who: &Colleague,
    id: Option<ProjectId>,
    new: &NewProject,
) -> Result<project::Model> {
    let new = NewProject {
        name: text(&new.name, "项目名称", 1, 30)?,
        aim: text(&new.aim, "目标", 1, 100)?,
        description: text(&new.description, "说明", 0, 2000)?,
        lead: text(&new.lead, "负责人", 0, 30)?,
        closed: new.closed,
    };
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let saved = store::save(&tx, id, &new).await?.ok_or_else(none)?;
    let action = if id.is_some() { "project.changed" } else { "project.created" };
    let object = format!("project:{}", saved.id);
    staff::record(&tx, Some(who.id), action, &object, Some(&saved.name), now).await?;
    tx.commit().await?;
    Ok(saved)
}

fn text(value: &str, label: &str, least: usize, most: usize) -> Result<String> {
    let value = value.trim();
    let length = value.chars().count();
    if length < least {
        return Err(Error::invalid("missing", format!("请填写{label}。")));
    }
    if length > most {
        return Err(Error::invalid("too_long", format!("{label}太长了，最多 {most} 个字。")));
    }
    if value.chars().any(|one| one.is_control() && one != '\n') {
        return Err(Error::invalid("bad_text", format!("{label}里有不能用的符号。")));
    }
    Ok(value.to_owned())
}

fn none() -> Error {
    Error::not_found("project_not_found", "没有找到这个项目。")
}
