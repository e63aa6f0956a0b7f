//! Followers: codes with a scene, information, remarks, tags, privacy.

use chrono::TimeDelta;
use serde_json::json;
use shangxue::config::{Format, Mode};
use shangxue::sandbox::Account;

use super::service::Service;
use super::{Platform, code};

async fn scene(platform: &Platform, scene: serde_json::Value) -> serde_json::Value {
    let body = json!({"expire_seconds": 600, "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": scene}}});
    platform.official("/cgi-bin/qrcode/create", &body).await
}

#[tokio::test]
async fn a_code_with_a_scene_is_read_and_told_to_the_service() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    let made = scene(&platform, json!("link-AbC123")).await;
    let ticket = made["ticket"].as_str().expect("a ticket");
    let picture = platform
        .http
        .get(platform.url("/cgi-bin/showqrcode"))
        .query(&[("ticket", ticket)])
        .send()
        .await
        .expect("an answer");
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    let bytes = picture.bytes().await.expect("bytes");
    let read = platform
        .http
        .post(platform.url("/sandbox/api/scan"))
        .header("content-type", "image/jpeg")
        .body(bytes)
        .send()
        .await
        .expect("an answer");
    let read: serde_json::Value = read.json().await.expect("JSON");
    assert_eq!(read["link"], made["url"]);

    let url = made["url"].as_str().expect("an address");
    platform.sandbox.scan(&user, url).await.expect("scanned");
    let body = service.last().2;
    assert!(body.contains("<![CDATA[subscribe]]>") && body.contains("qrscene_link-AbC123"));
    assert!(body.contains(&format!("<Ticket><![CDATA[{ticket}]]></Ticket>")));
    platform.sandbox.scan(&user, url).await.expect("scanned again");
    let body = service.last().2;
    assert!(
        body.contains("<![CDATA[SCAN]]>") && body.contains("<EventKey><![CDATA[link-AbC123]]>")
    );
    let info =
        platform.official_get(&format!("/cgi-bin/user/info?openid={}", user.official_openid)).await;
    assert_eq!(
        (&info["subscribe_scene"], &info["qr_scene_str"], &info["unionid"]),
        (&json!("ADD_SCENE_QR_CODE"), &json!("link-AbC123"), &json!(user.unionid))
    );
    platform.config.clock.advance(TimeDelta::minutes(10));
    assert!(platform.sandbox.scan(&user, url).await.is_err(), "over");
    let gone = platform.http.get(platform.url("/cgi-bin/showqrcode?ticket=x")).send().await;
    assert_eq!(gone.expect("an answer").status(), 404);
}

#[tokio::test]
async fn scenes_keep_their_limits() {
    let platform = Platform::start().await;
    for (name, scene, errcode) in [
        ("QR_SCENE", json!({"scene_id": 7}), 0),
        ("QR_SCENE", json!({"scene_id": 0}), 40053),
        ("QR_SCENE", json!({"scene_str": "7"}), 40053),
        ("QR_STR_SCENE", json!({"scene_str": "长".repeat(64)}), 0),
        ("QR_STR_SCENE", json!({"scene_str": "长".repeat(65)}), 40053),
        ("QR_LIMIT_SCENE", json!({"scene_id": 100_001}), 40053),
        ("QR_LIMIT_STR_SCENE", json!({"scene_str": "门口"}), 0),
        ("QR_CARD", json!({"scene_id": 1}), 40052),
    ] {
        let body =
            json!({"expire_seconds": 60, "action_name": name, "action_info": {"scene": scene}});
        assert_eq!(
            code(&platform.official("/cgi-bin/qrcode/create", &body).await),
            errcode,
            "{body}"
        );
    }
    let long = json!({"expire_seconds": 2_592_001, "action_name": "QR_SCENE",
        "action_info": {"scene": {"scene_id": 1}}});
    assert_eq!(code(&platform.official("/cgi-bin/qrcode/create", &long).await), 40097);
    platform.sandbox.take_unexpected();
}

#[tokio::test]
async fn an_account_that_is_not_bound_knows_no_unionid() {
    let platform = Platform::start_with(|config| config.bound = false).await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.follow(&user).await.expect("followed");
    let info =
        platform.official_get(&format!("/cgi-bin/user/info?openid={}", user.official_openid)).await;
    assert!(info["subscribe"] == 1 && info.get("unionid").is_none());
}

#[tokio::test]
async fn followers_are_listed_remarked_and_tagged() {
    let platform = Platform::start().await;
    let (first, second) =
        (platform.sandbox.add_user("王小明"), platform.sandbox.add_user("李小红"));
    let empty = platform.official_get("/cgi-bin/user/get").await;
    assert!(empty["count"] == 0 && empty.get("data").is_none());
    for user in [&first, &second] {
        platform.sandbox.follow(user).await.expect("followed");
    }
    let next = format!("/cgi-bin/user/get?next_openid={}", first.official_openid);
    assert_eq!(
        platform.official_get(&next).await["data"]["openid"],
        json!([second.official_openid])
    );
    let remark = |words: &str| json!({"openid": first.official_openid, "remark": words});
    let path = "/cgi-bin/user/info/updateremark";
    assert_eq!(code(&platform.official(path, &remark("书法班的老王")).await), 0);
    assert_ne!(code(&platform.official(path, &remark(&"字".repeat(30))).await), 0);
    let batch = json!({"user_list": [{"openid": first.official_openid, "lang": "zh_CN"}]});
    let batch = platform.official("/cgi-bin/user/info/batchget", &batch).await;
    assert_eq!(batch["user_info_list"][0]["remark"], "书法班的老王");

    let name = json!({"tag": {"name": "书法班"}});
    let made = platform.official("/cgi-bin/tags/create", &name).await;
    let id = made["tag"]["id"].clone();
    assert_eq!(code(&platform.official("/cgi-bin/tags/create", &name).await), 45157);
    let give = json!({"openid_list": [first.official_openid], "tagid": id});
    assert_eq!(code(&platform.official("/cgi-bin/tags/members/batchtagging", &give).await), 0);
    let wrong = json!({"openid_list": [first.mini_openid], "tagid": id});
    assert_eq!(code(&platform.official("/cgi-bin/tags/members/batchtagging", &wrong).await), 49003);
    assert_eq!(platform.official_get("/cgi-bin/tags/get").await["tags"][0]["count"], 1);
    let whose = json!({"openid": first.official_openid});
    assert_eq!(
        platform.official("/cgi-bin/tags/getidlist", &whose).await["tagid_list"],
        json!([id])
    );
    let fans = json!({"tagid": id, "next_openid": ""});
    assert_eq!(platform.official("/cgi-bin/user/tag/get", &fans).await["count"], 1);

    let button = |name: &str| json!([{"name": name, "type": "click", "key": "k"}]);
    let only = json!({"button": button("班级"), "matchrule": {"tag_id": id}});
    assert_eq!(code(&platform.official("/cgi-bin/menu/addconditional", &only).await), 65303);
    platform.official("/cgi-bin/menu/create", &json!({"button": button("报名")})).await;
    let added = platform.official("/cgi-bin/menu/addconditional", &only).await;
    let menu = |user: &str| json!({"user_id": user});
    for (user, name) in [(&first, "班级"), (&second, "报名")] {
        let found = platform.official("/cgi-bin/menu/trymatch", &menu(&user.official_openid)).await;
        assert_eq!(found["button"][0]["name"], name);
    }
    assert_eq!(
        platform.official_get("/cgi-bin/menu/get").await["conditionalmenu"][0]["button"][0]["name"],
        "班级"
    );
    assert_eq!(
        platform.official_get("/cgi-bin/get_current_selfmenu_info").await["is_menu_open"],
        1
    );
    assert!(platform.sandbox.tap(&first, "班级").await.is_ok());
    assert!(platform.sandbox.tap(&second, "班级").await.is_err());
    let delete = json!({"menuid": added["menuid"]});
    assert_eq!(code(&platform.official("/cgi-bin/menu/delconditional", &delete).await), 0);

    let system = json!({"tag": {"id": 2}});
    assert_eq!(code(&platform.official("/cgi-bin/tags/delete", &system).await), 45058);
    let own = json!({"tag": {"id": id}});
    assert_eq!(code(&platform.official("/cgi-bin/tags/delete", &own).await), 0);
    assert_eq!(code(&platform.official("/cgi-bin/tags/delete", &own).await), 45159);
    platform.sandbox.take_unexpected();
}

#[tokio::test]
async fn privacy_events_come_to_the_account_they_are_of() {
    let platform = Platform::start_with(|config| {
        config.official.mode = Mode::Plain;
        config.mini.mode = Mode::Plain;
        config.mini_format = Format::Json;
    })
    .await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.withdraw(&user, Account::Mini, "8").await.expect("sent");
    let (account, _, body) = service.last();
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(
        (account.as_str(), &body["Event"], &body["RevokeInfo"], &body["OpenID"]),
        ("mini", &json!("user_authorization_revoke"), &json!("8"), &json!(user.mini_openid))
    );
    platform.sandbox.close_account(&user, Account::Official).await.expect("sent");
    let (account, _, body) = service.last();
    assert!(account == "official" && body.contains("user_authorization_cancellation"));
    platform.sandbox.modify(&user, Account::Official).await.expect("sent");
    assert!(service.last().2.contains("user_info_modified"));
}
