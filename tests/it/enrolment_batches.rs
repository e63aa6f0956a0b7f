//! A batch of sign-ups in which the database refuses one person's row.

use entity::ids::{ClassId, ResidentId};
use entity::kinds::EnrolmentStatus;
use entity::{class, enrolment, enrolment_change};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::json;
use shangxue::courses;
use shangxue::enrolment::{Actor, Outcome, SignUpOptions, sign_up};
use shangxue::error::Kind;

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Person};

const PEOPLE: u32 = 12;
const PLACES: i32 = 10;
/// Who cannot be written: in the middle of the batch.
const UNLUCKY: usize = 5;

/// From now on the database fails with this person's enrolments.
async fn refuse(app: &TestApp, who: ResidentId) {
    let db = app.app.db.writer();
    let refuse = match db.get_database_backend() {
        DbBackend::Postgres => vec![
            "CREATE FUNCTION unlucky() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'unlucky'; END $$"
                .to_owned(),
            format!(
                "CREATE TRIGGER unlucky BEFORE INSERT ON enrolment FOR EACH ROW \
                 WHEN (NEW.resident_id = {who}) EXECUTE FUNCTION unlucky()"
            ),
        ],
        _ => vec![format!(
            "CREATE TRIGGER unlucky BEFORE INSERT ON enrolment WHEN NEW.resident_id = {who} \
             BEGIN SELECT RAISE(ABORT, 'unlucky'); END"
        )],
    };
    for statement in refuse {
        db.execute_unprepared(&statement).await.unwrap();
    }
}

async fn no_longer_refuse(app: &TestApp) {
    let db = app.app.db.writer();
    let on = if db.get_database_backend() == DbBackend::Postgres { " ON enrolment" } else { "" };
    db.execute_unprepared(&format!("DROP TRIGGER unlucky{on}")).await.unwrap();
}

/// The class, and all enrolments in the order of writing.
async fn stand(app: &TestApp, id: ClassId) -> (class::Model, Vec<enrolment::Model>) {
    let db = app.app.db.writer();
    let class = class::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
    let rows = enrolment::Entity::find().order_by_asc(enrolment::Column::Id).all(db);
    (class, rows.await.unwrap())
}

on_both_databases! {
    async fn one_sign_up_that_cannot_be_written_costs_no_other_their_place(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", PLACES).await;
        let mut people: Vec<Person> = Vec::new();
        for nth in 0..PEOPLE {
            people.push(fixtures::person(&app, school.community, nth).await);
        }
        let unlucky = people[UNLUCKY].clone();
        refuse(&app, unlucky.id).await;

        // While the class is held the first is being decided, and all others stand in line:
        // they are the next batch.
        let held = app.app.db.begin().await.unwrap();
        courses::lock_class(&held, class).await.unwrap();
        let asked = join_all(people.iter().map(|person| {
            let actor = Actor::Resident(person.id);
            let options = SignUpOptions { join_waitlist: true, actor, request_key: None };
            sign_up(&app.app, person.id, class, options)
        }));
        let (answers, ()) = tokio::join!(asked, async { held.rollback().await.unwrap() });

        // Who came before and after has what they would have had: a place, or in the order of
        // coming a number; the last place was not lost with the one who could not be written.
        for (nth, answer) in answers.iter().enumerate() {
            match answer {
                Err(error) => assert_eq!((nth, error.kind, error.code), (UNLUCKY, Kind::Internal, "internal")),
                Ok(said) if nth == PEOPLE as usize - 1 => {
                    assert_eq!((said.outcome, said.mine.enrolment.queue_number), (Outcome::Waiting, Some(1)));
                }
                Ok(said) => assert_eq!((nth, said.outcome), (nth, Outcome::Placed)),
            }
        }
        assert!(answers[UNLUCKY].is_err());
        let (counted, rows) = stand(&app, class).await;
        assert_eq!((counted.taken, counted.waiting, counted.last_queue_number), (PLACES, 1, 1));
        let order: Vec<_> = rows.iter().map(|row| row.resident_id).collect();
        let came: Vec<_> = people.iter().map(|person| person.id).filter(|id| *id != unlucky.id).collect();
        assert_eq!(order, came);
        let lines = enrolment_change::Entity::find().count(app.app.db.writer()).await.unwrap();
        assert_eq!(lines, rows.len() as u64);
        if app.app.db.writer().get_database_backend() == DbBackend::Postgres {
            // Numbers that were given out in the batch that failed are not given again.
            assert!(rows.last().unwrap().id.0 > i64::from(PEOPLE), "there was no batch: {rows:?}");
        }

        // They read what to do, and when the fault is mended the same tap gets what is left.
        let path = format!("/api/classes/{class}/enrolments");
        let tap = || app.post(&path, &json!({ "join_waitlist": true })).bearer(&unlucky.token);
        let said = tap().send().await.refused(500, "internal");
        assert!(said["message"].as_str().unwrap().contains("请稍后再试"), "{said}");
        no_longer_refuse(&app).await;
        assert_eq!(tap().send().await.ok()["outcome"], "waiting");
        let (counted, rows) = stand(&app, class).await;
        assert_eq!((counted.taken, counted.waiting, counted.last_queue_number), (PLACES, 2, 2));
        let placed = rows.iter().filter(|row| row.status == EnrolmentStatus::Placed).count();
        assert_eq!(placed, usize::try_from(PLACES).unwrap());
    }
}
