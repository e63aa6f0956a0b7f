//! Places kept for the counter and the telephone, and what is done there.

use chrono::TimeDelta;
use entity::ids::{ClassId, CommunityId};
use entity::kinds::{ConsentKind, Role, WechatAccount};
use entity::{class, community, resident, term};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use shangxue::members::{self, NewResident, ProfileInput};

use crate::on_both_databases;
use crate::support::fixtures::{self, Clerk, Person, School};
use crate::support::{Answer, TestApp};

async fn sign_up(app: &TestApp, who: &Person, class: ClassId, join: bool) -> Answer {
    let body = json!({"join_waitlist": join});
    app.post(&format!("/api/classes/{class}/enrolments"), &body).bearer(&who.token).send().await
}

async fn at_counter(app: &TestApp, who: &Clerk, class: ClassId, nth: u32) -> Answer {
    let body = json!({"learner_number": format!("2026{nth:06}")});
    let path = format!("/api/staff/classes/{class}/enrolments");
    app.post(&path, &body).staff(&who.token, &who.csrf).send().await
}

async fn row(app: &TestApp, class: ClassId) -> class::Model {
    class::Entity::find_by_id(class).one(app.app.db.read()).await.unwrap().unwrap()
}

/// A term that opens now and keeps two of ten places for a day.
async fn keeping(app: &TestApp, capacity: i32) -> (School, ClassId) {
    let school = fixtures::school(app).await;
    term::Entity::update_many()
        .col_expr(term::Column::EnrolmentOpensAt, Expr::value(app.now()))
        .col_expr(term::Column::HeldPercent, Expr::value(20))
        .filter(term::Column::Id.eq(school.term))
        .exec(app.app.db.writer())
        .await
        .unwrap();
    let class = fixtures::class(app, &school, "一班", capacity).await;
    (school, class)
}

async fn people(app: &TestApp, school: &School, count: u32) -> Vec<Person> {
    let mut people = Vec::new();
    for nth in 1..=count {
        people.push(fixtures::person(app, school.community, nth).await);
    }
    people
}

async fn card(app: &TestApp, class: ClassId) -> Value {
    app.get(&format!("/api/classes/{class}")).send().await.ok()
}

on_both_databases! {
    async fn a_share_is_kept_for_staff_until_a_day_after_the_opening(app: TestApp) {
        let (school, class) = keeping(&app, 5).await;
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let people = people(&app, &school, 8).await;
        for person in &people[..4] {
            assert_eq!(sign_up(&app, person, class, false).await.ok()["outcome"], "placed");
        }
        // Residents see none free, and when the rest is.
        let seen = card(&app, class).await;
        assert_eq!((&seen["free"], &seen["kept"]), (&json!(0), &json!(1)));
        assert_eq!(seen["kept_until_text"], "9月2日（周三）9:00");
        let refused = sign_up(&app, &people[4], class, false).await;
        refused.refused(409, "class_full");
        assert_eq!(sign_up(&app, &people[4], class, true).await.ok()["outcome"], "waiting");
        // Staff give it, past who waits; then it is full for them too.
        assert_eq!(at_counter(&app, &clerk, class, 6).await.ok()["status"], "placed");
        at_counter(&app, &clerk, class, 7).await.refused(409, "class_full");
        let full = row(&app, class).await;
        assert_eq!((full.taken, full.by_staff, full.waiting), (5, 1, 1));
        // Who leaves a place of staff's leaves it to staff, not to the list.
        let list = app.get("/api/me/enrolments").bearer(&people[5].token).send().await.ok();
        let id = list["items"][0]["id"].as_i64().unwrap();
        app.post(&format!("/api/me/enrolments/{id}/withdraw"), &json!({})).bearer(&people[5].token).send().await.ok();
        while app.run_jobs().await > 0 {}
        let left = row(&app, class).await;
        assert_eq!((left.taken, left.by_staff, left.waiting), (4, 0, 1));

        // From the hour on a newcomer finds it free but for who waits; no job has run.
        app.advance(TimeDelta::hours(24));
        let seen = card(&app, class).await;
        assert_eq!((&seen["free"], &seen["kept"]), (&json!(1), &json!(0)));
        assert_eq!(sign_up(&app, &people[6], class, true).await.ok()["outcome"], "waiting");
        while app.run_jobs().await > 0 {}
        let mine = app.get("/api/me/enrolments").bearer(&people[4].token).send().await.ok();
        assert_eq!(mine["items"][0]["status"], "offered");
        assert_eq!(row(&app, class).await.taken, 5);
    }

    async fn a_class_may_keep_another_share_than_its_term(app: TestApp) {
        let (school, class) = keeping(&app, 10).await;
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        assert_eq!(card(&app, class).await["kept"], 2);
        let body = |percent: Value| json!({"name": "一班", "room": "201教室", "capacity": 10, "teacher_id": school.teacher, "held_percent": percent});
        let path = format!("/api/staff/classes/{class}");
        let put = async |percent: Value| app.put(&path, &body(percent)).by(&clerk).send().await;
        put(json!(101)).await.refused(400, "out_of_range");
        assert_eq!(put(json!(95)).await.ok()["kept"], 9);
        // Who waits gets what is kept no longer.
        let people = people(&app, &school, 2).await;
        sign_up(&app, &people[0], class, false).await.ok();
        assert_eq!(sign_up(&app, &people[1], class, true).await.ok()["outcome"], "waiting");
        while app.run_jobs().await > 0 {}
        assert_eq!(row(&app, class).await.taken, 1);
        assert_eq!(put(json!(0)).await.ok()["held_percent"], 0);
        while app.run_jobs().await > 0 {}
        let mine = app.get("/api/me/enrolments").bearer(&people[1].token).send().await.ok();
        assert_eq!(mine["items"][0]["status"], "offered");
        assert_eq!(put(Value::Null).await.ok()["kept"], 2);
        while app.run_jobs().await > 0 {}
    }

    async fn somebody_new_at_the_counter_is_entered_once(app: TestApp) {
        let (school, class) = keeping(&app, 5).await;
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let body = |more: Value| {
            let mut body = json!({"name": "丁桂英", "birth_date": "1956-03-01", "phone": "13912345678", "community_id": school.community, "consent_on_paper": true});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let register = async |key: &str, more: Value| {
            app.post("/api/staff/residents", &body(more)).by(&clerk).header("idempotency-key", key).send().await
        };
        register("k1", json!({"consent_on_paper": false})).await.refused(400, "consent_needed");
        register("k1", json!({"phone": "12"})).await.refused(400, "bad_phone");
        // Twice at the same time, and once more.
        let (one, two) = tokio::join!(register("k1", json!({})), register("k1", json!({})));
        let made = one.ok();
        assert_eq!(two.ok()["id"], made["id"]);
        assert_eq!(register("k1", json!({})).await.ok()["learner_number"], made["learner_number"]);
        register("k2", json!({})).await.refused(409, "resident_exists");
        let path = "/api/staff/counter/matches";
        for (name, value) in [("number", "139 1234 5678"), ("number", made["learner_number"].as_str().unwrap())] {
            let found = app.get(path).query(name, value).by(&clerk).send().await.ok();
            assert_eq!((&found["items"][0]["id"], &found["items"][0]["consented"]), (&made["id"], &json!(true)));
        }
        let found = app.get(path).query("name", "丁桂英").query("birth_date", "1956-03-01").by(&clerk).send().await.ok();
        assert_eq!(found["items"][0]["phone_masked"], "139****5678");
        assert_eq!(app.get(path).query("name", "丁桂").by(&clerk).send().await.ok()["items"], json!([]));
        // Another of the same name and birthday.
        assert_ne!(register("k2", json!({"another": true, "phone": null})).await.ok()["id"], made["id"]);

        // The sign-up, said twice, is one; and its slip.
        let sign_up = async || {
            let body = json!({"learner_number": made["learner_number"]});
            app.post(&format!("/api/staff/classes/{class}/enrolments"), &body).by(&clerk).header("idempotency-key", "s1").send().await
        };
        let (one, two) = tokio::join!(sign_up(), sign_up());
        let id = one.ok()["enrolment_id"].as_i64().unwrap();
        assert_eq!(two.ok()["enrolment_id"], id);
        let slip = app.get(&format!("/api/staff/enrolments/{id}/slip")).by(&clerk).send().await.ok();
        assert_eq!((&slip["name"], &slip["status_text"], &slip["class_name"]), (&json!("丁桂英"), &json!("已录取"), &json!("一班")));
        assert_eq!(slip["link"], format!("{}/m/#/classes/{class}", app.url));
        assert!(slip["svg"].as_str().unwrap().contains("<svg"));
    }

    async fn an_officer_acts_for_the_own_community_alone(app: TestApp) {
        let (school, class) = keeping(&app, 5).await;
        let other = community::ActiveModel { name: Set("红旗社区".to_owned()), ..Default::default() };
        let other = other.insert(app.app.db.writer()).await.unwrap().id;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let elsewhere = fixtures::person(&app, other, 1).await;
        let found = app.get("/api/staff/counter/matches").query("number", "2026000001").by(&officer).send().await.ok();
        assert_eq!(found["items"][0]["yours"], false);
        assert_eq!(found["items"][0]["name"], "学**");
        assert_eq!(found["items"][0].get("birth_date"), None);
        let register = async |name: &str, community: CommunityId| {
            let body = json!({"name": name, "birth_date": "1956-03-01", "community_id": community, "consent_on_paper": true});
            app.post("/api/staff/residents", &body).by(&officer).header("idempotency-key", "k").send().await
        };
        register("丁桂英", other).await.refused(403, "out_of_scope");
        register("学员1", school.community).await.refused(409, "resident_elsewhere");
        app.post(&format!("/api/staff/residents/{}/paper-consent", elsewhere.id), &json!({})).by(&officer).send().await.refused(403, "out_of_scope");
        at_counter(&app, &officer, class, 1).await.refused(404, "resident_not_found");
        let made = register("丁桂英", school.community).await.ok();
        assert_eq!(made["community_name"], "常沙社区");
    }

    async fn who_was_entered_at_the_counter_is_known_when_they_come_by_wechat(app: TestApp) {
        let (school, _) = keeping(&app, 5).await;
        let enter = async |name: &str, phone: &str| {
            let tx = app.app.db.begin().await.unwrap();
            let new = NewResident {
                name: name.to_owned(),
                birth_date: "1956-03-01".parse().unwrap(),
                community_id: school.community,
                phone: Some(phone.to_owned()),
                mini_openid: None,
            };
            let id = members::create(&app.app, &tx, &new).await.unwrap();
            tx.commit().await.unwrap();
            id
        };
        let known = enter("丁桂英", "13912345678").await;
        // Comes by WeChat, which vouches for a phone number; then says who they are.
        let come = async |openid: &str, phone: Option<&str>| {
            let tx = app.app.db.begin().await.unwrap();
            let (now, db) = (app.now(), &tx);
            let row = resident::ActiveModel {
                learner_number: Set(format!("20269{openid:0>5}")),
                phone_hash: Set(phone.map(|phone| app.app.vault.fingerprint("phone", phone))),
                phone_sealed: Set(phone.map(|phone| app.app.vault.seal("phone", phone).unwrap())),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            };
            let id = row.insert(db).await.unwrap().id;
            assert!(members::add_openid(db, id, WechatAccount::Mini, openid, None, now).await.unwrap());
            tx.commit().await.unwrap();
            members::give_consent(&app.app, id, ConsentKind::Privacy, &app.app.config.members.consent_version).await.unwrap();
            id
        };
        let say = async |id, name: &str| {
            let input = ProfileInput {
                name: name.to_owned(),
                birth_date: "1956-03-01".parse().unwrap(),
                community_id: school.community,
                phone: None,
                id_number: None,
            };
            members::save_profile(&app.app, id, input).await.unwrap()
        };
        // A grandson with the family's number, and a number that was only typed.
        let grandson = come("1", Some("13912345678")).await;
        assert_eq!(say(grandson, "丁小明").await, grandson);
        let typed = come("2", None).await;
        assert_eq!(say(typed, "丁桂英").await, typed);
        let herself = come("3", Some("13912345678")).await;
        assert_eq!(say(herself, "丁桂英").await, known);
        assert_eq!(members::by_openid(app.app.db.read(), WechatAccount::Mini, "3").await.unwrap(), Some(known));
        // Whoever has a WeChat of their own is not given another's.
        let again = come("4", Some("13912345678")).await;
        assert_eq!(say(again, "丁桂英").await, again);
        while app.run_jobs().await > 0 {}
    }
}
