//! 台账: registers, months that are closed, lists for 乐龄学堂.

use std::collections::HashMap;

use chrono::TimeDelta;
use entity::ids::{ClassId, MeetingId};
use entity::kinds::Role;
use entity::{closed_row, community, staff_session};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, EntityTrait, QueryOrder};
use serde_json::{Value, json};

use super::{cells, everything, words};
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk, Person, School};

/// Two classes; the first meets now and in a week, the other tomorrow. Three learners in both,
/// the last of another community.
struct Scene {
    school: School,
    classes: [ClassId; 2],
    meetings: [MeetingId; 3],
    admin: Clerk,
    centre: Clerk,
    officer: Clerk,
    people: Vec<Person>,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let other = School { course: fixtures::course_named(app, "书法").await, ..school };
    let plain = entity::course::ActiveModel {
        id: Set(other.course),
        smart_technology: Set(false),
        ..Default::default()
    };
    plain.update(app.app.db.writer()).await.unwrap();
    let classes = [
        fixtures::class(app, &school, "手机一班", 20).await,
        fixtures::class(app, &other, "书法一班", 20).await,
    ];
    let meetings = [
        fixtures::meeting(app, &school, classes[0], 1, TimeDelta::zero()).await,
        fixtures::meeting(app, &school, classes[0], 2, TimeDelta::days(7)).await,
        fixtures::meeting(app, &school, classes[1], 1, TimeDelta::days(1)).await,
    ];
    let admin = fixtures::clerk(app, "admin", Role::Admin, None).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let officer = fixtures::clerk(app, "officer", Role::Officer, Some(school.community)).await;
    let far = community::ActiveModel { name: Set("红旗社区".to_owned()), ..Default::default() };
    let far = far.insert(app.app.db.writer()).await.unwrap().id;
    let mut people = Vec::new();
    for (nth, community) in [(1, school.community), (2, school.community), (3, far)] {
        let person = fixtures::person(app, community, nth).await;
        fixtures::placed(app, &school, classes[0], person.id).await;
        fixtures::placed(app, &other, classes[1], person.id).await;
        people.push(person);
    }
    for class in classes {
        let row =
            entity::class::ActiveModel { id: Set(class), taken: Set(3), ..Default::default() };
        row.update(app.app.db.writer()).await.unwrap();
    }
    Scene { school, classes, meetings, admin, centre, officer, people }
}

impl Scene {
    async fn mark(&self, app: &TestApp, meeting: usize, person: usize, body: Value) {
        let path = format!(
            "/api/staff/meetings/{}/roll/{}",
            self.meetings[meeting], self.people[person].id
        );
        app.put(&path, &body).by(&self.centre).send().await.ok();
    }

    /// What September looks like on the first of October: the first and the second came to the
    /// first meeting, the third had leave; the first and the third came to 书法.
    async fn september(&self, app: &TestApp) {
        self.mark(app, 0, 0, json!({ "status": "present" })).await;
        self.mark(app, 0, 1, json!({ "status": "present" })).await;
        self.mark(app, 0, 2, json!({ "status": "leave" })).await;
        app.advance(TimeDelta::days(1));
        self.mark(app, 2, 0, json!({ "status": "present" })).await;
        self.mark(app, 2, 1, json!({ "status": "absent" })).await;
        self.mark(app, 2, 2, json!({ "status": "present" })).await;
        app.advance(TimeDelta::days(29));
        let sessions = staff_session::Entity::update_many().col_expr(
            staff_session::Column::ExpiresAt,
            Expr::value(app.now() + TimeDelta::days(9)),
        );
        sessions.exec(app.app.db.writer()).await.unwrap();
    }

    async fn month(&self, app: &TestApp, who: &Clerk) -> Value {
        app.get("/api/staff/months/2026-09-15").by(who).send().await.ok()
    }

    async fn close(&self, app: &TestApp) {
        app.post("/api/staff/months/2026-09-01/close", &json!({}))
            .by(&self.centre)
            .send()
            .await
            .ok();
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// What is frozen and the adjustments are the register, of each class and of all.
fn adds_up(month: &Value) {
    let closed = &month["closed"];
    for field in ["person_times", "hundredths"] {
        let mut adjusted: HashMap<i64, i64> = HashMap::new();
        for one in closed["adjustments"].as_array().unwrap() {
            *adjusted.entry(number(&one["class_id"])).or_default() += number(&one[field]);
        }
        let all: i64 = adjusted.values().sum();
        assert_eq!(number(&closed[field]) + all, number(&month["all"][field]), "{month}");
        for class in month["classes"].as_array().unwrap() {
            let then = number(&class[format!("frozen_{field}")]);
            let since = adjusted.remove(&number(&class["class_id"])).unwrap_or(0);
            assert_eq!(then + since, number(&class[field]), "{class}");
        }
        assert!(adjusted.is_empty(), "{adjusted:?}");
    }
}

async fn kept(app: &TestApp) -> Vec<closed_row::Model> {
    closed_row::Entity::find()
        .order_by_asc(closed_row::Column::Id)
        .all(app.app.db.read())
        .await
        .unwrap()
}

on_both_databases! {
    async fn a_register_says_of_everybody_how_they_were_there(app: TestApp) {
        let scene = scene(&app).await;
        scene.september(&app).await;
        scene.mark(&app, 0, 2, json!({ "status": "present", "reason": "老师漏点了" })).await;
        let path = format!("/api/staff/sheets/classes/{}/register", scene.classes[0]);
        let file = app.post(&path, &json!({})).by(&scene.officer).send().await;
        assert!(file.status.is_success(), "{}", file.text());
        let rows = cells(&file.bytes);
        let lines: Vec<Vec<String>> = rows.iter().skip(5).map(|row| row.iter().map(words).collect()).collect();
        assert_eq!(lines, [
            ["序号", "姓名", "学员号", "1次 9/1", "2次 9/8", "出勤", "请假", "缺", "学时"],
            ["1", "学员1", "2026000001", "到", "", "1", "0", "0", "2"],
            ["2", "学员2", "2026000002", "到", "", "1", "0", "0", "2"],
            ["3", "学员3", "2026000003", "补签", "", "1", "0", "0", "2"],
        ]);
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "register.exported").await.unwrap(), 1);
        let far = fixtures::clerk(&app, "far", Role::Officer, None).await;
        app.post(&path, &json!({})).by(&far).send().await.refused(403, "out_of_scope");
    }

    async fn a_month_is_summed_for_everybody_or_for_an_officers_people(app: TestApp) {
        let scene = scene(&app).await;
        scene.september(&app).await;
        let month = scene.month(&app, &scene.centre).await;
        assert_eq!((month["name"].as_str(), month["over"].as_bool(), month["closed"].is_null()), (Some("2026年9月"), Some(true), true));
        assert_eq!(month["all"], json!({ "name": "合计", "meetings": 2, "person_times": 4, "hundredths": 800, "learners": 3 }));
        let classes: Vec<_> = month["classes"].as_array().unwrap().iter().map(|one| (one["name"].as_str().unwrap(), number(&one["person_times"]))).collect();
        assert_eq!(classes, [("书法一班", 2), ("手机一班", 2)]);
        assert_eq!(month["projects"][1], json!({ "name": "智在指尖", "meetings": 1, "person_times": 2, "hundredths": 400, "learners": 2 }));
        assert_eq!(month["communities"][1], json!({ "name": "红旗社区", "meetings": 1, "person_times": 1, "hundredths": 200, "learners": 1 }));
        let own = scene.month(&app, &scene.officer).await;
        assert_eq!((number(&own["all"]["person_times"]), own["communities"].as_array().unwrap().len()), (3, 1));
        let teacher = fixtures::clerk(&app, "teacher", Role::Teacher, None).await;
        app.get("/api/staff/months/2026-09-01").by(&teacher).send().await.refused(403, "forbidden");
        let october = app.get("/api/staff/months/2026-10-01").by(&scene.centre).send().await.ok();
        assert_eq!((number(&october["all"]["person_times"]), october["over"].as_bool()), (0, Some(false)));
        app.post("/api/staff/months/2026-10-01/close", &json!({})).by(&scene.centre).send().await.refused(409, "month_not_over");
        app.post("/api/staff/months/2026-09-01/close", &json!({})).by(&scene.officer).send().await.refused(403, "forbidden");
    }

    async fn a_closed_month_stays_as_it_was_and_shows_what_was_corrected(app: TestApp) {
        let scene = scene(&app).await;
        scene.september(&app).await;
        for _ in 0..2 {
            scene.close(&app).await;
        }
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "month.closed").await.unwrap(), 1);
        let month = scene.month(&app, &scene.centre).await;
        assert_eq!((number(&month["closed"]["person_times"]), month["closed"]["adjustments"].as_array().unwrap().len()), (4, 0));
        app.advance(TimeDelta::minutes(5));
        scene.mark(&app, 0, 2, json!({ "status": "present", "reason": "老师漏点了" })).await;
        scene.mark(&app, 2, 0, json!({ "status": "absent", "reason": "点错了人" })).await;
        let month = scene.month(&app, &scene.centre).await;
        adds_up(&month);
        assert_eq!((number(&month["closed"]["person_times"]), number(&month["all"]["person_times"])), (4, 4));
        let lines = month["closed"]["adjustments"].as_array().unwrap();
        let line = lines.iter().find(|one| one["name"] == "学员3").unwrap();
        assert_eq!((line["what"].as_str(), line["by"].as_str(), line["why"].as_str()), (Some("没到 → 到"), Some("centre同志"), Some("老师漏点了")));
        assert_eq!((number(&line["person_times"]), number(&line["hundredths"])), (1, 200));
        // The officer sees those of their own people.
        let own = scene.month(&app, &scene.officer).await;
        adds_up(&own);
        assert_eq!(own["closed"]["adjustments"].as_array().unwrap().len(), 1);
        let file = app.post("/api/staff/sheets/months/2026-09-01", &json!({})).by(&scene.centre).send().await;
        let rows = cells(&file.bytes);
        let last: Vec<String> = rows.last().unwrap().iter().map(words).collect();
        assert_eq!(last, ["合计", "", "", "2", "3", "4", "8", "0", "0", "4", "8"]);
        let all = everything(&file.bytes);
        assert!(all.contains("关账以后的调整") && all.contains("没到 → 到") && all.contains("点错了人"), "{all}");
        // What is taken back is no adjustment any more.
        app.advance(TimeDelta::minutes(5));
        scene.mark(&app, 0, 2, json!({ "status": "leave", "reason": "确实请假" })).await;
        let month = scene.month(&app, &scene.centre).await;
        adds_up(&month);
        assert_eq!(month["closed"]["adjustments"].as_array().unwrap().len(), 1);
        app.run_jobs().await;
    }

    async fn whatever_is_corrected_what_is_frozen_never_changes(app: TestApp) {
        let scene = scene(&app).await;
        scene.september(&app).await;
        scene.close(&app).await;
        let (frozen, before) = (kept(&app).await, scene.month(&app, &scene.centre).await);
        assert_eq!(frozen.len(), 4);
        let mut chance = fastrand::Rng::with_seed(2026);
        for step in 0..40 {
            app.advance(TimeDelta::seconds(1));
            let status = ["present", "absent", "leave"][chance.usize(0..3)];
            let body = json!({ "status": status, "reason": format!("更正 {step}") });
            scene.mark(&app, chance.usize(0..3), chance.usize(0..3), body).await;
            let month = scene.month(&app, &scene.centre).await;
            adds_up(&month);
            for field in ["person_times", "hundredths"] {
                assert_eq!(month["closed"][field], before["closed"][field]);
            }
        }
        assert_eq!(kept(&app).await, frozen);
        app.run_jobs().await;
    }

    async fn a_month_is_opened_again_by_an_administrator_with_a_reason(app: TestApp) {
        let scene = scene(&app).await;
        scene.september(&app).await;
        let path = "/api/staff/months/2026-09-01/reopen";
        app.post(path, &json!({ "reason": "漏了一个班" })).by(&scene.admin).send().await.refused(409, "month_not_closed");
        scene.close(&app).await;
        app.post(path, &json!({ "reason": "漏了一个班" })).by(&scene.centre).send().await.refused(403, "forbidden");
        app.post(path, &json!({ "reason": " " })).by(&scene.admin).send().await.refused(400, "reason_needed");
        app.post(path, &json!({ "reason": "漏了一个班" })).by(&scene.admin).send().await.ok();
        let month = scene.month(&app, &scene.centre).await;
        assert!(month["closed"].is_null(), "{month}");
        let said = month["reopened"][0].as_str().unwrap();
        assert!(said.contains("centre同志关账") && said.contains("admin同志重新打开，原因：漏了一个班"), "{said}");
        scene.mark(&app, 0, 2, json!({ "status": "present", "reason": "老师漏点了" })).await;
        scene.close(&app).await;
        let month = scene.month(&app, &scene.centre).await;
        assert_eq!((number(&month["closed"]["person_times"]), month["reopened"].as_array().unwrap().len()), (5, 1));
        // What was frozen the first time is there too.
        assert_eq!(kept(&app).await.len(), 4 + 5);
        app.run_jobs().await;
    }

    async fn staff_choose_the_columns_of_a_list_for_the_platform(app: TestApp) {
        let scene = scene(&app).await;
        scene.september(&app).await;
        let path = "/api/staff/exports/learners";
        let usual = app.get(path).by(&scene.officer).send().await.ok();
        assert!(usual["saved_text"].is_null(), "{usual}");
        assert_eq!(usual["columns"][1], json!({ "heading": "学员号", "field": "learner_number" }));
        let columns = json!({ "columns": [
            { "heading": "学员姓名", "field": "name" },
            { "heading": "学校", "fixed": "常阴沙老年大学" },
            { "heading": "学时数", "field": "hours" },
            { "heading": "班", "field": "classes" },
        ] });
        app.put(path, &columns).by(&scene.officer).send().await.refused(403, "forbidden");
        for (bad, code) in [
            (json!([]), "no_columns"),
            (json!([{ "heading": " ", "field": "name" }]), "bad_heading"),
            (json!([{ "heading": "甲", "field": "name" }, { "heading": "甲", "fixed": "" }]), "same_heading"),
            (json!([{ "heading": "甲", "field": "password" }]), "unknown_field"),
            (json!([{ "heading": "甲" }]), "unknown_field"),
            (json!([{ "heading": "甲", "fixed": "长".repeat(61) }]), "too_long"),
        ] {
            let body = json!({ "columns": bad });
            app.put(path, &body).by(&scene.centre).send().await.refused(400, code);
        }
        let look = format!("{path}/preview?term_id={}", scene.school.term);
        let shown = app.post(&look, &columns).by(&scene.centre).send().await.ok();
        assert_eq!(shown["headings"], json!(["学员姓名", "学校", "学时数", "班"]));
        assert_eq!(shown["rows"][0], json!(["学员1", "常阴沙老年大学", "4", "手机一班、书法一班"]));
        assert!(app.get(path).by(&scene.centre).send().await.ok()["saved_text"].is_null(), "looking saves nothing");
        for _ in 0..2 {
            app.put(path, &columns).by(&scene.centre).send().await.ok();
        }
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "export.mapped").await.unwrap(), 1);
        let saved = app.get(path).by(&scene.centre).send().await.ok();
        assert_eq!((saved["columns"].as_array().unwrap().len(), saved["saved_text"].as_str()), (4, Some("centre同志 10月1日（周四）9:00")));
        let file = |kind: &str| format!("/api/staff/sheets/exports/{kind}?term_id={}", scene.school.term);
        let made = app.post(&file("learners"), &json!({})).by(&scene.officer).send().await;
        let rows: Vec<Vec<String>> = cells(&made.bytes).iter().map(|row| row.iter().map(words).collect()).collect();
        // Nothing stands above the headings; an officer hands on their own people.
        assert_eq!(rows, [
            ["学员姓名", "学校", "学时数", "班"],
            ["学员1", "常阴沙老年大学", "4", "手机一班、书法一班"],
            ["学员2", "常阴沙老年大学", "2", "手机一班、书法一班"],
        ]);
        let made = app.post(&file("attendance"), &json!({})).by(&scene.centre).send().await;
        let rows = cells(&made.bytes);
        assert_eq!(rows.len(), 7, "six words of the register below the headings");
        let third: Vec<String> = rows[3].iter().map(words).collect();
        assert_eq!(third[1..], ["2026000003", "学员3", "红旗社区", "手机一班", "智在指尖", "2026年秋季班", "社区教育中心", "1", "2026-09-01", "9:00", "10:30", "请假", "0"]);
        let made = app.post(&file("classes"), &json!({})).by(&scene.centre).send().await;
        assert_eq!(cells(&made.bytes).len(), 3);
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "export.made").await.unwrap(), 3);
        let none = "/api/staff/sheets/exports/classes?term_id=99";
        app.post(none, &json!({})).by(&scene.centre).send().await.refused(404, "term_not_found");
    }
}
