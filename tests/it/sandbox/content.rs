//! Pictures, drafts and publications.

use serde_json::json;
use shangxue::sandbox::Outcome;

use super::{PNG, Platform, code, file};

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
    assert_eq!(code(&platform.upload(voice, file(PNG, "a.png", "image/png")).await), 40005);
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
