//! The only queries on what articles belong to, and on how often they were read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use entity::ids::{ArticleId, ClassId, CommunityId, PublicationId};
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay};
use entity::{article, article_reads, class, publication};

use crate::error::Result;
use crate::news::belongs::Belongs;

pub(in crate::news) async fn set_belongs(
    tx: &DatabaseTransaction,
    id: ArticleId,
    to: &Belongs,
) -> Result<()> {
    use article::Column as C;
    article::Entity::update_many()
        .col_expr(C::Project, Expr::value(to.project.as_str()))
        .col_expr(C::CommunityId, Expr::value(to.community))
        .col_expr(C::ClassId, Expr::value(to.class))
        .col_expr(C::MeetingId, Expr::value(to.meeting))
        .filter(C::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

pub(in crate::news) async fn class_names(
    conn: &impl ConnectionTrait,
    ids: &[ClassId],
) -> Result<HashMap<ClassId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(ClassId, String)> = class::Entity::find()
        .select_only()
        .columns([class::Column::Id, class::Column::Name])
        .filter(class::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The classes that an article may tell of, the newest first.
pub(in crate::news) async fn classes(
    conn: &impl ConnectionTrait,
    limit: u64,
) -> Result<Vec<(ClassId, String)>> {
    Ok(class::Entity::find()
        .select_only()
        .columns([class::Column::Id, class::Column::Name])
        .order_by_desc(class::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?)
}

/// An article that came to the account, and what it belongs to.
pub(in crate::news) struct Published {
    pub publication: PublicationId,
    pub at: DateTime<Utc>,
    pub community: Option<CommunityId>,
    pub project: String,
}

pub(in crate::news) async fn published_between(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Published>> {
    use publication::Column as C;
    let rows: Vec<(PublicationId, ArticleId, DateTime<Utc>)> = publication::Entity::find()
        .select_only()
        .columns([C::Id, C::ArticleId, C::UpdatedAt])
        .filter(C::State.eq(PublicationState::Published))
        .filter(C::UpdatedAt.gte(from))
        .filter(C::UpdatedAt.lt(to))
        .order_by_asc(C::Id)
        .into_tuple()
        .all(conn)
        .await?;
    let articles: HashMap<ArticleId, (Option<CommunityId>, String)> = article::Entity::find()
        .select_only()
        .columns([article::Column::Id, article::Column::CommunityId, article::Column::Project])
        .filter(article::Column::Id.is_in(rows.iter().map(|(_, id, _)| *id)))
        .filter(article::Column::Status.eq(ArticleStatus::Published))
        .into_tuple::<(ArticleId, Option<CommunityId>, String)>()
        .all(conn)
        .await?
        .into_iter()
        .map(|(id, community, project)| (id, (community, project)))
        .collect();
    Ok(rows
        .into_iter()
        .filter_map(|(publication, article, at)| {
            let (community, project) = articles.get(&article)?.clone();
            Some(Published { publication, at, community, project })
        })
        .collect())
}

/// What was sent to all followers since then, and is there.
pub(in crate::news) async fn sent_since(
    conn: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<Vec<publication::Model>> {
    use publication::Column as C;
    Ok(publication::Entity::find()
        .filter(C::Way.eq(PublicationWay::MassSend))
        .filter(C::State.eq(PublicationState::Published))
        .filter(C::SubmitStartedAt.gte(since))
        .order_by_asc(C::Id)
        .all(conn)
        .await?)
}

/// The last word of the platform counts.
pub(in crate::news) async fn keep_reads(
    tx: &DatabaseTransaction,
    reads: article_reads::Model,
) -> Result<()> {
    use article_reads::Column as C;
    let mut row = reads.into_active_model().reset_all();
    row.id = NotSet;
    let anew = OnConflict::column(C::PublicationId)
        .update_columns([C::AsOf, C::Readers, C::Reads, C::Shares, C::Favourites, C::ToldAt])
        .to_owned();
    article_reads::Entity::insert(row).on_conflict(anew).exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::news) async fn reads(
    conn: &impl ConnectionTrait,
    ids: &[PublicationId],
) -> Result<HashMap<PublicationId, article_reads::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = article_reads::Entity::find()
        .filter(article_reads::Column::PublicationId.is_in(ids.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.publication_id, row)).collect())
}
