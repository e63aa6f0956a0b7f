//! Tokens, refusals and the journal.

use std::io::{Read, Write};

use chrono::TimeDelta;
use serde_json::json;
use shangxue::sandbox::Account;

use super::{Platform, code};

#[tokio::test]
async fn a_stable_token_stays_the_same_until_shortly_before_its_end() {
    let platform = Platform::start().await;
    let first = platform.token(Account::Official).await;
    assert_eq!(platform.token(Account::Official).await, first);
    assert_ne!(platform.token(Account::Mini).await, first);

    platform.config.clock.advance(TimeDelta::seconds(7200 - 301));
    assert_eq!(platform.token(Account::Official).await, first);
    platform.config.clock.advance(TimeDelta::seconds(2));
    let second = platform.token(Account::Official).await;
    assert_ne!(second, first);

    let count = |token: &str| format!("/cgi-bin/draft/count?access_token={token}");
    assert_eq!(code(&platform.get(&count(&first)).await), 0, "good until its end");
    platform.config.clock.advance(TimeDelta::seconds(300));
    assert_eq!(code(&platform.get(&count(&first)).await), 42001);
    assert_eq!(code(&platform.get(&count(&second)).await), 0);

    platform.sandbox.kill_tokens();
    assert_eq!(code(&platform.get(&count(&second)).await), 40001);
    assert_eq!(code(&platform.get(&count(&platform.token(Account::Official).await)).await), 0);
}

#[tokio::test]
async fn a_forced_token_kills_the_old_one_but_not_twice_in_thirty_seconds() {
    let platform = Platform::start().await;
    let first = platform.token(Account::Official).await;
    let mut forced = platform.credentials(Account::Official);
    forced["force_refresh"] = json!(true);
    let second = platform.post("/cgi-bin/stable_token", &forced).await["access_token"].clone();
    assert_ne!(second, json!(first));
    assert_eq!(platform.post("/cgi-bin/stable_token", &forced).await["access_token"], second);
    let old = platform.get(&format!("/cgi-bin/draft/count?access_token={first}")).await;
    assert_eq!(code(&old), 40001);
}

#[tokio::test]
async fn wrong_credentials_and_tokens_are_refused_by_their_codes() {
    let platform = Platform::start().await;
    for (field, value, errcode) in [
        ("appid", "wx0", 40013),
        ("appid", "", 41002),
        ("secret", "wrong", 40125),
        ("secret", "", 41004),
        ("grant_type", "password", 40002),
    ] {
        let mut body = platform.credentials(Account::Mini);
        body[field] = json!(value);
        let answer = platform.post("/cgi-bin/stable_token", &body).await;
        assert_eq!(code(&answer), errcode, "{field}={value}");
        assert!(answer["errmsg"].as_str().expect("words").contains("rid: "));
    }
    let mini = platform.token(Account::Mini).await;
    for (query, errcode) in [
        (String::new(), 41001),
        ("?access_token=nonsense".to_owned(), 40014),
        ("?access_token=SBX_nonsense".to_owned(), 40001),
        (format!("?access_token={mini}"), 48001),
    ] {
        let answer = platform.get(&format!("/cgi-bin/draft/count{query}")).await;
        assert_eq!(code(&answer), errcode);
    }
}

#[tokio::test]
async fn bugs_of_the_client_are_refused_and_remembered() {
    let platform = Platform::start().await;
    let token = platform.token(Account::Official).await;
    let with = |path: &str| format!("{path}?access_token={token}");
    assert_eq!(code(&platform.get("/cgi-bin/no/such").await), 40066);
    assert_eq!(code(&platform.get(&with("/cgi-bin/draft/add")).await), 43002);
    assert_eq!(code(&platform.post(&with("/cgi-bin/menu/get"), &json!({})).await), 43001);
    assert_eq!(code(&platform.post_text(&with("/cgi-bin/draft/get"), "").await), 44002);
    assert_eq!(code(&platform.post_text(&with("/cgi-bin/draft/get"), "<xml/>").await), 47001);
    let escaped = r#"{"media_id":"\u4e2d"}"#;
    assert_eq!(code(&platform.post_text(&with("/cgi-bin/draft/get"), escaped).await), 40033);
    let strange = json!({"media_id": "x", "mediaid": "y"});
    assert_eq!(code(&platform.post(&with("/cgi-bin/draft/get"), &strange).await), 47001);
    assert_eq!(platform.sandbox.unexpected().len(), 7);

    let address = platform.sandbox.base_url().trim_start_matches("http://").to_owned();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n",
        with("/cgi-bin/draft/get")
    );
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    });
    assert!(answer.await.expect("it ends").starts_with("HTTP/1.1 412"));
    assert_eq!(platform.sandbox.take_unexpected().len(), 8);
    assert!(platform.sandbox.unexpected().is_empty());
}

#[tokio::test]
async fn the_journal_holds_no_secrets() {
    let platform = Platform::start().await;
    platform.draft().await;
    let user = platform.sandbox.add_user("王小明");
    let login = platform.sandbox.login_code(&user);
    let (appid, secret) = (&platform.config.mini.appid, &platform.config.mini.secret);
    let path = format!(
        "/sns/jscode2session?appid={appid}&secret={secret}&js_code={login}&grant_type=authorization_code"
    );
    assert_eq!(platform.get(&path).await["openid"], user.mini_openid.as_str());
    let journal = serde_json::to_string(&platform.sandbox.requests()).expect("JSON");
    assert!(journal.contains("/cgi-bin/draft/add") && journal.contains("秋季班开课"));
    for hidden in [secret, &platform.config.official.secret, &login, "SBX_"] {
        assert!(!journal.contains(hidden));
    }
}
