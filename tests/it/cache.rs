//! The shared cache: the same answers from this process and from Redis.

use std::time::Duration;

use shangxue::cache::Cache;

const MINUTE: Duration = Duration::from_secs(60);

/// Both kinds; Redis where `SHANGXUE_TEST_REDIS` names one.
fn caches(test: &str) -> Vec<Cache> {
    let mut caches = vec![Cache::local()];
    if let Some(url) = std::env::var("SHANGXUE_TEST_REDIS").ok().filter(|url| !url.is_empty()) {
        caches.push(Cache::redis(&url, &format!("test:{test}:{}:", std::process::id())).unwrap());
    }
    caches
}

#[tokio::test]
async fn what_is_set_is_got_until_it_ends() {
    for cache in caches("set") {
        cache.ping().await.unwrap();
        assert_eq!(cache.get("a").await.unwrap(), None);
        cache.set("a", "一", MINUTE).await.unwrap();
        assert_eq!(cache.get("a").await.unwrap().as_deref(), Some("一"));
        cache.set("a", "二", Duration::from_millis(1)).await.unwrap();
        while cache.get("a").await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn of_many_at_once_one_sets_what_is_absent() {
    for cache in caches("absent") {
        let tries = (0..20).map(|nth| {
            let cache = cache.clone();
            async move { cache.set_if_absent("lock", &nth.to_string(), MINUTE).await.unwrap() }
        });
        let set = futures_util::future::join_all(tries).await;
        assert_eq!(set.into_iter().filter(|set| *set).count(), 1);
    }
}

#[tokio::test]
async fn only_the_value_that_is_meant_is_removed() {
    for cache in caches("remove") {
        cache.set("token", "old", MINUTE).await.unwrap();
        cache.set("token", "new", MINUTE).await.unwrap();
        assert!(!cache.remove_if("token", "old").await.unwrap());
        assert_eq!(cache.get("token").await.unwrap().as_deref(), Some("new"));
        assert!(cache.remove_if("token", "new").await.unwrap());
        assert!(!cache.remove_if("token", "new").await.unwrap());
        assert_eq!(cache.get("token").await.unwrap(), None);
    }
}

#[tokio::test]
async fn counting_loses_nothing() {
    for cache in caches("count") {
        let tries = (0..50).map(|_| {
            let cache = cache.clone();
            async move { cache.count("hits", MINUTE).await.unwrap() }
        });
        let mut counts = futures_util::future::join_all(tries).await;
        counts.sort_unstable();
        assert_eq!(counts, (1..=50).collect::<Vec<u64>>());
    }
}

#[tokio::test]
async fn a_cache_that_is_down_is_an_error_soon() {
    let cache = Cache::redis("redis://127.0.0.1:9/", "x:").unwrap();
    let begun = std::time::Instant::now();
    assert!(cache.get("a").await.is_err());
    assert!(cache.ping().await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(Cache::redis("not a url", "x:").is_err());
}

#[tokio::test]
async fn a_cache_that_takes_everything_and_says_nothing_is_an_error_soon() {
    let silent = crate::support::silent_server().await;
    let cache = Cache::redis(&format!("redis://{silent}/"), "x:").unwrap();
    let begun = std::time::Instant::now();
    assert!(cache.get("a").await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(20));
}
