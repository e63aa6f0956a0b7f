//! 留言: asking for a person in the chat, what staff see and answer, and linking the account.

use chrono::TimeDelta;
use entity::kinds::{HelpState, NoticeKind, Role, WechatAccount};
use entity::{help_message, help_thread, link_code, notice};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use shangxue::sandbox::{Fault, User};
use shangxue::{followers, helpdesk, members, vault};

use crate::on_both_databases;
use crate::on_both_databases_with_wechat;
use crate::support::TestApp;
use crate::support::fixtures::{Clerk, clerk, person, school};
use crate::support::platform::World;

async fn hears(world: &World, user: &User, typed: &str) -> String {
    let lines = world.platform.say(user, typed).await.unwrap();
    lines.last().map(|line| line.text.clone()).unwrap_or_default()
}

async fn threads(app: &TestApp, clerk: &Clerk) -> Vec<Value> {
    let list = app.get("/api/staff/desk").by(clerk).send().await.ok();
    list["items"].as_array().unwrap().clone()
}

async fn messages(app: &TestApp) -> Vec<help_message::Model> {
    help_message::Entity::find().all(app.app.db.read()).await.unwrap()
}

/// The address in the link of an answer.
fn code_in(answer: &str) -> String {
    let (_, rest) = answer.split_once("/m/#/link?code=").expect("a link");
    rest.split_once('"').expect("an end").0.to_owned()
}

on_both_databases_with_wechat! {
    async fn who_asks_for_a_person_is_listened_to_and_answered_by_staff(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        let centre = clerk(&world.app, "centre", Role::Centre, None).await;
        assert!(hears(&world, &user, "今天天气真好").await.contains("没有听懂"));
        let said = hears(&world, &user, "转人工").await;
        assert!(said.contains("0512-58000000") && said.contains("请直接写下您的问题"), "{said}");
        assert!(threads(&world.app, &centre).await.is_empty());
        // A known word among others is part of what is told.
        let said = hears(&world, &user, "教室太冷了，能不能把空调开一下").await;
        assert!(said.contains("记下了"), "{said}");
        assert!(hears(&world, &user, "我坐在最后一排").await.contains("也记下了"));
        // Short words are still questions.
        assert!(hears(&world, &user, "报名").await.contains("去报名"));
        let list = threads(&world.app, &centre).await;
        assert_eq!((list.len(), &list[0]["waits"], &list[0]["last_text"]), (1, &json!(true), &json!("我坐在最后一排")));
        let count = world.app.get("/api/staff/desk-count").by(&centre).send().await.ok();
        assert_eq!(count["waiting"], 1);

        // An answer stands in the chat.
        let path = format!("/api/staff/desk/{}", list[0]["id"]);
        world.app.post(&format!("{path}/answers"), &json!({"text": "马上去看。"})).by(&centre).send().await.ok();
        world.app.run_jobs().await;
        assert_eq!(messages(&world.app).await.pop().unwrap().state, HelpState::Sent);
        let shown = world.platform.chat(&user).pop().unwrap();
        assert!(shown.text.contains("工作人员回复您") && shown.text.contains("马上去看。"), "{shown:?}");

        // Nobody knows who it is and WeChat's window is over: staff are told the truth.
        world.platform.fail_next("/cgi-bin/message/custom/send", Fault::Errcode(45015), 1);
        world.app.post(&format!("{path}/answers"), &json!({"text": "马上开。"})).by(&centre).send().await.ok();
        world.app.run_jobs().await;
        let last = messages(&world.app).await.pop().unwrap();
        assert_eq!(last.state, HelpState::Failed);
        assert!(last.failure.unwrap().contains("请打电话"));
        let view = world.app.get(&path).by(&centre).send().await.ok();
        assert_eq!(view["lines"][2]["state_text"], "已送达");
        assert_eq!(view["lines"][3]["state_text"], "没有送到");
        assert_eq!(view["thread"]["waits"], false);

        world.app.post(&format!("{path}/close"), &json!(null)).by(&centre).send().await.ok();
        world.app.post(&format!("{path}/answers"), &json!({"text": "再说"})).by(&centre).send().await.refused(409, "thread_closed");
        // It is over: what is not understood is a question again.
        assert!(hears(&world, &user, "今天天气真好").await.contains("没有听懂"));
        assert!(threads(&world.app, &centre).await.is_empty());
        let _known = world.platform.take_unexpected();
    }

    async fn after_half_an_hour_nobody_listens_unless_something_was_said(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        hears(&world, &user, "人工").await;
        world.advance(TimeDelta::minutes(31));
        assert!(hears(&world, &user, "水费怎么交呢").await.contains("没有听懂"));
        hears(&world, &user, "人工").await;
        hears(&world, &user, "水费怎么交呢").await;
        world.advance(TimeDelta::days(3));
        assert!(hears(&world, &user, "上次那件事呢麻烦看看").await.contains("记下了"));
        assert_eq!(messages(&world.app).await.len(), 2);
    }

    async fn a_follower_and_a_resident_with_one_unionid_become_one(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        world.app.run_jobs().await;
        let me = world.sign_in(&user).await;
        world.app.run_jobs().await;
        let linked = world.app.get("/api/me/account-link").bearer(me["token"].as_str().unwrap()).send().await.ok();
        assert_eq!(linked["linked"], true);
        assert!(hears(&world, &user, "上课时间").await.contains("您现在没有报上的班"));
        // The other way round: known by the mini-program first.
        let other = world.platform.add_user("李建国");
        let me = world.sign_in(&other).await;
        world.platform.follow(&other).await.unwrap();
        world.app.run_jobs().await;
        let linked = world.app.get("/api/me/account-link").bearer(me["token"].as_str().unwrap()).send().await.ok();
        assert_eq!(linked["linked"], true);
    }

    async fn a_link_from_the_chat_links_once_and_nobody_elses_account(world: World) {
        let school = school(&world.app).await;
        let (first, second) = (person(&world.app, school.community, 1).await, person(&world.app, school.community, 2).await);
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        let said = hears(&world, &user, "绑定").await;
        let code = code_in(&said);
        let confirm = |who: &str, code: &str| {
            world.app.post("/api/me/account-link", &json!({"code": code})).bearer(who).send()
        };
        confirm(&first.token, &format!("{code}x")).await.refused(409, "link_outdated");
        confirm(&first.token, &code).await.ok();
        confirm(&first.token, &code).await.ok();
        confirm(&second.token, &code).await.refused(409, "link_outdated");
        assert!(hears(&world, &user, "绑定").await.contains("已经连上"));
        // A second account of the same person goes to staff.
        let another = world.platform.add_user("别人");
        world.platform.follow(&another).await.unwrap();
        let code = code_in(&hears(&world, &another, "学时").await);
        confirm(&first.token, &code).await.refused(409, "account_taken");
        let centre = clerk(&world.app, "centre", Role::Centre, None).await;
        let list = threads(&world.app, &centre).await;
        assert!(list[0]["last_text"].as_str().unwrap().contains("请打电话核实"), "{list:?}");
        // And what is too old is nobody's.
        let late = world.platform.add_user("晚了");
        world.platform.follow(&late).await.unwrap();
        let code = code_in(&hears(&world, &late, "学时").await);
        world.advance(TimeDelta::minutes(31));
        confirm(&second.token, &code).await.refused(409, "link_outdated");
    }
}

on_both_databases! {
    async fn a_code_on_a_residents_page_links_who_scans_it_once(app: TestApp) {
        let school = school(&app).await;
        let me = person(&app, school.community, 1).await;
        let code = link_code::ActiveModel {
            resident_id: Set(me.id),
            token_hash: Set(vault::token_hash("scene")),
            created_at: Set(app.now()),
            expires_at: Set(app.now() + TimeDelta::minutes(10)),
            ..Default::default()
        };
        code.insert(app.app.db.writer()).await.unwrap();
        let scan = async |openid: &str, scene: &str| {
            let tx = app.app.db.begin().await.unwrap();
            let joined = followers::scanned(&tx, openid, scene, app.now()).await.unwrap();
            tx.commit().await.unwrap();
            joined
        };
        assert_eq!(scan("o1", "somebody elses scene").await, None);
        assert_eq!(scan("o1", "qrscene_scene").await, Some(followers::Joined::Now));
        assert_eq!(scan("o2", "scene").await, None);
        let openid = members::openid(app.app.db.read(), me.id, WechatAccount::Official).await.unwrap();
        assert_eq!(openid.as_deref(), Some("o1"));
    }

    async fn an_officer_sees_the_threads_of_their_community_alone(app: TestApp) {
        let school = school(&app).await;
        let me = person(&app, school.community, 1).await;
        let elsewhere = clerk(&app, "other", Role::Officer, None).await;
        let officer = clerk(&app, "officer", Role::Officer, Some(school.community)).await;
        let teacher = clerk(&app, "teacher", Role::Teacher, None).await;
        app.post("/api/me/desk", &json!({"text": " "})).bearer(&me.token).send().await.refused(400, "empty");
        app.post("/api/me/desk", &json!({"text": "怎么领教材？"})).bearer(&me.token).send().await.ok();
        let list = threads(&app, &officer).await;
        assert_eq!(list[0]["name"], "学员1");
        app.get("/api/staff/desk").by(&elsewhere).send().await.refused(403, "no_community");
        app.get("/api/staff/desk").by(&teacher).send().await.refused(403, "forbidden");
        let path = format!("/api/staff/desk/{}/answers", list[0]["id"]);
        app.post(&path, &json!({"text": "第一次上课发。"})).by(&officer).send().await.ok();
        app.run_jobs().await;
        // Without the account the answer stands in “消息”, and among what was written.
        let notices = notice::Entity::find().all(app.app.db.read()).await.unwrap();
        assert_eq!((notices.len(), notices[0].kind), (1, NoticeKind::Answered));
        let mine = app.get("/api/me/desk").bearer(&me.token).send().await.ok();
        assert_eq!((&mine["lines"][1]["text"], &mine["lines"][1]["state_text"]), (&json!("第一次上课发。"), &json!("只放在“消息”里")));
        let stranger = person(&app, school.community, 2).await;
        let theirs = app.get("/api/me/desk").bearer(&stranger.token).send().await.ok();
        assert_eq!(theirs["lines"], json!([]));
    }

    async fn two_who_begin_a_thread_at_once_begin_one(app: TestApp) {
        let who = helpdesk::Writer { place: Some((WechatAccount::Mini, "o1".to_owned())), resident: None };
        let say = async || {
            let tx = app.app.db.begin().await.unwrap();
            helpdesk::say(&tx, &who, helpdesk::Words::text("您好"), app.now()).await.unwrap();
            tx.commit().await.unwrap();
        };
        tokio::join!(say(), say());
        assert_eq!(help_thread::Entity::find().all(app.app.db.read()).await.unwrap().len(), 1);
        assert_eq!(messages(&app).await.len(), 2);
    }
}
