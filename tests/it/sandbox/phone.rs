//! What the phone shows and opens, and what is kept over a restart.

use serde_json::json;
use shangxue::sandbox::{Account, Opened, SandboxConfig};

use super::{JPEG, Platform};

#[tokio::test]
async fn links_are_told_apart() {
    let platform =
        Platform::start_with(|config| config.service_url = "http://127.0.0.1:8080".to_owned())
            .await;
    let mini = |to: &str| Opened::Mini { to: to.to_owned() };
    for (link, opened) in [
        ("pages/web/index?to=%2Fclasses%2F3", mini("/classes/3")),
        ("/pages/web/index", mini("/")),
        ("http://127.0.0.1:8080/m/#/news/2", mini("/news/2")),
        ("http://localhost:8080/m/?c=AB%2BC", mini("/checkin?c=AB%2BC")),
        ("http://127.0.0.1:8080/m/?k=CARD", mini("/seen")),
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
async fn without_a_mini_program_pages_open_in_the_phones_browser() {
    let platform = Platform::start_with(|config| {
        config.service_url = "http://127.0.0.1:8080".to_owned();
        config.has_mini = false;
    })
    .await;
    let page = |url: &str| Opened::Page { url: url.to_owned() };
    for link in ["http://127.0.0.1:8080/m/?c=AB%2BC", "http://127.0.0.1:8080/m/#/classes"] {
        assert_eq!(platform.sandbox.resolve(link), page(link));
    }
    assert_eq!(platform.sandbox.resolve("pages/web/index?to=%2F"), Opened::Nothing);
    let state = platform.get("/sandbox/api/state?user=1").await;
    assert_eq!(state["account"]["mini_name"], json!(null));
    let script = platform.http.get(platform.url("/open/js/jweixin-1.6.0.js")).send().await;
    assert_eq!(script.expect("an answer").status(), 200);
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
