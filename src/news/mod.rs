//! The news room: an article is written, read by three people, and brought to the account.
//!
//! 1. An article reaches the account only when three different people, none of whom
//!    wrote any of it, passed exactly this content, in the order language → facts →
//!    direction (`gate.rs`). The verb that asks for publication checks it, and the job
//!    checks it again from the rows before it sends anything and before it submits.
//! 2. A content is known by its hash over everything a reader sees, pictures included
//!    (`content.rs`). Any change is another content: its passes are gone, and the
//!    article is a draft again.
//! 3. Every saved version is kept; a save names the version it was made from, and the
//!    second of two people who edit at once is told.
//! 4. What is shown is made from Markdown through an allow-list, and shows our own
//!    pictures only (`markup.rs`); a picture is re-encoded before it is kept (`crate::pixels`).
//! 5. An article has at most one living or successful publication: a unique index. A
//!    publication never submits when it cannot rule out that it already did
//!    (`publication.rs`). There are two ways: published, of which nobody is told, and
//!    sent to all followers, of which the account has few (`mass.rs`).
//! 6. Residents see published articles and their pictures, and nothing else.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::article;
use entity::ids::{ArticleId, PictureId, PublicationId, StaffId};
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay, ReviewStage, Role, Verdict};

use crate::app::App;
use crate::error::{Error, Result};
use crate::outbox::{self, Job};
use crate::pixels;
use crate::staff::{self, Colleague};

mod account;
pub mod api;
mod content;
mod desk;
mod drafting;
mod gate;
mod markup;
mod mass;
mod publication;
mod store;

pub use content::Content;
pub use mass::{mass_send_finished, preview, withdraw, withdraw_job};
pub use publication::{follow_publication, publication_finished, publish_job};

const REMARK_CHARS: usize = 1000;

/// A verdict on exactly one content.
#[derive(Clone, Debug)]
pub struct Opinion {
    /// The content that was read.
    pub content_hash: String,
    pub stage: ReviewStage,
    pub verdict: Verdict,
    /// Needed for a return: what is to be changed.
    pub remark: Option<String>,
}

/// A published article in a list.
#[derive(Clone, Debug)]
pub struct PublishedCard {
    pub id: ArticleId,
    pub title: String,
    pub digest: String,
    pub cover: Option<PictureId>,
    /// Address on the platform, where it told us.
    pub url: Option<String>,
}

/// What stands in the rows about an article, worked out anew.
struct Standing {
    content: Content,
    /// Of the content as it is now, not as somebody once wrote it down.
    hash: String,
    /// Everybody who wrote or changed it.
    authors: Vec<StaffId>,
    chain: gate::Chain,
    /// SHA-256 of the pictures that exist.
    sums: HashMap<PictureId, String>,
}

async fn standing(conn: &impl ConnectionTrait, article: &article::Model) -> Result<Standing> {
    let content = Content::from(article);
    let sums = store::sums(conn, &content.pictures()).await?;
    let hash = content.hash(&sums);
    let authors = authors(article, store::savers(conn, &[article.id]).await?.remove(&article.id));
    let reviews = store::reviews(conn, &[article.id]).await?;
    let chain = gate::chain(&hash, &authors, &reviews);
    Ok(Standing { content, hash, authors, chain, sums })
}

fn authors(article: &article::Model, savers: Option<Vec<StaffId>>) -> Vec<StaffId> {
    let mut authors = savers.unwrap_or_default();
    if !authors.contains(&article.author_id) {
        authors.push(article.author_id);
    }
    authors
}

fn no_article() -> Error {
    Error::not_found("no_article", "没有这篇文章。")
}

async fn locked(tx: &DatabaseTransaction, id: ArticleId) -> Result<article::Model> {
    store::lock_article(tx, id).await?.ok_or_else(no_article)
}

fn object(id: ArticleId) -> String {
    format!("article:{id}")
}

/// Begins an article.
///
/// # Errors
/// Too long to be kept, or the cover does not exist: `Invalid`.
pub async fn write(app: &App, who: &Colleague, content: Content) -> Result<ArticleId> {
    let content = content.tidy();
    content.check_kept()?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let hash = hash_for_saving(&tx, &content).await?;
    let article = store::insert_article(&tx, &content, &hash, who.id, now).await?;
    store::keep_version(&tx, article.id, 1, &content, &hash, who.id, now).await?;
    tx.commit().await?;
    Ok(article.id)
}

/// Saves a change that was made to version `edited`; passes of the old content no longer
/// hold, and the article is a draft again. A save that changes nothing does nothing.
///
/// # Errors
/// Somebody else saved meanwhile, or it is on its way to the account: `Conflict`.
/// Neither the author nor an editor: `Forbidden`.
pub async fn edit(
    app: &App,
    who: &Colleague,
    id: ArticleId,
    edited: i32,
    content: Content,
) -> Result<()> {
    let content = content.tidy();
    content.check_kept()?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    may_write(who, &article)?;
    if !store::editable(article.status) {
        return Err(Error::conflict("not_editable", "文章正在发布或已经发布，不能再改了。"));
    }
    if edited == article.version && Content::from(&article) == content {
        return Ok(());
    }
    let hash = hash_for_saving(&tx, &content).await?;
    if !store::replace_content(&tx, id, edited, &content, &hash, now).await? {
        return Err(Error::conflict(
            "edited_meanwhile",
            "您编辑的时候，别人已经保存了新的一稿。请先看看新稿，再改。",
        ));
    }
    store::keep_version(&tx, id, edited + 1, &content, &hash, who.id, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Whoever changes an article is one of its authors, and can no longer review it; so a
/// section head's or leader's hand is kept off other people's articles.
fn may_write(who: &Colleague, article: &article::Model) -> Result<()> {
    if who.id == article.author_id || who.role == Role::Editor {
        return Ok(());
    }
    Err(Error::forbidden("not_author", "只有作者和编辑能改这篇文章；有意见请退回给作者。"))
}

async fn hash_for_saving(tx: &DatabaseTransaction, content: &Content) -> Result<String> {
    let sums = store::sums(tx, &content.pictures()).await?;
    if content.cover.is_some_and(|cover| !sums.contains_key(&cover)) {
        return Err(Error::invalid("no_picture", "封面图不存在，请重新上传。"));
    }
    Ok(content.hash(&sums))
}

/// Hands a draft to the reviewers. A content that three people passed before (it was
/// changed and changed back) needs no further reading.
///
/// # Errors
/// Something is missing or too long: `Invalid`, naming all of it. Not a draft: `Conflict`.
pub async fn submit(app: &App, who: &Colleague, id: ArticleId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    may_write(who, &article)?;
    let standing = standing(&tx, &article).await?;
    if article.status != ArticleStatus::Draft {
        return Err(Error::conflict("not_a_draft", "这篇文章已经送审了。"));
    }
    standing.content.check_complete(&standing.sums)?;
    let to =
        if standing.chain.complete() { ArticleStatus::Approved } else { ArticleStatus::InReview };
    store::move_article(&tx, id, &[ArticleStatus::Draft], to, now).await?;
    let detail = format!("version {} {}", article.version, standing.hash);
    staff::record(&tx, Some(who.id), "news.submit", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a stage its verdict. The third pass approves the article; a return makes it a
/// draft, and the passes before it hold on if the author changes nothing.
///
/// # Errors
/// Not this person's to give: `Forbidden`. Not this stage's turn, or the content is no
/// longer the one that was read: `Conflict`.
pub async fn review(app: &App, who: &Colleague, id: ArticleId, opinion: Opinion) -> Result<()> {
    let remark = opinion.remark.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if remark.as_ref().is_some_and(|text| text.chars().count() > REMARK_CHARS) {
        return Err(Error::invalid("too_long", format!("意见太长，最多 {REMARK_CHARS} 个字。")));
    }
    if opinion.verdict == Verdict::Return && remark.is_none() {
        return Err(Error::invalid("remark_needed", "退回时请写明要改什么。"));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    let standing = standing(&tx, &article).await?;
    if article.status != ArticleStatus::InReview {
        return Err(Error::conflict("not_in_review", "这篇文章现在不在审核中。"));
    }
    if opinion.content_hash != standing.hash {
        return Err(Error::conflict("content_changed", "文章已经改过，请刷新后看新的一稿。"));
    }
    gate::may_review(&standing.chain, opinion.stage, who.id, who.role, &standing.authors)
        .map_err(barred)?;
    let row = store::NewReview {
        article: &article,
        content_hash: &standing.hash,
        stage: opinion.stage,
        verdict: opinion.verdict,
        reviewer: who.id,
        remark,
    };
    if !store::insert_review(&tx, row, now).await? {
        return Err(Error::conflict(
            "already_passed",
            "这一稿已经有人做过这一审；请作者改动后重新送审。",
        ));
    }
    let last = standing.chain.holds.len() + 1 == gate::STAGES.len();
    let to = match opinion.verdict {
        Verdict::Return => Some(ArticleStatus::Draft),
        Verdict::Pass if last => Some(ArticleStatus::Approved),
        Verdict::Pass => None,
    };
    if let Some(to) = to {
        store::move_article(&tx, id, &[ArticleStatus::InReview], to, now).await?;
    }
    let detail =
        format!("{} {} {}", opinion.stage.as_str(), opinion.verdict.as_str(), standing.hash);
    staff::record(&tx, Some(who.id), "news.verdict", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

fn barred(why: gate::Barred) -> Error {
    use gate::Barred;
    match why {
        Barred::Author => Error::forbidden("own_article", "自己写的或改过的文章要由别人来审。"),
        Barred::Twice => {
            Error::forbidden("same_person", "这一稿您已经审过一次，下一审要由另一个人来做。")
        }
        Barred::Role => Error::forbidden("not_your_stage", "这一审不归您的岗位做。"),
        Barred::NotNext => Error::conflict("stage_order", "还没有轮到这一审，或者已经审过了。"),
    }
}

/// Asks for publication, or for a send to all followers, also again after a failure. One
/// that got stuck goes on the way that it began.
///
/// # Errors
/// Not passed by three people: `Conflict`. Already on its way or there: `Conflict`. No
/// mass send is left: `Conflict`.
pub async fn publish(app: &App, who: &Colleague, id: ArticleId, way: PublicationWay) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    let standing = standing(&tx, &article).await?;
    let publication = match article.status {
        ArticleStatus::Approved | ArticleStatus::Failed => {
            // Whatever the status says, the rows decide.
            if !standing.chain.complete() {
                return Err(not_approved());
            }
            standing.content.check_complete(&standing.sums)?;
            if way == PublicationWay::MassSend {
                let quota = mass::quota(app, &tx).await?;
                if !quota.may {
                    return Err(Error::conflict("no_mass_send_left", quota.text));
                }
            }
            store::insert_publication(&tx, &article, &standing.hash, way, who.id, now)
                .await?
                .ok_or_else(on_its_way)?
        }
        ArticleStatus::Publishing => stuck(&tx, id, now).await?.ok_or_else(on_its_way)?,
        ArticleStatus::Published => {
            return Err(Error::conflict("published", "这篇文章已经发布了。"));
        }
        ArticleStatus::Draft | ArticleStatus::InReview => return Err(not_approved()),
    };
    let from = [ArticleStatus::Approved, ArticleStatus::Failed, ArticleStatus::Publishing];
    store::move_article(&tx, id, &from, ArticleStatus::Publishing, now).await?;
    outbox::enqueue(&tx, &Job::Publish { publication }, now, now).await?;
    let detail = format!("publication:{publication} {} {}", way.as_str(), standing.hash);
    staff::record(&tx, Some(who.id), "news.publish", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

/// A living publication for which nothing was done for long: its job was given up.
/// Starting the job once more does no harm, since it goes on where it was.
async fn stuck(
    tx: &DatabaseTransaction,
    article: ArticleId,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Option<PublicationId>> {
    let newest = store::publications(tx, &[article]).await?.into_iter().next();
    Ok(newest.filter(|row| desk::is_stuck(row, now)).map(|row| row.id))
}

fn not_approved() -> Error {
    Error::conflict("not_approved", "要先由三个人依次审核通过，才能发布。")
}

fn on_its_way() -> Error {
    Error::conflict("publishing", "这篇文章正在发布，请稍等。")
}

/// Keeps an uploaded picture; the same file again gives the same picture.
///
/// # Errors
/// Not a JPEG or PNG, damaged or too large: `Invalid`, in words.
async fn add_picture(app: &App, who: &Colleague, file: Vec<u8>) -> Result<store::PictureLine> {
    if file.len() > app.config.server.max_picture_bytes {
        return Err(Error::invalid("picture_too_large", "图片文件太大，请缩小后再上传。"));
    }
    let (made, sum) = pixels::made(file).await?;
    let tx = app.db.begin().await?;
    let line = store::keep_picture(&tx, &sum, made, who.id, app.clock.now()).await?;
    tx.commit().await?;
    line.ok_or_else(|| Error::internal("a picture just kept is not there"))
}

/// May everybody see this picture? Only when a published article shows it.
async fn is_public(conn: &impl ConnectionTrait, id: PictureId) -> Result<bool> {
    let named = store::published_naming(conn, id).await?;
    Ok(named.iter().any(|article| Content::from(article).pictures().contains(&id)))
}

/// The newest articles on the account.
///
/// # Errors
/// The database.
pub async fn published(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<PublishedCard>> {
    let (lines, _) = store::on_the_account(conn, limit).await?;
    Ok(lines
        .into_iter()
        .map(|line| PublishedCard {
            id: line.id,
            title: line.title,
            digest: line.digest,
            cover: line.cover,
            url: line.url,
        })
        .collect())
}

/// Where everybody gets a picture of a published article, within the site.
pub fn public_address(id: PictureId) -> String {
    format!("/api/pictures/{id}")
}

/// The state in words, for the console.
fn state_text(state: PublicationState, way: PublicationWay) -> &'static str {
    use {PublicationState as S, PublicationWay as W};
    match (state, way) {
        (S::Queued, _) => "正在上传图片和草稿",
        (S::Drafted, _) => "草稿已上传，正在提交",
        (S::Submitted, W::Publish) => "已提交，等微信审核",
        (S::Submitted, W::MassSend) => {
            "已交给微信群发。公众号管理员可能要在微信里点“确认”，最多等 30 分钟。"
        }
        (S::Published, W::Publish) => "已发布",
        (S::Published, W::MassSend) => "已群发",
        (S::Failed, W::Publish) => "发布失败",
        (S::Failed, W::MassSend) => "群发没有成功",
    }
}

fn stage_text(stage: ReviewStage) -> &'static str {
    match stage {
        ReviewStage::Language => "文字",
        ReviewStage::Facts => "事实",
        ReviewStage::Direction => "导向",
    }
}
