//! The only queries on callbacks and followers.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use entity::kinds::WechatAccount;
use entity::{callback, follower};

use crate::error::Result;

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
    let once = OnConflict::columns([callback::Column::Account, callback::Column::DedupKey])
        .do_nothing()
        .to_owned();
    Ok(callback::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await? == 1)
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

/// Forgets callbacks before `before`: repeats come within a minute.
pub(super) async fn prune(tx: &DatabaseTransaction, before: DateTime<Utc>) -> Result<()> {
    callback::Entity::delete_many()
        .filter(callback::Column::ReceivedAt.lt(before))
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that a person follows the account, or no longer does. `at` is when it
/// happened: an event that arrives late does not undo a newer one.
pub(super) async fn follow(
    tx: &DatabaseTransaction,
    openid: &str,
    following: bool,
    at: DateTime<Utc>,
) -> Result<()> {
    let row = follower::ActiveModel {
        openid: Set(openid.to_owned()),
        unionid: Set(None),
        following: Set(following),
        since: Set(at),
        updated_at: Set(at),
    };
    let once = OnConflict::column(follower::Column::Openid).do_nothing().to_owned();
    if follower::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await? == 1 {
        return Ok(());
    }
    follower::Entity::update_many()
        .col_expr(follower::Column::Following, Expr::value(following))
        .col_expr(follower::Column::Since, Expr::value(at))
        .col_expr(follower::Column::UpdatedAt, Expr::value(at))
        .filter(follower::Column::Openid.eq(openid))
        .filter(follower::Column::UpdatedAt.lte(at))
        .exec(tx)
        .await?;
    Ok(())
}
