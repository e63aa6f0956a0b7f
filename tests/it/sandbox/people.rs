//! Sign-in, consents and the menu.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shangxue::config::{Format, Mode};
use shangxue::sandbox::{Account, Opened, Tapped};

use super::service::{Service, open, text_reply};
use super::{Platform, code};

#[tokio::test]
async fn a_login_code_is_good_once_and_for_five_minutes() {
    let platform = Platform::start().await;
    let user = platform.sandbox.users().first().cloned().expect("the first person");
    let (appid, secret) = (&platform.config.mini.appid, &platform.config.mini.secret);
    let path = |login: &str, secret: &str| {
        format!(
            "/sns/jscode2session?appid={appid}&secret={secret}&js_code={login}&grant_type=authorization_code"
        )
    };
    let login = platform.sandbox.login_code(&user);
    assert_eq!(code(&platform.get(&path(&login, "wrong")).await), 40125);
    let session = platform.get(&path(&login, secret)).await;
    assert_eq!(session["openid"], user.mini_openid.as_str());
    assert_eq!(session["unionid"], user.unionid.as_str());
    assert_eq!(code(&platform.get(&path(&login, secret)).await), 40163);
    assert_eq!(code(&platform.get(&path("0nothing", secret)).await), 40029);
    let late = platform.sandbox.login_code(&user);
    platform.config.clock.advance(TimeDelta::minutes(5));
    assert_eq!(code(&platform.get(&path(&late, secret)).await), 40029);
}

#[tokio::test]
async fn a_phone_code_gives_the_number_once() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    let body = json!({"code": platform.sandbox.phone_code(&user)});
    let answer = platform.mini("/wxa/business/getuserphonenumber", &body).await;
    assert_eq!(answer["phone_info"]["purePhoneNumber"], user.phone.as_str());
    assert_eq!(code(&platform.mini("/wxa/business/getuserphonenumber", &body).await), 40029);
    let login = json!({"code": platform.sandbox.login_code(&user)});
    assert_eq!(code(&platform.mini("/wxa/business/getuserphonenumber", &login).await), 40029);
}

#[tokio::test]
async fn a_subscription_message_needs_consent_and_values_that_keep_the_rules() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    let template = platform.config.templates.first().expect("a template").id.clone();
    let data = json!({
        "thing1": {"value": "智能手机入门"},
        "time2": {"value": "2026年9月1日 09:00"},
        "thing3": {"value": "常阴沙社区教育中心"},
        "thing4": {"value": "请提前十分钟到"},
    });
    let good = json!({
        "touser": user.mini_openid,
        "template_id": template,
        "page": "pages/web/index?to=%2Fclasses%2F3",
        "data": data,
        "miniprogram_state": "formal",
    });
    let path = "/cgi-bin/message/subscribe/send";
    assert_eq!(code(&platform.mini(path, &good).await), 43101);

    platform.sandbox.subscribe(&user, &[(&template, true)]).await.expect("answered");
    let refused = [
        ("/touser", json!(user.official_openid), 40003),
        ("/template_id", json!("another"), 40037),
        ("/page", json!("pages/nowhere"), 41030),
        ("/data/thing1/value", json!("一二三四五六七八九十一二三四五六七八九十一"), 47003),
        ("/data/thing4/value", json!(""), 47003),
        ("/data/time2/value", json!("周二"), 47003),
        ("/miniprogram_state", json!("release"), 40097),
    ];
    for (place, value, errcode) in refused {
        let mut bad = good.clone();
        *bad.pointer_mut(place).expect("the place") = value;
        assert_eq!(code(&platform.mini(path, &bad).await), errcode, "{place}");
    }
    let mut bad = good.clone();
    bad["data"]["thing5"] = json!({"value": "多"});
    assert_eq!(code(&platform.mini(path, &bad).await), 47003);
    assert_eq!(platform.sandbox.consents(&user, &template), 1, "a refusal uses nothing up");

    assert_eq!(code(&platform.mini(path, &good).await), 0);
    assert_eq!(code(&platform.mini(path, &good).await), 43101);
    let notices = platform.sandbox.service_notices(&user);
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].lines[0], ("课程名称".to_owned(), "智能手机入门".to_owned()));
}

#[tokio::test]
async fn a_menu_is_checked_and_kept() {
    let platform = Platform::start().await;
    let token = platform.token(Account::Official).await;
    let get = format!("/cgi-bin/menu/get?access_token={token}");
    assert_eq!(code(&platform.get(&get).await), 46003);
    let appid = platform.config.mini.appid.clone();
    let good = json!({"button": [
        {"name": "报名上课", "type": "miniprogram", "appid": appid, "pagepath": "pages/web/index", "url": "http://127.0.0.1/m/"},
        {"name": "我的", "sub_button": [{"name": "我的课表", "type": "click", "key": "my"}]},
    ]});
    assert_eq!(code(&platform.official("/cgi-bin/menu/create", &good).await), 0);
    assert_eq!(platform.get(&get).await["menu"]["button"][0]["pagepath"], "pages/web/index");
    for (place, value, errcode) in [
        ("/button/0/name", json!("一个太长的名字"), 40018),
        ("/button/0/appid", json!("wx0"), 45064),
        ("/button/0/type", json!("jump"), 40017),
        ("/button/1/sub_button/0/key", json!(""), 40019),
        ("/button", json!([]), 40016),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).expect("the place") = value;
        assert_eq!(
            code(&platform.official("/cgi-bin/menu/create", &bad).await),
            errcode,
            "{place}"
        );
    }
}

#[tokio::test]
async fn the_consent_sheet_is_told_to_the_mini_programs_address() {
    for (format, mode) in
        [(Format::Json, Mode::Safe), (Format::Xml, Mode::Plain), (Format::Json, Mode::Compat)]
    {
        let platform = Platform::start_with(|config| {
            config.mini_format = format;
            config.mini.mode = mode;
        })
        .await;
        let service = Service::start(&platform).await;
        let user = platform.sandbox.add_user("王小明");
        let ids: Vec<_> =
            platform.config.templates.iter().map(|template| template.id.as_str()).collect();
        platform
            .sandbox
            .subscribe(&user, &[(ids[0], true), (ids[1], false)])
            .await
            .expect("answered");
        assert_eq!(platform.sandbox.consents(&user, ids[0]), 1);
        assert_eq!(platform.sandbox.consents(&user, ids[1]), 0);
        let (account, query, body) = service.last();
        assert_eq!((account.as_str(), &query["openid"]), ("mini", &user.mini_openid));
        if format == Format::Xml {
            assert_eq!(body.matches("<List>").count(), 2);
            assert!(body.contains("<SubscribeMsgPopupEvent>"));
            continue;
        }
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let clear = open(&platform.config.mini, body["Encrypt"].as_str().expect("sealed"));
        let clear: Value = serde_json::from_str(&clear).expect("JSON");
        assert_eq!(clear["List"][1]["SubscribeStatusString"], "reject");
        assert_eq!(clear["FromUserName"], user.mini_openid.as_str());
        assert_eq!(body.get("List").is_some(), mode == Mode::Compat);

        platform.sandbox.subscribe(&user, &[(ids[0], true)]).await.expect("answered");
        let body: Value = serde_json::from_str(&service.last().2).expect("JSON");
        let clear = open(&platform.config.mini, body["Encrypt"].as_str().expect("sealed"));
        let clear: Value = serde_json::from_str(&clear).expect("JSON");
        assert!(clear["List"].is_object(), "a list of one is no list");
        assert!(platform.sandbox.subscribe(&user, &[("another", true)]).await.is_err());
    }
}

#[tokio::test]
async fn menu_taps_become_events() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let (user, keys) = (platform.sandbox.add_user("王小明"), &platform.config.official);
    platform.sandbox.follow(&user).await.expect("followed");
    let menu = json!({"button": [
        {"name": "我的", "sub_button": [{"name": "课表", "type": "click", "key": "my"}]},
        {"name": "报名", "type": "miniprogram", "appid": platform.config.mini.appid, "pagepath": "pages/web/index?to=%2Fclasses", "url": "http://127.0.0.1/m/"},
    ]});
    assert_eq!(code(&platform.official("/cgi-bin/menu/create", &menu).await), 0);
    service.answer(&text_reply(keys, &user.official_openid, "周二有课"));
    let tapped = platform.sandbox.tap(&user, "课表").await.expect("tapped");
    assert!(matches!(tapped, Tapped::Replied { lines } if lines[0].text == "周二有课"));
    assert!(service.last().2.contains("<EventKey><![CDATA[my]]></EventKey>"));
    let Tapped::Link { link } = platform.sandbox.tap(&user, "报名").await.expect("tapped") else {
        panic!("a link was expected");
    };
    assert!(service.last().2.contains("view_miniprogram"));
    assert_eq!(platform.sandbox.resolve(&link), Opened::Mini { to: "/classes".to_owned() });
    assert!(platform.sandbox.tap(&user, "我的").await.is_err(), "it only opens");
}
