//! Codes and links of the mini-program, web sign-in, tickets, files, checks of content.

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use shangxue::sandbox::{Account, Opened, Verdict};

use super::{JPEG, PNG, Platform, code, file};

const CODE: &str = "/wxa/getwxacodeunlimit";

async fn bytes(platform: &Platform, path: &str, body: &Value) -> (String, Vec<u8>) {
    let token = platform.token(Account::Mini).await;
    let url = platform.url(&format!("{path}?access_token={token}"));
    let answer = platform.http.post(url).json(body).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let mime = answer.headers()["content-type"].to_str().expect("ASCII").to_owned();
    (mime, answer.bytes().await.expect("bytes").to_vec())
}

#[tokio::test]
async fn a_code_of_the_mini_program_can_be_scanned_and_a_bad_one_is_json_in_a_200() {
    let platform = Platform::start().await;
    let body = json!({"scene": "c=AbC123", "page": "pages/web/index", "is_hyaline": true});
    let (mime, picture) = bytes(&platform, CODE, &body).await;
    assert!(mime == "image/png" && picture.starts_with(b"\x89PNG"));
    let (_, again) = bytes(&platform, CODE, &body).await;
    assert_eq!(picture, again);
    let read = platform
        .http
        .post(platform.url("/sandbox/api/scan"))
        .header("content-type", "image/png")
        .body(picture)
        .send()
        .await
        .expect("an answer");
    let read: Value = read.json().await.expect("JSON");
    let link = read["link"].as_str().expect("a link");
    let to = "/checkin?c=AbC123".to_owned();
    assert_eq!(platform.sandbox.resolve(link), Opened::Mini { to });
    for (field, value, errcode) in [
        ("scene", json!(""), 40129),
        ("scene", json!("a".repeat(33)), 40129),
        ("scene", json!("中文"), 40129),
        ("scene", json!("a%20b"), 40129),
        ("page", json!("/pages/web/index"), 41030),
        ("page", json!("pages/nowhere"), 41030),
        ("width", json!(100), 40097),
        ("env_version", json!("formal"), 40097),
    ] {
        let mut bad = body.clone();
        bad[field] = value;
        let (_, answer) = bytes(&platform, CODE, &bad).await;
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(code(&answer), errcode, "{field}");
    }
    platform.sandbox.take_unexpected();
}

#[tokio::test]
async fn links_and_schemes_open_a_page_until_their_end() {
    let platform = Platform::start().await;
    let body = json!({"path": "pages/web/index", "query": "to=%2Fclasses%2F3",
        "expire_type": 1, "expire_interval": 2});
    let made = platform.mini("/wxa/generate_urllink", &body).await;
    let link = made["url_link"].as_str().expect("a link").to_owned();
    let page = |to: &str| Opened::Mini { to: to.to_owned() };
    assert_eq!(platform.sandbox.resolve(&link), page("/classes/3"));
    assert_eq!(platform.sandbox.resolve(&format!("{link}?cq=to%3D%252Fnews")), page("/news"));
    let scheme = json!({"jump_wxa": {"path": "pages/web/index", "query": "to=%2Fme"}});
    let scheme = platform.mini("/wxa/generatescheme", &scheme).await;
    assert_eq!(platform.sandbox.resolve(scheme["openlink"].as_str().expect("a link")), page("/me"));
    platform.config.clock.advance(TimeDelta::days(2));
    assert_eq!(platform.sandbox.resolve(&link), Opened::Nothing);
    for (field, value, errcode) in [
        ("expire_interval", json!(31), 85400),
        ("path", json!("pages/nowhere"), 40165),
        ("query", json!("名字=1"), 40212),
    ] {
        let mut bad = body.clone();
        bad[field] = value;
        assert_eq!(code(&platform.mini("/wxa/generate_urllink", &bad).await), errcode, "{field}");
    }
}

#[tokio::test]
async fn a_session_key_is_proved_by_a_signature_of_nothing() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    let keys = &platform.config.mini;
    let login = format!(
        "/sns/jscode2session?appid={}&secret={}&js_code={}&grant_type=authorization_code",
        keys.appid,
        keys.secret,
        platform.sandbox.login_code(&user)
    );
    let session = platform.get(&login).await;
    let key = session["session_key"].as_str().expect("a key");
    let sign = |key: &str| {
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
        hex::encode(mac.finalize().into_bytes())
    };
    let token = platform.token(Account::Mini).await;
    let path = |what: &str, signature: &str| {
        format!(
            "/wxa/{what}?access_token={token}&openid={}&signature={signature}&sig_method=hmac_sha256",
            user.mini_openid
        )
    };
    assert_eq!(code(&platform.get(&path("checksession", &sign(key))).await), 0);
    assert_eq!(code(&platform.get(&path("checksession", "00")).await), 87009);
    let fresh = platform.get(&path("resetusersessionkey", &sign(key))).await;
    assert_ne!(fresh["session_key"], key);
    assert_eq!(code(&platform.get(&path("checksession", &sign(key))).await), 87009);
}

#[tokio::test]
async fn web_sign_in_returns_with_a_code_that_is_good_once() {
    let platform =
        Platform::start_with(|config| config.service_url = "http://127.0.0.1:8080".to_owned())
            .await;
    let user = platform.sandbox.add_user("王小明");
    let keys = &platform.config.official;
    let link = |scope: &str, target: &str| {
        format!(
            "{}/connect/oauth2/authorize?appid={}&redirect_uri={target}&response_type=code&scope={scope}&state=abc123#wechat_redirect",
            platform.sandbox.base_url(),
            keys.appid
        )
    };
    let target = "http%3A%2F%2F127.0.0.1%3A8080%2Fm%2F%3Fa%3D1";
    let base = link("snsapi_base", target);
    assert!(matches!(platform.sandbox.resolve(&base), Opened::WebSignIn { .. }));
    let back = platform.sandbox.authorize(&user, &base, false).expect("agreed");
    assert!(
        back.starts_with("http://127.0.0.1:8080/m/?a=1&code=") && back.ends_with("&state=abc123")
    );
    let exchange = async |back: &str| {
        let code = back.split("code=").nth(1).and_then(|it| it.split('&').next()).expect("a code");
        let path = format!(
            "/sns/oauth2/access_token?appid={}&secret={}&code={code}&grant_type=authorization_code",
            keys.appid, keys.secret
        );
        platform.get(&path).await
    };
    let token = exchange(&back).await;
    assert_eq!(token["openid"], user.official_openid.as_str());
    assert!(token.get("unionid").is_none(), "base tells the openid alone");
    assert_eq!(code(&exchange(&back).await), 40163);

    let back =
        platform.sandbox.authorize(&user, &link("snsapi_userinfo", target), false).expect("agreed");
    let token = exchange(&back).await;
    let of = |name: &str| token[name].as_str().expect("text").to_owned();
    let info = platform
        .get(&format!(
            "/sns/userinfo?access_token={}&openid={}&lang=zh_CN",
            of("access_token"),
            of("openid")
        ))
        .await;
    assert_eq!((&info["nickname"], &info["unionid"]), (&json!("王小明"), &json!(user.unionid)));
    let refreshed = platform
        .get(&format!(
            "/sns/oauth2/refresh_token?appid={}&grant_type=refresh_token&refresh_token={}",
            keys.appid,
            of("refresh_token")
        ))
        .await;
    assert_ne!(refreshed["access_token"], token["access_token"]);

    let back = platform.sandbox.authorize(&user, &base, true).expect("looked");
    let token = exchange(&back).await;
    assert!(token["is_snapshotuser"] == 1 && token["openid"] != user.official_openid.as_str());
    let foreign = link("snsapi_base", "http%3A%2F%2Fevil.example%2F");
    assert!(platform.sandbox.authorize(&user, &foreign, false).is_err());
    let page = platform.http.get(&foreign).send().await.expect("an answer");
    assert_eq!(page.status(), 400);
    let page = platform.http.get(&base).send().await.expect("an answer");
    assert!(page.text().await.expect("text").contains("以谁的身份进入"));
}

#[tokio::test]
async fn a_ticket_stays_the_same_for_two_hours() {
    let platform = Platform::start().await;
    let path = "/cgi-bin/ticket/getticket?type=jsapi";
    let first = platform.official_get(path).await;
    platform.config.clock.advance(TimeDelta::hours(1));
    let second = platform.official_get(path).await;
    assert_eq!(first["ticket"], second["ticket"]);
    assert_eq!((&first["expires_in"], &second["expires_in"]), (&json!(7200), &json!(3600)));
    platform.config.clock.advance(TimeDelta::hours(1));
    assert_ne!(platform.official_get(path).await["ticket"], first["ticket"]);
}

#[tokio::test]
async fn temporary_files_live_three_days_and_permanent_ones_are_listed() {
    let platform = Platform::start().await;
    let temporary =
        platform.upload("/cgi-bin/media/upload?type=image", file(PNG, "a.png", "image/png")).await;
    let media_id = temporary["media_id"].as_str().expect("an id").to_owned();
    let get = format!("/cgi-bin/media/get?media_id={media_id}");
    let token = platform.token(Account::Official).await;
    let url = platform.url(&format!("{get}&access_token={token}"));
    let picture = platform.http.get(url).send().await.expect("an answer");
    assert_eq!(picture.bytes().await.expect("bytes"), PNG);
    platform.config.clock.advance(TimeDelta::days(3));
    assert_eq!(code(&platform.official_get(&get).await), 40007);

    let cover = platform.cover().await;
    let page = json!({"type": "image", "offset": 0, "count": 20});
    let list = platform.official("/cgi-bin/material/batchget_material", &page).await;
    assert_eq!((&list["total_count"], &list["item"][0]["media_id"]), (&json!(1), &json!(cover)));
    let count = platform.official_get("/cgi-bin/material/get_materialcount").await;
    assert_eq!(count["image_count"], 1);

    let video = b"\0\0\0\x18ftypmp42rest";
    let path = "/cgi-bin/material/add_material?type=video";
    let bare = platform.upload(path, file(video, "a.mp4", "video/mp4")).await;
    assert_eq!(code(&bare), 41005, "no description");
    let token = platform.token(Account::Official).await;
    let form = reqwest::multipart::Form::new()
        .part("media", file(video, "a.mp4", "video/mp4"))
        .text("description", r#"{"title":"开班仪式","introduction":"全程"}"#);
    let url = platform.url(&format!("{path}&access_token={token}"));
    let answer = platform.http.post(url).multipart(form).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    let one = json!({"media_id": answer["media_id"]});
    assert_eq!(
        platform.official("/cgi-bin/material/get_material", &one).await["title"],
        "开班仪式"
    );
    assert_eq!(code(&platform.official("/cgi-bin/material/del_material", &one).await), 0);
    assert_eq!(code(&platform.official("/cgi-bin/material/get_material", &one).await), 40007);
    let thumb = [JPEG, &[0; 64 * 1024]].concat();
    let thumb = file(&thumb, "a.jpg", "image/jpeg");
    assert_eq!(code(&platform.upload("/cgi-bin/media/upload?type=thumb", thumb).await), 40012);
    platform.sandbox.take_unexpected();
}

#[tokio::test]
async fn a_draft_can_be_of_pictures() {
    let platform = Platform::start().await;
    let cover = platform.cover().await;
    let article = |pictures: Value| {
        json!({"articles": [{"article_type": "newspic", "title": "油菜花开了", "content": "水乡春天",
            "image_info": {"image_list": pictures}}]})
    };
    let good = article(json!([{"image_media_id": cover}]));
    let made = platform.official("/cgi-bin/draft/add", &good).await;
    let one = json!({"media_id": made["media_id"]});
    let draft = platform.official("/cgi-bin/draft/get", &one).await;
    assert_eq!(draft["news_item"][0]["article_type"], "newspic");
    let unknown = article(json!([{"image_media_id": "x"}]));
    assert_eq!(code(&platform.official("/cgi-bin/draft/add", &unknown).await), 40007);
    assert_eq!(code(&platform.official("/cgi-bin/draft/add", &article(json!([]))).await), 40097);
    platform.sandbox.take_unexpected();
}

#[tokio::test]
async fn words_and_pictures_are_judged() {
    let platform = Platform::start().await;
    let user = platform.sandbox.add_user("王小明");
    let text = |content: &str| json!({"content": content, "version": 2, "scene": 2, "openid": user.mini_openid});
    let path = "/wxa/msg_sec_check";
    assert_eq!(code(&platform.mini(path, &text("您好")).await), 61010, "not seen lately");
    let keys = &platform.config.mini;
    let login = format!(
        "/sns/jscode2session?appid={}&secret={}&js_code={}&grant_type=authorization_code",
        keys.appid,
        keys.secret,
        platform.sandbox.login_code(&user)
    );
    platform.get(&login).await;
    assert_eq!(platform.mini(path, &text("您好")).await["result"]["suggest"], "pass");
    assert_eq!(platform.mini(path, &text("一起赌博")).await["result"]["suggest"], "risky");
    assert_eq!(code(&platform.mini(path, &text(&"字".repeat(2501))).await), 45002);

    platform.sandbox.set_verdict(Verdict::Risky);
    let picture = json!({"media_url": "http://127.0.0.1/a.png", "media_type": 2, "version": 2,
        "scene": 2, "openid": user.mini_openid});
    let asked = platform.mini("/wxa/media_check_async", &picture).await;
    platform.sandbox.settle().await;
    let told = platform.sandbox.callbacks().pop().expect("an event");
    let body: Value = serde_json::from_str(&told.body).expect("JSON");
    assert_eq!(body["trace_id"], asked["trace_id"]);
    assert_eq!(body["result"], json!({"suggest": "risky", "label": "20002"}));
}
