//! The only queries on articles, versions, reviews, pictures and publications.

mod belongs;
mod ledger;
mod publications;
mod remarks;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LikeExpr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait,
    DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use entity::ids::{ArticleId, CommunityId, PictureId, StaffId};
use entity::kinds::{ArticleStatus, ReviewStage, Verdict};
use entity::{article, article_review, article_version, picture};

use super::content::Content;
use crate::error::Result;
use crate::pixels::Picture;

pub(super) use belongs::{
    class_names, classes, keep_reads, published_between, reads, sent_since, set_belongs,
};
pub(super) use ledger::{
    Decline, add_item_pictures, community_names, decline_item, extend_item, insert_item, item,
    item_of_meeting, item_pictures, items, link_item, outlets, save_outlet, save_submission,
    submissions,
};
pub(super) use publications::{
    NewPublication, NewsLine, Step, insert_publication, issue, last_published, mass_sends_since,
    next_planned, on_the_account, publication, publication_by_msg_id, publication_by_publish_id,
    publications, publications_between, published_article_of, step, withdraw,
};
pub(super) use remarks::{
    answer_remark, insert_remark, open_remarks, remark, remarks, save_word, settle_remark, words,
};

// Articles.

/// States in which an author may still change the text.
const EDITABLE: [ArticleStatus; 4] =
    [ArticleStatus::Draft, ArticleStatus::InReview, ArticleStatus::Approved, ArticleStatus::Failed];

pub(super) fn editable(status: ArticleStatus) -> bool {
    EDITABLE.contains(&status)
}

pub(super) async fn article(
    conn: &impl ConnectionTrait,
    id: ArticleId,
) -> Result<Option<article::Model>> {
    Ok(article::Entity::find_by_id(id).one(conn).await?)
}

/// Nobody else decides about the article until the transaction ends.
pub(super) async fn lock_article(
    tx: &DatabaseTransaction,
    id: ArticleId,
) -> Result<Option<article::Model>> {
    Ok(article::Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

/// Which articles are listed.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub status: Option<ArticleStatus>,
    pub community: Option<CommunityId>,
    pub project: Option<String>,
}

/// The last changed first, and how many there are.
pub(super) async fn articles(
    conn: &impl ConnectionTrait,
    wanted: &Wanted,
    limit: u64,
) -> Result<(Vec<article::Model>, u64)> {
    let mut rows = article::Entity::find();
    if let Some(status) = wanted.status {
        rows = rows.filter(article::Column::Status.eq(status));
    }
    if let Some(community) = wanted.community {
        rows = rows.filter(article::Column::CommunityId.eq(community));
    }
    if let Some(project) = &wanted.project {
        rows = rows.filter(article::Column::Project.eq(project.as_str()));
    }
    let total = rows.clone().count(conn).await?;
    let rows = rows
        .order_by_desc(article::Column::UpdatedAt)
        .order_by_desc(article::Column::Id)
        .limit(limit)
        .all(conn)
        .await?;
    Ok((rows, total))
}

/// Articles with this in their title, the newest first.
pub(super) async fn titled(
    conn: &impl ConnectionTrait,
    text: &str,
    limit: u64,
) -> Result<Vec<(ArticleId, String)>> {
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    let pattern = LikeExpr::new(format!("%{escaped}%")).escape('\\');
    Ok(article::Entity::find()
        .select_only()
        .columns([article::Column::Id, article::Column::Title])
        .filter(article::Column::Title.like(pattern))
        .order_by_desc(article::Column::UpdatedAt)
        .order_by_desc(article::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?)
}

pub(super) async fn insert_article(
    tx: &DatabaseTransaction,
    content: &Content,
    hash: &str,
    author: StaffId,
    now: DateTime<Utc>,
) -> Result<article::Model> {
    let row = article::ActiveModel {
        author_id: Set(author),
        status: Set(ArticleStatus::Draft),
        version: Set(1),
        title: Set(content.title.clone()),
        digest: Set(content.digest.clone()),
        byline: Set(content.byline.clone()),
        origin: Set(content.origin.clone()),
        body: Set(content.body.clone()),
        cover_id: Set(content.cover),
        content_hash: Set(hash.to_owned()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?)
}

/// The next version, as a draft; false when `edited` is no longer the newest or the
/// article is on its way to the account.
pub(super) async fn replace_content(
    tx: &DatabaseTransaction,
    id: ArticleId,
    edited: i32,
    content: &Content,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    use article::Column as C;
    let changed = article::Entity::update_many()
        .col_expr(C::Version, Expr::value(edited + 1))
        .col_expr(C::Status, Expr::value(ArticleStatus::Draft))
        .col_expr(C::Title, Expr::value(content.title.clone()))
        .col_expr(C::Digest, Expr::value(content.digest.clone()))
        .col_expr(C::Byline, Expr::value(content.byline.clone()))
        .col_expr(C::Origin, Expr::value(content.origin.clone()))
        .col_expr(C::Body, Expr::value(content.body.clone()))
        .col_expr(C::CoverId, Expr::value(content.cover))
        .col_expr(C::ContentHash, Expr::value(hash))
        .col_expr(C::UpdatedAt, Expr::value(now))
        .filter(C::Id.eq(id))
        .filter(C::Version.eq(edited))
        .filter(C::Status.is_in(EDITABLE))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// True when the article was in one of `from` and is in `to` now.
pub(super) async fn move_article(
    tx: &DatabaseTransaction,
    id: ArticleId,
    from: &[ArticleStatus],
    to: ArticleStatus,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = article::Entity::update_many()
        .col_expr(article::Column::Status, Expr::value(to))
        .col_expr(article::Column::UpdatedAt, Expr::value(now))
        .filter(article::Column::Id.eq(id))
        .filter(article::Column::Status.is_in(from.iter().copied()))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Says why an article is urgent, or that it is not.
pub(super) async fn urge(tx: &DatabaseTransaction, id: ArticleId, why: Option<&str>) -> Result<()> {
    article::Entity::update_many()
        .col_expr(article::Column::UrgentFor, Expr::value(why.map(str::to_owned)))
        .filter(article::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Urgent ones that wait for somebody.
pub(super) async fn urgent(conn: &impl ConnectionTrait) -> Result<Vec<article::Model>> {
    let waiting = [ArticleStatus::InReview, ArticleStatus::Approved, ArticleStatus::Failed];
    Ok(article::Entity::find()
        .filter(article::Column::UrgentFor.is_not_null())
        .filter(article::Column::Status.is_in(waiting))
        .order_by_asc(article::Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn titles(
    conn: &impl ConnectionTrait,
    ids: &[ArticleId],
) -> Result<HashMap<ArticleId, String>> {
    let rows: Vec<(ArticleId, String)> = article::Entity::find()
        .select_only()
        .columns([article::Column::Id, article::Column::Title])
        .filter(article::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

// Versions.

/// One saved version, with its text.
pub(super) async fn version(
    conn: &impl ConnectionTrait,
    article: ArticleId,
    version: i32,
) -> Result<Option<article_version::Model>> {
    Ok(article_version::Entity::find()
        .filter(article_version::Column::ArticleId.eq(article))
        .filter(article_version::Column::Version.eq(version))
        .one(conn)
        .await?)
}

/// One saved state, without its text.
pub(super) struct VersionLine {
    pub version: i32,
    pub title: String,
    pub saved_by: StaffId,
    pub saved_at: DateTime<Utc>,
}

/// Keeps the article's present state for good.
pub(super) async fn keep_version(
    tx: &DatabaseTransaction,
    article: ArticleId,
    version: i32,
    content: &Content,
    hash: &str,
    saved_by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = article_version::ActiveModel {
        article_id: Set(article),
        version: Set(version),
        title: Set(content.title.clone()),
        digest: Set(content.digest.clone()),
        byline: Set(content.byline.clone()),
        origin: Set(content.origin.clone()),
        body: Set(content.body.clone()),
        cover_id: Set(content.cover),
        content_hash: Set(hash.to_owned()),
        saved_by: Set(saved_by),
        saved_at: Set(now),
        ..Default::default()
    };
    article_version::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Newest first.
pub(super) async fn versions(
    conn: &impl ConnectionTrait,
    article: ArticleId,
) -> Result<Vec<VersionLine>> {
    use article_version::Column as C;
    let rows: Vec<(i32, String, StaffId, DateTime<Utc>)> = article_version::Entity::find()
        .select_only()
        .columns([C::Version, C::Title, C::SavedBy, C::SavedAt])
        .filter(C::ArticleId.eq(article))
        .order_by_desc(C::Version)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(version, title, saved_by, saved_at)| VersionLine {
            version,
            title,
            saved_by,
            saved_at,
        })
        .collect())
}

/// Everybody who saved a version, for each article.
pub(super) async fn savers(
    conn: &impl ConnectionTrait,
    articles: &[ArticleId],
) -> Result<HashMap<ArticleId, Vec<StaffId>>> {
    use article_version::Column as C;
    let rows: Vec<(ArticleId, StaffId)> = article_version::Entity::find()
        .select_only()
        .columns([C::ArticleId, C::SavedBy])
        .distinct()
        .filter(C::ArticleId.is_in(articles.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    let mut found: HashMap<ArticleId, Vec<StaffId>> = HashMap::new();
    for (article, saver) in rows {
        found.entry(article).or_default().push(saver);
    }
    Ok(found)
}

// Reviews.

/// In the order in which they were given.
pub(super) async fn reviews(
    conn: &impl ConnectionTrait,
    articles: &[ArticleId],
) -> Result<Vec<article_review::Model>> {
    Ok(article_review::Entity::find()
        .filter(article_review::Column::ArticleId.is_in(articles.iter().copied()))
        .order_by_asc(article_review::Column::Id)
        .all(conn)
        .await?)
}

/// What a reviewer says.
pub(super) struct NewReview<'a> {
    pub article: &'a article::Model,
    pub content_hash: &'a str,
    pub stage: ReviewStage,
    pub verdict: Verdict,
    pub reviewer: StaffId,
    pub remark: Option<String>,
    pub proofread: bool,
}

/// False when this stage, or this person, already passed this content.
pub(super) async fn insert_review(
    tx: &DatabaseTransaction,
    review: NewReview<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = article_review::ActiveModel {
        article_id: Set(review.article.id),
        version: Set(review.article.version),
        content_hash: Set(review.content_hash.to_owned()),
        stage: Set(review.stage),
        verdict: Set(review.verdict),
        reviewer_id: Set(review.reviewer),
        remark: Set(review.remark),
        proofread: Set(review.proofread),
        at: Set(now),
        ..Default::default()
    };
    let inserted = article_review::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(inserted == 1)
}

// Pictures.

/// A picture without its bytes.
#[derive(Clone, Debug)]
pub struct PictureLine {
    pub id: PictureId,
    pub mime: String,
    pub width: i32,
    pub height: i32,
    pub wechat_url: Option<String>,
    pub wechat_media_id: Option<String>,
}

/// Inserts a picture, or finds the same one again.
pub(super) async fn keep_picture(
    tx: &DatabaseTransaction,
    sha256: &str,
    made: Picture,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<Option<PictureLine>> {
    use picture::Column as C;
    let row = picture::ActiveModel {
        sha256: Set(sha256.to_owned()),
        mime: Set(made.mime.to_owned()),
        bytes: Set(made.bytes),
        width: Set(i32::try_from(made.width).unwrap_or(i32::MAX)),
        height: Set(i32::try_from(made.height).unwrap_or(i32::MAX)),
        uploaded_by: Set(by),
        created_at: Set(now),
        ..Default::default()
    };
    picture::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    let found = picture_lines(tx, Condition::all().add(C::Sha256.eq(sha256))).await?;
    Ok(found.into_iter().next())
}

pub(super) async fn picture(
    conn: &impl ConnectionTrait,
    id: PictureId,
) -> Result<Option<picture::Model>> {
    Ok(picture::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn pictures(
    conn: &impl ConnectionTrait,
    ids: &[PictureId],
) -> Result<HashMap<PictureId, PictureLine>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let which = Condition::all().add(picture::Column::Id.is_in(ids.iter().copied()));
    let rows = picture_lines(conn, which).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn picture_lines(conn: &impl ConnectionTrait, which: Condition) -> Result<Vec<PictureLine>> {
    use picture::Column as C;
    type Row = (PictureId, String, i32, i32, Option<String>, Option<String>);
    let rows: Vec<Row> = picture::Entity::find()
        .select_only()
        .columns([C::Id, C::Mime, C::Width, C::Height, C::WechatUrl, C::WechatMediaId])
        .filter(which)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, mime, width, height, wechat_url, wechat_media_id)| PictureLine {
            id,
            mime,
            width,
            height,
            wechat_url,
            wechat_media_id,
        })
        .collect())
}

/// The SHA-256 of each picture that exists.
pub(super) async fn sums(
    conn: &impl ConnectionTrait,
    ids: &[PictureId],
) -> Result<HashMap<PictureId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(PictureId, String)> = picture::Entity::find()
        .select_only()
        .columns([picture::Column::Id, picture::Column::Sha256])
        .filter(picture::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn remember_url(tx: &DatabaseTransaction, id: PictureId, url: &str) -> Result<()> {
    remember(tx, id, picture::Column::WechatUrl, Some(url)).await
}

/// `None`: the platform no longer knows the one we had.
pub(super) async fn remember_material(
    tx: &DatabaseTransaction,
    id: PictureId,
    media_id: Option<&str>,
) -> Result<()> {
    remember(tx, id, picture::Column::WechatMediaId, media_id).await
}

async fn remember(
    tx: &DatabaseTransaction,
    id: PictureId,
    column: picture::Column,
    value: Option<&str>,
) -> Result<()> {
    picture::Entity::update_many()
        .col_expr(column, Expr::value(value.map(str::to_owned)))
        .filter(picture::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// The published articles that may show this picture: the text is still to be read.
pub(super) async fn published_naming(
    conn: &impl ConnectionTrait,
    id: PictureId,
) -> Result<Vec<article::Model>> {
    use article::Column as C;
    Ok(article::Entity::find()
        .filter(C::Status.eq(ArticleStatus::Published))
        .filter(
            Condition::any().add(C::CoverId.eq(id)).add(C::Body.contains(format!("picture:{id}"))),
        )
        .all(conn)
        .await?)
}
