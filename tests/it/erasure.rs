//! Withdrawal and erasure: a person is forgotten, and what they did is kept as somebody's.

use chrono::{NaiveDate, TimeDelta};
use entity::kinds::{ActorKind, EnrolmentStatus, ErasureScope, Role, WechatAccount};
use entity::{
    attendance, audit, consent, enrolment, enrolment_change, erasure, follower, late_answer,
    resident, wechat_identity,
};
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shangxue::members;
use shangxue::wechat::crypto::AesKey;
use shangxue::wechat::signature;

use crate::support::fixtures::{self, Person};
use crate::support::platform::World;
use crate::support::{Answer, TestApp};
use crate::{on_both_databases, on_both_databases_with_wechat};

async fn row(app: &TestApp, id: entity::ids::ResidentId) -> resident::Model {
    resident::Entity::find_by_id(id).one(app.app.db.read()).await.unwrap().unwrap()
}

async fn erasures(app: &TestApp) -> Vec<erasure::Model> {
    erasure::Entity::find().all(app.app.db.read()).await.unwrap()
}

async fn close(app: &TestApp, who: &Person) -> Answer {
    app.request(Method::DELETE, "/api/me").bearer(&who.token).send().await
}

async fn save(app: &TestApp, token: &str, more: Value) {
    let mut profile = json!({"name": "王秀英", "birth_date": "1956-03-01", "phone": "13800000001"});
    profile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.put("/api/me/profile", &profile).bearer(token).send().await.ok();
}

/// Everything that the tables say, as text: what was erased must not be in it.
async fn dump(app: &TestApp) -> String {
    let db = app.app.db.read();
    format!(
        "{:?}{:?}{:?}{:?}{:?}",
        resident::Entity::find().all(db).await.unwrap(),
        wechat_identity::Entity::find().all(db).await.unwrap(),
        erasures(app).await,
        follower::Entity::find().all(db).await.unwrap(),
        late_answer::Entity::find().all(db).await.unwrap(),
    )
}

on_both_databases! {
    async fn who_closes_their_account_is_nobody_and_their_place_goes_on(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "一班", 1).await;
        let leaver = fixtures::person(&app, school.community, 1).await;
        let next = fixtures::person(&app, school.community, 2).await;
        save(&app, &leaver.token, json!({"community_id": school.community.0})).await;
        for who in [&leaver, &next] {
            let path = format!("/api/classes/{class}/enrolments");
            app.post(&path, &json!({"join_waitlist": true})).bearer(&who.token).send().await.ok();
        }
        let meeting = fixtures::meeting(&app, &school, class, 1, TimeDelta::zero()).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let path = format!("/api/staff/meetings/{meeting}/roll/{}", leaver.id);
        app.put(&path, &json!({"status": "present"})).by(&centre).send().await.ok();

        assert_eq!(close(&app, &leaver).await.status.as_u16(), 204);
        close(&app, &leaver).await.refused(401, "unauthenticated");
        let gone = row(&app, leaver.id).await;
        assert_eq!(gone.name.as_deref(), Some("已注销学员"));
        assert_eq!((gone.birth_date, gone.phone_sealed, gone.phone_hash), (None, None, None));
        assert_eq!(gone.learner_number, format!("注销-{}", leaver.id));
        // Figures are kept by community.
        assert_eq!(gone.community_id, Some(school.community));
        let consents = consent::Entity::find().all(app.app.db.read()).await.unwrap();
        let proof = consents.iter().find(|given| given.resident_id == leaver.id).unwrap();
        assert_eq!(proof.withdrawn_at, Some(app.now()));

        app.run_jobs().await;
        let left = enrolment::Entity::find().all(app.app.db.read()).await.unwrap();
        let status = |who: &Person| left.iter().find(|one| one.resident_id == who.id).unwrap().status;
        assert_eq!(status(&leaver), EnrolmentStatus::Withdrawn);
        assert_eq!(status(&next), EnrolmentStatus::Offered);
        let changes = enrolment_change::Entity::find().all(app.app.db.read()).await.unwrap();
        let last = changes.iter().find(|one| one.to_status == EnrolmentStatus::Withdrawn).unwrap();
        assert_eq!((last.actor_kind, last.reason.as_deref()), (ActorKind::System, Some("学员已注销")));
        // They were there, whoever they were.
        assert_eq!(attendance::Entity::find().count(app.app.db.read()).await.unwrap(), 1);
        let roll = app.get(&format!("/api/staff/classes/{class}/enrolments")).by(&centre).send().await.ok();
        assert!(roll.to_string().contains("已注销学员") && !roll.to_string().contains("王秀英"));
        for q in ["王秀英", "2026000001", "13800000001", "已注销学员"] {
            let found = app.request(Method::GET, "/api/staff/residents").query("q", q).by(&centre).send().await.ok();
            assert_eq!(found["total"], 0, "{q}");
        }
        let kept = erasures(&app).await.remove(0);
        assert_eq!((kept.scope, kept.actor_kind), (ErasureScope::Person, ActorKind::Resident));
        assert_eq!((kept.actor_id, kept.openids_sealed), (Some(leaver.id.0), None));
    }

    async fn staff_close_an_account_for_a_paper_and_say_why(app: TestApp) {
        let school = fixtures::school(&app).await;
        let who = fixtures::person(&app, school.community, 1).await;
        let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let officer = fixtures::clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let erase = |clerk, id: i64, reason: &str| {
            app.post(&format!("/api/staff/residents/{id}/erase"), &json!({"reason": reason})).by(clerk).send()
        };
        erase(&officer, who.id.0, "本人书面申请").await.refused(403, "forbidden");
        erase(&centre, who.id.0, " ").await.refused(400, "reason_needed");
        erase(&centre, who.id.0, &"长".repeat(201)).await.refused(400, "too_long");
        erase(&centre, 999, "本人书面申请").await.refused(404, "no_resident");
        assert!(erasures(&app).await.is_empty());
        // Twice is the same as once.
        for _ in 0..2 {
            assert_eq!(erase(&centre, who.id.0, "本人书面申请").await.status.as_u16(), 204);
        }
        app.get("/api/me").bearer(&who.token).send().await.refused(401, "unauthenticated");
        let kept = erasures(&app).await;
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].actor_kind, kept[0].actor_id), (ActorKind::Staff, Some(centre.id.0)));
        assert_eq!(kept[0].reason, "本人书面申请");
        let audit = audit::Entity::find().all(app.app.db.read()).await.unwrap();
        let audit: Vec<_> = audit.iter().map(|one| (one.action.as_str(), one.object.as_str())).collect();
        let (tried, erased) =
            (format!("POST /api/staff/residents/{}/erase", who.id), format!("resident:{}", who.id));
        assert_eq!(
            audit,
            [("staff.forbidden", tried.as_str()), ("resident.erased", erased.as_str())]
        );
        app.run_jobs().await;
    }

    async fn what_was_under_way_does_not_bring_a_name_back(app: TestApp) {
        let school = fixtures::school(&app).await;
        let who = fixtures::person(&app, school.community, 1).await;
        close(&app, &who).await;
        // As from a request that was let in a moment before.
        let input = members::ProfileInput {
            name: "王秀英".to_owned(),
            birth_date: NaiveDate::from_ymd_opt(1956, 3, 1).unwrap(),
            community_id: school.community,
            phone: None,
            id_number: None,
        };
        let saved = members::save_profile(&app.app, who.id, input).await;
        assert_eq!(saved.unwrap_err().code, "no_resident");
        let ready = members::ready(&app.app, app.app.db.read(), who.id).await;
        assert_eq!(ready.unwrap_err().code, "no_resident");
        assert_eq!(row(&app, who.id).await.name.as_deref(), Some("已注销学员"));
        app.run_jobs().await;
    }
}

/// Posts an event as WeChat does: signed and encrypted with the account's keys.
async fn post(world: &World, account: WechatAccount, openid: &str, event: &str, more: &str) {
    let (wechat, now) = (&world.app.app.config.wechat, world.app.now().timestamp());
    let keys = match account {
        WechatAccount::Official => wechat.official.callback_keys(),
        WechatAccount::Mini => wechat.mini.callback_keys(),
    };
    let xml = format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>{openid}</FromUserName>\
         <CreateTime>{now}</CreateTime><MsgType>event</MsgType><Event>{event}</Event>\
         <OpenID>{openid}</OpenID><AppID>{}</AppID>{more}</xml>",
        keys.appid
    );
    let key = AesKey::parse(keys.aes_keys[0].expose_secret()).unwrap();
    let sealed = key.encrypt(xml.as_bytes(), keys.appid).unwrap();
    let (token, timestamp) = (keys.tokens[0].expose_secret(), now.to_string());
    let mark = signature::msg_signature(token, &timestamp, "7", &sealed);
    let path =
        format!("/wechat/{}?timestamp={timestamp}&nonce=7&msg_signature={mark}", account.as_str());
    let body = format!("<xml><Encrypt>{sealed}</Encrypt></xml>");
    for _ in 0..2 {
        let request =
            crate::support::Request(world.app.request(Method::POST, &path).0.body(body.clone()));
        assert_eq!(request.send().await.text(), "success");
    }
}

on_both_databases_with_wechat! {
    async fn who_closes_the_account_at_wechat_is_forgotten_here(world: World) {
        let app = &world.app;
        for account in [WechatAccount::Mini, WechatAccount::Official] {
            let user = world.platform.add_user("王秀英");
            world.platform.follow(&user).await.unwrap();
            let session = world.sign_in(&user).await;
            let id = entity::ids::ResidentId(session["me"]["id"].as_i64().unwrap());
            let tx = app.app.db.begin().await.unwrap();
            let (official, now) = (&user.official_openid, app.now());
            members::add_openid(&tx, id, WechatAccount::Official, official, None, now).await.unwrap();
            tx.commit().await.unwrap();

            let openid = match account {
                WechatAccount::Mini => &user.mini_openid,
                WechatAccount::Official => official,
            };
            post(&world, account, openid, "user_authorization_cancellation", "").await;
            app.run_jobs().await;
            let token = session["token"].as_str().unwrap();
            app.get("/api/me").bearer(token).send().await.refused(401, "unauthenticated");
            let left = dump(app).await;
            assert!(!left.contains(&user.mini_openid) && !left.contains(official), "{left}");
            let reason = erasures(app).await.pop().unwrap().reason;
            assert_eq!(reason, "本人在微信里注销了账号");
            // Who comes back is somebody new.
            let again = world.sign_in(&user).await;
            assert_ne!(again["me"]["id"], session["me"]["id"]);
        }
    }

    async fn a_follower_who_never_signed_in_is_forgotten_too(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        let openid = &user.official_openid;
        post(&world, WechatAccount::Official, openid, "user_authorization_cancellation", "").await;
        assert_eq!(follower::Entity::find().count(world.app.app.db.read()).await.unwrap(), 0);
        assert!(erasures(&world.app).await.is_empty());
    }

    async fn a_phone_number_that_is_taken_back_is_forgotten_and_nothing_else(world: World) {
        let app = &world.app;
        let school = fixtures::school(app).await;
        let user = world.platform.add_user("王秀英");
        let session = world.sign_in(&user).await;
        let (token, version) =
            (session["token"].as_str().unwrap(), &app.app.config.members.consent_version);
        let agreed = json!({"kind": "privacy", "version": version});
        app.post("/api/me/consents", &agreed).bearer(token).send().await.ok();
        save(app, token, json!({"community_id": school.community.0})).await;
        let revoke = "user_authorization_revoke";
        let me = || async { app.get("/api/me").bearer(token).send().await.ok() };
        post(&world, WechatAccount::Mini, &user.mini_openid, revoke, "<RevokeInfo>6,7</RevokeInfo>").await;
        assert_eq!(me().await["phone_masked"], "138****0001");
        world.advance(TimeDelta::seconds(1));
        post(&world, WechatAccount::Mini, &user.mini_openid, revoke, "<RevokeInfo>8</RevokeInfo>").await;
        let after = me().await;
        assert_eq!((&after["phone_masked"], &after["name"]), (&Value::Null, &json!("王秀英")));
        let kept = erasures(app).await;
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].scope, kept[0].openids_sealed.as_ref()), (ErasureScope::Phone, None));
    }
}
