//! What the desk has to see in time: an account that falls silent, and urgent articles that
//! wait; and the calendar of what is planned and what went out.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ConnectionTrait;

use entity::article;
use entity::ids::ArticleId;
use entity::kinds::{PublicationState, PublicationWay, ReviewStage};
use entity::publication;

use super::{desk, store};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};

/// An account that is silent for longer than this fails the inspection.
const SILENT_DAYS: i64 = 14;

/// How near the end of the account's patience is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    None,
    /// From day 10.
    Soon,
    /// From day 12.
    Now,
}

/// How long nothing has been published.
#[derive(Clone, Debug)]
pub(super) struct Silence {
    /// None: nothing ever was.
    pub days: Option<i64>,
    pub alarm: Alarm,
    /// What comes next by plan.
    pub planned_at: Option<DateTime<Utc>>,
    pub text: String,
}

/// An urgent article that waits for somebody.
pub(super) struct Urgent {
    pub article: article::Model,
    pub why: String,
    /// Whose turn it is; none: to be published.
    pub stage: Option<ReviewStage>,
    pub waiting_minutes: i64,
}

/// A line of the calendar.
pub(super) struct Planned {
    pub article: ArticleId,
    pub title: String,
    pub at: DateTime<Utc>,
    pub way: PublicationWay,
    pub state: PublicationState,
    pub planned: bool,
    pub withdrawn: bool,
}

pub(super) async fn silence(app: &App, conn: &impl ConnectionTrait) -> Result<Silence> {
    let now = app.clock.now();
    let last = store::last_published(conn).await?;
    let planned_at = store::next_planned(conn, now).await?;
    let days = last.map(|at| (clock::local_date(now) - clock::local_date(at)).num_days());
    let rules = &app.config.news;
    let alarm = match days {
        Some(days) if days >= rules.alarm_days => Alarm::Now,
        Some(days) if days >= rules.warn_days => Alarm::Soon,
        _ => Alarm::None,
    };
    let text = match (days, alarm) {
        (None, _) => "公众号还没有发布过文章。".to_owned(),
        (Some(0), _) => "今天发布过文章。".to_owned(),
        (Some(days), Alarm::None) => format!("上次发布在 {days} 天前。"),
        (Some(days), _) if days > SILENT_DAYS => {
            format!("公众号已经 {days} 天没有发布，超过了 {SILENT_DAYS} 天，检查会不合格。")
        }
        (Some(days), _) => {
            let left = SILENT_DAYS - days;
            format!("公众号已经 {days} 天没有发布。再过 {left} 天，检查就不合格了。")
        }
    };
    Ok(Silence { days, alarm, planned_at, text })
}

/// Urgent articles that are handed in or passed, the longest waiting first.
pub(super) async fn urgent(app: &App, conn: &impl ConnectionTrait) -> Result<Vec<Urgent>> {
    let now = app.clock.now();
    let rows = store::urgent(conn).await?;
    let mut waiting: Vec<Urgent> = desk::desks(conn, rows)
        .await?
        .into_iter()
        .map(|desk| {
            let since = desk
                .reviews
                .iter()
                .map(|review| review.at)
                .chain([desk.article.updated_at])
                .max()
                .unwrap_or(now);
            Urgent {
                stage: desk.next_stage(),
                why: desk.article.urgent_for.clone().unwrap_or_default(),
                waiting_minutes: (now - since).num_minutes().max(0),
                article: desk.article,
            }
        })
        .collect();
    waiting.sort_by_key(|one| std::cmp::Reverse(one.waiting_minutes));
    Ok(waiting)
}

/// The days of a month, from its first to the first of the next.
pub(super) fn month(text: &str) -> Result<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
    let next = first.and_then(|first| first.checked_add_months(chrono::Months::new(1)));
    first.zip(next).ok_or_else(|| Error::invalid("bad_month", "月份要写成 2026-09 这样。"))
}

/// What went out in a month, and what is to go out.
pub(super) async fn calendar(
    conn: &impl ConnectionTrait,
    (from, to): (NaiveDate, NaiveDate),
    now: DateTime<Utc>,
) -> Result<Vec<Planned>> {
    let (from, to) = (clock::at_local(from, 0), clock::at_local(to, 0));
    let rows = store::publications_between(conn, from, to).await?;
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.article_id).collect();
    let titles = store::titles(conn, &ids).await?;
    let mut lines: Vec<Planned> = rows
        .into_iter()
        .map(|row| {
            let planned = desk::is_planned(&row, now);
            Planned {
                article: row.article_id,
                title: titles.get(&row.article_id).cloned().unwrap_or_default(),
                at: time_of(&row, planned),
                way: row.way,
                state: row.state,
                planned,
                withdrawn: row.withdrawn_for.is_some(),
            }
        })
        .collect();
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

fn time_of(row: &publication::Model, planned: bool) -> DateTime<Utc> {
    row.due_at.filter(|_| planned).unwrap_or(row.updated_at)
}
