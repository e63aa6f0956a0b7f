//! The only queries on clubs, works and performances.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter, QueryOrder, SqlErr,
};

use entity::ids::{ClassId, ClubId, StaffId};
use entity::{club, club_show, club_work};

use super::{NewShow, NewWork, Part};
use crate::error::{Error, Result};

pub(super) async fn all(conn: &impl ConnectionTrait) -> Result<Vec<club::Model>> {
    let find = club::Entity::find().order_by_asc(club::Column::Place);
    Ok(find.order_by_asc(club::Column::Id).all(conn).await?)
}

pub(super) async fn one(conn: &impl ConnectionTrait, id: ClubId) -> Result<Option<club::Model>> {
    Ok(club::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn of_class(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Option<club::Model>> {
    Ok(club::Entity::find().filter(club::Column::ClassId.eq(class)).one(conn).await?)
}

/// `None`: there is none with this id.
pub(super) async fn save(
    tx: &DatabaseTransaction,
    id: Option<ClubId>,
    (name, aim, closed): (&str, &str, bool),
) -> Result<Option<club::Model>> {
    let row = club::ActiveModel {
        name: Set(name.to_owned()),
        aim: Set(aim.to_owned()),
        closed: Set(closed),
        ..Default::default()
    };
    let saved = if let Some(id) = id {
        club::ActiveModel { id: Unchanged(id), ..row }.update(tx).await
    } else {
        let place = all(tx).await?.last().map_or(0, |last| last.place) + 1;
        club::ActiveModel { place: Set(place), ..row }.insert(tx).await
    };
    match saved {
        Ok(row) => Ok(Some(row)),
        Err(DbErr::RecordNotUpdated) => Ok(None),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Err(Error::conflict("already_there", "已经有这个名字的社团了。").with_source(error))
        }
        Err(error) => Err(error.into()),
    }
}

/// False: it has one.
pub(super) async fn give_place(
    tx: &DatabaseTransaction,
    id: ClubId,
    class: ClassId,
) -> Result<bool> {
    let changed = club::Entity::update_many()
        .col_expr(club::Column::ClassId, Expr::value(class))
        .filter(club::Column::Id.eq(id))
        .filter(club::Column::ClassId.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(super) async fn works(
    conn: &impl ConnectionTrait,
    id: ClubId,
) -> Result<Vec<club_work::Model>> {
    Ok(club_work::Entity::find()
        .filter(club_work::Column::ClubId.eq(id))
        .filter(club_work::Column::RemovedAt.is_null())
        .order_by_desc(club_work::Column::Id)
        .all(conn)
        .await?)
}

/// One that is shown.
pub(super) async fn work(conn: &impl ConnectionTrait, id: i64) -> Result<Option<club_work::Model>> {
    let find = club_work::Entity::find_by_id(id).filter(club_work::Column::RemovedAt.is_null());
    Ok(find.one(conn).await?)
}

pub(super) async fn shows(
    conn: &impl ConnectionTrait,
    id: ClubId,
) -> Result<Vec<club_show::Model>> {
    Ok(club_show::Entity::find()
        .filter(club_show::Column::ClubId.eq(id))
        .filter(club_show::Column::RemovedAt.is_null())
        .order_by_desc(club_show::Column::Day)
        .order_by_desc(club_show::Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn add_work(
    tx: &DatabaseTransaction,
    club: ClubId,
    new: &NewWork,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = club_work::ActiveModel {
        club_id: Set(club),
        title: Set(new.title.clone()),
        author: Set(new.author.clone()),
        note: Set(new.note.clone()),
        picture_id: Set(new.picture),
        added_by: Set(by),
        added_at: Set(now),
        ..Default::default()
    };
    match row.insert(tx).await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) => {
            let words = "图片不存在，请重新上传。";
            Err(Error::invalid("unknown_reference", words).with_source(error))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn add_show(
    tx: &DatabaseTransaction,
    club: ClubId,
    new: &NewShow,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = club_show::ActiveModel {
        club_id: Set(club),
        title: Set(new.title.clone()),
        day: Set(new.day),
        place: Set(new.place.clone()),
        note: Set(new.note.clone()),
        added_by: Set(by),
        added_at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// False: there is none that is shown.
pub(super) async fn remove(
    tx: &DatabaseTransaction,
    club: ClubId,
    what: Part,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = match what {
        Part::Work(id) => {
            club_work::Entity::update_many()
                .col_expr(club_work::Column::RemovedAt, Expr::value(now))
                .filter(club_work::Column::Id.eq(id))
                .filter(club_work::Column::ClubId.eq(club))
                .filter(club_work::Column::RemovedAt.is_null())
                .exec(tx)
                .await?
        }
        Part::Show(id) => {
            club_show::Entity::update_many()
                .col_expr(club_show::Column::RemovedAt, Expr::value(now))
                .filter(club_show::Column::Id.eq(id))
                .filter(club_show::Column::ClubId.eq(club))
                .filter(club_show::Column::RemovedAt.is_null())
                .exec(tx)
                .await?
        }
    };
    Ok(changed.rows_affected == 1)
}
