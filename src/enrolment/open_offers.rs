//! Places that are offered and not answered, as staff look after them: who has to be reminded
//! before the offer lapses.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use entity::enrolment::Model;
use entity::ids::{ClassId, TermId};

use super::store;
use crate::app::App;
use crate::courses::{self, ClassFacts};
use crate::error::Result;
use crate::members::{self, Person};
use crate::staff::Colleague;

/// So many are shown; all are counted.
const MOST: usize = 100;

/// An offer that waits for its answer.
#[derive(Debug)]
pub struct OpenOffer {
    pub row: Model,
    pub person: Person,
    pub class: ClassFacts,
}

/// The offers of the classes that a colleague looks after, the first to lapse first; and how
/// many there are.
///
/// # Errors
/// The database, or a number that cannot be opened.
pub async fn open_offers(app: &App, who: &Colleague) -> Result<(Vec<OpenOffer>, u64)> {
    let conn = app.db.read();
    let mut rows = store::offered(conn).await?;
    let ids: Vec<ClassId> = rows.iter().map(|row| row.class_id).collect();
    let classes: HashMap<ClassId, ClassFacts> = courses::classes(conn, &ids).await?;
    rows.retain(|row| {
        let class = classes.get(&row.class_id);
        class.is_some_and(|facts| courses::within_scope(who, &facts.site).is_ok())
    });
    let total = rows.len() as u64;
    rows.truncate(MOST);
    let people: Vec<_> = rows.iter().map(|row| row.resident_id).collect();
    let people = members::people(app, conn, &people).await?;
    let offer = |row: Model| {
        let class = classes.get(&row.class_id)?.clone();
        // Two offers to one person stand in two lines.
        let person = people.get(&row.resident_id).cloned()?;
        Some(OpenOffer { row, person, class })
    };
    Ok((rows.into_iter().filter_map(offer).collect(), total))
}

/// When each sign-up of a term began, in which class, and whether staff entered it.
///
/// # Errors
/// The database.
pub async fn begun(
    conn: &impl ConnectionTrait,
    term: TermId,
) -> Result<Vec<(ClassId, DateTime<Utc>, bool)>> {
    store::begun(conn, term).await
}
