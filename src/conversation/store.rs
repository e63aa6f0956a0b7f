//! The only queries on callbacks and late answers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use entity::ids::LateAnswerId;
use entity::kinds::{NoticeState, WechatAccount};
use entity::{callback, late_answer};

use super::Who;
use super::intake::Seen;
use crate::error::Result;
use crate::sql;

/// Rows in one statement: they hold whole replies.
const ROWS: usize = 16;

/// So many late answers that came to nobody are shown.
const FAILED_SHOWN: u64 = 50;

/// What makes a callback one and the same.
pub(super) type Key = (WechatAccount, String);

/// Writes many callbacks at once; those that were not there before.
pub(super) async fn remember(tx: &DatabaseTransaction, seen: &[Seen]) -> Result<Vec<Key>> {
    let mut ordered: Vec<&Seen> = seen.iter().collect();
    // Instances that write the same keys take them in the same order: no deadlock.
    ordered.sort_by(|a, b| a.key.cmp(&b.key));
    let rows = ordered.into_iter().map(|one| callback::ActiveModel {
        account: Set(one.account),
        dedup_key: Set(one.key.clone()),
        kind: Set(one.kind.clone()),
        reply: Set(Some(one.reply.clone())),
        received_at: Set(one.at),
        ..Default::default()
    });
    let key = [callback::Column::Account, callback::Column::DedupKey];
    let written = sql::insert_once(tx, rows, ROWS, once(), &key).await?;
    written.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

fn once() -> OnConflict {
    OnConflict::columns([callback::Column::Account, callback::Column::DedupKey])
        .do_nothing()
        .to_owned()
}

/// The replies that the first deliveries of these callbacks got.
pub(super) async fn replies(
    tx: &DatabaseTransaction,
    seen: &[&Seen],
) -> Result<HashMap<Key, Option<String>>> {
    if seen.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(WechatAccount, String, Option<String>)> = callback::Entity::find()
        .select_only()
        .columns([callback::Column::Account, callback::Column::DedupKey, callback::Column::Reply])
        .filter(callback::Column::DedupKey.is_in(seen.iter().map(|one| one.key.as_str())))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|(account, key, reply)| ((account, key), reply)).collect())
}

/// True when this callback is seen for the first time. A repeat that comes while
/// the first is still in its transaction waits for it.
pub(super) async fn first_time(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    key: &str,
    kind: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = callback::ActiveModel {
        account: Set(account),
        dedup_key: Set(key.to_owned()),
        kind: Set(kind.to_owned()),
        received_at: Set(now),
        ..Default::default()
    };
    Ok(callback::Entity::insert(row).on_conflict(once()).exec_without_returning(tx).await? == 1)
}

/// The reply that the first delivery got.
pub(super) async fn reply_of(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    key: &str,
) -> Result<Option<String>> {
    let row = callback::Entity::find()
        .filter(callback::Column::Account.eq(account))
        .filter(callback::Column::DedupKey.eq(key))
        .one(tx)
        .await?;
    Ok(row.and_then(|row| row.reply))
}

pub(super) async fn keep_reply(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    key: &str,
    reply: &str,
) -> Result<()> {
    callback::Entity::update_many()
        .col_expr(callback::Column::Reply, Expr::value(reply))
        .filter(callback::Column::Account.eq(account))
        .filter(callback::Column::DedupKey.eq(key))
        .exec(tx)
        .await?;
    Ok(())
}

/// Forgets callbacks before `before`: repeats come within a minute. Rows stand in the
/// order of their coming, so only what is old is looked at.
pub(super) async fn prune(tx: &DatabaseTransaction, before: DateTime<Utc>) -> Result<()> {
    let oldest_kept: Option<i64> = callback::Entity::find()
        .select_only()
        .column(callback::Column::Id)
        .filter(callback::Column::ReceivedAt.gte(before))
        .order_by_asc(callback::Column::Id)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    let mut old = callback::Entity::delete_many();
    if let Some(id) = oldest_kept {
        old = old.filter(callback::Column::Id.lt(id));
    }
    old.exec(tx).await?;
    Ok(())
}

/// Writes down what somebody is still to be told.
pub(super) async fn owe(
    tx: &DatabaseTransaction,
    who: Who<'_>,
    ask: Option<String>,
    text: Option<String>,
    now: DateTime<Utc>,
) -> Result<LateAnswerId> {
    let row = late_answer::ActiveModel {
        account: Set(who.account),
        openid: Set(who.openid.to_owned()),
        ask: Set(ask),
        text: Set(text),
        state: Set(NoticeState::Pending),
        created_at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

pub(super) async fn late_answer(
    conn: &impl ConnectionTrait,
    id: LateAnswerId,
) -> Result<Option<late_answer::Model>> {
    Ok(late_answer::Entity::find_by_id(id).one(conn).await?)
}

/// Moves a late answer on, if it stands where it is thought to; true when it was moved.
pub(super) async fn settle_late(
    tx: &DatabaseTransaction,
    id: LateAnswerId,
    from: NoticeState,
    to: NoticeState,
    failure: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let moved = late_answer::Entity::update_many()
        .col_expr(late_answer::Column::State, Expr::value(to))
        .col_expr(late_answer::Column::Failure, Expr::value(failure))
        .col_expr(late_answer::Column::SettledAt, Expr::value(now))
        .filter(late_answer::Column::Id.eq(id))
        .filter(late_answer::Column::State.eq(from))
        .exec(tx)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// How many late answers stand so; of those since a time where one is given.
pub(super) async fn count_late(
    conn: &impl ConnectionTrait,
    state: NoticeState,
    since: Option<DateTime<Utc>>,
) -> Result<u64> {
    let mut find = late_answer::Entity::find().filter(late_answer::Column::State.eq(state));
    if let Some(since) = since {
        find = find.filter(late_answer::Column::CreatedAt.gte(since));
    }
    Ok(find.count(conn).await?)
}

/// Those that came to nobody since a time, newest first.
pub(super) async fn failed_late(
    conn: &impl ConnectionTrait,
    since: DateTime<Utc>,
) -> Result<Vec<late_answer::Model>> {
    Ok(late_answer::Entity::find()
        .filter(late_answer::Column::State.eq(NoticeState::Failed))
        .filter(late_answer::Column::CreatedAt.gte(since))
        .order_by_desc(late_answer::Column::Id)
        .limit(FAILED_SHOWN)
        .all(conn)
        .await?)
}

/// Forgets an openid. What was told to it stays, without the person; what was not told
/// yet is told to nobody.
pub(super) async fn forget(tx: &DatabaseTransaction, openid: &str) -> Result<()> {
    use late_answer::Column;
    late_answer::Entity::update_many()
        .col_expr(Column::State, Expr::value(NoticeState::NoConsent))
        .filter(Column::Openid.eq(openid))
        .filter(Column::State.eq(NoticeState::Pending))
        .exec(tx)
        .await?;
    late_answer::Entity::update_many()
        .col_expr(Column::Openid, Expr::value(""))
        .filter(Column::Openid.eq(openid))
        .exec(tx)
        .await?;
    Ok(())
}
