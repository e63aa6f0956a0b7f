//! 社团: members and meetings as of any class, works, and performances.

use chrono::{DateTime, TimeDelta, Utc};
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
    person: Person,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let officer = fixtures::clerk(app, "officer", Role::Officer, Some(school.community)).await;
    let person = fixtures::person(app, school.community, 1).await;
    Scene { school, centre, officer, person }
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn time(app: &TestApp, starts_in: TimeDelta) -> Value {
    let from = app.now() + starts_in;
    json!({"starts_at": at(from), "ends_at": at(from + TimeDelta::minutes(90))})
}

fn place(app: &TestApp, school: &School) -> Value {
    json!({
        "site_id": school.site, "room": "手工室", "teacher_id": school.teacher, "capacity": 2,
        "times": [time(app, TimeDelta::hours(1))],
    })
}

on_both_databases! {
    async fn a_club_gets_a_place_people_join_and_come_and_show_what_they_made(app: TestApp) {
        let scene = scene(&app).await;
        let clubs = app.get("/api/clubs").send().await.ok();
        assert_eq!((clubs["total"].as_i64(), clubs["items"][0]["name"].as_str()), (Some(2), Some("常阴沙钩针编结")));
        let join = |who: &Person| app.post("/api/clubs/1/enrolments", &json!({})).bearer(&who.token);
        join(&scene.person).send().await.refused(409, "no_place_yet");
        app.post("/api/staff/clubs/1/place", &place(&app, &scene.school)).by(&scene.officer).send().await.refused(403, "out_of_scope");
        app.post("/api/staff/clubs/1/place", &place(&app, &scene.school)).by(&scene.centre).send().await.ok();
        let again = json!({
            "site_id": scene.school.site, "room": "别处", "teacher_id": scene.school.teacher, "capacity": 2,
            "times": [time(&app, TimeDelta::days(1))],
        });
        app.post("/api/staff/clubs/1/place", &again).by(&scene.centre).send().await.refused(409, "has_a_place");
        let done = join(&scene.person).send().await.ok();
        assert_eq!((done["outcome"].as_str(), done["enrolment"]["class"]["kind"].as_str()), (Some("placed"), Some("club")));
        let class = done["enrolment"]["class"]["id"].clone();
        let club = app.get(&format!("/api/classes/{class}/club")).send().await.ok();
        assert_eq!((club["id"].as_i64(), club["members"].as_i64()), (Some(1), Some(1)));
        // Its leader keeps the roll on their own phone, as a class's monitor does.
        let monitor = format!("/api/staff/classes/{class}/monitors/{}", scene.person.id);
        app.put(&monitor, &json!({})).by(&scene.officer).send().await.ok();
        // It meets when somebody says so, and the register is that of any class.
        app.post("/api/staff/clubs/1/times", &time(&app, TimeDelta::days(9))).by(&scene.officer).send().await.ok();
        app.advance(TimeDelta::hours(1));
        let meeting = club["meetings"][0]["id"].clone();
        let code = app.get(&format!("/api/staff/meetings/{meeting}/code")).by(&scene.officer).send().await.ok()["link"].clone();
        let came = app.post("/api/me/check-in", &json!({"code": code})).bearer(&scene.person.token).send().await.ok();
        assert_eq!((came["outcome"].as_str(), came["hours_hundredths"].as_i64()), (Some("recorded"), Some(200)));
        let work = json!({"title": "牡丹", "author": "王阿姨", "note": "钩了一个月"});
        app.post("/api/staff/clubs/1/works", &work).by(&scene.officer).send().await.ok();
        let show = json!({"title": "重阳节汇演", "day": "2026-10-18", "place": "文化广场"});
        app.post("/api/staff/clubs/1/shows", &show).by(&scene.officer).send().await.ok();
        let club = app.get("/api/clubs/1").send().await.ok();
        assert_eq!(club["meetings"].as_array().unwrap().len(), 2);
        assert_eq!(club["meetings"][0]["present"], 1);
        assert_eq!((club["works"][0]["author"].as_str(), club["shows"][0]["day_text"].as_str()), (Some("王阿姨"), Some("2026年10月18日")));
        let gone = format!("/api/staff/clubs/1/works/{}", club["works"][0]["id"]);
        app.request(Method::DELETE, &gone).by(&scene.officer).send().await.ok();
        app.request(Method::DELETE, &gone).by(&scene.officer).send().await.refused(404, "not_found");
        assert_eq!(app.get("/api/clubs/1").send().await.ok()["works"], json!([]));
        // Nobody is asked after because they did not come.
        app.advance(TimeDelta::days(20));
        app.run_jobs().await;
    }

    async fn officers_look_after_clubs_of_their_own_community_alone(app: TestApp) {
        let scene = scene(&app).await;
        app.post("/api/staff/clubs/1/place", &place(&app, &scene.school)).by(&scene.centre).send().await.ok();
        let foreign = {
            use sea_orm::{ActiveModelTrait, ActiveValue::Set};
            let row = entity::community::ActiveModel { name: Set("另一社区".to_owned()), ..Default::default() };
            let id = row.insert(app.app.db.writer()).await.unwrap().id;
            fixtures::clerk(&app, "foreign", Role::Officer, Some(id)).await
        };
        for (method, path, body) in [
            (Method::POST, "/api/staff/clubs/1/times", time(&app, TimeDelta::days(1))),
            (Method::POST, "/api/staff/clubs/1/works", json!({"title": "牡丹"})),
            (Method::DELETE, "/api/staff/clubs/1/works/1", Value::Null),
            (Method::POST, "/api/staff/clubs/1/shows", json!({"title": "汇演", "day": "2026-10-18", "place": "广场"})),
            (Method::DELETE, "/api/staff/clubs/1/shows/1", Value::Null),
            (Method::POST, "/api/staff/clubs/2/place", place(&app, &scene.school)),
        ] {
            let request = app.request(method, path);
            let request = if body.is_null() { request } else { request.json(&body) };
            request.by(&foreign).send().await.refused(403, "out_of_scope");
        }
        let club = json!({"name": "合唱", "aim": "一起唱"});
        app.post("/api/staff/clubs", &club).by(&scene.officer).send().await.refused(403, "forbidden");
        app.put("/api/staff/clubs/1", &club).by(&scene.officer).send().await.refused(403, "forbidden");
        app.post("/api/staff/clubs", &club).by(&scene.centre).send().await.ok();
        app.post("/api/staff/clubs", &club).by(&scene.centre).send().await.refused(409, "already_there");
        let closed = json!({"name": "常阴沙钩针编结", "aim": "一起钩", "closed": true});
        app.put("/api/staff/clubs/1", &closed).by(&scene.centre).send().await.ok();
        app.post("/api/clubs/1/enrolments", &json!({})).bearer(&scene.person.token).send().await.refused(409, "club_closed");
    }
}
