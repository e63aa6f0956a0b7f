//! Many at once. The same load and the same check are run against a naive
//! sign-up too (count, then insert): it must be caught, or the suite proves nothing.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;
use entity::ids::{ClassId, EnrolmentId, ResidentId};
use entity::kinds::{ConsentKind, EnrolmentStatus};
use entity::{class, consent, enrolment, enrolment_change, resident};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use shangxue::app::App;
use shangxue::enrolment::{
    Actor, Outcome, SignUp, SignUpOptions, accept, decline, sign_up, withdraw,
};
use shangxue::error::{Error, Result};
use tokio::sync::Barrier;

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, School};

const CROWD: usize = 300;
const PLACES: i32 = 20;

/// People with consent and profile, in two statements.
async fn crowd(app: &TestApp, school: &School, size: usize) -> Vec<ResidentId> {
    let db = app.app.db.writer();
    let now = app.now();
    let people = (0..size).map(|nth| resident::ActiveModel {
        learner_number: Set(format!("2025{nth:06}")),
        name: Set(Some(format!("学员{nth}"))),
        birth_date: Set(NaiveDate::from_ymd_opt(1956, 3, 1)),
        community_id: Set(Some(school.community)),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    });
    resident::Entity::insert_many(people).exec_without_returning(db).await.unwrap();
    let ids: Vec<_> = resident::Entity::find()
        .order_by_asc(resident::Column::Id)
        .all(db)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.id)
        .collect();
    let consents = ids.iter().map(|id| consent::ActiveModel {
        resident_id: Set(*id),
        kind: Set(ConsentKind::Privacy),
        version: Set(app.app.config.members.consent_version.clone()),
        given_at: Set(now),
        ..Default::default()
    });
    consent::Entity::insert_many(consents).exec_without_returning(db).await.unwrap();
    ids
}

/// Lets everybody do the same at the same moment; answers in the order of `people`.
async fn rush<T, F>(app: &TestApp, people: &[T], act: fn(App, T) -> F) -> Vec<F::Output>
where
    T: Copy + Send + 'static,
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let start = Arc::new(Barrier::new(people.len()));
    let tasks: Vec<_> = people
        .iter()
        .map(|one| {
            let (app, one, start) = (app.app.clone(), *one, start.clone());
            tokio::spawn(async move {
                start.wait().await;
                act(app, one).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

async fn rows(app: &TestApp, class: ClassId) -> Vec<enrolment::Model> {
    enrolment::Entity::find()
        .filter(enrolment::Column::ClassId.eq(class))
        .order_by_asc(enrolment::Column::Id)
        .all(app.app.db.writer())
        .await
        .unwrap()
}

/// What is wrong with a class and its enrolments; empty when nothing is.
async fn faults(app: &TestApp, id: ClassId) -> Vec<String> {
    let class = class::Entity::find_by_id(id).one(app.app.db.writer()).await.unwrap().unwrap();
    let rows = rows(app, id).await;
    let count = |status| rows.iter().filter(|row| row.status == status).count();
    let held = count(EnrolmentStatus::Placed) + count(EnrolmentStatus::Offered);
    let waiting = count(EnrolmentStatus::Waiting);
    let live: Vec<_> = rows
        .iter()
        .filter(|row| {
            !matches!(row.status, EnrolmentStatus::Withdrawn | EnrolmentStatus::Cancelled)
        })
        .map(|row| row.resident_id)
        .collect();
    let mut faults = Vec::new();
    if held > usize::try_from(class.capacity).unwrap() {
        faults.push(format!("oversold: {held} in {} places", class.capacity));
    }
    if held != usize::try_from(class.taken).unwrap() {
        faults.push(format!("{held} hold a place, the counter says {}", class.taken));
    }
    if waiting != usize::try_from(class.waiting).unwrap() {
        faults.push(format!("{waiting} wait, the counter says {}", class.waiting));
    }
    if live.len() != live.iter().collect::<HashSet<_>>().len() {
        faults.push("someone is in twice".to_owned());
    }
    for row in &rows {
        let last = enrolment_change::Entity::find()
            .filter(enrolment_change::Column::EnrolmentId.eq(row.id))
            .order_by_desc(enrolment_change::Column::Id)
            .one(app.app.db.writer())
            .await
            .unwrap();
        if last.map(|change| change.to_status) != Some(row.status) {
            faults.push(format!("the history of {} ends elsewhere", row.id));
        }
    }
    faults
}

fn options(who: ResidentId, join_waitlist: bool) -> SignUpOptions {
    SignUpOptions { join_waitlist, actor: Actor::Resident(who), request_key: None }
}

async fn guarded(app: App, (who, class): (ResidentId, ClassId)) -> Result<SignUp> {
    sign_up(&app, who, class, options(who, false)).await
}

/// What everybody writes first: look whether there is room, then sit down. The
/// guard (the conditional UPDATE) is what is missing; all the rest is the same.
async fn naive(app: App, (who, id): (ResidentId, ClassId)) -> bool {
    let class = class::Entity::find_by_id(id).one(app.db.read()).await.unwrap().unwrap();
    let held = enrolment::Entity::find()
        .filter(enrolment::Column::ClassId.eq(id))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .count(app.db.read())
        .await
        .unwrap();
    if held >= u64::try_from(class.capacity).unwrap() {
        return false;
    }
    let tx = app.db.begin().await.unwrap();
    let now = app.clock.now();
    let row = enrolment::ActiveModel {
        resident_id: Set(who),
        class_id: Set(id),
        course_id: Set(class.course_id),
        term_id: Set(class.term_id),
        status: Set(EnrolmentStatus::Placed),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    row.insert(&tx).await.unwrap();
    tx.commit().await.unwrap();
    true
}

fn codes(answers: &[Result<SignUp>]) -> HashSet<&'static str> {
    answers.iter().filter_map(|answer| answer.as_ref().err()).map(|error| error.code).collect()
}

fn outcomes(answers: &[Result<SignUp>], wanted: Outcome) -> usize {
    answers.iter().flatten().filter(|answer| answer.outcome == wanted).count()
}

/// A class of a course of its own, on this weekday at this hour.
async fn other_class(
    app: &TestApp,
    school: &School,
    name: &str,
    weekday: i32,
    start_minute: i32,
) -> ClassId {
    let course = fixtures::course_named(app, name).await;
    let id = fixtures::class(app, &School { course, ..*school }, name, 5).await;
    let db = app.app.db.writer();
    let mut row = class::Entity::find_by_id(id).one(db).await.unwrap().unwrap().into_active_model();
    row.weekday = Set(weekday);
    row.start_minute = Set(start_minute);
    row.update(db).await.unwrap();
    id
}

on_both_databases! {
    async fn hundreds_at_once_fill_a_class_and_never_oversell_it(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", PLACES).await;
        let people: Vec<_> = crowd(&app, &school, CROWD).await.into_iter().map(|who| (who, class)).collect();
        let answers = rush(&app, &people, guarded).await;
        assert_eq!(outcomes(&answers, Outcome::Placed), PLACES as usize);
        assert_eq!(codes(&answers), HashSet::from(["class_full"]));
        assert_eq!(faults(&app, class).await, Vec::<String>::new());
        assert_eq!(rows(&app, class).await.len(), PLACES as usize);
    }

    async fn the_same_crowd_oversells_without_the_guard(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", PLACES).await;
        let people: Vec<_> = crowd(&app, &school, CROWD).await.into_iter().map(|who| (who, class)).collect();
        let seated = rush(&app, &people, naive).await.into_iter().filter(|seated| *seated).count();
        assert!(seated > PLACES as usize, "the load is too gentle: only {seated} got in");
        let faults = faults(&app, class).await;
        assert!(faults.iter().any(|fault| fault.starts_with("oversold")), "{faults:?}");
    }

    async fn hundreds_at_once_wait_under_numbers_of_their_own(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", PLACES).await;
        let people: Vec<_> = crowd(&app, &school, 100).await.into_iter().map(|who| (who, class)).collect();
        let answers = rush(&app, &people, |app, (who, class)| async move {
            sign_up(&app, who, class, options(who, true)).await
        })
        .await;
        assert_eq!(codes(&answers), HashSet::new());
        assert_eq!(outcomes(&answers, Outcome::Placed), PLACES as usize);
        let mut numbers: Vec<_> = rows(&app, class).await.iter().filter_map(|row| row.queue_number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=80).collect::<Vec<_>>());
        assert_eq!(faults(&app, class).await, Vec::<String>::new());
    }

    async fn one_person_many_times_at_once_is_in_once(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", PLACES).await;
        let who = crowd(&app, &school, 1).await[0];
        let answers = rush(&app, &[(who, class); 20], guarded).await;
        assert_eq!(outcomes(&answers, Outcome::Placed), 1);
        assert_eq!(outcomes(&answers, Outcome::Already), 19);
        assert_eq!(rows(&app, class).await.len(), 1);
        assert_eq!(faults(&app, class).await, Vec::<String>::new());
    }

    async fn one_person_for_many_classes_at_once_keeps_limit_and_timetable(app: TestApp) {
        let school = fixtures::school(&app).await;
        let who = crowd(&app, &school, 1).await[0];
        let mut wanted = Vec::new();
        for weekday in 1..=5 {
            for (nth, start) in [(1, 540), (2, 600)] {
                let name = format!("{weekday}日{nth}班");
                wanted.push((who, other_class(&app, &school, &name, weekday, start).await));
            }
        }
        let answers = rush(&app, &wanted, guarded).await;
        assert_eq!(outcomes(&answers, Outcome::Placed), 3, "{:?}", codes(&answers));
        assert!(codes(&answers).is_subset(&HashSet::from(["limit_reached", "overlap"])));
        let db = app.app.db.writer();
        let mut days = HashSet::new();
        for (_, class) in &wanted {
            assert_eq!(faults(&app, *class).await, Vec::<String>::new());
            if !rows(&app, *class).await.is_empty() {
                let class = class::Entity::find_by_id(*class).one(db).await.unwrap().unwrap();
                assert!(days.insert(class.weekday), "two classes at the same hour");
            }
        }
    }

    async fn two_classes_of_one_course_at_once_end_in_one(app: TestApp) {
        let school = fixtures::school(&app).await;
        let who = crowd(&app, &school, 1).await[0];
        let first = fixtures::class(&app, &school, "一班", PLACES).await;
        let second = fixtures::class(&app, &school, "二班", PLACES).await;
        let answers = rush(&app, &[(who, first), (who, second)].repeat(8), guarded).await;
        assert_eq!(outcomes(&answers, Outcome::Placed), 1);
        assert_eq!(codes(&answers), HashSet::from(["same_course"]));
        assert_eq!(rows(&app, first).await.len() + rows(&app, second).await.len(), 1);
    }

    async fn whoever_leaves_while_being_offered_a_place_stops_nobody(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 30).await;
        let people: Vec<_> = crowd(&app, &school, 60).await.into_iter().map(|who| (who, class)).collect();
        let join = |app: App, (who, class)| async move { sign_up(&app, who, class, options(who, true)).await };
        assert_eq!(codes(&rush(&app, &people, join).await), HashSet::new());
        // Half of them leave, and the places are offered, while those who wait leave too:
        // the jobs write to people who hold their own lock.
        let all: Vec<_> = rows(&app, class).await.iter().map(|row| (row.resident_id, row.id)).collect();
        let left = rush(&app, &all, |app, (who, id)| async move {
            if who.0 % 4 == 0 {
                shangxue::enrolment::fill_free_places(&app, ClassId(1)).await?;
            }
            leave(app, (who, id)).await
        })
        .await;
        let unexpected: Vec<_> = left.iter().filter_map(|answer| answer.as_ref().err()).map(Error::chain).collect();
        assert_eq!(unexpected, Vec::<String>::new());
        assert_eq!(faults(&app, class).await, Vec::<String>::new());
    }

    async fn a_hundred_leave_at_once_and_the_first_hundred_on_the_list_are_asked_in_order(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 100).await;
        let crowd = crowd(&app, &school, 220).await;
        let people: Vec<_> = crowd.iter().map(|who| (*who, class)).collect();
        let join = |app: App, (who, class)| async move { sign_up(&app, who, class, options(who, true)).await };
        assert_eq!(codes(&rush(&app, &people, join).await), HashSet::new());
        let (placed, waiting): (Vec<_>, Vec<_>) =
            rows(&app, class).await.into_iter().partition(|row| row.status == EnrolmentStatus::Placed);
        assert_eq!((placed.len(), waiting.len()), (100, 120));

        // They leave, and two workers offer the places meanwhile.
        let placed: Vec<_> = placed.iter().map(|row| (row.resident_id, row.id)).collect();
        let left = rush(&app, &placed, |app, (who, id)| async move {
            let left = leave(app.clone(), (who, id)).await;
            if who.0 % 50 == 0 {
                shangxue::worker::run_due(&app).await?;
            }
            left
        });
        assert!(left.await.iter().all(Result::is_ok));
        app.run_jobs().await;
        assert_eq!(asked_in_order(&app).await, (1..=100).collect::<Vec<_>>());
        assert_eq!(faults(&app, class).await, Vec::<String>::new());

        // All who are asked accept at once.
        let offered = rows(&app, class).await.into_iter().filter(|row| row.status == EnrolmentStatus::Offered);
        let offered: Vec<_> = offered.map(|row| (row.resident_id, row.id)).collect();
        let accepted = rush(&app, &offered, |app, (who, id)| async move {
            accept(&app, Actor::Resident(who), id).await
        });
        assert!(accepted.await.iter().all(Result::is_ok));
        let rows = rows(&app, class).await;
        let wait: Vec<_> = rows.iter().filter(|row| row.status == EnrolmentStatus::Waiting).collect();
        let mut numbers: Vec<_> = wait.iter().filter_map(|row| row.queue_number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (101..=120).collect::<Vec<_>>());
        assert_eq!(faults(&app, class).await, Vec::<String>::new());
    }

    async fn coming_waiting_leaving_and_accepting_at_once_keeps_counts_and_order(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 5).await;
        let crowd = crowd(&app, &school, 60).await;
        let people: Vec<_> = crowd.iter().map(|who| (*who, class)).collect();
        // Each comes and stays, leaves, or answers what comes; the worker runs between.
        let answers = rush(&app, &people, busy).await;
        let unexpected: Vec<_> = answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .filter(|error| error.code != "not_offered")
            .map(Error::chain)
            .collect();
        assert_eq!(unexpected, Vec::<String>::new());
        assert_eq!(faults(&app, class).await, Vec::<String>::new());

        // Those who hold a place leave all at once, until nobody waits.
        for _round in 0..40 {
            app.run_jobs().await;
            assert_eq!(faults(&app, class).await, Vec::<String>::new());
            let rows = rows(&app, class).await;
            let offered: Vec<_> = rows.iter().filter(|row| row.status == EnrolmentStatus::Offered).collect();
            let waiting: Vec<_> = rows.iter().filter(|row| row.status == EnrolmentStatus::Waiting).collect();
            let last_asked = offered.iter().filter_map(|row| row.queue_number).max();
            let next = waiting.iter().filter_map(|row| row.queue_number).min();
            if let (Some(asked), Some(next)) = (last_asked, next) {
                assert!(asked < next, "asked {asked} before {next}");
            }
            let held = rows.iter().filter(|row| matches!(row.status, EnrolmentStatus::Placed | EnrolmentStatus::Offered));
            let held: Vec<_> = held.map(|row| (row.resident_id, row.id)).collect();
            assert!(waiting.is_empty() || held.len() == 5, "a place stands empty while people wait");
            if held.is_empty() {
                break;
            }
            let left = rush(&app, &held, leave).await;
            assert!(left.iter().all(Result::is_ok), "{left:?}");
        }
        assert!(rows(&app, class).await.iter().all(|row| row.status == EnrolmentStatus::Withdrawn));
        let asked: Vec<_> = asked_in_order(&app).await;
        assert!(asked.is_sorted(), "asked out of order: {asked:?}");
    }
}

/// Comes, and then does what its number says.
async fn busy(app: App, (who, class): (ResidentId, ClassId)) -> Result<()> {
    let actor = Actor::Resident(who);
    let id = sign_up(&app, who, class, options(who, true)).await?.mine.enrolment.id;
    match who.0 % 4 {
        0 => {
            withdraw(&app, actor, id, None).await?;
        }
        1 => {
            shangxue::worker::run_due(&app).await?;
            accept(&app, actor, id).await?;
        }
        2 => {
            shangxue::worker::run_due(&app).await?;
            decline(&app, actor, id).await?;
        }
        _ => {}
    }
    Ok(())
}

async fn leave(app: App, (who, id): (ResidentId, EnrolmentId)) -> Result<enrolment::Model> {
    withdraw(&app, Actor::Resident(who), id, None).await
}

/// The queue numbers in the order in which their holders were offered a place.
async fn asked_in_order(app: &TestApp) -> Vec<i64> {
    let db = app.app.db.writer();
    let offers = enrolment_change::Entity::find()
        .filter(enrolment_change::Column::ToStatus.eq(EnrolmentStatus::Offered))
        .order_by_asc(enrolment_change::Column::Id)
        .all(db)
        .await
        .unwrap();
    let mut numbers = Vec::new();
    for offer in offers {
        let row = enrolment::Entity::find_by_id(offer.enrolment_id).one(db).await.unwrap().unwrap();
        numbers.push(row.queue_number.unwrap());
    }
    numbers
}
