//! One box in the console for everything that has a name: people, classes, courses, articles.
//!
//! 1. Nobody finds what they could not open: people by the scope of who asks, classes by their
//!    sites or by who teaches them, articles by the news desk alone.
//! 2. The room has no tables: it asks the rooms that have them.
//! 3. What was typed is in no log: it may be a number.

use sea_orm::ConnectionTrait;

use entity::ids::{ArticleId, CourseId};
use entity::kinds::Role;

use crate::app::App;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::news;
use crate::staff::{self, Colleague};

pub mod api;

/// Of each kind so many are shown; more would be no answer.
const MOST: usize = 8;

/// What a colleague may open of what fits.
#[derive(Debug, Default)]
pub struct Found {
    pub people: Vec<Person>,
    /// Those of the newest term first.
    pub classes: Vec<ClassFacts>,
    pub courses: Vec<(CourseId, String)>,
    pub articles: Vec<(ArticleId, String)>,
}

/// Looks for part of a name, a whole learner or phone number, or a phone number's last four
/// digits.
///
/// # Errors
/// `query_too_short`; `no_community`.
pub async fn search(app: &App, who: &Colleague, text: &str) -> Result<Found> {
    let text = text.trim();
    if text.chars().count() < 2 || text.contains(char::is_control) {
        return Err(Error::invalid("query_too_short", "请至少输入两个字。"));
    }
    let conn = app.db.read();
    let mut found = Found::default();
    match who.role {
        Role::Admin | Role::Centre | Role::Officer => {
            let scope = staff::scope(who)?;
            let people = members::find(app, text, scope).await?;
            found.people = people.into_iter().take(MOST).collect();
            found.classes = classes(conn, who, text).await?;
            found.courses = named_courses(conn, text).await?;
        }
        Role::Teacher => found.classes = classes(conn, who, text).await?,
        Role::Editor | Role::SectionHead | Role::Leader => {
            found.articles = news::titled(conn, text, MOST as u64).await?;
        }
    }
    Ok(found)
}

async fn classes(
    conn: &impl ConnectionTrait,
    who: &Colleague,
    text: &str,
) -> Result<Vec<ClassFacts>> {
    let filter = ClassFilter { text: Some(text.to_owned()), ..Default::default() };
    let mut found = courses::list_classes(conn, &filter).await?;
    if who.role == Role::Teacher {
        let own = courses::teacher_of_staff(conn, who.id).await?;
        found.retain(|facts| own == Some(facts.class.teacher_id));
    } else {
        found.retain(|facts| courses::within_scope(who, &facts.site).is_ok());
    }
    found.sort_by_key(|facts| (std::cmp::Reverse(facts.term.first_day), facts.class.id));
    found.truncate(MOST);
    Ok(found)
}

async fn named_courses(conn: &impl ConnectionTrait, text: &str) -> Result<Vec<(CourseId, String)>> {
    let wanted = text.to_lowercase();
    let all = courses::courses(conn).await?.into_iter();
    let fits = all.filter(|course| course.name.to_lowercase().contains(&wanted));
    Ok(fits.take(MOST).map(|course| (course.id, course.name)).collect())
}
