//! 回访: tasks that follow from the register, and what comes of them.

use chrono::{NaiveDate, TimeDelta};
use entity::ids::{ClassId, MeetingId};
use entity::kinds::{AttendanceStatus, Role};
use entity::staff_session;
use reqwest::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, EntityTrait};
use serde_json::{Value, json};
use shangxue::care;

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk, Person, School};

/// A class of four weekly meetings, the first of which begins now; somebody who always
/// comes, and somebody to whom things happen.
struct Scene {
    school: School,
    class: ClassId,
    meetings: Vec<MeetingId>,
    centre: Clerk,
    officer: Clerk,
    learner: Person,
    faithful: Person,
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
    let officer = fixtures::clerk(app, "officer", Role::Officer, Some(school.community)).await;
    let (learner, faithful) = (
        fixtures::person(app, school.community, 1).await,
        fixtures::person(app, school.community, 2).await,
    );
    fixtures::placed(app, &school, class, learner.id).await;
    fixtures::placed(app, &school, class, faithful.id).await;
    // As sign-up would have counted them.
    let taken = entity::class::ActiveModel { id: Set(class), taken: Set(2), ..Default::default() };
    taken.update(app.app.db.writer()).await.unwrap();
    Scene { school, class, meetings, centre, officer, learner, faithful }
}

impl Scene {
    async fn mark(&self, app: &TestApp, nth: usize, who: &Person, body: Value) {
        let path = format!("/api/staff/meetings/{}/roll/{}", self.meetings[nth], who.id);
        app.put(&path, &body).by(&self.centre).send().await.ok();
    }

    /// The faithful one comes, the other as said; then the meeting is over, and its grace.
    async fn pass(&self, app: &TestApp, nth: usize, status: Option<AttendanceStatus>) {
        self.mark(app, nth, &self.faithful, json!({ "status": "present" })).await;
        if let Some(status) = status {
            self.mark(app, nth, &self.learner, json!({ "status": status.as_str() })).await;
        }
        app.advance(TimeDelta::hours(4));
        look(app).await;
    }

    async fn tasks(&self, app: &TestApp, who: &Clerk, closed: bool) -> Vec<Value> {
        let path = format!("/api/staff/care-tasks?closed={closed}");
        let list = app.get(&path).by(who).send().await.ok();
        list["items"].as_array().unwrap().clone()
    }

    async fn open(&self, app: &TestApp) -> Vec<String> {
        let tasks = self.tasks(app, &self.officer, false).await;
        tasks.iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    }
}

/// Twice, as two instances would.
async fn look(app: &TestApp) {
    for _ in 0..2 {
        care::round(&app.app).await.unwrap();
        app.run_jobs().await;
    }
}

/// The rest of the week after a meeting's four hours; whoever is signed in stays so.
async fn next_week(app: &TestApp) {
    app.advance(TimeDelta::days(7) - TimeDelta::hours(4));
    let sessions = staff_session::Entity::update_many()
        .col_expr(staff_session::Column::ExpiresAt, Expr::value(app.now() + TimeDelta::days(1)));
    sessions.exec(app.app.db.writer()).await.unwrap();
}

async fn close(app: &TestApp, who: &Clerk, id: &Value, body: Value) -> crate::support::Answer {
    app.post(&format!("/api/staff/care-tasks/{id}/close"), &body).by(who).send().await
}

on_both_databases! {
    async fn two_absences_ask_for_a_call_and_three_for_a_talk(app: TestApp) {
        let scene = scene(&app).await;
        scene.pass(&app, 0, Some(AttendanceStatus::Absent)).await;
        assert_eq!(scene.open(&app).await, Vec::<String>::new());
        next_week(&app).await;
        // Nothing said is missed too.
        scene.pass(&app, 1, None).await;
        assert_eq!(scene.open(&app).await, ["call"]);
        let task = &scene.tasks(&app, &scene.officer, false).await[0];
        assert_eq!((task["absences"].as_i64(), task["name"].as_str()), (Some(2), Some("学员1")));
        let count = app.get("/api/staff/care-count").by(&scene.officer).send().await.ok();
        assert_eq!(count["waiting"], 1);
        next_week(&app).await;
        assert_eq!(scene.tasks(&app, &scene.officer, false).await[0]["late"], true);
        scene.pass(&app, 2, None).await;
        assert_eq!(scene.open(&app).await, ["release"]);
        let past = scene.tasks(&app, &scene.officer, true).await;
        assert_eq!((past.len(), past[0]["outcome"].as_str()), (1, Some("superseded")));
    }

    async fn leave_and_cancelled_meetings_and_empty_rolls_explain_absence(app: TestApp) {
        let scene = scene(&app).await;
        scene.pass(&app, 0, Some(AttendanceStatus::Absent)).await;
        next_week(&app).await;
        scene.pass(&app, 1, Some(AttendanceStatus::Leave)).await;
        next_week(&app).await;
        // Nobody kept this roll.
        app.advance(TimeDelta::hours(4));
        look(&app).await;
        next_week(&app).await;
        scene.pass(&app, 3, Some(AttendanceStatus::Absent)).await;
        assert_eq!(scene.open(&app).await, Vec::<String>::new());
        let cancelled = fixtures::meeting(&app, &scene.school, scene.class, 5, TimeDelta::hours(1)).await;
        let body = json!({ "reason": "老师生病" });
        app.post(&format!("/api/staff/meetings/{cancelled}/cancel"), &body).by(&scene.centre).send().await.ok();
        app.advance(TimeDelta::hours(6));
        look(&app).await;
        assert_eq!(scene.open(&app).await, Vec::<String>::new());
    }

    async fn a_correction_closes_what_no_longer_follows_and_opens_it_again(app: TestApp) {
        let scene = scene(&app).await;
        scene.pass(&app, 0, Some(AttendanceStatus::Absent)).await;
        next_week(&app).await;
        scene.pass(&app, 1, Some(AttendanceStatus::Absent)).await;
        assert_eq!(scene.open(&app).await, ["call"]);
        scene.mark(&app, 0, &scene.learner, json!({ "status": "present", "reason": "老师记错了" })).await;
        app.run_jobs().await;
        assert_eq!(scene.open(&app).await, Vec::<String>::new());
        let past = scene.tasks(&app, &scene.officer, true).await;
        assert_eq!(past[0]["outcome"], "corrected");
        let path = format!("/api/staff/care-tasks/{}", past[0]["id"]);
        let steps = app.get(&path).by(&scene.officer).send().await.ok()["steps"].clone();
        assert!(steps[1]["note"].as_str().unwrap().contains("更正"), "{steps}");
        app.advance(TimeDelta::minutes(1));
        scene.mark(&app, 0, &scene.learner, json!({ "status": "absent", "reason": "原来没错" })).await;
        app.run_jobs().await;
        let open = scene.tasks(&app, &scene.officer, false).await;
        assert_eq!((open.len(), &open[0]["id"]), (1, &past[0]["id"]));
    }

    async fn who_lives_alone_and_wished_it_is_asked_after_at_once_and_called_once(app: TestApp) {
        let scene = scene(&app).await;
        let born = entity::resident::ActiveModel {
            id: Set(scene.learner.id),
            birth_date: Set(NaiveDate::from_ymd_opt(1950, 1, 1)),
            ..Default::default()
        };
        born.update(app.app.db.writer()).await.unwrap();
        let version = app.app.config.members.consent_version.clone();
        let body = json!({ "kind": "care_call", "version": version });
        // At 70 the wish of the other one means nothing yet.
        for one in [&scene.learner, &scene.faithful] {
            app.post("/api/me/consents", &body).bearer(&one.token).send().await.ok();
        }
        let papers = app.get("/api/me/papers").bearer(&scene.learner.token).send().await.ok();
        assert_eq!(papers["care_call"], true);
        scene.pass(&app, 0, None).await;
        assert_eq!(scene.open(&app).await, ["care"]);
        next_week(&app).await;
        scene.pass(&app, 1, None).await;
        // The care call is the call; after it, another follows from the run that goes on.
        assert_eq!(scene.open(&app).await, ["care"]);
        let id = scene.tasks(&app, &scene.officer, false).await[0]["id"].clone();
        close(&app, &scene.officer, &id, json!({ "outcome": "unwell", "said": "感冒了，女儿在" })).await.ok();
        look(&app).await;
        app.advance(TimeDelta::minutes(1));
        scene.mark(&app, 1, &scene.learner, json!({ "status": "absent" })).await;
        app.run_jobs().await;
        assert_eq!(scene.open(&app).await, ["call"]);
        app.request(Method::DELETE, "/api/me/consents/care_call").bearer(&scene.learner.token).send().await.ok();
        let papers = app.get("/api/me/papers").bearer(&scene.learner.token).send().await.ok();
        assert_eq!(papers["care_call"], false);
    }

    async fn the_wish_is_recorded_from_paper_and_its_end_too(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/staff/residents/{}/care-call", scene.learner.id);
        for wanted in [true, true, false, false] {
            app.put(&path, &json!({ "wanted": wanted, "way": "paper" })).by(&scene.officer).send().await.ok();
            let papers = app.get(&format!("/api/staff/residents/{}/papers", scene.learner.id)).by(&scene.officer).send().await.ok();
            assert_eq!(papers["care_call"], wanted);
        }
        let db = app.app.db.read();
        assert_eq!(shangxue::staff::recorded(db, "resident.care_call_wanted").await.unwrap(), 1);
        assert_eq!(shangxue::staff::recorded(db, "resident.care_call_ended").await.unwrap(), 1);
    }

    async fn a_task_is_taken_noted_and_closed_with_what_was_said(app: TestApp) {
        let scene = scene(&app).await;
        scene.pass(&app, 0, None).await;
        next_week(&app).await;
        scene.pass(&app, 1, None).await;
        let id = scene.tasks(&app, &scene.officer, false).await[0]["id"].clone();
        let at = |what: &str| format!("/api/staff/care-tasks/{id}/{what}");
        let other = fixtures::clerk(&app, "other", Role::Officer, None).await;
        app.get("/api/staff/care-tasks").by(&other).send().await.refused(403, "no_community");
        let elsewhere = entity::community::ActiveModel { name: Set("别的社区".to_owned()), ..Default::default() };
        let elsewhere = elsewhere.insert(app.app.db.writer()).await.unwrap().id;
        let stranger = fixtures::clerk(&app, "stranger", Role::Officer, Some(elsewhere)).await;
        assert!(scene.tasks(&app, &stranger, false).await.is_empty());
        app.post(&at("take"), &json!({})).by(&stranger).send().await.refused(404, "care_not_found");
        for _ in 0..2 {
            app.post(&at("take"), &json!({})).by(&scene.officer).send().await.ok();
        }
        assert_eq!(scene.tasks(&app, &scene.officer, false).await[0]["mine"], true);
        app.post(&at("notes"), &json!({ "text": "  " })).by(&scene.officer).send().await.refused(400, "missing");
        app.post(&at("notes"), &json!({ "text": "没人接，晚上再打" })).by(&scene.officer).send().await.ok();
        let no_words = json!({ "outcome": "comes_again", "said": " " });
        close(&app, &scene.officer, &id, no_words).await.refused(400, "missing");
        let by_itself = json!({ "outcome": "corrected", "said": "x" });
        close(&app, &scene.officer, &id, by_itself).await.refused(400, "bad_outcome");
        let release = json!({ "outcome": "released", "said": "不来了", "leaves_for": "health" });
        close(&app, &scene.officer, &id, release).await.refused(400, "not_release");
        let good = json!({ "outcome": "comes_again", "said": "带孙子，下周来" });
        close(&app, &scene.officer, &id, good.clone()).await.ok();
        close(&app, &scene.officer, &id, good).await.refused(409, "care_closed");
        let view = app.get(&format!("/api/staff/care-tasks/{id}")).by(&scene.centre).send().await.ok();
        let steps: Vec<_> = view["steps"].as_array().unwrap().iter().map(|one| one["step"].as_str().unwrap()).collect();
        assert_eq!(steps, ["opened", "taken", "noted", "closed"]);
        // Whoever closes their account takes their words with them.
        app.request(Method::DELETE, "/api/me").bearer(&scene.learner.token).send().await.ok();
        app.run_jobs().await;
        let view = app.get(&format!("/api/staff/care-tasks/{id}")).by(&scene.centre).send().await.ok();
        assert!(!view.to_string().contains("孙子") && !view.to_string().contains("没人接"), "{view}");
    }

    async fn a_place_is_released_by_whoever_spoke_to_the_person_and_never_else(app: TestApp) {
        let scene = scene(&app).await;
        for nth in 0..3 {
            scene.pass(&app, nth, None).await;
            next_week(&app).await;
        }
        assert_eq!(scene.open(&app).await, ["release"]);
        let mine = app.get("/api/me/enrolments").bearer(&scene.learner.token).send().await.ok();
        assert_eq!(mine["items"][0]["status"], "placed");
        let id = scene.tasks(&app, &scene.officer, false).await[0]["id"].clone();
        let no_reason = json!({ "outcome": "released", "said": "腿不好，不来了" });
        close(&app, &scene.officer, &id, no_reason).await.refused(400, "reason_needed");
        let release = json!({ "outcome": "released", "said": "腿不好，不来了", "leaves_for": "health" });
        close(&app, &scene.officer, &id, release).await.ok();
        let mine = app.get("/api/me/enrolments").bearer(&scene.learner.token).send().await.ok();
        assert_eq!(mine["items"][0]["status"], "withdrawn");
        assert_eq!(scene.open(&app).await, Vec::<String>::new());
    }

    async fn the_number_to_call_is_given_and_noted(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/staff/residents/{}/phone/reveal", scene.learner.id);
        app.post(&path, &json!({})).by(&scene.officer).send().await.refused(404, "no_phone");
        let profile = json!({ "name": "学员一", "birth_date": "1956-03-01", "community_id": scene.school.community, "phone": "13800000001" });
        app.put("/api/me/profile", &profile).bearer(&scene.learner.token).send().await.ok();
        let answer = app.post(&path, &json!({})).by(&scene.officer).send().await.ok();
        assert_eq!(answer["phone"], "13800000001");
        assert_eq!(shangxue::staff::recorded(app.app.db.read(), "resident.called").await.unwrap(), 1);
    }
}
