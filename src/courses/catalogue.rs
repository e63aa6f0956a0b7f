//! The classes of the current term as everybody sees them. On opening day all look at
//! once: who asks while the list is read gets the next reading, together.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{ClassFacts, ClassFilter, current_term, first_meetings, list_classes};
use crate::app::Db;
use crate::batch::{Batch, Decide};
use crate::clock::Clock;
use crate::error::Result;

/// One reading serves so many at most.
const LARGEST: usize = 1024;

/// Classes in the order of the week, each with its first meeting.
pub type Listing = Arc<Vec<(ClassFacts, Option<DateTime<Utc>>)>>;

struct Reading {
    db: Db,
    clock: Clock,
}

impl Reading {
    async fn read(&self, filter: &ClassFilter) -> Result<Listing> {
        let conn = self.db.read();
        let Some(term) = current_term(conn, self.clock.today()).await? else {
            return Ok(Listing::default());
        };
        let filter = ClassFilter { term_id: Some(term.id), open_only: true, ..filter.clone() };
        let found = list_classes(conn, &filter).await?;
        let ids: Vec<_> = found.iter().map(|facts| facts.class.id).collect();
        let first = first_meetings(conn, &ids).await?;
        let dated = found.into_iter().map(|facts| {
            let at = first.get(&facts.class.id).copied();
            (facts, at)
        });
        Ok(Arc::new(dated.collect()))
    }
}

impl Decide for Reading {
    type Question = ClassFilter;
    type Answer = Listing;

    async fn decide(&self, asked: &[ClassFilter]) -> Result<Vec<Listing>> {
        let mut read: Vec<(&ClassFilter, Listing)> = Vec::new();
        let mut answers = Vec::with_capacity(asked.len());
        for filter in asked {
            let known = read.iter().find(|(other, _)| *other == filter);
            let listing = match known.map(|(_, listing)| Arc::clone(listing)) {
                Some(listing) => listing,
                None => {
                    let listing = self.read(filter).await?;
                    read.push((filter, Arc::clone(&listing)));
                    listing
                }
            };
            answers.push(listing);
        }
        Ok(answers)
    }
}

/// The line of those who look.
pub struct Catalogue(Batch<Reading>);

impl Catalogue {
    /// For the classes in `db`.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self(Batch::new(Reading { db, clock }, LARGEST))
    }

    /// The classes of the current term that take place and fit the filter, as they stand
    /// after this was asked.
    ///
    /// # Errors
    /// The database.
    pub async fn list(&self, filter: ClassFilter) -> Result<Listing> {
        self.0.ask(filter).await
    }
}
