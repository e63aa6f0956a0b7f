//! The only queries on the outbox besides `enqueue`.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use entity::ids::JobId;
use entity::job::{self, Column, Entity};
use entity::kinds::{JobState, NoticeState};
use entity::notice;

use crate::app::App;
use crate::error::Result;

fn due(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(Column::State.eq(JobState::Ready).and(Column::RunAfter.lte(now)))
        .add(Column::State.eq(JobState::Running).and(Column::LeasedUntil.lt(now)))
}

pub(super) async fn anything_due(conn: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool> {
    Ok(Entity::find().filter(due(now)).limit(1).one(conn).await?.is_some())
}

/// Takes up to `limit` due jobs, each with its attempt counted.
pub(super) async fn claim(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<job::Model>> {
    let mut jobs = Entity::find()
        .filter(due(now))
        .order_by_asc(Column::RunAfter)
        .order_by_asc(Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    if jobs.is_empty() {
        return Ok(jobs);
    }
    Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Running))
        .col_expr(Column::LeasedUntil, Expr::value(leased_until))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.is_in(jobs.iter().map(|job| job.id)))
        .exec(tx)
        .await?;
    for job in &mut jobs {
        job.attempts += 1;
    }
    Ok(jobs)
}

/// Lengthens the leases of jobs that are being run; one that has run out is no longer ours.
pub(super) async fn renew(
    app: &App,
    ids: &[JobId],
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
) -> Result<()> {
    let tx = app.db.begin().await?;
    Entity::update_many()
        .col_expr(Column::LeasedUntil, Expr::value(leased_until))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::State.eq(JobState::Running))
        .filter(Column::LeasedUntil.gte(now))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Writes down how an attempt ended, unless another worker has taken the job over.
pub(super) async fn settle(
    app: &App,
    job: &job::Model,
    state: JobState,
    run_after: DateTime<Utc>,
    note: Option<String>,
    now: DateTime<Utc>,
) -> Result<()> {
    let tx = app.db.begin().await?;
    let finished = matches!(state, JobState::Done | JobState::Dead).then_some(now);
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::RunAfter, Expr::value(run_after))
        .col_expr(Column::LeasedUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LastError, Expr::value(note))
        .col_expr(Column::FinishedAt, Expr::value(finished))
        .filter(Column::Id.eq(job.id))
        .filter(Column::State.eq(JobState::Running))
        .filter(Column::Attempts.eq(job.attempts))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// A dead job starts anew; true when there was one.
pub(super) async fn revive(
    tx: &DatabaseTransaction,
    id: JobId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = Entity::update_many()
        .col_expr(Column::State, Expr::value(JobState::Ready))
        .col_expr(Column::RunAfter, Expr::value(now))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::FinishedAt, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(JobState::Dead))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Forgets jobs that were done before `before`; dead ones stay.
pub(super) async fn prune(app: &App, before: DateTime<Utc>) -> Result<()> {
    let tx = app.db.begin().await?;
    Entity::delete_many()
        .filter(Column::State.eq(JobState::Done))
        .filter(Column::FinishedAt.lt(before))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The newest jobs in a state, and how many there are.
pub(super) async fn list(
    conn: &impl ConnectionTrait,
    state: JobState,
    limit: u64,
) -> Result<(Vec<job::Model>, u64)> {
    let rows = Entity::find().filter(Column::State.eq(state));
    let total = rows.clone().count(conn).await?;
    Ok((rows.order_by_desc(Column::Id).limit(limit).all(conn).await?, total))
}

pub(super) async fn count(conn: &impl ConnectionTrait, state: JobState) -> Result<u64> {
    Ok(Entity::find().filter(Column::State.eq(state)).count(conn).await?)
}

/// Notices that did not reach WeChat though they should have.
pub(super) async fn unsent_notices(conn: &impl ConnectionTrait) -> Result<u64> {
    let states = [NoticeState::Pending, NoticeState::Unknown, NoticeState::Failed];
    Ok(notice::Entity::find().filter(notice::Column::State.is_in(states)).count(conn).await?)
}
