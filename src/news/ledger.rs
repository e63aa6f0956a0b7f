//! The ledger of submissions: what communities and the centre write in, what the desk made of
//! it, to which papers and platforms it was sent, and what that is worth.
//!
//! 1. An item counts once, at the highest level at which it was taken.
//! 2. Officers see and enter what is their community's; the desk everything.
//! 3. A paper's points are those of today: a table that is changed changes all sums.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::ConnectionTrait;

use entity::ids::{ArticleId, CommunityId, NewsItemId, OutletId, PictureId};
use entity::kinds::{Role, SubmissionState};
use entity::{news_item, outlet, submission};

use super::belongs::{Belongs, PROJECT_CHARS};
use super::content::plain;
use super::{handed_in, store};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

const TITLE_CHARS: usize = 60;
const BODY_CHARS: usize = 5_000;
const REASON_CHARS: usize = 200;
const NAME_CHARS: usize = 30;
const LINK_CHARS: usize = 500;
const MOST_POINTS: i32 = 1_000;

/// An item that is written in.
#[derive(Clone, Debug)]
pub struct NewItem {
    pub title: String,
    pub body: String,
    /// The project or activity; may be empty.
    pub project: String,
    /// Of an officer it is always their own.
    pub community: Option<CommunityId>,
}

/// Where an item was sent, and what became of it.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    pub outlet: OutletId,
    pub state: SubmissionState,
    pub sent_on: NaiveDate,
    pub decided_on: Option<NaiveDate>,
    pub link: String,
}

/// What an item has come to.
pub(super) struct Line {
    pub item: news_item::Model,
    pub submissions: Vec<submission::Model>,
    /// That were handed in with it.
    pub pictures: Vec<PictureId>,
    /// At the highest level at which it was taken.
    pub points: i32,
}

/// A community's year; without a community: the centre's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub community: Option<CommunityId>,
    pub items: u64,
    /// Items that were sent anywhere, and those that were taken.
    pub sent: u64,
    pub taken: u64,
    pub points: i64,
}

fn tidy(text: &str, name: &str, limit: usize) -> Result<String> {
    let text = plain(text);
    if text.chars().count() > limit {
        return Err(Error::invalid("too_long", format!("{name}太长，最多 {limit} 个字。")));
    }
    Ok(text)
}

fn no_item() -> Error {
    Error::not_found("no_item", "没有这条稿件。")
}

/// Writes an item in.
///
/// # Errors
/// Without a title or too long: `Invalid`. An officer without a community: `Forbidden`.
pub async fn hand_in(app: &App, who: &Colleague, new: NewItem) -> Result<NewsItemId> {
    let title = tidy(&new.title, "标题", TITLE_CHARS)?;
    if title.is_empty() {
        return Err(Error::invalid("no_title", "请写标题。"));
    }
    let body = tidy(&new.body, "内容", BODY_CHARS)?;
    let project = tidy(&new.project, "项目", PROJECT_CHARS)?;
    let community = staff::scope(who)?.or(new.community);
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if let Some(community) = community
        && !store::community_names(&tx).await?.contains_key(&community)
    {
        return Err(Error::invalid("no_community", "没有这个社区。"));
    }
    let item = news_item::Model {
        id: NewsItemId(0),
        title,
        body,
        project,
        community_id: community,
        article_id: None,
        sent_by: who.id,
        sent_at: now,
        declined_for: None,
        declined_by: None,
        class_id: None,
        meeting_id: None,
    };
    let id = store::insert_item(&tx, item).await?;
    staff::record(&tx, Some(who.id), "news.item", &format!("news_item:{id}"), None, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// The desk makes a draft of an item, which is then written as any article.
///
/// # Errors
/// There is one, or it was declined: `Conflict`.
pub async fn take_up(app: &App, who: &Colleague, id: NewsItemId) -> Result<ArticleId> {
    let now = app.clock.now();
    let found = store::item(app.db.read(), id).await?.ok_or_else(no_item)?;
    if found.article_id.is_some() {
        return Err(Error::conflict("taken_up", "这条稿件已经写成文章了。"));
    }
    let pictures = store::item_pictures(app.db.read(), &[id]).await?.remove(&id);
    let pictures = pictures.unwrap_or_default();
    // Of a class the centre is the source; of anything else the editor says which.
    let origin = if found.meeting_id.is_some() { app.config.centre.name.as_str() } else { "" };
    let content = handed_in::draft(&found, &pictures, &who.name, origin);
    let belongs = Belongs {
        project: found.project.clone(),
        community: found.community_id,
        class: found.class_id,
        meeting: found.meeting_id,
    };
    let tx = app.db.begin().await?;
    let article = super::begin(&tx, who, content, now).await?;
    store::set_belongs(&tx, article, &belongs).await?;
    if !store::link_item(&tx, id, article).await? {
        return Err(Error::conflict("taken_up", "这条稿件已经有人写了，或者没有采用。"));
    }
    let object = format!("news_item:{id}");
    let detail = format!("article:{article}");
    staff::record(&tx, Some(who.id), "news.item_taken_up", &object, Some(&detail), now).await?;
    tx.commit().await?;
    Ok(article)
}

/// The desk does not take an item, and says why.
///
/// # Errors
/// No reason: `Invalid`. It was taken up or declined before: `Conflict`.
pub async fn decline(app: &App, who: &Colleague, id: NewsItemId, why: &str) -> Result<()> {
    let why = tidy(why, "原因", REASON_CHARS)?;
    if why.is_empty() {
        return Err(Error::invalid("reason_needed", "请写明为什么不采用，社区会看到。"));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    store::item(&tx, id).await?.ok_or_else(no_item)?;
    let decline = store::Decline { why: &why, by: who.id };
    if !store::decline_item(&tx, id, &decline).await? {
        return Err(Error::conflict("taken_up", "这条稿件已经处理过了。"));
    }
    let object = format!("news_item:{id}");
    staff::record(&tx, Some(who.id), "news.item_declined", &object, Some(&why), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Enters where an item was sent, or what became of it there.
///
/// # Errors
/// Somebody else's community: `NotFound`. A day that cannot be, a link that is none:
/// `Invalid`.
pub async fn enter(app: &App, who: &Colleague, id: NewsItemId, new: NewSubmission) -> Result<()> {
    let scope = staff::scope(who)?;
    let link = plain(&new.link);
    let plain = link.starts_with("https://") || link.starts_with("http://");
    if !link.is_empty()
        && (!plain || link.len() > LINK_CHARS || link.contains(['<', '>', '"', ' ']))
    {
        return Err(Error::invalid("bad_link", "链接要以 https:// 开头。"));
    }
    let today = app.clock.today();
    let decided = match (new.state, new.decided_on) {
        (SubmissionState::Sent, _) => None,
        (_, Some(day)) if day >= new.sent_on && day <= today => Some(day),
        (_, None) => Some(today.max(new.sent_on)),
        _ => return Err(Error::invalid("bad_day", "录用日期要在投稿之后，不能晚于今天。")),
    };
    if new.sent_on > today {
        return Err(Error::invalid("bad_day", "投稿日期不能晚于今天。"));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let item = store::item(&tx, id).await?.ok_or_else(no_item)?;
    if scope.is_some() && item.community_id != scope {
        return Err(no_item());
    }
    if !store::outlets(&tx).await?.iter().any(|one| one.id == new.outlet) {
        return Err(Error::invalid("no_outlet", "没有这家媒体。"));
    }
    let row = submission::Model {
        id: 0,
        item_id: id,
        outlet_id: new.outlet,
        state: new.state,
        sent_on: new.sent_on,
        decided_on: decided,
        link,
        entered_by: who.id,
        entered_at: now,
    };
    store::save_submission(&tx, row).await?;
    let object = format!("news_item:{id}");
    let detail = format!("outlet:{} {}", new.outlet, new.state.as_str());
    staff::record(&tx, Some(who.id), "news.submission", &object, Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds a paper, or changes what one there is worth.
///
/// # Errors
/// No name, or points out of range: `Invalid`. The name is another's: `Conflict`.
pub async fn save_outlet(
    app: &App,
    who: &Colleague,
    id: Option<OutletId>,
    name: &str,
    points: i32,
    off: bool,
) -> Result<()> {
    let name = tidy(name, "名称", NAME_CHARS)?;
    if name.is_empty() || !(0..=MOST_POINTS).contains(&points) {
        let words = format!("请写名称，分值在 0 到 {MOST_POINTS} 之间。");
        return Err(Error::invalid("bad_outlet", words));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let there = store::outlets(&tx).await?;
    if there.iter().any(|one| one.name == name && Some(one.id) != id) {
        return Err(Error::conflict("outlet_taken", "已经有这家媒体了。"));
    }
    if id.is_some_and(|id| !there.iter().any(|one| one.id == id)) {
        return Err(Error::not_found("no_outlet", "没有这家媒体。"));
    }
    store::save_outlet(&tx, id, &name, points, off).await?;
    let object = format!("outlet:{name}");
    let detail = format!("points {points}");
    staff::record(&tx, Some(who.id), "news.outlet", &object, Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

/// A year's items that this person may see, the newest first.
pub(super) async fn year(
    conn: &impl ConnectionTrait,
    who: &Colleague,
    year: i32,
) -> Result<Vec<Line>> {
    let scope = if who.role == Role::Officer { staff::scope(who)? } else { None };
    let (from, to) = bounds(year)?;
    let items = store::items(conn, scope, from, to).await?;
    let points: HashMap<OutletId, i32> =
        store::outlets(conn).await?.into_iter().map(|one| (one.id, one.points)).collect();
    with_submissions(conn, items, &points).await
}

/// Items with where they were sent, and what that is worth.
pub(super) async fn with_submissions(
    conn: &impl ConnectionTrait,
    items: Vec<news_item::Model>,
    points: &HashMap<OutletId, i32>,
) -> Result<Vec<Line>> {
    let ids: Vec<NewsItemId> = items.iter().map(|item| item.id).collect();
    let mut sent: HashMap<NewsItemId, Vec<submission::Model>> = HashMap::new();
    for row in store::submissions(conn, &ids).await? {
        sent.entry(row.item_id).or_default().push(row);
    }
    let mut pictures = store::item_pictures(conn, &ids).await?;
    Ok(items
        .into_iter()
        .map(|item| {
            let submissions = sent.remove(&item.id).unwrap_or_default();
            let pictures = pictures.remove(&item.id).unwrap_or_default();
            Line { points: worth(&submissions, points), pictures, item, submissions }
        })
        .collect())
}

fn bounds(year: i32) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let first = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
    match (first(year), first(year + 1)) {
        (Some(from), Some(to)) if (2000..=2100).contains(&from.year()) => {
            Ok((clock::at_local(from, 0), clock::at_local(to, 0)))
        }
        _ => Err(Error::invalid("bad_year", "年份不对。")),
    }
}

/// Once, at the highest level.
fn worth(submissions: &[submission::Model], points: &HashMap<OutletId, i32>) -> i32 {
    submissions
        .iter()
        .filter(|row| row.state == SubmissionState::Taken)
        .filter_map(|row| points.get(&row.outlet_id).copied())
        .max()
        .unwrap_or_default()
}

/// Sums by community.
pub(super) fn sums(lines: &[Line]) -> Vec<Sum> {
    let mut sums: BTreeMap<Option<CommunityId>, Sum> = BTreeMap::new();
    for line in lines {
        let community = line.item.community_id;
        let sum = sums.entry(community).or_insert(Sum { community, ..Sum::default() });
        sum.items += 1;
        sum.sent += u64::from(!line.submissions.is_empty());
        let taken = |row: &submission::Model| row.state == SubmissionState::Taken;
        sum.taken += u64::from(line.submissions.iter().any(taken));
        sum.points += i64::from(line.points);
    }
    sums.into_values().collect()
}

/// All papers, those where nothing new is sent at the end.
pub(super) async fn outlets(conn: &impl ConnectionTrait) -> Result<Vec<outlet::Model>> {
    store::outlets(conn).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::StaffId;

    fn sent(outlet: i64, state: SubmissionState) -> submission::Model {
        submission::Model {
            id: outlet,
            item_id: NewsItemId(1),
            outlet_id: OutletId(outlet),
            state,
            sent_on: NaiveDate::default(),
            decided_on: None,
            link: String::new(),
            entered_by: StaffId(1),
            entered_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_item_counts_once_at_the_highest_level_that_took_it() {
        use SubmissionState::{Refused, Sent, Taken};
        let points = HashMap::from([(OutletId(1), 10), (OutletId(2), 4), (OutletId(3), 20)]);
        assert_eq!(worth(&[sent(1, Taken), sent(2, Taken), sent(3, Refused)], &points), 10);
        assert_eq!(worth(&[sent(2, Taken), sent(3, Sent)], &points), 4);
        assert_eq!(worth(&[sent(3, Sent)], &points), 0);
    }
}
