//! Nothing that lets somebody in, and nothing of a person, stands in the log: not at its
//! most talkative, and not when things go wrong.
//!
//! A process has one log, and it goes to standard error. So each test runs itself again, and
//! reads what the second run wrote there.

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::TimeDelta;
use entity::ids::ResidentId;
use entity::kinds::{NoticeKind, Role};
use reqwest::Method;
use sea_orm::ConnectionTrait;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shangxue::config::{Log, LogFormat};
use shangxue::notices::{self, NewNotice, Values};
use shangxue::sandbox::{Fault, User};
use shangxue::telemetry;
use shangxue::wechat::crypto::AesKey;
use shangxue::wechat::signature;

use crate::support::fixtures::clerk;
use crate::support::platform::World;
use crate::support::{Backend, DATA_KEY, Request};

/// Where the second run writes what must not be in its log.
const SECRETS: &str = "SHANGXUE_TEST_SECRETS";

const CUSTOM: &str = "/cgi-bin/message/custom/send";
const SEND: &str = "/cgi-bin/message/subscribe/send";
const LOGIN: &str = "/sns/jscode2session";
const PHONE: &str = "/wxa/business/getuserphonenumber";
const STABLE_TOKEN: &str = "/cgi-bin/stable_token";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_or_personal_is_logged_sqlite() {
    look_at_the_log(Backend::Sqlite, "nothing_secret_or_personal_is_logged_sqlite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_or_personal_is_logged_postgres() {
    if Backend::Postgres.available() {
        look_at_the_log(Backend::Postgres, "nothing_secret_or_personal_is_logged_postgres").await;
    }
}

async fn look_at_the_log(backend: Backend, test: &str) {
    if let Ok(file) = std::env::var(SECRETS) {
        // The second run.
        telemetry::log(&Log { format: LogFormat::Text, level: "trace".to_owned() });
        let world = World::start(backend).await;
        let secrets = a_bad_hour(&world).await;
        std::fs::write(file, json!(secrets).to_string()).unwrap();
        return;
    }
    let file = std::env::temp_dir().join(format!("sx_secrets_{}.json", std::process::id()));
    let (log, secrets) = run_again(test, &file);
    for happened in [
        "a callback is refused",
        "a callback address was checked by somebody else",
        "a callback is not understood",
        "a callback failed",
        "WeChat refuses a call",
        "a call to WeChat failed",
        "job failed",
    ] {
        assert!(log.contains(happened), "it did not come to this: {happened}");
    }
    assert!(secrets.len() > 30, "{secrets:?}");
    let of_the_wire = ["access_token=", "secret=", "js_code=", "openid=", "signature="];
    let secrets = secrets.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    for (name, text) in secrets.chain(of_the_wire.map(|text| (text, text))) {
        assert!(text.chars().count() > 2, "{name} says nothing");
        let leak = log.lines().find(|line| line.contains(text));
        assert_eq!(leak, None, "{name} is in the log");
    }
}

/// What the second run logged, and what must not be there.
fn run_again(test: &str, file: &PathBuf) -> (String, Vec<(String, String)>) {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("logs::{test}"), "--nocapture"])
        .env(SECRETS, file)
        .output()
        .unwrap();
    let log = String::from_utf8(run.stderr).unwrap();
    let last: Vec<&str> = log.lines().rev().take(20).collect();
    assert!(run.status.success() && Path::new(file).exists(), "it failed: {last:#?}");
    let secrets = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    std::fs::remove_file(file).unwrap();
    (log, secrets)
}

/// What must not be logged, by name.
#[derive(Default)]
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn keep(&mut self, name: &str, text: &str) -> String {
        self.0.push((name.to_owned(), text.to_owned()));
        text.to_owned()
    }

    fn keep_person(&mut self, user: &User) {
        for (name, text) in [
            ("openid", &user.official_openid),
            ("openid of the mini-program", &user.mini_openid),
            ("unionid", &user.unionid),
            ("phone number", &user.phone),
            ("name", &user.name),
        ] {
            self.keep(name, text);
        }
    }

    /// The tokens that the service holds now: whoever asks is given the same.
    async fn keep_tokens(&mut self, world: &World) {
        let wechat = &world.app.app.config.wechat;
        for (appid, secret) in [
            (&wechat.official.appid, &wechat.official.secret),
            (&wechat.mini.appid, &wechat.mini.secret),
        ] {
            let body = json!({
                "grant_type": "client_credential", "appid": appid, "secret": secret.expose_secret(),
            });
            let url = format!("{}{STABLE_TOKEN}", world.platform.base_url());
            let answer = world.app.http.post(url).json(&body).send().await.unwrap();
            let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
            self.keep("access token", answer["access_token"].as_str().unwrap());
        }
    }
}

/// Everything that carries secrets, and everything that goes wrong with it.
async fn a_bad_hour(world: &World) -> Vec<(String, String)> {
    let mut secrets = Secrets::default();
    secrets.keep("key of the data", DATA_KEY);
    for (name, value) in world.platform.service_settings() {
        if ["secret", "token", "aes_key"].iter().any(|end| name.ends_with(&format!(".{end}"))) {
            secrets.keep(name, &value);
        }
    }
    let user = world.platform.add_user("王秀英");
    secrets.keep_person(&user);
    world.platform.follow(&user).await.unwrap();
    let (id, token) = signs_in(world, &user, &mut secrets).await;
    world.app.run_jobs().await;
    chats(world, &user, &token, &mut secrets).await;
    notice(world, &user, id, "智在指尖一班").await;
    assert_eq!(world.platform.service_notices(&user).len(), 1);
    secrets.keep_tokens(world).await;
    callbacks_of_others(world, &user, &mut secrets).await;
    sessions(world, &user, &mut secrets).await;
    calls_fail(world, &user, (id, &token), &mut secrets).await;
    // The database fails while somebody writes.
    let db = world.app.app.db.writer();
    db.execute_unprepared("ALTER TABLE callback RENAME TO callback_away").await.unwrap();
    world.platform.say(&user, &secrets.keep("what was said", "灯坏了，麻烦来看看")).await.unwrap();
    db.execute_unprepared("ALTER TABLE callback_away RENAME TO callback").await.unwrap();
    // Nobody is there any more.
    world.platform.stop().await;
    world.app.advance(TimeDelta::hours(1));
    world.sign_in_with(&secrets.keep("login code", "081aBcDeFgHiJkLmNoPqRsTuVwXyZ0")).await;
    world.app.run_jobs().await;
    secrets.0
}

/// With the mini-program, and gives the phone number.
async fn signs_in(world: &World, user: &User, secrets: &mut Secrets) -> (ResidentId, String) {
    let code = secrets.keep("login code", &world.platform.login_code(user));
    let me = world.sign_in_with(&code).await.ok();
    let token = secrets.keep("token of the session", me["token"].as_str().unwrap());
    // A code is good once.
    world.sign_in_with(&code).await;
    let consent =
        json!({ "kind": "privacy", "version": world.app.app.config.members.consent_version });
    world.app.post("/api/me/consents", &consent).bearer(&token).send().await.ok();
    let code = secrets.keep("phone code", &world.platform.phone_code(user));
    world.app.post("/api/me/phone", &json!({ "code": code })).bearer(&token).send().await.ok();
    world.app.get("/api/me").query("access_token", &token).bearer(&token).send().await.ok();
    (ResidentId(me["me"]["id"].as_i64().unwrap()), token)
}

/// In both chats, with staff, and with somebody whom nobody knows.
async fn chats(world: &World, user: &User, token: &str, secrets: &mut Secrets) {
    let app = &world.app;
    world.platform.say(user, "学时").await.unwrap();
    for words in ["人工", &secrets.keep("what was said", "水费怎么交，我住在常兴路八号")]
    {
        world.platform.say_to_mini(user, words).await.unwrap();
        app.run_jobs().await;
    }
    let staff = clerk(app, "centre", Role::Centre, None).await;
    secrets.keep("token of staff", &staff.token);
    secrets.keep("CSRF token", &staff.csrf);
    let desk = app.get("/api/staff/desk").by(&staff).send().await.ok();
    let path = format!("/api/staff/desk/{}/answers", desk["items"][0]["id"]);
    let words = secrets.keep("what staff said", "请到一楼大厅交，带上户口本");
    app.post(&path, &json!({ "text": words })).by(&staff).send().await.ok();
    app.run_jobs().await;
    assert!(world.platform.mini_chat(user).iter().any(|line| line.text.contains(&words)));
    // A link in the chat, and a code to scan.
    let stranger = world.platform.add_user("李建国");
    secrets.keep_person(&stranger);
    world.platform.follow(&stranger).await.unwrap();
    let answer = world.platform.say(&stranger, "绑定").await.unwrap().remove(0).text;
    world.platform.say(&stranger, &user.phone).await.unwrap();
    let code = answer.split_once("/link?code=").unwrap().1.split_once('"').unwrap().0;
    secrets.keep("code of a link", code);
    app.post("/api/me/account-link", &json!({ "code": code })).bearer(token).send().await;
    app.post("/api/me/follow-code", &json!(null)).bearer(token).send().await.ok();
    app.run_jobs().await;
}

/// A message to which the person consented.
async fn notice(world: &World, user: &User, resident: ResidentId, class: &str) {
    let placed = &world.app.app.config.wechat.templates.placed.id;
    world.platform.subscribe(user, &[(placed.as_str(), true)]).await.unwrap();
    let new = NewNotice {
        resident,
        kind: NoticeKind::Placed,
        dedup_key: class.to_owned(),
        title: "报名成功".to_owned(),
        body: "您已报上“智在指尖”。".to_owned(),
        page: "/classes/3".to_owned(),
        values: Values {
            class: class.to_owned(),
            time: "2026年9月1日 09:00".to_owned(),
            place: "社区教育中心".to_owned(),
            note: "请带手机".to_owned(),
        },
    };
    let tx = world.app.app.db.begin().await.unwrap();
    notices::notify(&tx, &new, world.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    world.app.run_jobs().await;
}

/// What is not WeChat's, and what WeChat thinks up.
async fn callbacks_of_others(world: &World, user: &User, secrets: &mut Secrets) {
    let official = &world.app.app.config.wechat.official;
    let (openid, words) = (&user.official_openid, secrets.keep("what was said", "密码是八八六六"));
    let at = world.app.now().timestamp();
    let body = |kind: &str| {
        format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>{openid}</FromUserName>\
             <CreateTime>{at}</CreateTime>{kind}<Content>{words}</Content></xml>"
        )
    };
    let text = body("<MsgType>text</MsgType><MsgId>1</MsgId>");
    let unknown = body("<MsgType>event</MsgType><Event>thought_up</Event>");
    let odd = body("<MsgType>event</MsgType><Event>LOCATION</Event><Latitude>x</Latitude>");
    let key = AesKey::parse(official.aes_key.expose_secret()).unwrap();
    let (time, nonce) = (at.to_string(), "1234567");
    let post = async |query: String, body: String| {
        let path = format!("/wechat/official?{query}");
        let request = world.app.request(Method::POST, &path).header("content-type", "text/xml");
        Request(request.0.body(body)).send().await.status.as_u16()
    };
    // Somebody else's signature; nothing encrypted; encrypted with another key.
    let wrong = secrets.keep("a wrong signature", "5f1d0d3b9c27e4a86b7c1f0e2d3a4b5c6d7e8f90");
    let query = format!("signature={wrong}&timestamp={time}&nonce={nonce}&openid={openid}");
    assert_eq!(post(query.clone(), text.clone()).await, 403);
    let sealed = |key: &AesKey, body: &str| key.encrypt(body.as_bytes(), &official.appid).unwrap();
    let other = AesKey::parse(&"x".repeat(43)).unwrap();
    for sealed in [sealed(&key, &text), sealed(&other, &text)] {
        let envelope = format!("<xml><Encrypt>{sealed}</Encrypt></xml>");
        assert_eq!(post(format!("{query}&msg_signature={wrong}"), envelope).await, 403);
    }
    let check = format!("/wechat/official?{query}&echostr=12345678901234567");
    assert_eq!(world.app.get(&check).send().await.status.as_u16(), 403);
    let token = official.token.expose_secret();
    let mark = |sealed: &str| signature::msg_signature(token, &time, nonce, sealed).to_string();
    for (body, status) in [(unknown, 200), (odd, 200), ("<xml>not".to_owned(), 403)] {
        let sealed = sealed(&key, &body);
        let mark = secrets.keep("a signature", &mark(&sealed));
        let query = format!("timestamp={time}&nonce={nonce}&msg_signature={mark}");
        assert_eq!(post(query, format!("<xml><Encrypt>{sealed}</Encrypt></xml>")).await, status);
    }
}

/// Keys of sessions, which the service itself never asks for.
async fn sessions(world: &World, user: &User, secrets: &mut Secrets) {
    let wechat = &world.app.app.wechat;
    let mini = wechat.mini();
    let code = secrets.keep("login code", &world.platform.login_code(user));
    let session = mini.login_with_key(&code).await.ok().unwrap();
    secrets.keep("session key", session.session_key.expose_secret());
    assert!(mini.check_session(&user.mini_openid, &session.session_key).await.unwrap());
    let renewed = mini.reset_session(&user.mini_openid, &session.session_key).await.ok().unwrap();
    secrets.keep("session key", renewed.expose_secret());
    assert!(!mini.check_session(&user.mini_openid, &session.session_key).await.unwrap());
}

/// In each way in which calls fail, whatever they carry.
async fn calls_fail(
    world: &World,
    user: &User,
    (id, token): (ResidentId, &str),
    secrets: &mut Secrets,
) {
    let faults = [
        Fault::Errcode(40001),
        Fault::Errcode(40003),
        Fault::Errcode(45015),
        Fault::Errcode(-1),
        Fault::Http500,
        Fault::Garbage,
        Fault::Timeout,
    ];
    for (nth, fault) in faults.into_iter().enumerate() {
        for path in [CUSTOM, SEND, LOGIN, PHONE] {
            world.platform.fail_next(path, fault.clone(), 1);
        }
        world.platform.say_to_mini(user, "学时").await.unwrap();
        notice(world, user, id, &format!("智在指尖{}班", nth + 2)).await;
        let code = secrets.keep("login code", &world.platform.login_code(user));
        world.sign_in_with(&code).await;
        let code = secrets.keep("phone code", &world.platform.phone_code(user));
        world.app.post("/api/me/phone", &json!({ "code": code })).bearer(token).send().await;
        world.platform.clear_faults();
        world.advance(TimeDelta::minutes(2));
        world.app.run_jobs().await;
    }
    // All tokens die, and the next ones are refused at first.
    world.platform.kill_tokens();
    world.platform.fail_next(STABLE_TOKEN, Fault::Errcode(40125), 1);
    for _ in 0..2 {
        world.platform.say_to_mini(user, "候补").await.unwrap();
        world.app.run_jobs().await;
        world.advance(TimeDelta::minutes(10));
    }
    secrets.keep_tokens(world).await;
}
