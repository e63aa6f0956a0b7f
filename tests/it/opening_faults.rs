//! An opening on three instances behind a proxy, while everything fails: Redis is
//! killed, PostgreSQL restarts, an instance dies. Everybody asks from two phones, and
//! again under the same name of the request until there is an answer. And an instance that
//! dies for certain between the place and the commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::Utc;
use entity::ids::{ClassId, ResidentId};
use entity::kinds::EnrolmentStatus;
use entity::{class, enrolment, enrolment_change};
use futures_util::future::join_all;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QuerySelect, Statement};
use serde_json::{Value, json};
use shangxue::server;

use crate::support::fixtures::{self, Person};
use crate::support::process::{Process, proxy};
use crate::support::{Backend, TestApp};

const PEOPLE: u32 = 150;
const PLACES: i32 = 20;

fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

/// A Redis of the test's own.
struct Redis {
    port: u16,
    server: Child,
}

impl Redis {
    fn start(port: u16) -> Self {
        let port_text = port.to_string();
        let server = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port_text, "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server, of the package of that name");
        Self { port, server }
    }

    fn kill(&mut self) {
        let _gone = self.server.kill();
        let _ended = self.server.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A PostgreSQL of the test's own; root hands it to the user `postgres`, as it must.
struct Cluster {
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    fn start() -> Self {
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("sx_cluster_{port}"));
        let cluster = Self { folder, port };
        cluster.run(
            "initdb",
            &["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync"],
        );
        cluster.run("pg_ctl", &["start", "--wait", "-o", &cluster.options()]);
        cluster
    }

    fn options(&self) -> String {
        format!("-p {} -c listen_addresses=127.0.0.1 -k ''", self.port)
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// As after a crash: what is not committed is gone, and connections with it.
    fn crash_and_start_again(&self) {
        self.run("pg_ctl", &["restart", "--wait", "-m", "immediate", "-o", &self.options()]);
    }

    fn run(&self, tool: &str, arguments: &[&str]) {
        let status = self.command(tool).args(arguments).status().expect("the tools of PostgreSQL");
        assert!(status.success(), "{tool}");
    }

    fn command(&self, tool: &str) -> Command {
        let tool = tools().join(tool);
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        let mut command = if is_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(tool);
            command
        } else {
            Command::new(tool)
        };
        command.current_dir(std::env::temp_dir()).arg("-D").arg(&self.folder);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _stopped = self.command("pg_ctl").args(["stop", "-m", "immediate"]).status();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

/// Debian keeps them beside the server, not on the path.
fn tools() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found = versions.map(|one| one.path().join("bin"));
    found.find(|path| path.join("initdb").exists()).unwrap_or_default()
}

/// What came of one phone's request.
struct Said {
    who: ResidentId,
    enrolment: i64,
    status: String,
}

/// One phone of somebody asks.
async fn sign_up(
    http: &reqwest::Client,
    url: &str,
    person: &Person,
    phone: u32,
    failed: &AtomicUsize,
) -> Said {
    ask(http, url, person, &format!("{}-{phone}", person.id), failed).await
}

/// Asks under this name of the request until there is an answer.
async fn ask(
    http: &reqwest::Client,
    url: &str,
    person: &Person,
    key: &str,
    failed: &AtomicUsize,
) -> Said {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let request = http
            .post(url)
            .bearer_auth(&person.token)
            .header("Idempotency-Key", key)
            .json(&json!({ "join_waitlist": true }));
        if let Ok(answer) = request.send().await {
            let status = answer.status();
            let body: Value = answer.json().await.unwrap_or_default();
            if status.is_success() {
                let enrolment = &body["enrolment"];
                return Said {
                    who: person.id,
                    enrolment: enrolment["id"].as_i64().unwrap(),
                    status: enrolment["status"].as_str().unwrap().to_owned(),
                };
            }
            assert!(status.is_server_error(), "{status} {body}");
            // A body that was cut off says nothing.
            if let Some(message) = body["message"].as_str() {
                assert!(message.contains("再试"), "{message}");
            }
        }
        failed.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no answer in a minute");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opening_survives_the_loss_of_redis_of_the_database_and_of_an_instance() {
    if !Backend::Postgres.available() {
        return;
    }
    let cluster = Cluster::start();
    let mut redis = Redis::start(free_port());
    let app = TestApp::start_with(Backend::Postgres, &[("database.url", cluster.url())]).await;
    server::migrate(&app.app).await.unwrap();
    // The processes have the real time.
    app.advance(Utc::now() - app.now());
    let school = fixtures::school(&app).await;
    let class = fixtures::class(&app, &school, "一班", PLACES).await;
    let mut people = Vec::new();
    for nth in 0..PEOPLE {
        people.push(fixtures::person(&app, school.community, nth).await);
    }
    let settings = [
        ("database.url", cluster.url()),
        ("redis.url", format!("redis://127.0.0.1:{}/0", redis.port)),
    ];
    let mut instances: Vec<Process> = (0..3).map(|_| Process::start(&settings)).collect();
    for instance in &instances {
        instance.ready().await;
    }
    let addresses = instances.iter().map(|instance| instance.address.clone()).collect();
    let url = format!("http://{}/api/classes/{class}/enrolments", proxy(addresses).await);

    let (failed, said) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let people = Arc::new(people);
    let crowd = async {
        // Two phones of everybody, who come over six seconds.
        join_all((0..2 * PEOPLE).map(|turn| {
            let (people, failed, said, url, http) = (&people, &failed, &said, &url, &app.http);
            async move {
                tokio::time::sleep(Duration::from_millis(u64::from(turn % PEOPLE) * 40)).await;
                let person = &people[(turn % PEOPLE) as usize];
                let answer = sign_up(http, url, person, turn / PEOPLE, failed).await;
                said.lock().unwrap().push(answer);
            }
        }))
        .await;
    };
    let faults = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        redis.kill();
        tokio::time::sleep(Duration::from_secs(1)).await;
        instances[0].kill_and_start_again();
        tokio::time::sleep(Duration::from_secs(1)).await;
        redis = Redis::start(redis.port);
        tokio::task::block_in_place(|| cluster.crash_and_start_again());
        tokio::time::sleep(Duration::from_secs(1)).await;
        instances[1].kill_and_start_again();
    };
    tokio::join!(crowd, faults);

    assert!(failed.into_inner() > 0, "nothing was met by the faults");
    right(&app, class, &said.into_inner().unwrap()).await;
}

/// Everybody has one enrolment, both phones say the same, the places are those that there
/// are, and the numbers on the list have no gaps.
async fn right(app: &TestApp, id: ClassId, said: &[Said]) {
    let db = app.app.db.read();
    let rows = enrolment::Entity::find().all(db).await.unwrap();
    let of_person: BTreeMap<_, _> = rows.iter().map(|row| (row.resident_id, row)).collect();
    assert_eq!((rows.len(), of_person.len(), said.len()), (150, 150, 300));
    for one in said {
        let row = of_person[&one.who];
        assert_eq!((one.enrolment, one.status.as_str()), (row.id.0, row.status.as_str()));
    }
    let class = class::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
    let with = |status| rows.iter().filter(|row| row.status == status).count();
    assert_eq!((class.taken, with(EnrolmentStatus::Placed)), (PLACES, 20));
    assert_eq!((class.waiting, with(EnrolmentStatus::Waiting)), (130, 130));
    let mut numbers: Vec<_> = rows.iter().filter_map(|row| row.queue_number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=130).collect::<Vec<_>>());
}

/// What a session with the database waits for.
async fn waits_for_history(app: &TestApp) -> bool {
    let waiting = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted \
        AND locktype = 'relation' AND relation = 'enrolment_change'::regclass";
    let waiting = Statement::from_string(DbBackend::Postgres, waiting);
    let row = app.app.db.read().query_one_raw(waiting).await.unwrap().unwrap();
    row.try_get::<i64>("", "n").unwrap() > 0
}

/// Somebody holds the row of the class, as who has taken a place of it does.
async fn is_held(app: &TestApp, id: ClassId) -> bool {
    let tx = app.app.db.begin().await.unwrap();
    let free = class::Entity::find_by_id(id)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(&tx)
        .await
        .unwrap();
    free.is_none()
}

/// Waits for what is certain to come.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never comes");
}

/// Between the place and the history there is the moment at which a crash costs most: here
/// the instance is held in it, by a lock on the table of the history, and killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_killed_between_reserve_and_commit_neither_loses_nor_takes_a_place() {
    if !Backend::Postgres.available() {
        return;
    }
    let app = TestApp::start(Backend::Postgres).await;
    // The processes have the real time.
    app.advance(Utc::now() - app.now());
    let school = fixtures::school(&app).await;
    let class = fixtures::class(&app, &school, "一班", 3).await;
    let mut people = Vec::new();
    for nth in 0..4 {
        people.push(fixtures::person(&app, school.community, nth).await);
    }
    let settings = [("database.url", app.database_url().to_owned())];
    let mut dying = Process::start(&settings);
    let other = Process::start(&settings);
    let url = |of: &Process| format!("http://{}/api/classes/{class}/enrolments", of.address);
    for instance in [&dying, &other] {
        instance.ready().await;
    }

    let held = app.app.db.begin().await.unwrap();
    held.execute_unprepared("LOCK TABLE enrolment_change IN EXCLUSIVE MODE").await.unwrap();
    let phones = people[..3].iter().map(|person| {
        let request = app.http.post(url(&dying)).bearer_auth(&person.token);
        request.header("Idempotency-Key", format!("key {}", person.id)).json(&json!({})).send()
    });
    let asked = tokio::spawn(join_all(phones));
    until(async || waits_for_history(&app).await).await;
    assert!(is_held(&app, class).await, "the place is taken, and not yet for good");
    dying.kill();
    let answers = asked.await.unwrap();
    assert!(answers.iter().all(Result::is_err), "nobody was told anything");
    held.rollback().await.unwrap();
    until(async || !is_held(&app, class).await).await;

    // Nothing of it has happened.
    let db = app.app.db.read();
    let counted = class::Entity::find_by_id(class).one(db).await.unwrap().unwrap();
    assert_eq!((counted.taken, counted.waiting, counted.last_queue_number), (0, 0, 0));
    assert_eq!(enrolment::Entity::find().count(db).await.unwrap(), 0);

    // The other instance goes on, and so does the dead one when it is started again: the
    // phones repeat their request there, everybody has one place, and no more.
    let mut ids = BTreeSet::new();
    for round in 0..2 {
        for person in &people[..3] {
            let said = repeat(&app.http, &url(&other), person).await;
            assert_eq!((said.who, said.status.as_str()), (person.id, "placed"));
            ids.insert(said.enrolment);
        }
        if round == 0 {
            dying.kill_and_start_again();
            dying.ready().await;
        }
    }
    let again = repeat(&app.http, &url(&dying), &people[0]).await;
    assert!(ids.contains(&again.enrolment) && ids.len() == 3, "{ids:?}");
    let late = app.http.post(url(&dying)).bearer_auth(&people[3].token).json(&json!({}));
    let late: Value = late.send().await.unwrap().json().await.unwrap();
    assert_eq!(late["code"], "class_full", "{late}");
    let counted = class::Entity::find_by_id(class).one(db).await.unwrap().unwrap();
    assert_eq!((counted.taken, enrolment::Entity::find().count(db).await.unwrap()), (3, 3));
    let lines = enrolment_change::Entity::find().count(db).await.unwrap();
    assert_eq!(lines, 3, "each with its history, once");
}

/// As [`sign_up`], under the name that the request had at first.
async fn repeat(http: &reqwest::Client, url: &str, person: &Person) -> Said {
    ask(http, url, person, &format!("key {}", person.id), &AtomicUsize::new(0)).await
}
