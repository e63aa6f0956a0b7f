//! An article to all followers (群发): the call that must not be doubled, how it ends,
//! what is left of it, a look before it, and the way back.
//!
//! 1. The key that makes a repeat harmless is written down with the beginning of the
//!    call. Whatever becomes of the answer, the call is repeated with that key: the
//!    platform refuses it and names the send of then.
//! 2. The platform remembers a key for a day. After that nobody repeats: staff are asked
//!    to look.
//! 3. The administrator of the account may have to confirm within 30 minutes. WeChat says
//!    so to them alone: to us it is being sent. So when it is not sent after a minute, the
//!    console says whom to ask. The event says why it failed, so it is waited for a little.
//! 4. What is left is counted from our own sends: the platform tells nobody, and counts
//!    those made by hand as well. It has the last word (45028).

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::ArticleId;
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay};
use entity::{article, publication};

use super::issue::{self, Issue};
use super::publication::{Stop, end_badly, succeed, take};
use super::store::{self, Step};
use super::{Standing, account, asked, drafting, no_article, not_approved, object, standing};
use crate::app::App;
use crate::clock;
use crate::config::AccountKind;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};
use crate::wechat::message::{MassResult, MassStatus};
use crate::wechat::official::{MassContent, MassProgress, MassSent, MassTarget, PreviewTo};
use crate::wechat::{self, Ability, Class};

/// A repeat with the same key is answered after a minute (45066 before).
pub(super) const ASK_AFTER: TimeDelta = TimeDelta::seconds(60);
/// The platform remembers a key for a day; an hour is left for clocks.
const KEY_LIVES: TimeDelta = TimeDelta::hours(23);
/// The event says why it failed; the question does not.
const EVENT_PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// WeChat's: 6 to 20 characters today, other ones of old.
const NAME_CHARS: usize = 40;

/// So long the administrator may take.
const CONFIRM_WITHIN: TimeDelta = TimeDelta::minutes(30);

/// Until when the administrator may still confirm a send that should be done by now.
pub(super) fn confirm_until(row: &publication::Model, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let sending = row.way == PublicationWay::MassSend && row.state == PublicationState::Submitted;
    let begun = row.submit_started_at.filter(|_| sending)?;
    (begun + ASK_AFTER..begun + CONFIRM_WITHIN).contains(&now).then_some(begun + CONFIRM_WITHIN)
}

/// What is left of the account's mass sends.
pub(super) struct Quota {
    /// The account may at all.
    pub able: bool,
    /// It may, and some are left.
    pub may: bool,
    pub text: String,
}

/// Names this send, whatever is asked again: 64 bytes at most. The content is in it
/// because ids begin anew where a database does.
pub(super) fn key(row: &publication::Model) -> String {
    let mark: String = row.content_hash.chars().take(16).collect();
    format!("news-{}-{}-{mark}", row.id, row.version)
}

fn content(draft: &str) -> MassContent {
    // A reprint of somebody's original is stopped: nobody passed such a text.
    MassContent::Articles { media_id: draft.to_owned(), reprint: false }
}

/// A send that the platform has taken.
pub(super) struct Sent(MassSent);

impl Sent {
    pub(super) fn step(&self) -> Step<'_> {
        Step::Sent { msg_id: &self.0.msg_id, data_id: self.0.msg_data_id.as_deref() }
    }
}

/// Sends, or learns that it was sent.
pub(super) async fn send(app: &App, draft: &str, key: &str) -> Result<Sent, wechat::Error> {
    let sent = app.wechat.official().mass_send(&MassTarget::All, &content(draft), key).await?;
    if sent.earlier {
        tracing::info!(key, "a mass send had been accepted before");
    }
    Ok(Sent(sent))
}

/// The call was begun and no answer is known: it is repeated with its key. True when
/// nothing more is to be done.
pub(super) async fn send_again(app: &App, issue: &Issue, begun: DateTime<Utc>) -> Result<bool> {
    let now = app.clock.now();
    let row = issue.lead();
    if now - begun >= KEY_LIVES {
        let words =
            "一天没有查到这次群发的结果。请先到公众平台“发表记录”里确认，再决定要不要重发。";
        let tx = app.db.begin().await?;
        issue.fail(&tx, words, now).await?;
        tx.commit().await?;
        return Ok(true);
    }
    let (Some(draft), Some(key)) = (&row.draft_media_id, &row.mass_key) else {
        return Err(Error::internal("a mass send was begun without draft or key"));
    };
    let sent = send(app, draft, key).await?;
    take(app, issue, &sent.step()).await?;
    Ok(false)
}

/// Asks how far it is; true when it has ended.
pub(super) async fn ask(app: &App, issue: &Issue, msg_id: &str) -> Result<bool> {
    let progress = app.wechat.official().mass_status(msg_id).await?;
    let now = app.clock.now();
    let row = issue.lead();
    let begun = row.submit_started_at.unwrap_or(row.updated_at);
    let tx = app.db.begin().await?;
    issue.lock_articles(&tx).await?;
    let ended = match progress {
        MassProgress::Sent => {
            for row in &issue.rows {
                succeed(&tx, row, None, None, now).await?;
            }
            true
        }
        MassProgress::Failed if now - begun >= EVENT_PATIENCE => {
            let words = "群发失败，微信没有说明原因。也许管理员没有确认，请到公众平台查看。";
            issue.fail(&tx, words, now).await?;
            true
        }
        MassProgress::Deleted => {
            let words = "群发的内容已在公众平台被删除。";
            for row in &issue.rows {
                end_badly(&tx, row, &Step::TakenDown(words), now).await?;
            }
            true
        }
        MassProgress::Sending | MassProgress::Failed | MassProgress::Other(_) => false,
    };
    tx.commit().await?;
    Ok(ended)
}

/// The platform's event: a mass send ended. One that we do not know was made by hand; a
/// repeat changes nothing.
///
/// # Errors
/// The database.
pub async fn mass_send_finished(
    tx: &DatabaseTransaction,
    result: &MassResult,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(row) = store::publication_by_msg_id(tx, &result.msg_id).await? else {
        return Ok(());
    };
    let issue = Issue::of(tx, row.id).await?;
    issue.lock_articles(tx).await?;
    for row in &issue.rows {
        let place = usize::try_from(row.place - 1).unwrap_or_default();
        let url = result.urls.get(place).map(String::as_str);
        match &result.status {
            MassStatus::Success => succeed(tx, row, None, url, now).await?,
            MassStatus::Failed | MassStatus::Refused(_) => {
                let words = format!("{}。", result.status.words());
                end_badly(tx, row, &Step::Failed(&words), now).await?;
            }
            MassStatus::Other(_) => {}
        }
        // Also where asking was faster: only the event has figures and addresses.
        store::step(tx, &[row.id], &Step::Counted { result, url }, now).await?;
    }
    Ok(())
}

/// What may still be sent.
pub(super) async fn quota(app: &App, conn: &impl ConnectionTrait) -> Result<Quota> {
    if !app.wechat.official().can(Ability::MassSend) {
        let text = "这个公众号不能群发，要先完成微信认证。可以用“发布”。".to_owned();
        return Ok(Quota { able: false, may: false, text });
    }
    let today = app.clock.today();
    let (since, most, span) = match app.config.wechat.official.kind {
        AccountKind::Subscription => (today, 1, "今天"),
        AccountKind::Service => (today.with_day(1).unwrap_or(today), 4, "这个月"),
    };
    let used = store::mass_sends_since(conn, clock::at_local(since, 0)).await?;
    let left = most - i64::try_from(used).unwrap_or(most).min(most);
    let text = match left {
        0 => format!("{span}的 {most} 次群发已经用完。可以用“发布”。"),
        _ => format!("{span}还可以群发 {left} 次，共 {most} 次。"),
    };
    Ok(Quota { able: true, may: left > 0, text })
}

/// Shows an approved article, or an issue of several, on the phone of one follower, before
/// it goes to all.
///
/// # Errors
/// Not passed by three people: `Conflict`. Nobody of this name follows: `Invalid`. The
/// platform does not answer: `Upstream`.
pub async fn preview(app: &App, who: &Colleague, ids: &[ArticleId], name: &str) -> Result<()> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS {
        return Err(Error::invalid("wechat_name", "请填微信号。在微信“我”里可以看到。"));
    }
    if ids.len() != 1 {
        issue::check_choice(ids)?;
    }
    let mut articles = Vec::with_capacity(ids.len());
    for (nth, id) in ids.iter().enumerate() {
        let one = shown_first(app, *id).await;
        articles.push(if ids.len() > 1 {
            one.map_err(|error| issue::numbered(nth, error))?
        } else {
            one?
        });
    }
    let mark = issue::mark(articles.iter().map(|(_, standing)| standing.hash.as_str()));
    let link = |article: &article::Model| {
        if ids.len() > 1 {
            account::preview_link_of_issue(app, article.id, &mark)
        } else {
            account::preview_link(app, article.id, article.version)
        }
    };
    let parts: Vec<drafting::Part<'_>> = articles
        .iter()
        .map(|(article, standing)| drafting::Part { standing, link: link(article) })
        .collect();
    let first = parts.first().ok_or_else(no_article)?;
    let draft = match account::draft(app, &first.link).await? {
        Some(draft) => draft,
        None => drafting::add(app, &parts).await.map_err(stopped)?,
    };
    app.wechat
        .official()
        .mass_preview(PreviewTo::Name(name), &content(&draft))
        .await
        .map_err(unseen)?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    for (article, standing) in &articles {
        let detail = format!("version {} {}", article.version, standing.hash);
        let object = object(article.id);
        staff::record(&tx, Some(who.id), "news.preview", &object, Some(&detail), now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn shown_first(app: &App, id: ArticleId) -> Result<(article::Model, Standing)> {
    let article = store::article(app.db.read(), id).await?.ok_or_else(no_article)?;
    let standing = standing(app.db.read(), &article).await?;
    let open = matches!(article.status, ArticleStatus::Approved | ArticleStatus::Failed);
    if !open || !standing.chain.complete() {
        return Err(not_approved());
    }
    standing.content.check_complete(&standing.sums)?;
    asked::refuse(&standing.asked, app.clock.now(), false)?;
    Ok((article, standing))
}

fn stopped(stop: Stop) -> Error {
    match stop {
        Stop::Later(error) => error,
        Stop::Refused(words) => Error::conflict("wechat_refused", words),
        Stop::Elsewhere => Error::internal("a preview has no other run"),
    }
}

fn unseen(error: wechat::Error) -> Error {
    if error.class() == Class::UserState {
        let words = "没有找到这个微信号。请核对，并请对方先关注公众号。";
        return Error::invalid("no_such_follower", words).with_source(error);
    }
    if error.is(45009) {
        let words = "今天的 100 次预览用完了，请明天再试。";
        return Error::too_many("previews_used_up", words).with_source(error);
    }
    error.into()
}

/// Takes the content away from the followers.
///
/// # Errors
/// The platform does not answer, or refuses.
pub(super) async fn take_away(app: &App, row: &publication::Model) -> Result<()> {
    let issue = Issue::of(app.db.read(), row.id).await?;
    let place = issue.place_for_platform(row);
    let Some(msg_id) = issue.lead().msg_id.as_deref() else {
        // Found on the account without its event: nobody told us what to name.
        return Err(Error::conflict("no_msg_id", "请到公众平台后台删除这次群发。"));
    };
    if let Err(error) = app.wechat.official().mass_delete(msg_id, place).await {
        // The answer to an earlier try may have been lost.
        let gone = error.class() == Class::Permanent
            && place.is_none()
            && app.wechat.official().mass_status(msg_id).await? == MassProgress::Deleted;
        if !gone {
            return Err(error.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use entity::ids::PublicationId;

    use super::*;

    #[test]
    fn the_longest_key_is_short_enough() {
        let row = publication::Model {
            id: PublicationId(i64::MAX),
            article_id: ArticleId(1),
            version: i32::MAX,
            content_hash: "f".repeat(64),
            state: PublicationState::Queued,
            way: PublicationWay::MassSend,
            draft_media_id: None,
            submit_started_at: None,
            publish_id: None,
            mass_key: None,
            msg_id: None,
            total_count: None,
            filter_count: None,
            sent_count: None,
            error_count: None,
            wechat_article_id: None,
            url: None,
            failure: None,
            requested_by: entity::ids::StaffId(1),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            due_at: None,
            withdrawn_for: None,
            lead_id: None,
            place: 1,
            msg_data_id: None,
        };
        assert!(key(&row).len() <= 64, "{}", key(&row));
    }
}
