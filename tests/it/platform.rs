//! The console's page “微信”: what staff see of the platform, and what they can do.

use entity::kinds::Role;
use reqwest::Method;
use serde_json::{Value, json};
use shangxue::sandbox::Fault;

use crate::on_both_databases_with_wechat;
use crate::support::platform::World;
use crate::support::{Backend, fixtures};

const MENU: &str = "/cgi-bin/menu/create";

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

    async fn what_is_asked_of_wechat_is_checked_first(world: World) {
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let quota = |endpoint: &str| {
            let body = json!({ "endpoint": endpoint });
            world.app.post("/api/staff/wechat/accounts/official/quota", &body).by(&centre)
        };
        quota("/cgi-bin/invented").send().await.refused(404, "unknown_endpoint");
        let look = |rid: &str| world.app.get(&format!("/api/staff/wechat/accounts/mini/calls/{rid}")).by(&centre);
        look("a%20b").send().await.refused(400, "invalid");
        world.app.get("/api/staff/wechat/accounts/other/calls/1-2").by(&centre).send().await.refused(400, "invalid");
        assert_eq!(world.platform.requests().len(), 0);
        let checked = world.app.request(Method::POST, "/api/staff/wechat/accounts/official/check").by(&centre).send().await.ok();
        assert_eq!(checked[0]["good"], true, "{checked}");
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
