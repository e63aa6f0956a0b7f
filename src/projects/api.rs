//! Projects on the wire.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::ProjectId;
use entity::project;

use crate::app::App;
use crate::projects::{self, NewProject};
use crate::wire::ApiResult;
use crate::wire::auth::{AnyStaff, CentreStaff};
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffProjectsApi(pub App);

/// A project.
#[derive(Object)]
pub struct Project {
    id: ProjectId,
    name: String,
    aim: String,
    description: String,
    /// Who answers for it; may be empty.
    lead: String,
    /// Nothing more is added to it.
    closed: bool,
}

impl From<project::Model> for Project {
    fn from(row: project::Model) -> Self {
        let project::Model { id, name, aim, description, lead, closed, .. } = row;
        Self { id, name, aim, description, lead, closed }
    }
}

#[derive(Object)]
struct ProjectBody {
    name: String,
    aim: String,
    #[oai(default)]
    description: String,
    #[oai(default)]
    lead: String,
    #[oai(default)]
    closed: bool,
}

impl From<ProjectBody> for NewProject {
    fn from(body: ProjectBody) -> Self {
        let ProjectBody { name, aim, description, lead, closed } = body;
        Self { name, aim, description, lead, closed }
    }
}

#[OpenApi(tag = "Tag::StaffActivities")]
impl StaffProjectsApi {
    /// All projects, in their order.
    #[oai(path = "/staff/projects", method = "get", operation_id = "staff_projects")]
    async fn list(&self, _who: AnyStaff) -> ApiResult<Json<Page<Project>>> {
        let rows = projects::all(self.0.db.read()).await?;
        Ok(Json(Page::whole(rows.into_iter().map(Project::from).collect())))
    }

    /// Write down a new project.
    ///
    /// Codes: `missing`, `too_long`, `already_there`.
    #[oai(path = "/staff/projects", method = "post", operation_id = "staff_add_project")]
    async fn add(&self, who: CentreStaff, body: Json<ProjectBody>) -> ApiResult<Json<Project>> {
        let saved = projects::save(&self.0, &who.0, None, &body.0.into()).await?;
        Ok(Json(saved.into()))
    }

    /// Change what is said of a project, or close it.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `project_not_found`.
    #[oai(path = "/staff/projects/:id", method = "put", operation_id = "staff_change_project")]
    async fn change(
        &self,
        who: CentreStaff,
        id: Path<ProjectId>,
        body: Json<ProjectBody>,
    ) -> ApiResult<Json<Project>> {
        let saved = projects::save(&self.0, &who.0, Some(id.0), &body.0.into()).await?;
        Ok(Json(saved.into()))
    }
}
