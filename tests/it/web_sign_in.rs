//! Pages in WeChat's own browser: signing in with the public account, and scanning.

use chrono::TimeDelta;
use entity::kinds::{HelpState, WechatAccount};
use entity::{help_message, help_thread, resident};
use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use shangxue::members;
use shangxue::sandbox::{Fault, JsConfig, User};

use crate::on_both_databases_with_wechat;
use crate::support::platform::World;
use crate::support::{Answer, Backend, TestApp};

const EXCHANGE: &str = "/sns/oauth2/access_token";
const INFO: &str = "/cgi-bin/user/info";

/// A browser on its way to WeChat.
struct Browser {
    url: String,
    state: String,
    key: String,
}

async fn begin(world: &World) -> Browser {
    let begun = world.app.request(Method::POST, "/api/session/web/begin").send().await.ok();
    let of = |name: &str| begun[name].as_str().unwrap().to_owned();
    Browser { url: of("url"), state: of("state"), key: of("key") }
}

/// What WeChat sends a person's browser back with.
fn code(world: &World, browser: &Browser, user: &User, snapshot: bool) -> String {
    let back = world.platform.authorize(user, &browser.url, snapshot).unwrap();
    let (page, query) = back.split_once('?').unwrap();
    assert_eq!(page, format!("{}/m/", world.app.url));
    let (code, state) = query.strip_prefix("code=").unwrap().split_once("&state=").unwrap();
    assert_eq!(state, browser.state);
    code.to_owned()
}

async fn enter(world: &World, code: &str, state: &str, key: &str) -> Answer {
    let body = json!({ "code": code, "state": state, "key": key });
    world.app.post("/api/session/web", &body).send().await
}

async fn enter_from(world: &World, browser: &Browser, code: &str) -> Answer {
    enter(world, code, &browser.state, &browser.key).await
}

/// The whole way; the answer of `POST /api/session/web`.
async fn sign_in(world: &World, user: &User) -> Value {
    let browser = begin(world).await;
    let code = code(world, &browser, user, false);
    enter_from(world, &browser, &code).await.ok()
}

async fn residents(app: &TestApp) -> u64 {
    resident::Entity::find().count(app.app.db.read()).await.unwrap()
}

on_both_databases_with_wechat! {
    async fn who_opens_a_page_in_wechat_is_signed_in_and_is_somebody_new_once(world: World) {
        let app = &world.app;
        assert_eq!(app.get("/api/about").send().await.ok()["web_sign_in"], true);
        let user = world.platform.add_user("王秀英");
        let first = sign_in(&world, &user).await;
        assert_eq!(first["me"]["needs"], json!(["consent", "profile"]));
        let token = first["token"].as_str().unwrap();
        assert_eq!(app.get("/api/me").bearer(token).send().await.ok(), first["me"]);
        assert_eq!(app.get("/api/me/account-link").bearer(token).send().await.ok()["linked"], true);

        let again = sign_in(&world, &user).await;
        assert_eq!(again["me"]["id"], first["me"]["id"]);
        assert_ne!(again["token"], first["token"]);
        let other = sign_in(&world, &world.platform.add_user("李建国")).await;
        assert_ne!(other["me"]["id"], first["me"]["id"]);
        assert_eq!(residents(app).await, 2);
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());
    }

    async fn only_the_browser_that_began_can_finish_and_only_once(world: World) {
        let (me, stranger) = (world.platform.add_user("王秀英"), world.platform.add_user("李建国"));
        let (mine, theirs) = (begin(&world).await, begin(&world).await);
        assert_ne!(mine.state, theirs.state);
        // A stranger's code and state, planted into my browser by a link.
        let planted = code(&world, &theirs, &stranger, false);
        for (state, key) in [
            (&theirs.state, &mine.key), (&mine.state, &theirs.key), (&mine.state, &mine.state),
            (&"0".repeat(42), &mine.key), (&String::new(), &String::new()), (&"9".repeat(42), &mine.key),
        ] {
            enter(&world, &planted, state, key).await.refused(409, "sign_in_outdated");
        }
        assert_eq!(world.calls(EXCHANGE), 0, "the code was not spent");
        let code_of_mine = code(&world, &mine, &me, false);
        let first = enter_from(&world, &mine, &code_of_mine).await.ok();
        enter_from(&world, &mine, &planted).await.refused(409, "sign_in_outdated");
        let repeated = enter_from(&world, &mine, &code_of_mine).await.ok();
        assert_eq!(repeated["me"]["id"], first["me"]["id"], "a page that sent it twice");
        assert_eq!(world.calls(EXCHANGE), 1);

        let slow = begin(&world).await;
        world.advance(TimeDelta::minutes(10));
        let late = code(&world, &slow, &me, false);
        enter_from(&world, &slow, &late).await.refused(409, "sign_in_outdated");
        assert_eq!(residents(&world.app).await, 1);
    }

    async fn a_code_that_is_used_or_too_old_means_to_begin_again(world: World) {
        let user = world.platform.add_user("王秀英");
        let browser = begin(&world).await;
        let spent = code(&world, &browser, &user, false);
        world.platform.fail_next(EXCHANGE, Fault::Errcode(40163), 1);
        enter_from(&world, &browser, &spent).await.refused(400, "login_code_invalid");
        for bad in ["", "  ", "invented"] {
            let browser = begin(&world).await;
            enter_from(&world, &browser, bad).await.refused(400, "login_code_invalid");
        }
        let browser = begin(&world).await;
        let old = code(&world, &browser, &user, false);
        world.advance(TimeDelta::minutes(6));
        enter_from(&world, &browser, &old).await.refused(400, "login_code_invalid");
        assert_eq!(residents(&world.app).await, 0);
        sign_in(&world, &user).await;
    }

    async fn a_visitor_of_a_preview_is_nobody(world: World) {
        let browser = begin(&world).await;
        let user = world.platform.add_user("王秀英");
        let visit = code(&world, &browser, &user, true);
        let refused = enter_from(&world, &browser, &visit).await.refused(403, "snapshot_visitor");
        assert!(refused["message"].as_str().unwrap().contains("使用完整服务"));
        assert_eq!(residents(&world.app).await, 0);
    }

    async fn troubles_of_wechat_are_told_apart_and_the_code_stays_good_where_it_can(world: World) {
        let browser = begin(&world).await;
        let code = code(&world, &browser, &world.platform.add_user("王秀英"), false);
        for (fault, status, code_of_ours) in [
            (Fault::Errcode(-1), 503, "wechat_unavailable"),
            (Fault::Http500, 503, "wechat_unavailable"),
        ] {
            world.platform.fail_next(EXCHANGE, fault, 1);
            enter_from(&world, &browser, &code).await.refused(status, code_of_ours);
        }
        // Whether they are known from the mini-program is not to be seen: nobody is made.
        world.platform.fail_next(INFO, Fault::Http500, 1);
        enter_from(&world, &browser, &code).await.refused(503, "wechat_unavailable");
        assert_eq!(residents(&world.app).await, 0);
        enter_from(&world, &browser, &code).await.ok();
        assert_eq!(world.calls(EXCHANGE), 3, "the grant was remembered");
    }

    async fn an_account_that_may_not_is_not_asked(world: World) {
        let browser = begin(&world).await;
        let denied = code(&world, &browser, &world.platform.add_user("王秀英"), false);
        world.platform.fail_next(EXCHANGE, Fault::Errcode(48001), 1);
        enter_from(&world, &browser, &denied).await.refused(503, "wechat_refused");
        // Believed from then on, and the pages are told.
        assert_eq!(world.app.get("/api/about").send().await.ok()["web_sign_in"], false);
        let begin = world.app.request(Method::POST, "/api/session/web/begin");
        begin.send().await.refused(409, "web_sign_in_unavailable");
    }

    async fn a_follower_known_from_the_mini_program_is_the_same_resident(world: World) {
        let user = world.platform.add_user("王秀英");
        let mini = world.sign_in(&user).await;
        // The event of the follow waits: WeChat is asked when they sign in.
        world.platform.follow(&user).await.unwrap();
        assert_eq!(sign_in(&world, &user).await["me"]["id"], mini["me"]["id"]);
        assert_eq!(residents(&world.app).await, 1);
        world.app.run_jobs().await;
        let db = world.app.app.db.read();
        let id = members::by_openid(db, WechatAccount::Official, &user.official_openid).await.unwrap();
        assert_eq!(json!(id.unwrap().0), mini["me"]["id"]);
        assert_eq!(help_thread::Entity::find().count(db).await.unwrap(), 0, "staff have nothing to settle");
        // Known by the openid from now on: nobody has to be asked.
        let asked = world.calls(INFO);
        sign_in(&world, &user).await;
        assert_eq!(world.calls(INFO), asked);
    }

    async fn who_signed_in_with_the_account_is_found_by_the_mini_program(world: World) {
        let (follower, later) = (world.platform.add_user("王秀英"), world.platform.add_user("李建国"));
        world.platform.follow(&follower).await.unwrap();
        let page = sign_in(&world, &follower).await;
        assert_eq!(world.sign_in(&follower).await["me"]["id"], page["me"]["id"]);

        // Of one who does not follow WeChat tells the openid alone; the follow tells more.
        let page = sign_in(&world, &later).await;
        world.platform.follow(&later).await.unwrap();
        world.app.run_jobs().await;
        assert_eq!(world.sign_in(&later).await["me"]["id"], page["me"]["id"]);
        assert_eq!(residents(&world.app).await, 2);
    }

    async fn nobody_is_linked_on_a_guess(world: World) {
        let user = world.platform.add_user("王秀英");
        let mini = world.sign_in(&user).await;
        // Not a follower: nothing says that this is the same person.
        let page = sign_in(&world, &user).await;
        assert_ne!(page["me"]["id"], mini["me"]["id"]);
        // When it is known, staff are told; the two stay two.
        world.platform.follow(&user).await.unwrap();
        world.app.run_jobs().await;
        let db = world.app.app.db.read();
        let owner = members::by_openid(db, WechatAccount::Official, &user.official_openid).await.unwrap();
        assert_eq!(json!(owner.unwrap().0), page["me"]["id"]);
        let told = help_message::Entity::find().one(db).await.unwrap().unwrap();
        assert_eq!(told.state, HelpState::Received);
    }

    async fn a_resident_whose_account_is_anothers_still_signs_in_as_themselves(world: World) {
        let (mother, child) = (world.platform.add_user("王秀英"), world.platform.add_user("李建国"));
        let mini = world.sign_in(&mother).await;
        let id = entity::ids::ResidentId(mini["me"]["id"].as_i64().unwrap());
        let tx = world.app.app.db.begin().await.unwrap();
        let official = WechatAccount::Official;
        members::add_openid(&tx, id, official, &child.official_openid, None, world.app.now()).await.unwrap();
        tx.commit().await.unwrap();
        world.platform.follow(&mother).await.unwrap();
        assert_eq!(sign_in(&world, &mother).await["me"]["id"], mini["me"]["id"]);
        let db = world.app.app.db.read();
        assert_eq!(members::by_openid(db, official, &mother.official_openid).await.unwrap(), None);
    }

    async fn two_tabs_at_once_are_one_resident(world: World) {
        let user = world.platform.add_user("王秀英");
        let ids = join_all((0..6).map(|_| async { sign_in(&world, &user).await["me"]["id"].as_i64() })).await;
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(residents(&world.app).await, 1);
    }

    async fn page_and_mini_program_at_once_are_one_resident(world: World) {
        for round in 1..=5 {
            let user = world.platform.add_user("王秀英");
            world.platform.follow(&user).await.unwrap();
            let (page, mini) = tokio::join!(sign_in(&world, &user), world.sign_in(&user));
            assert_eq!(page["me"]["id"], mini["me"]["id"]);
            assert_eq!(residents(&world.app).await, round);
        }
    }

    async fn who_closed_the_account_comes_back_as_somebody_new(world: World) {
        let user = world.platform.add_user("王秀英");
        let first = sign_in(&world, &user).await;
        let token = first["token"].as_str().unwrap();
        let late = begin(&world).await;
        let code = code(&world, &late, &user, false);
        world.app.request(Method::DELETE, "/api/me").bearer(token).send().await.ok();
        world.app.get("/api/me").bearer(token).send().await.refused(401, "unauthenticated");
        let again = enter_from(&world, &late, &code).await.ok();
        assert_ne!(again["me"]["id"], first["me"]["id"]);
        world.app.run_jobs().await;
        let token = again["token"].as_str().unwrap();
        assert_eq!(world.app.get("/api/me").bearer(token).send().await.ok(), again["me"]);
    }

    async fn what_a_follower_wrote_before_is_theirs(world: World) {
        let user = world.platform.add_user("王秀英");
        world.platform.follow(&user).await.unwrap();
        for words in ["人工", "请问教室在几楼？"] {
            world.platform.say(&user, words).await.unwrap();
        }
        world.app.run_jobs().await;
        let page = sign_in(&world, &user).await;
        world.app.run_jobs().await;
        let thread = help_thread::Entity::find().one(world.app.app.db.read()).await.unwrap().unwrap();
        assert_eq!(thread.resident_id.map(|id| json!(id.0)), Some(page["me"]["id"].clone()));
    }

    async fn a_page_of_ours_may_scan_and_no_other(world: World) {
        let app = &world.app;
        let ask = |url: &str| app.request(Method::GET, "/api/wechat/js-config").query("url", url).send();
        let page = format!("{}/m/?c=AB%2BC", app.url);
        let signed = ask(&format!("{page}#/checkin")).await.ok();
        let config = |url: &str| JsConfig {
            app_id: signed["appId"].as_str().unwrap().to_owned(),
            timestamp: signed["timestamp"].clone(),
            nonce_str: signed["nonceStr"].as_str().unwrap().to_owned(),
            signature: signed["signature"].as_str().unwrap().to_owned(),
            url: url.to_owned(),
        };
        assert_eq!(world.platform.js_config(&config(&page)), "config:ok");
        assert_eq!(world.platform.unexpected(), Vec::<String>::new());
        for (url, said) in [
            (format!("{}/m/", app.url), "config:fail invalid signature"),
            ("http://evil.example/m/".to_owned(), "config:fail invalid url domain"),
        ] {
            assert_eq!(world.platform.js_config(&config(&url)), said);
        }
        assert_eq!(world.platform.take_unexpected().len(), 2);
        for foreign in [
            "http://evil.example/m/".to_owned(), format!("{}.evil.example/m/", app.url), "javascript:1".to_owned(),
            format!("{}@evil.example/", app.url), "/m/".to_owned(), String::new(), "http://127.0.0.1/m/".to_owned(),
        ] {
            ask(&foreign).await.refused(400, "foreign_url");
        }
        ask(&app.url.replace("http:", "https:")).await.ok();
        assert_eq!(world.calls("/cgi-bin/ticket/getticket"), 1, "the ticket is kept");
    }
}

#[tokio::test]
async fn a_subscription_account_offers_no_sign_in() {
    for (key, value) in
        [("wechat.official.kind", "subscription"), ("wechat.official.verified", "false")]
    {
        let world = World::start_with(Backend::Sqlite, &[(key, value.to_owned())]).await;
        assert_eq!(world.app.get("/api/about").send().await.ok()["web_sign_in"], false, "{key}");
        let begin = world.app.request(Method::POST, "/api/session/web/begin").send().await;
        begin.refused(409, "web_sign_in_unavailable");
        assert_eq!(world.platform.requests().len(), 0, "nothing was asked");
    }
    let app = TestApp::start(Backend::Sqlite).await;
    let about = app.get("/api/about").send().await.ok();
    assert_eq!((&about["web_sign_in"], &about["jssdk_url"]), (&json!(false), &json!("")));
}
