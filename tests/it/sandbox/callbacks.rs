//! How the platform calls, and which answers it takes.

use serde_json::{Value, json};
use shangxue::config::{Format, Mode};
use shangxue::sandbox::Sender;

use super::Platform;
use super::service::{Service, between, open, seal, sha1, text_reply};

#[tokio::test]
async fn a_plain_message_is_signed_and_its_answer_shown() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let (user, keys) = (platform.sandbox.add_user("王小明"), &platform.config.official);
    platform.sandbox.follow(&user).await.expect("followed");
    let (account, query, body) = service.last();
    assert_eq!(account, "official");
    assert_eq!(query["signature"], sha1(&[&keys.token, &query["timestamp"], &query["nonce"]]));
    assert_eq!(query["openid"], user.official_openid);
    assert!(!query.contains_key("encrypt_type"));
    assert!(body.contains("<Event><![CDATA[subscribe]]></Event>"));
    assert!(body.contains(&format!("<ToUserName><![CDATA[{}]]>", keys.original_id)));

    service.answer(&text_reply(keys, &user.official_openid, "您好"));
    let lines = platform.sandbox.say(&user, "课程]]>").await.expect("said");
    assert_eq!(
        (lines.len(), lines[0].text.as_str(), lines[0].sender),
        (1, "您好", Sender::Account)
    );
    assert!(service.last().2.contains("<Content><![CDATA[课程]]]]><![CDATA[>]]></Content>"));
    assert!(platform.sandbox.say(&user, "在吗").await.expect("said").is_empty());
    platform.sandbox.unfollow(&user).await.expect("gone");
    assert!(platform.sandbox.say(&user, "在吗").await.is_err());
    assert!(platform.sandbox.unexpected().is_empty());
}

#[tokio::test]
async fn a_sealed_message_opens_and_only_a_sealed_answer_counts() {
    let platform = Platform::start().await;
    let service = Service::start(&platform).await;
    let (user, keys) = (platform.sandbox.add_user("王小明"), &platform.config.official);
    platform.sandbox.follow(&user).await.expect("followed");
    let reply = text_reply(keys, &user.official_openid, "您好");
    service.answer(&seal(keys, &reply, false));
    let lines = platform.sandbox.say(&user, "课程").await.expect("said");
    assert_eq!(lines[0].text, "您好");

    let (_, query, body) = service.last();
    let sealed = between(&body, "<Encrypt><![CDATA[", "]]>");
    assert_eq!(
        query["msg_signature"],
        sha1(&[&keys.token, &query["timestamp"], &query["nonce"], sealed])
    );
    assert_eq!(query["encrypt_type"], "aes");
    assert!(!body.contains("课程"));
    assert!(open(keys, sealed).contains("<Content><![CDATA[课程]]></Content>"));

    for bad in [
        reply.clone(),
        seal(keys, &reply, true),
        seal(keys, &text_reply(keys, "somebody", "x"), false),
        "{}".to_owned(),
    ] {
        service.answer(&bad);
        let lines = platform.sandbox.say(&user, "课程").await.expect("said");
        assert_eq!(lines[0].text, "该公众号暂时无法提供服务，请稍后再试");
        assert_eq!(lines[0].sender, Sender::System);
        assert_eq!(platform.sandbox.take_unexpected().len(), 1);
    }
}

#[tokio::test]
async fn three_tries_with_one_msg_id_then_the_person_is_told() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Compat).await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.follow(&user).await.expect("followed");
    service.answers.lock().unwrap().extend([(500, String::new()), (500, String::new())]);
    assert!(
        platform.sandbox.say(&user, "一").await.expect("said").is_empty(),
        "the third was good"
    );
    let record = platform.sandbox.callbacks().pop().expect("a record");
    assert_eq!((record.attempts, record.status), (3, Some(200)));
    let seen = service.seen.lock().unwrap().split_off(1);
    let ids: Vec<_> =
        seen.iter().map(|(_, _, body)| between(body, "<MsgId>", "<").to_owned()).collect();
    assert!(ids.len() == 3 && ids[0] == ids[1] && ids[1] == ids[2]);
    assert!(seen[0].2.contains("<Encrypt>"), "compat holds both");

    service.answers.lock().unwrap().extend(vec![(500, String::new()); 3]);
    let lines = platform.sandbox.say(&user, "二").await.expect("said");
    assert_eq!(lines[0].sender, Sender::System);
    let again = platform.sandbox.redeliver(record.number).await.expect("known");
    assert_eq!(again.body, record.body);
    platform.sandbox.take_unexpected();
}

#[tokio::test]
async fn any_callback_can_be_given() {
    let platform = Platform::start_with(|config| {
        (config.official.mode, config.mini.mode) = (Mode::Plain, Mode::Plain);
        config.mini_format = Format::Json;
    })
    .await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    let fields = json!({"Latitude": 31.8, "Label": "沙>洲", "List": [{"A": "1"}, {"A": null}]});
    let given =
        json!({"account": "official", "user": user.id, "event": "LOCATION", "fields": fields});
    let record = platform.post("/sandbox/api/callbacks", &given).await;
    assert_eq!((&record["what"], &record["status"]), (&json!("LOCATION"), &json!(200)));
    let body = service.last().2;
    for part in [
        "<Event><![CDATA[LOCATION]]></Event>",
        "<Latitude>31.8</Latitude>",
        "<Label><![CDATA[沙>洲]]></Label>",
        "<List><A><![CDATA[1]]></A></List><List><A></A></List>",
        &format!("<FromUserName><![CDATA[{}]]>", user.official_openid),
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let given = json!({"account": "mini", "message": "shortvideo", "fields": {"MediaId": "m"}});
    platform.post("/sandbox/api/callbacks", &given).await;
    let (account, _, body) = service.last();
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((account.as_str(), &body["MsgType"]), ("mini", &json!("shortvideo")));
    assert_eq!((&body["FromUserName"], &body["MediaId"]), (&json!("sys"), &json!("m")));
    for (wrong, code) in [
        (json!({"account": "official"}), "what"),
        (json!({"account": "official", "message": "a", "event": "b"}), "what"),
        (json!({"account": "official", "user": 99, "message": "text"}), "no_user"),
        (json!({"account": "official", "message": "text", "fields": {"a><b": 1}}), "field"),
    ] {
        let answer = platform.post("/sandbox/api/callbacks", &wrong).await;
        assert_eq!(answer["code"], code, "{wrong}");
    }
}
