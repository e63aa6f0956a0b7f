//! The register: codes, the roll, hours.

use chrono::TimeDelta;
use entity::ids::MeetingId;
use entity::kinds::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk, Person, School};

/// A class with a meeting that begins now, its teacher at the console, and a learner in it.
struct Scene {
    school: School,
    meeting: MeetingId,
    class: entity::ids::ClassId,
    centre: Clerk,
    learner: Person,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let class = fixtures::class(app, &school, "智在指尖一班", 20).await;
    let meeting = fixtures::meeting(app, &school, class, 1, TimeDelta::zero()).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let learner = fixtures::person(app, school.community, 1).await;
    fixtures::placed(app, &school, class, learner.id).await;
    Scene { school, meeting, class, centre, learner }
}

impl Scene {
    async fn code(&self, app: &TestApp) -> String {
        let code = app
            .get(&format!("/api/staff/meetings/{}/code", self.meeting))
            .by(&self.centre)
            .send()
            .await
            .ok();
        assert!(code["svg"].as_str().unwrap().contains("<svg"));
        code["link"].as_str().unwrap().to_owned()
    }

    async fn roll(&self, app: &TestApp) -> Value {
        app.get(&format!("/api/staff/meetings/{}/roll", self.meeting))
            .by(&self.centre)
            .send()
            .await
            .ok()
    }

    async fn mark(&self, app: &TestApp, who: &Person, body: Value) -> crate::support::Answer {
        let path = format!("/api/staff/meetings/{}/roll/{}", self.meeting, who.id);
        app.put(&path, &body).by(&self.centre).send().await
    }
}

async fn scan(app: &TestApp, who: &Person, code: &str) -> crate::support::Answer {
    app.post("/api/me/check-in", &json!({ "code": code })).bearer(&who.token).send().await
}

on_both_databases! {
    async fn a_scanned_code_makes_the_learner_present_and_a_second_scan_changes_nothing(app: TestApp) {
        let scene = scene(&app).await;
        let code = scene.code(&app).await;
        let first = scan(&app, &scene.learner, &code).await.ok();
        assert_eq!((first["outcome"].as_str(), first["hours_hundredths"].as_i64()), (Some("recorded"), Some(200)));
        let second = scan(&app, &scene.learner, &code).await.ok();
        assert_eq!(second["outcome"], "already_recorded");
        app.advance(TimeDelta::seconds(10));
        let third = scan(&app, &scene.learner, &scene.code(&app).await).await.ok();
        assert_eq!(third["outcome"], "already_recorded");

        let roll = scene.roll(&app).await;
        assert_eq!((roll["present"].as_i64(), roll["items"][0]["status"].as_str()), (Some(1), Some("present")));
        let hours = app.get("/api/me/attendance").bearer(&scene.learner.token).send().await.ok();
        assert_eq!(hours["year_hundredths"], 200);
        assert_eq!(hours["total"], 1);
        let path = format!("/api/staff/meetings/{}/roll/{}/events", scene.meeting, scene.learner.id);
        // Each code that was scanned is evidence; it counts once.
        assert_eq!(app.get(&path).by(&scene.centre).send().await.ok()["total"], 2);
    }

    async fn simultaneous_scans_of_one_person_are_one_attendance(app: TestApp) {
        let scene = scene(&app).await;
        let code = scene.code(&app).await;
        let answers = futures_util::future::join_all((0..20).map(|_| scan(&app, &scene.learner, &code))).await;
        let recorded = answers.iter().filter(|answer| answer.ok()["outcome"] == "recorded").count();
        assert_eq!(recorded, 1);
        assert_eq!(scene.roll(&app).await["present"], 1);
    }

    async fn an_old_picture_of_the_code_is_refused_with_what_to_do(app: TestApp) {
        let scene = scene(&app).await;
        let code = scene.code(&app).await;
        app.advance(TimeDelta::seconds(20));
        scan(&app, &scene.learner, &code).await.ok();
        let other = fixtures::person(&app, scene.school.community, 2).await;
        fixtures::placed(&app, &scene.school, scene.class, other.id).await;
        app.advance(TimeDelta::seconds(11));
        let refusal = scan(&app, &other, &code).await.refused(409, "code_expired");
        assert!(refusal["next"][0]["text"].as_str().unwrap().contains("新码"));
        assert_eq!(scene.roll(&app).await["present"], 1);
    }

    async fn forged_foreign_and_garbled_codes_are_refused(app: TestApp) {
        let scene = scene(&app).await;
        let code = scene.code(&app).await;
        let bare = code.rsplit_once("?c=").unwrap().1;
        let (meeting, rest) = bare.split_once('.').unwrap();
        let other = fixtures::meeting(&app, &scene.school, scene.class, 2, TimeDelta::minutes(10)).await;
        for forged in [
            format!("{other}.{rest}"),
            format!("{meeting}.{}", rest.replacen(|c: char| c.is_ascii_digit(), "9", 1)),
            format!("{bare}x"),
            "1.2.3".to_owned(),
            "https://example.org/".to_owned(),
            String::new(),
        ] {
            scan(&app, &scene.learner, &forged).await.refused(400, "code_invalid");
        }
        let long = "x".repeat(501);
        assert_eq!(scan(&app, &scene.learner, &long).await.status.as_u16(), 400);
        scan(&app, &Person { token: "nobody".to_owned(), ..scene.learner.clone() }, &code).await
            .refused(401, "unauthenticated");
    }

    async fn whoever_has_no_place_is_not_checked_in(app: TestApp) {
        let scene = scene(&app).await;
        let stranger = fixtures::person(&app, scene.school.community, 2).await;
        let refusal = scan(&app, &stranger, &scene.code(&app).await).await.refused(403, "not_enrolled");
        assert_eq!(refusal["next"][0]["page"], format!("/classes/{}", scene.class));
    }

    async fn outside_the_window_there_is_no_code_and_no_check_in(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/staff/meetings/{}/code", scene.meeting);
        app.advance(TimeDelta::minutes(119));
        let code = scene.code(&app).await;
        app.advance(TimeDelta::seconds(61));
        app.get(&path).by(&scene.centre).send().await.refused(409, "too_late");
        scan(&app, &scene.learner, &code).await.refused(409, "code_expired");
        app.advance(TimeDelta::minutes(-152));
        app.get(&path).by(&scene.centre).send().await.refused(409, "too_early");
    }

    async fn a_change_on_the_roll_needs_a_reason_and_both_stay_visible(app: TestApp) {
        let scene = scene(&app).await;
        scene.mark(&app, &scene.learner, json!({ "status": "absent" })).await.ok();
        scene.mark(&app, &scene.learner, json!({ "status": "present" })).await.refused(400, "reason_needed");
        scene.mark(&app, &scene.learner, json!({ "status": "present", "reason": "  " })).await
            .refused(400, "reason_needed");
        let row = scene.mark(&app, &scene.learner, json!({ "status": "present", "reason": "来晚了" })).await.ok();
        assert_eq!((row["status"].as_str(), row["hours_hundredths"].as_i64()), (Some("present"), Some(200)));
        scene.mark(&app, &scene.learner, json!({ "status": "leave", "reason": "点错了" })).await.ok();
        let hours = app.get("/api/me/attendance").bearer(&scene.learner.token).send().await.ok();
        assert_eq!(hours["year_hundredths"], 0);
        let path = format!("/api/staff/meetings/{}/roll/{}/events", scene.meeting, scene.learner.id);
        let events = app.get(&path).by(&scene.centre).send().await.ok();
        let said: Vec<&str> = events["items"].as_array().unwrap().iter().filter_map(|e| e["status"].as_str()).collect();
        assert_eq!(said, ["absent", "present", "leave"]);
    }

    async fn a_code_that_was_used_does_not_undo_a_correction(app: TestApp) {
        let scene = scene(&app).await;
        let code = scene.code(&app).await;
        scan(&app, &scene.learner, &code).await.ok();
        scene.mark(&app, &scene.learner, json!({ "status": "absent", "reason": "人不在" })).await.ok();
        scan(&app, &scene.learner, &code).await.ok();
        assert_eq!(scene.roll(&app).await["present"], 0);
        app.advance(TimeDelta::seconds(10));
        assert_eq!(scan(&app, &scene.learner, &scene.code(&app).await).await.ok()["outcome"], "recorded");
    }

    async fn teachers_and_officers_keep_their_own_rolls_only(app: TestApp) {
        let scene = scene(&app).await;
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(scene.school.community)).await;
        let path = format!("/api/staff/meetings/{}/roll", scene.meeting);
        app.get(&path).by(&teacher).send().await.refused(403, "not_your_class");
        app.get(&path).by(&officer).send().await.ok();
        assert_eq!(app.get("/api/staff/meetings").by(&teacher).send().await.ok()["total"], 0);
        assert_eq!(app.get("/api/staff/meetings").by(&officer).send().await.ok()["total"], 1);
        let editor = fixtures::clerk(&app, "editor", Role::Editor, None).await;
        app.get(&path).by(&editor).send().await.refused(403, "forbidden");
        let unsigned = Clerk { csrf: "forged".to_owned(), ..officer.clone() };
        let mark = format!("{path}/{}", scene.learner.id);
        app.put(&mark, &json!({ "status": "present" })).by(&unsigned).send().await.refused(403, "csrf");
    }

    async fn what_is_not_a_number_or_a_word_of_ours_is_refused(app: TestApp) {
        let scene = scene(&app).await;
        for path in ["/api/staff/meetings/abc/roll", "/api/staff/meetings?day=tomorrow"] {
            assert_eq!(app.get(path).by(&scene.centre).send().await.status.as_u16(), 400, "{path}");
        }
        app.get("/api/staff/meetings/999/roll").by(&scene.centre).send().await.refused(404, "no_meeting");
        scene.mark(&app, &scene.learner, json!({ "status": "asleep" })).await.refused(400, "invalid");
        scene.mark(&app, &scene.learner, json!({})).await.refused(400, "invalid");
        let path = format!("/api/staff/meetings/{}/roll/{}", scene.meeting, scene.learner.id);
        let request = app.request(Method::PUT, &path).header("content-type", "application/json").by(&scene.centre);
        crate::support::Request(request.0.body("{\"status\":")).send().await.refused(400, "invalid");
    }

    async fn my_meetings_say_when_check_in_is_open_and_done(app: TestApp) {
        let scene = scene(&app).await;
        fixtures::meeting(&app, &scene.school, scene.class, 2, TimeDelta::days(7)).await;
        let mine = |app: &TestApp| app.get("/api/me/meetings").bearer(&scene.learner.token);
        let list = mine(&app).send().await.ok();
        let states: Vec<&str> = list["items"].as_array().unwrap().iter().filter_map(|m| m["check_in"].as_str()).collect();
        assert_eq!(states, ["open", "not_yet"]);
        scan(&app, &scene.learner, &scene.code(&app).await).await.ok();
        assert_eq!(mine(&app).send().await.ok()["items"][0]["check_in"], "done");
    }
}
