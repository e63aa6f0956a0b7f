//! The monitor, the poster with a nod, heads that are counted, and patterns worth a look.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ClassId, MeetingId, SiteId};
use entity::kinds::{EnrolmentStatus, Role};
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

/// A class whose meeting began a moment ago, three learners, and the first one its monitor.
struct Scene {
    school: School,
    class: ClassId,
    meeting: MeetingId,
    centre: Clerk,
    people: Vec<Person>,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let class = fixtures::class(app, &school, "智在指尖一班", 20).await;
    let meeting = fixtures::meeting(app, &school, class, 1, TimeDelta::minutes(-1)).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let mut people = Vec::new();
    for nth in 1..=3 {
        let person = fixtures::person(app, school.community, nth).await;
        fixtures::placed(app, &school, class, person.id).await;
        people.push(person);
    }
    let scene = Scene { school, class, meeting, centre, people };
    scene.monitor(app, Method::PUT, &scene.people[0]).await.ok();
    scene
}

/// Something that a phone sends.
fn word(name: &str, kind: &str, who: Option<&Person>, at: DateTime<Utc>) -> Value {
    json!({ "scan_id": name, "kind": kind, "resident_id": who.map(|one| one.id), "device_at": at })
}

fn with(mut word: Value, key: &str, value: impl Into<Value>) -> Value {
    word[key] = value.into();
    word
}

fn words(item: &Value) -> (&str, Option<&str>) {
    (item["outcome"].as_str().unwrap(), item["why"].as_str())
}

async fn scan(app: &TestApp, who: &Person, code: &str) -> Answer {
    let body = json!({ "code": code, "device": "phone" });
    app.post("/api/me/check-in", &body).bearer(&who.token).send().await
}

async fn tray(app: &TestApp, who: &Clerk) -> Vec<Value> {
    let list = app.get("/api/staff/tray").by(who).send().await.ok();
    list["items"].as_array().unwrap().clone()
}

async fn settle(app: &TestApp, who: &Clerk, entry: &Value, body: Value) -> Answer {
    app.post(&format!("/api/staff/tray/{}", entry["id"]), &body).by(who).send().await
}

impl Scene {
    async fn monitor(&self, app: &TestApp, method: Method, who: &Person) -> Answer {
        let path = format!("/api/staff/classes/{}/monitors/{}", self.class, who.id);
        app.request(method, &path).by(&self.centre).send().await
    }

    /// By the phone of the first learner.
    async fn send(&self, app: &TestApp, sent_at: DateTime<Utc>, scans: &[Value]) -> Answer {
        self.send_as(app, &self.people[0], sent_at, scans).await
    }

    async fn send_as(
        &self,
        app: &TestApp,
        who: &Person,
        sent_at: DateTime<Utc>,
        scans: &[Value],
    ) -> Answer {
        let path = format!("/api/me/meetings/{}/scans", self.meeting);
        let body = json!({ "device": "m-1", "sent_at": sent_at, "scans": scans });
        app.post(&path, &body).bearer(&who.token).send().await
    }

    async fn one(&self, app: &TestApp, scan: Value) -> Value {
        self.send(app, app.now(), &[scan]).await.ok()["items"][0].clone()
    }

    async fn by_staff(&self, app: &TestApp, scan: Value) -> Value {
        let path = format!("/api/staff/meetings/{}/scans", self.meeting);
        let body = json!({ "device": "d-1", "sent_at": app.now(), "scans": [scan] });
        app.post(&path, &body).by(&self.centre).send().await.ok()["items"][0].clone()
    }

    async fn roll(&self, app: &TestApp) -> Value {
        let path = format!("/api/staff/meetings/{}/roll", self.meeting);
        app.get(&path).by(&self.centre).send().await.ok()
    }

    async fn row(&self, app: &TestApp, who: &Person) -> Value {
        let roll = self.roll(app).await;
        let mut rows = roll["items"].as_array().unwrap().iter();
        rows.find(|row| row["resident_id"] == who.id.0).cloned().unwrap()
    }

    async fn events(&self, app: &TestApp, who: &Person) -> Vec<Value> {
        let path = format!("/api/staff/meetings/{}/roll/{}/events", self.meeting, who.id);
        app.get(&path).by(&self.centre).send().await.ok()["items"].as_array().unwrap().clone()
    }

    async fn day(&self, app: &TestApp, who: &Person) -> Answer {
        app.get("/api/me/day-roll").bearer(&who.token).send().await
    }

    fn poster(&self) -> String {
        format!("https://anywhere.example/m/?c=B{}", self.class)
    }
}

on_both_databases! {
    async fn staff_make_a_monitor_and_end_it_and_both_stay(app: TestApp) {
        let scene = scene(&app).await;
        let [monitor, other, _] = &scene.people[..] else { panic!() };
        scene.monitor(&app, Method::PUT, monitor).await.ok();
        let path = format!("/api/staff/classes/{}/monitors", scene.class);
        let list = app.get(&path).by(&scene.centre).send().await.ok();
        assert_eq!((list["total"].as_i64(), list["items"][0]["made_by"].as_str()), (Some(1), Some("centre同志")));
        assert_eq!((scene.row(&app, monitor).await["monitor"].clone(), scene.row(&app, other).await["monitor"].clone()), (json!(true), json!(false)));
        let stranger = fixtures::person(&app, scene.school.community, 9).await;
        scene.monitor(&app, Method::PUT, &stranger).await.refused(404, "not_on_roll");
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        let own = format!("{path}/{}", other.id);
        app.request(Method::PUT, &own).by(&teacher).send().await.refused(403, "not_your_class");
        app.get(&path).by(&teacher).send().await.refused(403, "not_your_class");
        let row = entity::teacher::Entity::find_by_id(scene.school.teacher).one(app.app.db.read()).await.unwrap().unwrap();
        let mut row: entity::teacher::ActiveModel = row.into();
        row.staff_id = sea_orm::Set(Some(teacher.id));
        entity::teacher::Entity::update(row).exec(app.app.db.writer()).await.unwrap();
        app.request(Method::PUT, &own).by(&teacher).send().await.ok();
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(scene.school.community)).await;
        app.request(Method::DELETE, &own).by(&officer).send().await.ok();
        app.request(Method::DELETE, &own).by(&officer).send().await.ok();
        let editor = fixtures::clerk(&app, "editor", Role::Editor, None).await;
        app.request(Method::PUT, &own).by(&editor).send().await.refused(403, "forbidden");
        let rows = entity::class_monitor::Entity::find().all(app.app.db.read()).await.unwrap();
        let said: Vec<_> = rows.iter().map(|row| (row.resident_id, row.made_by, row.ended_by)).collect();
        assert_eq!(said, [(monitor.id, scene.centre.id, None), (other.id, teacher.id, Some(officer.id))]);
        let recorded = |action| shangxue::staff::recorded(app.app.db.read(), action);
        assert_eq!((recorded("monitor.made").await.unwrap(), recorded("monitor.ended").await.unwrap()), (2, 1));
    }

    async fn the_monitor_keeps_the_roll_of_their_own_class_today(app: TestApp) {
        let scene = scene(&app).await;
        let [monitor, other, third] = &scene.people[..] else { panic!() };
        let school = School { course: fixtures::course_named(&app, "书法").await, ..scene.school };
        let elsewhere = fixtures::class(&app, &school, "书法一班", 20).await;
        let theirs = fixtures::meeting(&app, &school, elsewhere, 1, TimeDelta::minutes(-1)).await;
        fixtures::placed(&app, &school, elsewhere, third.id).await;
        let next = fixtures::meeting(&app, &scene.school, scene.class, 2, TimeDelta::days(1)).await;
        app.put(&format!("/api/staff/meetings/{}/roll/{}", scene.meeting, third.id), &json!({ "status": "leave", "reason": "身体不适" })).by(&scene.centre).send().await.ok();

        let signed = scene.day(&app, monitor).await.ok();
        let day: Value = serde_json::from_str(signed["text"].as_str().unwrap()).unwrap();
        assert_eq!((day["monitor_id"].as_i64(), day["staff_id"].is_null()), (Some(monitor.id.0), true));
        let meetings = day["meetings"].as_array().unwrap();
        assert_eq!((meetings.len(), meetings[0]["id"].as_i64()), (1, Some(scene.meeting.0)));
        // Names and numbers, as on a wall; why somebody is away is for staff.
        let on_leave = &meetings[0]["learners"][2];
        assert_eq!((on_leave["status"].as_str(), on_leave["reason"].is_null()), (Some("leave"), true));
        assert!(!signed.to_string().contains("身体不适"));
        scene.day(&app, other).await.refused(403, "not_monitor");
        let mine = app.get("/api/me/meetings").bearer(&monitor.token).send().await.ok();
        let keeps: Vec<_> = mine["items"].as_array().unwrap().iter().map(|one| one["keeps_roll"].clone()).collect();
        assert_eq!(keeps, [json!(true), json!(false)]);

        app.advance(TimeDelta::seconds(1));
        let card = app.post("/api/me/card", &Value::Null).bearer(&third.token).send().await.ok();
        let scans = [
            word("t-1", "tap", Some(other), app.now()),
            with(word("c-1", "card", None, app.now()), "card", card["link"].clone()),
        ];
        let items = scene.send(&app, app.now(), &scans).await.ok()["items"].clone();
        assert_eq!((words(&items[0]), words(&items[1])), (("recorded", None), ("recorded", None)));
        let again = scene.send(&app, app.now(), &scans).await.ok()["items"].clone();
        assert_eq!(words(&again[0]), ("already", None));
        assert_eq!(scene.row(&app, other).await["status"], "present");
        assert_eq!(scene.events(&app, other).await[0]["actor"], "学员1（班长）");
        // What a monitor gives as a reason is of a closed set.
        for (name, reason, kept) in [("t-2", "没有来", "没有来"), ("t-3", "他欠我钱", "其他原因")] {
            app.advance(TimeDelta::seconds(5));
            let tap = with(with(word(name, "tap", Some(other), app.now()), "status", "absent"), "reason", reason);
            assert_eq!(words(&scene.one(&app, tap).await), ("recorded", None));
            assert_eq!(scene.events(&app, other).await.last().unwrap()["reason"], kept);
        }

        // Other classes, and other people.
        let elsewhere = Scene { meeting: theirs, people: scene.people.clone(), centre: scene.centre.clone(), ..scene };
        elsewhere.send(&app, app.now(), &scans).await.refused(403, "not_monitor");
        scene.send_as(&app, other, app.now(), &scans).await.refused(403, "not_monitor");
        for path in [format!("/api/staff/meetings/{}/roll", scene.meeting), "/api/staff/tray".to_owned()] {
            app.get(&path).bearer(&monitor.token).send().await.refused(401, "unauthenticated");
        }
        // What is past is not theirs to correct, nor what is to come to enter.
        let early = Scene { meeting: next, people: scene.people.clone(), centre: scene.centre.clone(), ..scene };
        assert_eq!(words(&early.one(&app, word("t-4", "tap", Some(other), app.now())).await), ("tray", Some("too_far")));
        app.advance(TimeDelta::hours(5));
        let tap = |name: &str, at| with(with(word(name, "tap", Some(third), at), "status", "absent"), "reason", "没有来");
        assert_eq!(words(&scene.one(&app, tap("t-5", app.now())).await), ("tray", Some("too_far")));
        app.advance(TimeDelta::hours(22));
        let then = app.now() - TimeDelta::hours(26);
        assert_eq!(words(&scene.one(&app, tap("t-6", then)).await), ("tray", Some("sent_late")));
        // The session at the desk has ended meanwhile.
        let centre = fixtures::clerk(&app, "again", Role::Centre, None).await;
        let scene = Scene { centre, people: scene.people.clone(), ..scene };
        assert_eq!(scene.row(&app, third).await["status"], "present");
        let lying = tray(&app, &scene.centre).await;
        assert_eq!((lying.len(), lying[0]["uploaded_by"].as_str()), (3, Some("学员1（班长）")));
    }

    async fn who_is_monitor_no_longer_is_refused_and_loses_nothing(app: TestApp) {
        let scene = scene(&app).await;
        let [monitor, other, third] = &scene.people[..] else { panic!() };
        let before = app.now();
        app.advance(TimeDelta::minutes(5));
        scene.monitor(&app, Method::DELETE, monitor).await.ok();
        let refused = scene.day(&app, monitor).await.refused(403, "not_monitor");
        assert!(refused["message"].as_str().unwrap().contains("不是班长"));
        app.advance(TimeDelta::minutes(5));
        // Made without network: what they did while they were it counts.
        let scans = [word("t-1", "tap", Some(other), before), word("t-2", "tap", Some(third), app.now())];
        let items = scene.send(&app, app.now(), &scans).await.ok()["items"].clone();
        assert_eq!((words(&items[0]), words(&items[1])), (("recorded", None), ("tray", Some("not_monitor"))));
        // Who sees no names is told none.
        assert_eq!(items[1]["name"], "学**");
        scene.monitor(&app, Method::PUT, monitor).await.ok();
        assert_eq!(words(&scene.one(&app, word("t-3", "tap", Some(third), app.now())).await), ("recorded", None));
        // Without a place nobody keeps its roll.
        entity::enrolment::Entity::update_many()
            .col_expr(entity::enrolment::Column::Status, Expr::value(EnrolmentStatus::Withdrawn))
            .filter(entity::enrolment::Column::ResidentId.eq(monitor.id))
            .exec(app.app.db.writer())
            .await
            .unwrap();
        scene.day(&app, monitor).await.refused(403, "not_monitor");
        assert_eq!(words(&scene.one(&app, word("t-4", "tap", Some(other), app.now())).await), ("tray", Some("not_monitor")));
    }

    async fn a_poster_waits_for_a_nod_and_counts_from_the_scan(app: TestApp) {
        let scene = scene(&app).await;
        let [_, learner, third] = &scene.people[..] else { panic!() };
        let mine = || async { app.get("/api/me/meetings").bearer(&learner.token).send().await.ok()["items"][0]["check_in"].clone() };
        assert_eq!(mine().await, "open");
        for _ in 0..2 {
            let claimed = scan(&app, learner, &scene.poster()).await.ok();
            assert_eq!((claimed["outcome"].as_str(), claimed["class_name"].as_str()), (Some("awaits_nod"), Some("智在指尖一班")));
        }
        assert_eq!(mine().await, "awaits_nod");
        let row = scene.row(&app, learner).await;
        assert!(row["status"].is_null() && row["claimed_text"].as_str().unwrap().ends_with("9:00"), "{row}");
        let day = scene.day(&app, &scene.people[0]).await.ok();
        assert_eq!(day["text"].as_str().unwrap().matches("claimed_at").count(), 1);
        assert_eq!(words(&scene.one(&app, word("n-0", "nod", Some(third), app.now())).await), ("tray", Some("no_claim")));

        app.advance(TimeDelta::minutes(10));
        for outcome in ["recorded", "already"] {
            assert_eq!(words(&scene.one(&app, word("n-1", "nod", Some(learner), app.now())).await), (outcome, None));
        }
        // Somebody else nods too: nothing changes.
        assert_eq!(words(&scene.by_staff(&app, word("n-2", "nod", Some(learner), app.now())).await), ("recorded", None));
        let row = scene.row(&app, learner).await;
        assert_eq!((row["status"].as_str(), row["way"].as_str(), row["hours_hundredths"].as_i64()), (Some("present"), Some("poster"), Some(200)));
        assert!(row["time_text"].as_str().unwrap().ends_with("9:00") && row["claimed_text"].is_null(), "{row}");
        let event = scene.events(&app, learner).await[0].clone();
        assert_eq!((event["way"].as_str(), event["actor"].as_str(), event["device"].as_str()), (Some("poster"), Some("学员1（班长）"), Some("m-1")));
        assert!(event["nodded_text"].as_str().unwrap().ends_with("9:10"), "{event}");
        assert_eq!(mine().await, "done");
        assert_eq!(scan(&app, learner, &scene.poster()).await.ok()["outcome"], "already_recorded");

        // A correction after the scan outlives a nod that comes later.
        scan(&app, third, &scene.poster()).await.ok();
        app.advance(TimeDelta::minutes(1));
        app.put(&format!("/api/staff/meetings/{}/roll/{}", scene.meeting, third.id), &json!({ "status": "absent", "reason": "人不在" })).by(&scene.centre).send().await.ok();
        app.advance(TimeDelta::minutes(1));
        scene.one(&app, word("n-3", "nod", Some(third), app.now())).await;
        assert_eq!(scene.row(&app, third).await["status"], "absent");
        app.advance(TimeDelta::hours(3));
        app.run_jobs().await;
        assert!(tray(&app, &scene.centre).await.iter().all(|entry| entry["why"] != "not_nodded"));
    }

    async fn a_poster_is_for_ones_own_class_at_its_time(app: TestApp) {
        let scene = scene(&app).await;
        let learner = &scene.people[1];
        let stranger = fixtures::person(&app, scene.school.community, 9).await;
        let site = format!("S{}", scene.school.site);
        let refused = scan(&app, &stranger, &scene.poster()).await.refused(403, "not_enrolled");
        assert_eq!(refused["next"][0]["page"], format!("/classes/{}", scene.class));
        scan(&app, &stranger, &site).await.refused(409, "no_meeting_here");
        scan(&app, learner, &format!("S{}", SiteId(99))).await.refused(409, "no_meeting_here");
        scan(&app, learner, "B99").await.refused(404, "class_not_found");
        scan(&app, learner, "B9x").await.refused(400, "code_invalid");

        // Two classes in one house at one time: to each their own.
        let other = fixtures::class(&app, &scene.school, "书法一班", 20).await;
        fixtures::meeting(&app, &scene.school, other, 1, TimeDelta::minutes(-1)).await;
        fixtures::placed(&app, &scene.school, other, stranger.id).await;
        assert_eq!(scan(&app, &stranger, &site).await.ok()["class_name"], "书法一班");
        assert_eq!(scan(&app, learner, &site).await.ok()["class_name"], "智在指尖一班");
        // One after the other: the one that runs, and later the next.
        let school = School { course: fixtures::course_named(&app, "摄影").await, ..scene.school };
        let second = fixtures::class(&app, &school, "手机摄影", 20).await;
        fixtures::meeting(&app, &school, second, 1, TimeDelta::minutes(100)).await;
        let both = &scene.people[2];
        fixtures::placed(&app, &school, second, both.id).await;
        app.advance(TimeDelta::minutes(80));
        assert_eq!(scan(&app, both, &site).await.ok()["class_name"], "智在指尖一班");
        app.advance(TimeDelta::minutes(11));
        assert_eq!(scan(&app, both, &site).await.ok()["class_name"], "手机摄影");

        app.advance(TimeDelta::minutes(30));
        let late = scan(&app, learner, &scene.poster()).await.refused(409, "too_late");
        assert!(late["next"][0]["text"].as_str().unwrap().contains("老师"));
        let next = fixtures::meeting(&app, &scene.school, scene.class, 2, TimeDelta::hours(24)).await;
        app.advance(TimeDelta::hours(23));
        scan(&app, learner, &scene.poster()).await.refused(409, "too_early");
        app.post(&format!("/api/staff/meetings/{next}/cancel"), &json!({ "reason": "老师病了" })).by(&scene.centre).send().await.ok();
        app.advance(TimeDelta::hours(1));
        scan(&app, learner, &scene.poster()).await.refused(409, "meeting_cancelled");

        let path = |what: String| format!("/api/staff/{what}/poster");
        let poster = app.get(&path(format!("classes/{}", scene.class))).by(&scene.centre).send().await.ok();
        assert_eq!((poster["name"].as_str(), poster["link"].as_str()), (Some("智在指尖一班"), Some(format!("{}/m/?c=B{}", app.url, scene.class).as_str())));
        assert!(poster["svg"].as_str().unwrap().contains("<svg"));
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        app.get(&path(format!("classes/{}", scene.class))).by(&teacher).send().await.refused(403, "not_your_class");
        app.get(&path(format!("sites/{}", scene.school.site))).by(&teacher).send().await.refused(403, "forbidden");
        let place = app.get(&path(format!("sites/{}", scene.school.site))).by(&scene.centre).send().await.ok();
        assert!(place["link"].as_str().unwrap().ends_with(&site));
    }

    async fn what_nobody_nodded_to_lies_in_the_tray_with_its_evidence(app: TestApp) {
        let scene = scene(&app).await;
        let [_, one, other] = &scene.people[..] else { panic!() };
        let next = fixtures::meeting(&app, &scene.school, scene.class, 2, TimeDelta::minutes(20)).await;
        for person in [one, other] {
            scan(&app, person, &scene.poster()).await.ok();
        }
        app.advance(TimeDelta::minutes(119));
        app.run_jobs().await;
        assert!(tray(&app, &scene.centre).await.is_empty(), "the check-in is open still");
        app.advance(TimeDelta::minutes(1));
        app.run_jobs().await;
        let lying = tray(&app, &scene.centre).await;
        assert_eq!(lying.len(), 2);
        let entry = lying.iter().find(|entry| entry["name"] == "学员2").unwrap();
        assert_eq!((entry["why"].as_str(), entry["kind_text"].as_str(), entry["uploaded_by"].as_str(), entry["device"].as_str()), (Some("not_nodded"), Some("扫海报"), Some("本人"), Some("phone")));
        assert!(entry["happened_text"].as_str().unwrap().ends_with("9:00"), "{entry}");
        settle(&app, &scene.centre, entry, json!({ "counts": true, "reason": "老师说他来了" })).await.ok();
        assert_eq!(scene.row(&app, one).await["status"], "present");
        // A phone that had no network nodded in time: that answers it.
        let nod = word("n-1", "nod", Some(other), app.now() - TimeDelta::minutes(60));
        assert_eq!(words(&scene.one(&app, nod).await), ("recorded", None));
        assert_eq!(scene.row(&app, other).await["way"], "poster");
        assert!(tray(&app, &scene.centre).await.is_empty());

        // A meeting that is moved later is waited for.
        let scene = Scene { meeting: next, people: scene.people.clone(), centre: scene.centre.clone(), ..scene };
        let learner = fixtures::person(&app, scene.school.community, 4).await;
        fixtures::placed(&app, &scene.school, scene.class, learner.id).await;
        assert_eq!(scan(&app, &learner, &scene.poster()).await.ok()["outcome"], "awaits_nod");
        app.advance(TimeDelta::minutes(60));
        app.run_jobs().await;
        assert_eq!(tray(&app, &scene.centre).await.len(), 1);
    }

    async fn a_count_that_differs_calls_names_and_who_is_away_is_a_question(app: TestApp) {
        let scene = scene(&app).await;
        for (nth, person) in (0..).zip(&scene.people) {
            scene.one(&app, word(&format!("t-{nth}"), "tap", Some(person), app.now())).await;
        }
        let count = |name: &str, people: i64, at| with(word(name, "count", None, at), "people", people);
        // One at the door is no gap.
        let near = scene.one(&app, count("c-1", 1, app.now())).await;
        assert_eq!((words(&near), near["sample"].as_array().unwrap().len()), (("recorded", None), 0));
        let far = scene.one(&app, count("c-2", 0, app.now())).await;
        assert_eq!(far["sample"].as_array().unwrap().len(), 3);
        // The answer was lost: the same names again, and one count.
        let again = scene.one(&app, count("c-2", 0, app.now())).await;
        assert_eq!((words(&again), again["sample"].as_array().unwrap().len()), (("already", None), 3));
        let away = &scene.people[1];
        let answer = |name: &str, who: &Person, status: &str, of: &str| {
            with(with(word(name, "sample", Some(who), app.now()), "status", status), "of_count", of)
        };
        let here = scene.one(&app, answer("a-1", &scene.people[0], "present", "c-2")).await;
        let gone = scene.one(&app, answer("a-2", away, "absent", "c-2")).await;
        assert_eq!((words(&here), words(&gone)), (("recorded", None), ("tray", Some("sample_absent"))));
        scene.one(&app, answer("a-2", away, "absent", "c-2")).await;
        let roll = scene.roll(&app).await;
        assert_eq!(roll["present"], 3, "nobody is corrected by it");
        let last = &roll["counts"][0];
        assert_eq!((last["people"].as_i64(), last["present"].as_i64(), last["apart"].as_bool(), last["by"].as_str()), (Some(0), Some(3), Some(true), Some("学员1（班长）")));
        let mut came: Vec<_> = last["sample"].as_array().unwrap().iter().map(|one| (one["resident_id"].as_i64(), one["there"].as_bool(), one["drawn_here"].as_bool())).collect();
        came.sort_unstable();
        let id = |nth: usize| Some(scene.people[nth].id.0);
        assert_eq!(came, [(id(0), Some(true), Some(true)), (id(1), Some(false), Some(true)), (id(2), None, Some(true))]);
        let lying = tray(&app, &scene.centre).await;
        assert_eq!((lying.len(), lying[0]["status"].as_str(), lying[0]["register"].as_str()), (1, Some("absent"), Some("present")));
        settle(&app, &scene.centre, &lying[0], json!({ "counts": true, "reason": "问过了，那次没来" })).await.ok();
        assert_eq!(scene.row(&app, away).await["status"], "absent");

        // Without network the phone draws; answers may come before their count.
        let then = app.now();
        app.advance(TimeDelta::minutes(5));
        scene.send(&app, app.now(), &[answer("a-3", &scene.people[2], "present", "c-3")]).await.ok();
        let late = scene.one(&app, count("c-3", 0, then)).await;
        assert_eq!((words(&late), late["sample"].as_array().unwrap().len()), (("recorded", None), 0));
        let roll = scene.roll(&app).await;
        assert_eq!(roll["counts"].as_array().unwrap().len(), 3);
        let sample = roll["counts"].as_array().unwrap().iter().find(|one| one["sample"].as_array().unwrap().len() == 1).unwrap();
        assert_eq!((sample["sample"][0]["drawn_here"].as_bool(), sample["people"].as_i64()), (Some(false), Some(0)));
        let own = scene.one(&app, with(count("c-6", 0, app.now()), "draws", true)).await;
        assert_eq!(own["sample"].as_array().unwrap().len(), 0, "the phone draws");
        let wild = with(word("c-4", "count", None, app.now()), "people", 1_000);
        scene.send(&app, app.now(), &[wild]).await.refused(400, "invalid");
        // Somebody who does not keep this roll may count, and is told no names.
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        let body = json!({ "device": "d", "sent_at": app.now(), "scans": [count("c-5", 9, app.now())] });
        let items = app.post(&format!("/api/staff/meetings/{}/scans", scene.meeting), &body).by(&teacher).send().await.ok();
        assert_eq!(items["items"][0]["sample"].as_array().unwrap().len(), 0);
    }

    async fn patterns_are_asked_about_and_stay_settled_until_there_is_more(app: TestApp) {
        let mut scene = scene(&app).await;
        let people = scene.people.clone();
        let [_, one, other] = &people[..] else { panic!() };
        let list = async |centre: &Clerk, settled: bool| {
            let list = app.get(&format!("/api/staff/questions?settled={settled}")).by(centre).send().await.ok();
            list["items"].as_array().unwrap().clone()
        };
        for number in 2..=5 {
            // Each week somebody signs in at the desk.
            scene.centre = fixtures::clerk(&app, &format!("centre{number}"), Role::Centre, None).await;
            let centre = &scene.centre;
            let meeting = fixtures::meeting(&app, &scene.school, scene.class, number, TimeDelta::zero()).await;
            app.advance(TimeDelta::seconds(119 * 60 + 30));
            for person in [one, other] {
                let code = app.get(&format!("/api/staff/meetings/{meeting}/code")).by(&scene.centre).send().await.ok();
                let body = json!({ "code": code["link"], "device": "one-phone" });
                app.post("/api/me/check-in", &body).bearer(&person.token).send().await.ok();
            }
            for people in [7, 0] {
                let scene = Scene { meeting, people: scene.people.clone(), centre: scene.centre.clone(), ..scene };
                let count = with(word(&format!("c-{number}-{people}"), "count", None, app.now()), "people", people);
                // The room has fewer than the register by two only: no gap.
                assert_eq!(words(&scene.by_staff(&app, count).await), ("recorded", None));
            }
            if number == 3 {
                assert!(list(centre, false).await.is_empty(), "twice may be an accident");
            }
            if number == 4 {
                let asked = list(centre, false).await;
                let kinds: Vec<_> = asked.iter().map(|one| one["kind"].as_str().unwrap()).collect();
                assert_eq!(kinds, ["last_minute", "last_minute", "one_phone"]);
                assert_eq!(asked[2]["people"], json!(["学员2 2026000002", "学员3 2026000003"]));
                let body = |found: &str| json!({ "name": asked[2]["name"], "found": found });
                let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
                app.post("/api/staff/questions", &body("一家人")).by(&teacher).send().await.refused(404, "no_question");
                app.post("/api/staff/questions", &body(" ")).by(&scene.centre).send().await.refused(400, "found_needed");
                app.post("/api/staff/questions", &body("一家人")).by(&scene.centre).send().await.ok();
                assert_eq!(list(centre, false).await.len(), 2);
                assert_eq!(list(centre, true).await[0]["found"], "一家人");
            }
            if number < 5 {
                app.advance(TimeDelta::days(7));
            }
        }
        // There is more of it: asked again, with what was found before.
        let asked = list(&scene.centre, false).await;
        assert_eq!((asked.len(), asked[2]["times"].as_i64(), asked[2]["found"].as_str()), (3, Some(4), Some("一家人")));
        assert!(list(&scene.centre, true).await.is_empty());
        let register = entity::attendance::Entity::find().all(app.app.db.read()).await.unwrap();
        assert!(register.iter().all(|row| row.hours_hundredths == 200), "nothing follows from a question");
    }
}
