//! The only queries on articles, versions, reviews, pictures and publications.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait,
    DatabaseTransaction, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, RelationDef, TryInsertResult,
};

use entity::ids::{ArticleId, PictureId, PublicationId, StaffId};
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay, ReviewStage, Verdict};
use entity::{article, article_review, article_version, picture, publication};

use super::content::Content;
use super::pixels::Picture;
use crate::error::Result;
use crate::wechat::message::MassResult;

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

/// The last changed first, and how many there are.
pub(super) async fn articles(
    conn: &impl ConnectionTrait,
    status: Option<ArticleStatus>,
    limit: u64,
) -> Result<(Vec<article::Model>, u64)> {
    let mut rows = article::Entity::find();
    if let Some(status) = status {
        rows = rows.filter(article::Column::Status.eq(status));
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

// Versions.

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
pub(super) struct PictureLine {
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

// Publications.

/// A new one, unless the article has one that lives or succeeded.
pub(super) async fn insert_publication(
    tx: &DatabaseTransaction,
    article: &article::Model,
    hash: &str,
    way: PublicationWay,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<Option<PublicationId>> {
    let row = publication::ActiveModel {
        article_id: Set(article.id),
        version: Set(article.version),
        content_hash: Set(hash.to_owned()),
        state: Set(PublicationState::Queued),
        way: Set(way),
        requested_by: Set(by),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let inserted = publication::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec(tx)
        .await?;
    Ok(match inserted {
        TryInsertResult::Inserted(row) => Some(row.last_insert_id),
        TryInsertResult::Empty | TryInsertResult::Conflicted => None,
    })
}

pub(super) async fn publication(
    conn: &impl ConnectionTrait,
    id: PublicationId,
) -> Result<Option<publication::Model>> {
    Ok(publication::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn publication_by_publish_id(
    conn: &impl ConnectionTrait,
    publish_id: &str,
) -> Result<Option<publication::Model>> {
    Ok(publication::Entity::find()
        .filter(publication::Column::PublishId.eq(publish_id))
        .one(conn)
        .await?)
}

pub(super) async fn publication_by_msg_id(
    conn: &impl ConnectionTrait,
    msg_id: &str,
) -> Result<Option<publication::Model>> {
    Ok(publication::Entity::find().filter(publication::Column::MsgId.eq(msg_id)).one(conn).await?)
}

/// Mass sends that were taken, or may have been, since then.
pub(super) async fn mass_sends_since(
    conn: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<u64> {
    use publication::Column as C;
    Ok(publication::Entity::find()
        .filter(C::Way.eq(PublicationWay::MassSend))
        .filter(C::SubmitStartedAt.gte(since))
        .filter(
            Condition::any()
                .add(C::MsgId.is_not_null())
                .add(C::State.eq(PublicationState::Drafted)),
        )
        .count(conn)
        .await?)
}

/// All of an article, the newest first.
pub(super) async fn publications(
    conn: &impl ConnectionTrait,
    articles: &[ArticleId],
) -> Result<Vec<publication::Model>> {
    Ok(publication::Entity::find()
        .filter(publication::Column::ArticleId.is_in(articles.iter().copied()))
        .order_by_desc(publication::Column::Id)
        .all(conn)
        .await?)
}

/// A published article without its text.
pub(super) struct NewsLine {
    pub id: ArticleId,
    pub title: String,
    pub digest: String,
    pub byline: String,
    pub cover: Option<PictureId>,
    pub published_at: DateTime<Utc>,
    /// Address on the platform, where it told us.
    pub url: Option<String>,
}

impl NewsLine {
    fn new(publication: publication::Model, article: &article::Model) -> Self {
        Self {
            id: article.id,
            title: article.title.clone(),
            digest: article.digest.clone(),
            byline: article.byline.clone(),
            cover: article.cover_id,
            published_at: publication.updated_at,
            url: publication.url,
        }
    }
}

/// What is on the account, the newest first, and how many there are.
pub(super) async fn on_the_account(
    conn: &impl ConnectionTrait,
    limit: u64,
) -> Result<(Vec<NewsLine>, u64)> {
    use article::Column as A;
    use publication::Column as P;
    type Row =
        (ArticleId, String, String, String, Option<PictureId>, DateTime<Utc>, Option<String>);
    let rows = publication::Entity::find()
        .filter(P::State.eq(PublicationState::Published))
        .join(JoinType::InnerJoin, published_article());
    let total = rows.clone().count(conn).await?;
    let rows: Vec<Row> = rows
        .select_only()
        .columns([A::Id, A::Title, A::Digest, A::Byline, A::CoverId])
        .columns([P::UpdatedAt, P::Url])
        .order_by_desc(P::UpdatedAt)
        .order_by_desc(P::Id)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?;
    let lines = rows.into_iter().map(|(id, title, digest, byline, cover, published_at, url)| {
        NewsLine { id, title, digest, byline, cover, published_at, url }
    });
    Ok((lines.collect(), total))
}

fn published_article() -> RelationDef {
    publication::Entity::belongs_to(article::Entity)
        .from(publication::Column::ArticleId)
        .to(article::Column::Id)
        .on_condition(|_, right| {
            Expr::col((right, article::Column::Status))
                .eq(ArticleStatus::Published)
                .into_condition()
        })
        .into()
}

/// One published article, with its text.
pub(super) async fn published_article_of(
    conn: &impl ConnectionTrait,
    id: ArticleId,
) -> Result<Option<(NewsLine, article::Model)>> {
    let article = article(conn, id).await?.filter(|row| row.status == ArticleStatus::Published);
    let Some(article) = article else { return Ok(None) };
    let publication = publication::Entity::find()
        .filter(publication::Column::ArticleId.eq(id))
        .filter(publication::Column::State.eq(PublicationState::Published))
        .one(conn)
        .await?;
    Ok(publication.map(|row| (NewsLine::new(row, &article), article)))
}

/// A step of a publication: it happens only from the state that it starts from.
pub(super) enum Step<'a> {
    /// The platform has the draft.
    Drafted(&'a str),
    /// The submission is about to be sent; only one worker gets this far.
    SubmitBegun {
        draft: &'a str,
        /// Of a mass send, and kept with it from then on.
        key: Option<&'a str>,
    },
    /// It was certainly not taken.
    SubmitUndone,
    /// Taken, under this `publish_id`.
    Submitted(&'a str),
    /// Taken, under this `msg_id`.
    Sent(&'a str),
    /// Whatever the state: what the platform counted of a mass send, and where it is.
    Counted {
        result: &'a MassResult,
        url: Option<&'a str>,
    },
    Published {
        article: Option<&'a str>,
        url: Option<&'a str>,
    },
    Failed(&'a str),
    /// It was on the account, and was taken off it.
    TakenDown(&'a str),
    /// Nothing changed but what the editor should know.
    Trouble(&'a str),
}

/// True when the step was taken.
pub(super) async fn step(
    tx: &DatabaseTransaction,
    id: PublicationId,
    step: &Step<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    use PublicationState as S;
    use publication::Column as C;
    let live = C::State.is_in([S::Queued, S::Drafted, S::Submitted]);
    let none = || Expr::value(None::<String>);
    let update = publication::Entity::update_many()
        .col_expr(C::UpdatedAt, Expr::value(now))
        .filter(C::Id.eq(id));
    let update = match step {
        Step::Drafted(media_id) => update
            .col_expr(C::State, Expr::value(S::Drafted))
            .col_expr(C::DraftMediaId, Expr::value(*media_id))
            .col_expr(C::Failure, none())
            .filter(C::State.eq(S::Queued)),
        Step::SubmitBegun { draft, key } => update
            .col_expr(C::SubmitStartedAt, Expr::value(now))
            .col_expr(C::MassKey, Expr::value(key.map(str::to_owned)))
            .filter(C::State.eq(S::Drafted))
            .filter(C::DraftMediaId.eq(*draft))
            .filter(C::SubmitStartedAt.is_null()),
        Step::SubmitUndone => update
            .col_expr(C::SubmitStartedAt, Expr::value(None::<DateTime<Utc>>))
            .filter(C::State.eq(S::Drafted))
            .filter(C::PublishId.is_null()),
        Step::Submitted(publish_id) => update
            .col_expr(C::State, Expr::value(S::Submitted))
            .col_expr(C::PublishId, Expr::value(*publish_id))
            .col_expr(C::Failure, none())
            .filter(C::State.eq(S::Drafted))
            .filter(C::PublishId.is_null()),
        Step::Sent(msg_id) => update
            .col_expr(C::State, Expr::value(S::Submitted))
            .col_expr(C::MsgId, Expr::value(*msg_id))
            .col_expr(C::Failure, none())
            .filter(C::State.eq(S::Drafted))
            .filter(C::MsgId.is_null()),
        Step::Counted { result, url } => {
            let update = update
                .col_expr(C::TotalCount, Expr::value(result.total))
                .col_expr(C::FilterCount, Expr::value(result.filtered))
                .col_expr(C::SentCount, Expr::value(result.sent))
                .col_expr(C::ErrorCount, Expr::value(result.failed));
            match url {
                Some(url) => update.col_expr(C::Url, Expr::value(*url)),
                None => update,
            }
        }
        Step::Published { article, url } => update
            .col_expr(C::State, Expr::value(S::Published))
            .col_expr(C::WechatArticleId, Expr::value(article.map(str::to_owned)))
            .col_expr(C::Url, Expr::value(url.map(str::to_owned)))
            .col_expr(C::Failure, none())
            .filter(C::State.ne(S::Published)),
        Step::Failed(words) => update
            .col_expr(C::State, Expr::value(S::Failed))
            .col_expr(C::Failure, Expr::value(*words))
            .filter(live),
        Step::TakenDown(words) => update
            .col_expr(C::State, Expr::value(S::Failed))
            .col_expr(C::Failure, Expr::value(*words))
            .filter(C::State.ne(S::Failed)),
        Step::Trouble(words) => update.col_expr(C::Failure, Expr::value(*words)).filter(live),
    };
    Ok(update.exec(tx).await?.rows_affected == 1)
}
