//! Signing in outside WeChat: a number, and a code by SMS or from a colleague.

use chrono::TimeDelta;
use entity::kinds::{JobState, Role};
use entity::{audit, job, resident, sign_in_code, sign_in_try};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::on_both_databases_with_wechat;
use crate::support::fixtures::{self, Clerk};
use crate::support::platform::World;
use crate::support::{Answer, TestApp};

const NUMBER: &str = "13800000001";

/// Somebody who was entered at the counter, with this number; who it is.
async fn entered(
    app: &TestApp,
    clerk: &Clerk,
    name: &str,
    year: u32,
    phone: &str,
) -> (i64, String) {
    let community = clerk_community(app, clerk).await;
    let body = json!({
        "name": name, "birth_date": format!("{year}-03-01"), "community_id": community,
        "phone": phone, "consent_on_paper": true,
    });
    let made = app
        .post("/api/staff/residents", &body)
        .by(clerk)
        .header("idempotency-key", &format!("{year}-{phone}"));
    let made = made.send().await.ok();
    (made["id"].as_i64().unwrap(), made["learner_number"].as_str().unwrap().to_owned())
}

async fn clerk_community(app: &TestApp, clerk: &Clerk) -> i64 {
    let all = app.get("/api/staff/communities").by(clerk).send().await.ok();
    all["items"][0]["id"].as_i64().unwrap()
}

async fn ask(app: &TestApp, number: &str) -> Answer {
    app.post("/api/session/phone/code", &json!({ "number": number })).send().await
}

async fn enter(app: &TestApp, number: &str, code: &str, more: Value) -> Answer {
    let mut body = json!({ "number": number, "code": code });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.post("/api/session/phone", &body).send().await
}

/// The six digits of the last message to a number.
fn last_code(world: &World, number: &str) -> String {
    let texts = world.platform.texts();
    let text = texts.iter().rev().find(|one| one.phone == number).expect("a message");
    text.text.chars().filter(char::is_ascii_digit).take(6).collect()
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

async fn handed_out(app: &TestApp, clerk: &Clerk, id: i64) -> String {
    let made = app.post(&format!("/api/staff/residents/{id}/sign-in-code"), &json!({})).by(clerk);
    made.send().await.ok()["code"].as_str().unwrap().to_owned()
}

async fn audited(app: &TestApp, action: &str) -> Vec<String> {
    let rows = audit::Entity::find().filter(audit::Column::Action.eq(action));
    let rows = rows.all(app.app.db.read()).await.unwrap();
    rows.into_iter()
        .map(|row| format!("{} {}", row.object, row.detail.unwrap_or_default()))
        .collect()
}

on_both_databases! {
    async fn a_code_that_a_colleague_hands_out_signs_its_resident_in_once(app: TestApp) {
        let school = fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let (id, learner_number) = entered(&app, &centre, "王秀英", 1952, NUMBER).await;
        assert_eq!(app.get("/api/about").send().await.ok()["sms_sign_in"], false);
        ask(&app, NUMBER).await.refused(409, "sms_unavailable");
        let first = handed_out(&app, &centre, id).await;
        // The number on record will do, and so will the learner number.
        enter(&app, NUMBER, &wrong(&first), json!({})).await.refused(400, "code_wrong");
        let code = handed_out(&app, &officer, id).await;
        enter(&app, NUMBER, &first, json!({})).await.refused(400, "code_wrong");
        enter(&app, "13900000009", &code, json!({})).await.refused(400, "code_wrong");
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        let signed_in = enter(&app, &learner_number, &spaced, json!({})).await.ok();
        assert_eq!(signed_in["session"]["me"]["id"], id);
        let token = signed_in["session"]["token"].as_str().unwrap();
        assert_eq!(app.get("/api/me").bearer(token).send().await.ok()["name"], "王秀英");
        enter(&app, NUMBER, &code, json!({})).await.refused(400, "code_wrong");
        // Who made it and who used it stands there; the code nowhere.
        assert_eq!(audited(&app, "resident.sign_in_code").await.len(), 2);
        let used = audited(&app, "resident.signed_in_by_phone").await;
        assert_eq!(used, [format!("resident:{id} code of staff:{}", officer.id)]);
        let rows = sign_in_code::Entity::find().all(app.app.db.read()).await.unwrap();
        assert!(!format!("{rows:?}").contains(&code));
    }

    async fn staff_hand_out_codes_to_people_in_their_scope_alone(app: TestApp) {
        fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let (id, _) = entered(&app, &centre, "王秀英", 1952, NUMBER).await;
        let path = format!("/api/staff/residents/{id}/sign-in-code");
        let elsewhere = fixtures::clerk(&app, "elsewhere", Role::Officer, None).await;
        app.post(&path, &json!({})).by(&elsewhere).send().await.refused(403, "no_community");
        let other = fixtures::community_named(&app, "新桥社区").await;
        let elsewhere = fixtures::clerk(&app, "elsewhere2", Role::Officer, Some(other)).await;
        app.post(&path, &json!({})).by(&elsewhere).send().await.refused(403, "out_of_scope");
        for role in [Role::Teacher, Role::Editor, Role::SectionHead, Role::Leader] {
            let clerk = fixtures::clerk(&app, role.as_str(), role, None).await;
            app.post(&path, &json!({})).by(&clerk).send().await.refused(403, "forbidden");
        }
        app.post("/api/staff/residents/99999/sign-in-code", &json!({})).by(&centre).send().await.refused(404, "no_resident");
        app.post(&path, &json!({})).send().await.refused(401, "unauthenticated");
    }

    async fn guessing_ends_after_a_few_tries_and_a_code_after_some_minutes(app: TestApp) {
        fixtures::school(&app).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let (id, _) = entered(&app, &centre, "王秀英", 1952, NUMBER).await;
        let code = handed_out(&app, &centre, id).await;
        for _ in 0..5 {
            enter(&app, NUMBER, &wrong(&code), json!({})).await.refused(400, "code_wrong");
        }
        // Not even the right one.
        enter(&app, NUMBER, &code, json!({})).await.refused(400, "code_wrong");
        let late = handed_out(&app, &centre, id).await;
        app.advance(TimeDelta::minutes(10));
        enter(&app, NUMBER, &late, json!({})).await.refused(400, "code_wrong");
        // New codes do not buy more tries for ever.
        for _ in 0..8 {
            let code = handed_out(&app, &centre, id).await;
            enter(&app, NUMBER, &wrong(&code), json!({})).await.refused(400, "code_wrong");
        }
        let code = handed_out(&app, &centre, id).await;
        enter(&app, NUMBER, &code, json!({})).await.refused(429, "too_many_tries");
        app.advance(TimeDelta::minutes(61));
        let code = handed_out(&app, &centre, id).await;
        enter(&app, NUMBER, &code, json!({})).await.ok();
    }

    async fn from_one_address_numbers_are_not_tried_through(app: TestApp) {
        fixtures::school(&app).await;
        for nth in 0..60 {
            let number = format!("138{nth:08}");
            enter(&app, &number, "123456", json!({})).await.refused(400, "code_wrong");
        }
        enter(&app, "13899999999", "123456", json!({})).await.refused(429, "too_many_tries");
    }
}

on_both_databases_with_wechat! {
    async fn a_code_by_sms_proves_a_number_and_its_people_say_who_they_are(world: World) {
        let app = &world.app;
        fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let (wife, _) = entered(app, &centre, "王秀英", 1952, NUMBER).await;
        let (husband, _) = entered(app, &centre, "顾建国", 1950, NUMBER).await;
        let (stranger, _) = entered(app, &centre, "李建国", 1950, "13800000002").await;
        assert_eq!(app.get("/api/about").send().await.ok()["sms_sign_in"], true);
        assert_eq!(ask(app, " 138-0000 0001").await.ok()["minutes"], 10);
        app.run_jobs().await;
        let code = last_code(&world, NUMBER);
        let proved = enter(app, NUMBER, &code, json!({})).await.ok();
        assert_eq!(proved["people"], json!([
            {"id": wife, "name_masked": "王**", "born_year": 1952},
            {"id": husband, "name_masked": "顾**", "born_year": 1950},
        ]));
        enter(app, NUMBER, &code, json!({"resident_id": stranger})).await.refused(400, "code_wrong");
        let signed_in = enter(app, NUMBER, &code, json!({"resident_id": husband})).await.ok();
        assert_eq!(signed_in["session"]["me"]["name"], "顾建国");
        enter(app, NUMBER, &code, json!({"resident_id": wife})).await.refused(400, "code_wrong");
        assert_eq!(audited(app, "resident.signed_in_by_phone").await, [format!("resident:{husband} by SMS")]);
        // Number and code are not kept in what was sent.
        let row = sign_in_code::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!(row.letter_sealed, None);
    }

    async fn a_number_that_is_unknown_is_answered_alike_and_may_begin(world: World) {
        let app = &world.app;
        let school = fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        entered(app, &centre, "王秀英", 1952, NUMBER).await;
        let unknown = "13700000007";
        assert_eq!(ask(app, unknown).await.ok(), ask(app, NUMBER).await.ok());
        let guess = "000000";
        let answers = [enter(app, unknown, guess, json!({})).await, enter(app, NUMBER, guess, json!({})).await];
        let [one, other] = answers.map(|answer| answer.refused(400, "code_wrong"));
        assert_eq!((&one["message"], &one["next"]), (&other["message"], &other["next"]));
        app.run_jobs().await;
        let code = last_code(&world, unknown);
        assert_eq!(enter(app, unknown, &code, json!({})).await.ok()["people"], json!([]));
        enter(app, unknown, &code, json!({"newcomer_consent": "of old"})).await.refused(409, "consent_outdated");
        let version = &app.app.config.members.consent_version;
        let begun = enter(app, unknown, &code, json!({"newcomer_consent": version})).await.ok();
        let me = &begun["session"]["me"];
        assert_eq!((&me["phone_masked"], &me["needs"]), (&json!("137****0007"), &json!(["profile"])));
        // Next time they are known; until they say their name there is nobody to choose.
        let token = begun["session"]["token"].as_str().unwrap();
        let profile = json!({"name": "沈新妹", "birth_date": "1958-08-08", "community_id": school.community});
        app.put("/api/me/profile", &profile).bearer(token).send().await.ok();
        ask(app, unknown).await.ok();
        app.run_jobs().await;
        let people = enter(app, unknown, &last_code(&world, unknown), json!({})).await.ok();
        assert_eq!(people["people"][0]["id"], me["id"]);
    }

    async fn whoever_was_entered_at_the_counter_is_found_by_a_proved_number_and_their_name(world: World) {
        let app = &world.app;
        let school = fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let (known, _) = entered(app, &centre, "王秀英", 1952, NUMBER).await;
        ask(app, NUMBER).await.ok();
        app.run_jobs().await;
        let version = &app.app.config.members.consent_version;
        let begun = enter(app, NUMBER, &last_code(&world, NUMBER), json!({"newcomer_consent": version})).await.ok();
        let token = begun["session"]["token"].as_str().unwrap();
        assert_ne!(begun["session"]["me"]["id"], known);
        let profile = json!({"name": "王秀英", "birth_date": "1952-03-01", "community_id": school.community});
        let saved = app.put("/api/me/profile", &profile).bearer(token).send().await.ok();
        assert_eq!(saved["id"], known);
        app.run_jobs().await;
    }

    async fn messages_are_not_sent_without_end(world: World) {
        let app = &world.app;
        for _ in 0..4 {
            ask(app, NUMBER).await.ok();
        }
        ask(app, NUMBER).await.refused(429, "too_many_codes");
        ask(app, "1380000").await.refused(400, "bad_phone");
        for nth in 0..16 {
            ask(app, &format!("1370000{nth:04}")).await.ok();
        }
        ask(app, "13700009999").await.refused(429, "too_many_codes");
        app.run_jobs().await;
        // The older ones to a number are void, and were not sent.
        let sent = world.platform.texts();
        assert_eq!(sent.iter().filter(|one| one.phone == NUMBER).count(), 1);
        world.advance(TimeDelta::hours(25));
        ask(app, NUMBER).await.ok();
        app.run_jobs().await;
        // What no limit needs any more is gone.
        assert_eq!(sign_in_code::Entity::find().count(app.app.db.read()).await.unwrap(), 1);
        assert_eq!(sign_in_try::Entity::find().count(app.app.db.read()).await.unwrap(), 1);
    }

    async fn a_message_that_the_provider_refuses_is_tried_again_until_its_code_has_run_out(world: World) {
        let app = &world.app;
        ask(app, "19900000001").await.ok();
        for _ in 0..6 {
            app.run_jobs().await;
            world.advance(TimeDelta::seconds(150));
        }
        app.run_jobs().await;
        assert_eq!(world.platform.texts().len(), 0);
        let rows = job::Entity::find().filter(job::Column::Kind.eq("send_sign_in_code"));
        let rows = rows.all(app.app.db.read()).await.unwrap();
        assert_eq!(rows[0].state, JobState::Done);
        let row = sign_in_code::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!(row.letter_sealed, None);
    }

    async fn whoever_is_erased_leaves_no_code_and_cannot_come_back_as_themselves(world: World) {
        let app = &world.app;
        fixtures::school(app).await;
        let centre = fixtures::clerk(app, "centre", Role::Centre, None).await;
        let (id, _) = entered(app, &centre, "王秀英", 1952, NUMBER).await;
        let code = handed_out(app, &centre, id).await;
        ask(app, NUMBER).await.ok();
        app.run_jobs().await;
        let body = json!({"reason": "本人书面申请"});
        app.post(&format!("/api/staff/residents/{id}/erase"), &body).by(&centre).send().await;
        enter(app, NUMBER, &code, json!({})).await.refused(400, "code_wrong");
        assert_eq!(sign_in_code::Entity::find().count(app.app.db.read()).await.unwrap(), 0);
        let left = resident::Entity::find_by_id(entity::ids::ResidentId(id)).one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!((left.phone_hash, left.phone_tail_hash), (None, None));
        app.run_jobs().await;
    }
}
