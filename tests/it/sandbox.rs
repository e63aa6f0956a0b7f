//! The stand-in for WeChat: is it as strict as it says, and does it call as WeChat calls?

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::{Data, Path, Query};
use poem::{EndpointExt, Route, Server, handler};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use shangxue::cache::Cache;
use shangxue::clock::Clock;
use shangxue::config::{Config, Format, Mode};
use shangxue::sandbox::{
    self, Account, AccountKeys, Fault, Opened, Outcome, Sandbox, SandboxConfig, Sender, Tapped,
};

use shangxue::wechat::official::{Button, DraftArticle, Menu};
use shangxue::wechat::{Class, Reply, SubscribeMessage, Wechat};

use crate::support::the_time;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest of a picture";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0rest of a picture";

struct Platform {
    sandbox: Sandbox,
    config: SandboxConfig,
    http: reqwest::Client,
}

impl Platform {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let mut config = SandboxConfig::new(Clock::fixed(the_time()));
        config.publish_delay = Duration::ZERO;
        change(&mut config);
        let sandbox = sandbox::start(config.clone()).await.expect("the sandbox starts");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { sandbox, config, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(self.url(path)).send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.http.post(self.url(path)).json(body).send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    async fn post_text(&self, path: &str, body: &str) -> Value {
        let request = self.http.post(self.url(path)).body(body.to_owned());
        let answer = request.send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    fn credentials(&self, account: Account) -> Value {
        let keys = match account {
            Account::Official => &self.config.official,
            Account::Mini => &self.config.mini,
        };
        json!({"grant_type": "client_credential", "appid": keys.appid, "secret": keys.secret})
    }

    async fn token(&self, account: Account) -> String {
        let answer = self.post("/cgi-bin/stable_token", &self.credentials(account)).await;
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// A call of the public account's API.
    async fn official(&self, path: &str, body: &Value) -> Value {
        let token = self.token(Account::Official).await;
        self.post(&format!("{path}?access_token={token}"), body).await
    }

    async fn mini(&self, path: &str, body: &Value) -> Value {
        let token = self.token(Account::Mini).await;
        self.post(&format!("{path}?access_token={token}"), body).await
    }

    async fn upload(&self, path: &str, part: reqwest::multipart::Part) -> Value {
        let token = self.token(Account::Official).await;
        let sign = if path.contains('?') { '&' } else { '?' };
        let url = self.url(&format!("{path}{sign}access_token={token}"));
        let form = reqwest::multipart::Form::new().part("media", part);
        let answer = self.http.post(url).multipart(form).send().await.expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    async fn cover(&self) -> String {
        let part = file(JPEG, "cover.jpg", "image/jpeg");
        let answer = self.upload("/cgi-bin/material/add_material?type=image", part).await;
        answer["media_id"].as_str().expect("a media_id").to_owned()
    }

    async fn draft(&self) -> String {
        let article = json!({"title": "秋季班开课", "content": "<p>欢迎</p>", "thumb_media_id": self.cover().await});
        let answer = self.official("/cgi-bin/draft/add", &json!({"articles": [article]})).await;
        answer["media_id"].as_str().expect("a media_id").to_owned()
    }
}

fn file(bytes: &[u8], name: &str, mime: &str) -> reqwest::multipart::Part {
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    part.mime_str(mime).expect("a type")
}

fn code(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or_default()
}

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
async fn pictures_are_looked_at() {
    let platform = Platform::start().await;
    let path = "/cgi-bin/media/uploadimg";
    let answer = platform.upload(path, file(PNG, "a.png", "image/png")).await;
    let url = answer["url"].as_str().expect("an address");
    let picture = platform.http.get(url).send().await.expect("an answer");
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert_eq!(picture.bytes().await.expect("bytes"), PNG);

    let nameless =
        reqwest::multipart::Part::bytes(PNG.to_vec()).mime_str("image/png").expect("a type");
    assert_eq!(code(&platform.upload(path, nameless).await), 41005);
    assert_eq!(code(&platform.upload(path, file(PNG, "图.png", "image/png")).await), 41005);
    assert_eq!(code(&platform.upload(path, file(PNG, "a.jpg", "image/png")).await), 40113);
    assert_eq!(
        code(&platform.upload(path, file(b"RIFFxxxxWEBP", "a.png", "image/png")).await),
        40137
    );
    let large = [PNG, &[0; 1024 * 1024]].concat();
    assert_eq!(code(&platform.upload(path, file(&large, "a.png", "image/png")).await), 40009);
    let material = "/cgi-bin/material/add_material?type=image";
    assert_eq!(code(&platform.upload(material, file(&large, "a.png", "image/png")).await), 0);
    let voice = "/cgi-bin/material/add_material?type=voice";
    assert_eq!(code(&platform.upload(voice, file(PNG, "a.png", "image/png")).await), 40004);
}

#[tokio::test]
async fn drafts_keep_the_limits_in_characters() {
    let platform = Platform::start().await;
    let cover = platform.cover().await;
    let inline = platform.upload("/cgi-bin/media/uploadimg", file(PNG, "a.png", "image/png")).await;
    let inline = inline["url"].as_str().expect("an address");
    let good = json!({
        "title": "长".repeat(32),
        "author": "编".repeat(16),
        "digest": "摘".repeat(128),
        "content": format!("<p>水乡</p><img src=\"{inline}\"><img src=\"https://example.com/a.png\">"),
        "thumb_media_id": cover,
        "need_open_comment": 0,
    });
    let answer = platform.official("/cgi-bin/draft/add", &json!({"articles": [good]})).await;
    let media_id = answer["media_id"].as_str().expect("a media_id").to_owned();
    let draft = platform.official("/cgi-bin/draft/get", &json!({"media_id": media_id})).await;
    let content = draft["news_item"][0]["content"].as_str().expect("the content");
    assert!(content.contains(inline) && !content.contains("example.com"));
    assert_eq!(platform.sandbox.drafts()[0].1[0].dropped_pictures, ["https://example.com/a.png"]);

    for (field, value, errcode) in [
        ("title", json!("长".repeat(33)), 45003),
        ("title", json!(""), 45003),
        ("author", json!("编".repeat(17)), 45110),
        ("digest", json!("摘".repeat(129)), 45004),
        ("content", json!("字".repeat(20_000)), 45002),
        ("thumb_media_id", json!("temporary"), 40007),
        ("need_open_comment", json!(false), 47001),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let answer = platform.official("/cgi-bin/draft/add", &json!({"articles": [bad]})).await;
        assert_eq!(code(&answer), errcode, "{field}");
    }
    let one = platform.official("/cgi-bin/draft/add", &json!({"articles": good})).await;
    assert_eq!(code(&one), 47001, "not a list");
    let changed = json!({"media_id": media_id, "index": 0, "articles": good});
    assert_eq!(code(&platform.official("/cgi-bin/draft/update", &changed).await), 0);
    let all = platform
        .official("/cgi-bin/draft/batchget", &json!({"offset": 0, "count": 20, "no_content": 1}))
        .await;
    assert_eq!(all["total_count"], 1);
    assert!(all["item"][0]["content"]["news_item"][0].get("content").is_none());
    let body = json!({"media_id": media_id});
    assert_eq!(code(&platform.official("/cgi-bin/draft/delete", &body).await), 0);
    assert_eq!(code(&platform.official("/cgi-bin/draft/get", &body).await), 40007);
}

#[tokio::test]
async fn a_publication_takes_the_draft_and_can_be_read() {
    let platform = Platform::start().await;
    let body = json!({"media_id": platform.draft().await});
    let submitted = platform.official("/cgi-bin/freepublish/submit", &body).await;
    assert_eq!(code(&submitted), 0);
    platform.sandbox.settle().await;
    let asked = json!({"publish_id": submitted["publish_id"]});
    let state = platform.official("/cgi-bin/freepublish/get", &asked).await;
    assert_eq!(state["publish_status"], 0);
    let url = state["article_detail"]["item"][0]["article_url"].as_str().expect("an address");
    let page = platform.http.get(url).send().await.expect("an answer");
    assert_eq!(page.status(), 200);
    let page = page.text().await.expect("text");
    assert!(page.contains("秋季班开课") && page.contains("沙盒"));
    assert_eq!(code(&platform.official("/cgi-bin/draft/get", &body).await), 40007, "used up");
    assert_eq!(platform.sandbox.articles().len(), 1);

    let article = json!({"article_id": state["article_id"]});
    assert_eq!(code(&platform.official("/cgi-bin/freepublish/delete", &article).await), 0);
    assert!(platform.sandbox.articles().is_empty());
    assert_eq!(platform.http.get(url).send().await.expect("an answer").status(), 404);
    let left = platform.official("/cgi-bin/freepublish/getarticle", &article).await;
    assert_eq!(left["news_item"][0]["is_deleted"], true);
}

#[tokio::test]
async fn a_publication_can_end_badly_or_not_at_all() {
    let platform = Platform::start().await;
    for (outcome, status) in [
        (Outcome::OriginalFailed, 2),
        (Outcome::Failed, 3),
        (Outcome::AuditRefused, 4),
        (Outcome::Never, 1),
    ] {
        platform.sandbox.set_publication_outcome(outcome);
        let body = json!({"media_id": platform.draft().await});
        let submitted = platform.official("/cgi-bin/freepublish/submit", &body).await;
        platform.sandbox.settle().await;
        let asked = json!({"publish_id": submitted["publish_id"]});
        let state = platform.official("/cgi-bin/freepublish/get", &asked).await;
        assert_eq!(state["publish_status"], status);
        assert_eq!(code(&platform.official("/cgi-bin/draft/get", &body).await), 0, "kept");
    }
    let ended = platform.sandbox.callbacks();
    assert_eq!(ended.len(), 3, "Never does not call");
    assert!(platform.sandbox.articles().is_empty());
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

/// Account, query and body of a callback.
type Seen = (String, HashMap<String, String>, String);

/// A service that keeps what it is sent and answers what it is told.
#[derive(Clone, Default)]
struct Service {
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Mutex<Vec<(u16, String)>>>,
}

#[handler]
fn callback(
    Path(account): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    body: String,
    Data(service): Data<&Service>,
) -> poem::Response {
    service.seen.lock().unwrap().push((account, query, body));
    let (status, answer) =
        service.answers.lock().unwrap().pop().unwrap_or((200, "success".to_owned()));
    let status = poem::http::StatusCode::from_u16(status).expect("a status");
    poem::Response::builder().status(status).body(answer)
}

impl Service {
    async fn start(platform: &Platform) -> Self {
        let service = Self::default();
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.expect("a free port");
        let address = acceptor.local_addr()[0].as_socket_addr().copied().expect("TCP");
        let app = Route::new().at("/wechat/:account", poem::post(callback)).data(service.clone());
        tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
        platform.sandbox.set_service_url(&format!("http://{address}"));
        service
    }

    fn answer(&self, answer: &str) {
        self.answers.lock().unwrap().push((200, answer.to_owned()));
    }

    fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().cloned().expect("a callback")
    }
}

fn sha1(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    hex::encode(Sha1::digest(parts.concat()))
}

fn key(keys: &AccountKeys) -> ([u8; 32], [u8; 16]) {
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::general_purpose::PAD.with_decode_allow_trailing_bits(true),
    );
    let key: [u8; 32] =
        engine.decode(format!("{}=", keys.aes_key)).expect("base64").try_into().expect("32 bytes");
    (key, key[..16].try_into().expect("16 bytes"))
}

fn open(keys: &AccountKeys, sealed: &str) -> String {
    let (key, iv) = key(keys);
    let plain = cbc::Decryptor::<aes::Aes256>::new(&key.into(), &iv.into())
        .decrypt_padded_vec::<NoPadding>(&STANDARD.decode(sealed).expect("base64"))
        .expect("whole blocks");
    let plain = &plain[..plain.len() - usize::from(plain[plain.len() - 1])];
    let length = u32::from_be_bytes(plain[16..20].try_into().expect("4 bytes")) as usize;
    assert_eq!(&plain[20 + length..], keys.appid.as_bytes());
    String::from_utf8(plain[20..20 + length].to_vec()).expect("UTF-8")
}

fn seal(keys: &AccountKeys, message: &str, spoil: bool) -> String {
    let (key, iv) = key(keys);
    let length = u32::try_from(message.len()).expect("short").to_be_bytes();
    let mut plain =
        [b"0123456789abcdef", length.as_slice(), message.as_bytes(), keys.appid.as_bytes()]
            .concat();
    let padding = 32 - plain.len() % 32;
    plain.resize(plain.len() + padding, u8::try_from(padding).expect("at most 32"));
    let sealed = cbc::Encryptor::<aes::Aes256>::new(&key.into(), &iv.into())
        .encrypt_padded_vec::<NoPadding>(&plain);
    let sealed = STANDARD.encode(sealed);
    let token = if spoil { "another" } else { keys.token.as_str() };
    let signature = sha1(&[token, "1767225600", "77", &sealed]);
    format!(
        "<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature><TimeStamp>1767225600</TimeStamp><Nonce><![CDATA[77]]></Nonce></xml>"
    )
}

fn text_reply(keys: &AccountKeys, openid: &str, text: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{openid}]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName><CreateTime>1767225600</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content></xml>",
        keys.original_id
    )
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect("both marks").0
}

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

#[tokio::test]
async fn links_are_told_apart() {
    let platform =
        Platform::start_with(|config| config.service_url = "http://127.0.0.1:8080".to_owned())
            .await;
    let mini = |to: &str| Opened::Mini { to: to.to_owned() };
    for (link, opened) in [
        ("pages/web/index?to=%2Fclasses%2F3", mini("/classes/3")),
        ("/pages/index/index", mini("/")),
        ("http://127.0.0.1:8080/m/#/news/2", mini("/news/2")),
        ("http://localhost:8080/m/?c=AB%2BC", mini("/checkin?c=AB%2BC")),
        ("http://127.0.0.1:8080/m", mini("/")),
        (
            "http://127.0.0.1:8080/console/",
            Opened::Web { url: "http://127.0.0.1:8080/console/".to_owned() },
        ),
        ("http://127.0.0.1:80801/m/", Opened::Web { url: "http://127.0.0.1:80801/m/".to_owned() }),
        ("javascript:alert(1)", Opened::Nothing),
        ("", Opened::Nothing),
    ] {
        assert_eq!(platform.sandbox.resolve(link), opened, "{link}");
    }
}

#[tokio::test]
async fn a_restarted_sandbox_goes_on_where_it_stopped() {
    let folder = std::env::temp_dir().join(format!("sandbox-{}", std::process::id()));
    let file = folder.join("sandbox.json");
    let with_file = |config: &mut SandboxConfig| config.state_file = Some(file.clone());
    let before = Platform::start_with(with_file).await;
    let user = before.sandbox.add_user("王小明");
    before.sandbox.follow(&user).await.expect("followed");
    let token = before.token(Account::Official).await;
    let cover = before.cover().await;
    before.sandbox.stop().await;
    let after = Platform::start_with(with_file).await;
    assert!(after.sandbox.users().contains(&user));
    assert_eq!(after.token(Account::Official).await, token);
    let picture = after
        .http
        .get(after.url(&format!("/mmbiz_jpeg/{cover}/0")))
        .send()
        .await
        .expect("an answer");
    assert_eq!(picture.bytes().await.expect("bytes"), JPEG);
    std::fs::remove_dir_all(folder).expect("ours");
}

#[tokio::test]
async fn the_phone_is_told_what_it_shows() {
    let platform = Platform::start().await;
    let home = platform.http.get(platform.url("/")).send().await.expect("an answer");
    assert!(
        home.url().path() == "/phone"
            && home.headers()["content-security-policy"]
                .to_str()
                .expect("ASCII")
                .contains("frame-src 'self'")
    );
    let state = platform.get("/sandbox/api/state?user=2").await;
    assert_eq!(state["me"]["name"], "李建国");
    let version = state["version"].as_u64().expect("a number");
    let same = platform.get(&format!("/sandbox/api/state?user=2&version={version}")).await;
    assert_eq!(same["same"], true);
    platform.post("/sandbox/api/users/2/follow", &json!({})).await;
    assert_eq!(platform.get("/sandbox/api/state?user=2").await["me"]["follows"], true);
    let form = platform.http.post(platform.url("/sandbox/api/users/2/unfollow")).body("");
    assert_eq!(form.send().await.expect("an answer").status(), 400, "a form of another site");
    let fault = json!({"path": "/cgi-bin/token", "fault": {"errcode": -1}, "count": 2});
    platform.post("/sandbox/api/faults", &fault).await;
    assert_eq!(platform.get("/sandbox/api/faults").await["items"][0], fault);
}

/// The service's client, told to use this platform.
fn client(platform: &Platform) -> Wechat {
    let mut values =
        vec![("security.data_key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned())];
    values.extend(platform.sandbox.service_settings());
    let config = Config::load_with(None, &values).expect("a good configuration");
    Wechat::new(&config.wechat, Cache::local(), platform.config.clock.clone()).expect("a client")
}

#[tokio::test]
async fn the_services_client_does_nothing_unexpected() {
    let platform = Platform::start().await;
    let wechat = client(&platform);
    let user = platform.sandbox.add_user("王小明");
    let session =
        wechat.mini().login(&platform.sandbox.login_code(&user)).await.expect("signed in");
    assert_eq!(
        (session.openid.as_str(), session.unionid.as_deref()),
        (user.mini_openid.as_str(), Some(user.unionid.as_str()))
    );
    let phone =
        wechat.mini().phone_number(&platform.sandbox.phone_code(&user)).await.expect("a number");
    assert_eq!(phone, user.phone);

    let template = platform.config.templates.first().expect("a template").id.clone();
    platform.sandbox.subscribe(&user, &[(&template, true)]).await.expect("answered");
    let fields = [
        ("thing1", "智能手机入门"),
        ("time2", "2026年9月1日 09:00"),
        ("thing3", "教育中心"),
        ("thing4", "请准时到"),
    ];
    let message = SubscribeMessage {
        openid: session.openid.clone(),
        template_id: template,
        page: Some("pages/web/index?to=%2Fclasses%2F3".to_owned()),
        data: fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        state: "formal".to_owned(),
    };
    wechat.mini().send_subscribe(&message).await.expect("sent");
    let refused = wechat.mini().send_subscribe(&message).await.expect_err("no consent left");
    assert_eq!(refused.class(), Class::UserState);

    let official = wechat.official();
    let picture =
        official.upload_article_image(PNG.to_vec(), "image/png").await.expect("an address");
    let cover = official.add_image_material(JPEG).await.expect("a material");
    let article = DraftArticle {
        title: "秋季班开课".to_owned(),
        content: format!("<p>欢迎</p><img src=\"{picture}\">"),
        thumb_media_id: cover.media_id,
        ..DraftArticle::default()
    };
    // Two, since ids come as numbers and as strings by turns.
    let mut drafts = Vec::new();
    for _ in 0..2 {
        drafts.push(official.add_draft(std::slice::from_ref(&article)).await.expect("a draft"));
    }
    let media_id = drafts[0].clone();
    assert!(official.get_draft(&media_id).await.expect("asked").is_some());
    assert_eq!(official.list_drafts(0, 20).await.expect("a list").total, 2);
    platform.sandbox.kill_tokens();
    for draft in &drafts {
        let submitted = official.submit_publish(draft).await.expect("accepted");
        let state = official.publish_status(&submitted.publish_id).await.expect("a state");
        assert_eq!(state.publish_id, submitted.publish_id);
    }
    platform.sandbox.settle().await;
    assert!(official.get_draft(&media_id).await.expect("asked").is_none(), "used up");
    assert!(official.list_published(0, 20).await.expect("a list").total >= 1);

    assert!(official.get_menu().await.expect("asked").is_none());
    let button = Button {
        name: "我的课表".to_owned(),
        kind: Some("click".to_owned()),
        key: Some("my".to_owned()),
        ..Button::default()
    };
    let menu = Menu { button: vec![button] };
    official.create_menu(&menu).await.expect("made");
    assert_eq!(official.get_menu().await.expect("asked"), Some(menu));
    assert_eq!(platform.sandbox.unexpected(), Vec::<String>::new());
}

#[tokio::test]
async fn the_service_reads_callbacks_of_every_mode_and_its_answers_are_accepted() {
    for mode in [Mode::Plain, Mode::Compat, Mode::Safe] {
        let platform = Platform::start_with(|config| config.official.mode = mode).await;
        let wechat = client(&platform);
        let service = Service::start(&platform).await;
        let user = platform.sandbox.add_user("王小明");
        platform.sandbox.follow(&user).await.expect("followed");
        let read = |seen: Seen| {
            let query = serde_json::from_value(json!(seen.1)).expect("a query");
            let official = wechat.official();
            let guarded = official.callback().expect("configured");
            guarded.open(&query, seen.2.as_bytes(), the_time()).expect("genuine")
        };
        let incoming = read(service.last());
        assert_eq!(
            (incoming.from.as_str(), incoming.to.as_str()),
            (user.official_openid.as_str(), platform.config.official.original_id.as_str())
        );

        let xml = Reply::Text("您好 <a href=\"http://127.0.0.1/m/\">看课</a>]]>".to_owned())
            .to_xml(&incoming.from, &incoming.to, incoming.created_at);
        let sealed = wechat
            .official()
            .callback()
            .expect("configured")
            .seal(&incoming, &xml, the_time())
            .expect("sealed");
        service.answer(&sealed);
        let lines = platform.sandbox.say(&user, "您好").await.expect("said");
        assert_eq!(lines[0].text, "您好 <a href=\"http://127.0.0.1/m/\">看课</a>]]>");
        assert!(platform.sandbox.unexpected().is_empty());
    }
}
