//! The only queries on pictures of courses.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use entity::course_picture::{ActiveModel, Column, Entity, Model};
use entity::ids::{CourseId, StaffId};

use crate::courses::pictures::PictureLine;
use crate::error::Result;
use crate::pixels::Picture;

pub(in crate::courses) async fn keep_course_picture(
    tx: &DatabaseTransaction,
    course: CourseId,
    alt: &str,
    (made, sha256): (Picture, String),
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = ActiveModel {
        course_id: Set(course),
        alt: Set(alt.to_owned()),
        sha256: Set(sha256),
        mime: Set(made.mime.to_owned()),
        bytes: Set(made.bytes),
        width: Set(i32::try_from(made.width).unwrap_or(i32::MAX)),
        height: Set(i32::try_from(made.height).unwrap_or(i32::MAX)),
        uploaded_by: Set(by),
        uploaded_at: Set(now),
        ..Default::default()
    };
    let instead = OnConflict::column(Column::CourseId)
        .update_columns([
            Column::Alt,
            Column::Sha256,
            Column::Mime,
            Column::Bytes,
            Column::Width,
            Column::Height,
            Column::UploadedBy,
            Column::UploadedAt,
        ])
        .to_owned();
    Entity::insert(row).on_conflict(instead).exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::courses) async fn drop_course_picture(
    tx: &DatabaseTransaction,
    course: CourseId,
) -> Result<bool> {
    let gone = Entity::delete_many().filter(Column::CourseId.eq(course)).exec(tx).await?;
    Ok(gone.rows_affected == 1)
}

pub(in crate::courses) async fn course_pictures(
    conn: &impl ConnectionTrait,
) -> Result<Vec<PictureLine>> {
    let rows: Vec<(CourseId, String, String, i32, i32)> = Entity::find()
        .select_only()
        .columns([Column::CourseId, Column::Alt, Column::Sha256, Column::Width, Column::Height])
        .order_by_asc(Column::CourseId)
        .into_tuple()
        .all(conn)
        .await?;
    let line = |(course_id, alt, sha256, width, height)| PictureLine {
        course_id,
        alt,
        sha256,
        width,
        height,
    };
    Ok(rows.into_iter().map(line).collect())
}

pub(in crate::courses) async fn course_picture(
    conn: &impl ConnectionTrait,
    course: CourseId,
) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::CourseId.eq(course)).one(conn).await?)
}
