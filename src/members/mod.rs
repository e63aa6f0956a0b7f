//! Residents.
use crate::app::App;
use crate::error::{Error, Result};
use entity::ids::ResidentId;

/// A signed-in resident.
#[derive(Clone, Debug)]
pub struct Learner {
    pub id: ResidentId,
}

pub async fn authenticate(_app: &App, _token: &str) -> Result<Learner> {
    Err(Error::unauthenticated("unauthenticated", "请先登录。"))
}

// ---- stand-ins until the room is built ----

/// A resident with consent and a whole profile.
#[derive(Clone, Debug)]
pub struct Profile {
    pub id: ResidentId,
    pub name: String,
    pub birth_date: chrono::NaiveDate,
    pub community_id: entity::ids::CommunityId,
    pub learner_number: String,
}

/// What staff may see of a person.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: ResidentId,
    pub name: String,
    pub learner_number: String,
    pub birth_date: Option<chrono::NaiveDate>,
    pub community_id: Option<entity::ids::CommunityId>,
    pub phone_masked: Option<String>,
}

pub async fn lock(tx: &sea_orm::DatabaseTransaction, id: ResidentId) -> Result<()> {
    use sea_orm::{EntityTrait, QuerySelect};
    entity::resident::Entity::find_by_id(id)
        .lock(sea_orm::sea_query::LockType::NoKeyUpdate)
        .one(tx)
        .await?;
    Ok(())
}

pub async fn ready(conn: &impl sea_orm::ConnectionTrait, id: ResidentId) -> Result<Profile> {
    use sea_orm::EntityTrait;
    let needed = || {
        Error::forbidden("profile_needed", "请先填写个人信息。")
            .or_else("先填写个人信息", Some("/profile".to_owned()))
    };
    let row = entity::resident::Entity::find_by_id(id).one(conn).await?.ok_or_else(needed)?;
    match (row.name, row.birth_date, row.community_id) {
        (Some(name), Some(birth_date), Some(community_id)) => {
            Ok(Profile { id, name, birth_date, community_id, learner_number: row.learner_number })
        }
        _ => Err(needed()),
    }
}

fn person(row: entity::resident::Model) -> Person {
    Person {
        id: row.id,
        name: row.name.unwrap_or_default(),
        learner_number: row.learner_number,
        birth_date: row.birth_date,
        community_id: row.community_id,
        phone_masked: None,
    }
}

pub async fn people(
    conn: &impl sea_orm::ConnectionTrait,
    ids: &[ResidentId],
) -> Result<std::collections::HashMap<ResidentId, Person>> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let rows = entity::resident::Entity::find()
        .filter(entity::resident::Column::Id.is_in(ids.iter().copied()))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, person(row))).collect())
}

pub async fn find(
    _app: &App,
    conn: &impl sea_orm::ConnectionTrait,
    q: &str,
    scope: Option<entity::ids::CommunityId>,
) -> Result<Vec<Person>> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let rows = entity::resident::Entity::find()
        .filter(entity::resident::Column::LearnerNumber.eq(q))
        .all(conn)
        .await?;
    let rows = rows.into_iter().filter(|row| scope.is_none() || row.community_id == scope);
    Ok(rows.map(person).collect())
}
