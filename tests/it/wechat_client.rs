//! The client over the wire, against a platform that does as the test says: what no
//! strict sandbox does, such as giving the same refused token again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shangxue::cache::Cache;
use shangxue::error::{Error as AppError, Kind};
use shangxue::wechat::{Class, SubscribeMessage};
use tokio::sync::Notify;

use crate::support::stub::{
    MENU, Platform, SEND, STABLE_TOKEN, Seen, clock, free_address, refusal, token,
};

fn no_menu() -> (u16, Value) {
    refusal(46003)
}

fn message() -> SubscribeMessage {
    SubscribeMessage {
        openid: "o-secret".to_owned(),
        template_id: "T".to_owned(),
        page: Some("pages/web/index".to_owned()),
        data: [("thing1".to_owned(), format!("书法\n{}", "长".repeat(30)))].into(),
        state: "formal".to_owned(),
    }
}

#[tokio::test]
async fn fifty_callers_share_one_failure_of_the_token() {
    let gate = Arc::new(Notify::new());
    let answers = Arc::new(|_: &Seen| (500, Vec::new()));
    let platform = Platform::start_gated(Some((STABLE_TOKEN, gate.clone())), answers).await;
    let wechat = platform.client();
    let calls = (0..50).map(|_| async { wechat.official().get_menu().await });
    let release = async {
        // All fifty are waiting once the first request is in: they were polled in one go.
        while platform.seen(STABLE_TOKEN).is_empty() {
            tokio::task::yield_now().await;
        }
        gate.notify_one();
    };
    let (outcomes, ()) = tokio::join!(join_all(calls), release);
    for outcome in outcomes {
        // Of the token we know nothing; the menu was certainly not asked for.
        assert_eq!(outcome.unwrap_err().class(), Class::NotSent);
    }
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 1);
    assert_eq!(platform.seen(MENU).len(), 0);
}

#[tokio::test]
async fn a_message_is_not_sent_if_the_token_gets_lost() {
    let platform = Platform::start(|seen| match seen.path.as_str() {
        STABLE_TOKEN => (502, json!("busy")),
        _ => refusal(0),
    })
    .await;
    let error = platform.client().mini().send_subscribe(&message()).await.unwrap_err();
    assert_eq!((error.endpoint, error.class()), (STABLE_TOKEN, Class::NotSent));
    assert_eq!(AppError::from(error).kind, Kind::Upstream);
}

#[tokio::test]
async fn fifty_refused_calls_renew_the_token_once() {
    let given = Mutex::new(VecDeque::from(["old", "new"]));
    let platform = Platform::start(move |seen| match seen.path.as_str() {
        STABLE_TOKEN => token(given.lock().unwrap().pop_front().unwrap_or("more")),
        _ if seen.query.contains("access_token=new") => no_menu(),
        _ => refusal(42001),
    })
    .await;
    let wechat = platform.client();
    let calls = (0..50).map(|_| async { wechat.official().get_menu().await });
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap(), None);
    }
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 2);
}

#[tokio::test]
async fn a_refused_token_that_is_given_again_is_not_asked_for_in_a_storm() {
    let platform = Platform::start(|seen| match seen.path.as_str() {
        STABLE_TOKEN => token("same"),
        _ => refusal(40001),
    })
    .await;
    let clock = clock();
    let wechat = platform.client_with(Cache::local(), clock.clone(), "secret-of-ours");
    let calls = (0..20).map(|_| async { wechat.official().get_menu().await });
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap_err().class(), Class::Token);
    }
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 2);
    // Each call went out once: repeating it with the same token is useless.
    assert_eq!(platform.seen(MENU).len(), 20);
    clock.advance(TimeDelta::seconds(61));
    assert!(wechat.official().get_menu().await.is_err());
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 3);
}

#[tokio::test]
async fn a_token_serves_until_shortly_before_its_end() {
    let platform = Platform::start(|seen| match seen.path.as_str() {
        STABLE_TOKEN => token("t"),
        _ => no_menu(),
    })
    .await;
    let clock = clock();
    let wechat = platform.client_with(Cache::local(), clock.clone(), "secret-of-ours");
    wechat.official().get_menu().await.unwrap();
    clock.advance(TimeDelta::seconds(7200 - 241));
    wechat.official().get_menu().await.unwrap();
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 1);
    clock.advance(TimeDelta::seconds(181));
    wechat.official().get_menu().await.unwrap();
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 2);
}

#[tokio::test]
async fn instances_share_a_token_and_a_new_secret_does_not_meet_an_old_one() {
    let platform = Platform::start(|seen| match seen.path.as_str() {
        STABLE_TOKEN => token("t"),
        _ => no_menu(),
    })
    .await;
    let (cache, clock) = (Cache::local(), clock());
    for _ in 0..3 {
        let instance = platform.client_with(cache.clone(), clock.clone(), "secret-of-ours");
        instance.official().get_menu().await.unwrap();
    }
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 1);
    let renewed = platform.client_with(cache, clock, "another-secret");
    renewed.official().get_menu().await.unwrap();
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 2);
}

#[tokio::test]
async fn with_the_cache_down_one_token_still_serves_all_calls() {
    let platform = Platform::start(|seen| match seen.path.as_str() {
        STABLE_TOKEN => token("t"),
        _ => no_menu(),
    })
    .await;
    let cache = Cache::redis(&format!("redis://{}/", free_address()), "test:").unwrap();
    let wechat = platform.client_with(cache, clock(), "secret-of-ours");
    for _ in 0..5 {
        assert_eq!(wechat.official().get_menu().await.unwrap(), None);
    }
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 1);
}

#[tokio::test]
async fn bodies_have_a_length_and_real_characters() {
    let platform = Platform::start(|seen| match seen.path.as_str() {
        STABLE_TOKEN => token("t"),
        SEND => refusal(0),
        _ => (200, json!({ "url": "http://mmbiz.qpic.cn/x" })),
    })
    .await;
    let wechat = platform.client();
    wechat.mini().send_subscribe(&message()).await.unwrap();
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 5000]].concat();
    // Called JPEG, but its bytes say PNG.
    wechat.official().upload_article_image(png, "image/jpeg").await.unwrap();
    for seen in platform.seen.lock().unwrap().iter() {
        let length = seen.headers.get("content-length").unwrap().to_str().unwrap();
        assert_eq!(length, seen.body.len().to_string(), "{}", seen.path);
        assert!(!seen.headers.contains_key("transfer-encoding"), "{}", seen.path);
    }
    let sent: Value = serde_json::from_slice(&platform.seen(SEND)[0].body).unwrap();
    let value = sent["data"]["thing1"]["value"].as_str().unwrap();
    assert!(value.starts_with("书法 长") && value.chars().count() == 20, "{value}");
    assert!(String::from_utf8_lossy(&platform.seen(SEND)[0].body).contains("书法"));
    let form = platform.seen("/cgi-bin/media/uploadimg")[0].body.clone();
    let form = String::from_utf8_lossy(&form).into_owned();
    assert!(form.contains(r#"name="media"; filename="picture.png""#), "{form:.300}");
    assert!(form.to_lowercase().contains("content-type: image/png"), "{form:.300}");
}

#[tokio::test]
async fn what_is_refused_before_sending_is_never_sent() {
    let platform = Platform::start(|_| token("t")).await;
    let wechat = platform.client();
    let official = wechat.official();
    let webp = official.upload_article_image(b"RIFF....WEBP".to_vec(), "image/webp").await;
    assert_eq!(webp.unwrap_err().errcode, Some(40137));
    let large = [b"\xff\xd8\xff".as_slice(), &vec![0; 1024 * 1024]].concat();
    let large = official.upload_article_image(large, "image/jpeg").await;
    assert_eq!(large.unwrap_err().errcode, Some(45001));
    assert_eq!(official.add_draft(&[]).await.unwrap_err().errcode, Some(44003));
    assert!(official.create_menu(&Default::default()).await.is_err());
    assert!(platform.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_error_tells_the_request_id_and_no_secret() {
    let platform = Platform::start(|seen| match seen.path.as_str() {
        STABLE_TOKEN => token("TOKEN-of-theirs"),
        _ => refusal(43101),
    })
    .await;
    let wechat = platform.client();
    let error = wechat.mini().send_subscribe(&message()).await.unwrap_err();
    assert_eq!(error.class(), Class::UserState);
    assert_eq!(error.rid.as_deref(), Some("1-2-3"));
    let gone = Platform::nowhere().client();
    let login = gone.mini().login("code-of-theirs").await.err().unwrap();
    assert_eq!(login.class(), Class::NotSent);
    let menu = wechat.official().get_menu().await.unwrap_err();
    for error in [error, login, menu] {
        let shown = format!("{error} {error:?} {}", AppError::from(error.clone()).chain());
        for secret in ["secret-of-ours", "TOKEN-of-theirs", "code-of-theirs", "o-secret", "http:"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[tokio::test]
async fn a_silent_platform_is_given_up_and_the_answer_unknown() {
    let gate = Arc::new(Notify::new());
    let answers = Arc::new(|_: &Seen| {
        let (status, body) = token("t");
        (status, body.to_string().into_bytes())
    });
    let platform = Platform::start_gated(Some((SEND, gate)), answers).await;
    // The token first, with patience: only the message is to go unanswered.
    let cache = Cache::local();
    let patient = platform.client_with(cache.clone(), clock(), "secret-of-ours");
    patient.mini().check().await.unwrap();
    let hasty = platform.client_waiting(1, cache, clock(), "secret-of-ours");
    let error = hasty.mini().send_subscribe(&message()).await.unwrap_err();
    assert_eq!(error.class(), Class::MaybeSent);
    assert!(platform.seen(SEND).len() <= 1);
}

#[tokio::test]
async fn an_answer_with_control_characters_is_read() {
    let answers = Arc::new(|seen: &Seen| match seen.path.as_str() {
        STABLE_TOKEN => (200, b"{\"access_token\":\"t\",\"expires_in\":\"7200\"}".to_vec()),
        _ => {
            (200, b"{\"menu\":{\"button\":[{\"name\":\"a\x01b\xff\",\"sub_button\":[]}]}}".to_vec())
        }
    });
    let platform = Platform::start_gated(None, answers).await;
    let menu = platform.client().official().get_menu().await.unwrap().unwrap();
    assert_eq!(menu.button[0].name, "a b\u{fffd}");
}
