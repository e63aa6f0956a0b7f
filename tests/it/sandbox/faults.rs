//! What goes wrong on purpose and by chance, the day's limits, the clock, held callbacks.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shangxue::config::Mode;
use shangxue::sandbox::{Account, Fault, Order, RandomFaults};

use super::service::{Service, between};
use super::{Platform, code};

#[tokio::test]
async fn faults_come_as_often_as_they_were_ordered() {
    let platform = Platform::start().await;
    let (path, body) = ("/cgi-bin/draft/batchget", json!({"offset": 0, "count": 1}));
    platform.sandbox.fail_next(path, Fault::Errcode(45009), 2);
    for errcode in [45009, 45009, 0] {
        assert_eq!(code(&platform.official(path, &body).await), errcode);
    }
    let token = platform.token(Account::Official).await;
    let url = platform.url(&format!("{path}?access_token={token}"));
    let send = || platform.http.post(&url).json(&body).send();
    platform.sandbox.fail_next(path, Fault::Http500, 1);
    assert_eq!(send().await.expect("an answer").status(), 500);
    platform.sandbox.fail_next(path, Fault::Garbage, 1);
    let garbage = send().await.expect("an answer").bytes().await.expect("bytes");
    assert!(serde_json::from_slice::<Value>(&garbage).is_err());
    platform.sandbox.fail_next(path, Fault::Timeout, 1);
    let waiting = tokio::spawn(send());
    let before = platform.sandbox.requests().len();
    while platform.sandbox.requests().len() == before {
        tokio::task::yield_now().await;
    }
    assert_eq!(platform.sandbox.requests().last().map(|request| request.errcode), Some(0), "done");
    assert!(!waiting.is_finished(), "but not answered");
    waiting.abort();
    assert!(platform.sandbox.faults().is_empty());
}

/// The errcodes of a hundred calls, 500 for a fault without one.
async fn run_of(seed: u64, percent: u8) -> Vec<i64> {
    let platform = Platform::start().await;
    let token = platform.token(Account::Official).await;
    let faults = vec![Fault::Errcode(-1), Fault::Http500, Fault::Errcode(45009)];
    platform.sandbox.fail_at_random(Some(RandomFaults { seed, percent, faults }));
    let url = platform.url(&format!("/cgi-bin/draft/count?access_token={token}"));
    let mut codes = Vec::new();
    for _ in 0..100 {
        let answer = platform.http.get(&url).send().await.expect("an answer");
        codes.push(if answer.status() == 500 {
            500
        } else {
            code(&answer.json::<Value>().await.expect("JSON"))
        });
    }
    codes
}

#[tokio::test]
async fn faults_by_chance_are_the_same_for_the_same_seed() {
    let first = run_of(7, 20).await;
    assert_eq!(first, run_of(7, 20).await);
    assert_ne!(first, run_of(8, 20).await);
    let bad = first.iter().filter(|code| **code != 0).count();
    assert!((8..=35).contains(&bad), "about a fifth: {bad}");
    for kind in [-1, 500, 45009] {
        assert!(first.contains(&kind));
    }
    assert!(run_of(7, 0).await.iter().all(|code| *code == 0));
}

#[tokio::test]
async fn a_days_limit_ends_at_midnight_and_can_be_cleared_ten_times_a_month() {
    let platform = Platform::start_with(|config| {
        config.daily_limits.insert("/cgi-bin/draft/batchget".to_owned(), 2);
    })
    .await;
    let (path, page) = ("/cgi-bin/draft/batchget", json!({"offset": 0, "count": 1}));
    for errcode in [0, 0, 45009] {
        assert_eq!(code(&platform.official(path, &page).await), errcode);
    }
    let asked = json!({"cgi_path": path});
    let quota = platform.official("/cgi-bin/openapi/quota/get", &asked).await;
    assert_eq!(quota["quota"], json!({"daily_limit": 2, "used": 2, "remain": 0}));
    let strange = json!({"cgi_path": "https://api.weixin.qq.com/cgi-bin/draft/batchget"});
    assert_eq!(code(&platform.official("/cgi-bin/openapi/quota/get", &strange).await), 76003);

    assert_eq!(code(&platform.official("/cgi-bin/openapi/quota/clear", &asked).await), 0);
    assert_eq!(code(&platform.official(path, &page).await), 0);
    let keys = &platform.config.official;
    let by_secret = json!({"appid": keys.appid, "appsecret": keys.secret});
    for errcode in [0, 0, 0, 0, 0, 0, 0, 0, 0, 48006] {
        assert_eq!(code(&platform.post("/cgi-bin/clear_quota/v2", &by_secret).await), errcode);
    }
    for errcode in [0, 0, 45009] {
        assert_eq!(code(&platform.official(path, &page).await), errcode);
    }
    platform.sandbox.advance(TimeDelta::days(1));
    assert_eq!(code(&platform.official(path, &page).await), 0);
}

#[tokio::test]
async fn a_call_can_be_looked_up_by_its_rid_without_its_secrets() {
    let platform = Platform::start().await;
    let refused = platform.official("/cgi-bin/draft/get", &json!({"media_id": "x"})).await;
    let errmsg = refused["errmsg"].as_str().expect("words");
    let rid = errmsg.rsplit("rid: ").next().expect("a rid");
    let found = platform.official("/cgi-bin/openapi/rid/get", &json!({"rid": rid})).await;
    assert_eq!(found["request"]["request_url"], "/cgi-bin/draft/get");
    assert!(found["request"]["response_body"].as_str().is_some_and(|it| it.contains("40007")));
    assert!(!found.to_string().contains("SBX_"));
    let unknown = platform.official("/cgi-bin/openapi/rid/get", &json!({"rid": "x"})).await;
    assert_ne!(code(&unknown), 0);
}

#[tokio::test]
async fn an_address_that_is_not_listed_gets_no_token() {
    let platform = Platform::start_with(|config| {
        config.allowed_ips = vec!["192.0.2.1".parse().expect("an address")];
    })
    .await;
    let asked = platform.credentials(Account::Official);
    let answer = platform.post("/cgi-bin/stable_token", &asked).await;
    assert_eq!(code(&answer), 40164);
    assert!(answer["errmsg"].as_str().is_some_and(|words| words.contains("127.0.0.1")));
}

#[tokio::test]
async fn callbacks_can_come_late_twice_and_out_of_order() {
    let platform = Platform::start_with(|config| config.official.mode = Mode::Plain).await;
    let service = Service::start(&platform).await;
    let user = platform.sandbox.add_user("王小明");
    platform.sandbox.follow(&user).await.expect("followed");
    platform.sandbox.hold_callbacks();
    for words in ["一", "二", "三"] {
        platform.sandbox.say(&user, words).await.expect("said");
    }
    assert_eq!(service.seen.lock().unwrap().len(), 1, "kept back");
    platform.sandbox.release(Order::Backwards, 2).await;
    let words: Vec<String> = {
        let seen = service.seen.lock().unwrap();
        let words =
            seen.iter().skip(1).map(|(.., body)| between(body, "<Content><![CDATA[", "]]>"));
        words.map(str::to_owned).collect()
    };
    assert_eq!(words, ["三", "二", "一", "三", "二", "一"]);
    platform.sandbox.say(&user, "四").await.expect("said");
    assert!(service.last().2.contains("四"), "no longer");
}

#[tokio::test]
async fn the_callback_and_the_addresses_can_be_asked_for() {
    let platform = Platform::start().await;
    let check = json!({"action": "all", "check_operator": "DEFAULT"});
    let checked = platform.official("/cgi-bin/callback/check", &check).await;
    assert!(checked["dns"].is_array() && checked["ping"].is_array());
    for path in ["/cgi-bin/get_api_domain_ip", "/cgi-bin/getcallbackip"] {
        assert!(platform.official_get(path).await["ip_list"].is_array());
    }
}
