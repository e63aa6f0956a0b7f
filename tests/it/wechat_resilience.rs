//! What the client does when the platform, the cache or the network fails: fail-over,
//! repeats, circuit, quota, and tokens shared by instances.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shangxue::cache::Cache;
use shangxue::clock::Clock;
use shangxue::error::{Error as AppError, Kind};
use shangxue::wechat::{Ability, CircuitView, Class, CustomMessage, SubscribeMessage, Wechat};

use crate::support::stub::{
    MENU, Platform, SEND, STABLE_TOKEN, Seen, clock, free_address, refusal, token,
};

const CUSTOM: &str = "/cgi-bin/message/custom/send";

fn message() -> SubscribeMessage {
    SubscribeMessage {
        openid: "o1".to_owned(),
        template_id: "T".to_owned(),
        page: None,
        data: [("thing1".to_owned(), "书法".to_owned())].into(),
        state: "formal".to_owned(),
    }
}

/// Answers the token, and everything else as the test says.
async fn platform(answer: impl Fn(&Seen) -> (u16, Value) + Send + Sync + 'static) -> Platform {
    Platform::start(move |seen| match seen.path.as_str() {
        STABLE_TOKEN => token("t"),
        _ => answer(seen),
    })
    .await
}

/// Takes the answers in turn, and goes on with `then`.
async fn platform_saying(answers: &[(u16, Value)], then: (u16, Value)) -> Platform {
    let answers = Mutex::new(VecDeque::from(answers.to_vec()));
    platform(move |_| answers.lock().unwrap().pop_front().unwrap_or(then.clone())).await
}

fn trying(platform: &Platform, tries: u32) -> Wechat {
    platform.client_set(Cache::local(), clock(), &[("wechat.tries", tries.to_string())])
}

fn busy() -> (u16, Value) {
    refusal(-1)
}

fn ok() -> (u16, Value) {
    (200, json!({ "errcode": 0, "errmsg": "ok" }))
}

#[tokio::test]
async fn what_was_not_sent_goes_to_the_second_host_at_once() {
    let second = platform(|_| refusal(46003)).await;
    let gone = Platform::nowhere();
    let backup = [("wechat.api_base_backup", second.url.clone())];
    let (clock, cache) = (clock(), Cache::local());
    let wechat = gone.client_set(cache, clock.clone(), &backup);
    for _ in 0..10 {
        assert_eq!(wechat.official().get_menu().await.unwrap(), None);
    }
    assert_eq!((second.seen(MENU).len(), second.seen(STABLE_TOKEN).len()), (10, 1));
    // After failures in a row the first one is left alone for a while.
    let hosts = wechat.official().upkeep().hosts();
    assert!(matches!(hosts[0].circuit, CircuitView::Open { .. }), "{hosts:?}");
    assert_eq!(hosts[1].circuit, CircuitView::Closed);
    // Then one call tries it again, and still arrives.
    clock.advance(TimeDelta::seconds(46));
    assert_eq!(wechat.official().upkeep().hosts()[0].circuit, CircuitView::Probing);
    wechat.official().get_menu().await.unwrap();
    assert!(matches!(wechat.official().upkeep().hosts()[0].circuit, CircuitView::Open { .. }));
}

#[tokio::test]
async fn what_may_have_arrived_goes_to_no_second_host() {
    let first = platform(|_| (502, json!("busy"))).await;
    let second = platform(|_| ok()).await;
    let backup = [("wechat.api_base_backup", second.url.clone())];
    let wechat = first.client_set(Cache::local(), clock(), &backup);
    let error = wechat.mini().send_subscribe(&message()).await.unwrap_err();
    assert_eq!(error.class(), Class::MaybeSent);
    assert_eq!((first.seen(SEND).len(), second.seen(SEND).len()), (1, 0));
}

#[tokio::test]
async fn a_busy_platform_is_asked_again_and_people_are_kept_from_doubles() {
    let reading = platform_saying(&[busy(), (502, json!("x"))], refusal(46003)).await;
    // A person gets one more try, a job two.
    let hasty = trying(&reading, 3);
    assert_eq!(hasty.official().get_menu().await.unwrap_err().class(), Class::MaybeSent);
    assert_eq!(reading.seen(MENU).len(), 2);
    let reading = platform_saying(&[busy(), (502, json!("x"))], refusal(46003)).await;
    assert_eq!(trying(&reading, 3).in_background().official().get_menu().await.unwrap(), None);
    assert_eq!(reading.seen(MENU).len(), 3);

    // A code proves that a message was not taken; a lost answer does not.
    let sending = platform_saying(&[busy()], ok()).await;
    trying(&sending, 3).in_background().mini().send_subscribe(&message()).await.unwrap();
    assert_eq!(sending.seen(SEND).len(), 2);
    let losing = platform_saying(&[(500, json!("x"))], ok()).await;
    let lost = trying(&losing, 3).in_background().mini().send_subscribe(&message()).await;
    assert_eq!(lost.unwrap_err().class(), Class::MaybeSent);
    assert_eq!(losing.seen(SEND).len(), 1);
}

#[tokio::test]
async fn a_platform_that_is_down_is_left_alone_and_probed() {
    let down = Arc::new(AtomicBool::new(true));
    let state = down.clone();
    let platform = platform(move |_| match state.load(Ordering::SeqCst) {
        true => (503, json!("down")),
        false => refusal(46003),
    })
    .await;
    let clock = clock();
    let wechat = platform.client_set(Cache::local(), clock.clone(), &[]);
    wechat.official().check().await.unwrap();
    for _ in 0..20 {
        assert!(wechat.official().get_menu().await.is_err());
    }
    assert_eq!(platform.seen(MENU).len(), 5);
    let error = wechat.official().get_menu().await.unwrap_err();
    assert_eq!(error.class(), Class::NotSent);
    assert!(error.errmsg.contains("not sent"), "{error}");
    let until = error.retry_at.unwrap();
    assert_eq!(AppError::from(error).not_before, Some(until));
    // The other account has a circuit of its own.
    assert_eq!(wechat.mini().upkeep().hosts()[0].circuit, CircuitView::Closed);
    // After the pause one of many goes out.
    clock.advance(TimeDelta::seconds(46));
    let calls = (0..10).map(|_| async { wechat.official().get_menu().await });
    assert!(join_all(calls).await.iter().all(Result::is_err));
    assert_eq!(platform.seen(MENU).len(), 6);
    down.store(false, Ordering::SeqCst);
    clock.advance(TimeDelta::seconds(91));
    assert_eq!(wechat.official().get_menu().await.unwrap(), None);
    assert_eq!(wechat.official().upkeep().hosts()[0].circuit, CircuitView::Closed);
}

#[tokio::test]
async fn a_used_up_day_is_not_asked_for_again_and_others_learn_it() {
    let platform = platform(|seen| match seen.path.as_str() {
        MENU => refusal(45009),
        _ => ok(),
    })
    .await;
    let (cache, clock) = (Cache::local(), clock());
    let wechat = platform.client_set(cache.clone(), clock.clone(), &[]);
    let midnight = clock.now() + TimeDelta::hours(15);
    for _ in 0..3 {
        let error = wechat.official().get_menu().await.unwrap_err();
        assert_eq!((error.class(), error.retry_at), (Class::BackOff, Some(midnight)));
        assert_eq!(AppError::from(error).kind, Kind::Upstream);
    }
    let other = platform.client_set(cache, clock.clone(), &[]);
    assert_eq!(other.official().get_menu().await.unwrap_err().retry_at, Some(midnight));
    assert_eq!(platform.seen(MENU).len(), 1);
    // Other endpoints go on, and the next day begins anew.
    wechat.official().send_custom("o1", &CustomMessage::Text("好".to_owned())).await.unwrap();
    clock.advance(TimeDelta::hours(15));
    wechat.official().get_menu().await.unwrap_err();
    assert_eq!(platform.seen(MENU).len(), 2);
    // Cleared at the platform: open again for all, without waiting.
    wechat.official().upkeep().clear_quota().await.unwrap();
    for instance in [&wechat, &other] {
        instance.official().get_menu().await.unwrap_err();
    }
    assert_eq!(platform.seen(MENU).len(), 3, "the second was told by the first");
}

#[tokio::test]
async fn one_persons_haste_does_not_shut_out_the_others() {
    let platform = platform(|_| refusal(45011)).await;
    let wechat = platform.client();
    for _ in 0..2 {
        let error = wechat.mini().login("code").await.err().unwrap();
        assert_eq!((error.errcode, error.retry_at), (Some(45011), None));
    }
    assert_eq!(platform.seen("/sns/jscode2session").len(), 2);
}

#[tokio::test]
async fn the_last_tenth_of_a_day_is_kept_for_people() {
    let quota = json!({ "quota": { "daily_limit": 10, "used": "8", "remain": 2 } });
    let platform = platform(move |seen| match seen.path.as_str() {
        CUSTOM => ok(),
        _ => (200, quota.clone()),
    })
    .await;
    let wechat = platform.client();
    let told = wechat.official().upkeep().quota(CUSTOM).await.unwrap();
    assert_eq!((told.daily_limit, told.used, told.remain), (10, 8, 2));
    let asked: Value =
        serde_json::from_slice(&platform.seen("/cgi-bin/openapi/quota/get")[0].body).unwrap();
    assert_eq!(asked, json!({ "cgi_path": CUSTOM }));
    let text = CustomMessage::Text("好".to_owned());
    let jobs = wechat.in_background();
    // In the background a first one, the ninth of the day, and no more.
    let background = platform.client_set(Cache::local(), clock(), &[]).in_background();
    background.official().upkeep().quota(CUSTOM).await.unwrap();
    background.official().send_custom("o1", &text).await.unwrap();
    let kept = background.official().send_custom("o1", &text).await.unwrap_err();
    assert_eq!(kept.class(), Class::BackOff);
    assert!(kept.retry_at.is_some());
    for _ in 0..3 {
        wechat.official().send_custom("o1", &text).await.unwrap();
    }
    assert!(jobs.official().send_custom("o1", &text).await.is_err());
    let usage = wechat.official().upkeep().usage().await;
    let line = usage.iter().find(|line| line.endpoint == CUSTOM).unwrap();
    assert_eq!((line.used, line.limit), (11, Some(10)));
}

#[tokio::test]
async fn a_day_that_was_set_back_begins_anew_for_the_jobs_of_every_instance() {
    let quota = json!({ "quota": { "daily_limit": 10, "used": 9, "remain": 1 } });
    let platform = platform(move |_| (200, quota.clone())).await;
    let cache = Cache::local();
    let [one, other] = [(); 2].map(|()| platform.client_set(cache.clone(), clock(), &[]));
    one.official().upkeep().quota(CUSTOM).await.unwrap();
    let text = CustomMessage::Text("好".to_owned());
    let jobs = other.in_background();
    jobs.official().send_custom("o1", &text).await.unwrap_err();
    one.official().upkeep().clear_quota().await.unwrap();
    for _ in 0..9 {
        jobs.official().send_custom("o1", &text).await.unwrap();
    }
    jobs.official().send_custom("o1", &text).await.unwrap_err();
    for instance in [one, other] {
        let usage = instance.official().upkeep().usage().await;
        let line = usage.iter().find(|line| line.endpoint == CUSTOM).unwrap();
        assert_eq!((line.used, line.limit), (9, Some(10)));
    }
}

#[tokio::test]
async fn what_the_account_may_not_is_refused_here_with_what_to_do_instead() {
    let platform = platform(|_| ok()).await;
    let extra = [
        ("wechat.official.kind", "subscription".to_owned()),
        ("wechat.official.verified", "false".to_owned()),
    ];
    let wechat = platform.client_set(Cache::local(), clock(), &extra);
    assert!(!wechat.official().can(Ability::CustomerMessage));
    let text = CustomMessage::Text("好".to_owned());
    let error = wechat.official().send_custom("o1", &text).await.unwrap_err();
    assert_eq!((error.errcode, error.class()), (Some(48001), Class::Configuration));
    assert!(!AppError::from(error).next.is_empty());
    assert!(platform.seen.lock().unwrap().is_empty());
    // The mini-program is another account.
    wechat.mini().send_custom("o2", &text).await.unwrap();
}

#[tokio::test]
async fn a_right_that_was_denied_is_remembered_and_forgotten_when_it_is_granted() {
    let platform = platform_saying(&[refusal(48001)], ok()).await;
    let (cache, clock) = (Cache::local(), clock());
    let wechat = platform.client_set(cache.clone(), clock.clone(), &[]);
    let other = platform.client_set(cache, clock.clone(), &[]);
    let text = CustomMessage::Text("好".to_owned());
    assert!(wechat.official().can(Ability::CustomerMessage));
    wechat.official().send_custom("o1", &text).await.unwrap_err();
    assert!(!wechat.official().can(Ability::CustomerMessage));
    assert_eq!(other.official().upkeep().missing().await, [Ability::CustomerMessage]);
    assert!(!other.official().can(Ability::CustomerMessage));
    let trouble = &other.official().upkeep().troubles().await[0];
    assert_eq!((trouble.errcode, trouble.rid.as_deref()), (Some(48001), Some("1-2-3")));
    // Who insists is let through: it may have been granted.
    wechat.official().send_custom("o1", &text).await.unwrap();
    assert!(wechat.official().can(Ability::CustomerMessage));
    assert!(other.official().upkeep().missing().await.is_empty());
}

#[tokio::test]
async fn counts_that_one_instance_sets_back_are_set_back_for_all() {
    let platform = platform(|seen| match seen.path.as_str() {
        STABLE_TOKEN => token("t"),
        MENU => refusal(45009),
        _ => ok(),
    })
    .await;
    let (cache, clock) = (Cache::local(), clock());
    let met = platform.client_set(cache.clone(), clock.clone(), &[]);
    let other = platform.client_set(cache, clock, &[]);
    for said in ["by WeChat", "here"] {
        let error = met.official().get_menu().await.unwrap_err();
        assert!(error.is(45009), "{said}: {error}");
    }
    assert_eq!(platform.seen(MENU).len(), 1, "not asked again");
    other.official().upkeep().clear_quota().await.unwrap();
    met.official().get_menu().await.unwrap_err();
    assert_eq!(platform.seen(MENU).len(), 2);
}

/// A platform whose tokens die when `kill` counts up, as after somebody's forced refresh.
async fn mortal() -> (Platform, Arc<AtomicU64>) {
    let life = Arc::new(AtomicU64::new(0));
    let now = life.clone();
    let platform = Platform::start(move |seen| {
        let alive = format!("t{}", now.load(Ordering::SeqCst));
        match seen.path.as_str() {
            STABLE_TOKEN => token(&alive),
            _ if seen.query.ends_with(&format!("access_token={alive}")) => refusal(46003),
            _ => refusal(40001),
        }
    })
    .await;
    (platform, life)
}

fn shared_cache() -> Option<Cache> {
    let url = std::env::var("SHANGXUE_TEST_REDIS").ok()?;
    let mut mark = [0_u8; 8];
    getrandom::fill(&mut mark).unwrap();
    Some(Cache::redis(&url, &format!("test:{}:", hex::encode(mark))).unwrap())
}

#[tokio::test]
async fn instances_on_one_redis_ask_for_one_token_and_renew_it_once() {
    let Some(cache) = shared_cache() else { return };
    let (platform, life) = mortal().await;
    let clock = clock();
    let instances: Vec<Wechat> =
        (0..4).map(|_| platform.client_set(cache.clone(), clock.clone(), &[])).collect();
    for killed in 0..4 {
        life.store(killed, Ordering::SeqCst);
        let calls = (0..100).map(|call| {
            let wechat = &instances[call % instances.len()];
            async move { wechat.official().get_menu().await }
        });
        for outcome in join_all(calls).await {
            assert_eq!(outcome.unwrap(), None);
        }
        assert_eq!(platform.seen(STABLE_TOKEN).len() as u64, killed + 1);
    }
}

#[tokio::test]
async fn an_instance_that_died_with_the_lease_does_not_stop_the_others() {
    let Some(cache) = shared_cache() else { return };
    let (platform, _) = mortal().await;
    let wechat = platform.client_set(cache.clone(), clock(), &[]);
    let secret = hex::encode(<sha2::Sha256 as sha2::Digest>::digest("secret-of-ours"));
    let lease = format!("wechat-token:wx1:{}:lease", &secret[..8]);
    cache.set(&lease, "somebody", std::time::Duration::from_secs(60)).await.unwrap();
    assert_eq!(wechat.official().get_menu().await.unwrap(), None);
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 1);
    assert_eq!(cache.get(&lease).await.unwrap().as_deref(), Some("somebody"));
}

#[tokio::test]
async fn without_redis_tokens_that_are_killed_cost_few_requests() {
    let (platform, life) = mortal().await;
    let clock: Clock = clock();
    let instances: Vec<Wechat> = (0..2)
        .map(|_| {
            let gone = Cache::redis(&format!("redis://{}/", free_address()), "test:").unwrap();
            platform.client_set(gone, clock.clone(), &[])
        })
        .collect();
    for killed in 0..3 {
        life.store(killed, Ordering::SeqCst);
        let calls = (0..40).map(|call| {
            let wechat = &instances[call % instances.len()];
            async move { wechat.official().get_menu().await }
        });
        for outcome in join_all(calls).await {
            assert_eq!(outcome.unwrap(), None);
        }
    }
    assert_eq!(platform.seen(STABLE_TOKEN).len(), 2 * 3, "one a process and a death");
    assert!(instances[0].official().can(Ability::Menu));
}
