//! What the desk orders of an article that three people passed: to the account at once or
//! at a time, registered as published by hand, called off, taken back.
//!
//! 1. Each order stands in the audit with who gave it; a refusal by the gate does as well
//!    (`refused.rs`).
//! 2. A time is a wish: the job that comes then verifies everything anew.
//! 3. Nothing is sent to all followers in the quiet hours, but for an urgent article; what
//!    could not be sent before them waits for their end. (A send whose answer was lost is
//!    asked for again at any hour: nobody knows whether it has rung already.)
//! 4. What is taken back is gone from our own pages at once, and from the account as soon
//!    as the platform answers.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;

use entity::article;
use entity::ids::{ArticleId, PublicationId};
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay};

use super::content::plain;
use super::issue::Issue;
use super::quiet::Quiet;
use super::store::{self, NewPublication, Step};
use super::{
    Standing, asked, desk, locked, mass, not_approved, object, refused, remarks, standing,
};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

/// Further ahead nobody plans.
const AHEAD: TimeDelta = TimeDelta::days(60);
const REASON_CHARS: usize = 200;
/// What a link to an article of the account begins with.
const ARTICLE_LINK: &str = "https://mp.weixin.qq.com/";
const LINK_CHARS: usize = 500;

/// Asks for publication, or for a send to all followers, also again after a failure; `at`
/// a time, or at once. One that got stuck goes on the way that it began.
///
/// # Errors
/// Not passed by three people, or a remark is open: `Conflict`. Already on its way or
/// there: `Conflict`. No mass send is left, or people sleep: `Conflict`. No such time:
/// `Invalid`.
pub async fn publish(
    app: &App,
    who: &Colleague,
    id: ArticleId,
    way: PublicationWay,
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    refused::noted(app, Some(who), id, "publish", order(app, who, id, way, at).await).await
}

async fn order(
    app: &App,
    who: &Colleague,
    id: ArticleId,
    way: PublicationWay,
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    let now = app.clock.now();
    check_time(at, now)?;
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    let standing = standing(&tx, &article).await?;
    let publication = match article.status {
        ArticleStatus::Approved | ArticleStatus::Failed => {
            passed(&standing, now)?;
            if way == PublicationWay::MassSend {
                may_ring(app, std::slice::from_ref(&article), at.unwrap_or(now))?;
                let quota = mass::quota(app, &tx).await?;
                // Of a later day only the day itself can tell.
                if !quota.may && (at.is_none() || !quota.able) {
                    return Err(Error::conflict("no_mass_send_left", quota.text));
                }
            }
            let hash = &standing.hash;
            let new = NewPublication {
                article: &article,
                hash,
                way,
                by: who.id,
                due_at: at,
                lead: None,
                place: 1,
            };
            store::insert_publication(&tx, &new, now).await?.ok_or_else(on_its_way)?
        }
        ArticleStatus::Publishing => stuck(&tx, id, now).await?.ok_or_else(on_its_way)?,
        ArticleStatus::Published => {
            return Err(Error::conflict("published", "这篇文章已经发布了。"));
        }
        ArticleStatus::Draft | ArticleStatus::InReview => return Err(not_approved()),
    };
    let from = [ArticleStatus::Approved, ArticleStatus::Failed, ArticleStatus::Publishing];
    store::move_article(&tx, id, &from, ArticleStatus::Publishing, now).await?;
    outbox::enqueue(&tx, &Job::Publish { publication }, now, at.unwrap_or(now)).await?;
    let time = at.map(|at| format!(" at {}", at.to_rfc3339())).unwrap_or_default();
    let detail = format!("publication:{publication} {} {}{time}", way.as_str(), standing.hash);
    staff::record(&tx, Some(who.id), "news.publish", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

/// # Errors
/// `bad_time`.
pub(super) fn check_time(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    if at.is_some_and(|at| at <= now || at > now + AHEAD) {
        return Err(Error::invalid("bad_time", "请选一个以后的时间，最多提前 60 天。"));
    }
    Ok(())
}

/// Whatever the status says, the rows decide.
pub(super) fn passed(standing: &Standing, now: DateTime<Utc>) -> Result<()> {
    if !standing.chain.complete() {
        return Err(not_approved());
    }
    remarks::refuse_open(standing.open_remarks)?;
    asked::refuse(&standing.asked, now, true)?;
    standing.content.check_complete(&standing.sums)
}

/// # Errors
/// `quiet_hours`.
pub(super) fn may_ring(app: &App, articles: &[article::Model], at: DateTime<Utc>) -> Result<()> {
    if rings_again(app, articles, at).is_none() {
        return Ok(());
    }
    let hours = &app.config.news.quiet_hours;
    let words =
        format!("{hours} 是休息时间，不群发，免得吵醒大家。请定在别的时间；急稿先标成“急稿”。");
    Err(Error::conflict("quiet_hours", words))
}

/// When everybody's phone may ring again, where it may not at this time for an issue of
/// these. One urgent article among them is enough.
pub(super) fn rings_again(
    app: &App,
    articles: &[article::Model],
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let left = Quiet::parse(&app.config.news.quiet_hours)?.left(clock::local_minute(at));
    let quiet = left > 0 && articles.iter().all(|article| article.urgent_for.is_none());
    quiet.then(|| at + TimeDelta::minutes(left.into()))
}

/// A living publication for which nothing was done for long: its job was given up.
/// Starting the job once more does no harm, since it goes on where it was.
async fn stuck(
    tx: &DatabaseTransaction,
    article: ArticleId,
    now: DateTime<Utc>,
) -> Result<Option<PublicationId>> {
    let newest = store::publications(tx, &[article]).await?.into_iter().next();
    Ok(newest.filter(|row| desk::is_stuck(row, now)).map(|row| row.id))
}

pub(super) fn on_its_way() -> Error {
    Error::conflict("publishing", "这篇文章正在发布，请稍等。")
}

/// Calls off what was ordered for a time that has not come: of an issue all of it.
///
/// # Errors
/// Nothing is ordered, or it has begun: `Conflict`.
pub async fn call_off(app: &App, who: &Colleague, id: ArticleId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let newest = store::publications(&tx, &[id]).await?.into_iter().next();
    let not_planned = || Error::conflict("not_planned", "没有定时，或者已经开始发布了。");
    let row = newest.filter(|row| desk::is_planned(row, now)).ok_or_else(not_planned)?;
    let issue = Issue::of(&tx, row.id).await?;
    issue.lock_articles(&tx).await?;
    // What was read before the locks may have begun meanwhile.
    let issue = Issue::of(&tx, row.id).await?;
    for row in &issue.rows {
        let failed = Step::Failed("定时已取消。");
        if !desk::is_planned(row, now) || !store::step(&tx, &[row.id], &failed, now).await? {
            return Err(not_planned());
        }
        let from = [ArticleStatus::Publishing];
        store::move_article(&tx, row.article_id, &from, ArticleStatus::Approved, now).await?;
        let (object, detail) = (object(row.article_id), format!("publication:{}", row.id));
        staff::record(&tx, Some(who.id), "news.called_off", &object, Some(&detail), now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Registers that a person pasted the article into the platform's own page.
///
/// # Errors
/// As [`publish`]; a link that leads elsewhere: `Invalid`.
pub async fn by_hand(app: &App, who: &Colleague, id: ArticleId, link: &str) -> Result<()> {
    refused::noted(app, Some(who), id, "by_hand", register(app, who, id, link).await).await
}

async fn register(app: &App, who: &Colleague, id: ArticleId, link: &str) -> Result<()> {
    let link = link.trim();
    let plain = link.chars().all(|one| one.is_ascii_graphic() && !"<>\"'".contains(one));
    if !link.starts_with(ARTICLE_LINK) || !plain || link.len() > LINK_CHARS {
        let words = format!("请粘贴公众号里这篇文章的链接，以 {ARTICLE_LINK} 开头。");
        return Err(Error::invalid("article_link", words));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    let standing = standing(&tx, &article).await?;
    match article.status {
        ArticleStatus::Approved | ArticleStatus::Failed => passed(&standing, now)?,
        ArticleStatus::Publishing => return Err(on_its_way()),
        ArticleStatus::Published => {
            return Err(Error::conflict("published", "这篇文章已经发布了。"));
        }
        ArticleStatus::Draft | ArticleStatus::InReview => return Err(not_approved()),
    }
    let (hash, way) = (&standing.hash, PublicationWay::ByHand);
    let new = NewPublication {
        article: &article,
        hash,
        way,
        by: who.id,
        due_at: None,
        lead: None,
        place: 1,
    };
    let publication = store::insert_publication(&tx, &new, now).await?.ok_or_else(on_its_way)?;
    store::step(&tx, &[publication], &Step::Published { article: None, url: Some(link) }, now)
        .await?;
    let from = [ArticleStatus::Approved, ArticleStatus::Failed];
    store::move_article(&tx, id, &from, ArticleStatus::Published, now).await?;
    let detail = format!("publication:{publication} {}", standing.hash);
    staff::record(&tx, Some(who.id), "news.by_hand", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Says that an article is urgent and why, or (without a reason) no longer.
///
/// # Errors
/// Too long: `Invalid`. Published: `Conflict`.
pub async fn urge(app: &App, who: &Colleague, id: ArticleId, why: Option<&str>) -> Result<()> {
    let why = why.map(plain).filter(|why| !why.is_empty());
    let why = why.as_deref();
    if why.is_some_and(|why| why.chars().count() > REASON_CHARS) {
        return Err(Error::invalid("too_long", format!("原因最多 {REASON_CHARS} 个字。")));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    if article.status == ArticleStatus::Published {
        return Err(Error::conflict("published", "这篇文章已经发布了。"));
    }
    store::urge(&tx, id, why).await?;
    let action = if why.is_some() { "news.urgent" } else { "news.not_urgent" };
    staff::record(&tx, Some(who.id), action, &object(id), why, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a published article back: off our pages now, off the account by a job. A card that
/// was sent stays in people's chats, and shows nothing.
///
/// # Errors
/// It is not there, or not there any more: `Conflict`. No reason: `Invalid`.
pub async fn withdraw(app: &App, who: &Colleague, id: ArticleId, why: &str) -> Result<()> {
    let why = plain(why);
    if why.is_empty() || why.chars().count() > REASON_CHARS {
        let words = format!("请写明为什么撤下，最多 {REASON_CHARS} 个字。");
        return Err(Error::invalid("reason_needed", words));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    locked(&tx, id).await?;
    let newest = store::publications(&tx, &[id]).await?.into_iter().next();
    let there = |row: &entity::publication::Model| row.state == PublicationState::Published;
    let Some(row) = newest.filter(there) else {
        return Err(Error::conflict("not_published", "这篇文章没有发布，或者已经撤下。"));
    };
    store::withdraw(&tx, row.id, &why, now).await?;
    let from = [ArticleStatus::Published];
    if !store::move_article(&tx, id, &from, ArticleStatus::Failed, now).await? {
        return Err(Error::conflict("not_published", "这篇文章正在撤下。"));
    }
    outbox::enqueue(&tx, &Job::WithdrawPublication { publication: row.id }, now, now).await?;
    let detail = format!("publication:{} {why}", row.id);
    staff::record(&tx, Some(who.id), "news.withdraw", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}
