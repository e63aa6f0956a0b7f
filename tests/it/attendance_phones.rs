//! Fifty phones come back from a day without network, all at once, and their connections
//! break: before the server has read what they send, and before its answer arrives.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use entity::ids::MeetingId;
use entity::kinds::{AttendanceStatus, Role};
use entity::{attendance, attendance_event, scan_tray};
use fastrand::Rng;
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::fixtures::{self, Clerk, Person};

const PHONES: usize = 50;
const SCANS: usize = 60;
const LEARNERS: u32 = 90;
/// So many go in one upload.
const PART: usize = 20;

/// What a phone kept: cards and taps of learners whom others scanned as well, and one card
/// that is forged.
fn kept(app: &TestApp, phone: usize, people: &[(Person, String)]) -> Vec<Value> {
    let mut rng = Rng::with_seed(phone as u64);
    let mut order: Vec<usize> = (0..people.len()).collect();
    rng.shuffle(&mut order);
    let scan = |(nth, who): (usize, &usize)| {
        let (person, card) = &people[*who];
        let at = app.now() - TimeDelta::minutes(60 - i64::try_from(nth).unwrap());
        let name = format!("p{phone}-{nth}");
        match nth {
            0 => {
                json!({ "scan_id": name, "kind": "card", "card": format!("{card}x"), "device_at": at })
            }
            nth if nth % 3 == 0 => {
                json!({ "scan_id": name, "kind": "tap", "resident_id": person.id, "status": "present", "device_at": at })
            }
            _ => json!({ "scan_id": name, "kind": "card", "card": card, "device_at": at }),
        }
    };
    order.iter().take(SCANS).enumerate().map(scan).collect()
}

/// Sends `share` of the request (of 8 parts) and hangs up.
async fn cut(app: &TestApp, clerk: &Clerk, path: &str, body: &Value, share: usize) {
    let host = app.url.trim_start_matches("http://");
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Cookie: sx_staff={}\r\nX-CSRF-Token: {}\r\n\r\n{body}",
        body.len(),
        clerk.token,
        clerk.csrf
    );
    let mut line = TcpStream::connect(host).await.unwrap();
    let part = &request.as_bytes()[..request.len() * share / 8];
    line.write_all(part).await.unwrap();
    line.flush().await.unwrap();
    if share == 8 {
        // The server begins, or is done, and nobody hears it.
        tokio::task::yield_now().await;
    }
}

/// Sends until there was an answer for each, and says what they were.
async fn come_back(
    app: &TestApp,
    clerk: &Clerk,
    meeting: MeetingId,
    (phone, mut scans): (usize, Vec<Value>),
) -> HashMap<String, Vec<String>> {
    let mut rng = Rng::with_seed(1_000 + phone as u64);
    let path = format!("/api/staff/meetings/{meeting}/scans");
    let mut said: HashMap<String, Vec<String>> = HashMap::new();
    rng.shuffle(&mut scans);
    let mut parts: Vec<&[Value]> = scans.chunks(PART).collect();
    // One of them is sent again, though it was answered.
    parts.push(parts[0]);
    for part in parts {
        let body =
            json!({ "device": format!("phone-{phone}"), "sent_at": app.now(), "scans": part });
        cut(app, clerk, &path, &body, rng.usize(1..8)).await;
        cut(app, clerk, &path, &body, 8).await;
        // As the phones do: where there is no answer, or that so many come at once, again.
        let answer = loop {
            let answer = app.post(&path, &body).by(clerk).send().await;
            if answer.status.as_u16() != 503 {
                break answer.ok();
            }
        };
        for one in answer["items"].as_array().unwrap() {
            let word = |key: &str| one[key].as_str().unwrap().to_owned();
            said.entry(word("scan_id")).or_default().push(word("outcome"));
        }
    }
    said
}

on_both_databases! {
    async fn fifty_phones_with_sixty_scans_each_lose_and_double_none(app: TestApp) {
        let school = fixtures::school(&app).await;
        let class = fixtures::class(&app, &school, "智在指尖一班", 200).await;
        let meeting = fixtures::meeting(&app, &school, class, 1, TimeDelta::minutes(-70)).await;
        let clerk = fixtures::clerk(&app, "centre", Role::Centre, None).await;
        let mut people = Vec::new();
        for nth in 1..=LEARNERS {
            let person = fixtures::person(&app, school.community, nth).await;
            fixtures::placed(&app, &school, class, person.id).await;
            let card = app.post("/api/me/card", &Value::Null).bearer(&person.token).send().await.ok();
            people.push((person, card["link"].as_str().unwrap().to_owned()));
        }
        app.advance(TimeDelta::minutes(1));
        let phones: Vec<_> = (0..PHONES).map(|nth| (nth, kept(&app, nth, &people))).collect();
        let answers = join_all(phones.into_iter().map(|phone| come_back(&app, &clerk, meeting, phone))).await;

        let said: HashMap<String, Vec<String>> = answers.into_iter().flatten().collect();
        assert_eq!(said.len(), PHONES * SCANS);
        for (name, outcomes) in &said {
            let forged = name.ends_with("-0");
            assert!(outcomes.iter().all(|one| if forged { one == "tray" } else { one == "recorded" || one == "already" }), "{name}: {outcomes:?}");
        }
        let conn = app.app.db.read();
        let events = attendance_event::Entity::find().all(conn).await.unwrap();
        let recorded: Vec<_> = events.iter().filter_map(|event| event.scan_id.clone()).collect();
        assert_eq!(recorded.len(), PHONES * (SCANS - 1), "none double");
        assert_eq!(recorded.iter().collect::<HashSet<_>>().len(), recorded.len());
        let lying = scan_tray::Entity::find().all(conn).await.unwrap();
        assert_eq!(lying.len(), PHONES);
        assert!(recorded.iter().chain(lying.iter().map(|entry| &entry.scan_id)).all(|name| said.contains_key(name)));
        let seen: HashSet<_> = events.iter().map(|event| event.resident_id).collect();
        let rows = attendance::Entity::find().all(conn).await.unwrap();
        assert_eq!((rows.len(), seen.len()), (LEARNERS as usize, LEARNERS as usize));
        assert!(rows.iter().all(|row| row.status == Some(AttendanceStatus::Present) && row.hours_hundredths == 200));
    }
}
