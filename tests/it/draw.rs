//! Wishes and the draw: from the list that is published to the places.

use std::process::Command;

use chrono::TimeDelta;
use entity::ids::{ClassId, DrawId};
use entity::kinds::{ActorKind, JobState, Role};
use entity::{class, draw, draw_entry, enrolment, job, staff_session, term, wish};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::{Value, json};
use shangxue::clock;
use shangxue::draw::{file, lots};

use crate::family::{ALL, ActingFor, joined};
use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

/// A list with clashes, newcomers, second rounds and more wishes than places.
fn crowded() -> lots::List {
    let class = |id: i64, places, day, from| lots::Class {
        id,
        places,
        newcomers: places / 3,
        course: id % 4,
        hours: (day, from, from + 90),
        name: format!("书法 {id}班"),
    };
    let classes = vec![
        class(1, 6, 1, 540),
        class(2, 9, 1, 600),
        class(3, 3, 2, 540),
        class(14, 7, 3, 540),
        class(5, 30, 4, 540),
    ];
    let people = (1..=60_usize).map(|nth| {
        let wish = |at: usize| {
            let class = [1, 2, 3, 14, 5][(nth * 7 + at * (1 + nth % 4)) % 5];
            lots::Wish {
                class,
                lots: 1 + (nth % 5) as u32,
                newcomer: nth % 3 == 0,
                own: nth % 4 == 0,
            }
        };
        let mut wishes: Vec<lots::Wish> = Vec::new();
        for at in 0..1 + nth % 4 {
            let wish = wish(at);
            if wishes.iter().all(|other| other.class != wish.class) {
                wishes.push(wish);
            }
        }
        lots::Person { number: format!("{nth:04}"), most: 1 + nth % 2, lost: 0, wishes }
    });
    lots::List {
        term: "2027年春季班".to_owned(),
        source: "排列5".to_owned(),
        classes,
        people: people.collect(),
    }
}

fn python(file: &std::path::Path) -> std::process::Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/draw/verify.py");
    Command::new("python3")
        .args([script.as_ref(), file.as_os_str()])
        .output()
        .expect("python3 is there")
}

#[test]
fn another_language_comes_to_the_same_result() {
    let list = crowded();
    let text = file::print(&list);
    let path = std::env::temp_dir().join(format!("sx_draw_{}.txt", std::process::id()));
    for seed in ["12345", "00000", "3187.42"] {
        let outcome = lots::draw(&list, seed);
        assert!(
            !outcome.lost.is_empty()
                && outcome.classes.values().any(|drawn| !drawn.waiting.is_empty())
        );
        let result = file::print_result(&text, seed, &outcome);
        std::fs::write(&path, &result).unwrap();
        let said = python(&path);
        let words = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.status.success(), "{words}{}", String::from_utf8_lossy(&said.stderr));
        assert_eq!(words, format!("名单 {}\n结果相符\n", file::hash(&text)));
        let first = &outcome.lost[0];
        std::fs::write(&path, result.replace(&format!("落选 {first}"), "落选")).unwrap();
        assert!(!python(&path).status.success());
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn the_command_line_repeats_a_result() {
    let list = crowded();
    let result = file::print_result(&file::print(&list), "12345", &lots::draw(&list, "12345"));
    let path = std::env::temp_dir().join(format!("sx_draw_cli_{}.txt", std::process::id()));
    let verify = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_shangxue"));
        command.args(["draw", "verify"]).arg(&path).output().unwrap()
    };
    let good = verify(&result);
    assert!(good.status.success());
    assert!(String::from_utf8_lossy(&good.stdout).ends_with("种子 12345\n结果相符\n"));
    let bad = verify(&result.replace("种子 12345", "种子 54321"));
    assert!(!bad.status.success());
    assert!(String::from_utf8_lossy(&bad.stderr).contains("结果不符"));
    std::fs::remove_file(&path).unwrap();
}

/// A term that goes through all phases from the tests' time on.
struct Term {
    school: School,
    centre: [Clerk; 2],
}

fn in_hours(app: &TestApp, hours: i64) -> Value {
    json!((app.now() + TimeDelta::hours(hours)).to_rfc3339())
}

async fn planned(app: &TestApp) -> Term {
    let school = fixtures::school(app).await;
    let db = app.app.db.writer();
    let row = term::Entity::find_by_id(school.term).one(db).await.unwrap().unwrap();
    let mut row = row.into_active_model();
    row.first_day = Set(clock::local_date(app.now()) + TimeDelta::days(30));
    row.last_day = Set(clock::local_date(app.now()) + TimeDelta::days(140));
    row.enrolment_opens_at = Set(app.now() + TimeDelta::days(20));
    row.enrolment_closes_at = Set(app.now() + TimeDelta::days(40));
    row.update(db).await.unwrap();
    let centre = [
        fixtures::clerk(app, "centre", Role::Centre, None).await,
        fixtures::clerk(app, "admin", Role::Admin, None).await,
    ];
    let term = Term { school, centre };
    plan(app, &term, 72, 84).await.ok();
    term
}

/// Time passes; staff have signed in again meanwhile.
async fn later(app: &TestApp, by: TimeDelta) {
    app.advance(by);
    staff_session::Entity::update_many()
        .col_expr(staff_session::Column::ExpiresAt, Expr::value(app.now() + TimeDelta::days(1)))
        .exec(app.app.db.writer())
        .await
        .unwrap();
}

/// Continuation for a day, wishes until so many hours from now, the seed at so many.
async fn plan(app: &TestApp, term: &Term, close: i64, seed: i64) -> Answer {
    let body = json!({
        "continuation_opens_at": in_hours(app, 0), "continuation_closes_at": in_hours(app, 24),
        "wishes_open_at": in_hours(app, 24), "wishes_close_at": in_hours(app, close),
        "seed_at": in_hours(app, seed), "seed_source": "排列5第26338期",
        "confirm_until": in_hours(app, 24 * 10), "most_classes": 2, "newcomer_percent": 30,
    });
    let path = format!("/api/staff/terms/{}/plan", term.school.term);
    app.put(&path, &body).by(&term.centre[0]).send().await
}

/// A class of a course of its own, on a weekday of its own.
async fn class(app: &TestApp, term: &Term, weekday: i32, capacity: i32) -> ClassId {
    let name = format!("{weekday}班");
    let id = fixtures::class(app, &term.school, &name, capacity).await;
    let course = fixtures::course_named(app, &name).await;
    let row = class::Entity::find_by_id(id).one(app.app.db.writer()).await.unwrap().unwrap();
    let mut row = row.into_active_model();
    (row.weekday, row.course_id) = (Set(weekday), Set(course));
    row.update(app.app.db.writer()).await.unwrap();
    id
}

async fn people(app: &TestApp, term: &Term, count: u32) -> Vec<Person> {
    let mut people = Vec::new();
    for nth in 1..=count {
        people.push(fixtures::person(app, term.school.community, nth).await);
    }
    people
}

async fn wish(app: &TestApp, who: &Person, classes: &[ClassId]) -> Answer {
    app.put("/api/me/wishes", &json!({"class_ids": classes})).bearer(&who.token).send().await
}

async fn phase(app: &TestApp) -> Value {
    app.get("/api/enrolment-phases").send().await.ok()
}

async fn seed(app: &TestApp, draw: &Value, who: &Clerk, seed: &str) -> Answer {
    let path = format!("/api/staff/draws/{}/seed", draw["id"]);
    app.post(&path, &json!({"seed": seed})).by(who).send().await
}

async fn mine(app: &TestApp, who: &Person) -> Vec<Value> {
    let list = app.get("/api/me/enrolments").bearer(&who.token).send().await.ok();
    list["items"].as_array().unwrap().clone()
}

async fn statuses(app: &TestApp, who: &Person) -> Vec<String> {
    mine(app, who).await.iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect()
}

async fn told(app: &TestApp, who: &Person) -> Vec<String> {
    let list = app.get("/api/me/notices").bearer(&who.token).send().await.ok();
    let items = list["items"].as_array().unwrap();
    items.iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
}

/// Freezes the list, enters the seed twice, and gives what was drawn.
async fn drawn(app: &TestApp, term: &Term) -> Value {
    later(app, TimeDelta::hours(48)).await;
    app.run_jobs().await;
    let draw = phase(app).await["draw"].clone();
    later(app, TimeDelta::hours(12)).await;
    seed(app, &draw, &term.centre[0], "12345").await.ok();
    seed(app, &draw, &term.centre[1], "12345").await.ok();
    app.run_jobs().await;
    phase(app).await["draw"].clone()
}

on_both_databases! {
    async fn the_next_term_is_announced_beside_the_one_that_goes_on(app: TestApp) {
        let coming = async || app.get("/api/enrolment-phases/coming").send().await.ok()["items"].clone();
        let school = fixtures::school(&app).await;
        assert_eq!(coming().await, json!([]), "the one that goes on is no coming one");
        let (now, today) = (app.now(), clock::local_date(app.now()));
        let next = |name: &str, days: i64| term::ActiveModel {
            name: Set(name.to_owned()),
            first_day: Set(today + TimeDelta::days(days + 20)),
            last_day: Set(today + TimeDelta::days(days + 120)),
            enrolment_opens_at: Set(now + TimeDelta::days(days)),
            enrolment_closes_at: Set(now + TimeDelta::days(days + 30)),
            max_classes_per_person: Set(3),
            min_age: Set(50),
            ..Default::default()
        };
        next("再下一个学期", 300).insert(app.app.db.writer()).await.unwrap();
        let next = next("下一个学期", 100).insert(app.app.db.writer()).await.unwrap().id;
        let centre = [
            fixtures::clerk(&app, "centre", Role::Centre, None).await,
            fixtures::clerk(&app, "admin", Role::Admin, None).await,
        ];
        assert_eq!(coming().await[0]["phases"].as_array().unwrap().len(), 1);
        // With phases it begins by the first of them.
        let term = Term { school: School { term: next, ..school }, centre };
        app.advance(TimeDelta::days(-1));
        plan(&app, &term, 72, 84).await.ok();
        app.advance(TimeDelta::hours(-1));
        let said = coming().await;
        assert_eq!(said.as_array().unwrap().len(), 1);
        assert_eq!((&said[0]["term_name"], &said[0]["phase"]), (&json!("下一个学期"), &json!("between")));
        assert_eq!(said[0]["until_text"], "离老学员续读开始");
        assert_eq!(said[0]["phases"].as_array().unwrap().len(), 5);
        app.advance(TimeDelta::hours(1));
        let said = coming().await;
        assert_eq!(said[0]["term_name"], "再下一个学期", "what has begun is no longer coming");
    }

    async fn wishes_are_drawn_by_a_published_list_and_a_later_seed_and_given(app: TestApp) {
        let term = planned(&app).await;
        let (hot, other) = (class(&app, &term, 2, 2).await, class(&app, &term, 3, 1).await);
        let people = people(&app, &term, 5).await;
        wish(&app, &people[0], &[hot]).await.refused(409, "not_in_phase");
        later(&app, TimeDelta::hours(24)).await;
        for person in &people {
            wish(&app, person, &[hot, other]).await.ok();
        }
        later(&app, TimeDelta::hours(48)).await;
        wish(&app, &people[0], &[hot]).await.refused(409, "not_in_phase");
        app.run_jobs().await;

        let now = phase(&app).await;
        let draw = &now["draw"];
        assert_eq!((now["phase"].as_str(), draw["people"].as_i64()), (Some("draw"), Some(5)));
        let list = app.get(&format!("/api/draws/{}/list.txt", draw["id"])).send().await;
        assert_eq!(draw["list_sha256"], file::hash(&list.text()));
        assert!(!list.text().contains("2026000001"), "no learner numbers");
        app.get(&format!("/api/draws/{}/result.txt", draw["id"])).send().await.refused(404, "not_drawn");
        let me = app.get("/api/me/draw").bearer(&people[0].token).send().await.ok();
        let first = &me["wishes"][0];
        assert_eq!((first["places"].as_i64(), first["people"].as_i64(), first["lots"].as_i64()), (Some(2), Some(5), Some(3)));
        assert_eq!(first["why"], "人人 1 支，本社区加签，第一次学这门课。");
        assert_eq!(told(&app, &people[0]).await, ["您的摇号号码"]);

        let [one, two] = &term.centre;
        let cancel = format!("/api/staff/classes/{hot}/cancel");
        app.post(&cancel, &json!({"reason": "老师生病"})).by(one).send().await.refused(409, "draw_running");
        seed(&app, draw, one, "12345").await.refused(409, "too_early");
        later(&app, TimeDelta::hours(12)).await;
        seed(&app, draw, one, "12 45").await.refused(400, "bad_seed");
        seed(&app, draw, one, "12345").await.ok();
        assert_eq!(seed(&app, draw, one, "12345").await.ok()["confirmed"], false, "one person is one person");
        seed(&app, draw, two, "12346").await.refused(409, "seed_differs");
        assert_eq!(app.run_jobs().await, 0, "nothing is drawn yet");
        assert_eq!(seed(&app, draw, two, "12345").await.ok()["confirmed"], true);
        seed(&app, draw, one, "12346").await.refused(409, "seed_confirmed");
        app.run_jobs().await;

        let draw = &phase(&app).await["draw"];
        let result = app.get(&format!("/api/draws/{}/result.txt", draw["id"])).send().await.text();
        let verdict = file::verify(&result).unwrap();
        assert!(verdict.agrees);
        assert_eq!((verdict.list_hash, verdict.seed), (draw["list_sha256"].as_str().unwrap().to_owned(), "12345".to_owned()));
        let mut counts = [0; 3];
        for person in &people {
            let statuses = statuses(&app, person).await;
            let offered = statuses.iter().filter(|status| *status == "offered").count();
            counts[usize::from(offered == 0)] += 1;
            assert_eq!(told(&app, person).await[0], if offered == 0 { "摇号结果" } else { "摇中了，请确认" });
            assert_eq!(statuses.len(), 2, "whoever may still get a class waits: {statuses:?}");
        }
        assert_eq!(counts, [3, 2, 0], "three places, two people without");
    }

    async fn nobody_is_served_first_come_before_the_draw_is_done(app: TestApp) {
        let term = planned(&app).await;
        let (hot, free) = (class(&app, &term, 2, 1).await, class(&app, &term, 3, 5).await);
        let people = people(&app, &term, 2).await;
        let come = async |who: &Person| {
            let path = format!("/api/classes/{free}/enrolments");
            app.post(&path, &json!({"join_waitlist": false})).bearer(&who.token).send().await
        };
        assert_eq!(come(&people[1]).await.refused(409, "not_open")["next"][0]["page"], "/wishes");
        later(&app, TimeDelta::hours(24)).await;
        wish(&app, &people[0], &[hot]).await.ok();
        later(&app, TimeDelta::hours(48)).await;
        app.run_jobs().await;
        let draw = phase(&app).await["draw"].clone();
        // The centre forgot about it until sign-up should have been open for a day.
        later(&app, TimeDelta::days(18)).await;
        let refused = come(&people[1]).await.refused(409, "not_open");
        assert_eq!(refused["message"], "现在是摇号和确认，结果出来以后才能报名。");
        for clerk in &term.centre {
            seed(&app, &draw, clerk, "12345").await.ok();
        }
        app.run_jobs().await;
        assert_eq!(phase(&app).await["phase"], "open");
        assert_eq!(come(&people[1]).await.ok()["outcome"], "placed");
        assert_eq!(statuses(&app, &people[0]).await, ["offered"], "a late draw leaves time to answer all the same");
    }

    async fn a_drawn_place_is_kept_until_the_day_that_was_named_and_then_goes_to_the_next(app: TestApp) {
        let term = planned(&app).await;
        let hot = class(&app, &term, 2, 1).await;
        let people = people(&app, &term, 3).await;
        later(&app, TimeDelta::hours(24)).await;
        for person in &people {
            wish(&app, person, &[hot]).await.ok();
        }
        drawn(&app, &term).await;
        assert_eq!(phase(&app).await["phase"], "confirm");
        let mut by_place: Vec<(i64, &Person)> = Vec::new();
        for person in &people {
            let one = &mine(&app, person).await[0];
            by_place.push((one["waiting_position"].as_i64().unwrap_or(0), person));
        }
        by_place.sort_by_key(|(at, _)| *at);
        let order: Vec<i64> = by_place.iter().map(|(at, _)| *at).collect();
        assert_eq!(order, [0, 1, 2]);
        later(&app, TimeDelta::hours(24 * 10 - 84)).await;
        app.run_jobs().await;
        assert_eq!(statuses(&app, by_place[0].1).await, ["waiting"], "passed unanswered");
        assert_eq!(statuses(&app, by_place[1].1).await, ["offered"]);
        let id = mine(&app, by_place[1].1).await[0]["id"].clone();
        app.post(&format!("/api/me/enrolments/{id}/accept"), &json!({})).bearer(&by_place[1].1.token).send().await.ok();
        assert_eq!(statuses(&app, by_place[2].1).await, ["waiting"]);
        assert_eq!(phase(&app).await["phase"], "between");
    }

    async fn who_got_nothing_has_more_lots_next_time_and_the_draw_goes_on_where_it_stopped(app: TestApp) {
        let term = planned(&app).await;
        let hot = class(&app, &term, 2, 1).await;
        let people = people(&app, &term, 2).await;
        let before = term::ActiveModel {
            name: Set("早先".to_owned()),
            first_day: Set(clock::local_date(app.now()) - TimeDelta::days(200)),
            last_day: Set(clock::local_date(app.now()) - TimeDelta::days(100)),
            enrolment_opens_at: Set(app.now() - TimeDelta::days(210)),
            enrolment_closes_at: Set(app.now() - TimeDelta::days(201)),
            max_classes_per_person: Set(3),
            min_age: Set(50),
            ..Default::default()
        };
        let before = before.insert(app.app.db.writer()).await.unwrap();
        let past = draw::ActiveModel {
            term_id: Set(before.id),
            list: Set(String::new()),
            list_sha256: Set(String::new()),
            frozen_at: Set(app.now()),
            ..Default::default()
        };
        let past = past.insert(app.app.db.writer()).await.unwrap();
        for (person, lost) in people.iter().zip([true, false]) {
            let entry = draw_entry::ActiveModel {
                draw_id: Set(past.id),
                resident_id: Set(person.id),
                number: Set(person.id.to_string()),
                lost: Set(Some(lost)),
                ..Default::default()
            };
            entry.insert(app.app.db.writer()).await.unwrap();
        }
        later(&app, TimeDelta::hours(24)).await;
        for person in &people {
            wish(&app, person, &[hot]).await.ok();
        }
        let draw = drawn(&app, &term).await;
        for (person, lots) in people.iter().zip([4, 3]) {
            let me = app.get("/api/me/draw").bearer(&person.token).send().await.ok();
            assert_eq!(me["wishes"][0]["lots"], lots);
        }
        let count = enrolment::Entity::find().all(app.app.db.read()).await.unwrap().len();
        let id = DrawId(draw["id"].as_i64().unwrap());
        shangxue::draw::run(&app.app, id).await.unwrap();
        assert_eq!(enrolment::Entity::find().all(app.app.db.read()).await.unwrap().len(), count);
    }

    async fn learners_of_the_term_before_keep_their_place_first(app: TestApp) {
        let term = planned(&app).await;
        let (same, beginners) = (class(&app, &term, 2, 1).await, class(&app, &term, 3, 3).await);
        let people = people(&app, &term, 3).await;
        let course = async |class: ClassId| {
            class::Entity::find_by_id(class).one(app.app.db.read()).await.unwrap().unwrap().course_id
        };
        let before = term::ActiveModel {
            name: Set("春季班".to_owned()),
            first_day: Set(clock::local_date(app.now()) - TimeDelta::days(150)),
            last_day: Set(clock::local_date(app.now()) - TimeDelta::days(10)),
            enrolment_opens_at: Set(app.now() - TimeDelta::days(160)),
            enrolment_closes_at: Set(app.now() - TimeDelta::days(151)),
            max_classes_per_person: Set(3),
            min_age: Set(50),
            ..Default::default()
        };
        let before = before.insert(app.app.db.writer()).await.unwrap().id;
        for class in [same, beginners] {
            let old = School { term: before, course: course(class).await, ..term.school };
            let was = fixtures::class(&app, &old, "春季", 9).await;
            for person in &people[..2] {
                fixtures::placed(&app, &old, was, person.id).await;
            }
        }
        let rule = json!({"beginners": true, "previous_course_id": null});
        app.put(&format!("/api/staff/classes/{beginners}/draw-rule"), &rule).by(&term.centre[0]).send().await.ok();
        let keep = async |who: &Person, class: ClassId| {
            app.post("/api/me/continuations", &json!({"class_id": class})).bearer(&who.token).send().await
        };
        let offers = app.get("/api/me/continuations").bearer(&people[0].token).send().await.ok();
        assert_eq!((offers["total"].as_i64(), &offers["items"][0]["class"]["id"]), (Some(1), &json!(same)));
        keep(&people[2], same).await.refused(403, "not_continuing");
        keep(&people[0], beginners).await.refused(403, "not_continuing");
        keep(&people[0], same).await.ok();
        keep(&people[0], same).await.ok();
        assert_eq!(statuses(&app, &people[0]).await, ["placed"]);
        let refusal = keep(&people[1], same).await.refused(409, "class_full");
        assert_eq!(refusal["next"][0]["page"], "/classes", "none that goes on is left");
        later(&app, TimeDelta::hours(24)).await;
        keep(&people[1], same).await.refused(409, "not_in_phase");
        wish(&app, &people[0], &[same]).await.refused(409, "same_course");

        // In the draw there is no place left here, and a third of the other is for newcomers.
        for person in &people {
            let wishes = if person.id == people[0].id { vec![beginners] } else { vec![beginners, same] };
            wish(&app, person, &wishes).await.ok();
        }
        later(&app, TimeDelta::hours(48)).await;
        app.run_jobs().await;
        let draw = phase(&app).await["draw"].clone();
        let list = app.get(&format!("/api/draws/{}/list.txt", draw["id"])).send().await.text();
        assert!(list.contains(&format!("班 {same} 名额 0 新学员 0")), "{list}");
        assert!(list.contains(&format!("班 {beginners} 名额 3 新学员 1")), "{list}");
        assert!(list.lines().any(|line| line.contains(" 最多 1 ") && line.ends_with(&format!("志愿 {beginners}*3本"))), "{list}");
    }

    async fn wishes_are_changed_until_the_end_and_what_was_said_before_stays(app: TestApp) {
        let term = planned(&app).await;
        let mut classes = Vec::new();
        for weekday in 1..=6 {
            classes.push(class(&app, &term, weekday, 5).await);
        }
        let person = &people(&app, &term, 1).await[0];
        later(&app, TimeDelta::hours(24)).await;
        wish(&app, person, &classes[..2]).await.ok();
        let swapped = [classes[1], classes[0]];
        let now = wish(&app, person, &swapped).await.ok();
        assert_eq!((&now["items"][0]["id"], now["may_change"].as_bool()), (&json!(classes[1]), Some(true)));
        wish(&app, person, &swapped).await.ok();
        wish(&app, person, &classes).await.refused(400, "too_many_wishes");
        wish(&app, person, &[classes[0], classes[0]]).await.refused(400, "wish_twice");
        wish(&app, person, &[ClassId(999)]).await.refused(400, "wrong_term");
        let body = json!({"learner_number": "2026000001", "class_ids": [classes[2]]});
        app.put("/api/staff/wishes", &body).by(&term.centre[0]).send().await.ok();
        let rows = wish::Entity::find().order_by_asc(wish::Column::Id).all(app.app.db.read()).await.unwrap();
        let said: Vec<_> = rows.iter().map(|row| (row.class_id, row.rank, row.actor_kind, row.replaced_at.is_none())).collect();
        let (resident, staff) = (ActorKind::Resident, ActorKind::Staff);
        assert_eq!(said, [
            (classes[0], 1, resident, false), (classes[1], 2, resident, false),
            (classes[1], 1, resident, false), (classes[0], 2, resident, false),
            (classes[2], 1, staff, true),
        ]);
        let seen = app.get("/api/staff/wishes").query("learner_number", "2026000001").by(&term.centre[0]).send().await.ok();
        assert_eq!(seen["items"][0]["id"], json!(classes[2]));
    }

    async fn a_daughter_keeps_and_wishes_for_her_mother_and_sees_her_lots(app: TestApp) {
        let term = planned(&app).await;
        let wished = class(&app, &term, 2, 3).await;
        let two = people(&app, &term, 2).await;
        let (mother, daughter) = (&two[0], &two[1]);
        joined(&app, mother, daughter, &ALL).await;
        let kept = json!({"class_id": wished});
        let keep = app.post("/api/me/continuations", &kept).bearer(&daughter.token).acting_for(mother);
        // Reached in her name: she did not learn here before.
        keep.send().await.refused(403, "not_continuing");
        later(&app, TimeDelta::hours(24)).await;
        let wishes = json!({"class_ids": [wished]});
        app.put("/api/me/wishes", &wishes).bearer(&daughter.token).acting_for(mother).send().await.ok();
        let hers = app.get("/api/me/wishes").bearer(&mother.token).send().await.ok();
        assert_eq!(hers["items"][0]["id"], json!(wished));
        let own = app.get("/api/me/wishes").bearer(&daughter.token).send().await.ok();
        assert_eq!(own["items"], json!([]), "the daughter wished nothing for herself");
        let row = wish::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!((row.resident_id, row.actor_kind, row.actor_id), (mother.id, ActorKind::Delegate, Some(daughter.id.0)));
        drawn(&app, &term).await;
        let lots = app.get("/api/me/draw").bearer(&daughter.token).acting_for(mother).send().await.ok();
        assert_eq!(lots, app.get("/api/me/draw").bearer(&mother.token).send().await.ok());
        assert_eq!(statuses(&app, mother).await, ["offered"]);
    }

    async fn a_list_is_never_frozen_after_its_seed_could_be_known(app: TestApp) {
        let term = planned(&app).await;
        let hot = class(&app, &term, 2, 1).await;
        let person = &people(&app, &term, 1).await[0];
        later(&app, TimeDelta::hours(24)).await;
        wish(&app, person, &[hot]).await.ok();
        // The service was away from the end of the wishes to the seed.
        later(&app, TimeDelta::hours(60)).await;
        app.run_jobs().await;
        let dead = job::Entity::find().filter(job::Column::State.eq(JobState::Dead)).all(app.app.db.read()).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert!(dead[0].last_error.as_ref().unwrap().contains("seed_passed"));
        assert_eq!(phase(&app).await["draw"], Value::Null);
        plan(&app, &term, 48, 60).await.ok();
        later(&app, TimeDelta::hours(48)).await;
        app.run_jobs().await;
        assert_eq!(phase(&app).await["draw"]["people"], 1);
        plan(&app, &term, 50, 60).await.refused(409, "plan_frozen");
        let view = app.get(&format!("/api/staff/terms/{}/draw", term.school.term)).by(&term.centre[0]).send().await.ok();
        assert_eq!((view["may_change"].as_bool(), view["classes"][0]["wishes"].as_i64()), (Some(false), Some(1)));
    }

    async fn phases_stay_in_order_and_a_term_without_them_is_as_it_was(app: TestApp) {
        let term = planned(&app).await;
        let now = phase(&app).await;
        assert_eq!((now["phase"].as_str(), now["until_text"].as_str()), (Some("continuation"), Some("离老学员续读截止")));
        assert_eq!(now["until"], in_hours(&app, 24));
        plan(&app, &term, 72, 70).await.refused(400, "bad_phases");
        let body = json!({
            "name": "2026年秋季班", "first_day": "2026-10-01", "last_day": "2027-01-10", "max_classes_per_person": 3,
            "min_age": 50, "enrolment_opens_at": in_hours(&app, 24 * 9), "enrolment_closes_at": in_hours(&app, 24 * 40),
        });
        let path = format!("/api/staff/terms/{}", term.school.term);
        app.put(&path, &body).by(&term.centre[0]).send().await.refused(400, "bad_phases");
        let plan = format!("{path}/plan");
        app.request(reqwest::Method::DELETE, &plan).by(&term.centre[0]).send().await.ok();
        assert_eq!(phase(&app).await["phase"], "between");
        app.get("/api/me/wishes").bearer(&people(&app, &term, 1).await[0].token).send().await.refused(404, "no_plan");
        later(&app, TimeDelta::hours(72)).await;
        app.run_jobs().await;
        assert_eq!(phase(&app).await["draw"], Value::Null, "a job of a plan that is gone does nothing");
    }

    async fn the_rules_are_a_page_of_plain_text(app: TestApp) {
        let page = app.get("/m/draw-rules.txt").send().await;
        assert_eq!(page.headers["content-type"], "text/plain; charset=utf-8");
        assert!(page.text().starts_with("尚学 摇号规则"));
    }
}
