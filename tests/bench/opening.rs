//! Opening day: sign-ups through HTTP beside what the database does alone, a whole city
//! that comes within ten seconds, and whether the past makes it slower.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use entity::ids::ClassId;
use entity::kinds::EnrolmentStatus;
use entity::{class, enrolment, resident_session, term};
use futures_util::StreamExt;
use poem::listener::{Acceptor, Listener, TcpListener};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait,
    QueryFilter, QuerySelect,
};
use shangxue::app::App;
use shangxue::{routes, vault};

use crate::support::fixtures::{self, School};
use crate::support::process::proxy;
use crate::support::{Backend, TestApp};
use crate::{expect, load, rate, report};

/// As many as pgbench has.
pub const CLIENTS: usize = 32;
/// Phones that are connected at the same time.
pub const PHONES: usize = 256;
/// As many as three instances decide at the same time.
const CROWD: usize = 3 * PHONES;
const DECISIONS: u64 = 8_000;
/// Of two that are compared; their median counts.
const ROUNDS: u64 = 5;
/// A real opening elsewhere: 36,000 people for a class of 40, within ten seconds.
const CITY: u64 = 36_000;
const WITHIN: Duration = Duration::from_secs(10);
const PLACES: i32 = 40;

/// Classes and people who are signed in.
pub struct Opening {
    pub app: TestApp,
    pub school: School,
    pub address: SocketAddr,
    pub classes: Vec<ClassId>,
}

impl Opening {
    /// `signed_in` of the `people` hold a session, whose token is that of [`token`].
    pub async fn new(
        backend: Backend,
        classes: usize,
        places: i32,
        people: u64,
        signed_in: u64,
    ) -> Self {
        let mut settings = vec![("database.open_connections", "8".to_owned())];
        if let (Backend::Postgres, Some(url)) = (backend, redis()) {
            settings.push(("redis.url", url));
            settings.push(("redis.prefix", format!("bench:{}:", fastrand::u32(..))));
        }
        let app = TestApp::start_with(backend, &settings).await;
        let school = fixtures::school(&app).await;
        let address = app.url.trim_start_matches("http://").parse().unwrap();
        let mut ids = Vec::new();
        for nth in 0..classes {
            let course = fixtures::course_named(&app, &format!("课程{nth}")).await;
            let school = School { course, ..school };
            ids.push(fixtures::class(&app, &school, &format!("{nth}班"), places).await);
        }
        let opening = Self { app, school, address, classes: ids };
        opening.populate(people, signed_in).await;
        opening
    }

    async fn populate(&self, people: u64, signed_in: u64) {
        let (now, version) = (self.app.now(), &self.app.app.config.members.consent_version);
        let count = |to: u64| {
            format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to}) "
            )
        };
        let at = now.to_rfc3339();
        self.run(&format!(
            "{}INSERT INTO resident (id, learner_number, name, birth_date, community_id, created_at, updated_at) \
             SELECT i, 'bench' || i, '张三', '1956-03-01', {}, '{at}', '{at}' FROM n",
            count(people), self.school.community
        ))
        .await;
        self.run(&format!(
            "{}INSERT INTO consent (resident_id, kind, version, given_at) \
             SELECT i, 'privacy', '{version}', '{at}' FROM n",
            count(people)
        ))
        .await;
        let numbers: Vec<u64> = (1..=signed_in).collect();
        for some in numbers.chunks(1_000) {
            let rows = some.iter().map(|nth| resident_session::ActiveModel {
                resident_id: Set(entity::ids::ResidentId(i64::try_from(*nth).unwrap())),
                token_hash: Set(vault::token_hash(&token(*nth))),
                created_at: Set(now),
                last_seen_at: Set(now),
                expires_at: Set(now + chrono::TimeDelta::days(30)),
                ..Default::default()
            });
            let insert = resident_session::Entity::insert_many(rows);
            insert.exec_without_returning(self.app.app.db.writer()).await.unwrap();
        }
        self.analyze("resident, consent, resident_session, class, course").await;
    }

    /// What PostgreSQL does by itself within a minute, to tables that were written. One that
    /// is empty it leaves alone; else checks of foreign keys would read it from end to end,
    /// however large it grows, as long as their plans are kept.
    pub async fn analyze(&self, tables: &str) {
        if self.app.app.db.writer().get_database_backend() == DbBackend::Postgres {
            self.run(&format!("ANALYZE {tables}")).await;
        }
    }

    pub async fn run(&self, sql: &str) {
        self.app.app.db.writer().execute_unprepared(sql).await.unwrap();
    }

    /// Places of terms that are over, one person's in ten of them at most, every fifth
    /// given back; each with its line of history.
    async fn remember(&self, past: u64) {
        let at = self.app.now().to_rfc3339();
        let mut classes = String::new();
        for nth in 0..20 {
            let day =
                |days| (self.app.app.clock.today() - chrono::TimeDelta::days(days)).to_string();
            let row = term::ActiveModel {
                name: Set(format!("旧{nth}")),
                first_day: Set(day(400).parse().unwrap()),
                last_day: Set(day(300).parse().unwrap()),
                enrolment_opens_at: Set(self.app.now() - chrono::TimeDelta::days(410)),
                enrolment_closes_at: Set(self.app.now() - chrono::TimeDelta::days(401)),
                max_classes_per_person: Set(3),
                min_age: Set(50),
                ..Default::default()
            };
            let term = row.insert(self.app.app.db.writer()).await.unwrap().id;
            let school = School { term, ..self.school };
            let class = fixtures::class(&self.app, &school, &format!("旧{nth}班"), 100_000).await;
            write!(classes, "{}({nth}, {class}, {term})", if nth == 0 { "" } else { ", " })
                .unwrap();
        }
        let course = self.school.course;
        self.run(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {past} - 1), \
             old(nth, class, term) AS (VALUES {classes}) \
             INSERT INTO enrolment (resident_id, class_id, course_id, term_id, status, created_at, updated_at) \
             SELECT i % 50000 + 1, class, {course}, term, CASE WHEN i % 5 = 0 THEN 'withdrawn' ELSE 'placed' END, '{at}', '{at}' \
             FROM n JOIN old ON nth = i / 50000"
        ))
        .await;
        self.run(&format!(
            "INSERT INTO enrolment_change (enrolment_id, to_status, actor_kind, at) \
             SELECT id, 'placed', 'system', '{at}' FROM enrolment"
        ))
        .await;
    }

    /// One sign-up of each of these people, class after class.
    fn sign_ups(&self, people: std::ops::RangeInclusive<u64>) -> Arc<Vec<Vec<u8>>> {
        let requests = people.map(|nth| {
            let class = self.classes[usize::try_from(nth).unwrap() % self.classes.len()];
            sign_up(class, &token(nth))
        });
        Arc::new(requests.collect())
    }

    async fn held(&self, class: ClassId) -> (i32, u64) {
        let conn = self.app.app.db.read();
        let row = class::Entity::find_by_id(class).one(conn).await.unwrap().unwrap();
        let placed = enrolment::Entity::find()
            .filter(enrolment::Column::ClassId.eq(class))
            .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
            .count(conn)
            .await
            .unwrap();
        (row.taken, placed)
    }
}

impl Opening {
    /// So many wait, under the numbers from 1 on without a gap, each once.
    async fn wait_in_order(&self, id: ClassId, people: u32) {
        let conn = self.app.app.db.read();
        let row = class::Entity::find_by_id(id).one(conn).await.unwrap().unwrap();
        assert_eq!((row.waiting.unsigned_abs(), row.last_queue_number), (people, people.into()));
        let mut numbers: Vec<i64> = enrolment::Entity::find()
            .select_only()
            .column(enrolment::Column::QueueNumber)
            .filter(enrolment::Column::ClassId.eq(id))
            .filter(enrolment::Column::Status.eq(EnrolmentStatus::Waiting))
            .into_tuple()
            .all(conn)
            .await
            .unwrap();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(1..=i64::from(people)), "numbers with gaps, or twice");
    }
}

pub fn redis() -> Option<String> {
    std::env::var("SHANGXUE_TEST_REDIS").ok().filter(|url| !url.is_empty())
}

pub fn token(nth: u64) -> String {
    format!("bench-token-{nth}")
}

fn sign_up(class: ClassId, token: &str) -> Vec<u8> {
    sign_up_as(class, token, "{}")
}

/// As [`sign_up`], and waits where there is no place.
fn sign_up_or_wait(class: ClassId, token: &str) -> Vec<u8> {
    sign_up_as(class, token, "{\"join_waitlist\":true}")
}

fn sign_up_as(class: ClassId, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /api/classes/{class}/enrolments HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Decisions a second, beside the database alone.
pub async fn decisions(backend: Backend) {
    let people = 120_000;
    for (classes, must) in [(1, 3.0), (20, 1.2)] {
        if backend == Backend::Sqlite && classes > 1 {
            continue;
        }
        let opening = Opening::new(backend, classes, 100_000, people, 2 * DECISIONS).await;
        let limit = match backend {
            Backend::Postgres => one_each(&opening, people - 2 * DECISIONS).await,
            Backend::Sqlite => one_by_one(&opening).await,
        };
        let must = if backend == Backend::Sqlite { 1.5 } else { must };
        // The limit has 32 clients as well; phones are people, and there are more of them.
        for (nth, clients) in [CLIENTS, PHONES].into_iter().enumerate() {
            let first = nth as u64 * DECISIONS + 1;
            let requests = opening.sign_ups(first..=first + DECISIONS - 1);
            let ours = load::run(opening.address, &requests, clients, "placed").await;
            let what =
                format!("decisions, {classes} classes, {clients} phones, p99 {:?}", ours.p99);
            report(backend, &what, ours.per_s, limit, (clients == PHONES).then_some(must));
        }
    }
}

/// The same update and insert, one transaction each, by PostgreSQL's own bench.
async fn one_each(opening: &Opening, people: u64) -> f64 {
    let (first, last) = (opening.classes[0], opening.classes[opening.classes.len() - 1]);
    opening.run(&format!("CREATE SEQUENCE bench_resident START {}", 120_000 - people + 1)).await;
    let School { course, term, .. } = opening.school;
    let script = format!(
        "\\set class random({first}, {last})\nBEGIN;\n\
         UPDATE class SET taken = taken + 1 WHERE id = :class AND taken < capacity;\n\
         INSERT INTO enrolment (resident_id, class_id, course_id, term_id, status, created_at, updated_at)\n\
         VALUES (nextval('bench_resident'), :class, {course}, {term}, 'placed', now(), now());\nEND;\n"
    );
    pgbench(opening, &script).await
}

/// Transactions a second of a script, by PostgreSQL's own bench.
pub async fn pgbench(opening: &Opening, script: &str) -> f64 {
    let file = std::env::temp_dir().join(format!("shangxue-bench-{}.sql", std::process::id()));
    std::fs::write(&file, script).unwrap();
    let (url, path) = (opening.app.database_url().to_owned(), file.clone());
    let output = tokio::task::spawn_blocking(move || {
        Command::new(pgbench_command())
            .args(["-n", "-M", "prepared", "-c", "32", "-j", "2", "-T", "5", "-f"])
            .arg(path)
            .arg(url)
            .output()
            .expect("pgbench, of the package postgresql")
    })
    .await
    .unwrap();
    std::fs::remove_file(file).unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let tps =
        text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Debian keeps it beside the server, not on the path.
fn pgbench_command() -> std::path::PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|one| one.path().join("bin/pgbench")).find(|path| path.exists());
    found.unwrap_or_else(|| "pgbench".into())
}

/// The same update and insert, one transaction each.
async fn one_by_one(opening: &Opening) -> f64 {
    const TIMES: u32 = 2_000;
    let (class, now) = (opening.classes[0], opening.app.now());
    let School { course, term, .. } = opening.school;
    let begun = Instant::now();
    futures_util::stream::iter(0..TIMES)
        .map(|nth| async move {
            let tx = opening.app.app.db.begin().await.unwrap();
            let take = format!(
                "UPDATE class SET taken = taken + 1 WHERE id = {class} AND taken < capacity"
            );
            tx.execute_unprepared(&take).await.unwrap();
            let row = enrolment::ActiveModel {
                resident_id: Set(entity::ids::ResidentId(100_000 + i64::from(nth))),
                class_id: Set(class),
                course_id: Set(course),
                term_id: Set(term),
                status: Set(EnrolmentStatus::Placed),
                created_at: Set(now),
                updated_at: Set(now),
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

/// Further instances on the same database, behind a proxy with the first.
async fn proxied(first: &TestApp, more: usize) -> SocketAddr {
    let mut addresses = vec![first.url.trim_start_matches("http://").to_owned()];
    for _ in 0..more {
        let (config, clock) = ((*first.app.config).clone(), first.app.clock.clone());
        let app = App::new(config, clock).await.unwrap();
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        addresses.push(acceptor.local_addr()[0].as_socket_addr().unwrap().to_string());
        let endpoint = routes::build(&app).unwrap();
        tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(endpoint));
    }
    proxy(addresses).await
}

/// What three instances decide beside one, each behind the same proxy.
pub async fn three(backend: Backend) {
    if backend == Backend::Sqlite {
        return;
    }
    assert!(redis().is_some(), "SHANGXUE_TEST_REDIS: instances share what lives shortly");
    for classes in [1, 20] {
        let mut openings = Vec::new();
        for more in [0, 2] {
            let people = 2 * ROUNDS * DECISIONS;
            let opening = Opening::new(backend, classes, 100_000, people, people).await;
            // A year that is behind it: of an empty table PostgreSQL knows nothing, and the
            // plans that it makes then are kept until it looks again, within a minute.
            opening.remember(20_000).await;
            opening.analyze("enrolment, enrolment_change, term, class").await;
            openings.push((proxied(&opening.app, more).await, opening));
        }
        // With as many phones as one instance decides at once, three of them have a third
        // of that each to share the cost of a commit; a city has more phones than that.
        for (first, phones, must) in [(0, PHONES, None), (ROUNDS, CROWD, Some(0.9))] {
            let (three, one) = in_turns(&openings, first, phones).await;
            let what =
                format!("three instances with Redis / one, {classes} classes, {phones} phones");
            report(backend, &what, three, one, must);
        }
    }
    crowd(backend, 2, false).await;
}

/// A city comes for one class, while others look at the catalogue: first who goes elsewhere
/// when it is full, then who agrees to wait.
pub async fn city(backend: Backend) {
    crowd(backend, 0, false).await;
    crowd(backend, 0, true).await;
}

async fn crowd(backend: Backend, more: usize, waits: bool) {
    let opening = Opening::new(backend, 30, PLACES, CITY, CITY).await;
    let address = if more == 0 { opening.address } else { proxied(&opening.app, more).await };
    let class = opening.classes[0];
    let ask = if waits { sign_up_or_wait } else { sign_up };
    let requests = (1..=CITY).map(|nth| ask(class, &token(nth)));
    let requests = Arc::new(requests.collect::<Vec<_>>());
    let browse = b"GET /api/classes HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec();
    let looks = Arc::new(vec![browse; 2_000]);
    let (signed, looked) = tokio::join!(
        load::arrive(address, &requests, 2_000, WITHIN),
        load::arrive(address, &looks, 100, WITHIN),
    );
    let mut by_code = std::collections::BTreeMap::<&str, u32>::new();
    for answer in &signed.answers {
        *by_code.entry(answer.as_str()).or_default() += 1;
    }
    let mut what = String::new();
    for (code, count) in &by_code {
        write!(what, " {code} {count}").unwrap();
    }
    let (taken, placed) = opening.held(class).await;
    assert_eq!((taken, placed), (PLACES, u64::try_from(PLACES).unwrap()), "{what}");
    println!(
        "{backend:<10} 36,000 people within 10 s for {PLACES} places{}, {} instances:{what}; over 0, under 0; p50 {:?} p99 {:?} (must 3 s) last {:?}; catalogue p99 {:?} (must 200 ms)",
        if waits { " or the list" } else { "" },
        more + 1,
        signed.at(50),
        signed.at(99),
        signed.at(100),
        looked.at(99),
        backend = format!("{backend:?}"),
    );
    let otherwise = if waits { "200 waiting" } else { "409 class_full" };
    let answered = |code: &str, count: u32| by_code.get(code).is_some_and(|of| *of == count);
    let people = u32::try_from(CITY).unwrap();
    let places = PLACES.unsigned_abs();
    let all = answered("200 placed", places) && answered(otherwise, people - places);
    assert!(all, "everybody has one of two answers:{what}");
    let waiting = if waits { people - places } else { 0 };
    opening.wait_in_order(class, waiting).await;
    expect(signed.at(99) <= Duration::from_secs(3), "p99 of sign-ups within 3 s");
    expect(looked.at(99) <= Duration::from_millis(200), "p99 of the catalogue within 200 ms");
}

/// What a decision costs with a short and with a long past.
pub async fn the_past(backend: Backend) {
    let mut openings = Vec::new();
    for past in [1_000, 1_000_000] {
        let opening = Opening::new(backend, 1, 100_000, 50_000, ROUNDS * DECISIONS).await;
        opening.remember(past).await;
        opening.analyze("enrolment, enrolment_change, term, class").await;
        openings.push((opening.address, opening));
    }
    let (long, short) = in_turns(&openings, 0, CLIENTS).await;
    report(backend, "decisions after 1,000,000 / 1,000 enrolments", long, short, Some(1.0 / 1.3));
}

/// Decisions a second of the second and of the first, turn about, since machines are noisy;
/// the median of their ratios counts. In each round other people sign up.
async fn in_turns(
    openings: &[(SocketAddr, Opening)],
    first_round: u64,
    clients: usize,
) -> (f64, f64) {
    let mut rounds = Vec::new();
    for round in first_round..first_round + ROUNDS {
        let mut rates = Vec::new();
        for (address, opening) in openings {
            let requests = opening.sign_ups(round * DECISIONS + 1..=(round + 1) * DECISIONS);
            rates.push(load::run(*address, &requests, clients, "placed").await.per_s);
        }
        rounds.push((rates[1], rates[0]));
    }
    rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    rounds[rounds.len() / 2]
}
