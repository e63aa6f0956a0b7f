//! The account's dialogue, and the callbacks that carry it.

use chrono::TimeDelta;
use entity::kinds::NoticeKind;
use entity::{callback, follower, notice, subscription};
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use shangxue::sandbox::{Account, ChatLine, Fault, Sender};
use shangxue::wechat::signature;

use crate::support::platform::World;
use crate::support::{Backend, Request, TestApp};
use crate::{on_both_databases, on_both_databases_with_wechat};

/// A POST to a callback path with a right or wrong `signature` for `token`.
fn post(app: &TestApp, path: &str, token: &str, body: &str) -> Request {
    let (timestamp, nonce) = (app.now().timestamp().to_string(), "7");
    let mark = signature::url_signature(token, &timestamp, nonce);
    let url = format!("{path}?signature={mark}&timestamp={timestamp}&nonce={nonce}");
    Request(
        app.request(Method::POST, &url).header("content-type", "text/xml").0.body(body.to_owned()),
    )
}

on_both_databases_with_wechat! {
    async fn both_addresses_pass_the_check_of_wechats_console(world: World) {
        assert!(world.platform.verify_url(Account::Official).await);
        assert!(world.platform.verify_url(Account::Mini).await);
    }

    async fn a_follower_is_welcomed_and_answered_in_plain_words(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        assert!(world.platform.chat(&user).last().unwrap().text.contains("欢迎关注“美丽常阴沙”"));
        for (typed, answered) in [
            ("今天天气真好", "您可以回复"),
            ("報名", "去报名"),
            ("明天几点上课", "我的课程"),
            ("人工", "0512-58000000"),
        ] {
            let lines = world.platform.say(&user, typed).await.unwrap();
            assert!(lines.iter().any(|line| line.text.contains(answered)), "{typed}: {lines:?}");
        }
        world.platform.unfollow(&user).await.unwrap();
        let gone = follower::Entity::find().one(world.app.app.db.read()).await.unwrap().unwrap();
        assert!(!gone.following);
    }

    async fn a_repeated_callback_has_one_effect_and_gets_the_first_answer(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        world.platform.say(&user, "报名").await.unwrap();
        let db = world.app.app.db.read();
        let before = callback::Entity::find().count(db).await.unwrap();
        let asked = world.platform.callbacks().into_iter().find(|record| record.what == "text").unwrap();
        for _ in 0..3 {
            // An answer made anew would carry the new time.
            world.advance(TimeDelta::seconds(5));
            let again = world.platform.redeliver(asked.number).await.unwrap();
            assert_eq!((again.status, &again.reply), (Some(200), &asked.reply));
        }
        assert_eq!(callback::Entity::find().count(db).await.unwrap(), before);
    }

    async fn a_repeated_consent_counts_once(world: World) {
        let user = world.platform.add_user("王秀英");
        world.sign_in(&user).await;
        let template = world.app.app.config.wechat.templates.placed.id.clone();
        world.platform.subscribe(&user, &[(template.as_str(), true)]).await.unwrap();
        let popup = world.platform.callbacks().last().unwrap().number;
        world.platform.redeliver(popup).await.unwrap();
        let kept = subscription::Entity::find().all(world.app.app.db.read()).await.unwrap();
        assert_eq!(kept.iter().map(|row| row.balance).collect::<Vec<_>>(), [1]);
    }

    async fn what_is_not_from_wechat_is_refused_and_changes_nothing(world: World) {
        let token = "sandboxOfficial2026";
        let plain = "<xml><ToUserName>gh</ToUserName><FromUserName>o</FromUserName><CreateTime>1</CreateTime>\
            <MsgType>text</MsgType><Content>报名</Content><MsgId>1</MsgId></xml>";
        for body in [plain, "<xml><broken>", "{\"Encrypt\":", "", "<!DOCTYPE x [<!ENTITY a \"b\">]><xml>&a;</xml>"] {
            let answer = post(&world.app, "/wechat/official", token, body).send().await;
            assert_eq!((answer.status.as_u16(), answer.bytes.len()), (403, 0), "{body}");
        }
        assert_eq!(world.app.get("/wechat/official?signature=x&timestamp=1&nonce=2").send().await.status.as_u16(), 403);
        assert_eq!(world.app.get("/wechat/mini").send().await.status.as_u16(), 403);
        let long = "x".repeat(300_000);
        assert_eq!(post(&world.app, "/wechat/official", token, &long).send().await.status.as_u16(), 413);
        assert_eq!(callback::Entity::find().count(world.app.app.db.read()).await.unwrap(), 0);
    }
}

on_both_databases! {
    async fn an_account_that_is_not_configured_has_no_callbacks(app: TestApp) {
        for path in ["/wechat/official", "/wechat/mini"] {
            assert_eq!(post(&app, path, "abc", "<xml/>").send().await.status.as_u16(), 404);
            assert_eq!(app.get(path).send().await.status.as_u16(), 404);
        }
    }
}

#[tokio::test]
async fn in_plain_mode_only_the_signature_counts() {
    let account = [
        ("wechat.official.appid", "wx1".to_owned()),
        ("wechat.official.secret", "s".to_owned()),
        ("wechat.official.token", "abc123".to_owned()),
        ("wechat.official.mode", "plain".to_owned()),
    ];
    let app = TestApp::start_with(Backend::Sqlite, &account).await;
    let body = "<xml><ToUserName>gh</ToUserName><FromUserName>o</FromUserName><CreateTime>1</CreateTime>\
        <MsgType>text</MsgType><Content>帮助</Content><MsgId>1</MsgId></xml>";
    let answer = post(&app, "/wechat/official", "abc123", body).send().await;
    assert!(answer.text().contains("您可以回复"), "{}", answer.text());
    let broken = post(&app, "/wechat/official", "abc123", "<xml><ToUserName>").send().await;
    assert_eq!(broken.status.as_u16(), 403);
    assert_eq!(post(&app, "/wechat/official", "wrong1", body).send().await.status.as_u16(), 403);
}

/// A service whose patience has run out before it begins.
async fn in_a_hurry(backend: Backend) -> World {
    World::start_with(backend, &[("wechat.patience_ms", "0".to_owned())]).await
}

/// Who asks too slowly answered a question gets the answer as a customer message, once.
async fn late_answers_are_brought(backend: Backend) {
    let world = in_a_hurry(backend).await;
    let user = world.platform.add_user("王秀英");
    // Something of ours changes: the welcome comes after it.
    world.platform.follow(&user).await.unwrap();
    assert!(world.platform.chat(&user).iter().all(|line| !line.text.contains("欢迎关注")));
    world.app.run_jobs().await;
    let welcome = |line: &ChatLine| line.text.contains("欢迎关注");
    assert_eq!(world.platform.chat(&user).iter().filter(|line| welcome(line)).count(), 1);

    // Something to be looked up.
    world.platform.say(&user, "我的学时").await.unwrap();
    let asked =
        world.platform.callbacks().into_iter().rfind(|record| record.what == "text").unwrap();
    assert_eq!((asked.status, asked.reply.as_str()), (Some(200), ""));
    let again = world.platform.redeliver(asked.number).await.unwrap();
    assert_eq!((again.status, again.reply.as_str()), (Some(200), ""));
    world.app.run_jobs().await;
    world.app.run_jobs().await;
    let hours = |line: &ChatLine| line.sender == Sender::Account && line.text.contains("学时");
    assert_eq!(world.platform.chat(&user).iter().filter(|line| hours(line)).count(), 1);

    // WeChat takes none: whoever is linked finds it in “消息”.
    world.sign_in(&user).await;
    world.app.run_jobs().await;
    world.platform.fail_next("/cgi-bin/message/custom/send", Fault::Errcode(45015), 1);
    world.advance(TimeDelta::seconds(1));
    world.platform.say(&user, "我的学时").await.unwrap();
    world.app.run_jobs().await;
    let kept = notice::Entity::find().one(world.app.app.db.read()).await.unwrap().unwrap();
    assert_eq!(kept.kind, NoticeKind::Answered);
    assert!(kept.body.contains("学时") && !kept.body.contains('<'), "{}", kept.body);

    // The same for everybody: nothing is slow about it.
    let lines = world.platform.say(&user, "报名").await.unwrap();
    assert!(lines.iter().any(|line| line.text.contains("去报名")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_ready_comes_as_a_customer_message_sqlite() {
    late_answers_are_brought(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_ready_comes_as_a_customer_message_postgres() {
    if Backend::Postgres.available() {
        late_answers_are_brought(Backend::Postgres).await;
    }
}
