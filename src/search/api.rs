//! The console's search, on the wire.

use std::collections::HashMap;

use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ArticleId, ClassId, CommunityId, CourseId, ResidentId};
use entity::kinds::Role;

use crate::app::App;
use crate::courses;
use crate::search;
use crate::wire::ApiResult;
use crate::wire::auth::AnyStaff;
use crate::wire::tags::Tag;

pub struct SearchApi(pub App);

/// A resident in the colleague's scope.
#[derive(Object)]
struct FoundPerson {
    id: ResidentId,
    name: String,
    learner_number: String,
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    community_name: Option<String>,
}

/// A class that the colleague looks after, or teaches.
#[derive(Object)]
struct FoundClass {
    id: ClassId,
    name: String,
    term_name: String,
    time_text: String,
    teacher_name: String,
    site_name: String,
    /// The colleague teaches it, and sees its results rather than its planning.
    taught: bool,
}

#[derive(Object)]
struct FoundCourse {
    id: CourseId,
    name: String,
}

#[derive(Object)]
struct FoundArticle {
    id: ArticleId,
    title: String,
}

/// What fits, of each kind some.
#[derive(Object)]
struct FoundAll {
    people: Vec<FoundPerson>,
    classes: Vec<FoundClass>,
    courses: Vec<FoundCourse>,
    articles: Vec<FoundArticle>,
}

#[OpenApi(tag = "Tag::StaffOperations")]
impl SearchApi {
    /// Look for people (part of a name, a whole learner or phone number, a phone number's last four
    /// digits), classes, courses and articles; what the colleague may open alone.
    ///
    /// Codes: `query_too_short`, `no_community`.
    #[oai(path = "/staff/search", method = "get", operation_id = "staff_search")]
    async fn search(&self, who: AnyStaff, q: Query<String>) -> ApiResult<Json<FoundAll>> {
        let found = search::search(&self.0, &who.0, &q.0).await?;
        let names: HashMap<CommunityId, String> = if found.people.is_empty() {
            HashMap::new()
        } else {
            let all = courses::communities(self.0.db.read()).await?;
            all.into_iter().map(|one| (one.id, one.name)).collect()
        };
        let taught = who.0.role == Role::Teacher;
        let people = found.people.into_iter().map(|person| FoundPerson {
            id: person.id,
            name: person.name,
            learner_number: person.learner_number,
            phone_masked: person.phone_masked,
            community_name: person.community_id.and_then(|id| names.get(&id).cloned()),
        });
        let classes = found.classes.into_iter().map(|facts| FoundClass {
            id: facts.class.id,
            time_text: courses::time_text(&facts.class),
            name: facts.class.name,
            term_name: facts.term.name,
            teacher_name: facts.teacher_name,
            site_name: facts.site.name,
            taught,
        });
        let courses = found.courses.into_iter().map(|(id, name)| FoundCourse { id, name });
        let articles = found.articles.into_iter().map(|(id, title)| FoundArticle { id, title });
        Ok(Json(FoundAll {
            people: people.collect(),
            classes: classes.collect(),
            courses: courses.collect(),
            articles: articles.collect(),
        }))
    }
}
