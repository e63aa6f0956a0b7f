//! The sheet: each figure beside what is asked of it, and the verdict.

use std::fmt;
use std::time::Duration;

use secrecy::ExposeSecret;

use entity::kinds::EnrolmentStatus;
use entity::{class, enrolment};

use super::play::Played;
use super::store::{self, Stage};
use crate::app::App;
use crate::enrolment::end_in_words;
use crate::error::Result;

/// 99 of 100 have their answer within this time.
const SIGN_UP: Duration = Duration::from_secs(3);
const CATALOGUE: Duration = Duration::from_secs(1);

pub(super) struct Sheet {
    facts: Vec<String>,
    /// What holds or not, and the figure.
    asked: Vec<(bool, String)>,
}

/// What stands in the database against the rules of a place: never, if all is well.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wrong {
    /// People without a place of theirs.
    over: i32,
    /// Empty places beside people who wait.
    under: i32,
    /// Classes whose counters are not those of the list.
    counters: i32,
}

impl Wrong {
    fn of(classes: &[class::Model], rows: &[enrolment::Model]) -> Self {
        let mut wrong = Self::default();
        for class in classes {
            let of = |status| {
                let here =
                    |row: &&enrolment::Model| row.class_id == class.id && row.status == status;
                i32::try_from(rows.iter().filter(here).count()).unwrap_or(i32::MAX)
            };
            let (placed, waiting) = (of(EnrolmentStatus::Placed), of(EnrolmentStatus::Waiting));
            wrong.over += (placed - class.capacity).max(0);
            wrong.under += (class.capacity - placed).min(waiting).max(0);
            wrong.counters += i32::from((class.taken, class.waiting) != (placed, waiting));
        }
        wrong
    }
}

impl Sheet {
    /// # Errors
    /// The database.
    pub(super) async fn read(app: &App, stage: &Stage, played: &Played) -> Result<Self> {
        let (classes, rows) = store::ended(app.db.read(), &stage.term).await?;
        let places: i32 = stage.classes.iter().map(|class| class.capacity).sum();
        let placed = rows.iter().filter(|row| row.status == EnrolmentStatus::Placed).count();
        let (url, redis) = (&app.config.database.url, &app.config.redis.url);
        let database =
            if url.expose_secret().starts_with("sqlite") { "SQLite" } else { "PostgreSQL" };
        let has_redis = !redis.expose_secret().is_empty();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut facts = vec![
            format!("{} 个班，{places} 个名额；{} 人来报名。", classes.len(), stage.people.len()),
            format!(
                "数据库 {database}，{}，{cores} 个处理器核心。",
                if has_redis { "有 Redis" } else { "没有 Redis" }
            ),
            format!("录取 {placed} 人。"),
        ];
        facts.extend(
            played.ends.iter().map(|(end, count)| format!("  {}：{count}", end_in_words(end))),
        );
        facts.extend(stage.left_out.iter().cloned());
        let mut asked = verdicts(&Wrong::of(&classes, &rows), played);
        if has_redis {
            asked.push((app.cache.ping().await.is_ok(), "Redis 连得上".to_owned()));
        }
        Ok(Self { facts, asked })
    }

    pub(super) fn is_go(&self) -> bool {
        self.asked.iter().all(|(holds, _)| *holds)
    }
}

/// What is asked of an opening, and whether it was so.
fn verdicts(wrong: &Wrong, played: &Played) -> Vec<(bool, String)> {
    let Wrong { over, under, counters } = *wrong;
    let (signed, looked) = (at_99(&played.signed), at_99(&played.looked));
    vec![
        (over == 0, told(over, "没有多收", "多收了", "人")),
        (under == 0, told(under, "没有空着名额让人候补", "有人候补，却空着", "个名额")),
        (counters == 0, told(counters, "每个班的人数和名单一致", "人数和名单不一致的有", "个班")),
        (played.failed == 0, told(played.failed, "人人都得到答复", "没有得到答复的有", "人")),
        (
            signed <= SIGN_UP,
            format!("99% 的人 {} 秒内报完（{}）", SIGN_UP.as_secs(), seconds(signed)),
        ),
        (
            looked <= CATALOGUE,
            format!("99% 的人 {} 秒内看到班级（{}）", CATALOGUE.as_secs(), seconds(looked)),
        ),
        match played.afterwards {
            Some(took) => (true, format!("后面的通知都办完了（{}）", seconds(took))),
            None => (false, "后面的通知两分钟还没办完".to_owned()),
        },
    ]
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fact in &self.facts {
            writeln!(f, "{fact}")?;
        }
        for (holds, what) in &self.asked {
            writeln!(f, "{} {what}", if *holds { "✓" } else { "✗" })?;
        }
        if self.is_go() { writeln!(f, "结论：可以开放。") } else { Ok(()) }
    }
}

/// What holds; or how often it does not.
fn told<N: Default + PartialEq + fmt::Display>(
    wrong: N,
    holds: &str,
    not: &str,
    unit: &str,
) -> String {
    if wrong == N::default() { holds.to_owned() } else { format!("{not} {wrong} {unit}") }
}

fn at_99(times: &[Duration]) -> Duration {
    let nth = (times.len() * 99).div_ceil(100);
    times.get(nth.saturating_sub(1)).copied().unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.2} 秒", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};
    use entity::ids::{ClassId, CourseId, EnrolmentId, ResidentId, TermId};

    use super::*;
    use crate::courses::sample;

    /// A class of two places.
    fn class(taken: i32, waiting: i32) -> class::Model {
        class::Model { capacity: 2, taken, waiting, ..sample::class(1) }
    }

    fn rows(placed: i64, waiting: i64) -> Vec<enrolment::Model> {
        let row = |nth: i64| enrolment::Model {
            id: EnrolmentId(nth),
            resident_id: ResidentId(nth),
            class_id: ClassId(1),
            course_id: CourseId(1),
            term_id: TermId(1),
            status: if nth <= placed { EnrolmentStatus::Placed } else { EnrolmentStatus::Waiting },
            queue_number: (nth > placed).then_some(nth - placed),
            offer_expires_at: None,
            request_key: None,
            left_for: None,
            by_staff: false,
            created_at: DateTime::<Utc>::default(),
            updated_at: DateTime::<Utc>::default(),
        };
        (1..=placed + waiting).map(row).collect()
    }

    /// A hundred people who all had their answers in time.
    fn good() -> Played {
        Played {
            signed: (1..=100).map(|nth| Duration::from_millis(nth * 10)).collect(),
            looked: (1..=100).map(Duration::from_millis).collect(),
            ends: BTreeMap::from([("placed".to_owned(), 2), ("waiting".to_owned(), 98)]),
            failed: 0,
            afterwards: Some(Duration::from_secs(2)),
        }
    }

    fn sheet(wrong: &Wrong, played: &Played) -> (bool, String) {
        let sheet = Sheet { facts: Vec::new(), asked: verdicts(wrong, played) };
        (sheet.is_go(), sheet.to_string())
    }

    /// No go, and nothing but this is why.
    fn no_go(wrong: &Wrong, played: &Played, why: &str) {
        let (go, text) = sheet(wrong, played);
        let crosses: Vec<_> = text.lines().filter(|line| line.starts_with('✗')).collect();
        assert!(!go && crosses == [why] && !text.contains("可以开放"), "{text}");
    }

    #[test]
    fn an_opening_in_which_all_held_is_a_go() {
        let right = Wrong::of(&[class(2, 98)], &rows(2, 98));
        assert_eq!(right, Wrong::default());
        let (go, text) = sheet(&right, &good());
        assert!(go && text.ends_with("结论：可以开放。\n") && !text.contains('✗'), "{text}");
    }

    #[test]
    fn one_person_without_a_place_of_their_own_is_no_go() {
        let over = Wrong::of(&[class(3, 0)], &rows(3, 0));
        assert_eq!(over, Wrong { over: 1, under: 0, counters: 0 });
        no_go(&over, &good(), "✗ 多收了 1 人");
    }

    #[test]
    fn empty_places_and_counters_that_are_off_are_no_go() {
        let under = Wrong::of(&[class(1, 3)], &rows(1, 3));
        no_go(&under, &good(), "✗ 有人候补，却空着 1 个名额");
        let off = Wrong::of(&[class(1, 0)], &rows(2, 0));
        no_go(&off, &good(), "✗ 人数和名单不一致的有 1 个班");
    }

    #[test]
    fn answers_that_come_late_are_no_go() {
        let mut slow = good();
        // One in a hundred may wait longer, and no more.
        slow.signed[99] = Duration::from_secs(20);
        assert!(sheet(&Wrong::default(), &slow).0);
        slow.signed[98] = Duration::from_millis(3_010);
        no_go(&Wrong::default(), &slow, "✗ 99% 的人 3 秒内报完（3.01 秒）");
        let mut slow = good();
        slow.looked[98..].fill(Duration::from_millis(1_500));
        no_go(&Wrong::default(), &slow, "✗ 99% 的人 1 秒内看到班级（1.50 秒）");
    }

    #[test]
    fn an_answer_of_500_and_work_that_is_not_done_are_no_go() {
        let failed = Played { failed: 1, ..good() };
        no_go(&Wrong::default(), &failed, "✗ 没有得到答复的有 1 人");
        let stuck = Played { afterwards: None, ..good() };
        no_go(&Wrong::default(), &stuck, "✗ 后面的通知两分钟还没办完");
    }
}
