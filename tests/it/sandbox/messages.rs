//! Messages to people: windows, counts, kinds, results.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shangxue::config::Mode;
use shangxue::sandbox::{Account, AccountKind, Extra, NoticeOutcome, Said, User};

use super::service::Service;
use super::{Platform, code};

const CUSTOM: &str = "/cgi-bin/message/custom/send";

async fn say_to(platform: &Platform, user: &User, words: &str) -> i64 {
    let body =
        json!({"touser": user.official_openid, "msgtype": "text", "text": {"content": words}});
    code(&platform.official(CUSTOM, &body).await)
}

#[tokio::test]
async fn a_customer_message_needs_a_window_and_has_a_count() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    assert_eq!(say_to(&platform, &user, "您好").await, 40003, "not a follower");
    platform.sandbox.follow(&user).await.expect("followed");
    for errcode in [0, 0, 0, 45047] {
        assert_eq!(say_to(&platform, &user, "欢迎").await, errcode, "three after following");
    }
    platform.config.clock.advance(TimeDelta::minutes(1));
    assert_eq!(say_to(&platform, &user, "晚了").await, 45015);
    platform.sandbox.say(&user, "人工").await.expect("said");
    platform.config.clock.advance(TimeDelta::hours(47));
    for errcode in [0, 0, 0, 0, 0, 45047] {
        assert_eq!(say_to(&platform, &user, "在").await, errcode, "five after writing");
    }
    platform.sandbox.say(&user, "再问").await.expect("said");
    assert_eq!(say_to(&platform, &user, "在").await, 0);
    platform.config.clock.advance(TimeDelta::hours(48));
    assert_eq!(say_to(&platform, &user, "晚了").await, 45015);
    assert_eq!(platform.sandbox.chat(&user).last().map(|line| line.text.as_str()), Some("在"));
    assert!(platform.sandbox.unexpected().is_empty());
}

#[tokio::test]
async fn each_account_has_its_own_windows_and_kinds_of_messages() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.say_to_mini(&user, "怎么报名").await.expect("said");
    let text =
        json!({"touser": user.mini_openid, "msgtype": "text", "text": {"content": "这样报名"}});
    for errcode in [0, 0, 0, 0, 0, 0, 0, 45047] {
        assert_eq!(code(&platform.mini(CUSTOM, &text).await), errcode, "two and five");
    }
    let link = json!({"touser": user.mini_openid, "msgtype": "link",
        "link": {"title": "课程", "description": "", "url": "http://127.0.0.1/", "thumb_url": ""}});
    platform.sandbox.say_to_mini(&user, "链接").await.expect("said");
    assert_eq!(code(&platform.mini(CUSTOM, &link).await), 0);
    assert_eq!(platform.sandbox.mini_chat(&user).last().map(|line| line.articles.len()), Some(1));
    assert!(platform.sandbox.chat(&user).is_empty());

    platform.sandbox.follow(&user).await.expect("followed");
    let mut of_account = link.clone();
    of_account["touser"] = json!(user.official_openid);
    assert_eq!(code(&platform.official(CUSTOM, &of_account).await), 40008, "MP only");
    let menu = json!({"touser": user.official_openid, "msgtype": "msgmenu", "msgmenu": {
        "head_content": "满意吗", "list": [{"id": "101", "content": "满意"}], "tail_content": ""}});
    assert_eq!(code(&platform.official(CUSTOM, &menu).await), 0);
    let extra = platform.sandbox.chat(&user).pop().and_then(|line| line.extra);
    assert!(matches!(extra, Some(Extra::Menu { choices, .. }) if choices[0].1 == "满意"));
    platform.sandbox.take_unexpected();
}

#[tokio::test]
async fn a_choice_of_a_menu_message_says_which_and_opens_a_window() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.follow(&user).await.expect("followed");
    platform.config.clock.advance(TimeDelta::minutes(2));
    platform.sandbox.choose(&user, "101", "满意").await.expect("tapped");
    let body = service.last().2;
    assert!(body.contains("<bizmsgmenuid><![CDATA[101]]>") && body.contains("<![CDATA[满意]]>"));
    for errcode in [0, 0, 0, 45047] {
        assert_eq!(say_to(&platform, &user, "谢谢").await, errcode);
    }
}

#[tokio::test]
async fn what_an_account_is_decides_what_it_may_call() {
    let calls = [
        ("/cgi-bin/menu/create", json!({})),
        (CUSTOM, json!({})),
        ("/cgi-bin/qrcode/create", json!({})),
        ("/cgi-bin/message/template/send", json!({})),
        ("/cgi-bin/draft/batchget", json!({})),
    ];
    for (kind, verified, allowed) in [
        (AccountKind::Subscription, false, [false, false, false, false, false]),
        (AccountKind::Subscription, true, [true, true, false, false, true]),
        (AccountKind::Service, false, [true, false, false, false, false]),
        (AccountKind::Service, true, [true; 5]),
    ] {
        let platform =
            Platform::start_with(|config| (config.kind, config.verified) = (kind, verified)).await;
        for ((path, body), allowed) in calls.iter().zip(allowed) {
            let refused = code(&platform.official(path, body).await) == 48001;
            assert_eq!(refused, !allowed, "{kind:?} {verified} {path}");
        }
        let unexpected = platform.sandbox.take_unexpected();
        assert!(unexpected.iter().all(|words| !words.contains("48001")), "no bug: {unexpected:?}");
    }
}

fn template_message(platform: &Platform, user: &User) -> Value {
    json!({
        "touser": user.official_openid,
        "template_id": platform.config.official_templates[0].id,
        "miniprogram": {"appid": platform.config.mini.appid, "pagepath": "pages/web/index"},
        "client_msg_id": "change-7",
        "data": {
            "thing1": {"value": "智能手机入门"},
            "time2": {"value": "2026年9月1日 09:00"},
            "thing3": {"value": "教育中心"},
            "thing4": {"value": "请准时到"},
        },
    })
}

#[tokio::test]
async fn a_template_message_goes_to_followers_once_for_each_client_msg_id() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    let path = "/cgi-bin/message/template/send";
    let message = template_message(&platform, &user);
    assert_eq!(code(&platform.official(path, &message).await), 43004);
    platform.sandbox.follow(&user).await.expect("followed");
    let first = platform.official(path, &message).await;
    let again = platform.official(path, &message).await;
    assert_eq!((code(&first), &again["msgid"]), (0, &first["msgid"]));
    let shown = |platform: &Platform| platform.sandbox.chat(&user).len();
    assert_eq!(shown(&platform), 1, "once");
    platform.config.clock.advance(TimeDelta::minutes(10));
    assert_ne!(platform.official(path, &message).await["msgid"], first["msgid"]);
    assert_eq!(shown(&platform), 2);
    platform.sandbox.settle().await;
    let ends = platform.sandbox.callbacks();
    let ends = ends.iter().filter(|record| record.what == "TEMPLATESENDJOBFINISH").count();
    assert_eq!(ends, 2);
    let mut wrong = message.clone();
    wrong["template_id"] = json!(platform.config.templates[0].id);
    assert_eq!(code(&platform.official(path, &wrong).await), 40037, "of the other kind");
}

#[tokio::test]
async fn a_subscription_notice_of_the_account_uses_a_consent_and_tells_its_end() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    let path = "/cgi-bin/message/subscribe/bizsend";
    let id = platform.config.official_subscriptions[0].id.clone();
    let mut message = template_message(&platform, &user);
    message["template_id"] = json!(id);
    message.as_object_mut().expect("an object").remove("client_msg_id");
    assert_eq!(code(&platform.official(path, &message).await), 43101);
    platform.sandbox.subscribe_to_account(&user, &[(&id, true)]).await.expect("asked");
    assert_eq!(code(&platform.official(path, &message).await), 0);
    platform.sandbox.settle().await;
    let body = service.last().2;
    assert!(body.contains("<SubscribeMsgSentEvent><List>") && body.contains("<ErrorCode>0<"));
    assert_eq!(code(&platform.official(path, &message).await), 43101);
}

#[tokio::test]
async fn templates_can_be_added_from_the_library_and_deleted() {
    let platform = Platform::start().await;
    let token = platform.token(Account::Mini).await;
    let list = format!("/wxaapi/newtmpl/gettemplate?access_token={token}");
    let before = platform.get(&list).await["data"].as_array().map(Vec::len);
    let titles = format!(
        "/wxaapi/newtmpl/getpubtemplatetitles?access_token={token}&ids=616&start=0&limit=5"
    );
    let tid = platform.get(&titles).await["data"][0]["tid"].clone();
    let words = format!("/wxaapi/newtmpl/getpubtemplatekeywords?access_token={token}&tid={tid}");
    assert_eq!(platform.get(&words).await["data"][0]["rule"], "thing");
    let add = json!({"tid": tid, "kidList": [1, 2], "sceneDesc": "上课提醒"});
    let added = platform.mini("/wxaapi/newtmpl/addtemplate", &add).await;
    assert_eq!(platform.get(&list).await["data"].as_array().map(Vec::len), before.map(|n| n + 1));
    let delete = json!({"priTmplId": added["priTmplId"]});
    assert_eq!(code(&platform.mini("/wxaapi/newtmpl/deltemplate", &delete).await), 0);
    assert_eq!(code(&platform.mini("/wxaapi/newtmpl/deltemplate", &delete).await), 40037);
    let private = platform.official_get("/cgi-bin/template/get_all_private_template").await;
    assert_eq!(private["template_list"].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn what_became_of_a_subscription_message_is_told_as_the_account_wants_it_written() {
    let platform = Platform::start_with(|config| {
        (config.official.mode, config.mini.mode) = (Mode::Plain, Mode::Plain);
    })
    .await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    let id = platform.config.templates[0].id.clone();
    let mut message = template_message(&platform, &user);
    let fields = message.as_object_mut().expect("an object");
    for field in ["client_msg_id", "miniprogram"] {
        fields.remove(field);
    }
    (message["touser"], message["template_id"]) = (json!(user.mini_openid), json!(id));
    let mut named = Vec::new();
    for (outcome, code_of) in
        [(NoticeOutcome::Ok, "0"), (NoticeOutcome::Refused, "43101"), (NoticeOutcome::Failed, "-1")]
    {
        platform.sandbox.set_notice_outcome(outcome);
        platform.sandbox.subscribe(&user, &[(&id, true)]).await.expect("asked");
        let taken = platform.mini("/cgi-bin/message/subscribe/send", &message).await;
        assert_eq!(code(&taken), 0);
        platform.sandbox.settle().await;
        let told: Value = serde_json::from_str(&service.last().2).expect("JSON");
        assert_eq!(told["Event"], "subscribe_msg_sent_event");
        // One entry is an object, at the top; its numbers are texts.
        assert_eq!(told["List"]["ErrorCode"], code_of);
        assert!(told["List"]["MsgID"].is_string());
        let told: u64 = told["List"]["MsgID"].as_str().expect("text").parse().expect("a number");
        named.push(taken["msgid"].as_u64().is_none_or(|id| told == id));
    }
    assert_eq!(named, [true; 3]);
    assert_eq!(platform.sandbox.service_notices(&user).len(), 1, "what was refused is not shown");
}

#[tokio::test]
async fn the_customer_service_of_the_mini_program_takes_no_passive_reply() {
    let platform = Platform::start_with(|config| config.mini.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    service.answer("{\"MsgType\":\"text\",\"Content\":\"您好\"}");
    platform.sandbox.say_to_mini(&user, "在吗").await.expect("said");
    assert!(platform.sandbox.mini_chat(&user).iter().all(|line| line.text != "您好"));
    let unexpected = platform.sandbox.take_unexpected();
    assert!(unexpected.iter().any(|words| words.contains("customer messages")), "{unexpected:?}");
    // What cannot be sent there is refused; a card comes with its page.
    let refused = platform.sandbox.send_to_mini(&user, Said::Video).await;
    assert!(refused.is_err());
    let card = Said::Card { title: "课程".to_owned(), page: "pages/web/index".to_owned() };
    platform.sandbox.send_to_mini(&user, card).await.expect("sent");
    let told: Value = serde_json::from_str(&service.last().2).expect("JSON");
    assert_eq!(
        (&told["MsgType"], &told["PagePath"]),
        (&json!("miniprogrampage"), &json!("pages/web/index"))
    );
}
