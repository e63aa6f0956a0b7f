//! What each page of the console asks, in a town of 10,000 residents and 200 classes: how long the
//! service takes for it, beside the limit.

use std::time::{Duration, Instant};

use crate::expect;
use crate::support::town::{LIMIT_MS, Town};
use crate::support::{Backend, TestApp};

/// Each is asked so often; the middle one counts.
const TIMES: usize = 7;

pub async fn console(backend: Backend) {
    let app = TestApp::start(backend).await;
    let town = Town::new(&app).await;
    println!("{:<10} {:<60} {:>9} {:>9} {:>9}", "", "console: what is asked", "ms", "limit", "kB");
    for (who, path) in town.asked() {
        let mut took = Vec::with_capacity(TIMES);
        let mut bytes = 0;
        for _ in 0..TIMES {
            let begun = Instant::now();
            let answer = app.get(&format!("/api/staff/{path}")).by(who).send().await;
            took.push(begun.elapsed());
            assert!(answer.status.is_success(), "{path}: {}", answer.text());
            bytes = answer.text().len();
        }
        took.sort();
        let middle = took[TIMES / 2];
        let (ms, kilobytes) = (middle.as_secs_f64() * 1e3, bytes / 1024);
        let name = format!("{backend:?}");
        println!("{name:<10} {path:<60} {ms:>9.1} {LIMIT_MS:>9} {kilobytes:>9}");
        expect(middle <= Duration::from_millis(LIMIT_MS), &path);
    }
}
