//! The service's own client against the sandbox; neither knows the other's code.

use serde_json::json;
use shangxue::cache::Cache;
use shangxue::config::{Config, Mode};
use shangxue::wechat::official::{Button, DraftArticle, Menu};
use shangxue::wechat::{Class, Reply, SubscribeMessage, Wechat};

use super::service::{Seen, Service};
use super::{JPEG, PNG, Platform};
use crate::support::the_time;

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
