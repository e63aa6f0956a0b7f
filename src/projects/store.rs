//! The only queries on projects.

use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryOrder,
    QuerySelect, SqlErr,
};

use entity::ids::ProjectId;
use entity::project;

use super::NewProject;
use crate::error::{Error, Result};

pub(super) async fn all(conn: &impl ConnectionTrait) -> Result<Vec<project::Model>> {
    let find = project::Entity::find().order_by_asc(project::Column::Place);
    Ok(find.order_by_asc(project::Column::Id).all(conn).await?)
}

pub(super) async fn one(
    conn: &impl ConnectionTrait,
    id: ProjectId,
) -> Result<Option<project::Model>> {
    Ok(project::Entity::find_by_id(id).one(conn).await?)
}

/// `None`: there is none with this id.
pub(super) async fn save(
    tx: &DatabaseTransaction,
    id: Option<ProjectId>,
    new: &NewProject,
) -> Result<Option<project::Model>> {
    let row = project::ActiveModel {
        name: Set(new.name.clone()),
        aim: Set(new.aim.clone()),
        description: Set(new.description.clone()),
        lead: Set(new.lead.clone()),
        closed: Set(new.closed),
        ..Default::default()
    };
    let saved = if let Some(id) = id {
        project::ActiveModel { id: Unchanged(id), ..row }.update(tx).await
    } else {
        let last: Option<Option<i32>> = project::Entity::find()
            .select_only()
            .column_as(sea_orm::ColumnTrait::max(&project::Column::Place), "last")
            .into_tuple()
            .one(tx)
            .await?;
        let place = last.flatten().unwrap_or(0) + 1;
        project::ActiveModel { place: Set(place), ..row }.insert(tx).await
    };
    match saved {
        Ok(row) => Ok(Some(row)),
        Err(DbErr::RecordNotUpdated) => Ok(None),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Err(Error::conflict("already_there", "已经有这个名字的项目了。").with_source(error))
        }
        Err(error) => Err(error.into()),
    }
}
