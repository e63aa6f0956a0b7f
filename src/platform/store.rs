//! The only queries on what is known of the accounts themselves.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};

use entity::kinds::{WechatAccount, WechatNoteKind};
use entity::wechat_note::{ActiveModel, Column, Entity, Model};

use super::NewNote;
use crate::error::Result;

/// Keeps the last of a kind: what is older than the one at hand is not kept.
pub(super) async fn note(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    new: NewNote,
) -> Result<()> {
    let older = move_on(tx, account, &new, new.happened_at).await?;
    if !older {
        insert(tx, account, new).await?;
    }
    Ok(())
}

/// Notes it if there is none of its kind, or one from before `before`; false: there is a
/// newer one, perhaps of another instance.
pub(super) async fn note_once(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    new: NewNote,
    before: DateTime<Utc>,
) -> Result<bool> {
    Ok(move_on(tx, account, &new, before).await? || insert(tx, account, new).await?)
}

/// True when one was there, and not from after `latest`.
async fn move_on(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    new: &NewNote,
    latest: DateTime<Utc>,
) -> Result<bool> {
    let change = ActiveModel {
        happened_at: Set(new.happened_at),
        ends_at: Set(new.ends_at),
        words: Set(new.words.clone()),
        ..Default::default()
    };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Account.eq(account))
        .filter(Column::Kind.eq(new.kind))
        .filter(Column::HappenedAt.lte(latest))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

async fn insert(tx: &DatabaseTransaction, account: WechatAccount, new: NewNote) -> Result<bool> {
    let row = ActiveModel {
        account: Set(account),
        kind: Set(new.kind),
        happened_at: Set(new.happened_at),
        ends_at: Set(new.ends_at),
        words: Set(new.words),
        ..Default::default()
    };
    let once = OnConflict::columns([Column::Account, Column::Kind]).do_nothing().to_owned();
    Ok(Entity::insert(row).on_conflict(once).exec_without_returning(tx).await? == 1)
}

pub(super) async fn drop_note(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    kind: WechatNoteKind,
) -> Result<()> {
    let ours = Entity::delete_many().filter(Column::Account.eq(account));
    ours.filter(Column::Kind.eq(kind)).exec(tx).await?;
    Ok(())
}

/// All that is known of an account, the newest first.
pub(super) async fn notes(
    conn: &impl ConnectionTrait,
    account: WechatAccount,
) -> Result<Vec<Model>> {
    let theirs = Entity::find().filter(Column::Account.eq(account));
    Ok(theirs.order_by_desc(Column::HappenedAt).order_by_desc(Column::Id).all(conn).await?)
}
