//! 学业: hours, completion and credits, as they follow from the register.

use chrono::TimeDelta;
use entity::ids::{ClassId, MeetingId};
use entity::kinds::Role;
use entity::staff_session;
use reqwest::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk, Person, School};

/// A class of four weekly meetings, the first of which begins now, and two learners.
struct Scene {
    school: School,
    class: ClassId,
    meetings: Vec<MeetingId>,
    centre: Clerk,
    teacher: Clerk,
    learner: Person,
    other: Person,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let class = fixtures::class(app, &school, "智在指尖一班", 20).await;
    let mut meetings = Vec::new();
    for week in 0..4 {
        let starts_in = TimeDelta::days(7 * i64::from(week));
        meetings.push(fixtures::meeting(app, &school, class, week + 1, starts_in).await);
    }
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let teacher = fixtures::clerk(app, "teacher", Role::Teacher, None).await;
    let of = entity::teacher::ActiveModel {
        id: Set(school.teacher),
        staff_id: Set(Some(teacher.id)),
        ..Default::default()
    };
    of.update(app.app.db.writer()).await.unwrap();
    let learner = fixtures::person(app, school.community, 1).await;
    let other = fixtures::person(app, school.community, 2).await;
    fixtures::placed(app, &school, class, learner.id).await;
    fixtures::placed(app, &school, class, other.id).await;
    // As sign-up would have counted them.
    let taken = entity::class::ActiveModel { id: Set(class), taken: Set(2), ..Default::default() };
    taken.update(app.app.db.writer()).await.unwrap();
    Scene { school, class, meetings, centre, teacher, learner, other }
}

impl Scene {
    async fn mark(&self, app: &TestApp, meeting: MeetingId, who: &Person, status: &str) {
        let path = format!("/api/staff/meetings/{meeting}/roll/{}", who.id);
        app.put(&path, &json!({ "status": status })).by(&self.centre).send().await.ok();
    }

    /// The learner comes to so many of the four, the other to one; then all are over.
    async fn attend(&self, app: &TestApp, times: usize) {
        for (nth, meeting) in self.meetings.iter().enumerate() {
            let status = if nth < times { "present" } else { "absent" };
            self.mark(app, *meeting, &self.learner, status).await;
            self.mark(app, *meeting, &self.other, if nth < 1 { "present" } else { "absent" }).await;
            pass(app, TimeDelta::days(7)).await;
        }
    }

    async fn results(&self, app: &TestApp) -> Value {
        let path = format!("/api/staff/classes/{}/results", self.class);
        app.get(&path).by(&self.teacher).send().await.ok()
    }

    fn result_path(&self, who: &Person) -> String {
        format!("/api/staff/classes/{}/results/{}", self.class, who.id)
    }
}

/// Time passes, and staff are signed in all the same.
async fn pass(app: &TestApp, by: TimeDelta) {
    app.advance(by);
    let sessions = staff_session::Entity::update_many()
        .col_expr(staff_session::Column::ExpiresAt, Expr::value(app.now() + TimeDelta::days(1)));
    sessions.exec(app.app.db.writer()).await.unwrap();
}

async fn record(app: &TestApp, who: &Person) -> Value {
    app.get("/api/me/record").bearer(&who.token).send().await.ok()
}

on_both_databases! {
    async fn three_of_four_meetings_and_the_teachers_word_complete_a_class(app: TestApp) {
        let scene = scene(&app).await;
        let before = record(&app, &scene.learner).await;
        assert_eq!((before["classes"][0]["standing"].as_str(), before["total_hundredths"].as_i64()), (Some("learning"), Some(0)));
        scene.attend(&app, 3).await;
        let rows = scene.results(&app).await;
        assert_eq!((rows["items"][0]["standing"].as_str(), rows["items"][0]["percent"].as_i64()), (Some("awaits_teacher"), Some(75)));
        assert_eq!(rows["items"][1]["standing"], "too_few");
        let path = scene.result_path(&scene.learner);
        app.put(&path, &json!({ "passed": false })).by(&scene.teacher).send().await.refused(400, "reason_needed");
        app.put(&path, &json!({ "passed": true })).by(&scene.teacher).send().await.ok();
        let after = record(&app, &scene.learner).await;
        let class = &after["classes"][0];
        assert_eq!((class["standing"].as_str(), class["learnt_hundredths"].as_i64(), class["held_hundredths"].as_i64()), (Some("completed"), Some(600), Some(800)));
        // 6 of 16 学时, rounded down.
        assert_eq!((after["credits_tenths"].as_i64(), after["attended"].as_i64()), (Some(3), Some(3)));
        assert_eq!(after["years"], json!([{ "year": 2026, "hundredths": 600 }]));
        assert_eq!(after["goal_hundredths"], 2000);
        // A change of mind has a reason, and the learner reads it.
        app.put(&path, &json!({ "passed": false })).by(&scene.teacher).send().await.refused(400, "reason_needed");
        app.put(&path, &json!({ "passed": false, "reason": "没交作品" })).by(&scene.teacher).send().await.ok();
        let after = record(&app, &scene.learner).await;
        assert_eq!((after["classes"][0]["standing"].as_str(), after["classes"][0]["not_passed_for"].as_str()), (Some("not_passed"), Some("没交作品")));
        assert_eq!(after["credits_tenths"], 0);
        // Whoever closes their account takes the reason with them.
        app.request(Method::DELETE, "/api/me").bearer(&scene.learner.token).send().await.ok();
        app.run_jobs().await;
        assert!(!scene.results(&app).await.to_string().contains("没交作品"));
    }

    async fn a_corrected_register_corrects_what_follows(app: TestApp) {
        let scene = scene(&app).await;
        scene.attend(&app, 2).await;
        let all = format!("/api/staff/classes/{}/results/pass-all", scene.class);
        app.post(&all, &json!({})).by(&scene.teacher).send().await.ok();
        assert_eq!(record(&app, &scene.learner).await["classes"][0]["standing"], "too_few");
        let path = format!("/api/staff/meetings/{}/roll/{}", scene.meetings[2], scene.learner.id);
        let came = json!({ "status": "present", "reason": "老师漏点了" });
        app.put(&path, &came).by(&scene.centre).send().await.ok();
        assert_eq!(record(&app, &scene.learner).await["classes"][0]["standing"], "completed");
    }

    async fn whoever_changes_to_a_sister_class_takes_their_hours_along(app: TestApp) {
        let scene = scene(&app).await;
        scene.mark(&app, scene.meetings[0], &scene.learner, "present").await;
        let sister = fixtures::class(&app, &scene.school, "智在指尖二班", 20).await;
        let meeting = fixtures::meeting(&app, &scene.school, sister, 1, TimeDelta::days(1)).await;
        use entity::enrolment::{Column, Entity};
        Entity::update_many()
            .col_expr(Column::Status, Expr::value("withdrawn"))
            .filter(Column::ResidentId.eq(scene.learner.id))
            .exec(app.app.db.writer())
            .await
            .unwrap();
        fixtures::placed(&app, &scene.school, sister, scene.learner.id).await;
        pass(&app, TimeDelta::days(1)).await;
        scene.mark(&app, meeting, &scene.learner, "present").await;
        pass(&app, TimeDelta::days(1)).await;
        let mine = record(&app, &scene.learner).await;
        assert_eq!(mine["classes"].as_array().unwrap().len(), 1, "{mine}");
        let class = &mine["classes"][0];
        assert_eq!((class["class_name"].as_str(), class["learnt_hundredths"].as_i64(), class["held_hundredths"].as_i64()), (Some("智在指尖二班"), Some(400), Some(200)));
    }

    async fn results_are_for_whoever_keeps_the_class(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/staff/classes/{}/results", scene.class);
        let stranger = fixtures::clerk(&app, "stranger", Role::Teacher, None).await;
        let far = fixtures::clerk(&app, "far", Role::Officer, None).await;
        app.get(&path).by(&stranger).send().await.refused(403, "not_your_class");
        app.get(&path).by(&far).send().await.refused(403, "not_your_class");
        let outsider = fixtures::person(&app, scene.school.community, 9).await;
        app.put(&scene.result_path(&outsider), &json!({ "passed": true })).by(&scene.teacher).send().await.refused(404, "not_in_class");
        app.get("/api/me/record").send().await.refused(401, "unauthenticated");
    }

    async fn each_person_and_meeting_counts_once(app: TestApp) {
        let scene = scene(&app).await;
        scene.attend(&app, 3).await;
        let path = format!("/api/staff/meetings/{}/roll/{}", scene.meetings[0], scene.learner.id);
        let again = json!({ "status": "present", "reason": "再点一次" });
        app.put(&path, &again).by(&scene.centre).send().await.ok();
        let seen = app.get("/api/staff/figures").by(&scene.centre).send().await.ok();
        assert_eq!((seen["person_times"].as_i64(), seen["smart_person_times"].as_i64(), seen["smart_goal"].as_i64()), (Some(4), Some(4), Some(5000)));
        assert_eq!((seen["hundredths"].as_i64(), seen["learners"].as_i64(), seen["reached"].as_i64()), (Some(800), Some(2), Some(0)));
        assert_eq!(seen["communities"], json!([{ "name": "常沙社区", "person_times": 4, "hundredths": 800 }]));
        assert_eq!(seen["sites"][0]["name"], "社区教育中心");
        let other = fixtures::clerk(&app, "officer", Role::Officer, None).await;
        app.get("/api/staff/figures").by(&other).send().await.refused(403, "no_community");
        let none = "/api/staff/figures?first_day=2026-01-01&last_day=2026-02-01";
        assert_eq!(app.get(none).by(&scene.centre).send().await.ok()["person_times"], 0);
        let turned = "/api/staff/figures?first_day=2026-02-01&last_day=2026-01-01";
        app.get(turned).by(&scene.centre).send().await.refused(400, "bad_days");
    }

    async fn a_record_is_fetched_by_a_link_for_some_minutes(app: TestApp) {
        let scene = scene(&app).await;
        scene.attend(&app, 3).await;
        let made = app.request(Method::POST, "/api/me/record/link").bearer(&scene.learner.token).send().await.ok();
        let url = made["url"].as_str().unwrap();
        let path = url.strip_prefix(&app.app.config.server.public_url).unwrap().to_owned();
        let file = app.get(&path).send().await;
        assert!(file.status.is_success() && file.bytes.starts_with(b"PK"), "{}", file.text());
        let mut forged = path.clone().into_bytes();
        let at = "/api/files?t=".len() + 12;
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        app.get(&String::from_utf8(forged).unwrap()).send().await.refused(400, "link_invalid");
        app.advance(TimeDelta::minutes(11));
        app.get(&path).send().await.refused(409, "link_expired");
    }

    async fn certificates_are_handed_out_once_verified_by_anybody_and_taken_back(app: TestApp) {
        let scene = scene(&app).await;
        scene.attend(&app, 4).await;
        let all = format!("/api/staff/classes/{}/results/pass-all", scene.class);
        app.post(&all, &json!({})).by(&scene.teacher).send().await.ok();
        let issue = format!("/api/staff/classes/{}/certificates", scene.class);
        app.post(&issue, &json!({})).by(&scene.teacher).send().await.refused(403, "forbidden");
        let first = app.post(&issue, &json!({})).by(&scene.centre).send().await.ok();
        assert_eq!(first, json!({ "issued": 1, "left_out": [] }));
        assert_eq!(app.post(&issue, &json!({})).by(&scene.centre).send().await.ok()["issued"], 0);
        let number = record(&app, &scene.learner).await["certificates"][0]["number"].as_str().unwrap().to_owned();
        let seen = app.get(&format!("/api/verify/{}", number.to_lowercase())).send().await.ok();
        assert_eq!((seen["state"].as_str(), seen["name_masked"].as_str(), seen["hours_hundredths"].as_i64()), (Some("valid"), Some("学**"), Some(800)));
        app.get("/api/verify/CYS-2026-00000000").send().await.refused(404, "certificate_not_found");
        // The learner's own, as a PDF; nobody else's.
        let link = format!("/api/me/certificates/{number}/link");
        app.post(&link, &json!({})).bearer(&scene.other.token).send().await.refused(404, "certificate_not_found");
        let made = app.post(&link, &json!({})).bearer(&scene.learner.token).send().await.ok();
        let path = made["url"].as_str().unwrap().strip_prefix(&app.app.config.server.public_url).unwrap().to_owned();
        let file = app.get(&path).send().await;
        assert!(file.bytes.starts_with(b"%PDF-"), "{}", file.text());
        assert!(file.bytes.len() < 100_000, "{}", file.bytes.len());
        // A link to one kind of file opens no other.
        app.get(&path.replace("/files/paper", "/files")).send().await.refused(400, "link_invalid");
        let revoke = format!("/api/staff/certificates/{number}/revoke");
        app.post(&revoke, &json!({ "reason": " " })).by(&scene.centre).send().await.refused(400, "reason_needed");
        app.post(&revoke, &json!({ "reason": "姓名有误" })).by(&scene.centre).send().await.ok();
        app.post(&revoke, &json!({ "reason": "姓名有误" })).by(&scene.centre).send().await.refused(409, "already_revoked");
        app.get(&path).send().await.refused(409, "certificate_revoked");
        assert_eq!(app.get(&format!("/api/verify/{number}")).send().await.ok()["state"], "revoked");
        // Another in its place; and nobody's name once they are gone.
        assert_eq!(app.post(&issue, &json!({})).by(&scene.centre).send().await.ok()["issued"], 1);
        let again = record(&app, &scene.learner).await["certificates"][0]["number"].as_str().unwrap().to_owned();
        assert_ne!(again, number);
        app.request(Method::DELETE, "/api/me").bearer(&scene.learner.token).send().await.ok();
        app.run_jobs().await;
        assert_eq!(app.get(&format!("/api/verify/{again}")).send().await.ok()["name_masked"], "已****");
    }

    async fn a_name_that_cannot_be_printed_is_left_out_and_said(app: TestApp) {
        let scene = scene(&app).await;
        scene.attend(&app, 4).await;
        let row = entity::resident::ActiveModel { id: Set(scene.learner.id), name: Set(Some("张𬍛".to_owned())), ..Default::default() };
        row.update(app.app.db.writer()).await.unwrap();
        let path = scene.result_path(&scene.learner);
        app.put(&path, &json!({ "passed": true })).by(&scene.teacher).send().await.ok();
        let issue = format!("/api/staff/classes/{}/certificates", scene.class);
        let done = app.post(&issue, &json!({})).by(&scene.centre).send().await.ok();
        assert_eq!(done, json!({ "issued": 0, "left_out": [{ "name": "张𬍛", "characters": "𬍛" }] }));
        let body = json!({ "year": 2026 });
        app.post("/api/me/statements", &body).bearer(&scene.learner.token).send().await.refused(409, "no_glyph");
    }

    async fn a_statement_is_the_same_until_the_hours_change(app: TestApp) {
        let scene = scene(&app).await;
        let body = json!({ "year": 2026 });
        app.post("/api/me/statements", &body).bearer(&scene.learner.token).send().await.refused(409, "no_hours");
        scene.mark(&app, scene.meetings[0], &scene.learner, "present").await;
        let numbers = async || {
            let mine = record(&app, &scene.learner).await;
            let all = mine["certificates"].as_array().unwrap().clone();
            all.iter().map(|one| (one["number"].clone(), one["revoked_for"].clone())).collect::<Vec<_>>()
        };
        app.post("/api/me/statements", &body).bearer(&scene.learner.token).send().await.ok();
        let first = numbers().await;
        app.post("/api/me/statements", &body).bearer(&scene.learner.token).send().await.ok();
        assert_eq!((numbers().await, first.len()), (first.clone(), 1));
        pass(&app, TimeDelta::days(7)).await;
        scene.mark(&app, scene.meetings[1], &scene.learner, "present").await;
        app.post("/api/me/statements", &body).bearer(&scene.learner.token).send().await.ok();
        let second = numbers().await;
        assert_eq!((second.len(), second[1].1.as_str(), &second[0].1), (2, Some("有了新的证明"), &Value::Null));
    }
}
