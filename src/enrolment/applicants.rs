//! The people of whom the rules are asked, and what the rules have to know beside them.
//! Read for many at once; what only some classes or terms ask for, only where one does.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use entity::ids::{ClassId, ResidentId};
use entity::term_plan;

use super::eligibility::{self, Facts, Known, Occasion};
use super::store;
use crate::app::App;
use crate::config::Config;
use crate::courses::{self, ClassFacts};
use crate::error::Result;
use crate::members::{self, Profile, Standing};

pub struct Applicants {
    people: HashMap<ResidentId, Standing>,
    known: Known,
}

impl Applicants {
    /// Of these people, who want these classes.
    ///
    /// # Errors
    /// The database.
    pub async fn read(
        config: &Config,
        conn: &impl ConnectionTrait,
        people: &[ResidentId],
        classes: impl Iterator<Item = &ClassFacts> + Clone,
    ) -> Result<Self> {
        let version = &config.members.consent_version;
        let mut applicants = Self {
            people: members::standings(conn, version, people).await?,
            known: Known { pledge: None, previous: HashMap::new(), learnt: None },
        };
        applicants.learn(conn, classes).await?;
        Ok(applicants)
    }

    /// Learns what more classes ask for.
    ///
    /// # Errors
    /// The database.
    pub(super) async fn learn(
        &mut self,
        conn: &impl ConnectionTrait,
        classes: impl Iterator<Item = &ClassFacts> + Clone,
    ) -> Result<()> {
        if self.known.pledge.is_none() && classes.clone().any(|facts| facts.term.pledge_needed) {
            self.known.pledge = members::pledge(conn).await?.map(|pledge| pledge.id);
        }
        let asking = classes.filter(|facts| facts.class.previous_needed);
        let unknown = asking.filter(|facts| !self.known.previous.contains_key(&facts.class.id));
        let unknown: HashMap<ClassId, &ClassFacts> =
            unknown.map(|facts| (facts.class.id, facts)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = unknown.keys().copied().collect();
        let rules = courses::class_rules(conn, &ids).await?;
        let names = courses::course_names(conn).await?;
        for (id, facts) in unknown {
            let rule = rules.get(&id).and_then(|rule| rule.previous_course_id);
            let course = rule.unwrap_or(facts.course.id);
            let name = names.get(&course).cloned().unwrap_or_default();
            self.known.previous.insert(id, (course, name));
        }
        if self.known.learnt.is_none() {
            let people: BTreeSet<_> = self.people.keys().copied().collect();
            self.known.learnt = Some(store::learnt(conn, people).await?);
        }
        Ok(())
    }

    /// The person, if they may sign up at all.
    ///
    /// # Errors
    /// As [`Standing::ready`].
    pub fn ready(&self, who: ResidentId) -> Result<&Profile> {
        self.people.get(&who).unwrap_or(&Standing::Unknown).ready()
    }

    /// Erased meanwhile.
    pub(super) fn forget(&mut self, who: ResidentId) {
        self.people.insert(who, Standing::Unknown);
    }

    /// The first rule that speaks against it. `held`: what else they are in or wait for
    /// in the term.
    pub(super) fn check(
        &self,
        who: ResidentId,
        class: &ClassFacts,
        asked: Asked<'_>,
    ) -> Result<()> {
        let Asked { occasion, plan, held, most, now } = asked;
        let person = self.ready(who)?;
        let known = &self.known;
        eligibility::check(&Facts { now, occasion, class, plan, person, held, most, known })
    }

    /// Whether somebody suits a class before first come first served begins, when they
    /// may get `most` classes.
    ///
    /// # Errors
    /// As a sign-up, but for the time and the places.
    pub fn suits(
        &self,
        who: ResidentId,
        class: &ClassFacts,
        held: &[&ClassFacts],
        most: i32,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.check(who, class, Asked { occasion: Occasion::Early, plan: None, held, most, now })
    }

    /// The papers that a class asks of somebody and that are not there yet, as refusals
    /// with the page where to give them.
    pub(super) fn missing_papers(
        &self,
        who: ResidentId,
        class: &ClassFacts,
        now: DateTime<Utc>,
    ) -> Result<Vec<crate::error::Error>> {
        let facts = Facts {
            now,
            occasion: Occasion::SignUp,
            class,
            plan: None,
            person: self.ready(who)?,
            held: &[],
            most: class.term.max_classes_per_person,
            known: &self.known,
        };
        Ok(eligibility::missing_papers(&facts))
    }
}

/// How the rules are asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) occasion: Occasion,
    pub(super) plan: Option<&'a term_plan::Model>,
    pub(super) held: &'a [&'a ClassFacts],
    pub(super) most: i32,
    pub(super) now: DateTime<Utc>,
}

/// Asks the rules of one person and class.
///
/// # Errors
/// The first refusal.
pub(super) async fn check_one(
    app: &App,
    conn: &impl ConnectionTrait,
    who: ResidentId,
    class: &ClassFacts,
    asked: Asked<'_>,
) -> Result<()> {
    let only = std::iter::once(class);
    Applicants::read(&app.config, conn, &[who], only).await?.check(who, class, asked)
}
