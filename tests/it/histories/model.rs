//! What may be written of a class, and of a person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::enrolment_change::Model as Change;
use entity::ids::{ClassId, EnrolmentId, ResidentId};
use entity::kinds::{ActorKind, EnrolmentStatus};
use entity::{class, delegation, enrolment, enrolment_change};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use shangxue::enrolment::Outcome;

use super::{Kept, Played};
use crate::support::TestApp;

use EnrolmentStatus::{Cancelled, Offered, Placed, Waiting, Withdrawn};

/// No person is in or waits for more.
const MOST_CLASSES: usize = 2;

/// All that is wrong with a history; empty when nothing is. And how many sign-ups that were
/// cut off had happened, as far as is certain.
pub async fn judge(app: &TestApp, played: &Played) -> (Vec<String>, usize) {
    let conn = app.app.db.writer();
    let mut faults = played.failures.clone();
    let rows = enrolment::Entity::find()
        .filter(enrolment::Column::ClassId.is_in(played.classes.iter().copied()))
        .all(conn)
        .await
        .unwrap();
    let rows: HashMap<EnrolmentId, enrolment::Model> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    let changes = enrolment_change::Entity::find()
        .filter(enrolment_change::Column::EnrolmentId.is_in(rows.keys().copied()))
        .order_by_asc(enrolment_change::Column::Id)
        .all(conn)
        .await
        .unwrap();
    for id in &played.classes {
        let class = class::Entity::find_by_id(*id).one(conn).await.unwrap().unwrap();
        let mine = changes.iter().filter(|change| rows[&change.enrolment_id].class_id == *id);
        let most = (played.most_places[id], played.kept);
        let walked = ClassWalk::of(*id, most, &rows, mine, &mut faults);
        walked.must_end_as(&class, (played.kept, app.now()), &rows, &mut faults);
    }
    people(played, &rows, &changes, &mut faults);
    told(played, &rows, &changes, &mut faults);
    let done = unanswered(played, &rows, &changes, &mut faults);
    with_reasons(&changes, &mut faults);
    let allowed = delegation::Entity::find().all(conn).await.unwrap();
    by_family(played, &allowed, &rows, &changes, &mut faults);
    (faults, done)
}

/// A class, as the model sees it step by step.
struct ClassWalk {
    id: ClassId,
    state: BTreeMap<EnrolmentId, EnrolmentStatus>,
    /// Of those who wait: their number, and whether they let an offer pass.
    queue: BTreeMap<i64, (EnrolmentId, bool)>,
    last_number: i64,
    /// Those whose place staff gave.
    given: BTreeSet<EnrolmentId>,
    /// The most places there ever were, and what is kept of them.
    most: (i32, Kept),
}

impl ClassWalk {
    fn of<'a>(
        id: ClassId,
        most: (i32, Kept),
        rows: &HashMap<EnrolmentId, enrolment::Model>,
        changes: impl Iterator<Item = &'a Change>,
        faults: &mut Vec<String>,
    ) -> Self {
        let mut walk = Self {
            id,
            state: BTreeMap::new(),
            queue: BTreeMap::new(),
            last_number: 0,
            given: BTreeSet::new(),
            most,
        };
        let (most_places, kept) = most;
        for change in changes {
            let number = rows[&change.enrolment_id].queue_number;
            if let Err(fault) = walk.step(change, number) {
                faults.push(format!("class {id}: {fault} at {change:?}"));
            }
            let held = walk.count(Placed) + walk.count(Offered);
            if held > usize::try_from(most_places).unwrap() {
                faults.push(format!("class {id}: oversold, {held} in {most_places} places"));
            }
            let residents = most_places - kept.of(most_places, change.at);
            let took = change.to_status == Offered
                || change.to_status == Placed && change.from_status != Some(Offered);
            if took
                && !walk.given.contains(&change.enrolment_id)
                && held - walk.given.len() > usize::try_from(residents).unwrap()
            {
                faults.push(format!("class {id}: took what is kept for staff: {change:?}"));
            }
        }
        walk
    }

    fn count(&self, status: EnrolmentStatus) -> usize {
        self.state.values().filter(|state| **state == status).count()
    }

    /// The number of the first who waits and let no offer pass, or did.
    fn first(&self, missed: bool) -> Option<i64> {
        self.queue.iter().find(|(_, (_, has))| *has == missed).map(|(number, _)| *number)
    }

    fn step(&mut self, change: &Change, number: Option<i64>) -> Result<(), &'static str> {
        let id = change.enrolment_id;
        let before = self.state.insert(id, change.to_status);
        if before != change.from_status {
            return Err("the history does not fit together");
        }
        let fresh = self.first(false);
        // Staff give what is kept past those who wait.
        let (places, kept) = self.most;
        let past = change.actor_kind == ActorKind::Staff
            && self.given.len() < usize::try_from(kept.of(places, change.at)).unwrap();
        match (before, change.to_status) {
            (None | Some(Waiting), Placed) if change.actor_kind == ActorKind::Staff => {
                self.given.insert(id);
            }
            (_, Withdrawn | Cancelled) => {
                self.given.remove(&id);
            }
            _ => {}
        }
        let place = number.filter(|number| self.queue.get(number).is_some_and(|it| it.0 == id));
        let missed = place.is_some_and(|number| self.queue[&number].1);
        if let Some(number) = place {
            self.queue.remove(&number);
        }
        match (before, change.to_status) {
            (None, Placed) if fresh.is_some() && !past => Err("jumped the queue"),
            (None, Placed) => Ok(()),
            (None, Waiting) => {
                let number = number.ok_or("waits without a number")?;
                self.queue.insert(number, (id, false));
                if number != self.last_number + 1 {
                    return Err("a number out of order");
                }
                self.last_number = number;
                Ok(())
            }
            (Some(Waiting), Offered) => {
                let next = fresh.or_else(|| self.first(true).into_iter().chain(place).min());
                if place == next { Ok(()) } else { Err("asked out of order") }
            }
            (Some(Waiting), Placed) if missed && (fresh.is_none() || past) => Ok(()),
            (Some(Offered), Waiting) => {
                self.queue.insert(number.ok_or("waits without a number")?, (id, true));
                Ok(())
            }
            (Some(Offered), Placed) | (Some(Placed | Waiting | Offered), Withdrawn | Cancelled) => {
                Ok(())
            }
            _ => Err("a step that cannot be"),
        }
    }

    fn must_end_as(
        &self,
        class: &class::Model,
        (kept, now): (Kept, DateTime<Utc>),
        rows: &HashMap<EnrolmentId, enrolment::Model>,
        faults: &mut Vec<String>,
    ) {
        let id = self.id;
        let mut must = |holds: bool, fault: String| {
            if !holds {
                faults.push(format!("class {id}: {fault}"));
            }
        };
        let stored = || rows.values().filter(|row| row.class_id == id);
        let held = stored().filter(|row| matches!(row.status, Placed | Offered)).count();
        let count = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
        must(held <= count(class.capacity), format!("oversold: {held} in {}", class.capacity));
        must(held == count(class.taken), format!("{held} hold a place, counted {}", class.taken));
        let waiting = stored().filter(|row| row.status == Waiting).count();
        must(waiting == count(class.waiting), format!("{waiting} wait, counted {}", class.waiting));
        let last = class.last_queue_number;
        must(
            self.last_number == last,
            format!("the last number is {}, noted {last}", self.last_number),
        );
        let given =
            stored().filter(|row| matches!(row.status, Placed | Offered) && row.by_staff).count();
        must(given == self.given.len(), format!("{given} given by staff, not {:?}", self.given));
        must(given == count(class.by_staff), format!("{given} given, counted {}", class.by_staff));
        let residents = count(class.capacity - kept.of(class.capacity, now));
        let empty =
            held < count(class.capacity) && held - given < residents && self.first(false).is_some();
        must(!empty, "a place stands empty while people wait".to_owned());
        for row in stored() {
            let state = self.state.get(&row.id);
            must(state == Some(&row.status), format!("{row:?} is written as {state:?}"));
        }
    }
}

fn is_live(status: EnrolmentStatus) -> bool {
    matches!(status, Placed | Waiting | Offered)
}

/// At every moment nobody is in too many classes, twice in one or in one course, or in
/// two at one hour (the last two of a term, which are of different courses).
fn people(
    played: &Played,
    rows: &HashMap<EnrolmentId, enrolment::Model>,
    changes: &[Change],
    faults: &mut Vec<String>,
) {
    let mut live: HashMap<ResidentId, BTreeMap<EnrolmentId, &enrolment::Model>> = HashMap::new();
    for change in changes {
        let row = &rows[&change.enrolment_id];
        let mine = live.entry(row.resident_id).or_default();
        if is_live(change.to_status) {
            mine.insert(row.id, row);
        } else {
            mine.remove(&row.id);
        }
        let mut courses: Vec<_> = mine.values().map(|row| row.course_id).collect();
        courses.sort_unstable();
        courses.dedup();
        if mine.len() > MOST_CLASSES || courses.len() < mine.len() {
            faults.push(format!("in too much at once: {mine:?}"));
        }
        let at_one_hour = mine.values().filter(|row| played.classes[1..].contains(&row.class_id));
        if at_one_hour.count() > 1 {
            faults.push(format!("in two classes at one hour: {mine:?}"));
        }
    }
}

/// Whoever acted for somebody was allowed to when it was decided. What is written is the time
/// when the decision began: they may have been let since, until the answer.
fn by_family(
    played: &Played,
    allowed: &[delegation::Model],
    rows: &HashMap<EnrolmentId, enrolment::Model>,
    changes: &[Change],
    faults: &mut Vec<String>,
) {
    for change in changes.iter().filter(|change| change.actor_kind == ActorKind::Delegate) {
        let learner = rows[&change.enrolment_id].resident_id;
        let under_way = played.by_family.iter().filter(|(who, asked, answered)| {
            *who == learner && *asked <= change.at && change.at <= *answered
        });
        let decided = under_way.map(|(_, _, answered)| *answered).max().unwrap_or(change.at);
        let of_both = || {
            let both = allowed.iter().filter(|row| row.learner_id == learner);
            both.filter(|row| Some(row.delegate_id.0) == change.actor_id)
        };
        let may = of_both().any(|row| {
            row.created_at <= decided && row.ended_at.is_none_or(|ended| ended >= change.at)
        });
        if !may {
            let times: Vec<_> = of_both().map(|row| (row.created_at, row.ended_at)).collect();
            faults.push(format!("nobody let them, but {times:?}: {change:?}"));
        }
    }
}

/// Whoever was told “placed” or “on the list” was written down as often.
fn told(
    played: &Played,
    rows: &HashMap<EnrolmentId, enrolment::Model>,
    changes: &[Change],
    faults: &mut Vec<String>,
) {
    let mut written: HashMap<(ResidentId, ClassId, EnrolmentStatus), usize> = HashMap::new();
    for change in changes.iter().filter(|change| matches!(change.from_status, None | Some(Waiting)))
    {
        let row = &rows[&change.enrolment_id];
        *written.entry((row.resident_id, row.class_id, change.to_status)).or_default() += 1;
    }
    for (who, class, outcome) in &played.told {
        let status = match outcome {
            Outcome::Placed => Placed,
            Outcome::Waiting => Waiting,
            Outcome::Already => continue,
        };
        match written.get_mut(&(*who, *class, status)) {
            Some(left) if *left > 0 => *left -= 1,
            _ => {
                faults.push(format!("{who} was told {outcome:?} of {class}, unwritten"));
            }
        }
    }
}

/// Nobody is in a class who was not told so, unless a request of theirs found no answer: it
/// may have happened. How many that were cut off certainly did.
fn unanswered(
    played: &Played,
    rows: &HashMap<EnrolmentId, enrolment::Model>,
    changes: &[Change],
    faults: &mut Vec<String>,
) -> usize {
    // Who changes from one class to another is in the new one without signing up for it.
    let signed_up = changes.iter().filter(|one| one.from_status.is_none() && one.reason.is_none());
    let mut written: HashMap<(ResidentId, ClassId), usize> = HashMap::new();
    for change in signed_up {
        let row = &rows[&change.enrolment_id];
        *written.entry((row.resident_id, row.class_id)).or_default() += 1;
    }
    let mut done = 0;
    for ((who, class), times) in written {
        let told = played.told.iter().filter(|(person, of, outcome)| {
            (*person, *of) == (who, class) && *outcome != Outcome::Already
        });
        let asked = |cut: bool| {
            let all = played.unanswered.iter();
            all.filter(|one| (one.who, one.class, one.cut) == (who, class, cut)).count()
        };
        let untold = times.saturating_sub(told.count());
        if untold > asked(true) + asked(false) {
            faults.push(format!("{who} is in {class}, and nobody asked for it"));
        }
        done += untold.saturating_sub(asked(false)).min(asked(true));
    }
    done
}

/// Staff take nobody out without a reason.
fn with_reasons(changes: &[Change], faults: &mut Vec<String>) {
    for change in changes {
        let out = change.actor_kind == ActorKind::Staff && change.to_status == Withdrawn;
        if out && change.reason.is_none() {
            faults.push(format!("without a reason: {change:?}"));
        }
    }
}
