//! What is rehearsed: the term and its classes as they are, empty; people made up. And
//! what stands in the database afterwards.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};

use entity::ids::{ClassId, CommunityId, CourseId, ResidentId};
use entity::kinds::{ClassStatus, ConsentKind, Residence};
use entity::{
    class, community, consent, course, enrolment, meeting, resident, resident_session, site,
    teacher, term,
};

use super::left_out;
use crate::app::App;
use crate::courses;
use crate::error::{Error, Result};
use crate::vault;

/// Rows that are written at a time.
const CHUNK: usize = 200;

/// Everything on its place.
pub(super) struct Stage {
    pub(super) term: term::Model,
    pub(super) classes: Vec<class::Model>,
    /// Who comes: the token of the session, and the class that is wanted.
    pub(super) people: Vec<(String, ClassId)>,
    /// What of the real term was not rehearsed, and of its phases what was, in words.
    pub(super) left_out: Vec<String>,
}

/// Copies the term into the scratch database, and makes people.
///
/// # Errors
/// `no_classes`; the database.
pub(super) async fn prepare(from: &App, to: &App, term: term::Model, people: u32) -> Result<Stage> {
    let source = from.db.read();
    let classes = class::Entity::find()
        .filter(class::Column::TermId.eq(term.id))
        .filter(class::Column::Status.eq(ClassStatus::Open))
        .all(source)
        .await?;
    if classes.is_empty() {
        return Err(Error::conflict("no_classes", "这个学期还没有班，没有什么可以演练。"));
    }
    let left_out = left_out::in_words(&term, courses::plan(source, term.id).await?, &classes);
    let classes: Vec<_> = classes
        .into_iter()
        // Nobody made up can show papers or a past: who may come is not what is rehearsed. The
        // sheet names what is switched off here (`left_out.rs`).
        .map(|class| class::Model {
            taken: 0,
            by_staff: 0,
            waiting: 0,
            last_queue_number: 0,
            residence: Residence::Everyone,
            previous_needed: false,
            cut_to: None,
            ..class
        })
        .collect();
    let now = to.clock.now();
    let term = term::Model {
        enrolment_opens_at: now - TimeDelta::seconds(1),
        enrolment_closes_at: now + TimeDelta::days(1),
        pledge_needed: false,
        // Nor does anybody made up come to the counter.
        held_hours: 0,
        ..term
    };
    let scratch = to.db.writer();
    let teachers = teacher::Entity::find().all(source).await?;
    let teachers = teachers.into_iter().map(|row| teacher::Model { staff_id: None, ..row });
    let ids: Vec<_> = classes.iter().map(|class| class.id).collect();
    let meetings = meeting::Entity::find().filter(meeting::Column::ClassId.is_in(ids));
    let communities = community::Entity::find().all(source).await?;
    write(scratch, communities.clone()).await?;
    write(scratch, site::Entity::find().all(source).await?).await?;
    write(scratch, teachers.collect()).await?;
    write(scratch, course::Entity::find().all(source).await?).await?;
    write(scratch, vec![term.clone()]).await?;
    write(scratch, classes.clone()).await?;
    write(scratch, meetings.all(source).await?).await?;
    let community = communities
        .first()
        .ok_or_else(|| Error::conflict("no_communities", "还没有社区，没有什么可以演练。"))?;
    let tokens = crowd(to, community.id, &term, people, now).await?;
    let wanted = wanted(from, &classes).await?;
    let people = tokens.into_iter().enumerate().map(|(nth, token)| (token, pick(&wanted, nth)));
    Ok(Stage { people: people.collect(), term, classes, left_out })
}

/// Every enrolment of the rehearsal, and its classes.
///
/// # Errors
/// The database.
pub(super) async fn ended(
    conn: &impl ConnectionTrait,
    term: &term::Model,
) -> Result<(Vec<class::Model>, Vec<enrolment::Model>)> {
    let classes = class::Entity::find().filter(class::Column::TermId.eq(term.id)).all(conn).await?;
    Ok((classes, enrolment::Entity::find().all(conn).await?))
}

async fn write<M, E>(conn: &impl ConnectionTrait, rows: Vec<M>) -> Result<()>
where
    E: EntityTrait<Model = M>,
    M: sea_orm::ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let mut rows = rows.into_iter().map(|row| row.into_active_model().reset_all()).peekable();
    while rows.peek().is_some() {
        let some: Vec<_> = rows.by_ref().take(CHUNK).collect();
        E::insert_many(some).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// People who may sign up, each signed in; their tokens.
async fn crowd(
    app: &App,
    community: CommunityId,
    term: &term::Model,
    people: u32,
    now: DateTime<Utc>,
) -> Result<Vec<String>> {
    let scratch = app.db.writer();
    // Old enough for everything, and young enough to need nobody's consent.
    let birth_date = NaiveDate::from_ymd_opt(chrono::Datelike::year(&term.first_day) - 70, 1, 1);
    let mut tokens = Vec::new();
    let numbers: Vec<u32> = (1..=people).collect();
    for some in numbers.chunks(CHUNK) {
        let id = |nth: u32| ResidentId(i64::from(nth));
        let residents = some.iter().map(|nth| resident::ActiveModel {
            id: Set(id(*nth)),
            learner_number: Set(format!("R{nth:09}")),
            name: Set(Some(format!("演练{nth}"))),
            birth_date: Set(birth_date),
            community_id: Set(Some(community)),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        });
        let agreed = some.iter().map(|nth| consent::ActiveModel {
            resident_id: Set(id(*nth)),
            kind: Set(ConsentKind::Privacy),
            version: Set(app.config.members.consent_version.clone()),
            given_at: Set(now),
            ..Default::default()
        });
        let mut sessions = Vec::new();
        for nth in some {
            let (token, token_hash) = vault::new_token()?;
            tokens.push(token);
            sessions.push(resident_session::ActiveModel {
                resident_id: Set(id(*nth)),
                token_hash: Set(token_hash),
                created_at: Set(now),
                last_seen_at: Set(now),
                expires_at: Set(now + TimeDelta::days(30)),
                ..Default::default()
            });
        }
        resident::Entity::insert_many(residents).exec_without_returning(scratch).await?;
        consent::Entity::insert_many(agreed).exec_without_returning(scratch).await?;
        resident_session::Entity::insert_many(sessions).exec_without_returning(scratch).await?;
    }
    Ok(tokens)
}

/// How much each class is wanted: as its course was until now, and everyone a little.
async fn wanted(app: &App, classes: &[class::Model]) -> Result<Vec<(ClassId, usize)>> {
    let counts: Vec<(CourseId, i64)> = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::CourseId)
        .column_as(enrolment::Column::Id.count(), "people")
        .group_by(enrolment::Column::CourseId)
        .into_tuple()
        .all(app.db.read())
        .await?;
    let counts: HashMap<_, _> = counts.into_iter().collect();
    let weight = |class: &class::Model| {
        let before = counts.get(&class.course_id).copied().unwrap_or(0);
        usize::try_from(before).unwrap_or(0) + 1
    };
    Ok(classes.iter().map(|class| (class.id, weight(class))).collect())
}

/// The class of the nth person: each as often as it is wanted, well mixed.
fn pick(wanted: &[(ClassId, usize)], nth: usize) -> ClassId {
    let all: usize = wanted.iter().map(|(_, weight)| weight).sum();
    // A prime far from any total spreads neighbours.
    let mut at = nth.wrapping_mul(2_654_435_761) % all;
    for (class, weight) in wanted {
        if at < *weight {
            return *class;
        }
        at -= weight;
    }
    wanted[0].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_picked_as_often_as_it_is_wanted() {
        let wanted = [(ClassId(1), 3), (ClassId(2), 1)];
        let first = (0..4_000).filter(|nth| pick(&wanted, *nth) == ClassId(1)).count();
        assert_eq!(first, 3_000);
    }
}
