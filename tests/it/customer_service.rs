//! The mini-program's customer service: the same dialogue, by customer messages alone.

use chrono::TimeDelta;
use entity::ids::ResidentId;
use entity::kinds::{HelpKind, HelpState, NoticeKind, NoticeState, Role};
use entity::{help_message, help_thread, late_answer, notice};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use shangxue::sandbox::{Account, Fault, Said, Sender, User};

use crate::on_both_databases_with_wechat;
use crate::support::fixtures::{class, clerk, meeting, placed, school};
use crate::support::platform::World;

const CUSTOM: &str = "/cgi-bin/message/custom/send";

/// The answers that a person has got so far.
fn answers(world: &World, user: &User) -> Vec<String> {
    let chat = world.platform.mini_chat(user).into_iter();
    chat.filter(|line| line.sender == Sender::Account).map(|line| line.text).collect()
}

/// Writes, and gives the newest answer.
async fn hears(world: &World, user: &User, typed: &str) -> String {
    world.platform.say_to_mini(user, typed).await.unwrap();
    world.app.run_jobs().await;
    answers(world, user).pop().unwrap_or_default()
}

async fn late(world: &World) -> Vec<late_answer::Model> {
    let rows = late_answer::Entity::find().order_by_asc(late_answer::Column::Id);
    rows.all(world.app.app.db.read()).await.unwrap()
}

on_both_databases_with_wechat! {
    async fn who_is_signed_in_asks_for_their_own_classes(world: World) {
        let app = &world.app;
        let school = school(app).await;
        let first = class(app, &school, "智在指尖一班", 20).await;
        meeting(app, &school, first, 1, TimeDelta::days(7)).await;
        let user = world.platform.add_user("王秀英");
        let stranger = hears(&world, &user, "几点上课").await;
        assert!(stranger.contains("先打开一次小程序") && stranger.contains("data-miniprogram-path"), "{stranger}");
        let me = world.sign_in(&user).await;
        placed(app, &school, first, ResidentId(me["me"]["id"].as_i64().unwrap())).await;
        for (typed, said) in [
            ("几点上课", "“智在指尖一班” 每周二"),
            ("学时", "您今年有 0 学时"),
            ("绑定", "不用再连"),
            ("报名", "去报名"),
            ("今天天气真好", "没有听懂"),
            ("谢谢", "不客气"),
        ] {
            let answer = hears(&world, &user, typed).await;
            assert!(answer.contains(said), "{typed}: {answer}");
        }
        // Nothing is said in the answer to the callback, and nothing in the account's chat.
        let callbacks = world.platform.callbacks();
        let of_mini = callbacks.iter().filter(|record| record.account == Account::Mini);
        assert!(of_mini.clone().count() > 7);
        assert!(of_mini.clone().all(|record| record.status == Some(200) && record.reply.len() <= "success".len()));
        assert!(world.platform.chat(&user).is_empty());
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());
    }

    async fn who_opens_it_is_greeted_once(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.enter_service(&user).await.unwrap();
        world.app.run_jobs().await;
        let said = answers(&world, &user);
        assert!(said.len() == 1 && said[0].contains("您好") && said[0].contains("回复“帮助”"), "{said:?}");
        world.advance(TimeDelta::seconds(1));
        world.platform.enter_service(&user).await.unwrap();
        world.app.run_jobs().await;
        assert_eq!(answers(&world, &user).len(), 1);
    }

    async fn a_repeated_message_is_answered_once(world: World) {
        let user = world.platform.add_user("王秀英");
        hears(&world, &user, "报名").await;
        let before = (answers(&world, &user).len(), late(&world).await.len());
        let asked = world.platform.callbacks().into_iter().rfind(|record| record.what == "text").unwrap();
        for _ in 0..2 {
            let again = world.platform.redeliver(asked.number).await.unwrap();
            assert_eq!(again.status, Some(200));
        }
        world.app.run_jobs().await;
        assert_eq!((answers(&world, &user).len(), late(&world).await.len()), before);
    }

    async fn staff_answer_where_the_person_wrote_last(world: World) {
        let app = &world.app;
        let centre = clerk(app, "centre", Role::Centre, None).await;
        let user = world.platform.add_user("王秀英");
        world.sign_in(&user).await;
        world.platform.follow(&user).await.unwrap();
        app.run_jobs().await;
        // It begins in the account's chat…
        world.platform.say(&user, "人工").await.unwrap();
        world.platform.say(&user, "教室太冷了，能不能开一下空调").await.unwrap();
        // …and goes on in the mini-program: one thread.
        assert!(hears(&world, &user, "还有，灯也坏了，请来修一修").await.contains("也记下了"));
        world.platform.send_to_mini(&user, Said::Image { bytes: b"\x89PNG\r\n\x1a\n".to_vec() }).await.unwrap();
        let card = Said::Card { title: "书法初级班".to_owned(), page: "pages/web/index".to_owned() };
        world.platform.send_to_mini(&user, card).await.unwrap();
        let not_there = world.platform.send_to_mini(&user, Said::Video).await.unwrap_err();
        assert_eq!(not_there.code, "not_there");
        app.run_jobs().await;
        let threads = help_thread::Entity::find().all(app.app.db.read()).await.unwrap();
        assert_eq!(threads.len(), 1);
        let said = help_message::Entity::find().order_by_asc(help_message::Column::Id);
        let said = said.all(app.app.db.read()).await.unwrap();
        let kinds: Vec<_> = said.iter().map(|message| message.kind).collect();
        assert_eq!(kinds, [HelpKind::Text, HelpKind::Text, HelpKind::Picture, HelpKind::Other]);
        assert_eq!(said[3].text, "书法初级班");

        let path = format!("/api/staff/desk/{}", threads[0].id);
        let view = app.get(&path).by(&centre).send().await.ok();
        assert_eq!(view["thread"]["account"], "mini");
        app.post(&format!("{path}/answers"), &json!({"text": "马上来。"})).by(&centre).send().await.ok();
        app.run_jobs().await;
        assert!(answers(&world, &user).pop().unwrap().contains("工作人员回复您：\n马上来。"));
        assert!(world.platform.chat(&user).iter().all(|line| !line.text.contains("马上来")));

        // When the window is over it stands in “消息”.
        world.platform.fail_next(CUSTOM, Fault::Errcode(45015), 1);
        app.post(&format!("{path}/answers"), &json!({"text": "修好了。"})).by(&centre).send().await.ok();
        app.run_jobs().await;
        let last = help_message::Entity::find().order_by_desc(help_message::Column::Id);
        let last = last.one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!(last.state, HelpState::InMessages);
        let kept = notice::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
        assert_eq!((kept.kind, kept.body.as_str()), (NoticeKind::Answered, "修好了。"));
    }

    async fn an_answer_goes_once_and_into_messages_where_none_is_taken(world: World) {
        let user = world.platform.add_user("王秀英");
        world.sign_in(&user).await;
        world.platform.enter_service(&user).await.unwrap();
        world.app.run_jobs().await;
        // The answer is lost: it is not said twice.
        world.platform.fail_next(CUSTOM, Fault::Garbage, 1);
        hears(&world, &user, "学时").await;
        world.advance(TimeDelta::hours(1));
        world.app.run_jobs().await;
        assert_eq!(late(&world).await.last().unwrap().state, NoticeState::Unknown);
        assert_eq!(answers(&world, &user).iter().filter(|text| text.contains("学时，")).count(), 1);
        // Nobody knows whether it came: it stands in “消息” too, and nothing more is sent.
        let kept = notice::Entity::find().all(world.app.app.db.read()).await.unwrap();
        let [kept] = kept.as_slice() else { panic!("{kept:?}") };
        assert!(kept.body.contains("学时") && kept.state == NoticeState::NoConsent, "{kept:?}");
        let staff = clerk(&world.app, "zhongxin", Role::Centre, None).await;
        let said = world.app.get("/api/staff/status").by(&staff).send().await.ok();
        assert_eq!((&said["late_answers_unknown"], &said["late_answers_failed"]), (&json!(1), &json!(0)));
        // WeChat is busy: later, once.
        world.platform.fail_next(CUSTOM, Fault::Errcode(-1), 1);
        hears(&world, &user, "候补").await;
        world.advance(TimeDelta::minutes(1));
        world.app.run_jobs().await;
        assert_eq!(answers(&world, &user).iter().filter(|text| text.contains("没有在候补")).count(), 1);
        world.platform.fail_next(CUSTOM, Fault::Errcode(45047), 1);
        hears(&world, &user, "学时").await;
        assert_eq!(late(&world).await.last().unwrap().state, NoticeState::NoConsent);
        let kept = notice::Entity::find().order_by_desc(notice::Column::Id);
        let kept = kept.one(world.app.app.db.read()).await.unwrap().unwrap();
        assert!(kept.body.contains("学时") && !kept.body.contains('<'), "{}", kept.body);
        assert!(kept.values.contains("您在小程序里问的"));
    }

    async fn an_answer_that_comes_to_nobody_is_seen_by_staff(world: World) {
        let staff = clerk(&world.app, "zhongxin", Role::Centre, None).await;
        let stranger = world.platform.add_user("没登录过");
        world.platform.enter_service(&stranger).await.unwrap();
        world.app.run_jobs().await;
        world.platform.fail_next(CUSTOM, Fault::Errcode(45047), 1);
        hears(&world, &stranger, "学时").await;
        assert_eq!(late(&world).await.last().unwrap().state, NoticeState::Failed);
        let said = world.app.get("/api/staff/status").by(&staff).send().await.ok();
        assert_eq!((&said["late_answers_failed"], &said["late_answers_waiting"]), (&json!(1), &json!(0)));
        let path = "/api/staff/wechat/unheard-answers";
        let unheard = world.app.get(path).by(&staff).send().await.ok();
        assert_eq!((&unheard[0]["about"], &unheard[0]["place"]), (&json!("学时"), &json!("小程序")));
        assert!(unheard[0]["failure"].as_str().unwrap().contains("打电话"), "{unheard}");
        let teacher = clerk(&world.app, "teacher", Role::Teacher, None).await;
        world.app.get(path).by(&teacher).send().await.refused(403, "forbidden");
        // A week later it is no news.
        world.advance(TimeDelta::days(8));
        assert_eq!(world.app.get(path).by(&staff).send().await.ok(), json!([]));
    }

    async fn who_wrote_before_they_signed_in_is_known_afterwards(world: World) {
        let user = world.platform.add_user("王秀英");
        hears(&world, &user, "人工").await;
        hears(&world, &user, "我想问一下水费怎么交呢").await;
        world.sign_in(&user).await;
        world.advance(TimeDelta::seconds(1));
        hears(&world, &user, "还有电费怎么交我也不知道").await;
        let threads = help_thread::Entity::find().all(world.app.app.db.read()).await.unwrap();
        assert!(threads.len() == 1 && threads[0].resident_id.is_some());
        assert!(threads[0].open_key.as_deref().unwrap().starts_with("r:"));
        // Closing the account forgets what was said there too.
        world.platform.close_account(&user, Account::Mini).await.unwrap();
        world.app.run_jobs().await;
        let said = help_message::Entity::find().all(world.app.app.db.read()).await.unwrap();
        assert!(said.iter().all(|message| !message.text.contains("费怎么交")));
        assert!(late(&world).await.iter().all(|row| row.openid.is_empty()));
    }
}
