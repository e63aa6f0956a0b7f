//! An opening, as staff see it while it goes on.
//!
//! How sign-ups end is counted by term and minute in the shared cache, once for each
//! batch. Losing the counts loses a picture, nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use entity::ids::{ClassId, TermId};
use entity::kinds::EnrolmentStatus;
use entity::term;

use super::sign_up::{Outcome, Request, SignUp};
use super::{book::Book, store};
use crate::app::App;
use crate::cache::Cache;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::error::{Error, Result};
use crate::outbox;

/// So many minutes are shown.
const MINUTES: i64 = 15;

const KEPT: Duration = Duration::from_secs(60 * 60);

/// How a sign-up can end, in the order in which it is shown; by code, and in words.
const ENDS: [(&str, &str); 23] = [
    ("placed", "录取"),
    ("waiting", "进入候补"),
    ("already", "重复点（已报过）"),
    ("class_full", "班已满"),
    ("not_open", "还没开始"),
    ("closed", "已经结束"),
    ("limit_reached", "超过每人的班数"),
    ("same_course", "同一门课报过了"),
    ("overlap", "时间冲突"),
    ("too_young", "年龄不到"),
    ("too_old", "年龄超过"),
    ("class_cancelled", "班停办了"),
    ("too_far", "路上来不及"),
    ("other_community", "只收本社区"),
    ("previous_needed", "没学过前一门课"),
    ("barred", "暂时不能报名"),
    ("taken_out", "被退出过这个班"),
    ("pledge_needed", "还没签承诺书"),
    ("relative_needed", "还没留家人"),
    ("consent_needed", "还没同意说明"),
    ("profile_needed", "信息没填完"),
    ("busy", "系统忙，请再试"),
    ("other", "其他"),
];

/// How many sign-ups ended in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub code: &'static str,
    /// In words.
    pub text: &'static str,
    pub count: u64,
}

/// A minute of the opening.
#[derive(Clone, Debug)]
pub struct Minute {
    pub at: DateTime<Utc>,
    pub ended: Vec<Ended>,
}

impl Minute {
    /// All sign-ups of the minute, however they ended.
    pub fn sign_ups(&self) -> u64 {
        self.ended.iter().map(|ended| ended.count).sum()
    }
}

#[derive(Clone, Debug)]
pub struct Opening {
    pub term: term::Model,
    /// With the number of places that are offered and not answered; the fullest first.
    pub classes: Vec<(ClassFacts, i64)>,
    /// The last ones, the oldest first.
    pub minutes: Vec<Minute>,
    /// Jobs that are due and not done.
    pub jobs_due: u64,
}

fn key(term: TermId, minute: DateTime<Utc>, code: &str) -> String {
    format!("opening:{term}:{}:{code}", minute.timestamp() / 60)
}

/// Counts how a batch ended.
pub(super) async fn count(
    cache: &Cache,
    book: &Book,
    asked: &[Request],
    answers: &[Result<SignUp>],
    now: DateTime<Utc>,
) {
    let mut ended = BTreeMap::new();
    for (one, answer) in asked.iter().zip(answers) {
        let Some(term) = book.class(one.class).map(|class| class.term.id) else { continue };
        *ended.entry((term, code(answer))).or_insert(0) += 1;
    }
    for ((term, code), count) in ended {
        if let Err(error) = cache.add(&key(term, now, code), count, KEPT).await {
            tracing::debug!(cause = %error, "sign-ups are not counted");
            return;
        }
    }
}

fn code(answer: &Result<SignUp>) -> &'static str {
    let code = match answer {
        Ok(signed_up) => match signed_up.outcome {
            Outcome::Placed => "placed",
            Outcome::Waiting => "waiting",
            Outcome::Already => "already",
        },
        Err(error) => error.code,
    };
    ENDS.iter().find(|(known, _)| *known == code).map_or("other", |(known, _)| known)
}

/// How a sign-up ended, in words; by outcome or code.
pub fn end_in_words(code: &str) -> &'static str {
    ENDS.iter().find(|(known, _)| *known == code).map_or("其他", |(_, text)| text)
}

/// How the opening of a term goes.
///
/// # Errors
/// `term_not_found`.
pub async fn opening(app: &App, id: TermId) -> Result<Opening> {
    let conn = app.db.read();
    let terms = courses::terms(conn).await?;
    let term = terms
        .into_iter()
        .find(|term| term.id == id)
        .ok_or_else(|| Error::not_found("term_not_found", "没有找到这个学期。"))?;
    let filter = ClassFilter { term_id: Some(id), open_only: true, ..Default::default() };
    let classes = courses::list_classes(conn, &filter).await?;
    let ids: Vec<ClassId> = classes.iter().map(|facts| facts.class.id).collect();
    let offered = store::counts(conn, &ids, EnrolmentStatus::Offered).await?;
    let mut classes: Vec<_> = classes
        .into_iter()
        .map(|facts| {
            let offered = offered.get(&facts.class.id).copied().unwrap_or(0);
            (facts, offered)
        })
        .collect();
    classes.sort_by_key(|(facts, _)| {
        (courses::empty_places(&facts.class), -facts.class.waiting, facts.class.id)
    });
    let now = app.clock.now();
    let minutes = minutes(&app.cache, id, now).await;
    Ok(Opening { term, classes, minutes, jobs_due: outbox::due(conn, now).await? })
}

async fn minutes(cache: &Cache, term: TermId, now: DateTime<Utc>) -> Vec<Minute> {
    let this = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
    let all: Vec<_> = (0..MINUTES).rev().map(|ago| this - TimeDelta::minutes(ago)).collect();
    let keys: Vec<_> =
        all.iter().flat_map(|at| ENDS.iter().map(move |(code, _)| key(term, *at, code))).collect();
    let counts = cache.get_all(&keys).await.unwrap_or_else(|error| {
        tracing::warn!(cause = %error, "the counts of an opening cannot be read");
        vec![None; keys.len()]
    });
    all.into_iter()
        .zip(counts.chunks(ENDS.len()))
        .map(|(at, counts)| Minute {
            at,
            ended: ENDS
                .iter()
                .zip(counts)
                .filter_map(|((code, text), count)| {
                    let count = count.as_ref()?.parse().ok()?;
                    Some(Ended { code, text, count })
                })
                .collect(),
        })
        .collect()
}
