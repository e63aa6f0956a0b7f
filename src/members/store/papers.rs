//! Pledges, relatives and bars.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use entity::ids::{BarId, ClassId, PledgeId, ResidentId, StaffId};
use entity::kinds::{ConsentKind, ConsentWay};
use entity::{bar, consent, pledge, relative, resident};

use crate::error::Result;
use crate::sql::among;

/// The version in force.
pub(in crate::members) async fn pledge(
    conn: &impl ConnectionTrait,
) -> Result<Option<pledge::Model>> {
    Ok(pledge::Entity::find().order_by_desc(pledge::Column::Id).one(conn).await?)
}

pub(in crate::members) async fn add_pledge(
    tx: &DatabaseTransaction,
    (title, body): (&str, &str),
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<PledgeId> {
    let row = pledge::ActiveModel {
        title: Set(title.to_owned()),
        body: Set(body.to_owned()),
        staff_id: Set(by),
        created_at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// What these people agree to at present: the text in force (`version`), their pledges,
/// and that a relative does.
pub(in crate::members) async fn given(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
    version: &str,
) -> Result<Vec<(ResidentId, ConsentKind, String)>> {
    use consent::Column;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let text = Condition::all()
        .add(Column::Kind.eq(ConsentKind::Privacy))
        .add(Column::Version.eq(version));
    let papers = Column::Kind.is_in([ConsentKind::Pledge, ConsentKind::Relative]);
    Ok(consent::Entity::find()
        .select_only()
        .columns([Column::ResidentId, Column::Kind, Column::Version])
        .filter(among(conn, Column::ResidentId, ids))
        .filter(Condition::any().add(text).add(papers))
        .filter(Column::WithdrawnAt.is_null())
        .into_tuple()
        .all(conn)
        .await?)
}

/// Of these people, those who want to be called when they are missing, and were born when.
pub(in crate::members) async fn care_wanted(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<Vec<(ResidentId, Option<NaiveDate>)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Query::select()
        .column(consent::Column::ResidentId)
        .from(consent::Entity)
        .and_where(consent::Column::Kind.eq(ConsentKind::CareCall))
        .and_where(consent::Column::WithdrawnAt.is_null())
        .to_owned();
    Ok(resident::Entity::find()
        .select_only()
        .columns([resident::Column::Id, resident::Column::BirthDate])
        .filter(among(conn, resident::Column::Id, ids))
        .filter(resident::Column::Id.in_subquery(wanted))
        .into_tuple()
        .all(conn)
        .await?)
}

/// What each of these people last said of being photographed; whom nobody asked is missing.
pub(in crate::members) async fn photo_wishes(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, bool>> {
    use consent::Column;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(ResidentId, Option<DateTime<Utc>>)> = consent::Entity::find()
        .select_only()
        .columns([Column::ResidentId, Column::WithdrawnAt])
        .filter(among(conn, Column::ResidentId, ids))
        .filter(Column::Kind.eq(ConsentKind::Photos))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    // The last one stands.
    Ok(rows.into_iter().map(|(id, withdrawn)| (id, withdrawn.is_none())).collect())
}

/// Notes what somebody agrees to; `staff`: who recorded it, and how they came by it.
pub(in crate::members) async fn add_paper(
    tx: &DatabaseTransaction,
    id: ResidentId,
    (kind, version): (ConsentKind, String),
    staff: Option<(StaffId, ConsentWay)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = consent::ActiveModel {
        resident_id: Set(id),
        kind: Set(kind),
        version: Set(version),
        given_at: Set(now),
        way: Set(staff.map(|(_, way)| way)),
        staff_id: Set(staff.map(|(by, _)| by)),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

pub(in crate::members) async fn relative(
    conn: &impl ConnectionTrait,
    id: ResidentId,
) -> Result<Option<relative::Model>> {
    Ok(relative::Entity::find_by_id(id).one(conn).await?)
}

pub(in crate::members) async fn put_relative(
    tx: &DatabaseTransaction,
    row: relative::Model,
) -> Result<()> {
    use relative::Column;
    let row = relative::ActiveModel {
        resident_id: Set(row.resident_id),
        name_sealed: Set(row.name_sealed),
        phone_sealed: Set(row.phone_sealed),
        relation: Set(row.relation),
        updated_at: Set(row.updated_at),
    };
    let update = OnConflict::column(Column::ResidentId)
        .update_columns([
            Column::NameSealed,
            Column::PhoneSealed,
            Column::Relation,
            Column::UpdatedAt,
        ])
        .to_owned();
    relative::Entity::insert(row).on_conflict(update).exec_without_returning(tx).await?;
    Ok(())
}

pub(in crate::members) async fn forget_relative(
    tx: &DatabaseTransaction,
    id: ResidentId,
) -> Result<()> {
    relative::Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}

/// The bars of these people that were not lifted, also those that are over.
pub(in crate::members) async fn bars(
    conn: &impl ConnectionTrait,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Vec<bar::Model>>> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let rows = bar::Entity::find()
        .filter(among(conn, bar::Column::ResidentId, ids))
        .filter(bar::Column::LiftedAt.is_null())
        .order_by_asc(bar::Column::Id)
        .all(conn)
        .await?;
    for row in rows {
        found.entry(row.resident_id).or_default().push(row);
    }
    Ok(found)
}

pub(in crate::members) async fn bar(
    conn: &impl ConnectionTrait,
    id: BarId,
) -> Result<Option<bar::Model>> {
    Ok(bar::Entity::find_by_id(id).one(conn).await?)
}

/// Writes a bar, and marks the person as worth a look.
pub(in crate::members) async fn add_bar(
    tx: &DatabaseTransaction,
    id: ResidentId,
    class: Option<ClassId>,
    (until, reason): (NaiveDate, &str),
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<BarId> {
    let row = bar::ActiveModel {
        resident_id: Set(id),
        class_id: Set(class),
        until: Set(until),
        reason: Set(reason.to_owned()),
        staff_id: Set(by),
        created_at: Set(now),
        ..Default::default()
    };
    let bar = row.insert(tx).await?.id;
    mark_barred(tx, id, true).await?;
    Ok(bar)
}

/// False: it was lifted before.
pub(in crate::members) async fn lift_bar(
    tx: &DatabaseTransaction,
    id: BarId,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let lifted = bar::Entity::update_many()
        .col_expr(bar::Column::LiftedAt, Expr::value(now))
        .col_expr(bar::Column::LiftedBy, Expr::value(by))
        .filter(bar::Column::Id.eq(id))
        .filter(bar::Column::LiftedAt.is_null())
        .exec(tx)
        .await?;
    Ok(lifted.rows_affected == 1)
}

pub(in crate::members) async fn mark_barred(
    tx: &DatabaseTransaction,
    id: ResidentId,
    barred: bool,
) -> Result<()> {
    resident::Entity::update_many()
        .col_expr(resident::Column::Barred, Expr::value(barred))
        .filter(resident::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
