//! The only queries on checks and on what events said of them.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use entity::content_check::{ActiveModel, Column, Entity, Model};
use entity::ids::{CheckId, CommunityId, ResidentId, StaffId};
use entity::kinds::{CheckState, CheckSubject};
use entity::{check_verdict, resident};

use super::{Judged, Thing};
use crate::error::Result;

pub(super) mod links;

/// The longest list that is given.
const LIST_LIMIT: u64 = 100;

/// What the news room sees to by itself.
const OF_THE_NEWS: [CheckSubject; 2] = [CheckSubject::Article, CheckSubject::ArticlePicture];

/// The check of a thing, if it begins now: new, or anew for another content.
pub(super) async fn open(
    tx: &DatabaseTransaction,
    thing: &Thing<'_>,
    state: CheckState,
    settled_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<CheckId>> {
    let held = Entity::find()
        .filter(Column::Subject.eq(thing.subject))
        .filter(Column::SubjectId.eq(thing.id))
        .filter(Column::Kind.eq(thing.kind))
        .one(tx)
        .await?;
    // An article may be asked about once more, when there is somebody as whom to ask.
    let again = OF_THE_NEWS.contains(&thing.subject) && thing.resident.is_some();
    let stands = |row: &Model| {
        row.content == thing.content && !(again && row.state == CheckState::NotChecked)
    };
    if held.as_ref().is_some_and(stands) {
        return Ok(None);
    }
    let mut row = ActiveModel {
        subject: Set(thing.subject),
        subject_id: Set(thing.id),
        kind: Set(thing.kind),
        resident_id: Set(thing.resident),
        content: Set(thing.content.to_owned()),
        page: Set(thing.page.to_owned()),
        trace_id: Set(None),
        state: Set(state),
        label: Set(None),
        asked_at: Set(now),
        settled_at: Set(settled_at),
        settled_by: Set(None),
        answer: Set(None),
        ..Default::default()
    };
    let Some(held) = held else { return Ok(Some(row.insert(tx).await?.id)) };
    row.id = Set(held.id);
    row.update(tx).await?;
    Ok(Some(held.id))
}

pub(super) async fn by_id(conn: &impl ConnectionTrait, id: CheckId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn by_trace(tx: &DatabaseTransaction, trace: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::TraceId.eq(trace)).one(tx).await?)
}

/// The checks of these things.
pub(super) async fn of(
    conn: &impl ConnectionTrait,
    subject: CheckSubject,
    ids: &[i64],
) -> Result<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find()
        .filter(Column::Subject.eq(subject))
        .filter(Column::SubjectId.is_in(ids.iter().copied()))
        .all(conn)
        .await?)
}

/// The check while it still waits for the platform, and for this very content.
fn waits(row: &Model) -> Condition {
    Condition::all()
        .add(Column::Id.eq(row.id))
        .add(Column::State.eq(CheckState::Waiting))
        .add(Column::SettledAt.is_null())
        .add(Column::Content.eq(row.content.as_str()))
}

/// False when nobody waits for it any more.
pub(super) async fn note_trace(tx: &DatabaseTransaction, row: &Model, trace: &str) -> Result<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::TraceId, Expr::value(trace))
        .filter(waits(row))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// True when it was waited for.
pub(super) async fn settle(
    tx: &DatabaseTransaction,
    row: &Model,
    judged: Judged,
    settled_at: Option<DateTime<Utc>>,
) -> Result<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::State, Expr::value(judged.state))
        .col_expr(Column::Label, Expr::value(judged.label))
        .col_expr(Column::SettledAt, Expr::value(settled_at))
        .filter(waits(row))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// True when nobody answered before.
pub(super) async fn answer(
    tx: &DatabaseTransaction,
    row: &Model,
    by: StaffId,
    words: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::Answer, Expr::value(words))
        .col_expr(Column::SettledAt, Expr::value(now))
        .col_expr(Column::SettledBy, Expr::value(by))
        .filter(Column::Id.eq(row.id))
        .filter(Column::State.eq(row.state))
        .filter(Column::Content.eq(row.content.as_str()))
        .filter(Column::SettledAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

// Events.

/// Leaves word that an event is waited for, or finds what it said. The unique key makes
/// whoever comes second wait for the first one's commit, and see it.
pub(super) async fn await_verdict(
    tx: &DatabaseTransaction,
    trace: &str,
    now: DateTime<Utc>,
) -> Result<Option<Judged>> {
    let once = OnConflict::column(check_verdict::Column::TraceId).do_nothing().to_owned();
    let row = verdict(trace, None, now);
    check_verdict::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    let found = check_verdict::Entity::find()
        .filter(check_verdict::Column::TraceId.eq(trace))
        .one(tx)
        .await?;
    Ok(found.and_then(|row| row.state.map(|state| Judged { state, label: row.label })))
}

/// Keeps what an event said; saying it again changes nothing.
pub(super) async fn keep_verdict(
    tx: &DatabaseTransaction,
    trace: &str,
    judged: Judged,
    now: DateTime<Utc>,
) -> Result<()> {
    use check_verdict::Column as C;
    let over = OnConflict::column(C::TraceId).update_columns([C::State, C::Label]).to_owned();
    let row = verdict(trace, Some(judged), now);
    check_verdict::Entity::insert(row).on_conflict(over).exec_without_returning(tx).await?;
    Ok(())
}

fn verdict(trace: &str, judged: Option<Judged>, now: DateTime<Utc>) -> check_verdict::ActiveModel {
    check_verdict::ActiveModel {
        trace_id: Set(trace.to_owned()),
        state: Set(judged.map(|judged| judged.state)),
        label: Set(judged.and_then(|judged| judged.label)),
        at: Set(now),
        ..Default::default()
    }
}

pub(super) async fn prune(tx: &DatabaseTransaction, before: DateTime<Utc>) -> Result<()> {
    check_verdict::Entity::delete_many()
        .filter(check_verdict::Column::At.lt(before))
        .exec(tx)
        .await?;
    Ok(())
}

// The tray.

/// Of one community's residents where given; never an article.
fn visible(scope: Option<CommunityId>) -> Select<Entity> {
    let find = Entity::find().filter(Column::Subject.is_not_in(OF_THE_NEWS));
    let Some(community) = scope else { return find };
    let residents = Query::select()
        .column(resident::Column::Id)
        .from(resident::Entity)
        .and_where(resident::Column::CommunityId.eq(community))
        .to_owned();
    find.filter(Column::ResidentId.in_subquery(residents))
}

/// What the platform judged, or was asked before `asked_before` and has not judged.
fn open_before(asked_before: DateTime<Utc>) -> Condition {
    let answered = Column::State.ne(CheckState::Waiting);
    Condition::all()
        .add(Column::SettledAt.is_null())
        .add(Condition::any().add(answered).add(Column::AskedAt.lte(asked_before)))
}

/// The oldest first: they have waited longest.
pub(super) async fn undecided(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
    asked_before: DateTime<Utc>,
) -> Result<Vec<Model>> {
    let find = visible(scope).filter(open_before(asked_before)).order_by_asc(Column::Id);
    Ok(find.limit(LIST_LIMIT).all(conn).await?)
}

pub(super) async fn undecided_count(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
    asked_before: DateTime<Utc>,
) -> Result<u64> {
    Ok(visible(scope).filter(open_before(asked_before)).count(conn).await?)
}

/// What people decided, the last first.
pub(super) async fn decided(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
) -> Result<Vec<Model>> {
    let find = visible(scope).filter(Column::SettledBy.is_not_null());
    let find = find.filter(Column::Content.ne(""));
    let find = find.order_by_desc(Column::SettledAt).order_by_desc(Column::Id);
    Ok(find.limit(LIST_LIMIT).all(conn).await?)
}

pub(super) async fn lock(
    tx: &DatabaseTransaction,
    id: CheckId,
    scope: Option<CommunityId>,
) -> Result<Option<Model>> {
    let find = visible(scope).filter(Column::Id.eq(id)).filter(Column::Content.ne(""));
    Ok(find.lock_exclusive().one(tx).await?)
}

pub(super) async fn decide(
    tx: &DatabaseTransaction,
    id: CheckId,
    state: CheckState,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::SettledAt, Expr::value(now))
        .col_expr(Column::SettledBy, Expr::value(by))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

// Erasure.

pub(super) async fn forget_resident(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    erase(tx, Column::ResidentId.eq(resident), now).await
}

pub(super) async fn forget(
    tx: &DatabaseTransaction,
    subject: CheckSubject,
    ids: &[i64],
    now: DateTime<Utc>,
) -> Result<()> {
    let these = Column::SubjectId.is_in(ids.iter().copied());
    erase(tx, Column::Subject.eq(subject).and(these), now).await
}

async fn erase(tx: &DatabaseTransaction, which: SimpleExpr, now: DateTime<Utc>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(CheckState::NotChecked))
        .col_expr(Column::SettledAt, Expr::value(now))
        .filter(which.clone())
        .filter(Column::SettledAt.is_null())
        .exec(tx)
        .await?;
    Entity::update_many().col_expr(Column::Content, Expr::value("")).filter(which).exec(tx).await?;
    Ok(())
}
