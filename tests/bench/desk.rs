//! The news desk: an article of 20,000 characters with 30 pictures is opened and saved.

use std::io::Cursor;
use std::time::{Duration, Instant};

use entity::kinds::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::expect;
use crate::support::fixtures::{self, Clerk};
use crate::support::{Backend, Request, TestApp};

const LETTERS: usize = 20_000;
const PICTURES: u8 = 30;
const ROUNDS: usize = 20;

/// The longest that it may take.
const OPENS: Duration = Duration::from_millis(300);
const SAVES: Duration = Duration::from_millis(100);

pub async fn measure(backend: Backend) {
    let app = TestApp::start(backend).await;
    let editor = fixtures::clerk(&app, "desk", Role::Editor, None).await;
    let mut pictures = Vec::new();
    for shade in 0..PICTURES {
        pictures.push(picture(&app, &editor, shade).await);
    }
    let each = LETTERS / pictures.len();
    let body: String = pictures
        .iter()
        .map(|id| format!("{}\n\n![合影](picture:{id})\n\n", "春".repeat(each)))
        .collect();
    let text = json!({"title": "第一稿", "body": body, "cover_id": pictures[0]});
    let made = app.post("/api/staff/articles", &text).by(&editor).send().await.ok();
    let path = format!("/api/staff/articles/{}", made["id"]);
    let mut edit =
        json!({"version": made["version"], "title": "", "body": body, "cover_id": pictures[0]});
    let (mut opens, mut saves) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let begun = Instant::now();
        app.get(&path).by(&editor).send().await.ok();
        opens.push(begun.elapsed());
        edit["title"] = Value::from(format!("第{round}稿"));
        let begun = Instant::now();
        let saved = app.put(&path, &edit).by(&editor).send().await.ok();
        saves.push(begun.elapsed());
        edit["version"] = saved["version"].clone();
    }
    line(backend, "20,000 characters, 30 pictures: opened", opens, OPENS);
    line(backend, "20,000 characters, 30 pictures: saved", saves, SAVES);
}

/// The slowest but one of twenty: what an editor meets.
fn line(backend: Backend, what: &str, mut times: Vec<Duration>, limit: Duration) {
    times.sort();
    let met = times[times.len() - 2];
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    let ratio = millis(limit) / millis(met);
    println!(
        "{:<10} {what:<60} {:>6.1} ms {:>6.0} ms {ratio:>6.2}x (must 1.00x)",
        format!("{backend:?}"),
        millis(met),
        millis(limit),
    );
    expect(met < limit, what);
}

async fn picture(app: &TestApp, who: &Clerk, shade: u8) -> i64 {
    let image = image::RgbImage::from_pixel(640, 480, image::Rgb([shade * 7, 90, 90]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let request = app.request(Method::POST, "/api/staff/pictures");
    let request = Request(request.0.header("content-type", "image/png").body(bytes.into_inner()));
    request.by(who).send().await.ok()["id"].as_i64().unwrap()
}
