//! Who is, and was, a monitor.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use entity::class_monitor::{ActiveModel, Column, Entity, Model};
use entity::ids::{ClassId, ResidentId, StaffId};

use crate::error::Result;

/// The monitors of a class.
pub(in crate::attendance) async fn live(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ClassId.eq(class))
        .filter(Column::EndedAt.is_null())
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// Each time that somebody was a monitor of the class.
pub(in crate::attendance) async fn times(
    conn: &impl ConnectionTrait,
    class: ClassId,
    resident: ResidentId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ClassId.eq(class))
        .filter(Column::ResidentId.eq(resident))
        .all(conn)
        .await?)
}

/// The classes whose monitor somebody was made.
pub(in crate::attendance) async fn classes(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<ClassId>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::ClassId)
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::EndedAt.is_null())
        .into_tuple()
        .all(conn)
        .await?)
}

/// False where they are one already.
pub(in crate::attendance) async fn make(
    tx: &DatabaseTransaction,
    (class, resident): (ClassId, ResidentId),
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = ActiveModel {
        class_id: Set(class),
        resident_id: Set(resident),
        made_by: Set(by),
        made_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::new().do_nothing().to_owned();
    let made = Entity::insert_many([row]).on_conflict(once).exec_without_returning(tx).await?;
    Ok(made > 0)
}

/// False where they were none.
pub(in crate::attendance) async fn end(
    tx: &DatabaseTransaction,
    (class, resident): (ClassId, ResidentId),
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let ended = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .col_expr(Column::EndedBy, Expr::value(by))
        .filter(Column::ClassId.eq(class))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::EndedAt.is_null())
        .exec(tx)
        .await?;
    Ok(ended.rows_affected > 0)
}
