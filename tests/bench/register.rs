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

/// At nine so many classes of so many meet at once: they check in by code.
const CLASSES: u64 = 20;
const EACH: u64 = PEOPLE / CLASSES;

/// Classes that meet, and people with a place in one of the large and one of the small.
struct House {
    opening: Opening,
    desk: Clerk,
    /// Of the large classes.
    meetings: Vec<MeetingId>,
    /// Of the small ones, whose teachers have no signal.
    kept: Vec<MeetingId>,
}

impl House {
    async fn new(backend: Backend) -> Self {
        let (large, small) =
            (usize::try_from(CLASSES).unwrap(), usize::try_from(PEOPLE / KEPT).unwrap());
        // The last is that whose roll is opened.
        let opening = Opening::new(backend, large + small + 1, 100_000, PEOPLE, PEOPLE).await;
        let (app, school) = (&opening.app, &opening.school);
        let (mut meetings, mut kept) = (Vec::new(), Vec::new());
        for class in &opening.classes[..large] {
            meetings.push(fixtures::meeting(app, school, *class, 1, TimeDelta::minutes(10)).await);
        }
        for class in &opening.classes[large..large + small] {
            kept.push(fixtures::meeting(app, school, *class, 1, TimeDelta::minutes(20)).await);
        }
        place(&opening, opening.classes[0], EACH, CLASSES).await;
        place(&opening, opening.classes[large], KEPT, PEOPLE / KEPT).await;
        let desk = fixtures::clerk(app, "desk", Role::Centre, None).await;
        Self { opening, desk, meetings, kept }
    }

    async fn code(&self, meeting: MeetingId) -> String {
        let path = format!("/api/staff/meetings/{meeting}/code");
        let request = self.opening.app.get(&path).staff(&self.desk.token, &self.desk.csrf);
        let link = request.send().await.ok()["link"].as_str().unwrap().to_owned();
        link.split_once("?c=").unwrap().1.to_owned()
    }

    /// One of each class after the other, as they come through the door.
    async fn scans(&self, turns: std::ops::Range<u64>) -> Arc<Vec<Vec<u8>>> {
        let mut bodies = Vec::new();
        for meeting in &self.meetings {
            bodies.push(json!({"code": self.code(*meeting).await}).to_string());
        }
        let scan = |turn: u64, class: usize| {
            let who = u64::try_from(class).unwrap() * EACH + turn + 1;
            let head = format!("Authorization: Bearer {}\r\n", token(who));
            post("/api/me/check-in", &head, &bodies[class])
        };
        let all = turns.flat_map(|turn| (0..self.meetings.len()).map(move |class| (turn, class)));
        Arc::new(all.map(|(turn, class)| scan(turn, class)).collect())
    }

    /// As the teachers' phones send what they kept, each of one class.
    fn uploads(&self) -> Arc<Vec<Vec<u8>>> {
        let now = self.opening.app.now();
        let head =
            format!("Cookie: sx_staff={}\r\nX-CSRF-Token: {}\r\n", self.desk.token, self.desk.csrf);
        let upload = |(phone, meeting): (u64, &MeetingId)| {
            let path = format!("/api/staff/meetings/{meeting}/scans");
            let scan = |nth: u64| {
                let resident = phone * KEPT + nth + 1;
                json!({"scan_id": format!("bench-{resident}"), "kind": "tap", "resident_id": resident, "status": "present", "device_at": now})
            };
            let scans: Vec<_> = (0..KEPT).map(scan).collect();
            let body = json!({"device": format!("phone-{phone}"), "sent_at": now, "scans": scans});
            post(&path, &head, &body.to_string())
        };
        Arc::new((0..).zip(&self.kept).map(upload).collect())
    }

    /// Each person once, in the events and in what follows from them.
    async fn everybody_once(&self, meetings: &[MeetingId]) {
        let conn = self.opening.app.app.db.read();
        let events = attendance_event::Entity::find()
            .filter(attendance_event::Column::MeetingId.is_in(meetings.iter().copied()))
            .count(conn)
            .await
            .unwrap();
        let present = attendance::Entity::find()
            .filter(attendance::Column::MeetingId.is_in(meetings.iter().copied()))
            .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
            .count(conn)
            .await
            .unwrap();
        let all = if meetings == self.kept { PEOPLE / KEPT * KEPT } else { PEOPLE };
        assert_eq!((events, present), (all, all));
    }
}

/// Gives people places, so many in each of so many classes from this one on.
async fn place(opening: &Opening, first: ClassId, each: u64, classes: u64) {
    let at = opening.app.now().to_rfc3339();
    opening
        .run(&format!(
            "INSERT INTO enrolment (resident_id, class_id, course_id, term_id, status, created_at, updated_at) \
             SELECT resident.id, class.id, course_id, term_id, 'placed', '{at}', '{at}' \
             FROM resident JOIN class ON class.id = {first} + (resident.id - 1) / {each} \
             WHERE resident.id <= {each} * {classes}"
        ))
        .await;
    opening
        .run(&format!(
            "UPDATE class SET taken = {each} WHERE id >= {first} AND id < {first} + {classes}"
        ))
        .await;
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
    let (app, school) = (&house.opening.app, &house.opening.school);
    let class = house.opening.classes[0];
    let other = fixtures::meeting(app, school, class, 2, TimeDelta::minutes(20)).await;
    let (limit, must) = match backend {
        Backend::Postgres => (by_pgbench(&house, other).await, 3.0),
        Backend::Sqlite => (one_by_one(&house, other).await, 1.5),
    };
    let first = house.scans(0..EACH / 2).await;
    let ours = load::run(house.opening.address, &first, PHONES, "recorded").await;
    report(backend, "check-ins by code, each a request", ours.per_s, limit, Some(must));

    let second = house.scans(EACH / 2..EACH).await;
    let pace = Duration::from_secs_f64(second.len() as f64 / (ours.per_s / 2.0));
    let calm = load::arrive(house.opening.address, &second, 512, pace).await;
    println!("           at half that rate: p50 {:?}, p99 {:?}", calm.at(50), calm.at(99));
    expect(calm.at(99) <= Duration::from_millis(80), "p99 of check-ins within 80 ms");
    for again in [&first, &second] {
        load::run(house.opening.address, again, PHONES, "already_recorded").await;
    }
    house.everybody_once(&house.meetings).await;

    let uploads = house.uploads();
    let sent = load::run(house.opening.address, &uploads, CLIENTS, "recorded").await;
    report(backend, "check-in scans in uploads of 60", sent.per_s * KEPT as f64, limit, Some(must));
    for _ in 0..2 {
        load::run(house.opening.address, &uploads, CLIENTS, "already").await;
    }
    house.everybody_once(&house.kept).await;

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
    let (app, school, class) = (&opening.app, &opening.school, *opening.classes.last().unwrap());
    place(opening, class, 40, 1).await;
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
