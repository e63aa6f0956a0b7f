//! Remarks at a place of an article: made by somebody who reads it, answered by whoever
//! writes it, settled by a reader.
//!
//! 1. While a remark is open no pass is given and nothing is published.
//! 2. A remark names words that stand in the very content that was read.
//! 3. Nobody who wrote any of the article makes or settles a remark on it.

use chrono::{DateTime, Utc};

use entity::article_remark;
use entity::ids::{ArticleId, RemarkId};
use entity::kinds::ArticleStatus;

use super::content::{Content, plain};
use super::{REMARK_CHARS, locked, markup, may_write, object, standing, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

const QUOTE_CHARS: usize = 200;
/// More at a time nobody works through.
const MOST_OPEN: u64 = 100;

/// A remark that is to be made.
#[derive(Clone, Debug)]
pub struct NewRemark {
    /// Of the content that was read.
    pub content_hash: String,
    /// The words it is about.
    pub quote: String,
    pub text: String,
}

/// Do these words (still) stand in the article? Blanks and line ends do not count: a
/// browser makes its own.
pub(super) fn stands_in(content: &Content, quote: &str) -> bool {
    let bare = |text: &str| -> String { text.split_whitespace().collect() };
    let mut all = [&content.title, &content.digest, &content.byline, &content.origin]
        .map(|line| bare(line))
        .join("\n");
    for paragraph in markup::paragraphs(&content.body) {
        all.push_str(&bare(&paragraph));
    }
    all.contains(&bare(quote))
}

fn tidy(text: &str, name: &str, limit: usize) -> Result<String> {
    let text = plain(text);
    if text.is_empty() {
        return Err(Error::invalid("remark_needed", format!("请写{name}。")));
    }
    if text.chars().count() > limit {
        return Err(Error::invalid("too_long", format!("{name}太长，最多 {limit} 个字。")));
    }
    Ok(text)
}

/// Makes a remark.
///
/// # Errors
/// Somebody's own article: `Forbidden`. The content is no longer the one that was read, or
/// nothing can be changed any more: `Conflict`. The words do not stand there: `Invalid`.
pub async fn remark(app: &App, who: &Colleague, id: ArticleId, new: NewRemark) -> Result<()> {
    let quote = tidy(&new.quote, "要改的原文", QUOTE_CHARS)?;
    let text = tidy(&new.text, "意见", REMARK_CHARS)?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    let standing = standing(&tx, &article).await?;
    if standing.authors.contains(&who.id) {
        return Err(Error::forbidden("own_article", "这篇文章您写过或改过，直接改就行。"));
    }
    if !store::editable(article.status) {
        return Err(Error::conflict("not_editable", "文章正在发布或已经发布，不能再提意见了。"));
    }
    if new.content_hash != standing.hash {
        return Err(Error::conflict("content_changed", "文章已经改过，请刷新后看新的一稿。"));
    }
    if !stands_in(&standing.content, &quote) {
        return Err(Error::invalid("no_such_place", "文章里没有这几个字，请重新选一下。"));
    }
    if standing.open_remarks >= MOST_OPEN {
        return Err(Error::conflict(
            "too_many_remarks",
            "还没处理的意见太多了，请直接退回给作者。",
        ));
    }
    store::insert_remark(&tx, &article, &quote, &text, who.id, now).await?;
    let detail = format!("version {}", article.version);
    staff::record(&tx, Some(who.id), "news.remark", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Answers a remark; a later answer takes the place of an earlier one.
///
/// # Errors
/// Not the author nor an editor: `Forbidden`. Settled already: `Conflict`.
pub async fn answer_remark(
    app: &App,
    who: &Colleague,
    id: RemarkId,
    answer: &str,
) -> Result<ArticleId> {
    let answer = tidy(answer, "答复", REMARK_CHARS)?;
    act(app, who, id, Act::Answer(answer)).await
}

/// Settles a remark.
///
/// # Errors
/// Whoever wrote the article: `Forbidden`. Settled already: `Conflict`.
pub async fn settle_remark(app: &App, who: &Colleague, id: RemarkId) -> Result<ArticleId> {
    act(app, who, id, Act::Settle).await
}

enum Act {
    Answer(String),
    Settle,
}

async fn act(app: &App, who: &Colleague, id: RemarkId, act: Act) -> Result<ArticleId> {
    let none = || Error::not_found("no_remark", "没有这条意见。");
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let found = store::remark(&tx, id).await?.ok_or_else(none)?;
    let article = locked(&tx, found.article_id).await?;
    // Read again under the article's lock.
    let row = store::remark(&tx, id).await?.ok_or_else(none)?;
    if row.settled_at.is_some() {
        return Err(Error::conflict("remark_settled", "这条意见已经处理好了。"));
    }
    let action = match act {
        Act::Answer(answer) => {
            may_write(who, &article)?;
            store::answer_remark(&tx, id, &answer, who.id, now).await?;
            "news.remark_answered"
        }
        Act::Settle => {
            if standing(&tx, &article).await?.authors.contains(&who.id) {
                return Err(Error::forbidden(
                    "own_article",
                    "您写过或改过这篇文章，意见要由别人来定。您可以写答复。",
                ));
            }
            store::settle_remark(&tx, id, who.id, now).await?;
            "news.remark_settled"
        }
    };
    let detail = format!("remark:{id}");
    staff::record(&tx, Some(who.id), action, &object(article.id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(article.id)
}

/// No pass and no publication while somebody waits for an answer.
pub(super) fn refuse_open(open: u64) -> Result<()> {
    if open == 0 {
        return Ok(());
    }
    Err(Error::conflict("remarks_open", format!("还有 {open} 条意见没有处理好，请先处理。")))
}

/// May this person settle, or answer? As the console's buttons have it.
pub(super) fn may(
    who: &Colleague,
    article: &entity::article::Model,
    authors: &[entity::ids::StaffId],
    row: &article_remark::Model,
) -> (bool, bool) {
    let open = row.settled_at.is_none() && article.status != ArticleStatus::Publishing;
    (open && may_write(who, article).is_ok(), open && !authors.contains(&who.id))
}

/// When a remark was last touched, for its line.
pub(super) fn touched(row: &article_remark::Model) -> DateTime<Utc> {
    row.settled_at.or(row.answered_at).unwrap_or(row.made_at)
}
