//! Residents: sign-in with WeChat, consent, profile; and staff who look for them.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::ids::{CommunityId, ResidentId};
use entity::kinds::{ConsentKind, Role, WechatAccount};
use entity::{community, consent, resident, resident_session};
use futures_util::future::join_all;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use shangxue::error::Kind;
use shangxue::members::{self, NewResident};
use shangxue::sandbox::Fault;

use crate::support::fixtures::{clerk, person, school};
use crate::support::{Answer, TestApp};
use crate::{on_both_databases, on_both_databases_with_wechat};

const LOGIN: &str = "/sns/jscode2session";
const PHONE: &str = "/wxa/business/getuserphonenumber";

/// An ID number of somebody born on this day, with its check character.
fn id_number(born: &str, order: u32) -> String {
    let digits = format!("320582{born}{order:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        digits.bytes().zip(weights).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

fn profile(community: CommunityId) -> Value {
    json!({ "name": "王秀英", "birth_date": "1956-03-01", "community_id": community.0 })
}

/// The profile with one field changed.
fn with(mut profile: Value, field: &str, value: &str) -> Value {
    profile[field] = json!(value);
    profile
}

async fn agree(app: &TestApp, token: &str, kind: &str) -> Answer {
    let version = &app.app.config.members.consent_version;
    let body = json!({ "kind": kind, "version": version });
    app.post("/api/me/consents", &body).bearer(token).send().await
}

async fn save(app: &TestApp, token: &str, profile: &Value) -> Answer {
    app.put("/api/me/profile", profile).bearer(token).send().await
}

async fn me(app: &TestApp, token: &str) -> Answer {
    app.get("/api/me").bearer(token).send().await
}

async fn row(app: &TestApp, id: ResidentId) -> resident::Model {
    resident::Entity::find_by_id(id).one(app.app.db.read()).await.unwrap().unwrap()
}

on_both_databases_with_wechat! {
    async fn the_first_sign_in_makes_a_resident_and_says_what_is_still_needed(world: World) {
        let app = &world.app;
        let user = world.platform.add_user("王秀英");
        let first = world.sign_in(&user).await;
        assert_eq!(first["me"]["needs"], json!(["consent", "profile"]));
        assert_eq!(first["me"]["has_id_number"], false);
        assert!(first["me"].get("name").is_none(), "{first}");
        let number = first["me"]["learner_number"].as_str().unwrap();
        assert!(number.len() == 10 && number.starts_with("2026"), "{number}");
        let token = first["token"].as_str().unwrap();
        assert_eq!(me(app, token).await.ok(), first["me"]);

        let again = world.sign_in(&user).await;
        assert_eq!(again["me"]["id"], first["me"]["id"]);
        assert_ne!(again["token"], first["token"]);
        let other = world.sign_in(&world.platform.add_user("李建国")).await;
        assert_ne!(other["me"]["id"], first["me"]["id"]);
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());
    }

    async fn a_double_tap_on_sign_in_succeeds_twice_with_one_code(world: World) {
        let user = world.platform.add_user("王秀英");
        let code = world.platform.login_code(&user);
        let first = world.sign_in_with(&code).await.ok();
        let second = world.sign_in_with(&code).await.ok();
        assert_eq!(first["me"]["id"], second["me"]["id"]);
        assert_eq!(world.calls(LOGIN), 1, "the second was answered from memory");

        // Both at once: one of them is told by WeChat that the code is used.
        let code = world.platform.login_code(&user);
        let (one, two) = tokio::join!(world.sign_in_with(&code), world.sign_in_with(&code));
        assert_eq!(one.ok()["me"]["id"], first["me"]["id"]);
        assert_eq!(two.ok()["me"]["id"], first["me"]["id"]);
    }

    async fn first_sign_ins_of_one_person_at_once_make_one_resident(world: World) {
        let user = world.platform.add_user("王秀英");
        let answers =
            join_all((0..8).map(|_| world.platform.login_code(&user)).map(|code| {
                let world = &world;
                async move { world.sign_in_with(&code).await.ok()["me"]["id"].as_i64().unwrap() }
            }))
            .await;
        assert!(answers.iter().all(|id| *id == answers[0]), "{answers:?}");
        assert_eq!(resident::Entity::find().count(world.app.app.db.read()).await.unwrap(), 1);
    }

    async fn a_code_that_is_no_good_is_refused_in_plain_words(world: World) {
        for code in ["", "  ", "invented"] {
            world.sign_in_with(code).await.refused(400, "login_code_invalid");
        }
        world.sign_in_with(&"x".repeat(300)).await.refused(400, "invalid");
        world.app.post("/api/session", &json!({})).send().await.refused(400, "invalid");
        // Used elsewhere, and not by us.
        let code = world.platform.login_code(&world.platform.add_user("王秀英"));
        world.platform.fail_next(LOGIN, Fault::Errcode(40163), 1);
        world.sign_in_with(&code).await.refused(400, "login_code_invalid");
    }

    async fn wechats_troubles_are_told_apart(world: World) {
        let code = world.platform.login_code(&world.platform.add_user("王秀英"));
        for (fault, status, code_of_ours) in [
            (Fault::Errcode(-1), 503, "wechat_unavailable"),
            (Fault::Http500, 503, "wechat_unavailable"),
            (Fault::Errcode(40226), 403, "login_blocked"),
            (Fault::Errcode(40013), 503, "wechat_refused"),
        ] {
            world.platform.fail_next(LOGIN, fault, 1);
            world.sign_in_with(&code).await.refused(status, code_of_ours);
        }
        world.sign_in_with(&code).await.ok();
        assert_eq!(resident::Entity::find().count(world.app.app.db.read()).await.unwrap(), 1);
    }

    async fn accounts_are_joined_by_unionid(world: World) {
        let (app, user) = (&world.app, world.platform.add_user("王秀英"));
        let db = &app.app.db;
        let community = school(app).await.community;
        let new = NewResident {
            name: "王秀英".to_owned(),
            birth_date: NaiveDate::from_ymd_opt(1956, 3, 1).unwrap(),
            community_id: community,
            phone: None,
            mini_openid: None,
        };
        // Known as a follower of the account first.
        let tx = db.begin().await.unwrap();
        let id = members::create(&app.app, &tx, &new).await.unwrap();
        let (openid, unionid) = (&user.official_openid, Some(user.unionid.as_str()));
        let official = WechatAccount::Official;
        assert!(members::add_openid(&tx, id, official, openid, unionid, app.now()).await.unwrap());
        assert!(!members::add_openid(&tx, id, official, openid, unionid, app.now()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(world.sign_in(&user).await["me"]["id"], id.0);
        let mini = members::openid(db.read(), id, WechatAccount::Mini).await.unwrap();
        assert_eq!(mini, Some(user.mini_openid.clone()));
        let found = members::by_openid(db.read(), WechatAccount::Mini, &user.mini_openid).await.unwrap();
        assert_eq!(found, Some(id));

        // Known by the mini-program before the accounts were bound together.
        let user = world.platform.add_user("李建国");
        let tx = db.begin().await.unwrap();
        let new = NewResident { mini_openid: Some(user.mini_openid.clone()), ..new };
        let id = members::create(&app.app, &tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(members::by_unionid(db.read(), &user.unionid).await.unwrap(), None);
        assert_eq!(world.sign_in(&user).await["me"]["id"], id.0);
        assert_eq!(members::by_unionid(db.read(), &user.unionid).await.unwrap(), Some(id));
    }

    async fn the_phone_button_gives_the_number_that_wechat_vouches_for(world: World) {
        let (app, user) = (&world.app, world.platform.add_user("王秀英"));
        let session = world.sign_in(&user).await;
        let token = session["token"].as_str().unwrap();
        let send = |code: String| app.post("/api/me/phone", &json!({ "code": code })).bearer(token).send();
        send(world.platform.phone_code(&user)).await.refused(403, "consent_needed");
        assert_eq!(world.calls(PHONE), 0, "nothing is asked without consent");
        agree(app, token, "privacy").await.ok();
        let code = world.platform.phone_code(&user);
        let me = send(code.clone()).await.ok();
        let masked = format!("{}****{}", &user.phone[..3], &user.phone[7..]);
        assert_eq!(me["phone_masked"], masked);
        for bad in [code.as_str(), "invented", ""] {
            send(bad.to_owned()).await.refused(400, "phone_code_invalid");
        }
        world.platform.fail_next(PHONE, Fault::Errcode(-1), 1);
        send(world.platform.phone_code(&user)).await.refused(503, "wechat_unavailable");
    }
}

on_both_databases! {
    async fn a_session_ends_with_sign_out_or_long_absence_and_no_sooner(app: TestApp) {
        let community = school(&app).await.community;
        let leaves = person(&app, community, 1).await;
        let stays = person(&app, community, 2).await;
        app.request(reqwest::Method::DELETE, "/api/session").bearer(&leaves.token).send().await.ok();
        let refused = me(&app, &leaves.token).await.refused(401, "unauthenticated");
        assert!(!refused["next"][0]["text"].as_str().unwrap().is_empty());
        me(&app, "forged").await.refused(401, "unauthenticated");
        app.get("/api/me").send().await.refused(401, "unauthenticated");

        // It slides with each visit…
        app.advance(TimeDelta::days(60));
        me(&app, &stays.token).await.ok();
        app.advance(TimeDelta::days(60));
        me(&app, &stays.token).await.ok();
        // …and ends without.
        app.advance(TimeDelta::days(90));
        me(&app, &stays.token).await.refused(401, "unauthenticated");
    }

    async fn a_visit_is_noted_at_most_once_an_hour(app: TestApp) {
        let someone = person(&app, school(&app).await.community, 1).await;
        let seen = || async {
            let row = resident_session::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
            row.last_seen_at
        };
        let first: DateTime<Utc> = seen().await;
        app.advance(TimeDelta::minutes(59));
        me(&app, &someone.token).await.ok();
        assert_eq!(seen().await, first);
        app.advance(TimeDelta::minutes(1));
        me(&app, &someone.token).await.ok();
        assert_eq!(seen().await, app.now());
    }

    async fn a_consent_is_to_the_present_text_and_kept_when_withdrawn(app: TestApp) {
        let someone = person(&app, school(&app).await.community, 1).await;
        let token = &someone.token;
        let old = json!({ "kind": "privacy", "version": "2020-01" });
        app.post("/api/me/consents", &old).bearer(token).send().await.refused(409, "consent_outdated");
        let strange = json!({ "kind": "everything", "version": "2026-09" });
        app.post("/api/me/consents", &strange).bearer(token).send().await.refused(400, "invalid");
        agree(&app, token, "privacy").await.ok();
        agree(&app, token, "privacy").await.ok();
        let db = app.app.db.read();
        assert_eq!(consent::Entity::find().count(db).await.unwrap(), 1, "agreeing again is no new consent");

        app.advance(TimeDelta::hours(1));
        let withdraw = "/api/me/consents/privacy";
        let me = app.request(reqwest::Method::DELETE, withdraw).bearer(token).send().await.ok();
        assert_eq!(me["needs"], json!(["consent"]));
        let kept = consent::Entity::find().one(db).await.unwrap().unwrap();
        assert_eq!(kept.withdrawn_at, Some(app.now()));
        let refused = members::ready(&app.app, db, someone.id).await.unwrap_err();
        assert_eq!((refused.kind, refused.code), (Kind::Forbidden, "consent_needed"));
        assert_eq!(refused.next[0].page.as_deref(), Some("/consent"));

        assert_eq!(agree(&app, token, "privacy").await.ok()["needs"], json!([]));
        assert_eq!(consent::Entity::find().count(db).await.unwrap(), 2);

        // A new text asks everyone again.
        let all = consent::Entity::find().all(db).await.unwrap();
        for row in all {
            let earlier = consent::ActiveModel { id: Set(row.id), version: Set("2026-01".to_owned()), ..Default::default() };
            earlier.update(app.app.db.writer()).await.unwrap();
        }
        let me = app.get("/api/me").bearer(token).send().await.ok();
        assert_eq!(me["needs"], json!(["consent"]));
    }

    async fn a_profile_is_filled_in_after_consent_and_shown_masked(app: TestApp) {
        let community = school(&app).await.community;
        let someone = person(&app, community, 1).await;
        let token = &someone.token;
        app.request(reqwest::Method::DELETE, "/api/me/consents/privacy").bearer(token).send().await.ok();
        let refused = save(&app, token, &profile(community)).await.refused(403, "consent_needed");
        assert_eq!(refused["next"][0]["page"], "/consent");
        agree(&app, token, "privacy").await.ok();

        let me = save(&app, token, &with(profile(community), "phone", " 138-0000 0001 ")).await.ok();
        assert_eq!((&me["name"], &me["birth_date"]), (&json!("王秀英"), &json!("1956-03-01")));
        assert_eq!(me["community"], json!({ "id": community.0, "name": "常沙社区" }));
        assert_eq!(me["phone_masked"], "138****0001");
        assert_eq!(me["needs"], json!([]));
        assert!(!me.to_string().contains("13800000001"));
        // What is not given stays.
        let me = save(&app, token, &with(profile(community), "phone", "")).await.ok();
        assert_eq!(me["phone_masked"], "138****0001");
        let kept = format!("{:?}", row(&app, someone.id).await);
        assert!(!kept.contains("13800000001"), "the database must not show it");
        // A family may share a phone.
        let child = person(&app, community, 2).await;
        save(&app, &child.token, &with(profile(community), "phone", "13800000001")).await.ok();

        let ready = members::ready(&app.app, app.app.db.read(), someone.id).await.unwrap();
        assert_eq!((ready.name.as_str(), ready.community_id), ("王秀英", community));
    }

    async fn every_wrong_field_of_a_profile_is_named(app: TestApp) {
        let community = school(&app).await.community;
        let someone = person(&app, community, 1).await;
        agree(&app, &someone.token, "sensitive").await.ok();
        let good = profile(community);
        for (field, value, code) in [
            ("name", "王", "bad_name"),
            ("name", "王秀英1", "bad_name"),
            ("name", "<b>王秀英</b>", "bad_name"),
            ("birth_date", "1899-12-31", "bad_birth_date"),
            ("birth_date", "2026-09-02", "bad_birth_date"),
            ("birth_date", "1956-02-30", "invalid"),
            ("phone", "12345", "bad_phone"),
            ("phone", "12800000001", "bad_phone"),
            ("id_number", "123", "bad_id_number"),
            ("id_number", "11010519491231002X", "bad_id_number"),
            ("id_number", "320582195603010010", "bad_id_number"),
        ] {
            save(&app, &someone.token, &with(good.clone(), field, value)).await.refused(400, code);
        }
        let mut nowhere = good.clone();
        nowhere["community_id"] = json!(999);
        save(&app, &someone.token, &nowhere).await.refused(400, "no_community");
        save(&app, &someone.token, &json!({ "name": "王秀英" })).await.refused(400, "invalid");
        assert_eq!(row(&app, someone.id).await.name.as_deref(), Some("学员1"), "nothing was saved");
    }

    async fn an_id_number_has_a_consent_of_its_own_and_one_owner(app: TestApp) {
        let community = school(&app).await.community;
        let (one, two) = (person(&app, community, 1).await, person(&app, community, 2).await);
        let number = id_number("19560301", 12);
        let filled = with(profile(community), "id_number", &number);
        save(&app, &one.token, &filled).await.refused(403, "sensitive_consent_needed");
        agree(&app, &one.token, "sensitive").await.ok();
        let lower = with(profile(community), "id_number", &number.to_lowercase());
        assert_eq!(save(&app, &one.token, &lower).await.ok()["has_id_number"], true);
        assert!(!format!("{:?}", row(&app, one.id).await).contains(&number));
        // Saving it again is no conflict with oneself.
        save(&app, &one.token, &filled).await.ok();

        agree(&app, &two.token, "sensitive").await.ok();
        let refused = save(&app, &two.token, &filled).await.refused(409, "id_number_taken");
        assert!(refused["next"][0]["text"].as_str().unwrap().contains("电话"), "{refused}");
        assert_eq!(row(&app, two.id).await.name.as_deref(), Some("学员2"), "nothing was saved");

        // The birth date cannot drift away from it afterwards.
        let later = with(profile(community), "birth_date", "1957-03-01");
        save(&app, &one.token, &later).await.refused(400, "bad_id_number");

        let withdraw = "/api/me/consents/sensitive";
        let me = app.request(reqwest::Method::DELETE, withdraw).bearer(&one.token).send().await.ok();
        assert_eq!(me["has_id_number"], false);
        assert_eq!(row(&app, one.id).await.id_number_hash, None);
        save(&app, &one.token, &later).await.ok();
        assert_eq!(save(&app, &two.token, &filled).await.ok()["has_id_number"], true);
    }

    async fn of_two_who_give_one_id_number_at_once_one_has_it(app: TestApp) {
        let community = school(&app).await.community;
        for round in 0..5 {
            let one = person(&app, community, round * 2 + 1).await;
            let two = person(&app, community, round * 2 + 2).await;
            let filled = with(profile(community), "id_number", &id_number("19560301", round));
            for token in [&one.token, &two.token] {
                agree(&app, token, "sensitive").await.ok();
            }
            let (first, second) =
                tokio::join!(save(&app, &one.token, &filled), save(&app, &two.token, &filled));
            let mut statuses = [first.status.as_u16(), second.status.as_u16()];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 409]);
        }
    }

    async fn communities_are_listed_for_everyone(app: TestApp) {
        let community = school(&app).await.community;
        let list = app.get("/api/communities").send().await.ok();
        assert_eq!(list, json!({ "items": [{ "id": community.0, "name": "常沙社区" }], "total": 1 }));
    }

    async fn staff_find_residents_within_their_scope(app: TestApp) {
        let here = school(&app).await.community;
        let there = community::ActiveModel { name: Set("常红社区".to_owned()), ..Default::default() };
        let there = there.insert(app.app.db.writer()).await.unwrap().id;
        let (mine, other) = (person(&app, here, 1).await, person(&app, there, 2).await);
        save(&app, &mine.token, &with(profile(here), "phone", "13800000001")).await.ok();
        save(&app, &other.token, &with(profile(there), "name", "Wang Xiuying")).await.ok();

        let centre = clerk(&app, "centre", Role::Centre, None).await;
        let officer = clerk(&app, "officer", Role::Officer, Some(there)).await;
        let nowhere = clerk(&app, "nowhere", Role::Officer, None).await;
        let teacher = clerk(&app, "teacher", Role::Teacher, None).await;
        let find = |who, q: &'static str| {
            app.request(reqwest::Method::GET, "/api/staff/residents").query("q", q).by(who).send()
        };
        let found = find(&centre, "秀英").await.ok();
        assert_eq!(found["total"], 1);
        assert_eq!(
            found["items"][0],
            json!({
                "id": mine.id.0, "name": "王秀英", "learner_number": "2026000001",
                "phone_masked": "138****0001", "community_name": "常沙社区",
            })
        );
        for (q, total) in [
            ("2026000002", 1), ("138 0000 0001", 1), ("1380000000", 0), ("wang x", 1), ("WANG", 1),
            ("%%", 0), ("__", 0), ("王%英", 0), ("没有这个人", 0),
        ] {
            assert_eq!(find(&centre, q).await.ok()["total"], total, "{q}");
        }
        for (q, total) in [("秀英", 0), ("2026000001", 0), ("13800000001", 0), ("wang", 1)] {
            assert_eq!(find(&officer, q).await.ok()["total"], total, "{q}");
        }
        assert_eq!(find(&nowhere, "wang").await.ok()["total"], 0);
        find(&centre, "王").await.refused(400, "query_too_short");
        find(&centre, "\0\0").await.refused(400, "query_too_short");
        find(&teacher, "秀英").await.refused(403, "forbidden");
        app.get("/api/staff/residents?q=wang").send().await.refused(401, "unauthenticated");
        app.get("/api/staff/residents?q=wang").bearer(&mine.token).send().await.refused(401, "unauthenticated");
    }

    async fn people_are_read_together(app: TestApp) {
        let community = school(&app).await.community;
        let (one, two) = (person(&app, community, 1).await, person(&app, community, 2).await);
        save(&app, &one.token, &with(profile(community), "phone", "13800000001")).await.ok();
        let people = members::people(&app.app, app.app.db.read(), &[one.id, two.id]).await.unwrap();
        assert_eq!(people[&one.id].phone_masked.as_deref(), Some("138****0001"));
        assert_eq!(people[&two.id].learner_number, "2026000002");
        assert!(members::people(&app.app, app.app.db.read(), &[]).await.unwrap().is_empty());
        let tx = app.app.db.begin().await.unwrap();
        members::lock(&tx, one.id).await.unwrap();
        assert_eq!(members::lock(&tx, ResidentId(999)).await.unwrap_err().code, "no_resident");
        tx.rollback().await.unwrap();
        members::withdraw_consent(&app.app, one.id, ConsentKind::Privacy).await.unwrap();
    }
}
