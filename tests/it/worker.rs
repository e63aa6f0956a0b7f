//! The outbox: what fails is tried again, what is given up is shown and can be
//! repeated, and what a dead worker held is taken up.

use std::time::Duration;

use chrono::TimeDelta;
use entity::job;
use entity::kinds::{JobState, Role};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::Value;
use shangxue::outbox::{self, Job};
use shangxue::sandbox::Fault;
use shangxue::worker;
use tokio_util::sync::CancellationToken;

use crate::on_both_databases_with_wechat;
use crate::support::Backend;
use crate::support::fixtures::{self, Clerk};
use crate::support::platform::World;

const MENU: &str = "/cgi-bin/menu/create";

async fn enqueue(world: &World) {
    let (app, now) = (&world.app.app, world.app.now());
    let tx = app.db.begin().await.unwrap();
    outbox::enqueue(&tx, &Job::SyncMenu, now, now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn the_job(world: &World) -> job::Model {
    job::Entity::find().one(world.app.app.db.read()).await.unwrap().unwrap()
}

async fn listed(world: &World, clerk: &Clerk, state: &str) -> Value {
    world.app.get(&format!("/api/staff/jobs?state={state}")).by(clerk).send().await.ok()
}

on_both_databases_with_wechat! {
    async fn a_failure_that_may_pass_is_tried_again_later(world: World) {
        enqueue(&world).await;
        world.platform.fail_next(MENU, Fault::Errcode(-1), 1);
        assert_eq!(world.app.run_jobs().await, 1);
        let waiting = the_job(&world).await;
        assert_eq!((waiting.state, waiting.attempts), (JobState::Ready, 1));
        assert!(waiting.last_error.is_some());
        assert_eq!(world.app.run_jobs().await, 0, "not before its time");
        world.advance(TimeDelta::seconds(1));
        assert_eq!(world.app.run_jobs().await, 1);
        assert_eq!(the_job(&world).await.state, JobState::Done);
        assert!(world.platform.menu().is_some());
    }

    async fn a_used_up_quota_lets_a_job_wait_for_the_next_day(world: World) {
        enqueue(&world).await;
        world.platform.fail_next(MENU, Fault::Errcode(45009), 1);
        world.app.run_jobs().await;
        let waiting = the_job(&world).await;
        // 09:00 in Shanghai; the limits begin anew at 00:00 there.
        let midnight = world.app.now() + TimeDelta::hours(15);
        assert_eq!((waiting.state, waiting.run_after), (JobState::Ready, midnight));
        world.advance(TimeDelta::hours(14));
        assert_eq!(world.app.run_jobs().await, 0);
        world.advance(TimeDelta::hours(1));
        assert_eq!(world.app.run_jobs().await, 1);
        assert_eq!(the_job(&world).await.state, JobState::Done);
        assert_eq!(world.calls(MENU), 2);
    }

    async fn a_dead_job_is_shown_to_staff_and_can_be_repeated(world: World) {
        let centre = fixtures::clerk(&world.app, "centre", Role::Centre, None).await;
        let teacher = fixtures::clerk(&world.app, "teacher", Role::Teacher, None).await;
        enqueue(&world).await;
        world.platform.fail_next(MENU, Fault::Errcode(40018), 1);
        world.app.run_jobs().await;
        let dead = listed(&world, &centre, "dead").await;
        assert_eq!((dead["total"].as_u64(), dead["items"][0]["kind"].as_str()), (Some(1), Some("sync_menu")));
        assert!(dead["items"][0]["last_error"].as_str().is_some_and(|words| words.contains("微信")));
        assert_eq!(world.app.get("/api/staff/status").by(&centre).send().await.ok()["jobs_dead"], 1);

        let retry = format!("/api/staff/jobs/{}/retry", dead["items"][0]["id"]);
        let ask = |clerk: &Clerk| world.app.request(reqwest::Method::POST, &retry).by(clerk);
        ask(&teacher).send().await.refused(403, "forbidden");
        ask(&centre).send().await.ok();
        ask(&centre).send().await.refused(404, "job_not_dead");
        world.app.run_jobs().await;
        assert_eq!(the_job(&world).await.state, JobState::Done);
        assert_eq!(listed(&world, &centre, "dead").await["total"], 0);
    }

    async fn a_job_whose_worker_died_is_taken_up_when_its_lease_is_over(world: World) {
        enqueue(&world).await;
        let lease = world.app.app.config.worker.lease_s;
        // What a killed worker leaves behind.
        let until = world.app.now() + TimeDelta::seconds(lease);
        let sql = format!("UPDATE job SET state = 'running', attempts = 1, leased_until = '{}'", until.to_rfc3339());
        world.app.app.db.writer().execute_unprepared(&sql).await.unwrap();
        assert_eq!(world.app.run_jobs().await, 0, "it may still be at work");
        world.advance(TimeDelta::seconds(lease + 1));
        assert_eq!(world.app.run_jobs().await, 1);
        assert_eq!(the_job(&world).await.state, JobState::Done);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_takes_longer_than_its_lease_stays_with_its_worker() {
    let settings = [("wechat.timeout_s", "4".to_owned()), ("worker.poll_ms", "20".to_owned())];
    for backend in [Backend::Sqlite, Backend::Postgres] {
        if backend.available() {
            it_takes_longer_than_its_lease(World::start_with(backend, &settings).await).await;
        }
    }
}

async fn it_takes_longer_than_its_lease(world: World) {
    enqueue(&world).await;
    // The platform keeps the worker waiting until the call gives up.
    world.platform.fail_next(MENU, Fault::Lost, 1);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(worker::serve(world.app.app.clone(), stop.clone()));
    while world.calls(MENU) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let leased = the_job(&world).await.leased_until;
    world.advance(TimeDelta::seconds(world.app.app.config.worker.lease_s - 1));
    while the_job(&world).await.leased_until == leased {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.advance(TimeDelta::seconds(2));
    assert_eq!(world.app.run_jobs().await, 0, "another worker leaves it alone");
    stop.cancel();
    serving.await.unwrap();
    let job = the_job(&world).await;
    assert_eq!((job.state, job.attempts), (JobState::Ready, 1));
}
