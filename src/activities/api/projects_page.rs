//! What projects came to, on the wire.

use chrono::{DateTime, Datelike, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ClassId, ProjectId};
use entity::kinds::{ArticleStatus, ClassKind};

use super::staff::YearSum;
use crate::activities::{self, ProjectSums, report};
use crate::app::App;
use crate::clock;
use crate::projects::api::Project;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::page::Page;
use crate::wire::sheet::PdfFile;
use crate::wire::tags::Tag;

pub struct StaffProjectPagesApi(pub App);

/// Something that belongs to a project.
#[derive(Object)]
struct ProjectPart {
    class_id: ClassId,
    kind: ClassKind,
    kind_text: String,
    name: String,
    site_name: String,
    /// When it met first in that year.
    #[oai(skip_serializing_if_is_none)]
    time_text: Option<String>,
    sum: YearSum,
}

/// Something that was written about a project.
#[derive(Object)]
struct ProjectArticle {
    title: String,
    sent_at: DateTime<Utc>,
    day_text: String,
    #[oai(skip_serializing_if_is_none)]
    status: Option<ArticleStatus>,
}

/// What a project came to in a year.
#[derive(Object)]
struct ProjectPage {
    project: Project,
    year: i32,
    sum: YearSum,
    parts: Vec<ProjectPart>,
    articles: Vec<ProjectArticle>,
}

impl From<ProjectSums> for ProjectPage {
    fn from(found: ProjectSums) -> Self {
        let parts = found.parts.into_iter().map(|part| ProjectPart {
            class_id: part.class,
            kind: part.kind,
            kind_text: part.kind_text.to_owned(),
            name: part.name,
            site_name: part.site_name,
            time_text: part.first_at.map(clock::spoken),
            sum: part.sum.into(),
        });
        let articles = found.articles.into_iter().map(|one| ProjectArticle {
            title: one.title,
            sent_at: one.at,
            day_text: clock::spoken_day(clock::local_date(one.at)),
            status: one.status,
        });
        Self {
            project: found.project.into(),
            year: found.year,
            sum: found.all.into(),
            parts: parts.collect(),
            articles: articles.collect(),
        }
    }
}

impl StaffProjectPagesApi {
    fn year(&self, asked: Option<i32>) -> i32 {
        asked.unwrap_or_else(|| self.0.clock.today().year())
    }
}

#[OpenApi(tag = "Tag::StaffActivities", prefix_path = "/staff")]
impl StaffProjectPagesApi {
    /// What each project came to in a year (this one by default); officers see what happened
    /// in their own community.
    ///
    /// Codes: `bad_year`, `no_community`.
    #[oai(path = "/project-pages", method = "get", operation_id = "staff_project_pages")]
    async fn all(
        &self,
        who: EnrolmentStaff,
        year: Query<Option<i32>>,
    ) -> ApiResult<Json<Page<ProjectPage>>> {
        let found = activities::all_projects(&self.0, &who.0, self.year(year.0)).await?;
        Ok(Json(Page::whole(found.into_iter().map(ProjectPage::from).collect())))
    }

    /// …of one.
    ///
    /// Codes: `project_not_found`, `bad_year`, `no_community`.
    #[oai(path = "/project-pages/:id", method = "get", operation_id = "staff_project_page")]
    async fn one(
        &self,
        who: EnrolmentStaff,
        id: Path<ProjectId>,
        year: Query<Option<i32>>,
    ) -> ApiResult<Json<ProjectPage>> {
        let year = self.year(year.0);
        Ok(Json(activities::project_sums(&self.0, &who.0, id.0, year).await?.into()))
    }

    /// The report of one project, or of all, for the year's end.
    ///
    /// Codes: `project_not_found`, `bad_year`, `no_community`, `no_glyph`.
    #[oai(path = "/project-report", method = "get", operation_id = "staff_project_report")]
    async fn report(
        &self,
        who: EnrolmentStaff,
        project_id: Query<Option<ProjectId>>,
        year: Query<Option<i32>>,
    ) -> ApiResult<PdfFile> {
        let (app, year) = (&self.0, self.year(year.0));
        let found = match project_id.0 {
            Some(id) => vec![activities::project_sums(app, &who.0, id, year).await?],
            None => activities::all_projects(app, &who.0, year).await?,
        };
        let (name, bytes) = report::pdf(app, &found, year).await?;
        Ok(PdfFile::named(&name, bytes))
    }
}
