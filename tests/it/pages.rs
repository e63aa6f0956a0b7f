//! The pages' files, as a browser asks for them.

use reqwest::Method;

use crate::support::{Answer, Backend, TestApp};

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn the_start_pages_are_served_and_asked_for_again() {
    let app = TestApp::start(Backend::Sqlite).await;
    for path in ["/m/", "/console/", "/console/roll/"] {
        let first = app.get(path).send().await;
        assert_eq!(first.status.as_u16(), 200);
        assert_eq!(header(&first, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&first, "cache-control"), "no-cache");
        assert!(header(&first, "content-security-policy").contains("default-src 'self'"));
        let strong = header(&first, "etag").trim_start_matches("W/").to_owned();
        for known in [header(&first, "etag").to_owned(), format!("\"x\", {strong}")] {
            let again = app.get(path).header("if-none-match", &known).send().await;
            assert_eq!(again.status.as_u16(), 304, "{known}");
        }
    }
}

#[tokio::test]
async fn a_missing_slash_is_added_and_keeps_the_scanned_code() {
    let app = TestApp::start(Backend::Sqlite).await;
    let moved = app.get("/m?c=abc").send().await;
    assert_eq!((moved.status.as_u16(), header(&moved, "location")), (302, "/m/?c=abc"));
    assert_eq!(header(&app.get("/").send().await, "location"), "/m/");
    assert_eq!(app.get("/m/?c=abc").send().await.status.as_u16(), 200);
}

#[tokio::test]
async fn the_workers_name_files_that_are_there() {
    let app = TestApp::start(Backend::Sqlite).await;
    for path in ["/console/roll/sw.js", "/m/sw.js"] {
        let worker = app.get(path).send().await;
        assert_eq!(header(&worker, "content-type"), "text/javascript; charset=utf-8");
        let text = worker.text();
        let files = text.lines().find_map(|line| line.strip_prefix("const FILES = ")).unwrap();
        let files: Vec<String> = serde_json::from_str(files.trim_end_matches(';')).unwrap();
        assert!(files.len() > 15, "{files:?}");
        for file in files {
            assert_eq!(app.get(&file).send().await.status.as_u16(), 200, "{file}");
        }
    }
}

#[tokio::test]
async fn there_is_nothing_but_the_assets() {
    let app = TestApp::start(Backend::Sqlite).await;
    for path in ["/m/no.js", "/m/%2e%2e/mod.rs", "/console/x", "/x"] {
        app.get(path).send().await.refused(404, "not_found");
    }
    app.request(Method::POST, "/m/").send().await.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn wechats_script_may_run_on_the_pages_of_residents_alone() {
    let script = ("wechat.jssdk_url", "https://res.wx.qq.com/open/js/jweixin-1.6.0.js".to_owned());
    let account = [
        ("wechat.official.appid", "wx1".to_owned()),
        ("wechat.official.secret", "s".to_owned()),
        ("wechat.official.token", "abc".to_owned()),
        ("wechat.official.mode", "plain".to_owned()),
    ];
    let policy = async |app: &TestApp, path: &str| {
        header(&app.get(path).send().await, "content-security-policy").to_owned()
    };
    let with = TestApp::start_with(Backend::Sqlite, &[&account[..], &[script]].concat()).await;
    let allowed = "script-src 'self' https://res.wx.qq.com; style-src 'self'";
    assert!(policy(&with, "/m/").await.contains(allowed));
    let none = "script-src 'self'; style-src 'self'";
    assert!(policy(&with, "/console/").await.contains(none));
    let without = TestApp::start(Backend::Sqlite).await;
    assert!(policy(&without, "/m/").await.contains(none));
}

#[tokio::test]
async fn the_proof_that_the_domain_is_ours_is_served() {
    let proof = ("wechat.official.domain_proof", "Qx2pD6sJ8dF3kLmN".to_owned());
    let app = TestApp::start_with(Backend::Sqlite, &[proof]).await;
    let file = app.get("/MP_verify_Qx2pD6sJ8dF3kLmN.txt").send().await;
    assert_eq!((file.status.as_u16(), file.text().as_str()), (200, "Qx2pD6sJ8dF3kLmN"));
    // The mini-program's have names and words of their own, also beside its links.
    let files = [
        ("wechat.mini.proof_files[0].name", "aBc_123.txt".to_owned()),
        ("wechat.mini.proof_files[0].text", "4f0c22".to_owned()),
    ];
    let mini = TestApp::start_with(Backend::Sqlite, &files).await;
    for path in ["/aBc_123.txt", "/m/aBc_123.txt"] {
        let file = mini.get(path).send().await;
        assert_eq!((file.status.as_u16(), file.text().as_str()), (200, "4f0c22"), "{path}");
    }
    // Of somebody else's account, or where none is configured.
    app.get("/MP_verify_other.txt").send().await.refused(404, "not_found");
    let app = TestApp::start(Backend::Sqlite).await;
    app.get("/MP_verify_.txt").send().await.refused(404, "not_found");
}
