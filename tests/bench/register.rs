//! The register: check-ins through HTTP beside single inserts, what a device kept sent at
//! once, and a roll that is opened with a long past behind it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use entity::ids::{ClassId, MeetingId, ResidentId};
use entity::kinds::{ActorKind, AttendanceStatus, CheckInWay, Role};
use entity::{attendance, attendance_event};
use futures_util::StreamExt;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::opening::{CLIENTS, Opening, PHONES, pgbench, token};
use crate::support::Backend;
use crate::support::fixtures::{self, Clerk};
use crate::{expect, load, rate, report};

/// Half of them scan as fast as they can, half at half that pace.
const PEOPLE: u64 = 16_000;
/// What one phone kept while it had no signal.
const KEPT: u64 = 60;
const PAST: u64 = 1_000_000;
const ROLLS: usize = 200;

/// A meeting that everybody may check in to.
struct House {
    opening: Opening,
    desk: Clerk,
    meeting: MeetingId,
}

impl House {
    async fn new(backend: Backend) -> Self {
        let opening = Opening::new(backend, 2, 100_000, PEOPLE, PEOPLE).await;
        place(&opening, opening.classes[0], PEOPLE).await;
        let soon = TimeDelta::minutes(10);
        let (app, school) = (&opening.app, &opening.school);
        let meeting = fixtures::meeting(app, school, opening.classes[0], 1, soon).await;
        let desk = fixtures::clerk(app, "desk", Role::Centre, None).await;
        Self { opening, desk, meeting }
    }

    async fn code(&self) -> String {
        let path = format!("/api/staff/meetings/{}/code", self.meeting);
        let request = self.opening.app.get(&path).staff(&self.desk.token, &self.desk.csrf);
        let link = request.send().await.ok()["link"].as_str().unwrap().to_owned();
        link.split_once("?c=").unwrap().1.to_owned()
    }

    async fn scans(&self, people: std::ops::RangeInclusive<u64>) -> Arc<Vec<Vec<u8>>> {
        let body = json!({"code": self.code().await}).to_string();
        let scan = |nth| {
            let head = format!("Authorization: Bearer {}\r\n", token(nth));
            post("/api/me/check-in", &head, &body)
        };
        Arc::new(people.map(scan).collect())
    }

    /// As the teacher's phone sends what it kept.
    fn uploads(&self, meeting: MeetingId) -> Arc<Vec<Vec<u8>>> {
        let now = self.opening.app.now();
        let path = format!("/api/staff/meetings/{meeting}/scans");
        let head =
            format!("Cookie: sx_staff={}\r\nX-CSRF-Token: {}\r\n", self.desk.token, self.desk.csrf);
        let upload = |phone: u64| {
            let scan = |nth: u64| {
                let resident = phone * KEPT + nth + 1;
                json!({"scan_id": format!("bench-{resident}"), "kind": "tap", "resident_id": resident, "status": "present", "device_at": now})
            };
            let scans: Vec<_> = (0..KEPT).map(scan).collect();
            let body = json!({"device": format!("phone-{phone}"), "sent_at": now, "scans": scans});
            post(&path, &head, &body.to_string())
        };
        Arc::new((0..PEOPLE / KEPT).map(upload).collect())
    }

    /// Each person once, in the events and in what follows from them.
    async fn everybody_once(&self, meeting: MeetingId, people: u64) {
        let conn = self.opening.app.app.db.read();
        let events = attendance_event::Entity::find()
            .filter(attendance_event::Column::MeetingId.eq(meeting))
            .count(conn)
            .await
            .unwrap();
        let present = attendance::Entity::find()
            .filter(attendance::Column::MeetingId.eq(meeting))
            .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
            .count(conn)
            .await
            .unwrap();
        assert_eq!((events, present), (people, people));
    }
}

/// The first so many have a place.
async fn place(opening: &Opening, class: ClassId, people: u64) {
    let at = opening.app.now().to_rfc3339();
    opening
        .run(&format!(
            "INSERT INTO enrolment (resident_id, class_id, course_id, term_id, status, created_at, updated_at) \
             SELECT resident.id, class.id, course_id, term_id, 'placed', '{at}', '{at}' \
             FROM resident, class WHERE class.id = {class} AND resident.id <= {people}"
        ))
        .await;
    opening.run(&format!("UPDATE class SET taken = {people} WHERE id = {class}")).await;
    opening.analyze("enrolment, class").await;
}

fn post(path: &str, head: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Check-ins a second, beside one insert in each transaction.
pub async fn register(backend: Backend) {
    let house = House::new(backend).await;
    let (app, half) = (&house.opening.app, PEOPLE / 2);
    let other = fixtures::meeting(
        app,
        &house.opening.school,
        house.opening.classes[0],
        2,
        TimeDelta::minutes(20),
    )
    .await;
    let (limit, must) = match backend {
        Backend::Postgres => (by_pgbench(&house, other).await, 3.0),
        Backend::Sqlite => (one_by_one(&house, other).await, 1.5),
    };
    let first = house.scans(1..=half).await;
    let ours = load::run(house.opening.address, &first, PHONES, "recorded").await;
    report(backend, "check-ins by code", ours.per_s, limit, Some(must));

    let second = house.scans(half + 1..=PEOPLE).await;
    let pace = Duration::from_secs_f64(half as f64 / (ours.per_s / 2.0));
    let calm = load::arrive(house.opening.address, &second, 512, pace).await;
    println!("           at half that rate: p50 {:?}, p99 {:?}", calm.at(50), calm.at(99));
    expect(calm.at(99) <= Duration::from_millis(80), "p99 of check-ins within 80 ms");
    for again in [&first, &second] {
        load::run(house.opening.address, again, PHONES, "already_recorded").await;
    }
    house.everybody_once(house.meeting, PEOPLE).await;

    let kept = fixtures::meeting(
        app,
        &house.opening.school,
        house.opening.classes[0],
        3,
        TimeDelta::minutes(30),
    )
    .await;
    let uploads = house.uploads(kept);
    let sent = load::run(house.opening.address, &uploads, CLIENTS, "recorded").await;
    report(backend, "scans in uploads of 60", sent.per_s * KEPT as f64, limit, Some(must));
    for _ in 0..2 {
        load::run(house.opening.address, &uploads, CLIENTS, "already").await;
    }
    house.everybody_once(kept, PEOPLE / KEPT * KEPT).await;

    roll(&house).await;
}

async fn by_pgbench(house: &House, meeting: MeetingId) -> f64 {
    pgbench(
        &house.opening,
        &format!(
            "\\set who random(1, {PEOPLE})\n\
             INSERT INTO attendance_event (meeting_id, resident_id, way, status, actor_kind, happened_at, received_at)\n\
             VALUES ({meeting}, :who, 'code', 'present', 'resident', now(), now());\n"
        ),
    )
    .await
}

async fn one_by_one(house: &House, meeting: MeetingId) -> f64 {
    const TIMES: u32 = 2_000;
    let (app, now) = (&house.opening.app, house.opening.app.now());
    let begun = Instant::now();
    futures_util::stream::iter(0..TIMES)
        .map(|nth| async move {
            let tx = app.app.db.begin().await.unwrap();
            let row = attendance_event::ActiveModel {
                meeting_id: Set(meeting),
                resident_id: Set(ResidentId(i64::from(nth) + 1)),
                way: Set(CheckInWay::Code),
                status: Set(Some(AttendanceStatus::Present)),
                actor_kind: Set(ActorKind::Resident),
                happened_at: Set(now),
                received_at: Set(now),
                ..Default::default()
            };
            row.insert(&tx).await.unwrap();
            tx.commit().await.unwrap();
        })
        .buffer_unordered(CLIENTS)
        .collect::<Vec<()>>()
        .await;
    rate(TIMES, begun.elapsed())
}

/// The roll of a class of forty, after a million attendances.
async fn roll(house: &House) {
    let House { opening, desk, .. } = house;
    let (app, school, class) = (&opening.app, &opening.school, opening.classes[1]);
    place(opening, class, 40).await;
    let at = app.now().to_rfc3339();
    for number in 0..i32::try_from(PAST / PEOPLE).unwrap() {
        let past = TimeDelta::days(i64::from(number) - 400);
        let meeting = fixtures::meeting(app, school, opening.classes[0], 100 + number, past).await;
        opening
            .run(&format!(
                "INSERT INTO attendance (meeting_id, resident_id, status, hours_hundredths, updated_at) \
                 SELECT {meeting}, id, 'present', 200, '{at}' FROM resident"
            ))
            .await;
        opening
            .run(&format!(
                "INSERT INTO attendance_event (meeting_id, resident_id, way, status, actor_kind, happened_at, received_at) \
                 SELECT {meeting}, id, 'code', 'present', 'resident', '{at}', '{at}' FROM resident"
            ))
            .await;
    }
    opening.analyze("attendance, attendance_event, meeting").await;
    let today = fixtures::meeting(app, school, class, 1, TimeDelta::minutes(10)).await;
    let request = format!(
        "GET /api/staff/meetings/{today}/roll HTTP/1.1\r\nHost: localhost\r\n\
         Cookie: sx_staff={}\r\n\r\n",
        desk.token
    );
    let looks = Arc::new(vec![request.into_bytes(); ROLLS]);
    let opened = load::run(opening.address, &looks, 1, "learner_number").await;
    println!("           roll of 40 after {PAST} attendances: p99 {:?} (must 20 ms)", opened.p99);
    expect(opened.p99 <= Duration::from_millis(20), "a roll within 20 ms");
}
