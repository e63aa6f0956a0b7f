//! The only queries on enrolments and their history.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult,
    JoinType, QueryFilter, QueryOrder, QueryResult, QuerySelect, Select, TryIntoModel,
};

use entity::enrolment::{self, Column, Entity, Model};
use entity::ids::{ClassId, CourseId, EnrolmentId, ResidentId, TermId};
use entity::kinds::{EnrolmentStatus, LeaveReason};
use entity::{bar, enrolment_change, term};

mod clashes;

pub use clashes::{Clash, clashes};

use super::Actor;
use crate::error::Result;
use crate::sql::{self, among};

/// Rows in one statement.
const ROWS: usize = 128;

/// The states in which an enrolment counts; the unique indexes name the same.
pub(super) const LIVE: [EnrolmentStatus; 3] =
    [EnrolmentStatus::Placed, EnrolmentStatus::Waiting, EnrolmentStatus::Offered];

/// Every state but [`EnrolmentStatus::Waiting`].
const NOT_WAITING: [EnrolmentStatus; 4] = [
    EnrolmentStatus::Placed,
    EnrolmentStatus::Offered,
    EnrolmentStatus::Withdrawn,
    EnrolmentStatus::Cancelled,
];

pub(super) async fn one(conn: &impl ConnectionTrait, id: EnrolmentId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn by_ids(conn: &impl ConnectionTrait, ids: &[EnrolmentId]) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(among(conn, Column::Id, ids))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// What these people are in or wait for in these terms, by age.
pub(super) async fn live_of(
    conn: &impl ConnectionTrait,
    residents: &[ResidentId],
    terms: &[TermId],
) -> Result<Vec<Model>> {
    // As constants, so that the database knows that a unique index of what is live will
    // do: whoever has a long past is found as quickly.
    let live = LIVE.map(|status| Expr::Constant(status.into()));
    Ok(Entity::find()
        .filter(among(conn, Column::ResidentId, residents))
        .filter(among(conn, Column::TermId, terms))
        .filter(Expr::col(Column::Status).is_in(live))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// What requests of these people with these keys made in these classes, whatever became
/// of it.
pub(super) async fn made_by(
    conn: &impl ConnectionTrait,
    residents: &[ResidentId],
    classes: &[ClassId],
    request_keys: &[&str],
) -> Result<Vec<Model>> {
    if request_keys.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find()
        .filter(among(conn, Column::ResidentId, residents))
        .filter(among(conn, Column::ClassId, classes))
        .filter(among(conn, Column::RequestKey, request_keys))
        .all(conn)
        .await?)
}

/// All that a person ever signed up for, the newest first.
pub(super) async fn of_resident(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .order_by_desc(Column::Id)
        .all(conn)
        .await?)
}

/// What is offered and not answered, the first to lapse first.
pub(super) async fn offered(conn: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Status.eq(EnrolmentStatus::Offered))
        .order_by_asc(Column::OfferExpiresAt)
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// When each sign-up of a term began, in which class, and whether staff entered it.
pub(super) async fn begun(
    conn: &impl ConnectionTrait,
    term: TermId,
) -> Result<Vec<(ClassId, DateTime<Utc>, bool)>> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::ClassId, Column::CreatedAt, Column::ByStaff])
        .filter(Column::TermId.eq(term))
        .into_tuple()
        .all(conn)
        .await?)
}

pub(super) async fn of_class(conn: &impl ConnectionTrait, class: ClassId) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::ClassId.eq(class)).order_by_asc(Column::Id).all(conn).await?)
}

pub(super) async fn live_of_class(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::ClassId.eq(class))
        .filter(Column::Status.is_in(LIVE))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// Who holds a place for good, in the order of sign-up.
pub(super) async fn placed_in(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<ResidentId>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::ResidentId)
        .filter(Column::ClassId.eq(class))
        .filter(Column::Status.eq(EnrolmentStatus::Placed))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The classes in which somebody stands like this.
pub(super) async fn classes_of(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    status: EnrolmentStatus,
) -> Result<Vec<ClassId>> {
    Ok(Entity::find()
        .select_only()
        .column(Column::ClassId)
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Status.eq(status))
        .into_tuple()
        .all(conn)
        .await?)
}

pub(super) async fn is_placed(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    class: ClassId,
) -> Result<bool> {
    let found = Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::ClassId.eq(class))
        .filter(Column::Status.eq(EnrolmentStatus::Placed))
        .one(conn)
        .await?;
    Ok(found.is_some())
}

/// How many enrolments of each class are in this state.
pub(super) async fn counts(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
    status: EnrolmentStatus,
) -> Result<HashMap<ClassId, i64>> {
    #[derive(FromQueryResult)]
    struct Row {
        class_id: ClassId,
        people: i64,
    }
    if classes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find()
        .select_only()
        .column(Column::ClassId)
        .column_as(Column::Id.count(), "people")
        .filter(Column::ClassId.is_in(classes.iter().copied()))
        .filter(Column::Status.eq(status))
        .group_by(Column::ClassId)
        .into_model::<Row>()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.class_id, row.people)).collect())
}

/// Why people left these classes: how many for each reason.
pub(super) async fn left_counts(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<Vec<(Option<LeaveReason>, i64)>> {
    if classes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find()
        .select_only()
        .column(Column::LeftFor)
        .column_as(Column::Id.count(), "people")
        .filter(Column::ClassId.is_in(classes.iter().copied()))
        .filter(Column::Status.eq(EnrolmentStatus::Withdrawn))
        .group_by(Column::LeftFor)
        .into_tuple()
        .all(conn)
        .await?)
}

/// In which courses these people were placed, with the last day of the term.
pub(super) async fn learnt(
    conn: &impl ConnectionTrait,
    residents: impl IntoIterator<Item = ResidentId>,
) -> Result<HashMap<ResidentId, Vec<(CourseId, NaiveDate)>>> {
    let term = Entity::belongs_to(term::Entity).from(Column::TermId).to(term::Column::Id).into();
    let rows: Vec<(ResidentId, CourseId, NaiveDate)> = Entity::find()
        .select_only()
        .columns([Column::ResidentId, Column::CourseId])
        .column(term::Column::LastDay)
        .join(JoinType::InnerJoin, term)
        .filter(Column::ResidentId.is_in(residents))
        .filter(Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?;
    let mut learnt: HashMap<_, Vec<_>> = HashMap::new();
    for (who, course, over) in rows {
        learnt.entry(who).or_default().push((course, over));
    }
    Ok(learnt)
}

// ---- the waiting list ----

/// Where those of these who wait stand, from 1. Numbers are given out without gaps, so
/// it is the number less those who left before it: few, however many wait.
pub(super) async fn positions(
    conn: &impl ConnectionTrait,
    rows: &[&Model],
) -> Result<HashMap<EnrolmentId, u64>> {
    let waiting: Vec<_> =
        rows.iter().filter(|row| row.status == EnrolmentStatus::Waiting).collect();
    if waiting.is_empty() {
        return Ok(HashMap::new());
    }
    let gone = Alias::new("gone");
    let col = |column: Column| Expr::col((gone.clone(), column));
    let left = Query::select()
        .expr(col(Column::Id).count())
        .from_as(Entity, gone.clone())
        .and_where(col(Column::ClassId).equals((Entity, Column::ClassId)))
        .and_where(col(Column::Status).is_in(NOT_WAITING))
        .and_where(col(Column::QueueNumber).lt(Expr::col((Entity, Column::QueueNumber))))
        .to_owned();
    let found: Vec<(EnrolmentId, Option<i64>, i64)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::QueueNumber])
        .column_as(Expr::SubQuery(None, Box::new(left.into())), "left")
        .filter(Column::Id.is_in(waiting.iter().map(|row| row.id)))
        .into_tuple()
        .all(conn)
        .await?;
    let position = |number: Option<i64>, left: i64| u64::try_from(number? - left).ok();
    Ok(found
        .into_iter()
        .filter_map(|(id, number, left)| Some((id, position(number, left)?)))
        .collect())
}

/// Those on the list who may be asked, in order: who is barred is passed over.
fn waiting(class: ClassId, today: NaiveDate) -> Select<Entity> {
    let barred = Query::select()
        .expr(Expr::value(1))
        .from(bar::Entity)
        .and_where(bar::Column::ResidentId.into_expr().equals((Entity, Column::ResidentId)))
        .and_where(bar::Column::LiftedAt.is_null())
        .and_where(bar::Column::Until.gte(today))
        .cond_where(bar::Column::ClassId.is_null().or(bar::Column::ClassId.eq(class)))
        .take();
    Entity::find()
        .filter(Column::ClassId.eq(class))
        .filter(Column::Status.eq(EnrolmentStatus::Waiting))
        .filter(Expr::not_exists(barred))
        .order_by_asc(Column::QueueNumber)
}

/// The first on the list who has not let an offer pass.
pub(super) async fn head(
    conn: &impl ConnectionTrait,
    class: ClassId,
    today: NaiveDate,
) -> Result<Option<Model>> {
    Ok(waiting(class, today).filter(Column::OfferExpiresAt.is_null()).one(conn).await?)
}

/// All on the list who may be asked, in order.
pub(super) async fn in_line(
    conn: &impl ConnectionTrait,
    class: ClassId,
    today: NaiveDate,
) -> Result<Vec<ResidentId>> {
    Ok(waiting(class, today)
        .select_only()
        .column(Column::ResidentId)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The first on the list who has let an offer pass.
pub(super) async fn head_of_missed(
    tx: &DatabaseTransaction,
    class: ClassId,
    today: NaiveDate,
) -> Result<Option<Model>> {
    Ok(waiting(class, today).filter(Column::OfferExpiresAt.is_not_null()).one(tx).await?)
}

/// The history of these enrolments, oldest first.
pub(super) async fn changes(
    conn: &impl ConnectionTrait,
    enrolments: &[EnrolmentId],
) -> Result<Vec<enrolment_change::Model>> {
    Ok(enrolment_change::Entity::find()
        .filter(enrolment_change::Column::EnrolmentId.is_in(enrolments.iter().copied()))
        .order_by_asc(enrolment_change::Column::Id)
        .all(conn)
        .await?)
}

// ---- writing ----

/// Writes new enrolments, of which all is set but the id; those that a unique index refuses
/// are missing from what comes back, in any order.
pub(super) async fn insert_all(
    tx: &DatabaseTransaction,
    rows: Vec<enrolment::ActiveModel>,
) -> Result<Vec<Model>> {
    let once = OnConflict::new().do_nothing().to_owned();
    let mut whole: HashMap<_, _> = rows
        .iter()
        .map(|row| {
            let key = (row.resident_id.clone().unwrap(), row.class_id.clone().unwrap());
            (key, row.clone())
        })
        .collect();
    // What was written is known; only the ids are new.
    let columns = [Column::Id, Column::ResidentId, Column::ClassId];
    let written = sql::insert_once(tx, rows, ROWS, once, &columns).await?;
    let mut read = |row: &QueryResult| {
        let id: EnrolmentId = row.try_get_by_index(0)?;
        let key: (ResidentId, ClassId) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let whole = whole.remove(&key);
        let row = whole.map(|row| enrolment::ActiveModel { id: Set(id), ..row });
        row.unwrap_or_default().try_into_model()
    };
    Ok(written.iter().map(&mut read).collect::<Result<_, DbErr>>()?)
}

/// Brings an enrolment from one state to another, if it is still in the first.
pub(super) async fn set_status(
    tx: &DatabaseTransaction,
    before: &Model,
    after: &Model,
) -> Result<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::Status, Expr::value(after.status))
        .col_expr(Column::OfferExpiresAt, Expr::value(after.offer_expires_at))
        .col_expr(Column::ByStaff, Expr::value(after.by_staff))
        .col_expr(Column::UpdatedAt, Expr::value(after.updated_at))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Status.eq(before.status))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Why it was left.
pub(super) async fn set_left_for(
    tx: &DatabaseTransaction,
    id: EnrolmentId,
    why: LeaveReason,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LeftFor, Expr::value(why))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// One line of the history.
pub(super) struct Line<'a> {
    pub(super) from: Option<EnrolmentStatus>,
    pub(super) now_is: &'a Model,
    pub(super) actor: Actor,
    pub(super) reason: Option<&'a str>,
    pub(super) at: DateTime<Utc>,
}

/// Appends to the history.
pub(super) async fn add_changes(tx: &DatabaseTransaction, lines: &[Line<'_>]) -> Result<()> {
    let rows = lines.iter().map(|line| enrolment_change::ActiveModel {
        enrolment_id: Set(line.now_is.id),
        from_status: Set(line.from),
        to_status: Set(line.now_is.status),
        actor_kind: Set(line.actor.kind()),
        actor_id: Set(line.actor.id()),
        reason: Set(line.reason.map(str::to_owned)),
        at: Set(line.at),
        ..Default::default()
    });
    sql::insert_all(tx, rows, ROWS).await
}
