//! 活动 and 重点项目: classes of another kind, on the same register.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ClassId, MeetingId};
use entity::kinds::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk, Person, School};

struct Scene {
    school: School,
    centre: Clerk,
    officer: Clerk,
    learner: Person,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let officer = fixtures::clerk(app, "officer", Role::Officer, Some(school.community)).await;
    let learner = fixtures::person(app, school.community, 1).await;
    Scene { school, centre, officer, learner }
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Of one time, which begins so long after now, for two hours.
fn body(app: &TestApp, school: &School, starts_in: TimeDelta, more: Value) -> Value {
    let from = app.now() + starts_in;
    let mut body = json!({
        "kind": "farming", "name": "水稻田间管理", "site_id": school.site, "room": "门前广场",
        "lecturer": "李农技", "capacity": 2, "residence": "everyone", "tags": ["农事", "农事"],
        "programme": "带草帽。", "times": [{"starts_at": at(from), "ends_at": at(from + TimeDelta::hours(2))}],
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn made(app: &TestApp, who: &Clerk, body: &Value) -> ClassId {
    let made = app.post("/api/staff/activities", body).by(who).send().await.ok();
    ClassId(made["id"].as_i64().unwrap())
}

async fn seen(app: &TestApp, who: &Clerk, id: ClassId) -> Value {
    app.get(&format!("/api/staff/activities/{id}")).by(who).send().await.ok()
}

async fn join(app: &TestApp, id: ClassId, who: &Person) -> crate::support::Answer {
    let path = format!("/api/activities/{id}/enrolments");
    app.post(&path, &json!({"join_waitlist": false})).bearer(&who.token).send().await
}

fn meeting(of: &Value) -> MeetingId {
    MeetingId(of["times"][0]["id"].as_i64().unwrap())
}

async fn code(app: &TestApp, who: &Clerk, meeting: MeetingId) -> Value {
    let path = format!("/api/staff/meetings/{meeting}/code");
    app.get(&path).by(who).send().await.ok()["link"].clone()
}

async fn scan(app: &TestApp, who: &Person, code: &Value) -> crate::support::Answer {
    app.post("/api/me/check-in", &json!({ "code": code })).bearer(&who.token).send().await
}

on_both_databases! {
    async fn an_activity_is_made_joined_checked_in_to_and_counted(app: TestApp) {
        let scene = scene(&app).await;
        let project = app.get("/api/staff/projects").by(&scene.centre).send().await.ok();
        assert_eq!(project["total"], 6);
        let project = project["items"][0]["id"].clone();
        let more = json!({ "project_id": project });
        let id = made(&app, &scene.officer, &body(&app, &scene.school, TimeDelta::hours(1), more)).await;
        // It stands among activities, and not among classes or terms.
        let list = app.get("/api/activities").send().await.ok();
        assert_eq!((list["items"][0]["name"].as_str(), list["items"][0]["free"].as_i64()), (Some("水稻田间管理"), Some(2)));
        assert_eq!((list["items"][0]["lead_name"].as_str(), list["items"][0]["tags"][0].as_str()), (Some("李农技"), Some("农事")));
        assert_eq!(app.get("/api/classes").send().await.ok()["total"], 0);
        assert_eq!(app.get("/api/staff/terms").by(&scene.centre).send().await.ok()["total"], 1);
        assert_eq!(app.get("/api/staff/courses").by(&scene.centre).send().await.ok()["total"], 1);
        // Nobody signs up for it as for a class.
        let path = format!("/api/classes/{id}/enrolments");
        app.post(&path, &json!({})).bearer(&scene.learner.token).send().await.refused(409, "another_kind");
        let done = join(&app, id, &scene.learner).await.ok();
        assert_eq!(done["outcome"], "placed");
        assert_eq!(join(&app, id, &scene.learner).await.ok()["outcome"], "already");
        // The codes, the roll and the hours are those of any class.
        app.advance(TimeDelta::hours(1));
        let one = seen(&app, &scene.officer, id).await;
        let code = code(&app, &scene.officer, meeting(&one)).await;
        assert_eq!(scan(&app, &scene.learner, &code).await.ok()["outcome"], "recorded");
        let heads = format!("/api/staff/activity-meetings/{}/heads", meeting(&one));
        app.put(&heads, &json!({"people": 40})).by(&scene.officer).send().await.ok();
        app.put(&heads, &json!({"people": 41})).by(&scene.officer).send().await.refused(400, "reason_needed");
        app.put(&heads, &json!({"people": 41, "how": "漏了一位"})).by(&scene.officer).send().await.ok();
        app.advance(TimeDelta::hours(1));
        let one = seen(&app, &scene.officer, id).await;
        assert_eq!(one["sum"], json!({"meetings": 1, "person_times": 1, "hundredths": 266, "heads": 41}));
        let page = app.get(&format!("/api/staff/project-pages/{project}")).by(&scene.centre).send().await.ok();
        assert_eq!(page["sum"], one["sum"]);
        assert_eq!(page["parts"][0]["kind_text"], "农业种植技术培训");
        let mine = app.get("/api/me/attendance").bearer(&scene.learner.token).send().await.ok();
        assert_eq!((mine["year_hundredths"].as_i64(), mine["term_hundredths"].as_i64()), (Some(266), Some(0)));
        // It is no class that could be completed.
        let record = app.get("/api/me/record").bearer(&scene.learner.token).send().await.ok();
        assert_eq!(record["classes"].as_array().unwrap().len(), 0);
    }

    async fn an_open_door_takes_in_whoever_scans_and_asks_for_no_sign_up(app: TestApp) {
        let scene = scene(&app).await;
        let more = json!({"kind": "exhibition", "open_door": true});
        let id = made(&app, &scene.centre, &body(&app, &scene.school, TimeDelta::zero(), more)).await;
        join(&app, id, &scene.learner).await.refused(409, "open_door");
        let one = seen(&app, &scene.centre, id).await;
        assert_eq!((one["credited"].as_bool(), one["times"][0]["present"].as_i64()), (Some(false), Some(0)));
        let code = code(&app, &scene.centre, meeting(&one)).await;
        assert_eq!(scan(&app, &scene.learner, &code).await.ok()["hours_hundredths"], 0);
        // By hand as well, and then they stand on the roll.
        let other = fixtures::person(&app, scene.school.community, 2).await;
        let path = format!("/api/staff/meetings/{}/roll/{}", meeting(&one), other.id);
        app.put(&path, &json!({"status": "present"})).by(&scene.centre).send().await.ok();
        app.advance(TimeDelta::minutes(1));
        assert_eq!(seen(&app, &scene.centre, id).await["sum"]["person_times"], 2);
    }

    async fn who_has_something_else_at_that_very_time_is_told_what(app: TestApp) {
        let scene = scene(&app).await;
        let class = fixtures::class(&app, &scene.school, "一班", 5).await;
        fixtures::meeting(&app, &scene.school, class, 1, TimeDelta::hours(3)).await;
        fixtures::placed(&app, &scene.school, class, scene.learner.id).await;
        let at_once = body(&app, &scene.school, TimeDelta::hours(4), json!({}));
        let id = made(&app, &scene.centre, &at_once).await;
        let refused = join(&app, id, &scene.learner).await.refused(409, "overlap");
        assert!(refused["message"].as_str().unwrap().contains("一班"), "{refused}");
        // The same weekday and hour a week later is another day.
        let later = body(&app, &scene.school, TimeDelta::days(7) + TimeDelta::hours(4), json!({"name": "下周"}));
        let later = made(&app, &scene.centre, &later).await;
        join(&app, later, &scene.learner).await.ok();
        // The room, and who leads it, are had once at a time.
        app.post("/api/staff/activities", &at_once).by(&scene.centre).send().await.refused(409, "teacher_busy");
    }

    async fn places_are_given_out_once_and_who_waits_comes_next(app: TestApp) {
        let scene = scene(&app).await;
        let id = made(&app, &scene.centre, &body(&app, &scene.school, TimeDelta::days(3), json!({"capacity": 1}))).await;
        let other = fixtures::person(&app, scene.school.community, 2).await;
        let first = join(&app, id, &scene.learner).await.ok();
        join(&app, id, &other).await.refused(409, "class_full");
        let path = format!("/api/activities/{id}/enrolments");
        let waits = app.post(&path, &json!({"join_waitlist": true})).bearer(&other.token).send().await.ok();
        assert_eq!(waits["outcome"], "waiting");
        let leave = format!("/api/me/enrolments/{}/withdraw", first["enrolment"]["id"]);
        app.post(&leave, &json!({})).bearer(&scene.learner.token).send().await.ok();
        app.run_jobs().await;
        let mine = app.get("/api/me/enrolments").bearer(&other.token).send().await.ok();
        assert_eq!(mine["items"][0]["status"], "offered");
    }

    async fn officers_act_in_their_own_community_alone(app: TestApp) {
        let scene = scene(&app).await;
        let elsewhere = fixtures::clerk(&app, "elsewhere", Role::Officer, None).await;
        let foreign = {
            use entity::community;
            use sea_orm::{ActiveModelTrait, ActiveValue::Set};
            let row = community::ActiveModel { name: Set("另一社区".to_owned()), ..Default::default() };
            let id = row.insert(app.app.db.writer()).await.unwrap().id;
            fixtures::clerk(&app, "foreign", Role::Officer, Some(id)).await
        };
        let new = body(&app, &scene.school, TimeDelta::hours(1), json!({}));
        app.post("/api/staff/activities", &new).by(&foreign).send().await.refused(403, "out_of_scope");
        let id = made(&app, &scene.officer, &new).await;
        let path = format!("/api/staff/activities/{id}");
        let one = seen(&app, &scene.officer, id).await;
        let heads = format!("/api/staff/activity-meetings/{}/heads", meeting(&one));
        for (method, path, body) in [
            (Method::GET, path.clone(), Value::Null),
            (Method::PUT, path.clone(), new.clone()),
            (Method::POST, format!("{path}/times"), new["times"][0].clone()),
            (Method::POST, format!("{path}/close"), json!({"summary": "好"})),
            (Method::GET, format!("{path}/photos/1"), Value::Null),
            (Method::DELETE, format!("{path}/photos/1"), Value::Null),
            (Method::PUT, heads, json!({"people": 1})),
            (Method::PUT, format!("/api/staff/classes/{id}/project"), json!({"project_id": 1})),
        ] {
            let request = app.request(method, &path);
            let request = if body.is_null() { request } else { request.json(&body) };
            request.by(&foreign).send().await.refused(403, "out_of_scope");
        }
        assert_eq!(app.get("/api/staff/activities").by(&foreign).send().await.ok()["total"], 0);
        app.get("/api/staff/activities").by(&elsewhere).send().await.refused(403, "no_community");
        assert_eq!(app.get("/api/staff/activities").by(&scene.officer).send().await.ok()["total"], 1);
        // Projects are the centre's to write down, and figures of one's own community to read.
        let project = json!({"name": "新项目", "aim": "试一试"});
        app.post("/api/staff/projects", &project).by(&scene.officer).send().await.refused(403, "forbidden");
        app.put("/api/staff/projects/1", &project).by(&scene.officer).send().await.refused(403, "forbidden");
        app.put(&format!("/api/staff/classes/{id}/project"), &json!({"project_id": 1})).by(&scene.officer).send().await.ok();
        let parts = |page: Value| page["parts"].as_array().unwrap().len();
        assert_eq!(parts(app.get("/api/staff/project-pages/1").by(&scene.officer).send().await.ok()), 1);
        assert_eq!(parts(app.get("/api/staff/project-pages/1").by(&foreign).send().await.ok()), 0);
    }

    async fn it_is_closed_once_and_then_stays_as_it_is(app: TestApp) {
        let scene = scene(&app).await;
        let new = body(&app, &scene.school, TimeDelta::hours(1), json!({}));
        let id = made(&app, &scene.centre, &new).await;
        let path = format!("/api/staff/activities/{id}");
        let close = format!("{path}/close");
        app.post(&close, &json!({"summary": "好"})).by(&scene.centre).send().await.refused(409, "too_early");
        app.advance(TimeDelta::hours(4));
        let closed = app.post(&close, &json!({"summary": "来了二十人。"})).by(&scene.centre).send().await.ok();
        assert_eq!((closed["closed"].as_bool(), closed["summary"].as_str()), (Some(true), Some("来了二十人。")));
        app.post(&close, &json!({"summary": "再来"})).by(&scene.centre).send().await.refused(409, "activity_closed");
        app.put(&path, &new).by(&scene.centre).send().await.refused(409, "activity_closed");
        join(&app, id, &scene.learner).await.refused(409, "activity_over");
        assert_eq!(app.get("/api/activities").send().await.ok()["total"], 0);
    }

    async fn a_closed_project_takes_in_nothing_and_the_report_is_a_pdf(app: TestApp) {
        let scene = scene(&app).await;
        let shut = json!({"name": "智在指尖", "aim": "教手机", "closed": true});
        app.put("/api/staff/projects/6", &shut).by(&scene.centre).send().await.ok();
        let new = body(&app, &scene.school, TimeDelta::hours(1), json!({"project_id": 6}));
        app.post("/api/staff/activities", &new).by(&scene.centre).send().await.refused(409, "project_closed");
        app.post("/api/staff/projects", &json!({"name": "智在指尖", "aim": "重名"})).by(&scene.centre).send().await.refused(409, "already_there");
        let class = fixtures::class(&app, &scene.school, "一班", 5).await;
        fixtures::meeting(&app, &scene.school, class, 1, TimeDelta::zero()).await;
        app.put(&format!("/api/staff/classes/{class}/project"), &json!({"project_id": 1})).by(&scene.centre).send().await.ok();
        let page = app.get("/api/staff/project-pages").by(&scene.centre).send().await.ok();
        assert_eq!(page["items"][0]["parts"][0]["name"], "一班");
        let report = app.get("/api/staff/project-report?year=2026").by(&scene.centre).send().await;
        assert!(report.status.is_success() && report.bytes.starts_with(b"%PDF-"), "{}", report.status);
        app.get("/api/staff/project-report?year=1").by(&scene.centre).send().await.refused(400, "bad_year");
    }

    async fn photos_are_kept_for_staff_and_taken_away_again(app: TestApp) {
        let scene = scene(&app).await;
        let id = made(&app, &scene.centre, &body(&app, &scene.school, TimeDelta::hours(1), json!({}))).await;
        let path = format!("/api/staff/activities/{id}/photos");
        let send = |bytes: Vec<u8>| {
            let request = app.request(Method::POST, &path).by(&scene.centre);
            crate::support::Request(request.0.header("content-type", "application/octet-stream").body(bytes))
        };
        let picture = send(png()).send().await.ok()["picture_id"].clone();
        assert_eq!(send(png()).send().await.ok()["picture_id"], picture, "the same again");
        assert!(!send(b"not a picture".to_vec()).send().await.status.is_success());
        let one = seen(&app, &scene.centre, id).await;
        assert_eq!(one["photos"].as_array().unwrap().len(), 1);
        let url = one["photos"][0]["url"].as_str().unwrap().to_owned();
        assert!(app.get(&url).by(&scene.centre).send().await.status.is_success());
        app.get(&url).send().await.refused(401, "unauthenticated");
        app.get(&format!("/api/pictures/{picture}")).send().await.refused(404, "no_picture");
        app.request(Method::DELETE, &url).by(&scene.centre).send().await.ok();
        app.get(&url).by(&scene.centre).send().await.refused(404, "no_picture");
    }
}

/// A small picture.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(8, 8, image::Rgb([200, 30, 30]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}
