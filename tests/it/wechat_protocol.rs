//! The protocol against vectors that other implementations made, and the client
//! against the sandbox.

use chrono::DateTime;
use secrecy::SecretString;
use serde_json::Value;
use shangxue::cache::Cache;
use shangxue::clock::Clock;
use shangxue::config::{self, Config, Format};
use shangxue::sandbox::{self, Fault, Sandbox, SandboxConfig};
use shangxue::wechat::crypto::{AesKey, decrypt_user_data};
use shangxue::wechat::message::{Event, Message};
use shangxue::wechat::reply::{Article, Articles};
use shangxue::wechat::{CallbackError, Class, Query, Reply, Wechat, signature};

fn vectors(group: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors/crypto-vectors.json")).unwrap();
    let group = all["groups"][group].as_array().unwrap().clone();
    assert!(!group.is_empty());
    group
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key].as_str().unwrap_or_else(|| panic!("{key} in {vector}"))
}

/// What another SDK reads in `tests/interop`. `UPDATE_REPLIES=1` writes it anew.
const REPLIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/replies.json");

#[test]
fn the_replies_that_another_sdk_reads_are_ours() {
    let article = |title: &str| Article {
        title: title.to_owned(),
        description: "介绍 <b>&".to_owned(),
        picture_url: "https://example.com/a.jpg".to_owned(),
        url: "https://example.com/a?b=1&c=2".to_owned(),
    };
    let articles = Articles::new(vec![article("一"), article("二 ]]>")]).unwrap();
    let media_id = "media-1".to_owned();
    let (title, description) = ("戏曲".to_owned(), "锡剧".to_owned());
    let replies = [
        ("text", Reply::Text("您好，]]>“报名”😀".to_owned())),
        ("image", Reply::Image { media_id: media_id.clone() }),
        ("voice", Reply::Voice { media_id: media_id.clone() }),
        (
            "video",
            Reply::Video { media_id, title: title.clone(), description: description.clone() },
        ),
        (
            "music",
            Reply::Music {
                title,
                description,
                url: "https://example.com/a.mp3".to_owned(),
                hq_url: "https://example.com/hq.mp3".to_owned(),
                thumb_media_id: "thumb-1".to_owned(),
            },
        ),
        ("news", Reply::News(articles)),
    ];
    let write = |(kind, reply): (&str, Reply)| {
        let xml = reply.write(Format::Xml, "oPerson", "gh_account", 1_780_000_000);
        (kind.to_owned(), Value::from(xml))
    };
    let written = replies.into_iter().map(write).collect::<serde_json::Map<_, _>>();
    let written = format!("{:#}\n", Value::Object(written));
    if std::env::var("UPDATE_REPLIES").is_ok() {
        std::fs::write(REPLIES, &written).unwrap();
    }
    let kept = std::fs::read_to_string(REPLIES).unwrap_or_default();
    assert!(kept == written, "if that is meant: UPDATE_REPLIES=1, and commit the diff");
}

#[test]
fn the_signature_of_callback_urls() {
    for vector in vectors("callback_url_signature") {
        let made = signature::url_signature(
            text(&vector, "token"),
            text(&vector, "timestamp"),
            text(&vector, "nonce"),
        );
        assert_eq!(made.matches(text(&vector, "signature")), vector["valid"] == true, "{vector}");
    }
}

#[test]
fn the_signature_of_encrypted_messages() {
    for vector in vectors("msg_signature") {
        let made = signature::msg_signature(
            text(&vector, "token"),
            text(&vector, "timestamp"),
            text(&vector, "nonce"),
            text(&vector, "encrypt"),
        );
        assert_eq!(
            made.matches(text(&vector, "msg_signature")),
            vector["valid"] == true,
            "{vector}"
        );
    }
}

#[test]
fn messages_are_encrypted_and_decrypted_exactly() {
    for vector in vectors("aes_message") {
        let key = AesKey::parse(text(&vector, "encoding_aes_key")).unwrap();
        let random: [u8; 16] =
            hex::decode(text(&vector, "random16_hex")).unwrap().try_into().unwrap();
        let (message, appid) = (text(&vector, "message"), text(&vector, "appid"));
        assert_eq!(
            key.encrypt_with(&random, message.as_bytes(), appid).unwrap(),
            text(&vector, "encrypt"),
            "{vector}"
        );
        assert_eq!(
            key.decrypt(text(&vector, "encrypt"), appid).unwrap(),
            message.as_bytes(),
            "{vector}"
        );
    }
    for vector in vectors("aes_accept") {
        let key = AesKey::parse(text(&vector, "encoding_aes_key")).unwrap();
        let message = key.decrypt(text(&vector, "encrypt"), text(&vector, "appid")).unwrap();
        assert_eq!(message, text(&vector, "message").as_bytes(), "{vector}");
    }
}

#[test]
fn what_must_be_rejected_is_rejected() {
    for vector in vectors("aes_reject") {
        let opened = AesKey::parse(text(&vector, "encoding_aes_key"))
            .and_then(|key| key.decrypt(text(&vector, "encrypt"), text(&vector, "appid")));
        // What decrypts to something that is no message is refused one step later.
        let message = opened.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        assert!(message.is_none(), "{vector}");
    }
}

#[test]
fn user_data_and_session_signatures() {
    for vector in vectors("miniprogram_data") {
        let opened = decrypt_user_data(
            text(&vector, "appid"),
            text(&vector, "session_key"),
            text(&vector, "iv"),
            text(&vector, "encrypted_data"),
        );
        match vector["expect"].get("data") {
            Some(data) => assert_eq!(&opened.unwrap(), data, "{vector}"),
            None => assert!(opened.is_err(), "{vector}"),
        }
    }
    for vector in vectors("miniprogram_rawdata_signature") {
        let made =
            signature::raw_data_signature(text(&vector, "raw_data"), text(&vector, "session_key"));
        assert_eq!(made == text(&vector, "signature"), vector["valid"] == true, "{vector}");
    }
    for vector in vectors("checksession_signature") {
        assert_eq!(
            signature::session_signature(text(&vector, "session_key")),
            text(&vector, "signature")
        );
    }
    for vector in vectors("jssdk_signature") {
        let timestamp = vector["timestamp"].as_i64().unwrap();
        let made = signature::jsapi_signature(
            text(&vector, "jsapi_ticket"),
            text(&vector, "noncestr"),
            timestamp,
            text(&vector, "page_url"),
        );
        assert_eq!(made, text(&vector, "signature"), "{vector}");
    }
}

/// A platform client with one account's keys, for opening callbacks.
fn with_keys(token: &str, aes_key: &str, appid: &str, mode: config::Mode, window_s: i64) -> Wechat {
    let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned();
    let mut config = Config::load_with(None, &[("security.data_key", key)]).unwrap().wechat;
    config.timestamp_window_s = window_s;
    config.official.appid = appid.to_owned();
    config.official.token = SecretString::from(token.to_owned());
    config.official.aes_key = SecretString::from(aes_key.to_owned());
    config.official.mode = mode;
    Wechat::new(&config, Cache::local(), Clock::System).unwrap()
}

fn query(vector: &Value) -> Query<'static> {
    serde_json::from_value(vector["query"].clone()).unwrap()
}

#[test]
fn callbacks_are_opened_or_refused_as_others_do() {
    for vector in vectors("callback_request") {
        let keys = &vector["config"];
        let mode =
            if text(&vector, "id") == "req-05" { config::Mode::Compat } else { config::Mode::Safe };
        let wechat = with_keys(
            text(keys, "token"),
            text(keys, "encoding_aes_key"),
            text(keys, "appid"),
            mode,
            0,
        );
        let callback = wechat.official().callback().unwrap();
        let opened =
            callback.open(&query(&vector), text(&vector, "body").as_bytes(), Clock::System.now());
        match vector["expect"]["error"].as_str() {
            Some("msg_signature") => assert_eq!(opened.unwrap_err(), CallbackError::Signature),
            Some(_) => assert!(matches!(opened.unwrap_err(), CallbackError::Crypto(_)), "{vector}"),
            None => {
                let (incoming, wanted) = (opened.unwrap(), text(&vector["expect"], "message"));
                assert!(wanted.contains(&incoming.from), "{vector}");
                match incoming.message {
                    Message::Text { content, .. } => {
                        assert!(wanted.contains(&content) && !content.is_empty());
                    }
                    Message::Event(Event::Subscribe { event_key, .. }) => {
                        assert_eq!(event_key.as_deref(), Some("qrscene_course_12"));
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

#[test]
fn replies_are_sealed_as_others_do() {
    for vector in vectors("encrypted_reply") {
        let keys = &vector["config"];
        let key = AesKey::parse(text(keys, "encoding_aes_key")).unwrap();
        let random: [u8; 16] =
            hex::decode(text(&vector, "random16_hex")).unwrap().try_into().unwrap();
        let sealed = key
            .encrypt_with(&random, text(&vector, "reply_plain").as_bytes(), text(keys, "appid"))
            .unwrap();
        assert_eq!(sealed, text(&vector["expect"], "Encrypt"));
        let mark = signature::msg_signature(
            text(keys, "token"),
            text(&vector, "timestamp"),
            text(&vector, "nonce"),
            &sealed,
        );
        assert_eq!(mark.as_str(), text(&vector["expect"], "MsgSignature"));
    }
}

#[test]
fn the_known_answers_that_wechat_publishes() {
    let known: Value = serde_json::from_str(include_str!("vectors/official-vectors.json")).unwrap();
    let (token, appid) = (text(&known, "token"), text(&known, "appid"));
    let wechat = with_keys(token, text(&known, "aes_key"), appid, config::Mode::Safe, 600);
    let callback = wechat.official().callback().unwrap();
    let get = serde_json::from_value::<Query<'_>>(known["get"].clone()).unwrap();
    let at = |text: &str| DateTime::from_timestamp(text.parse().unwrap(), 0).unwrap();
    let then = at(text(&known["get"], "timestamp"));
    assert_eq!(callback.verify_url(&get, then).unwrap(), text(&known["get"], "echostr"));
    assert_eq!(
        callback.verify_url(&get, then + chrono::TimeDelta::seconds(601)).unwrap_err(),
        CallbackError::Timestamp
    );
    let wrong = Query { signature: Some("0".repeat(40).into()), ..get.clone() };
    assert_eq!(callback.verify_url(&wrong, then).unwrap_err(), CallbackError::Signature);
    assert_eq!(
        callback.verify_url(&Query { echostr: None, ..get }, then).unwrap_err(),
        CallbackError::Parameter
    );

    let safe = &known["safe"];
    let made = signature::msg_signature(
        token,
        text(safe, "timestamp"),
        text(safe, "nonce"),
        text(safe, "encrypt"),
    );
    assert_eq!(made.as_str(), text(safe, "msg_signature"));
    let key = AesKey::parse(text(&known, "aes_key")).unwrap();
    let message = key.decrypt(text(safe, "encrypt"), appid).unwrap();
    assert_eq!(message.len(), usize::try_from(safe["msg_len"].as_u64().unwrap()).unwrap());
    let reply = &known["reply"];
    let random: [u8; 16] = text(reply, "random").as_bytes().try_into().unwrap();
    assert_eq!(
        key.encrypt_with(&random, text(reply, "msg").as_bytes(), appid).unwrap(),
        text(reply, "encrypt")
    );
}

#[test]
fn a_plain_body_is_refused_where_callbacks_are_encrypted() {
    let (token, appid) = ("AAAAA", "wxba5fad812f8e6fb9");
    let body =
        b"<xml><ToUserName>gh</ToUserName><FromUserName>o</FromUserName><CreateTime>1</CreateTime>\
        <MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId></xml>";
    let query = Query {
        signature: Some(signature::url_signature(token, "1", "2").to_string().into()),
        timestamp: Some("1".into()),
        nonce: Some("2".into()),
        ..Query::default()
    };
    for mode in [config::Mode::Safe, config::Mode::Compat] {
        let wechat = with_keys(token, &"A".repeat(43), appid, mode, 0);
        let opened = wechat.official().callback().unwrap().open(&query, body, Clock::System.now());
        assert_eq!(opened.unwrap_err(), CallbackError::Downgrade);
    }
    let plain = with_keys(token, "", appid, config::Mode::Plain, 0);
    let incoming =
        plain.official().callback().unwrap().open(&query, body, Clock::System.now()).unwrap();
    assert_eq!(incoming.dedup_key(), "m:0000000001:00000000000000000001:o");
}

/// The sandbox, and a client of it.
async fn platform() -> (Sandbox, Wechat, Clock) {
    let clock = Clock::fixed(crate::support::the_time());
    let sandbox = sandbox::start(SandboxConfig::new(clock.clone())).await.unwrap();
    let mut values = vec![
        ("security.data_key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned()),
        ("wechat.timeout_s", "1".to_owned()),
        ("wechat.tries", "1".to_owned()),
    ];
    values.extend(sandbox.service_settings());
    let config = Config::load_with(None, &values).unwrap();
    let wechat = Wechat::new(&config.wechat, Cache::local(), clock.clone()).unwrap();
    (sandbox, wechat, clock)
}

fn token_calls(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|request| request.path == "/cgi-bin/stable_token").count()
}

#[tokio::test]
async fn fifty_calls_at_once_ask_for_one_token() {
    let (sandbox, wechat, _) = platform().await;
    let calls = (0..50).map(|_| async { wechat.official().get_menu().await });
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.unwrap(), None);
    }
    assert_eq!(token_calls(&sandbox), 1);
}

#[tokio::test]
async fn a_rejected_token_is_dropped_and_the_call_repeated_once() {
    let (sandbox, wechat, _) = platform().await;
    wechat.official().get_menu().await.unwrap();
    sandbox.kill_tokens();
    assert_eq!(wechat.official().get_menu().await.unwrap(), None);
    assert_eq!(token_calls(&sandbox), 2);
    // The platform goes on refusing: no loop.
    sandbox.fail_next("/cgi-bin/menu/get", Fault::Errcode(40001), 10);
    let before = sandbox.requests().len();
    assert_eq!(wechat.official().get_menu().await.unwrap_err().class(), Class::Token);
    assert!(sandbox.requests().len() - before <= 3);
    let _queued = sandbox.take_unexpected();
}

#[tokio::test]
async fn every_failure_of_the_platform_has_its_class() {
    let (sandbox, wechat, clock) = platform().await;
    wechat.official().get_menu().await.unwrap();
    for (fault, class) in [
        (Fault::Timeout, Class::MaybeSent),
        (Fault::Http500, Class::MaybeSent),
        (Fault::Garbage, Class::MaybeSent),
        (Fault::Errcode(-1), Class::BackOff),
        (Fault::Errcode(45009), Class::BackOff),
        (Fault::Errcode(48001), Class::Configuration),
        (Fault::Errcode(99999), Class::Permanent),
    ] {
        sandbox.fail_next("/cgi-bin/menu/get", fault, 1);
        let error = wechat.official().get_menu().await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(!format!("{error:?}").contains("access_token"), "{error:?}");
        // What was used up is not asked for again on the same day.
        clock.advance(chrono::TimeDelta::days(1));
    }
    let gone = wechat.clone();
    sandbox.stop().await;
    let error = gone.mini().login("code").await.err().unwrap();
    assert!(matches!(error.class(), Class::NotSent | Class::MaybeSent), "{error}");
}

#[tokio::test]
async fn a_login_code_works_once() {
    let (sandbox, wechat, _) = platform().await;
    let user = sandbox.add_user("王秀英");
    let code = sandbox.login_code(&user);
    let session = wechat.mini().login(&code).await.unwrap();
    assert!(!session.openid.is_empty());
    assert_eq!(wechat.mini().login(&code).await.err().unwrap().errcode, Some(40163));
    assert!(sandbox.unexpected().is_empty(), "{:?}", sandbox.unexpected());
}
