//! The news room: an article is written, read by three people, and brought to the account.
//!
//! 1. An article reaches the account only when three different people, none of whom
//!    wrote any of it, passed exactly this content, in the order language → facts →
//!    direction (`gate.rs`), each of them having ticked their proof-reading (the third reads
//!    aloud). The verb that asks for publication checks it, and the job checks it again from
//!    the rows before it sends anything and before it submits. Who is refused by the gate is
//!    in the audit (`refused.rs`).
//! 2. A content is known by its hash over everything a reader sees, pictures included
//!    (`content.rs`). Any change is another content: its passes are gone, and the
//!    article is a draft again.
//! 3. Every saved version is kept; a save names the version it was made from, and the
//!    second of two people who edit at once is told.
//! 4. What is shown is made from Markdown through an allow-list, and shows our own
//!    pictures only (`markup.rs`); a picture is re-encoded before it is kept (`crate::pixels`).
//! 5. An article has at most one living or successful publication: a unique index. A
//!    publication never submits when it cannot rule out that it already did
//!    (`publication.rs`). There are three ways: published, of which nobody is told, sent to
//!    all followers, of which the account has few (`mass.rs`), and pasted by a person
//!    (`export.rs`). Several articles go as one issue, each with a publication of its own
//!    (`issue.rs`).
//! 6. Residents see published articles and their pictures, and nothing else.
//! 7. What communities write in, and where it was sent, is the ledger (`ledger.rs`).
//! 8. While a remark at a place is open, nothing is passed and nothing published
//!    (`remarks.rs`). What the machine check must not let through is not handed in
//!    (`check.rs`); all else that it finds is a hint for people. The same holds for what the
//!    platform finds, where it can be asked (`asked.rs`).
//! 9. What an article belongs to (community, project, class) is no part of its content, and
//!    may be set right at any time (`belongs.rs`).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::article;
use entity::ids::{ArticleId, PictureId, StaffId};
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay, ReviewStage, Role, Verdict};

use crate::app::App;
use crate::error::{Error, Result};
use crate::pixels;
use crate::staff::{self, Colleague};

mod account;
pub mod api;
mod asked;
mod belongs;
mod changes;
mod check;
mod content;
mod count;
mod desk;
mod drafting;
mod export;
mod gate;
mod handed_in;
mod issue;
mod ledger;
mod markup;
mod mass;
mod order;
mod publication;
mod quiet;
mod reads;
mod refused;
mod remarks;
mod split;
mod store;
mod watch;
mod words;

pub use asked::{answer_platform, ask_platform};
pub use belongs::{Belongs, belong};
pub use content::Content;
pub use count::{Counted, counted};
pub use handed_in::{ClassFacts, MOST_PICTURES, hand_in_class};
pub use issue::publish_issue;
pub use mass::{mass_send_finished, preview};
pub use order::{by_hand, call_off, publish, urge, withdraw};
pub use publication::{follow_publication, publication_finished, publish_job, withdraw_job};
pub use quiet::Quiet;
pub use reads::read_figures;
pub use remarks::{NewRemark, answer_remark, remark, settle_remark};
pub use split::split;
pub use store::PictureLine;
pub use words::{drop_word, keep_word};

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
    /// The stage's proof-reading was done, the third one aloud: needed for a pass.
    pub proofread: bool,
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
    /// Remarks that nobody has settled.
    open_remarks: u64,
    /// What the platform said of its parts.
    asked: Vec<asked::Part>,
}

async fn standing(conn: &impl ConnectionTrait, article: &article::Model) -> Result<Standing> {
    let content = Content::from(article);
    let sums = store::sums(conn, &content.pictures()).await?;
    let hash = content.hash(&sums);
    let authors = authors(article, store::savers(conn, &[article.id]).await?.remove(&article.id));
    let reviews = store::reviews(conn, &[article.id]).await?;
    let chain = gate::chain(&hash, &authors, &reviews);
    let open_remarks = store::open_remarks(conn, &[article.id]).await?.remove(&article.id);
    let open_remarks = open_remarks.unwrap_or_default();
    let asked = asked::parts(conn, article.id, &content).await?;
    Ok(Standing { content, hash, authors, chain, sums, open_remarks, asked })
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
    let tx = app.db.begin().await?;
    let id = begin(&tx, who, content, app.clock.now()).await?;
    tx.commit().await?;
    Ok(id)
}

async fn begin(
    tx: &DatabaseTransaction,
    who: &Colleague,
    content: Content,
    now: DateTime<Utc>,
) -> Result<ArticleId> {
    let content = content.tidy();
    content.check_kept()?;
    let hash = hash_for_saving(tx, &content).await?;
    let article = store::insert_article(tx, &content, &hash, who.id, now).await?;
    store::keep_version(tx, article.id, 1, &content, &hash, who.id, now).await?;
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
    check::refuse_stops(&check::look(&standing.content, &words::all(&tx).await?))?;
    asked::refuse_risky(&standing.asked, now)?;
    let to =
        if standing.chain.complete() { ArticleStatus::Approved } else { ArticleStatus::InReview };
    let people = [who.id, article.author_id];
    asked::begin(app, &tx, id, &standing.content, &people, now).await?;
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
    refused::noted(app, Some(who), id, "review", judge(app, who, id, opinion).await).await
}

async fn judge(app: &App, who: &Colleague, id: ArticleId, opinion: Opinion) -> Result<()> {
    let remark = opinion.remark.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if remark.as_ref().is_some_and(|text| text.chars().count() > REMARK_CHARS) {
        return Err(Error::invalid("too_long", format!("意见太长，最多 {REMARK_CHARS} 个字。")));
    }
    if opinion.verdict == Verdict::Return && remark.is_none() {
        return Err(Error::invalid("remark_needed", "退回时请写明要改什么。"));
    }
    if opinion.verdict == Verdict::Pass && !opinion.proofread {
        let proof = proof_text(opinion.stage);
        return Err(Error::invalid("proof_needed", format!("请先做{proof}，再通过。")));
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
    if opinion.verdict == Verdict::Pass {
        remarks::refuse_open(standing.open_remarks)?;
        asked::refuse(&standing.asked, now, false)?;
    }
    let row = store::NewReview {
        article: &article,
        content_hash: &standing.hash,
        stage: opinion.stage,
        verdict: opinion.verdict,
        reviewer: who.id,
        remark,
        proofread: opinion.proofread,
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

fn not_approved() -> Error {
    Error::conflict("not_approved", "要先由三个人依次审核通过，才能发布。")
}

/// Keeps an uploaded picture; the same file again gives the same picture.
///
/// # Errors
/// Not a JPEG or PNG, damaged or too large: `Invalid`, in words.
pub async fn add_picture(app: &App, who: &Colleague, file: Vec<u8>) -> Result<PictureLine> {
    if file.len() > app.config.server.max_picture_bytes {
        return Err(Error::invalid("picture_too_large", "图片文件太大，请缩小后再上传。"));
    }
    let (made, sum) = pixels::made(file).await?;
    let tx = app.db.begin().await?;
    let line = store::keep_picture(&tx, &sum, made, who.id, app.clock.now()).await?;
    tx.commit().await?;
    line.ok_or_else(|| Error::internal("a picture just kept is not there"))
}

/// As an upload at the desk, for rooms above: a photo that an article may show.
///
/// # Errors
/// Not a JPEG or PNG, damaged or too large: `Invalid`, in words.
pub async fn keep_picture(app: &App, who: &Colleague, file: Vec<u8>) -> Result<PictureId> {
    Ok(add_picture(app, who, file).await?.id)
}

/// What a picture is, and its bytes; who may see it is for the caller to know.
///
/// # Errors
/// The database.
pub async fn picture(
    conn: &impl ConnectionTrait,
    id: PictureId,
) -> Result<Option<(String, Vec<u8>)>> {
    Ok(store::picture(conn, id).await?.map(|row| (row.mime, row.bytes)))
}

/// May everybody see this picture? Only when a published article shows it.
async fn is_public(conn: &impl ConnectionTrait, id: PictureId) -> Result<bool> {
    let named = store::published_naming(conn, id).await?;
    Ok(named.iter().any(|article| Content::from(article).pictures().contains(&id)))
}

/// Articles with this in their title, the newest first.
///
/// # Errors
/// The database.
pub async fn titled(
    conn: &impl ConnectionTrait,
    text: &str,
    limit: u64,
) -> Result<Vec<(ArticleId, String)>> {
    store::titled(conn, text, limit).await
}

/// The newest articles on the account.
///
/// # Errors
/// The database.
pub async fn published(conn: &impl ConnectionTrait, limit: u64) -> Result<Vec<PublishedCard>> {
    let (lines, _) = store::on_the_account(conn, 0, limit).await?;
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
        (S::Published, W::ByHand) => "已手工发布",
        (S::Submitted | S::Failed, W::ByHand) => "手工发布的文章已撤下",
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

/// The proof-reading that goes with a review.
fn proof_text(stage: ReviewStage) -> &'static str {
    match stage {
        ReviewStage::Language => "一校：对照原稿，看字词和标点",
        ReviewStage::Facts => "二校：核对人名、时间、地点和数字",
        ReviewStage::Direction => "三校：从头到尾读出声来，通读一遍",
    }
}
