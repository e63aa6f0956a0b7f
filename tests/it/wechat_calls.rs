//! Every call of the protocol over HTTP: exactly what goes out, and what is made of the
//! answers that the platform's documentation shows, odd spellings among them. What breaks
//! a limit does not go out at all.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Endpoint, Request, Response, Server};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use shangxue::cache::Cache;
use shangxue::clock::Clock;
use shangxue::config::Config;
use shangxue::wechat::mini::{
    CheckScene, CodeColor, LinkLife, MediaKind, MiniCode, MiniLink, MiniVersion, Suggest,
};
use shangxue::wechat::official::{
    Button, DraftArticle, MassContent, MassProgress, MassTarget, MaterialContent, Menu, MenuRule,
    MiniPage, OauthScope, Phone, PictureArticle, PreviewTo, QrLife, QrScene, TemplateMessage,
};
use shangxue::wechat::signature::{jsapi_signature, session_signature};
use shangxue::wechat::{Class, CustomMessage, Error, MediaContent, MediaType, Wechat};

const STABLE_TOKEN: &str = "/cgi-bin/stable_token";

/// A platform that gives a token, and else the answers that it was told, in their order.
struct Stub {
    url: String,
    /// What it was asked, in words; the token is left out.
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Mutex<VecDeque<Vec<u8>>>>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Debug, PartialEq)]
struct Seen {
    /// As in `GET /cgi-bin/user/info?openid=o1`.
    line: String,
    body: Vec<u8>,
}

struct Answering {
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Mutex<VecDeque<Vec<u8>>>>,
    tokens: Mutex<u32>,
}

impl Endpoint for Answering {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (parts, body) = request.into_parts();
        let body = body.into_vec().await?;
        let path = parts.uri.path();
        if path == STABLE_TOKEN {
            let mut tokens = self.tokens.lock().unwrap();
            *tokens += 1;
            let token = json!({ "access_token": format!("t{tokens}"), "expires_in": 7200 });
            return Ok(token.to_string().into());
        }
        let query = parts.uri.query().unwrap_or_default();
        let own = query.split('&').filter(|pair| !pair.starts_with("access_token=t"));
        let own = own.collect::<Vec<_>>().join("&");
        let mark = if own.is_empty() { "" } else { "?" };
        let line = format!("{} {path}{mark}{own}", parts.method);
        self.seen.lock().unwrap().push(Seen { line, body });
        Ok(self.answers.lock().unwrap().pop_front().unwrap_or_default().into())
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Stub {
    async fn start() -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = acceptor.local_addr()[0].as_socket_addr().copied().unwrap();
        let (seen, answers) = (Arc::default(), Arc::default());
        let endpoint = Answering {
            seen: Arc::clone(&seen),
            answers: Arc::clone(&answers),
            tokens: Mutex::default(),
        };
        let server = tokio::spawn(async move {
            let _ended = Server::new_with_acceptor(acceptor).run(endpoint).await;
        });
        Self { url: format!("http://{address}"), seen, answers, server }
    }

    fn client(&self, cache: Cache, clock: Clock) -> Wechat {
        let values = [
            ("security.data_key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".to_owned()),
            ("wechat.api_base", self.url.clone()),
            ("wechat.open_base", "https://open.example".to_owned()),
            ("wechat.tries", "1".to_owned()),
            ("wechat.official.kind", "service".to_owned()),
            ("wechat.official.appid", "wx1".to_owned()),
            ("wechat.official.secret", "s1".to_owned()),
            ("wechat.official.token", "token".to_owned()),
            ("wechat.official.mode", "plain".to_owned()),
            ("wechat.mini.appid", "wx2".to_owned()),
            ("wechat.mini.secret", "s2".to_owned()),
            ("wechat.mini.token", "token".to_owned()),
            ("wechat.mini.mode", "plain".to_owned()),
        ];
        let config = Config::load_with(None, &values).unwrap();
        Wechat::new(&config.wechat, cache, clock).unwrap()
    }

    fn wechat(&self) -> Wechat {
        self.client(Cache::local(), Clock::fixed(crate::support::the_time()))
    }

    /// Makes a call that gets this answer, and holds it to what has to go out.
    async fn asked<T>(
        &self,
        answer: impl Into<Told>,
        call: impl Future<Output = Result<T, Error>>,
        line: &str,
        body: Value,
    ) -> Result<T, Error> {
        let seen = self.called(answer, call, line).await;
        let sent: Value = match seen.1.as_slice() {
            [] => Value::Null,
            bytes => serde_json::from_slice(bytes).unwrap(),
        };
        assert_eq!(sent, body, "{line}");
        seen.0
    }

    /// The same of a form; returns what was sent.
    async fn called<T>(
        &self,
        answer: impl Into<Told>,
        call: impl Future<Output = Result<T, Error>>,
        line: &str,
    ) -> (Result<T, Error>, Vec<u8>) {
        let before = self.count();
        self.answers.lock().unwrap().push_back(answer.into().0);
        let outcome = call.await;
        let seen = self.seen.lock().unwrap()[before..].to_vec();
        let lines: Vec<&str> = seen.iter().map(|seen| seen.line.as_str()).collect();
        assert_eq!(lines, [line]);
        (outcome, seen[0].body.clone())
    }

    /// A call that is refused before it goes out, with this code and a word of the field.
    async fn refused<T>(
        &self,
        errcode: impl Into<Option<i64>>,
        field: &str,
        call: impl Future<Output = Result<T, Error>>,
    ) {
        let before = self.count();
        let error = call.await.err().expect("a limit is broken");
        assert_eq!(error.errcode, errcode.into(), "{error}");
        assert!(error.errmsg.contains(field), "{field}: {error}");
        assert!(
            matches!(error.class(), Class::Permanent | Class::Configuration),
            "{error}: {:?}",
            error.class()
        );
        assert_eq!(self.count(), before, "{error}");
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// An answer: JSON or bytes.
struct Told(Vec<u8>);

impl From<Value> for Told {
    fn from(value: Value) -> Self {
        Self(value.to_string().into_bytes())
    }
}

impl From<&[u8]> for Told {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

fn ok() -> Value {
    json!({ "errcode": 0, "errmsg": "ok" })
}

fn no(errcode: i64) -> Value {
    json!({ "errcode": errcode, "errmsg": "no rid: 1-2-3" })
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn data() -> BTreeMap<String, String> {
    [(text("thing1"), text("书法\n初级班"))].into()
}

fn code<T>(outcome: Result<T, Error>) -> Option<i64> {
    outcome.err().expect("a refusal").errcode
}

#[tokio::test]
async fn customer_messages_have_the_form_of_their_kind() {
    let (stub, openid) = (Stub::start().await, "o1");
    let wechat = stub.wechat();
    let (official, mini) = (wechat.official(), wechat.mini());
    let page = |appid: Option<&str>| CustomMessage::MiniProgramPage {
        title: text("课程"),
        appid: appid.map(str::to_owned),
        page: text("pages/index?id=1"),
        thumb_media_id: text("T"),
    };
    let link = CustomMessage::Link {
        title: text("新闻"),
        description: text("看看"),
        url: text("https://x/"),
        thumb_url: text("https://x/t"),
    };
    let image = CustomMessage::Image { media_id: text("M") };
    let from_the_account = [
        (CustomMessage::Text(text("您好😀")), "text", json!({ "content": "您好😀" })),
        (image.clone(), "image", json!({ "media_id": "M" })),
        (CustomMessage::Voice { media_id: text("M") }, "voice", json!({ "media_id": "M" })),
        (
            CustomMessage::Video {
                media_id: text("M"),
                thumb_media_id: text("T"),
                title: text("课"),
                description: text("说明"),
            },
            "video",
            json!({ "media_id": "M", "thumb_media_id": "T", "title": "课", "description": "说明" }),
        ),
        (
            CustomMessage::Music {
                title: text("歌"),
                description: text("说明"),
                url: text("https://x/1"),
                high_quality_url: text("https://x/2"),
                thumb_media_id: text("T"),
            },
            "music",
            json!({
                "title": "歌", "description": "说明", "musicurl": "https://x/1",
                "hqmusicurl": "https://x/2", "thumb_media_id": "T",
            }),
        ),
        (
            CustomMessage::News {
                title: text("新闻"),
                description: text("看看"),
                url: text("https://x/"),
                picture_url: text("https://x/p"),
            },
            "news",
            json!({ "articles": [{
                "title": "新闻", "description": "看看", "url": "https://x/", "picurl": "https://x/p",
            }] }),
        ),
        (
            CustomMessage::Article { article_id: text("A") },
            "mpnewsarticle",
            json!({ "article_id": "A" }),
        ),
        (
            CustomMessage::Menu {
                head: text("满意吗？"),
                choices: vec![(text("101"), text("满意")), (text("102"), text("不满意"))],
                tail: text("谢谢"),
            },
            "msgmenu",
            json!({
                "head_content": "满意吗？",
                "list": [{ "id": "101", "content": "满意" }, { "id": "102", "content": "不满意" }],
                "tail_content": "谢谢",
            }),
        ),
        (
            page(Some("wx2")),
            "miniprogrampage",
            json!({ "title": "课程", "appid": "wx2", "pagepath": "pages/index?id=1", "thumb_media_id": "T" }),
        ),
    ];
    let line = "POST /cgi-bin/message/custom/send";
    for (message, kind, content) in &from_the_account {
        let body = json!({ "touser": openid, "msgtype": kind, *kind: content });
        stub.asked(ok(), official.send_custom(openid, message), line, body).await.unwrap();
    }
    let page_of_ours =
        json!({ "title": "课程", "pagepath": "pages/index?id=1", "thumb_media_id": "T" });
    let its_link = json!({
        "title": "新闻", "description": "看看", "url": "https://x/", "thumb_url": "https://x/t",
    });
    for (message, kind, content) in [
        (image, "image", json!({ "media_id": "M" })),
        (page(None), "miniprogrampage", page_of_ours),
        (link.clone(), "link", its_link),
    ] {
        let body = json!({ "touser": openid, "msgtype": kind, kind: content });
        stub.asked(ok(), mini.send_custom(openid, &message), line, body).await.unwrap();
    }
    stub.refused(None, "link", official.send_custom(openid, &link)).await;
    stub.refused(None, "voice", mini.send_custom(openid, &from_the_account[2].0)).await;
    stub.refused(None, "miniprogrampage", mini.send_custom(openid, &page(Some("wx2")))).await;
    stub.refused(44004, "content", mini.send_custom(openid, &CustomMessage::Text(text(" ")))).await;
    let nothing = CustomMessage::Image { media_id: String::new() };
    stub.refused(41006, "media_id", official.send_custom(openid, &nothing)).await;
    stub.refused(41009, "touser", official.send_custom("", &from_the_account[0].0)).await;
    stub.answers.lock().unwrap().push_back(Told::from(no(45047)).0);
    let error = official.send_custom(openid, &from_the_account[0].0).await.unwrap_err();
    assert_eq!((error.errcode, error.class()), (Some(45047), Class::UserState));
}

#[tokio::test]
async fn followers_are_told_in_all_spellings() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let answer = json!({
        "subscribe": 1, "openid": "o1", "language": "", "subscribe_time": 1_434_093_047,
        "unionid": "u1", "remark": "", "groupid": 0, "tagid_list": [128, "2"],
        "subscribe_scene": "ADD_SCENE_QR_CODE", "qr_scene": 98765, "qr_scene_str": "",
    });
    let line = "GET /cgi-bin/user/info?openid=o1&lang=zh_CN";
    let user = stub.asked(answer, official.user_info("o1"), line, Value::Null).await.unwrap();
    assert!(user.follows && user.remark.is_none());
    assert_eq!((user.unionid.as_deref(), user.tags), (Some("u1"), vec![128, 2]));
    assert_eq!(user.subscribed_at.unwrap().timestamp(), 1_434_093_047);
    assert_eq!(user.qr_scene, Some(QrScene::Number(98765)));
    let gone = json!({ "subscribe": 0, "openid": "o1", "tagid_list": null });
    let user = stub.asked(gone, official.user_info("o1"), line, Value::Null).await.unwrap();
    assert!(!user.follows && user.unionid.is_none() && user.subscribed_at.is_none());

    let list = json!({ "user_list": [
        { "openid": "o1", "lang": "zh_CN" }, { "openid": "o2", "lang": "zh_CN" },
    ] });
    let answer = json!({ "user_info_list": [
        { "subscribe": "1", "openid": "o1", "qr_scene_str": "bind-7" },
        { "subscribe": 0, "openid": "o2" },
    ] });
    let line = "POST /cgi-bin/user/info/batchget";
    let users = stub.asked(answer, official.user_infos(&["o1", "o2"]), line, list).await.unwrap();
    assert_eq!(users[0].qr_scene, Some(QrScene::Text(text("bind-7"))));
    assert_eq!(users.iter().map(|user| user.follows).collect::<Vec<_>>(), [true, false]);
    stub.refused(40032, "user_list", official.user_infos(&vec!["o"; 101])).await;
    stub.refused(40032, "user_list", official.user_infos(&[])).await;

    let page =
        json!({ "total": 3, "count": 2, "data": { "openid": ["o1", "o2"] }, "next_openid": "o2" });
    let line = "GET /cgi-bin/user/get";
    let page = stub.asked(page, official.list_followers(None), line, Value::Null).await.unwrap();
    assert_eq!((page.total, page.openids.len(), page.next.as_deref()), (3, 2, Some("o2")));
    let line = "GET /cgi-bin/user/get?next_openid=o2";
    let end = json!({ "total": 3, "count": 0, "next_openid": "o2" });
    let end = stub.asked(end, official.list_followers(Some("o2")), line, Value::Null).await;
    assert_eq!(end.unwrap().next, None);

    let body = json!({ "openid": "o1", "remark": "书法班班长" });
    let line = "POST /cgi-bin/user/info/updateremark";
    stub.asked(ok(), official.set_remark("o1", "书法班班长"), line, body).await.unwrap();
    stub.refused(None, "remark", official.set_remark("o1", &"长".repeat(30))).await;
}

#[tokio::test]
async fn tags_are_made_given_and_taken() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let line = "POST /cgi-bin/tags/create";
    let answer = json!({ "tag": { "id": 134, "name": "书法班" } });
    let body = json!({ "tag": { "name": "书法班" } });
    let tag = stub.asked(answer, official.create_tag("书法班"), line, body).await.unwrap();
    assert_eq!((tag.id, tag.count), (134, 0));
    let answer = json!({ "tags": [{ "id": 2, "name": "星标组", "count": "7" }] });
    let line = "GET /cgi-bin/tags/get";
    let tags = stub.asked(answer, official.list_tags(), line, Value::Null).await.unwrap();
    assert_eq!((tags[0].id, tags[0].count), (2, 7));
    let body = json!({ "tag": { "id": 134, "name": "书法" } });
    let line = "POST /cgi-bin/tags/update";
    stub.asked(ok(), official.rename_tag(134, "书法"), line, body).await.unwrap();
    let line = "POST /cgi-bin/tags/delete";
    stub.asked(ok(), official.delete_tag(134), line, json!({ "tag": { "id": 134 } }))
        .await
        .unwrap();
    let people = json!({ "openid_list": ["o1", "o2"], "tagid": 134 });
    let line = "POST /cgi-bin/tags/members/batchtagging";
    stub.asked(ok(), official.tag_followers(134, &["o1", "o2"]), line, people.clone())
        .await
        .unwrap();
    let line = "POST /cgi-bin/tags/members/batchuntagging";
    let refusal = stub.asked(no(49003), official.untag_followers(134, &["o1", "o2"]), line, people);
    assert_eq!(code(refusal.await), Some(49003));
    let answer = json!({ "tagid_list": ["134", 2] });
    let line = "POST /cgi-bin/tags/getidlist";
    let ids = stub.asked(answer, official.tags_of("o1"), line, json!({ "openid": "o1" })).await;
    assert_eq!(ids.unwrap(), [134, 2]);
    let answer = json!({ "count": 1, "data": { "openid": ["o1"] }, "next_openid": "o1" });
    let body = json!({ "tagid": 134, "next_openid": "" });
    let line = "POST /cgi-bin/user/tag/get";
    let page = stub.asked(answer, official.list_tagged(134, None), line, body).await.unwrap();
    assert_eq!((page.openids, page.next.as_deref()), (vec![text("o1")], Some("o1")));
    stub.refused(45158, "name", official.create_tag(&"长".repeat(11))).await;
    stub.refused(45058, "id", official.rename_tag(2, "新")).await;
    stub.refused(45058, "id", official.delete_tag(0)).await;
    stub.refused(40032, "openid_list", official.tag_followers(134, &vec!["o"; 51])).await;
}

#[tokio::test]
async fn codes_with_a_scene_are_temporary_or_permanent() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let line = "POST /cgi-bin/qrcode/create";
    let bind = QrScene::Text(text("bind-7"));
    for (scene, life, body) in [
        (
            QrScene::Number(7),
            QrLife::Seconds(600),
            json!({ "action_name": "QR_SCENE", "action_info": { "scene": { "scene_id": 7 } }, "expire_seconds": 600 }),
        ),
        (
            bind.clone(),
            QrLife::Seconds(2_592_000),
            json!({ "action_name": "QR_STR_SCENE", "action_info": { "scene": { "scene_str": "bind-7" } }, "expire_seconds": 2_592_000 }),
        ),
        (
            QrScene::Number(100_000),
            QrLife::Permanent,
            json!({ "action_name": "QR_LIMIT_SCENE", "action_info": { "scene": { "scene_id": 100_000 } } }),
        ),
        (
            bind.clone(),
            QrLife::Permanent,
            json!({ "action_name": "QR_LIMIT_STR_SCENE", "action_info": { "scene": { "scene_str": "bind-7" } } }),
        ),
    ] {
        let answer =
            json!({ "ticket": "gQ==", "expire_seconds": 60, "url": "http://weixin.qq.com/q/k" });
        let made = stub.asked(answer, official.create_qr(&scene, life), line, body).await.unwrap();
        assert_eq!((made.ticket.as_str(), made.expires_s), ("gQ==", 60));
    }
    let day = QrLife::Seconds(86_400);
    stub.refused(None, "scene_id", official.create_qr(&QrScene::Number(0), day)).await;
    let many = QrScene::Number(100_001);
    stub.refused(None, "scene_id", official.create_qr(&many, QrLife::Permanent)).await;
    let long = QrScene::Text("长".repeat(65));
    stub.refused(None, "scene_str", official.create_qr(&long, day)).await;
    stub.refused(None, "expire", official.create_qr(&bind, QrLife::Seconds(0))).await;
    stub.refused(None, "expire", official.create_qr(&bind, QrLife::Seconds(2_592_001))).await;
}

#[tokio::test]
async fn template_messages_and_notices_name_their_page() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let page = MiniPage { appid: text("wx2"), path: text("pages/index?id=1") };
    let mut message = TemplateMessage {
        openid: text("o1"),
        template_id: text("T"),
        url: Some(text("https://x/m/")),
        page: Some(page.clone()),
        client_msg_id: Some(text("notice-7")),
        data: data(),
    };
    let body = json!({
        "touser": "o1", "template_id": "T", "url": "https://x/m/",
        "miniprogram": { "appid": "wx2", "pagepath": "pages/index?id=1" },
        "client_msg_id": "notice-7", "data": { "thing1": { "value": "书法 初级班" } },
    });
    let line = "POST /cgi-bin/message/template/send";
    let answer = json!({ "errcode": 0, "errmsg": "ok", "msgid": 200_228_332_u64 });
    let sent = stub.asked(answer, official.send_template(&message), line, body).await;
    assert_eq!(sent.unwrap(), "200228332");
    message.openid.clear();
    stub.refused(41009, "touser", official.send_template(&message)).await;

    let answer = json!({ "template_list": [{
        "template_id": "T", "title": "上课提醒", "primary_industry": "教育",
        "content": "{{thing1.DATA}}", "example": null,
    }] });
    let line = "GET /cgi-bin/template/get_all_private_template";
    let all = stub.asked(answer, official.list_templates(), line, Value::Null).await.unwrap();
    assert_eq!((all[0].id.as_str(), all[0].example.as_str()), ("T", ""));
    let body = json!({ "template_id_short": "TM1", "keyword_name_list": ["课程"] });
    let line = "POST /cgi-bin/template/api_add_template";
    let answer = json!({ "errcode": 0, "template_id": "T2" });
    let added = stub.asked(answer, official.add_template("TM1", &["课程"]), line, body).await;
    assert_eq!(added.unwrap(), "T2");
    let line = "POST /cgi-bin/template/del_private_template";
    let body = json!({ "template_id": "T2" });
    stub.asked(ok(), official.delete_template("T2"), line, body).await.unwrap();
}

#[tokio::test]
async fn subscription_templates_are_administered_alike_for_both_accounts() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    for templates in [wechat.mini().templates(), wechat.official().templates()] {
        let answer = json!({ "errcode": 0, "errmsg": "ok", "data": [{
            "priTmplId": "P", "title": "上课提醒", "content": "{{thing1.DATA}}", "example": "书法",
            "type": 2, "keywordEnumValueList": [{ "keywordCode": "phrase2", "enumValueList": ["已报名"] }],
        }] });
        let line = "GET /wxaapi/newtmpl/gettemplate";
        let all = stub.asked(answer, templates.list(), line, Value::Null).await.unwrap();
        assert_eq!((all[0].kind, all[0].choices[0].values[0].as_str()), (2, "已报名"));
        let body = json!({ "tid": "401", "kidList": [1, 2], "sceneDesc": "上课前提醒" });
        let line = "POST /wxaapi/newtmpl/addtemplate";
        let answer = json!({ "errcode": 0, "priTmplId": "P2" });
        let added = templates.add("401", &[1, 2], "上课前提醒");
        assert_eq!(stub.asked(answer, added, line, body).await.unwrap(), "P2");
        let line = "POST /wxaapi/newtmpl/deltemplate";
        stub.asked(ok(), templates.delete("P2"), line, json!({ "priTmplId": "P2" })).await.unwrap();
        let line = "GET /wxaapi/newtmpl/getcategory";
        let answer = json!({ "errcode": 0, "data": [{ "id": 616, "name": "教育" }] });
        let categories = stub.asked(answer, templates.categories(), line, Value::Null).await;
        assert_eq!(categories.unwrap()[0].id, 616);
        let line = "GET /wxaapi/newtmpl/getpubtemplatetitles?ids=616%2C617&start=0&limit=30";
        let answer = json!({ "count": 1, "data": [{ "tid": 99, "title": "付款", "type": 2, "categoryId": "616" }] });
        let titles = stub.asked(answer, templates.library(&[616, 617], 0, 30), line, Value::Null);
        let titles = titles.await.unwrap();
        assert_eq!((titles[0].number.as_str(), titles[0].category_id), ("99", 616));
        let line = "GET /wxaapi/newtmpl/getpubtemplatekeywords?tid=99";
        let answer = json!({ "count": 1, "data": [{ "kid": 1, "name": "物品", "example": "书", "rule": "thing" }] });
        let keywords = stub.asked(answer, templates.keywords("99"), line, Value::Null).await;
        assert_eq!(keywords.unwrap()[0].rule, "thing");
        stub.refused(None, "kidList", templates.add("401", &[], "")).await;
        stub.refused(None, "limit", templates.library(&[616], 0, 31)).await;
    }
}

#[tokio::test]
async fn menus_can_be_seen_tried_and_be_for_some() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let button = Button {
        name: text("帮助"),
        kind: Some(text("click")),
        key: Some(text("help")),
        ..Button::default()
    };
    let menu = Menu { button: vec![button] };
    let buttons = json!([{ "name": "帮助", "type": "click", "key": "help" }]);
    let line = "POST /cgi-bin/menu/create";
    stub.asked(ok(), official.create_menu(&menu), line, json!({ "button": buttons }))
        .await
        .unwrap();
    let line = "GET /cgi-bin/menu/get";
    let answer = json!({ "menu": { "button": buttons, "menuid": 7 } });
    let got = stub.asked(answer, official.get_menu(), line, Value::Null).await.unwrap();
    assert_eq!(got.as_ref(), Some(&menu));
    let none = stub.asked(no(46003), official.get_menu(), line, Value::Null).await.unwrap();
    assert_eq!(none, None);
    stub.asked(ok(), official.delete_menu(), "GET /cgi-bin/menu/delete", Value::Null)
        .await
        .unwrap();
    let line = "POST /cgi-bin/menu/addconditional";
    let body =
        json!({ "button": buttons, "matchrule": { "tag_id": "134", "client_platform_type": "2" } });
    let rule = MenuRule { tag: Some(134), phone: Some(Phone::Android) };
    let answer = json!({ "menuid": 208_379_533 });
    let made = stub.asked(answer, official.add_conditional_menu(&menu, rule), line, body).await;
    assert_eq!(made.unwrap(), "208379533");
    let line = "POST /cgi-bin/menu/delconditional";
    let body = json!({ "menuid": "208379533" });
    stub.asked(ok(), official.delete_conditional_menu("208379533"), line, body).await.unwrap();
    let line = "POST /cgi-bin/menu/trymatch";
    for answer in [json!({ "button": buttons }), json!({ "menu": { "button": buttons } })] {
        let body = json!({ "user_id": "weixin" });
        assert_eq!(
            stub.asked(answer, official.try_menu("weixin"), line, body).await.unwrap(),
            menu
        );
    }
    let answer = json!({ "is_menu_open": 1, "selfmenu_info": { "button": [
        { "name": "文字", "type": "text", "value": "您好" },
        { "name": "我的", "sub_button": { "list": [{ "type": "view", "name": "课", "url": "http://x" }] } },
    ] } });
    let line = "GET /cgi-bin/get_current_selfmenu_info";
    let shown = stub.asked(answer, official.shown_menu(), line, Value::Null).await.unwrap();
    assert!(shown.open);
    assert_eq!(shown.menu.button[1].sub_button.list[0].url.as_deref(), Some("http://x"));
    let nobody = MenuRule { tag: None, phone: None };
    stub.refused(None, "matchrule", official.add_conditional_menu(&menu, nobody)).await;
    let four = Menu { button: vec![menu.button[0].clone(); 4] };
    stub.refused(40016, "1 to 3", official.add_conditional_menu(&four, rule)).await;
}

#[tokio::test]
async fn a_browser_signs_in_with_a_code_that_is_exchanged() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let url = official.authorize_url("https://x.example/m/?a=1&b=二", OauthScope::Base, "Ab1");
    assert_eq!(
        url.unwrap(),
        "https://open.example/connect/oauth2/authorize?appid=wx1&\
         redirect_uri=https%3A%2F%2Fx.example%2Fm%2F%3Fa%3D1%26b%3D%E4%BA%8C&\
         response_type=code&scope=snsapi_base&state=Ab1#wechat_redirect"
    );
    for state in ["", "a-b", &"a".repeat(129)] {
        let refused = official.authorize_url("https://x/", OauthScope::UserInfo, state);
        assert!(refused.unwrap_err().errmsg.contains("state"));
    }
    let answer = json!({
        "access_token": "OA", "expires_in": 7200, "refresh_token": "OR", "openid": "o1",
        "scope": "snsapi_base", "is_snapshotuser": 1,
    });
    let line =
        "GET /sns/oauth2/access_token?appid=wx1&secret=s1&code=C&grant_type=authorization_code";
    let grant =
        stub.asked(answer, official.exchange_code("C"), line, Value::Null).await.ok().unwrap();
    assert!(grant.snapshot && grant.unionid.is_none());
    let used = stub.asked(no(40163), official.exchange_code("C"), line, Value::Null).await;
    assert_eq!(code(used), Some(40163));
    stub.refused(40029, "code", official.exchange_code("")).await;
    let answer = json!({ "access_token": "O2", "expires_in": 7200, "refresh_token": "OR", "openid": "o1", "scope": "x" });
    let line = "GET /sns/oauth2/refresh_token?appid=wx1&grant_type=refresh_token&refresh_token=OR";
    let again = official.refresh_grant(&grant.refresh_token);
    let again = stub.asked(answer, again, line, Value::Null).await.ok().unwrap();
    assert!(!again.snapshot && again.access_token.expose_secret() == "O2");
    let answer = b"{\"openid\":\"o1\",\"nickname\":\"\xe9\x98\xbf\x01\",\"headimgurl\":\"\",\"unionid\":\"u\"}";
    let line = "GET /sns/userinfo?access_token=OA&openid=o1&lang=zh_CN";
    let user = stub
        .asked(answer.as_slice(), official.oauth_user(&grant), line, Value::Null)
        .await
        .unwrap();
    assert_eq!((user.nickname.as_str(), user.picture_url), ("阿 ", None));
    let line = "GET /sns/auth?access_token=OA&openid=o1";
    assert!(stub.asked(ok(), official.check_grant(&grant), line, Value::Null).await.unwrap());
    assert!(!stub.asked(no(42001), official.check_grant(&grant), line, Value::Null).await.unwrap());
}

#[tokio::test]
async fn one_ticket_serves_all_pages_and_instances_and_goes_with_its_token() {
    let stub = Stub::start().await;
    let (cache, clock) = (Cache::local(), Clock::fixed(crate::support::the_time()));
    let wechat = stub.client(cache.clone(), clock.clone());
    let line = "GET /cgi-bin/ticket/getticket?type=jsapi";
    let ticket =
        |name: &str| json!({ "errcode": 0, "errmsg": "ok", "ticket": name, "expires_in": 7200 });
    let url = "https://x.example/m/?a=1#/classes";
    let config = stub
        .asked(ticket("T1"), wechat.official().js_config(url), line, Value::Null)
        .await
        .unwrap();
    assert_eq!((config.appid.as_str(), config.timestamp), ("wx1", clock.now().timestamp()));
    assert_eq!(config.signature, jsapi_signature("T1", &config.nonce, config.timestamp, url));
    let other = stub.client(cache, clock.clone());
    for instance in [&wechat, &other] {
        instance.official().js_config(url).await.unwrap();
    }
    assert_eq!(stub.count(), 1);
    // The token is renewed, and with it the ticket.
    clock.advance(TimeDelta::seconds(7180));
    let again = stub
        .asked(ticket("T2"), wechat.official().js_config(url), line, Value::Null)
        .await
        .unwrap();
    assert_eq!(again.signature, jsapi_signature("T2", &again.nonce, again.timestamp, url));
    stub.refused(None, "url", wechat.official().js_config("javascript:1")).await;
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0....";
const MP4: &[u8] = b"\0\0\0\x18ftypmp42";

/// Is there such a part in the form?
fn holds(form: &[u8], part: &str, mime: &str) -> bool {
    let form = String::from_utf8_lossy(form);
    form.contains(part) && form.to_lowercase().contains(&format!("content-type: {mime}"))
}

#[tokio::test]
async fn files_go_up_with_a_name_that_fits_and_come_down_as_they_are() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let (official, mini) = (wechat.official(), wechat.mini());
    for (kind, bytes, word, name, mime) in [
        (MediaType::Image, PNG, "image", "picture.png", "image/png"),
        (MediaType::Image, b"GIF89a..".as_slice(), "image", "picture.gif", "image/gif"),
        (MediaType::Voice, b"#!AMR\n..".as_slice(), "voice", "voice.amr", "audio/amr"),
        (MediaType::Voice, b"ID3.....".as_slice(), "voice", "voice.mp3", "audio/mpeg"),
        (MediaType::Video, MP4, "video", "video.mp4", "video/mp4"),
        (MediaType::Thumb, JPEG, "thumb", "picture.jpg", "image/jpeg"),
    ] {
        let id = if kind == MediaType::Thumb { "thumb_media_id" } else { "media_id" };
        let answer = json!({ "type": word, id: "M", "created_at": "1434093047" });
        let line = format!("POST /cgi-bin/media/upload?type={word}");
        let (media, form) = stub.called(answer, official.upload_media(kind, bytes), &line).await;
        let media = media.unwrap();
        assert_eq!(
            (media.media_id.as_str(), media.created_at),
            ("M", DateTime::from_timestamp(1_434_093_047, 0))
        );
        assert!(holds(&form, &format!("name=\"media\"; filename=\"{name}\""), mime), "{name}");
    }
    let line = "POST /cgi-bin/media/upload?type=image";
    let answer = json!({ "type": "image", "media_id": "M", "created_at": 1 });
    stub.called(answer, mini.upload_image(JPEG), line).await.0.unwrap();
    stub.refused(40137, "media", mini.upload_image(b"RIFF....WEBP")).await;
    stub.refused(40137, "media", official.upload_media(MediaType::Image, b"BM......")).await;
    stub.refused(40005, "media", official.upload_media(MediaType::Thumb, PNG)).await;
    stub.refused(44001, "media", official.upload_media(MediaType::Video, b"")).await;
    let large = [JPEG, &vec![0; 64 * 1024]].concat();
    stub.refused(45001, "64 KB", official.upload_media(MediaType::Thumb, &large)).await;

    let line = "GET /cgi-bin/media/get?media_id=M";
    let got = stub.asked(JPEG, official.get_media("M"), line, Value::Null).await.ok().unwrap();
    assert!(got == MediaContent::File(JPEG.to_vec()));
    let answer = json!({ "video_url": "https://x/v" });
    let got = stub.asked(answer, mini.get_media("M"), line, Value::Null).await.ok().unwrap();
    assert!(got == MediaContent::VideoUrl(text("https://x/v")));
    // An error of a picture call is JSON in a 200.
    assert_eq!(
        code(stub.asked(no(40007), mini.get_media("M"), line, Value::Null).await),
        Some(40007)
    );
}

#[tokio::test]
async fn material_stays_and_is_listed() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let line = "POST /cgi-bin/material/add_material?type=image";
    let answer = json!({ "media_id": "M", "url": "http://mmbiz.qpic.cn/x", "item": [] });
    let (made, form) = stub.called(answer, official.add_image_material(b"BM......"), line).await;
    assert_eq!(made.unwrap().url, "http://mmbiz.qpic.cn/x");
    assert!(holds(&form, "name=\"media\"; filename=\"picture.bmp\"", "image/bmp"));
    let line = "POST /cgi-bin/material/add_material?type=video";
    let video = official.add_video_material(MP4, "太极拳", "第一课");
    let (made, form) = stub.called(json!({ "media_id": "V" }), video, line).await;
    assert_eq!(made.unwrap().url, "");
    assert!(holds(&form, "name=\"media\"; filename=\"video.mp4\"", "video/mp4"));
    let form = String::from_utf8_lossy(&form);
    assert!(form.contains("name=\"description\""));
    assert!(form.contains(r#"{"introduction":"第一课","title":"太极拳"}"#), "{form}");
    stub.refused(40004, "type", official.add_material(MediaType::Video, MP4)).await;
    stub.refused(45003, "title", official.add_video_material(MP4, " ", "")).await;
    let voice = official.add_material(MediaType::Voice, b"ID3.....");
    let line = "POST /cgi-bin/material/add_material?type=voice";
    stub.called(json!({ "media_id": "S" }), voice, line).await.0.unwrap();

    let (line, body) = ("POST /cgi-bin/material/get_material", json!({ "media_id": "M" }));
    let got = stub.asked(PNG, official.get_material("M"), line, body.clone()).await.unwrap();
    assert!(matches!(got, MaterialContent::File(bytes) if bytes == PNG));
    let answer = json!({ "title": "太极拳", "description": null, "down_url": "https://x/v" });
    let got = stub.asked(answer, official.get_material("M"), line, body.clone()).await.unwrap();
    assert!(matches!(got, MaterialContent::Video { url, .. } if url == "https://x/v"));
    let answer = json!({ "news_item": [{ "title": "新闻", "url": "https://x/n" }] });
    let got = stub.asked(answer, official.get_material("M"), line, body.clone()).await.unwrap();
    assert!(matches!(got, MaterialContent::News(news) if news[0].title == "新闻"));
    let line = "POST /cgi-bin/material/del_material";
    stub.asked(ok(), official.delete_material("M"), line, body).await.unwrap();
    let line = "POST /cgi-bin/material/batchget_material";
    let body = json!({ "type": "image", "offset": 0, "count": 20 });
    let answer = json!({ "total_count": 1, "item_count": 1, "item": [
        { "media_id": "M", "name": "a.png", "update_time": "1434093047", "url": null },
    ] });
    let list = official.list_material(MediaType::Image, 0, 20);
    let list = stub.asked(answer, list, line, body).await.unwrap();
    assert_eq!((list.total, list.items[0].name.as_str()), (1, "a.png"));
    stub.refused(None, "count", official.list_material(MediaType::Image, 0, 21)).await;
    let line = "GET /cgi-bin/material/get_materialcount";
    let answer = json!({ "voice_count": 1, "video_count": "2", "image_count": 3, "news_count": 4 });
    let count = stub.asked(answer, official.count_material(), line, Value::Null).await.unwrap();
    assert_eq!((count.voices, count.videos, count.images, count.news), (1, 2, 3, 4));
}

#[tokio::test]
async fn drafts_are_changed_counted_and_may_be_of_pictures() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let mut pictures = PictureArticle {
        title: text("春游"),
        content: text("照片"),
        images: vec![text("P1"), text("P2")],
    };
    let body = json!({ "articles": [{
        "article_type": "newspic", "title": "春游", "content": "照片",
        "image_info": { "image_list": [{ "image_media_id": "P1" }, { "image_media_id": "P2" }] },
    }] });
    let line = "POST /cgi-bin/draft/add";
    let made =
        stub.asked(json!({ "media_id": "D" }), official.add_picture_draft(&pictures), line, body);
    assert_eq!(made.await.unwrap(), "D");
    pictures.images.clear();
    stub.refused(40007, "image_info", official.add_picture_draft(&pictures)).await;
    let article = DraftArticle {
        title: text("春游"),
        content: text("<p>好</p>"),
        thumb_media_id: text("P1"),
        ..DraftArticle::default()
    };
    let body = json!({ "media_id": "D", "index": 1, "articles": {
        "title": "春游", "author": "", "digest": "", "content": "<p>好</p>",
        "content_source_url": "", "thumb_media_id": "P1",
    } });
    let line = "POST /cgi-bin/draft/update";
    stub.asked(ok(), official.update_draft("D", 1, &article), line, body).await.unwrap();
    let long = DraftArticle { title: "长".repeat(33), ..article };
    stub.refused(45003, "title", official.update_draft("D", 0, &long)).await;
    let line = "GET /cgi-bin/draft/count";
    let count =
        stub.asked(json!({ "total_count": "8" }), official.count_drafts(), line, Value::Null);
    assert_eq!(count.await.unwrap(), 8);
    stub.refused(None, "count", official.list_drafts(0, 0)).await;

    let line = "POST /cgi-bin/freepublish/getarticle";
    let answer =
        json!({ "news_item": [{ "title": "春游", "url": "https://x/a", "is_deleted": false }] });
    let news = official.get_published("A");
    let news = stub.asked(answer, news, line, json!({ "article_id": "A" })).await.unwrap();
    assert_eq!(news[0].url, "https://x/a");
    let line = "POST /cgi-bin/freepublish/delete";
    for (index, number) in [(None, 0), (Some(2), 2)] {
        let body = json!({ "article_id": "A", "index": number });
        stub.asked(ok(), official.delete_published("A", index), line, body).await.unwrap();
    }
    stub.refused(None, "index", official.delete_published("A", Some(0))).await;
}

#[tokio::test]
async fn a_mass_send_that_was_accepted_before_is_a_success() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let articles = MassContent::Articles { media_id: text("D"), reprint: false };
    let line = "POST /cgi-bin/message/mass/sendall";
    let body = json!({
        "filter": { "is_to_all": true }, "msgtype": "mpnews", "mpnews": { "media_id": "D" },
        "send_ignore_reprint": 0, "clientmsgid": "news-7-2",
    });
    let answer =
        json!({ "errcode": 0, "errmsg": "ok", "msg_id": 34182, "msg_data_id": 206_227_730 });
    let all = || official.mass_send(&MassTarget::All, &articles, "news-7-2");
    let sent = stub.asked(answer, all(), line, body.clone()).await.unwrap();
    assert_eq!(
        (sent.msg_id.as_str(), sent.msg_data_id.as_deref(), sent.earlier),
        ("34182", Some("206227730"), false)
    );
    let answer = json!({ "errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": "34182" });
    let sent = stub.asked(answer, all(), line, body.clone()).await.unwrap();
    assert_eq!((sent.msg_id.as_str(), sent.msg_data_id, sent.earlier), ("34182", None, true));
    let wait = stub.asked(no(45066), all(), line, body.clone()).await.unwrap_err();
    assert_eq!(wait.class(), Class::BackOff);
    assert_eq!(code(stub.asked(no(45028), all(), line, body).await), Some(45028));

    let body = json!({
        "filter": { "is_to_all": false, "tag_id": 134 }, "msgtype": "image", "clientmsgid": "k",
        "images": { "media_ids": ["P"], "recommend": "春游", "need_open_comment": 0, "only_fans_can_comment": 0 },
    });
    let images = MassContent::Images { media_ids: vec![text("P")], words: text("春游") };
    let answer = json!({ "errcode": 0, "msg_id": "1" });
    stub.asked(answer, official.mass_send(&MassTarget::Tag(134), &images, "k"), line, body)
        .await
        .unwrap();
    let line = "POST /cgi-bin/message/mass/send";
    let words = MassContent::Text(text("明天停课"));
    let some = MassTarget::Openids(&["o1", "o2"]);
    let body = json!({
        "touser": ["o1", "o2"], "msgtype": "text", "text": { "content": "明天停课" }, "clientmsgid": "k",
    });
    let answer = json!({ "errcode": 0, "msg_id": "2" });
    stub.asked(answer, official.mass_send(&some, &words, "k"), line, body).await.unwrap();
    stub.refused(40032, "touser", official.mass_send(&MassTarget::Openids(&["o1"]), &words, "k"))
        .await;
    stub.refused(
        45067,
        "clientmsgid",
        official.mass_send(&MassTarget::All, &words, &"k".repeat(65)),
    )
    .await;
    stub.refused(45067, "clientmsgid", official.mass_send(&MassTarget::All, &words, "")).await;
    let nothing = MassContent::Video { media_id: String::new() };
    stub.refused(41006, "media_id", official.mass_send(&MassTarget::All, &nothing, "k")).await;
}

#[tokio::test]
async fn a_mass_send_is_previewed_asked_after_and_taken_back() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let official = wechat.official();
    let line = "POST /cgi-bin/message/mass/preview";
    let articles = MassContent::Articles { media_id: text("D"), reprint: false };
    let voice = MassContent::Voice { media_id: text("V") };
    let images = MassContent::Images { media_ids: vec![text("P")], words: String::new() };
    for (to, content, body) in [
        (
            PreviewTo::Name("lin_zhou"),
            &articles,
            json!({ "towxname": "lin_zhou", "msgtype": "mpnews", "mpnews": { "media_id": "D" } }),
        ),
        (
            PreviewTo::Openid("o1"),
            &voice,
            json!({ "touser": "o1", "msgtype": "voice", "voice": { "media_id": "V" } }),
        ),
        (
            PreviewTo::Openid("o1"),
            &images,
            json!({ "touser": "o1", "msgtype": "image", "image": { "media_id": "P" } }),
        ),
    ] {
        stub.asked(ok(), official.mass_preview(to, content), line, body).await.unwrap();
    }
    let line = "POST /cgi-bin/message/mass/get";
    for (word, status) in [
        ("SEND_SUCCESS", MassProgress::Sent),
        ("SENDING", MassProgress::Sending),
        ("SEND_FAIL", MassProgress::Failed),
        ("DELETE", MassProgress::Deleted),
        ("SEND_LATER", MassProgress::Other(text("SEND_LATER"))),
    ] {
        let answer = json!({ "msg_id": 34182, "msg_status": word });
        let told = official.mass_status("34182");
        assert_eq!(
            stub.asked(answer, told, line, json!({ "msg_id": "34182" })).await.unwrap(),
            status
        );
    }
    let line = "POST /cgi-bin/message/mass/delete";
    for (article, index) in [(None, 0), (Some(2), 2)] {
        let body = json!({ "msg_id": "34182", "article_idx": index });
        stub.asked(ok(), official.mass_delete("34182", article), line, body).await.unwrap();
    }
    stub.refused(40060, "article_idx", official.mass_delete("34182", Some(0))).await;
}

#[tokio::test]
async fn a_code_of_the_mini_program_is_a_picture_or_an_error() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let mini = wechat.mini();
    let line = "POST /wxa/getwxacodeunlimit";
    let plain = MiniCode::new("m=7&k=a~b", Some("pages/web/index"));
    let body = json!({
        "scene": "m=7&k=a~b", "page": "pages/web/index", "check_path": true, "env_version": "release",
        "width": 430, "line_color": { "r": 0, "g": 0, "b": 0 }, "is_hyaline": false,
    });
    let picture = stub.asked(JPEG, mini.code(&plain), line, body.clone()).await;
    assert_eq!(picture.unwrap(), JPEG);
    assert_eq!(code(stub.asked(no(41030), mini.code(&plain), line, body).await), Some(41030));
    let special = MiniCode {
        check_page: false,
        version: MiniVersion::Trial,
        width: 1280,
        color: CodeColor::Auto,
        transparent: true,
        ..MiniCode::new("7", None)
    };
    let body = json!({
        "scene": "7", "check_path": false, "env_version": "trial", "width": 1280,
        "auto_color": true, "is_hyaline": true,
    });
    assert_eq!(stub.asked(PNG, mini.code(&special), line, body).await.unwrap(), PNG);
    for scene in ["", "a b", "签到", "a%20", &"x".repeat(33)] {
        stub.refused(40129, "scene", mini.code(&MiniCode::new(scene, None))).await;
    }
    for page in ["/pages/index", "pages/index?a=1", ""] {
        stub.refused(41030, "page", mini.code(&MiniCode::new("7", Some(page)))).await;
    }
    let narrow = MiniCode { width: 279, ..MiniCode::new("7", None) };
    stub.refused(40097, "width", mini.code(&narrow)).await;
}

#[tokio::test]
async fn links_lead_into_the_mini_program_for_thirty_days_at_most() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let mini = wechat.mini();
    let now = crate::support::the_time();
    let end = now + TimeDelta::days(30);
    let mut link = MiniLink {
        path: Some(text("pages/web/index")),
        query: Some(text("id=7&n=%E4%B9%A6")),
        version: MiniVersion::Release,
        life: LinkLife::Until(end),
    };
    let body = json!({
        "path": "pages/web/index", "query": "id=7&n=%E4%B9%A6", "env_version": "release",
        "expire_type": 0, "expire_time": end.timestamp(),
    });
    let line = "POST /wxa/generate_urllink";
    let answer = json!({ "errcode": 0, "errmsg": "ok", "url_link": "https://wxaurl.cn/x" });
    assert_eq!(
        stub.asked(answer, mini.url_link(&link), line, body).await.unwrap(),
        "https://wxaurl.cn/x"
    );
    link.life = LinkLife::Days(30);
    let body = json!({
        "jump_wxa": { "path": "pages/web/index", "query": "id=7&n=%E4%B9%A6", "env_version": "release" },
        "is_expire": true, "expire_type": 1, "expire_interval": 30,
    });
    let line = "POST /wxa/generatescheme";
    let answer = json!({ "errcode": 0, "openlink": "weixin://dl/business/?t=x" });
    let made = stub.asked(answer, mini.scheme(&link), line, body).await;
    assert_eq!(made.unwrap(), "weixin://dl/business/?t=x");
    let second = TimeDelta::seconds(1);
    for life in
        [LinkLife::Days(0), LinkLife::Days(31), LinkLife::Until(now), LinkLife::Until(end + second)]
    {
        let wrong = MiniLink { life, ..link.clone() };
        stub.refused(85400, "expire_time", mini.url_link(&wrong)).await;
        stub.refused(85400, "expire_time", mini.scheme(&wrong)).await;
    }
    for query in ["书法", &"x".repeat(1025)] {
        let wrong = MiniLink { query: Some(query.to_owned()), ..link.clone() };
        stub.refused(40212, "query", mini.url_link(&wrong)).await;
    }
    link.path = Some(text("pages/index?a=1"));
    stub.refused(40165, "path", mini.url_link(&link)).await;
}

#[tokio::test]
async fn a_session_key_is_checked_and_renewed_by_its_signature() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let mini = wechat.mini();
    let line =
        "GET /sns/jscode2session?appid=wx2&secret=s2&js_code=C&grant_type=authorization_code";
    let answer = json!({ "openid": "o1", "session_key": "a2V5", "unionid": "u1" });
    let keyed = stub.asked(answer, mini.login_with_key("C"), line, Value::Null).await.ok().unwrap();
    assert_eq!(
        (keyed.session.openid.as_str(), keyed.session.unionid.as_deref()),
        ("o1", Some("u1"))
    );
    let key: &SecretString = &keyed.session_key;
    let signed =
        format!("openid=o1&signature={}&sig_method=hmac_sha256", session_signature("a2V5"));
    let line = format!("GET /wxa/checksession?{signed}");
    assert!(stub.asked(ok(), mini.check_session("o1", key), &line, Value::Null).await.unwrap());
    assert!(
        !stub.asked(no(87009), mini.check_session("o1", key), &line, Value::Null).await.unwrap()
    );
    let refusal = stub.asked(no(40003), mini.check_session("o1", key), &line, Value::Null).await;
    assert_eq!(code(refusal), Some(40003));
    let line = format!("GET /wxa/resetusersessionkey?{signed}");
    let answer = json!({ "errcode": 0, "errmsg": "ok", "openid": "o1", "session_key": "bmV3" });
    let renewed = stub.asked(answer, mini.reset_session("o1", key), &line, Value::Null).await;
    assert_eq!(renewed.ok().unwrap().expose_secret(), "bmV3");
}

#[tokio::test]
async fn content_is_judged_by_the_suggestion_and_not_by_the_code() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let mini = wechat.mini();
    let line = "POST /wxa/msg_sec_check";
    let body = json!({ "content": "您好", "version": 2, "scene": 2, "openid": "o1" });
    for (word, suggest) in [
        ("pass", Suggest::Pass),
        ("review", Suggest::Review),
        ("risky", Suggest::Risky),
        ("later", Suggest::Other(text("later"))),
    ] {
        let answer = json!({
            "errcode": 0, "errmsg": "ok", "trace_id": "60ae120f",
            "result": { "suggest": word, "label": "20001" }, "detail": [],
        });
        let verdict = mini.check_text("o1", CheckScene::Comment, "您好");
        let verdict = stub.asked(answer, verdict, line, body.clone()).await.unwrap();
        assert_eq!((verdict.suggest, verdict.label), (suggest, 20001));
    }
    let away = mini.check_text("o1", CheckScene::Comment, "您好");
    let away = stub.asked(no(61010), away, line, body).await.unwrap_err();
    assert_eq!(away.class(), Class::UserState);
    stub.refused(45002, "content", mini.check_text("o1", CheckScene::Forum, &"长".repeat(2501)))
        .await;
    stub.refused(44004, "content", mini.check_text("o1", CheckScene::Forum, "")).await;
    let body = json!({
        "media_url": "https://x/p", "media_type": 2, "version": 2, "scene": 1, "openid": "o1",
    });
    let line = "POST /wxa/media_check_async";
    let asked = mini.check_media("o1", CheckScene::Profile, (MediaKind::Image, "https://x/p"));
    let answer = json!({ "errcode": 0, "errmsg": "ok", "trace_id": "967e945c" });
    assert_eq!(stub.asked(answer, asked, line, body).await.unwrap(), "967e945c");
    let nowhere = mini.check_media("o1", CheckScene::Social, (MediaKind::Audio, "p"));
    stub.refused(None, "media_url", nowhere).await;
}

#[tokio::test]
async fn the_upkeep_asks_for_addresses_counts_and_single_calls() {
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let upkeep = wechat.official().upkeep();
    let line = "GET /cgi-bin/get_api_domain_ip";
    let answer = json!({ "ip_list": ["101.226.62.77", "101.226.0.0/16"] });
    let addresses = stub.asked(answer, upkeep.api_addresses(), line, Value::Null).await;
    assert_eq!(addresses.unwrap(), ["101.226.62.77", "101.226.0.0/16"]);
    let none = stub.asked(json!({ "ip_list": null }), upkeep.api_addresses(), line, Value::Null);
    assert!(none.await.unwrap().is_empty());
    let refused = stub.asked(no(45009), upkeep.api_addresses(), line, Value::Null).await;
    assert_eq!(refused.unwrap_err().class(), Class::BackOff);

    let line = "POST /cgi-bin/openapi/rid/get";
    let answer = json!({ "errcode": 0, "errmsg": "ok", "request": {
        "invoke_time": 1_635_927_298, "cost_in_ms": "100",
        "request_url": "https://api.weixin.qq.com/cgi-bin/clear_quota?access_token=50_Im7xx",
        "request_body": "{\"touser\":\"o1\"}",
        "response_body": "{\"errcode\":45009,\"errmsg\":\"reach max api daily quota limit\"}",
        "client_ip": "113.xx.70.51",
    } });
    let body = json!({ "rid": "61725984-6126f6f9-040f19c4" });
    let call = upkeep.look_up("61725984-6126f6f9-040f19c4");
    let call = stub.asked(answer, call, line, body.clone()).await.unwrap();
    assert_eq!((call.at.timestamp(), call.took_ms), (1_635_927_298, 100));
    assert_eq!((call.endpoint.as_str(), call.errcode), ("/cgi-bin/clear_quota", Some(45009)));
    assert_eq!(call.client_ip, "113.xx.70.51");
    assert!(!format!("{call:?}").contains("50_Im7xx"), "{call:?}");
    // One without an answer, and one that WeChat does not know.
    let answer = json!({ "request": { "request_url": "/cgi-bin/menu/get", "response_body": "" } });
    let call = upkeep.look_up("61725984-6126f6f9-040f19c4");
    let call = stub.asked(answer, call, line, body.clone()).await.unwrap();
    assert_eq!((call.endpoint.as_str(), call.errcode), ("/cgi-bin/menu/get", None));
    let call = upkeep.look_up("61725984-6126f6f9-040f19c4");
    assert_eq!(code(stub.asked(no(76001), call, line, body).await), Some(76001));
}

#[tokio::test]
async fn a_count_that_is_set_back_lets_its_calls_out_again() {
    const MENU: &str = "/cgi-bin/menu/get";
    let stub = Stub::start().await;
    let wechat = stub.wechat();
    let (official, upkeep) = (wechat.official(), wechat.official().upkeep());
    let menu = || official.get_menu();
    let line = format!("GET {MENU}");
    let used_up = stub.asked(no(45009), menu(), &line, Value::Null).await;
    assert_eq!(code(used_up), Some(45009));
    let before = stub.count();
    assert_eq!(menu().await.unwrap_err().class(), Class::BackOff);
    assert_eq!(stub.count(), before, "it waits for the next day");
    // Another one's count is not this one's; a refusal leaves things as they are.
    let clear = "POST /cgi-bin/openapi/quota/clear";
    for (path, answer) in [("/cgi-bin/menu/create", ok()), (MENU, no(48006))] {
        let body = json!({ "cgi_path": path });
        let cleared = stub.asked(answer, upkeep.clear_quota_of(path), clear, body).await;
        assert_eq!(cleared.is_ok(), path != MENU);
        assert_eq!(menu().await.unwrap_err().class(), Class::BackOff);
    }
    let body = json!({ "cgi_path": MENU });
    stub.asked(ok(), upkeep.clear_quota_of(MENU), clear, body).await.unwrap();
    assert_eq!(stub.asked(no(46003), menu(), &line, Value::Null).await.unwrap(), None);
    stub.refused(76003, "cgi_path", upkeep.clear_quota_of("/wxa/getwxacodeunlimit")).await;
    // All of them, by the token and by the secret.
    assert_eq!(code(stub.asked(no(45009), menu(), &line, Value::Null).await), Some(45009));
    let body = json!({ "appid": "wx1" });
    stub.asked(ok(), upkeep.clear_quota(), "POST /cgi-bin/clear_quota", body).await.unwrap();
    assert_eq!(code(stub.asked(no(45009), menu(), &line, Value::Null).await), Some(45009));
    let body = json!({ "appid": "wx1", "appsecret": "s1" });
    let by_secret = upkeep.clear_quota_by_secret();
    stub.asked(ok(), by_secret, "POST /cgi-bin/clear_quota/v2", body).await.unwrap();
    assert_eq!(stub.asked(no(46003), menu(), &line, Value::Null).await.unwrap(), None);
}
