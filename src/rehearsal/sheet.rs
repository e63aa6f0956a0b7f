//! The sheet: each figure beside what is asked of it, and the verdict.

use std::fmt;
use std::time::Duration;

use secrecy::ExposeSecret;

use entity::enrolment;
use entity::kinds::EnrolmentStatus;

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

impl Sheet {
    /// # Errors
    /// The database.
    pub(super) async fn read(app: &App, stage: &Stage, played: &Played) -> Result<Self> {
        let (classes, rows) = store::ended(app.db.read(), &stage.term).await?;
        let (mut over, mut under, mut wrong) = (0, 0, 0);
        for class in &classes {
            let of = |status| {
                let here =
                    |row: &&enrolment::Model| row.class_id == class.id && row.status == status;
                i32::try_from(rows.iter().filter(here).count()).unwrap_or(i32::MAX)
            };
            let (placed, waiting) = (of(EnrolmentStatus::Placed), of(EnrolmentStatus::Waiting));
            over += (placed - class.capacity).max(0);
            under += (class.capacity - placed).min(waiting).max(0);
            wrong += i32::from((class.taken, class.waiting) != (placed, waiting));
        }
        let places: i32 = stage.classes.iter().map(|class| class.capacity).sum();
        let placed = rows.iter().filter(|row| row.status == EnrolmentStatus::Placed).count();
        let (url, redis) = (&app.config.database.url, &app.config.redis.url);
        let database =
            if url.expose_secret().starts_with("sqlite") { "SQLite" } else { "PostgreSQL" };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut facts = vec![
            format!("{} 个班，{places} 个名额；{} 人来报名。", classes.len(), stage.people.len()),
            format!(
                "数据库 {database}，{}，{cores} 个处理器核心。",
                if redis.expose_secret().is_empty() { "没有 Redis" } else { "有 Redis" }
            ),
            format!("录取 {placed} 人。"),
        ];
        facts.extend(
            played.ends.iter().map(|(end, count)| format!("  {}：{count}", end_in_words(end))),
        );
        let (signed, looked) = (at_99(&played.signed), at_99(&played.looked));
        let mut asked = vec![
            (over == 0, told(over, "没有多收", "多收了", "人")),
            (under == 0, told(under, "没有空着名额让人候补", "有人候补，却空着", "个名额")),
            (wrong == 0, told(wrong, "每个班的人数和名单一致", "人数和名单不一致的有", "个班")),
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
        ];
        if !redis.expose_secret().is_empty() {
            asked.push((app.cache.ping().await.is_ok(), "Redis 连得上".to_owned()));
        }
        Ok(Self { facts, asked })
    }

    pub(super) fn is_go(&self) -> bool {
        self.asked.iter().all(|(holds, _)| *holds)
    }
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
    times.get(times.len() * 99 / 100).or(times.last()).copied().unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.2} 秒", time.as_secs_f64())
}
