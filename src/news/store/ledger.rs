//! The only queries on items, papers and submissions.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use entity::ids::{ArticleId, CommunityId, MeetingId, NewsItemId, OutletId, PictureId, StaffId};
use entity::{community, news_item, news_item_picture, outlet, submission};

use crate::error::Result;

pub(in crate::news) async fn insert_item(
    tx: &DatabaseTransaction,
    item: news_item::Model,
) -> Result<NewsItemId> {
    let mut row = item.into_active_model().reset_all();
    row.id = NotSet;
    Ok(news_item::Entity::insert(row).exec(tx).await?.last_insert_id)
}

pub(in crate::news) async fn item(
    conn: &impl ConnectionTrait,
    id: NewsItemId,
) -> Result<Option<news_item::Model>> {
    Ok(news_item::Entity::find_by_id(id).one(conn).await?)
}

/// What was handed in of a meeting, locked.
pub(in crate::news) async fn item_of_meeting(
    tx: &DatabaseTransaction,
    meeting: MeetingId,
) -> Result<Option<news_item::Model>> {
    let find = news_item::Entity::find().filter(news_item::Column::MeetingId.eq(meeting));
    Ok(find.lock_exclusive().one(tx).await?)
}

/// Other words; false when it was made an article, or declined.
pub(in crate::news) async fn extend_item(
    tx: &DatabaseTransaction,
    id: NewsItemId,
    body: &str,
) -> Result<bool> {
    use news_item::Column as C;
    let changed = news_item::Entity::update_many()
        .col_expr(C::Body, Expr::value(body))
        .filter(C::Id.eq(id))
        .filter(C::ArticleId.is_null())
        .filter(C::DeclinedFor.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Further pictures, behind those that there are; one that is there already is there once.
pub(in crate::news) async fn add_item_pictures(
    tx: &DatabaseTransaction,
    item: NewsItemId,
    there: usize,
    pictures: &[PictureId],
) -> Result<()> {
    let after = i32::try_from(there).unwrap_or(i32::MAX / 2);
    let rows = (after + 1..).zip(pictures).map(|(place, id)| news_item_picture::ActiveModel {
        item_id: Set(item),
        picture_id: Set(*id),
        place: Set(place),
        ..Default::default()
    });
    news_item_picture::Entity::insert_many(rows)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The pictures of each item, in their order.
pub(in crate::news) async fn item_pictures(
    conn: &impl ConnectionTrait,
    items: &[NewsItemId],
) -> Result<HashMap<NewsItemId, Vec<PictureId>>> {
    use news_item_picture::Column as C;
    if items.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = news_item_picture::Entity::find()
        .filter(C::ItemId.is_in(items.iter().copied()))
        .order_by_asc(C::Place)
        .order_by_asc(C::Id)
        .all(conn)
        .await?;
    let mut found: HashMap<NewsItemId, Vec<PictureId>> = HashMap::new();
    for row in rows {
        found.entry(row.item_id).or_default().push(row.picture_id);
    }
    Ok(found)
}

/// The newest first.
pub(in crate::news) async fn items(
    conn: &impl ConnectionTrait,
    community: Option<CommunityId>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<news_item::Model>> {
    use news_item::Column as C;
    let mut rows = news_item::Entity::find().filter(C::SentAt.gte(from)).filter(C::SentAt.lt(to));
    if let Some(community) = community {
        rows = rows.filter(C::CommunityId.eq(community));
    }
    Ok(rows.order_by_desc(C::Id).all(conn).await?)
}

/// False when it was made an article before, or declined.
pub(in crate::news) async fn link_item(
    tx: &DatabaseTransaction,
    id: NewsItemId,
    article: ArticleId,
) -> Result<bool> {
    use news_item::Column as C;
    let changed = news_item::Entity::update_many()
        .col_expr(C::ArticleId, Expr::value(article))
        .filter(C::Id.eq(id))
        .filter(C::ArticleId.is_null())
        .filter(C::DeclinedFor.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Why an item is not taken, and who says so.
pub(in crate::news) struct Decline<'a> {
    pub why: &'a str,
    pub by: StaffId,
}

/// False when it was made an article, or declined before.
pub(in crate::news) async fn decline_item(
    tx: &DatabaseTransaction,
    id: NewsItemId,
    decline: &Decline<'_>,
) -> Result<bool> {
    use news_item::Column as C;
    let changed = news_item::Entity::update_many()
        .col_expr(C::DeclinedFor, Expr::value(decline.why))
        .col_expr(C::DeclinedBy, Expr::value(decline.by))
        .filter(C::Id.eq(id))
        .filter(C::ArticleId.is_null())
        .filter(C::DeclinedFor.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(in crate::news) async fn submissions(
    conn: &impl ConnectionTrait,
    items: &[NewsItemId],
) -> Result<Vec<submission::Model>> {
    Ok(submission::Entity::find()
        .filter(submission::Column::ItemId.is_in(items.iter().copied()))
        .order_by_asc(submission::Column::Id)
        .all(conn)
        .await?)
}

/// The last word about an item and a paper counts.
pub(in crate::news) async fn save_submission(
    tx: &DatabaseTransaction,
    new: submission::Model,
) -> Result<()> {
    use submission::Column as C;
    let mut row = new.into_active_model().reset_all();
    row.id = NotSet;
    let anew = OnConflict::columns([C::ItemId, C::OutletId])
        .update_columns([C::State, C::SentOn, C::DecidedOn, C::Link, C::EnteredBy, C::EnteredAt])
        .to_owned();
    submission::Entity::insert(row).on_conflict(anew).exec_without_returning(tx).await?;
    Ok(())
}

/// Those where nothing new is sent at the end.
pub(in crate::news) async fn outlets(conn: &impl ConnectionTrait) -> Result<Vec<outlet::Model>> {
    use outlet::Column as C;
    Ok(outlet::Entity::find()
        .order_by_asc(C::Off)
        .order_by_desc(C::Points)
        .order_by_asc(C::Id)
        .all(conn)
        .await?)
}

pub(in crate::news) async fn save_outlet(
    tx: &DatabaseTransaction,
    id: Option<OutletId>,
    name: &str,
    points: i32,
    off: bool,
) -> Result<()> {
    let row = outlet::ActiveModel {
        id: id.map_or(NotSet, Set),
        name: Set(name.to_owned()),
        points: Set(points),
        off: Set(off),
    };
    if id.is_some() {
        outlet::Entity::update(row).exec(tx).await?;
    } else {
        outlet::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}

pub(in crate::news) async fn community_names(
    conn: &impl ConnectionTrait,
) -> Result<HashMap<CommunityId, String>> {
    let rows = community::Entity::find().all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}
