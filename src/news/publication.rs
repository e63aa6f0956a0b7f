//! The way of an approved article to the account, resumable at every step.
//!
//! queued → (pictures, draft) → drafted → (submit) → submitted → published or failed.
//! To all followers it is the same way, with a key at the call (`mass.rs`).
//!
//! 1. Every answer of the platform is written down before the next call, so that a run
//!    that broke off goes on where it was. Pictures are uploaded once.
//! 2. An answer that got lost is looked for before the call is repeated. A draft is
//!    known by its link: it names the article and the publication.
//! 3. Only one run begins the submit call (a conditional update), and writes so before
//!    it calls. If no answer was written down after that, nobody submits again until the
//!    published list was seen without the article *and then* the draft was still there,
//!    half an hour after the call: a draft vanishes when it is published.
//! 4. Several articles in one issue are one draft and one submission: their publications take
//!    each step together, the first of them (the lead) has the platform's numbers, and each
//!    article is verified against its own hash. On the account each has an end of its own.
//! 5. `failed` is said only when the platform said no, or when a day after a lost answer
//!    neither the draft nor the article is to be seen. Any other open end stays open: it
//!    is asked for again, ever more seldom, and the console says what it waits for.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::PublicationId;
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay};
use entity::publication;

use super::account::{self, Found};
use super::issue::Issue;
use super::store::{self, Step};
use super::{Standing, asked, drafting, mass, order, refused, remarks, standing};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::outbox::{self, Job};
use crate::wechat;
use crate::wechat::message::{PublishResult, PublishStatus};

/// When the end is asked for, counted from the submission.
const ASK_AFTER_S: [i64; 8] = [5, 15, 60, 180, 420, 780, 1260, 1800];
/// Then so often…
const ASK_EVERY: TimeDelta = TimeDelta::minutes(30);
/// …and after a day so often.
const ASK_SELDOM: TimeDelta = TimeDelta::hours(6);
const LONG: TimeDelta = TimeDelta::hours(24);
/// A submission without an answer: after so long, a draft that is still there was not taken.
const NOT_TAKEN_AFTER: TimeDelta = TimeDelta::minutes(30);

/// Why a run ends before the submission.
pub(super) enum Stop {
    /// It may work later: the job is repeated, the state stands.
    Later(Error),
    /// The platform said no, or would: in words for the editor.
    Refused(String),
    /// Another run has it.
    Elsewhere,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Later(error)
    }
}

impl From<wechat::Error> for Stop {
    fn from(error: wechat::Error) -> Self {
        if account::may_pass(&error) {
            Self::Later(error.into())
        } else {
            Self::Refused(account::words(&error))
        }
    }
}

/// Job: brings a publication as far as it goes in one run.
///
/// # Errors
/// The platform does not answer, or is busy: tried again later. The article was not
/// passed by three people: `Conflict`, and the publication has failed.
pub async fn publish_job(app: &App, id: PublicationId) -> Result<()> {
    let issue = Issue::of(app.db.read(), id).await?;
    let row = issue.lead();
    // Its own job comes when it is due.
    if row.due_at.is_some_and(|due| app.clock.now() < due) {
        return Ok(());
    }
    match row.state {
        PublicationState::Published | PublicationState::Failed => return Ok(()),
        PublicationState::Submitted => return follow(app, &issue).await,
        PublicationState::Drafted if row.submit_started_at.is_some() => {
            return follow(app, &issue).await;
        }
        PublicationState::Queued | PublicationState::Drafted => {}
    }
    if row.way == PublicationWay::MassSend && put_off(app, &issue).await? {
        return Ok(());
    }
    match bring(app, &issue).await {
        Ok(()) | Err(Stop::Elsewhere) => Ok(()),
        Err(Stop::Refused(words)) => fail(app, &issue, &words).await,
        Err(Stop::Later(error)) => {
            if OF_THE_GATE.contains(&error.code) {
                fail(app, &issue, &error.message).await?;
            } else {
                note(app, &issue, &error.message).await?;
            }
            refused::noted(app, None, row.article_id, "job", Err(error)).await
        }
    }
}

/// It was to be sent before the quiet hours, and waits for their end now.
async fn put_off(app: &App, issue: &Issue) -> Result<bool> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let articles = issue.read_articles(&tx).await?;
    let Some(until) = order::rings_again(app, &articles, now) else { return Ok(false) };
    store::step(&tx, &issue.ids(), &Step::PutOff(until), now).await?;
    outbox::enqueue(&tx, &Job::Publish { publication: issue.lead().id }, now, until).await?;
    tx.commit().await?;
    Ok(true)
}

/// Job: asks the platform how a publication ended.
///
/// # Errors
/// The platform does not answer, or is busy: tried again later.
pub async fn follow_publication(app: &App, id: PublicationId) -> Result<()> {
    follow(app, &Issue::of(app.db.read(), id).await?).await
}

/// The platform's event: a publication ended, or was taken down later. Unknown ones are
/// none of ours, or are found by `follow_publication`; a repeat changes nothing.
///
/// # Errors
/// The database.
pub async fn publication_finished(
    tx: &DatabaseTransaction,
    result: &PublishResult,
    now: DateTime<Utc>,
) -> Result<()> {
    match store::publication_by_publish_id(tx, &result.publish_id).await? {
        Some(row) => {
            let issue = Issue::of(tx, row.id).await?;
            conclude(tx, &issue, result, now).await.map(drop)
        }
        None => Ok(()),
    }
}

pub(super) async fn known(
    conn: &impl ConnectionTrait,
    id: PublicationId,
) -> Result<publication::Model> {
    let none = || Error::not_found("no_publication", "没有这次发布。");
    store::publication(conn, id).await?.ok_or_else(none)
}

// As far as it goes.

const UNAPPROVED: &str = "not_approved";

/// For these reasons a publication fails at once and for good.
const OF_THE_GATE: [&str; 4] =
    [UNAPPROVED, "remarks_open", "platform_risky", "platform_unanswered"];

/// Checks the three passes against the exact content of each article, from the rows alone;
/// gives what was passed.
async fn verified(
    conn: &impl ConnectionTrait,
    issue: &Issue,
    now: DateTime<Utc>,
) -> Result<Vec<Standing>> {
    let mut passed = Vec::with_capacity(issue.rows.len());
    for row in &issue.rows {
        let one = verified_one(conn, row, now).await;
        passed.push(one.map_err(|error| issue.named(row, error))?);
    }
    Ok(passed)
}

async fn verified_one(
    conn: &impl ConnectionTrait,
    row: &publication::Model,
    now: DateTime<Utc>,
) -> Result<Standing> {
    let unapproved = || Error::conflict(UNAPPROVED, "这篇文章没有由三个人依次审核通过，不能发布。");
    let article = store::article(conn, row.article_id).await?.ok_or_else(unapproved)?;
    let standing = standing(conn, &article).await?;
    let exact = standing.hash == row.content_hash && article.version == row.version;
    if article.status != ArticleStatus::Publishing || !exact || !standing.chain.complete() {
        return Err(unapproved());
    }
    remarks::refuse_open(standing.open_remarks)?;
    // Whoever ordered it waited for the platform's word; a later one counts as well.
    asked::refuse(&standing.asked, now, false)?;
    Ok(standing)
}

async fn bring(app: &App, issue: &Issue) -> Result<(), Stop> {
    let passed = verified(app.db.read(), issue, app.clock.now()).await?;
    let row = issue.lead();
    let draft = match &row.draft_media_id {
        Some(draft) if row.state == PublicationState::Drafted => draft.clone(),
        _ => make_draft(app, issue, &passed).await?,
    };
    submit(app, issue, &draft).await
}

/// Brings pictures and draft to the platform; gives the draft.
async fn make_draft(app: &App, issue: &Issue, passed: &[Standing]) -> Result<String, Stop> {
    // An article that failed before may have been published by hand from its old draft.
    for row in &issue.rows {
        let earlier = store::publications(app.db.read(), &[row.article_id]).await?;
        if earlier.iter().any(|other| other.id != row.id)
            && let Some(found) = account::published(app, row.article_id).await?
        {
            settle_found(app, issue, found).await?;
            return Err(Stop::Elsewhere);
        }
    }
    let lead = issue.lead();
    let link = |row: &publication::Model| account::link(app, row.article_id, lead.id);
    let draft = match account::draft(app, &link(lead)).await? {
        Some(draft) => draft,
        None => {
            let parts: Vec<drafting::Part<'_>> = issue
                .rows
                .iter()
                .zip(passed)
                .map(|(row, standing)| drafting::Part { standing, link: link(row) })
                .collect();
            drafting::add(app, &parts).await?
        }
    };
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let taken = store::step(&tx, &issue.ids(), &Step::Drafted(&draft), now).await?;
    if taken {
        tx.commit().await.map_err(Error::from)?;
        return Ok(draft);
    }
    drop(tx);
    // Another run was faster. Ours, if it is one of two, only lies about.
    let now_known = known(app.db.read(), lead.id).await?;
    if now_known.draft_media_id.as_ref() != Some(&draft) {
        account::forget_draft(app, &draft).await;
    }
    Err(Stop::Elsewhere)
}

/// Submits the draft, at most once without knowing the outcome.
async fn submit(app: &App, issue: &Issue, draft: &str) -> Result<(), Stop> {
    let now = app.clock.now();
    let row = issue.lead();
    let tx = app.db.begin().await?;
    // In the same transaction as the mark: what is submitted was passed as it is.
    issue.lock_articles(&tx).await?;
    verified(&tx, issue, now).await?;
    let (key, ask_after) = match row.way {
        // What a person pastes is no job's.
        PublicationWay::Publish | PublicationWay::ByHand => {
            (None, TimeDelta::seconds(ASK_AFTER_S[0]))
        }
        PublicationWay::MassSend => (Some(mass::key(row)), mass::ASK_AFTER),
    };
    let begin = Step::SubmitBegun { draft, key: key.as_deref() };
    if !store::step(&tx, &issue.ids(), &begin, now).await? {
        return Err(Stop::Elsewhere);
    }
    // Written before the call: whatever happens to this process, somebody will look.
    let job = Job::FollowPublication { publication: row.id };
    outbox::enqueue(&tx, &job, now, now + ask_after).await?;
    tx.commit().await.map_err(Error::from)?;
    let taken = match &key {
        None => match app.wechat.official().submit_publish(draft).await {
            Ok(taken) => take(app, issue, &Step::Submitted(&taken.publish_id)).await,
            Err(error) => return not_taken(app, issue, error).await,
        },
        Some(key) => match mass::send(app, draft, key).await {
            Ok(sent) => take(app, issue, &sent.step()).await,
            Err(error) => return not_taken(app, issue, error).await,
        },
    };
    Ok(taken?)
}

/// What a refusal, or no answer, to the submission means.
async fn not_taken(app: &App, issue: &Issue, error: wechat::Error) -> Result<(), Stop> {
    let row = issue.lead();
    if account::may_have_arrived(&error) || error.is(45066) {
        // Not repeated here: the following job looks whether it was taken, or repeats
        // it with its key.
        tracing::warn!(publication = row.id.0, %error, "the answer to a submission got lost");
        note(app, issue, "没有收到微信的回答，正在核对是否已经提交。").await?;
        return Ok(());
    }
    // The draft is gone: published by hand, or deleted.
    if error.is(40007) {
        return match account::published(app, row.article_id).await? {
            Some(found) => Ok(settle_found(app, issue, found).await?),
            None => Err(Stop::Refused("草稿已不在公众号后台的草稿箱里，请再发布一次。".to_owned())),
        };
    }
    together(app, issue, &Step::SubmitUndone).await?;
    Err(error.into())
}

// To its end.

async fn follow(app: &App, issue: &Issue) -> Result<()> {
    let row = issue.lead();
    let asked = match (row.state, &row.publish_id, &row.msg_id, row.submit_started_at) {
        (PublicationState::Submitted, Some(publish_id), ..) => ask(app, issue, publish_id).await,
        (PublicationState::Submitted, _, Some(msg_id), _) => mass::ask(app, issue, msg_id).await,
        (PublicationState::Drafted, None, None, Some(begun)) => match row.way {
            PublicationWay::Publish | PublicationWay::ByHand => find_out(app, issue, begun).await,
            PublicationWay::MassSend => mass::send_again(app, issue, begun).await,
        },
        // Ended, or not begun: nothing to follow.
        _ => return Ok(()),
    };
    match asked {
        Ok(true) => Ok(()),
        Ok(false) => ask_again(app, issue).await,
        Err(error) if matches!(error.kind, Kind::Upstream | Kind::Internal) => {
            note(app, issue, &error.message).await?;
            Err(error)
        }
        // Not even asking is allowed: the end stays open, and is asked for later.
        Err(error) => {
            tracing::warn!(publication = row.id.0, cause = %error.chain(), "cannot follow");
            note(app, issue, &error.message).await?;
            ask_again(app, issue).await
        }
    }
}

/// True when it has ended.
async fn ask(app: &App, issue: &Issue, publish_id: &str) -> Result<bool> {
    let result = app.wechat.official().publish_status(publish_id).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let ended = conclude(&tx, issue, &result, now).await?;
    tx.commit().await?;
    Ok(ended)
}

/// The submission was begun and no answer is known. True when the end is known, or the
/// publishing job goes on.
async fn find_out(app: &App, issue: &Issue, begun: DateTime<Utc>) -> Result<bool> {
    let row = issue.lead();
    // In this order: an article that is published between the two has no draft any more.
    if let Some(found) = account::published(app, row.article_id).await? {
        settle_found(app, issue, found).await?;
        return Ok(true);
    }
    let draft = row.draft_media_id.as_deref().unwrap_or_default();
    let there = app.wechat.official().get_draft(draft).await?.is_some();
    let now = app.clock.now();
    if there && now - begun >= NOT_TAKEN_AFTER {
        let tx = app.db.begin().await?;
        if store::step(&tx, &issue.ids(), &Step::SubmitUndone, now).await? {
            outbox::enqueue(&tx, &Job::Publish { publication: row.id }, now, now).await?;
        }
        tx.commit().await?;
        return Ok(true);
    }
    if !there && now - begun >= LONG {
        let words = "公众号后台既没有这篇草稿，也没有发布出来。请到后台确认后，再发布一次。";
        fail(app, issue, words).await?;
        return Ok(true);
    }
    Ok(false)
}

async fn ask_again(app: &App, issue: &Issue) -> Result<()> {
    let now = app.clock.now();
    let row = issue.lead();
    let begun = row.submit_started_at.unwrap_or(row.updated_at);
    let tx = app.db.begin().await?;
    if now - begun >= LONG {
        let words = "微信一天还没有给出结果，请到公众号后台“发表记录”里看一看。";
        store::step(&tx, &issue.ids(), &Step::Trouble(words), now).await?;
    }
    let job = Job::FollowPublication { publication: row.id };
    outbox::enqueue(&tx, &job, now, next_question(begun, now)).await?;
    tx.commit().await?;
    Ok(())
}

fn next_question(begun: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let planned = ASK_AFTER_S.iter().map(|after| begun + TimeDelta::seconds(*after));
    let later = if now - begun >= LONG { ASK_SELDOM } else { ASK_EVERY };
    planned.into_iter().find(|at| *at > now).unwrap_or(now + later)
}

/// Writes down what the platform says of a publication; true when it has ended.
async fn conclude(
    tx: &DatabaseTransaction,
    issue: &Issue,
    result: &PublishResult,
    now: DateTime<Utc>,
) -> Result<bool> {
    if result.status == PublishStatus::Published {
        issue.lock_articles(tx).await?;
        for row in &issue.rows {
            let url = row.place.try_into().ok().and_then(|place: usize| {
                result.urls.get(place.checked_sub(1)?).map(String::as_str)
            });
            succeed(tx, row, result.article_id.as_deref(), url, now).await?;
        }
        return Ok(true);
    }
    let words = match result.status {
        // A status that we do not know is not a no.
        PublishStatus::Published | PublishStatus::Publishing | PublishStatus::Other(_) => {
            return Ok(false);
        }
        PublishStatus::OriginalityFailed => {
            "微信认为与别人的原创内容重复，没有发布。请修改后再送审。"
        }
        PublishStatus::Failed => {
            "微信没有发布，也没有说明原因。可以再发布一次，或到公众号后台查看。"
        }
        PublishStatus::Refused => "没有通过微信的审核。请修改后再送审。",
        PublishStatus::Deleted => "文章已在公众号后台被删除。",
        PublishStatus::Banned => "文章发布后被微信封禁。",
    };
    let taken_down = matches!(result.status, PublishStatus::Deleted | PublishStatus::Banned);
    issue.lock_articles(tx).await?;
    for row in &issue.rows {
        let words = issue.words_for(row, words, &result.fail_idx);
        let step = if taken_down { Step::TakenDown(&words) } else { Step::Failed(&words) };
        end_badly(tx, row, &step, now).await?;
    }
    Ok(true)
}

/// It did not get there (`Failed`), or is there no longer (`TakenDown`).
pub(super) async fn end_badly(
    tx: &DatabaseTransaction,
    row: &publication::Model,
    step: &Step<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    store::lock_article(tx, row.article_id).await?;
    if store::step(tx, &[row.id], step, now).await? {
        let from: &[ArticleStatus] = if matches!(step, Step::TakenDown(_)) {
            &[ArticleStatus::Publishing, ArticleStatus::Published]
        } else {
            &[ArticleStatus::Publishing]
        };
        store::move_article(tx, row.article_id, from, ArticleStatus::Failed, now).await?;
    }
    Ok(())
}

/// It is on the account.
pub(super) async fn succeed(
    tx: &DatabaseTransaction,
    row: &publication::Model,
    wechat_article: Option<&str>,
    url: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let article = store::lock_article(tx, row.article_id).await?;
    let others = store::publications(tx, &[row.article_id]).await?;
    let rival =
        others.iter().any(|other| other.id != row.id && other.state != PublicationState::Failed);
    let same = article.is_some_and(|article| {
        article.version == row.version && article.content_hash == row.content_hash
    });
    if rival || !same {
        // Late word on a publication that had been given up: residents are not shown a text
        // that nobody passed, and the editor is told what lies on the account.
        let words = "微信后来还是发布了这一稿，请到公众号后台核对。";
        tracing::warn!(publication = row.id.0, "published after it had been given up");
        store::step(tx, &[row.id], &Step::TakenDown(words), now).await?;
        return Ok(());
    }
    if store::step(tx, &[row.id], &Step::Published { article: wechat_article, url }, now).await? {
        let from = [ArticleStatus::Publishing, ArticleStatus::Failed, ArticleStatus::Approved];
        store::move_article(tx, row.article_id, &from, ArticleStatus::Published, now).await?;
    }
    Ok(())
}

/// Job: takes what was published away from its readers.
///
/// # Errors
/// The platform does not answer: tried again later. It refuses: `Conflict`.
pub async fn withdraw_job(app: &App, id: PublicationId) -> Result<()> {
    let row = known(app.db.read(), id).await?;
    if row.state != PublicationState::Published {
        return Ok(());
    }
    match row.way {
        PublicationWay::MassSend => mass::take_away(app, &row).await?,
        PublicationWay::Publish => take_off(app, &row).await?,
        PublicationWay::ByHand => {}
    }
    let why = row.withdrawn_for.as_deref().map(|why| format!("原因：{why}")).unwrap_or_default();
    let words = match row.way {
        PublicationWay::MassSend => {
            format!("群发的内容已经撤回。聊天里的卡片还在，点开看不到内容。{why}")
        }
        PublicationWay::Publish => format!("已从公众号撤下。{why}"),
        PublicationWay::ByHand => format!("这里已经撤下。公众号上的请到后台删除。{why}"),
    };
    let tx = app.db.begin().await?;
    end_badly(&tx, &row, &Step::TakenDown(&words), app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes a published article from the account, and no other of its issue.
async fn take_off(app: &App, row: &publication::Model) -> Result<()> {
    // An event that was lost leaves the id to be looked for.
    let there = match &row.wechat_article_id {
        Some(id) => Some(id.clone()),
        None => account::published(app, row.article_id).await?.map(|found| found.article_id),
    };
    let Some(there) = there else { return Ok(()) };
    let place = Issue::of(app.db.read(), row.id).await?.place_for_platform(row);
    if let Err(error) = app.wechat.official().delete_published(&there, place).await {
        // The answer to an earlier try may have been lost: then it is not there any more.
        let gone = error.class() == wechat::Class::Permanent
            && account::published(app, row.article_id).await?.is_none();
        if !gone {
            return Err(error.into());
        }
    }
    Ok(())
}

/// What was found on the account is there; what of the issue is not in it did not get there.
async fn settle_found(app: &App, issue: &Issue, found: Found) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    issue.lock_articles(&tx).await?;
    for row in &issue.rows {
        match found.place_of(app, row.article_id) {
            Some(url) => succeed(&tx, row, Some(&found.article_id), url, now).await?,
            None => {
                let words = "同一期里有文章已经在公众号上，所以这一期没有再发。请重新发布这一篇。";
                end_badly(&tx, row, &Step::Failed(words), now).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

// Steps in a transaction of their own.

/// The platform has taken it: its number stands with the first of an issue.
pub(super) async fn take(app: &App, issue: &Issue, step: &Step<'_>) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if store::step(&tx, &[issue.lead().id], step, now).await? {
        store::step(&tx, &issue.followers(), &Step::Joined, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn together(app: &App, issue: &Issue, step: &Step<'_>) -> Result<()> {
    let tx = app.db.begin().await?;
    store::step(&tx, &issue.ids(), step, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// What holds it up, for the editor; the state stands.
async fn note(app: &App, issue: &Issue, words: &str) -> Result<()> {
    together(app, issue, &Step::Trouble(words)).await
}

async fn fail(app: &App, issue: &Issue, words: &str) -> Result<()> {
    let tx = app.db.begin().await?;
    issue.fail(&tx, words, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_asked_for_ever_more_seldom() {
        let begun = DateTime::UNIX_EPOCH;
        let mut at = begun;
        let mut asked = Vec::new();
        while at - begun < TimeDelta::hours(2) {
            at = next_question(begun, at);
            asked.push((at - begun).num_seconds());
        }
        assert_eq!(asked[..8], ASK_AFTER_S);
        assert_eq!(asked[8..11], [3600, 5400, 7200]);
        assert_eq!(next_question(begun, begun + LONG) - begun, LONG + ASK_SELDOM);
    }
}
