//! The console's page “微信”: what staff see of the platform, and what they can do.

use chrono::TimeDelta;
use entity::kinds::{JobState, Role};
use entity::{audit, follower, job};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use shangxue::sandbox::Fault;
use shangxue::{conversation, platform};

use crate::on_both_databases_with_wechat;
use crate::support::platform::World;
use crate::support::{Backend, Request, TestApp, callbacks, fixtures};

const MENU: &str = "/cgi-bin/menu/create";
const TOKEN: &str = "/cgi-bin/stable_token";
const CLEAR: &str = "/cgi-bin/clear_quota";
const CLEAR_V2: &str = "/cgi-bin/clear_quota/v2";

on_both_databases_with_wechat! {
    async fn staff_see_how_both_accounts_stand_and_no_secret(world: World) {
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let teacher = fixtures::clerk(&world.app, "teacher", Role::Teacher, None).await;
        world.app.get("/api/staff/wechat").by(&teacher).send().await.refused(403, "forbidden");
        let fresh = world.app.get("/api/staff/wechat").by(&centre).send().await.ok();
        assert_eq!(fresh[0]["token_ends"], Value::Null);
        assert_eq!(world.platform.requests().len(), 0, "looking asks WeChat nothing");

        world.platform.fail_next(MENU, Fault::Errcode(40018), 1);
        world.app.request(Method::POST, "/api/staff/wechat/menu").by(&centre).send().await.refused(409, "wechat_refused");
        let seen = world.app.get("/api/staff/wechat").by(&centre).send().await.ok();
        let official = &seen[0];
        assert_eq!((&official["account"], &official["configured"]), (&json!("official"), &json!(true)));
        assert_eq!((&official["kind"], &official["missing"]), (&json!("已认证的服务号"), &json!([])));
        assert!(official["token_ends"].is_string());
        assert_eq!(official["hosts"][0]["working"], true);
        let trouble = &official["troubles"][0];
        assert_eq!((&trouble["errcode"], &trouble["endpoint"]), (&json!(40018), &json!(MENU)));
        let used = official["usage"].as_array().unwrap().iter().find(|line| line["endpoint"] == MENU).unwrap();
        assert_eq!(used["used"], 1);
        assert_eq!(seen[1]["troubles"], json!([]));
        let config = &world.app.app.config.wechat;
        let text = seen.to_string();
        for secret in [&config.official.secret, &config.mini.secret, &config.official.token, &config.official.aes_key] {
            assert!(!text.contains(secrecy::ExposeSecret::expose_secret(secret)));
        }
    }

    async fn the_menu_is_compared_and_written(world: World) {
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let compared = || world.app.get("/api/staff/wechat/menu").by(&centre);
        let before = compared().send().await.ok();
        assert_eq!((&before["same"], &before["theirs"]), (&json!(false), &json!([])));
        world.app.request(Method::POST, "/api/staff/wechat/menu").by(&centre).send().await.ok();
        let after = compared().send().await.ok();
        assert_eq!(after["same"], true, "{after}");
        assert_eq!(after["ours"], after["theirs"]);
    }

    async fn a_menu_made_by_hand_is_replaced_by_staff_alone(world: World) {
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let by_hand = json!({ "button": [{ "name": "手工", "type": "click", "key": "V1" }] });
        world.platform.make_menu_by_hand(by_hand.clone());
        conversation::sync_menu(&world.app.app).await.unwrap();
        assert_eq!((world.calls(MENU), world.platform.menu()), (0, Some(by_hand)));
        let told = async || {
            let seen = world.app.get("/api/staff/wechat").by(&centre).send().await.ok();
            seen[0]["notes"].to_string().contains("手工做了菜单")
        };
        assert!(told().await);
        let state = world.app.get("/api/staff/wechat/menu").by(&centre).send().await.ok();
        assert_eq!((&state["by_hand"], &state["theirs"]), (&json!(true), &json!(["手工（自动回答）"])));
        world.app.request(Method::POST, "/api/staff/wechat/menu").by(&centre).send().await.ok();
        assert_eq!(world.calls(MENU), 1);
        assert!(!told().await);
        // Ours from then on: it is kept up to date without asking.
        conversation::sync_menu(&world.app.app).await.unwrap();
        assert_eq!(world.calls(MENU), 1);
    }

    async fn at_night_followers_and_the_sources_of_callbacks_are_looked_after(world: World) {
        let [stays, goes, comes] = ["王秀英", "李建国", "张桂兰"].map(|name| world.platform.add_user(name));
        for user in [&stays, &goes] {
            world.platform.follow(user).await.unwrap();
        }
        world.app.run_jobs().await;
        // Events are lost.
        world.platform.hold_callbacks();
        world.platform.unfollow(&goes).await.unwrap();
        world.platform.follow(&comes).await.unwrap();
        let by_day = job::Entity::find().count(world.app.app.db.read()).await.unwrap();
        platform::by_night(&world.app.app).await.unwrap();
        assert_eq!(job::Entity::find().count(world.app.app.db.read()).await.unwrap(), by_day);
        world.advance(TimeDelta::hours(18));
        for _ in 0..2 {
            platform::by_night(&world.app.app).await.unwrap();
        }
        world.app.run_jobs().await;
        assert_eq!(world.calls("/cgi-bin/user/get"), 1, "once a night");
        let mut follow: Vec<_> = follower::Entity::find().all(world.app.app.db.read()).await.unwrap();
        follow.retain(|one| one.following);
        assert_eq!(follow.len(), 2);
        assert!(follow.iter().all(|one| one.asked_at.is_some() && one.unionid.is_some()), "{follow:?}");
        // How often articles were read is told in the morning.
        world.advance(TimeDelta::hours(7));
        world.app.run_jobs().await;
        let jobs = job::Entity::find().all(world.app.app.db.read()).await.unwrap();
        assert!(jobs.iter().all(|job| job.state == JobState::Done));
        assert!(follow.iter().all(|one| jobs.iter().all(|job| !job.payload.contains(&one.openid))));
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let seen = world.app.get("/api/staff/wechat").by(&centre).send().await.ok();
        for account in [&seen[0], &seen[1]] {
            assert!(account["notes"].to_string().contains("防火墙要放行"), "{account}");
        }
    }

    async fn what_is_asked_of_wechat_is_checked_first(world: World) {
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let quota = |endpoint: &str| {
            let body = json!({ "endpoint": endpoint });
            world.app.post("/api/staff/wechat/accounts/official/quota", &body).by(&centre)
        };
        quota("/cgi-bin/invented").send().await.refused(404, "unknown_endpoint");
        let path = "/api/staff/wechat/accounts/official/quota";
        world.app.request(Method::DELETE, path).send().await.refused(401, "unauthenticated");
        let look = |rid: &str| world.app.get(&format!("/api/staff/wechat/accounts/mini/calls/{rid}")).by(&centre);
        look("a%20b").send().await.refused(400, "invalid");
        world.app.get("/api/staff/wechat/accounts/other/calls/1-2").by(&centre).send().await.refused(400, "invalid");
        assert_eq!(world.platform.requests().len(), 0);
        let checked = world.app.request(Method::POST, "/api/staff/wechat/accounts/official/check").by(&centre).send().await.ok();
        assert_eq!(checked[0]["good"], true, "{checked}");
        // WeChat lets counts be set back ten times a month.
        let clear = || world.app.request(Method::DELETE, path).by(&centre);
        for _ in 0..10 {
            clear().send().await.ok();
        }
        let refused = clear().send().await.refused(409, "wechat_refused");
        assert!(refused["message"].as_str().unwrap().contains("10 次"), "{refused}");
    }

    async fn counts_are_set_back_without_a_token_where_its_own_quota_is_used_up(world: World) {
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let clear = async || {
            let path = "/api/staff/wechat/accounts/official/quota";
            world.app.request(Method::DELETE, path).by(&centre).send().await
        };
        let cleared = async || {
            let done = audit::Entity::find().filter(audit::Column::Action.eq("wechat.quota_cleared"));
            done.count(world.app.app.db.read()).await.unwrap()
        };
        clear().await.ok();
        assert_eq!((world.calls(CLEAR), world.calls(CLEAR_V2)), (1, 0));
        // The call itself is over its limit.
        world.platform.fail_next(CLEAR, Fault::Errcode(45009), 1);
        clear().await.ok();
        assert_eq!((world.calls(CLEAR), world.calls(CLEAR_V2)), (2, 1));
        assert_eq!(cleared().await, 2);
        // Any other refusal is told, and nothing else is tried.
        world.platform.fail_next(CLEAR, Fault::Errcode(48006), 1);
        clear().await.refused(409, "wechat_refused");
        assert_eq!((world.calls(CLEAR), world.calls(CLEAR_V2), cleared().await), (3, 1, 2));
        // There is no token to be had any more.
        world.advance(TimeDelta::hours(3));
        world.platform.fail_next(TOKEN, Fault::Errcode(45009), 1);
        clear().await.ok();
        assert_eq!((world.calls(CLEAR), world.calls(CLEAR_V2), cleared().await), (3, 2, 3));
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());
    }

    async fn a_call_that_failed_is_looked_up_by_its_rid(world: World) {
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        world.platform.fail_next(MENU, Fault::Errcode(40018), 1);
        world.app.request(Method::POST, "/api/staff/wechat/menu").by(&centre).send().await.refused(409, "wechat_refused");
        let seen = world.app.get("/api/staff/wechat").by(&centre).send().await.ok();
        let rid = seen[0]["troubles"][0]["rid"].as_str().unwrap().to_owned();
        let look = async |account: &str, rid: &str| {
            let path = format!("/api/staff/wechat/accounts/{account}/calls/{rid}");
            world.app.get(&path).by(&centre).send().await
        };
        let call = look("official", &rid).await.ok();
        assert_eq!((&call["endpoint"], &call["errcode"]), (&json!(MENU), &json!(40018)));
        assert_eq!((&call["client_ip"], &call["took_ms"]), (&json!("127.0.0.1"), &json!(1)));
        assert!(call["time_text"].as_str().unwrap().contains("9月1日"), "{call}");
        // It is nobody's else, and nothing is made up.
        for (account, rid) in [("mini", rid.as_str()), ("official", "00000000-00000000-00000000")] {
            look(account, rid).await.refused(409, "wechat_refused");
        }
    }
}

#[tokio::test]
async fn staff_are_told_what_pages_in_wechats_browser_lack() {
    let told = async |extra: &[(&'static str, &str)]| {
        let extra: Vec<_> = extra.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let world = World::start_with(Backend::Sqlite, &extra).await;
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let seen = world.app.get("/api/staff/wechat").by(&centre).send().await.ok();
        assert!(seen[1].get("web").is_none(), "the mini-program has its own way");
        seen[0]["web"].clone()
    };
    let bad = |web: &Value| {
        let lines = web["findings"].as_array().unwrap();
        lines.iter().filter(|line| line["good"] == false).count()
    };
    let good = told(&[]).await;
    assert_eq!((bad(&good), &good["domain"]), (0, &json!("127.0.0.1")));
    let small = told(&[("wechat.official.kind", "subscription")]).await;
    assert!(small["findings"][0]["text"].as_str().unwrap().contains("服务号"), "{small}");
    let real = ("wechat.open_base", "https://open.weixin.qq.com");
    assert_eq!(bad(&told(&[real]).await), 2, "neither https nor a domain");
    let url = ("server.public_url", "https://xuexi.example.org");
    let real = told(&[real, url]).await;
    assert_eq!((bad(&real), &real["domain"]), (0, &json!("xuexi.example.org")));
}

async fn what_wechat_says_of_an_account(backend: Backend) {
    let account = |name: &str| callbacks::settings(name, "plain").into_iter();
    let settings: Vec<(String, String)> = account("official").chain(account("mini")).collect();
    let settings: Vec<_> =
        settings.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    let app = TestApp::start_with(backend, &settings).await;
    let centre = fixtures::clerk(&app, "centre", Role::Centre, None).await;
    let says = async |account: &str, at: i64, name: &str, more: &str| {
        let body = callbacks::event("o1", at, name, more);
        let now = app.now().timestamp();
        let sent = callbacks::deliver("plain", now, u64::try_from(at).unwrap(), &body);
        let url = format!("/wechat/{account}?{}", sent.query);
        let request = app.request(Method::POST, &url).header("content-type", "text/xml");
        let answer = Request(request.0.body(sent.body)).send().await;
        assert_eq!(answer.status.as_u16(), 200);
    };
    let told = async |at: usize| {
        let seen = app.get("/api/staff/wechat").by(&centre).send().await.ok();
        seen[at]["notes"].as_array().unwrap().clone()
    };
    let now = app.now().timestamp();
    let ends = now + 30 * 86_400;
    says("official", now, "annual_renew", &format!("<ExpiredTime>{ends}</ExpiredTime>")).await;
    let notes = told(0).await;
    assert_eq!((notes.len(), &notes[0]["good"]), (1, &json!(false)));
    assert!(notes[0]["text"].as_str().unwrap().contains("10月1日到期"), "{notes:?}");
    says("official", now + 60, "verify_expired", &format!("<ExpiredTime>{ends}</ExpiredTime>"))
        .await;
    assert!(told(0).await[0]["text"].as_str().unwrap().contains("过期了"));
    // An older event that comes late does not undo a newer one.
    says("official", now + 50, "qualification_verify_success", "").await;
    assert!(told(0).await[0]["text"].as_str().unwrap().contains("过期了"));
    says("official", now + 90, "qualification_verify_success", "").await;
    let notes = told(0).await;
    assert_eq!((notes.len(), &notes[0]["good"]), (1, &json!(true)));
    let failed = format!("<FailTime>{now}</FailTime><Reason>缺少类目</Reason>");
    says("mini", now, "weapp_audit_fail", &failed).await;
    let notes = told(1).await;
    assert!(notes[0]["text"].as_str().unwrap().contains("缺少类目"), "{notes:?}");
}

#[tokio::test]
async fn what_wechat_says_of_an_account_is_told_with_what_to_do_sqlite() {
    what_wechat_says_of_an_account(Backend::Sqlite).await;
}

#[tokio::test]
async fn what_wechat_says_of_an_account_is_told_with_what_to_do_postgres() {
    if Backend::Postgres.available() {
        what_wechat_says_of_an_account(Backend::Postgres).await;
    }
}

#[tokio::test]
async fn a_menu_key_that_asks_nothing_stops_the_start() {
    let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned();
    let values = [("security.data_key", key)];
    let mut config = shangxue::config::Config::load_with(None, &values).unwrap();
    conversation::check_menu(&config.wechat.menu).unwrap();
    config.wechat.menu.buttons[2].below[1].to = Some("persn".to_owned());
    let error = conversation::check_menu(&config.wechat.menu).unwrap_err();
    assert_eq!(error.code, "wrong_menu_key");
    assert!(error.message.contains("人工服务") && error.message.contains("persn"), "{error:?}");
    assert!(error.message.contains("person、"), "{error:?}");
}
