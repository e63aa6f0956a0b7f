//! The only queries on publications, and on what is on the account.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, RelationDef, TryInsertResult,
};

use entity::ids::{ArticleId, PictureId, PublicationId, StaffId};
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay};
use entity::{article, publication};

use crate::error::Result;
use crate::wechat::message::MassResult;

/// What is ordered.
pub(in crate::news) struct NewPublication<'a> {
    pub article: &'a article::Model,
    pub hash: &'a str,
    pub way: PublicationWay,
    pub by: StaffId,
    pub due_at: Option<DateTime<Utc>>,
    /// Of an issue: its first publication, unless this is it.
    pub lead: Option<PublicationId>,
    /// In the issue, from 1.
    pub place: i32,
}

/// A new one, unless the article has one that lives or succeeded.
pub(in crate::news) async fn insert_publication(
    tx: &DatabaseTransaction,
    new: &NewPublication<'_>,
    now: DateTime<Utc>,
) -> Result<Option<PublicationId>> {
    let row = publication::ActiveModel {
        article_id: Set(new.article.id),
        version: Set(new.article.version),
        content_hash: Set(new.hash.to_owned()),
        state: Set(PublicationState::Queued),
        way: Set(new.way),
        due_at: Set(new.due_at),
        lead_id: Set(new.lead),
        place: Set(new.place),
        requested_by: Set(new.by),
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

pub(in crate::news) async fn publication(
    conn: &impl ConnectionTrait,
    id: PublicationId,
) -> Result<Option<publication::Model>> {
    Ok(publication::Entity::find_by_id(id).one(conn).await?)
}

/// All publications of an issue, its first one first; of an article that goes alone just that.
pub(in crate::news) async fn issue(
    conn: &impl ConnectionTrait,
    lead: PublicationId,
) -> Result<Vec<publication::Model>> {
    use publication::Column as C;
    Ok(publication::Entity::find()
        .filter(Condition::any().add(C::Id.eq(lead)).add(C::LeadId.eq(lead)))
        .order_by_asc(C::Place)
        .order_by_asc(C::Id)
        .all(conn)
        .await?)
}

pub(in crate::news) async fn publication_by_publish_id(
    conn: &impl ConnectionTrait,
    publish_id: &str,
) -> Result<Option<publication::Model>> {
    Ok(publication::Entity::find()
        .filter(publication::Column::PublishId.eq(publish_id))
        .one(conn)
        .await?)
}

pub(in crate::news) async fn publication_by_msg_id(
    conn: &impl ConnectionTrait,
    msg_id: &str,
) -> Result<Option<publication::Model>> {
    Ok(publication::Entity::find().filter(publication::Column::MsgId.eq(msg_id)).one(conn).await?)
}

/// Mass sends that were taken, or may have been, since then.
pub(in crate::news) async fn mass_sends_since(
    conn: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<u64> {
    use publication::Column as C;
    Ok(publication::Entity::find()
        .filter(C::Way.eq(PublicationWay::MassSend))
        // However many articles: an issue is one send.
        .filter(C::LeadId.is_null())
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
pub(in crate::news) async fn publications(
    conn: &impl ConnectionTrait,
    articles: &[ArticleId],
) -> Result<Vec<publication::Model>> {
    Ok(publication::Entity::find()
        .filter(publication::Column::ArticleId.is_in(articles.iter().copied()))
        .order_by_desc(publication::Column::Id)
        .all(conn)
        .await?)
}

/// Why it is taken back, once; the state stands until the platform has done it.
pub(in crate::news) async fn withdraw(
    tx: &DatabaseTransaction,
    id: PublicationId,
    why: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    use publication::Column as C;
    publication::Entity::update_many()
        .col_expr(C::WithdrawnFor, Expr::value(why))
        .col_expr(C::UpdatedAt, Expr::value(now))
        .filter(C::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// When something was published last.
pub(in crate::news) async fn last_published(
    conn: &impl ConnectionTrait,
) -> Result<Option<DateTime<Utc>>> {
    use publication::Column as C;
    Ok(publication::Entity::find()
        .select_only()
        .column(C::UpdatedAt)
        .filter(C::State.eq(PublicationState::Published))
        .order_by_desc(C::UpdatedAt)
        .limit(1)
        .into_tuple()
        .one(conn)
        .await?)
}

/// When something is to go out next.
pub(in crate::news) async fn next_planned(
    conn: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    use publication::Column as C;
    let next: Option<Option<DateTime<Utc>>> = publication::Entity::find()
        .select_only()
        .column(C::DueAt)
        .filter(C::State.eq(PublicationState::Queued))
        .filter(C::DueAt.gt(now))
        .order_by_asc(C::DueAt)
        .limit(1)
        .into_tuple()
        .one(conn)
        .await?;
    Ok(next.flatten())
}

/// What went out in this time, or is to go out in it.
pub(in crate::news) async fn publications_between(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<publication::Model>> {
    use publication::Column as C;
    let out = Condition::all()
        .add(
            Condition::any()
                .add(C::State.eq(PublicationState::Published))
                .add(C::WithdrawnFor.is_not_null()),
        )
        .add(C::UpdatedAt.gte(from))
        .add(C::UpdatedAt.lt(to));
    let planned = Condition::all()
        .add(C::State.is_in([
            PublicationState::Queued,
            PublicationState::Drafted,
            PublicationState::Submitted,
        ]))
        .add(C::DueAt.gte(from))
        .add(C::DueAt.lt(to));
    Ok(publication::Entity::find()
        .filter(Condition::any().add(out).add(planned))
        .order_by_asc(C::Id)
        .all(conn)
        .await?)
}

/// A published article without its text.
pub(in crate::news) struct NewsLine {
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
pub(in crate::news) async fn on_the_account(
    conn: &impl ConnectionTrait,
    from: u64,
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
        .offset(from)
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
pub(in crate::news) async fn published_article_of(
    conn: &impl ConnectionTrait,
    id: ArticleId,
) -> Result<Option<(NewsLine, article::Model)>> {
    let article =
        super::article(conn, id).await?.filter(|row| row.status == ArticleStatus::Published);
    let Some(article) = article else { return Ok(None) };
    let publication = publication::Entity::find()
        .filter(publication::Column::ArticleId.eq(id))
        .filter(publication::Column::State.eq(PublicationState::Published))
        .one(conn)
        .await?;
    Ok(publication.map(|row| (NewsLine::new(row, &article), article)))
}

/// A step of publications: it happens only from the state that it starts from.
pub(in crate::news) enum Step<'a> {
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
    Sent {
        msg_id: &'a str,
        /// Names it in the platform's figures, where the answer said so.
        data_id: Option<&'a str>,
    },
    /// Taken, with the first of its issue.
    Joined,
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
    /// It waits until then.
    PutOff(DateTime<Utc>),
}

/// True when all of these took the step.
pub(in crate::news) async fn step(
    tx: &DatabaseTransaction,
    ids: &[PublicationId],
    step: &Step<'_>,
    now: DateTime<Utc>,
) -> Result<bool> {
    use PublicationState as S;
    use publication::Column as C;
    let live = C::State.is_in([S::Queued, S::Drafted, S::Submitted]);
    let none = || Expr::value(None::<String>);
    let update = publication::Entity::update_many()
        .col_expr(C::UpdatedAt, Expr::value(now))
        .filter(C::Id.is_in(ids.iter().copied()));
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
        Step::Joined => update
            .col_expr(C::State, Expr::value(S::Submitted))
            .col_expr(C::Failure, none())
            .filter(C::State.eq(S::Drafted)),
        Step::Sent { msg_id, data_id } => update
            .col_expr(C::State, Expr::value(S::Submitted))
            .col_expr(C::MsgId, Expr::value(*msg_id))
            .col_expr(C::MsgDataId, Expr::value(data_id.map(str::to_owned)))
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
        Step::PutOff(until) => update.col_expr(C::DueAt, Expr::value(*until)).filter(live),
    };
    Ok(update.exec(tx).await?.rows_affected == ids.len() as u64)
}
