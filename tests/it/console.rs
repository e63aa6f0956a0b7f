//! What the console asks of the service on its home page, in its search, its timetable and its
//! charts; and how quickly, in a large town.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use entity::ids::ResidentId;
use entity::kinds::{EnrolmentStatus, Role};
use entity::{enrolment, meeting, resident, teacher};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk};
use crate::support::town::{LIMIT_MS, Town};

async fn get(app: &TestApp, who: &Clerk, path: &str) -> Value {
    app.get(&format!("/api/staff/{path}")).by(who).send().await.ok()
}

async fn find(app: &TestApp, who: &Clerk, q: &str) -> Value {
    let asked = app.request(reqwest::Method::GET, "/api/staff/search").query("q", q).by(who);
    asked.send().await.ok()
}

fn names<'a>(found: &'a Value, what: &str, name: &str) -> Vec<&'a str> {
    found[what].as_array().unwrap().iter().map(|one| one[name].as_str().unwrap()).collect()
}

/// Gives somebody a phone number.
async fn phone(app: &TestApp, id: ResidentId, number: &str, tail_noted: bool) {
    let (db, vault) = (app.app.db.writer(), &app.app.vault);
    let row = resident::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
    let mut row = row.into_active_model();
    row.phone_sealed = Set(Some(vault.seal("phone", number).unwrap()));
    row.phone_hash = Set(Some(vault.fingerprint("phone", number)));
    row.phone_tail_hash = Set(tail_noted.then(|| vault.fingerprint("phone-tail", &number[7..])));
    row.update(db).await.unwrap();
}

on_both_databases! {
    async fn everybody_finds_what_they_may_open_and_nothing_else(app: TestApp) {
        let school = fixtures::school(&app).await;
        let elsewhere = fixtures::community_named(&app, "新桥社区").await;
        let mine = fixtures::person(&app, school.community, 1).await;
        fixtures::person(&app, elsewhere, 11).await;
        let class = fixtures::class(&app, &school, "智能手机初级班", 20).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let other = fixtures::clerk(&app, "other", Role::Officer, Some(elsewhere)).await;
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        let editor = fixtures::clerk(&app, "editor", Role::Editor, None).await;
        phone(&app, mine.id, "13812345678", true).await;

        assert_eq!(names(&find(&app, &centre, "学员").await, "people", "name"), ["学员1", "学员11"]);
        assert_eq!(names(&find(&app, &officer, "学员").await, "people", "name"), ["学员1"]);
        assert_eq!(names(&find(&app, &other, "学员").await, "people", "name"), ["学员11"]);
        for q in ["5678", "13812345678", " 2026000001 "] {
            let found = find(&app, &officer, q).await;
            assert_eq!(names(&found, "people", "name"), ["学员1"], "{q}");
            assert_eq!(found["people"][0]["phone_masked"], "138****5678");
            assert_eq!(names(&find(&app, &other, q).await, "people", "name"), Vec::<&str>::new(), "{q}");
        }
        assert_eq!(names(&find(&app, &centre, "5677").await, "people", "name"), Vec::<&str>::new());
        assert_eq!(names(&find(&app, &officer, "手机").await, "classes", "name"), ["智能手机初级班"]);
        assert_eq!(names(&find(&app, &other, "手机").await, "classes", "name"), Vec::<&str>::new());
        assert_eq!(names(&find(&app, &centre, "智在").await, "courses", "name"), ["智在指尖"]);

        // A teacher finds their own classes, and nobody; an editor articles.
        assert_eq!(names(&find(&app, &teacher, "手机").await, "classes", "name"), Vec::<&str>::new());
        let own = teacher::ActiveModel { id: Set(school.teacher), staff_id: Set(Some(teacher.id)), ..Default::default() };
        own.update(app.app.db.writer()).await.unwrap();
        let found = find(&app, &teacher, "手机").await;
        assert_eq!((&found["classes"][0]["id"], &found["classes"][0]["taught"]), (&json!(class.0), &json!(true)));
        assert_eq!(find(&app, &teacher, "学员").await["people"], json!([]));
        let text = json!({"title": "手机课开讲 100%", "digest": "", "byline": "", "origin": "", "body": "开课了。"});
        app.post("/api/staff/articles", &text).by(&editor).send().await.ok();
        assert_eq!(names(&find(&app, &editor, "手机课").await, "articles", "title"), ["手机课开讲 100%"]);
        assert_eq!(names(&find(&app, &editor, "0%").await, "articles", "title"), ["手机课开讲 100%"]);
        assert_eq!(find(&app, &editor, "_机").await["articles"], json!([]));
        assert_eq!(find(&app, &editor, "学员").await["people"], json!([]));
        assert_eq!(find(&app, &centre, "手机课").await["articles"], json!([]));

        let short = app.request(reqwest::Method::GET, "/api/staff/search").query("q", " 手 ").by(&centre);
        short.send().await.refused(400, "query_too_short");
        app.get("/api/staff/search?q=abc").send().await.refused(401, "unauthenticated");
        let nowhere = fixtures::clerk(&app, "nowhere", Role::Officer, None).await;
        app.get("/api/staff/search?q=abc").by(&nowhere).send().await.refused(403, "no_community");
    }

    async fn the_ends_of_numbers_that_were_there_before_are_noted_once(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        for nth in 1..=3 {
            let person = fixtures::person(&app, school.community, nth).await;
            phone(&app, person.id, &format!("1381234000{nth}"), nth == 1).await;
        }
        // One that cannot be opened stands in nobody's way.
        let broken = fixtures::person(&app, school.community, 4).await;
        let row = resident::ActiveModel { id: Set(broken.id), phone_sealed: Set(Some("?".to_owned())), ..Default::default() };
        row.update(app.app.db.writer()).await.unwrap();
        assert_eq!(names(&find(&app, &centre, "0002").await, "people", "name"), Vec::<&str>::new());
        shangxue::members::note_phone_tails(&app.app).await.unwrap();
        assert_eq!(resident::Entity::find().all(app.app.db.read()).await.unwrap().iter().filter(|row| row.phone_tail_hash.is_some()).count(), 3);
        let row = resident::ActiveModel { id: Set(broken.id), phone_sealed: Set(None), ..Default::default() };
        row.update(app.app.db.writer()).await.unwrap();
        assert_eq!(names(&find(&app, &centre, "0002").await, "people", "name"), ["学员2"]);
    }

    async fn what_is_offered_and_lapses_first_stands_first(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let elsewhere = fixtures::community_named(&app, "新桥社区").await;
        let other = fixtures::clerk(&app, "other", Role::Officer, Some(elsewhere)).await;
        assert_eq!(get(&app, &centre, "offers").await["total"], 0);
        let class = fixtures::class(&app, &school, "书法班", 20).await;
        for (nth, hours) in [(1, 20), (2, 3), (3, 8)] {
            let person = fixtures::person(&app, school.community, nth).await;
            fixtures::placed(&app, &school, class, person.id).await;
            let all = enrolment::Entity::find().all(app.app.db.read()).await.unwrap();
            let mut row = all.into_iter().find(|row| row.resident_id == person.id).unwrap().into_active_model();
            row.status = Set(EnrolmentStatus::Offered);
            row.queue_number = Set(Some(nth.into()));
            row.offer_expires_at = Set(Some(app.now() + TimeDelta::hours(hours)));
            row.update(app.app.db.writer()).await.unwrap();
        }
        for clerk in [&centre, &officer] {
            let offers = get(&app, clerk, "offers").await;
            assert_eq!(names(&offers, "items", "name"), ["学员2", "学员3", "学员1"]);
            assert_eq!((&offers["total"], &offers["items"][0]["class_name"]), (&json!(3), &json!("书法班")));
        }
        assert_eq!(get(&app, &other, "offers").await["total"], 0);
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        app.get("/api/staff/offers").by(&teacher).send().await.refused(403, "forbidden");
    }

    async fn a_week_has_its_meetings_from_monday_to_sunday_and_says_which_can_be_moved(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let elsewhere = fixtures::community_named(&app, "新桥社区").await;
        let other = fixtures::clerk(&app, "other", Role::Officer, Some(elsewhere)).await;
        let class = fixtures::class(&app, &school, "书法班", 20).await;
        // The tests' time is a Tuesday.
        let hours = [-33 - 24, -1, 1, 24 * 5, 24 * 6];
        for (nth, hours) in (1..).zip(hours) {
            fixtures::meeting(&app, &school, class, nth, TimeDelta::hours(hours)).await;
        }
        let week = get(&app, &centre, "timetable").await;
        let monday = week["first_day"].as_str().unwrap().to_owned();
        let seen: Vec<(i64, bool)> = week["meetings"].as_array().unwrap().iter()
            .map(|one| (one["number"].as_i64().unwrap(), one["movable"].as_bool().unwrap())).collect();
        assert_eq!(seen, [(2, false), (3, true), (4, true)]);
        let one = &week["meetings"][1];
        assert_eq!((&one["class_name"], &one["room"], &one["teacher_name"]), (&json!("书法班"), &json!("201教室"), &json!("王芳")));
        assert_eq!(one["end_minute"].as_i64().unwrap() - one["start_minute"].as_i64().unwrap(), 90);
        let same = get(&app, &centre, &format!("timetable?day={monday}")).await;
        assert_eq!(same, week);
        assert_eq!(get(&app, &other, "timetable").await["meetings"], json!([]));
        app.get("/api/staff/timetable?day=9999-12-31").by(&centre).send().await.refused(400, "bad_day");
        // Moved by the verb that tells the learners, to another room of the week.
        let id = one["id"].as_i64().unwrap();
        let to = json!({"starts_at": app.now() + TimeDelta::hours(50), "room": "202教室", "reason": "场地有活动"});
        app.post(&format!("/api/staff/meetings/{id}/move"), &to).by(&centre).send().await.ok();
        let week = get(&app, &centre, "timetable").await;
        let moved = week["meetings"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap();
        assert_eq!((&moved["room"], &moved["note"]), (&json!("202教室"), &json!("场地有活动")));
        app.run_jobs().await;
    }

    async fn charts_say_what_the_register_and_the_sign_ups_say(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let class = fixtures::class(&app, &school, "智在指尖班", 20).await;
        let met = fixtures::meeting(&app, &school, class, 1, TimeDelta::hours(-1)).await;
        let cancelled = fixtures::meeting(&app, &school, class, 2, TimeDelta::hours(-20)).await;
        let row = meeting::ActiveModel { id: Set(cancelled), status: Set(entity::kinds::MeetingStatus::Cancelled), ..Default::default() };
        row.update(app.app.db.writer()).await.unwrap();
        for nth in 1..=4 {
            let person = fixtures::person(&app, school.community, nth).await;
            let body = json!({"learner_number": format!("2026{nth:06}")});
            app.post(&format!("/api/staff/classes/{class}/enrolments"), &body).by(&centre).send().await.ok();
            let status = if nth == 4 { "absent" } else { "present" };
            let roll = json!({"status": status, "reason": "当面看到"});
            app.put(&format!("/api/staff/meetings/{met}/roll/{}", person.id), &roll).by(&centre).send().await.ok();
        }
        let charts = get(&app, &centre, &format!("terms/{}/charts", school.term)).await;
        assert_eq!(charts["hours"].as_array().unwrap().len(), 1);
        assert_eq!((&charts["hours"][0]["by_themselves"], &charts["hours"][0]["by_staff"]), (&json!(0), &json!(4)));
        let week = &charts["weeks"][0];
        assert_eq!((&week["meetings"], &week["expected"], &week["present"]), (&json!(1), &json!(4), &json!(3)));
        assert_eq!(charts["sites"], json!([{"name": "社区教育中心", "capacity": 20, "taken": 4, "waiting": 0}]));
        let month = charts["months"].as_array().unwrap().last().unwrap();
        assert_eq!((&month["smart"], &month["person_times"], &charts["smart_goal"]), (&json!(3), &json!(3), &json!(5000)));
        app.get("/api/staff/terms/999/charts").by(&centre).send().await.refused(404, "term_not_found");
        let elsewhere = fixtures::community_named(&app, "新桥社区").await;
        let other = fixtures::clerk(&app, "other", Role::Officer, Some(elsewhere)).await;
        let nothing = get(&app, &other, &format!("terms/{}/charts", school.term)).await;
        assert_eq!((&nothing["hours"], &nothing["weeks"], &nothing["sites"]), (&json!([]), &json!([]), &json!([])));
        app.run_jobs().await;
    }

    async fn a_list_goes_out_as_it_is_shown(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let class = fixtures::class(&app, &school, "书法班", 20).await;
        for nth in 1..=3 {
            let person = fixtures::person(&app, school.community, nth).await;
            fixtures::placed(&app, &school, class, person.id).await;
        }
        let rows = get(&app, &centre, &format!("classes/{class}/enrolments")).await;
        let ids: Vec<i64> = rows["items"].as_array().unwrap().iter().map(|one| one["enrolment_id"].as_i64().unwrap()).collect();
        let path = format!("/api/staff/classes/{class}/list");
        let lines = async |only: Value| {
            app.post(&path, &json!({"for": "work", "only": only})).by(&centre).send().await.status.as_u16()
        };
        assert_eq!(lines(json!([ids[2], ids[0], 99999])).await, 200);
        let audit = entity::audit::Entity::find().all(app.app.db.read()).await.unwrap();
        assert_eq!(audit.last().unwrap().detail.as_deref(), Some("work list, 2 lines"));
        assert_eq!(lines(Value::Null).await, 200);
        let audit = entity::audit::Entity::find().all(app.app.db.read()).await.unwrap();
        assert_eq!(audit.last().unwrap().detail.as_deref(), Some("work list, 3 lines"));
    }

    async fn every_page_of_the_console_is_answered_in_time(app: TestApp) {
        let town = Town::new(&app).await;
        // The limit is that of a release build (`tests/bench/run console`); without optimisation,
        // and with other tests at the same time, only something grossly slow is to be seen.
        let slack = if cfg!(debug_assertions) { 5 } else { 1 };
        let mut slow = Vec::new();
        for (who, path) in town.asked() {
            let mut best = Duration::MAX;
            for _ in 0..3 {
                let begun = Instant::now();
                let answer = app.get(&format!("/api/staff/{path}")).by(who).send().await;
                best = best.min(begun.elapsed());
                assert_eq!(answer.status, 200, "{path}: {}", answer.text());
                if best < Duration::from_millis(LIMIT_MS) {
                    break;
                }
            }
            if best > Duration::from_millis(LIMIT_MS) * slack {
                slow.push(format!("{path}: {} ms", best.as_millis()));
            }
        }
        assert_eq!(slow, Vec::<String>::new());
    }
}

/// A JPEG as a camera would make it, large.
fn photograph() -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(1600, 1200, |x, y| {
        let part = |n: u32| u8::try_from(n % 256).unwrap();
        image::Rgb([part(x), part(y), part(x * y)])
    });
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
    pixels.write_with_encoder(encoder).unwrap();
    bytes
}

on_both_databases! {
    async fn a_course_has_a_picture_that_is_small_and_said_in_words(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let path = format!("/api/staff/course-pictures/{}", school.course);
        let upload = async |who: &Clerk, path: &str, alt: &str, file: Vec<u8>| {
            let request = app.request(reqwest::Method::POST, path).query("alt", alt).by(who);
            crate::support::Request(request.0.header("content-type", "application/octet-stream").body(file)).send().await
        };
        assert_eq!(app.get("/api/course-pictures").send().await.ok()["items"], json!([]));
        app.get(&format!("/api/course-pictures/{}", school.course)).send().await.refused(404, "not_found");
        upload(&centre, &path, " ", photograph()).await.refused(400, "missing");
        upload(&centre, &path, "老人学手机", b"no picture".to_vec()).await.refused(400, "picture_format");
        upload(&centre, "/api/staff/course-pictures/999", "老人学手机", photograph()).await.refused(404, "not_found");
        assert_eq!(upload(&centre, &path, "老人学手机", photograph()).await.status, 204);
        let line = app.get("/api/course-pictures").send().await.ok()["items"][0].clone();
        assert_eq!((&line["course_id"], &line["alt"]), (&json!(school.course.0), &json!("老人学手机")));
        let url = line["url"].as_str().unwrap().to_owned();
        let kept = app.get(&url).send().await;
        assert_eq!(kept.status, 200);
        assert!(kept.bytes.len() <= 60_000, "{} bytes", kept.bytes.len());
        let seen = image::load_from_memory(&kept.bytes).unwrap();
        assert!(seen.width() <= 640 && seen.height() <= 480);
        // Another picture has another address.
        let black = image::RgbImage::new(80, 60);
        let mut png = std::io::Cursor::new(Vec::new());
        black.write_to(&mut png, image::ImageFormat::Png).unwrap();
        assert_eq!(upload(&centre, &path, "黑的", png.into_inner()).await.status, 204);
        let all = app.get("/api/course-pictures").send().await.ok();
        assert_eq!((all["total"].as_u64(), &all["items"][0]["alt"]), (Some(1), &json!("黑的")));
        assert_ne!(all["items"][0]["url"], json!(url));
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        upload(&officer, &path, "老人学手机", photograph()).await.refused(403, "forbidden");
        let remove = || app.request(reqwest::Method::DELETE, &path).by(&centre).send();
        assert_eq!(remove().await.status, 204);
        remove().await.refused(404, "not_found");
        assert_eq!(app.get("/api/course-pictures").send().await.ok()["total"], 0);
    }
}
