//! 志愿者: from applying to a statement on paper, and hours under concurrency.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{ClassId, MeetingId, ResidentId, TeamMemberId};
use entity::kinds::Role;
use entity::{service, service_change, team};
use reqwest::Method;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

/// Of the four teams: 尚学教育.
const TEAM: i64 = 2;

struct Scene {
    school: School,
    centre: Clerk,
    leader: Clerk,
    person: Person,
}

async fn scene(app: &TestApp) -> Scene {
    let school = fixtures::school(app).await;
    let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
    let leader = fixtures::clerk(app, "leader", Role::Teacher, None).await;
    let led = team::ActiveModel {
        id: Set(entity::ids::TeamId(TEAM)),
        leader_id: Set(Some(leader.id)),
        ..Default::default()
    };
    led.update(app.app.db.writer()).await.unwrap();
    let person = fixtures::person(app, school.community, 1).await;
    Scene { school, centre, leader, person }
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Names somebody to call.
async fn with_relative(app: &TestApp, who: &Person) {
    let body =
        json!({"name": "王小丽", "phone": "13800000009", "relation": "女儿", "agrees": true});
    app.put("/api/me/relative", &body).bearer(&who.token).send().await.ok();
}

async fn apply(app: &TestApp, who: &Person) -> Answer {
    let body = json!({"team_id": TEAM, "skills": "会拍照", "availability": "周二"});
    app.post("/api/me/volunteer/applications", &body).bearer(&who.token).send().await
}

async fn member(app: &TestApp, who: &Person) -> TeamMemberId {
    let mine = app.get("/api/me/volunteer").bearer(&who.token).send().await.ok();
    TeamMemberId(mine["teams"][0]["id"].as_i64().unwrap())
}

async fn set(app: &TestApp, by: &Clerk, id: TeamMemberId, body: Value) -> Answer {
    app.put(&format!("/api/staff/team-members/{id}"), &body).by(by).send().await
}

impl Scene {
    async fn trained(&self, app: &TestApp, who: &Person) -> TeamMemberId {
        with_relative(app, who).await;
        apply(app, who).await.ok();
        let id = member(app, who).await;
        for state in ["approved", "trained"] {
            set(app, &self.leader, id, json!({ "state": state })).await.ok();
        }
        id
    }

    fn shift(&self, app: &TestApp, starts_in: TimeDelta) -> Value {
        let from = app.now() + starts_in;
        json!({
            "name": "课堂助教", "task": "帮大家签到、摆桌椅。", "site_id": self.school.site, "room": "201教室",
            "capacity": 3, "times": [{"starts_at": at(from), "ends_at": at(from + TimeDelta::hours(3))}],
        })
    }

    async fn plan(&self, app: &TestApp, starts_in: TimeDelta) -> (ClassId, MeetingId) {
        let path = format!("/api/staff/teams/{TEAM}/shifts");
        let made = app.post(&path, &self.shift(app, starts_in)).by(&self.leader).send().await.ok();
        let id = ClassId(made["id"].as_i64().unwrap());
        let page = self.page(app, id).await;
        (id, MeetingId(page["meetings"][0]["id"].as_i64().unwrap()))
    }

    async fn page(&self, app: &TestApp, id: ClassId) -> Value {
        app.get(&format!("/api/staff/shifts/{id}")).by(&self.leader).send().await.ok()
    }

    async fn scan(&self, app: &TestApp, meeting: MeetingId, who: &Person) -> Value {
        let path = format!("/api/staff/meetings/{meeting}/code");
        let code = app.get(&path).by(&self.leader).send().await.ok()["link"].clone();
        app.post("/api/me/check-in", &json!({ "code": code })).bearer(&who.token).send().await.ok()
    }

    async fn correct(
        &self,
        app: &TestApp,
        (meeting, who): (MeetingId, ResidentId),
        body: Value,
    ) -> Answer {
        let path = format!("/api/staff/shift-meetings/{meeting}/service/{who}");
        app.put(&path, &body).by(&self.leader).send().await
    }

    async fn settle(&self, app: &TestApp, meeting: MeetingId) -> Answer {
        let path = format!("/api/staff/shift-meetings/{meeting}/settle");
        app.post(&path, &json!({})).by(&self.leader).send().await
    }
}

async fn join(app: &TestApp, shift: ClassId, who: &Person) -> Answer {
    let path = format!("/api/me/volunteer/shifts/{shift}/enrolments");
    app.post(&path, &json!({})).bearer(&who.token).send().await
}

async fn mine(app: &TestApp, who: &Person) -> Value {
    app.get("/api/me/volunteer").bearer(&who.token).send().await.ok()
}

/// Time passes, and everybody is signed in all the same.
async fn pass(app: &TestApp, by: TimeDelta) {
    app.advance(by);
    let until = app.now() + TimeDelta::days(1);
    let db = app.app.db.writer();
    entity::staff_session::Entity::update_many()
        .col_expr(entity::staff_session::Column::ExpiresAt, Expr::value(until))
        .exec(db)
        .await
        .unwrap();
}

on_both_databases! {
    async fn a_volunteer_applies_is_taken_in_serves_and_gets_it_on_paper(app: TestApp) {
        let scene = scene(&app).await;
        let teams = app.get("/api/volunteer/teams").send().await.ok();
        assert_eq!((teams["total"].as_i64(), teams["items"][0]["name"].as_str()), (Some(4), Some("民生在线")));
        apply(&app, &scene.person).await.refused(403, "relative_needed");
        with_relative(&app, &scene.person).await;
        assert_eq!(apply(&app, &scene.person).await.ok()["teams"][0]["state"], "applied");
        apply(&app, &scene.person).await.refused(409, "already_applied");
        let id = member(&app, &scene.person).await;
        let (shift, meeting) = scene.plan(&app, TimeDelta::hours(1)).await;
        join(&app, shift, &scene.person).await.refused(403, "not_in_team");
        set(&app, &scene.leader, id, json!({"state": "trained"})).await.refused(409, "not_that_way");
        set(&app, &scene.leader, id, json!({"state": "approved"})).await.ok();
        join(&app, shift, &scene.person).await.refused(403, "not_trained");
        set(&app, &scene.leader, id, json!({"state": "trained"})).await.ok();
        // Not by the door of classes.
        let path = format!("/api/classes/{shift}/enrolments");
        app.post(&path, &json!({})).bearer(&scene.person.token).send().await.refused(409, "another_kind");
        assert_eq!(join(&app, shift, &scene.person).await.ok()["outcome"], "placed");
        let shifts = app.get("/api/me/volunteer/shifts").bearer(&scene.person.token).send().await.ok();
        assert!(shifts["items"][0]["enrolment_id"].is_i64() && shifts["items"][0]["may_join"] == true, "{shifts}");
        // In, and out, by the same codes.
        app.advance(TimeDelta::minutes(55));
        assert_eq!(scene.scan(&app, meeting, &scene.person).await["outcome"], "recorded");
        app.advance(TimeDelta::minutes(150));
        let out = scene.scan(&app, meeting, &scene.person).await;
        assert!(out["message"].as_str().unwrap().contains("签退"), "{out}");
        scene.settle(&app, meeting).await.refused(409, "too_early");
        app.advance(TimeDelta::hours(1));
        assert_eq!(scene.settle(&app, meeting).await.ok()["settled"], 1);
        assert_eq!(scene.settle(&app, meeting).await.ok()["settled"], 0);
        let now = mine(&app, &scene.person).await;
        assert_eq!((now["confirmed_minutes"].as_i64(), now["hanging_minutes"].as_i64()), (Some(0), Some(150)));
        let hanging = app.get("/api/volunteer/records").send().await.ok();
        assert_eq!((hanging["items"][0]["name_masked"].as_str(), hanging["items"][0]["number_tail"].as_str()), (Some("学**"), Some("0001")));
        app.post("/api/me/volunteer/proof", &json!({})).bearer(&scene.person.token).send().await.refused(409, "no_hours");
        // It is work, and neither 人次 nor 学时.
        let figures = app.get("/api/staff/figures").by(&scene.centre).send().await.ok();
        assert_eq!((figures["person_times"].as_i64(), figures["learners"].as_i64()), (Some(0), Some(0)));
        let hours = app.get("/api/me/attendance").bearer(&scene.person.token).send().await.ok();
        assert_eq!(hours["total_hundredths"], 0);
        pass(&app, TimeDelta::days(7)).await;
        assert_eq!(app.get("/api/volunteer/records").send().await.ok()["total"], 0);
        assert_eq!(mine(&app, &scene.person).await["confirmed_minutes"], 150);
        let url = app.post("/api/me/volunteer/proof", &json!({})).bearer(&scene.person.token).send().await.ok()["url"].clone();
        let url = url.as_str().unwrap().trim_start_matches(&app.url).to_owned();
        let file = app.get(&url).send().await;
        assert!(file.bytes.starts_with(b"%PDF-"), "{}", file.text());
        let papers = app.get("/api/me/record").bearer(&scene.person.token).send().await.ok();
        let number = papers["certificates"][0]["number"].as_str().unwrap().to_owned();
        let verified = app.get(&format!("/api/verify/{number}")).send().await.ok();
        assert_eq!((verified["kind"].as_str(), verified["hours_hundredths"].as_i64(), verified["state"].as_str()), (Some("service"), Some(250), Some("valid")));
    }

    async fn what_is_corrected_has_a_reason_hangs_out_anew_and_is_not_overwritten_unseen(app: TestApp) {
        let scene = scene(&app).await;
        scene.trained(&app, &scene.person).await;
        let (shift, meeting) = scene.plan(&app, TimeDelta::hours(1)).await;
        join(&app, shift, &scene.person).await.ok();
        app.advance(TimeDelta::hours(1));
        scene.scan(&app, meeting, &scene.person).await;
        app.advance(TimeDelta::hours(4));
        // Nobody scanned out: nothing is settled by itself.
        assert_eq!(scene.settle(&app, meeting).await.ok()["settled"], 0);
        let of = (meeting, scene.person.id);
        scene.correct(&app, of, json!({"minutes": 120, "reason": " "})).await.refused(400, "reason_needed");
        scene.correct(&app, of, json!({"minutes": 1441, "reason": "忘了签退"})).await.refused(400, "out_of_range");
        scene.correct(&app, of, json!({"minutes": 120, "reason": "忘了签退"})).await.ok();
        scene.correct(&app, of, json!({"minutes": 100, "reason": "又看了"})).await.refused(409, "changed_meanwhile");
        scene.correct(&app, of, json!({"minutes": 100, "was": 90, "reason": "又看了"})).await.refused(409, "changed_meanwhile");
        pass(&app, TimeDelta::days(8)).await;
        assert_eq!(mine(&app, &scene.person).await["confirmed_minutes"], 120);
        scene.correct(&app, of, json!({"minutes": 100, "was": 120, "reason": "提前走的"})).await.ok();
        let now = mine(&app, &scene.person).await;
        assert_eq!((now["confirmed_minutes"].as_i64(), now["hanging_minutes"].as_i64()), (Some(0), Some(100)));
        let other = fixtures::person(&app, scene.school.community, 9).await;
        scene.correct(&app, (meeting, other.id), json!({"minutes": 60, "reason": "也来了"})).await.refused(404, "not_there");
        let row = &scene.page(&app, shift).await["meetings"][0]["people"][0];
        assert_eq!((row["reason"].as_str(), row["minutes"].as_i64()), (Some("提前走的"), Some(100)));
    }

    async fn a_shift_that_clashes_with_a_class_is_refused_and_names_it(app: TestApp) {
        let scene = scene(&app).await;
        scene.trained(&app, &scene.person).await;
        let class = fixtures::class(&app, &scene.school, "一班", 5).await;
        fixtures::meeting(&app, &scene.school, class, 1, TimeDelta::hours(2)).await;
        fixtures::placed(&app, &scene.school, class, scene.person.id).await;
        // In the very room where the class meets: volunteers help there.
        let (shift, _) = scene.plan(&app, TimeDelta::hours(1)).await;
        let refused = join(&app, shift, &scene.person).await.refused(409, "overlap");
        assert!(refused["message"].as_str().unwrap().contains("一班"), "{refused}");
    }

    async fn who_left_comes_again_and_both_times_stay(app: TestApp) {
        let scene = scene(&app).await;
        let id = scene.trained(&app, &scene.person).await;
        let leave = format!("/api/me/volunteer/teams/{id}/leave");
        let other = fixtures::person(&app, scene.school.community, 2).await;
        app.post(&leave, &json!({})).bearer(&other.token).send().await.refused(404, "member_not_found");
        app.post(&leave, &json!({"reason": "搬家"})).bearer(&scene.person.token).send().await.ok();
        app.post(&leave, &json!({})).bearer(&scene.person.token).send().await.refused(409, "already_decided");
        assert_eq!(apply(&app, &scene.person).await.ok()["teams"].as_array().unwrap().len(), 2);
        let again = member(&app, &scene.person).await;
        set(&app, &scene.leader, again, json!({"state": "refused"})).await.refused(400, "reason_needed");
        set(&app, &scene.leader, again, json!({"state": "refused", "reason": "队里人满了"})).await.ok();
        let now = mine(&app, &scene.person).await;
        assert_eq!((now["teams"][0]["reason"].as_str(), now["teams"][1]["state"].as_str()), (Some("队里人满了"), Some("left")));
    }

    async fn a_leader_acts_for_the_own_team_and_nobody_else_does(app: TestApp) {
        let scene = scene(&app).await;
        let id = scene.trained(&app, &scene.person).await;
        let (shift, meeting) = scene.plan(&app, TimeDelta::hours(1)).await;
        let stranger = fixtures::clerk(&app, "stranger", Role::Teacher, None).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(scene.school.community)).await;
        let member = format!("/api/staff/team-members/{id}");
        let of = format!("/api/staff/shift-meetings/{meeting}");
        for who in [&stranger, &officer] {
            for (method, path, body) in [
                (Method::GET, format!("/api/staff/teams/{TEAM}"), Value::Null),
                (Method::PUT, member.clone(), json!({"state": "left", "reason": "没来"})),
                (Method::POST, format!("{member}/contact/reveal"), json!({})),
                (Method::POST, format!("/api/staff/teams/{TEAM}/shifts"), scene.shift(&app, TimeDelta::hours(2))),
                (Method::GET, format!("/api/staff/shifts/{shift}"), Value::Null),
                (Method::POST, format!("{of}/settle"), json!({})),
                (Method::PUT, format!("{of}/service/{}", scene.person.id), json!({"minutes": 60, "reason": "来了"})),
            ] {
                let request = app.request(method, &path);
                let request = if body.is_null() { request } else { request.json(&body) };
                request.by(who).send().await.refused(403, "not_your_team");
            }
            let team = json!({"name": "民生在线", "purpose": "办事"});
            app.put("/api/staff/teams/1", &team).by(who).send().await.refused(403, "forbidden");
            app.post("/api/staff/teams", &team).by(who).send().await.refused(403, "forbidden");
            app.get("/api/staff/team-leaders").by(who).send().await.refused(403, "forbidden");
        }
        let teams = app.get("/api/staff/teams").by(&stranger).send().await.ok();
        assert!(teams["items"].as_array().unwrap().iter().all(|team| team["mine"] == false), "{teams}");
        let contact = app.post(&format!("{member}/contact/reveal"), &json!({})).by(&scene.leader).send().await.ok();
        assert_eq!(contact["phone"], "13800000009");
        // An editor opens no rolls, and leads no team.
        let editor = fixtures::clerk(&app, "editor", Role::Editor, None).await;
        app.get("/api/staff/teams").by(&editor).send().await.refused(403, "forbidden");
        let team = json!({"name": "民生在线", "purpose": "办事", "leader_id": editor.id});
        app.put("/api/staff/teams/1", &team).by(&scene.centre).send().await.refused(400, "not_a_leader");
        let team = json!({"name": "民生在线", "purpose": "办事", "leader_id": officer.id});
        app.put("/api/staff/teams/1", &team).by(&scene.centre).send().await.ok();
        app.get("/api/staff/teams/1").by(&officer).send().await.ok();
    }

    async fn who_closes_their_account_leaves_what_they_served_as_nobodys(app: TestApp) {
        let scene = scene(&app).await;
        scene.trained(&app, &scene.person).await;
        app.request(Method::DELETE, "/api/me").bearer(&scene.person.token).send().await.ok();
        app.run_jobs().await;
        let page = app.get(&format!("/api/staff/teams/{TEAM}")).by(&scene.leader).send().await.ok();
        assert_eq!(page["members"][0]["state"], "left");
        assert!(!page.to_string().contains("会拍照"), "{page}");
    }

    /// Scans, settlements and corrections at once, each by what its sender saw: whatever the
    /// order, each row says what its last change says, each change begins where the one before
    /// ended, and what was accepted is all that was written.
    async fn hours_are_right_under_whatever_happens_at_once(app: TestApp) {
        let scene = scene(&app).await;
        let mut people = Vec::new();
        for nth in 1..4 {
            let who = if nth == 1 { scene.person.clone() } else { fixtures::person(&app, scene.school.community, nth).await };
            scene.trained(&app, &who).await;
            people.push(who);
        }
        let (shift, meeting) = scene.plan(&app, TimeDelta::hours(1)).await;
        for who in &people {
            join(&app, shift, who).await.ok();
        }
        app.advance(TimeDelta::hours(1));
        for who in &people {
            scene.scan(&app, meeting, who).await;
        }
        app.advance(TimeDelta::minutes(100));
        scene.scan(&app, meeting, &people[0]).await;
        app.advance(TimeDelta::hours(2));
        let seeds = crate::support::seeds(crate::support::Backend::Sqlite, 12);
        let mut accepted = 0;
        for seed in seeds {
            let mut chance = fastrand::Rng::with_seed(seed);
            let seen = minutes(&app, meeting).await;
            let mut acts = Vec::new();
            for _ in 0..6 {
                let who = people[chance.usize(..people.len())].id;
                if chance.u8(..4) == 0 {
                    acts.push(None);
                    continue;
                }
                // Sometimes by what was seen, sometimes by what is stale.
                let was = if chance.bool() { seen.iter().find(|row| row.0 == who).map(|row| row.1) } else { Some(chance.i32(0..200)) };
                acts.push(Some((who, was, chance.i32(0..=1440))));
            }
            let done = futures_util::future::join_all(acts.iter().map(|act| async {
                match act {
                    None => scene.settle(&app, meeting).await.ok()["settled"].as_u64().unwrap(),
                    Some((who, was, minutes)) => {
                        let body = json!({"minutes": minutes, "was": was, "reason": "核对过"});
                        let answer = scene.correct(&app, (meeting, *who), body).await;
                        if answer.status.is_success() { 1 } else { answer.refused(409, "changed_meanwhile"); 0 }
                    }
                }
            })).await;
            accepted += done.iter().sum::<u64>();
            check(&app, meeting, accepted, seed).await;
        }
        assert!(accepted > 3, "{accepted}");
    }
}

async fn minutes(app: &TestApp, meeting: MeetingId) -> Vec<(ResidentId, i32)> {
    let find = service::Entity::find().filter(service::Column::MeetingId.eq(meeting));
    let rows = find.all(app.app.db.read()).await.unwrap();
    rows.into_iter().map(|row| (row.resident_id, row.minutes)).collect()
}

async fn check(app: &TestApp, meeting: MeetingId, accepted: u64, seed: u64) {
    let find = service::Entity::find().filter(service::Column::MeetingId.eq(meeting));
    let rows = find.all(app.app.db.read()).await.unwrap();
    let mut written = 0;
    for row in rows {
        let changes = service_change::Entity::find()
            .filter(service_change::Column::ServiceId.eq(row.id))
            .order_by_asc(service_change::Column::Id)
            .all(app.app.db.read())
            .await
            .unwrap();
        let mut stands = None;
        for change in &changes {
            assert_eq!(change.from_minutes, stands, "seed {seed}: a change that begins elsewhere");
            stands = Some(change.to_minutes);
        }
        assert_eq!(stands, Some(row.minutes), "seed {seed}: the row says something else");
        written += changes.len() as u64;
    }
    assert_eq!(written, accepted, "seed {seed}: what was accepted is what was written");
}
