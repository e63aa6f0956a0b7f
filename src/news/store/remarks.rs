//! The only queries on remarks, and on the words of the machine check.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use entity::ids::{ArticleId, RemarkId, StaffId};
use entity::{article, article_remark, news_word};

use crate::error::Result;
use crate::news::words::Word;

/// In the order in which they were made.
pub(in crate::news) async fn remarks(
    conn: &impl ConnectionTrait,
    article: ArticleId,
) -> Result<Vec<article_remark::Model>> {
    Ok(article_remark::Entity::find()
        .filter(article_remark::Column::ArticleId.eq(article))
        .order_by_asc(article_remark::Column::Id)
        .all(conn)
        .await?)
}

pub(in crate::news) async fn remark(
    conn: &impl ConnectionTrait,
    id: RemarkId,
) -> Result<Option<article_remark::Model>> {
    Ok(article_remark::Entity::find_by_id(id).one(conn).await?)
}

/// How many are open, for each article that has any.
pub(in crate::news) async fn open_remarks(
    conn: &impl ConnectionTrait,
    articles: &[ArticleId],
) -> Result<HashMap<ArticleId, u64>> {
    use article_remark::Column as C;
    let rows: Vec<ArticleId> = article_remark::Entity::find()
        .select_only()
        .column(C::ArticleId)
        .filter(C::ArticleId.is_in(articles.iter().copied()))
        .filter(C::SettledAt.is_null())
        .into_tuple()
        .all(conn)
        .await?;
    let mut open = HashMap::new();
    for id in rows {
        *open.entry(id).or_insert(0) += 1;
    }
    Ok(open)
}

pub(in crate::news) async fn insert_remark(
    tx: &DatabaseTransaction,
    article: &article::Model,
    quote: &str,
    text: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = article_remark::ActiveModel {
        article_id: Set(article.id),
        version: Set(article.version),
        quote: Set(quote.to_owned()),
        text: Set(text.to_owned()),
        made_by: Set(by),
        made_at: Set(now),
        ..Default::default()
    };
    article_remark::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::news) async fn answer_remark(
    tx: &DatabaseTransaction,
    id: RemarkId,
    answer: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    use article_remark::Column as C;
    article_remark::Entity::update_many()
        .col_expr(C::Answer, Expr::value(answer))
        .col_expr(C::AnsweredBy, Expr::value(by))
        .col_expr(C::AnsweredAt, Expr::value(now))
        .filter(C::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(in crate::news) async fn settle_remark(
    tx: &DatabaseTransaction,
    id: RemarkId,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    use article_remark::Column as C;
    article_remark::Entity::update_many()
        .col_expr(C::SettledBy, Expr::value(by))
        .col_expr(C::SettledAt, Expr::value(now))
        .filter(C::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

// Words.

pub(in crate::news) async fn words(conn: &impl ConnectionTrait) -> Result<Vec<news_word::Model>> {
    Ok(news_word::Entity::find().all(conn).await?)
}

/// The last word about a word counts.
pub(in crate::news) async fn save_word(
    tx: &DatabaseTransaction,
    word: &Word,
    off: bool,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    use news_word::Column as C;
    let row = news_word::ActiveModel {
        kind: Set(word.kind),
        word: Set(word.word.clone()),
        instead: Set(word.instead.clone()),
        off: Set(off),
        saved_by: Set(by),
        saved_at: Set(now),
        ..Default::default()
    };
    let anew = OnConflict::columns([C::Kind, C::Word])
        .update_columns([C::Instead, C::Off, C::SavedBy, C::SavedAt])
        .to_owned();
    news_word::Entity::insert(row).on_conflict(anew).exec_without_returning(tx).await?;
    Ok(())
}
