//! The only queries on threads, their messages, and what was sent with them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use entity::ids::{CommunityId, HelpMessageId, HelpThreadId, ResidentId, StaffId};
use entity::kinds::{ActorKind, HelpState, MediaState, WechatAccount};
use entity::{help_media, help_message, help_thread, resident};

use super::{Words, Writer};
use crate::error::{Error, Result};

/// The longest list of threads that is given.
const LIST_LIMIT: u64 = 200;

/// The open thread under one of these keys.
pub(super) async fn open(
    conn: &impl ConnectionTrait,
    keys: &[String],
) -> Result<Option<help_thread::Model>> {
    Ok(help_thread::Entity::find()
        .filter(help_thread::Column::OpenKey.is_in(keys.iter().map(String::as_str)))
        .order_by_desc(help_thread::Column::Id)
        .one(conn)
        .await?)
}

/// A new open thread, or the one that another callback began at the same moment.
pub(super) async fn begin(
    tx: &DatabaseTransaction,
    key: &str,
    who: &Writer,
    at: DateTime<Utc>,
) -> Result<help_thread::Model> {
    let row = help_thread::ActiveModel {
        open_key: Set(Some(key.to_owned())),
        account: Set(who.place.as_ref().map_or(WechatAccount::Official, |(account, _)| *account)),
        openid: Set(who.place.as_ref().map(|(_, openid)| openid.clone())),
        resident_id: Set(who.resident),
        asked_at: Set(at),
        ..Default::default()
    };
    let once = OnConflict::column(help_thread::Column::OpenKey).do_nothing().to_owned();
    help_thread::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    let found = help_thread::Entity::find().filter(help_thread::Column::OpenKey.eq(key));
    found.one(tx).await?.ok_or_else(|| Error::internal("a new thread is missing"))
}

pub(super) async fn asked(
    tx: &DatabaseTransaction,
    id: HelpThreadId,
    at: DateTime<Utc>,
) -> Result<()> {
    set_time(tx, id, help_thread::Column::AskedAt, at).await.map(drop)
}

pub(super) async fn said(
    tx: &DatabaseTransaction,
    id: HelpThreadId,
    at: DateTime<Utc>,
) -> Result<()> {
    set_time(tx, id, help_thread::Column::LastSaidAt, at).await.map(drop)
}

/// False when the thread is closed.
pub(super) async fn answered(
    tx: &DatabaseTransaction,
    id: HelpThreadId,
    at: DateTime<Utc>,
) -> Result<bool> {
    set_time(tx, id, help_thread::Column::LastAnsweredAt, at).await
}

async fn set_time(
    tx: &DatabaseTransaction,
    id: HelpThreadId,
    column: help_thread::Column,
    at: DateTime<Utc>,
) -> Result<bool> {
    let changed = help_thread::Entity::update_many()
        .col_expr(column, Expr::value(at))
        .filter(help_thread::Column::Id.eq(id))
        .filter(help_thread::Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(super) async fn add(
    tx: &DatabaseTransaction,
    thread: HelpThreadId,
    author: ActorKind,
    staff: Option<StaffId>,
    words: &Words,
    state: HelpState,
    at: DateTime<Utc>,
) -> Result<HelpMessageId> {
    let row = help_message::ActiveModel {
        thread_id: Set(thread),
        author: Set(author),
        staff_id: Set(staff),
        kind: Set(words.kind),
        text: Set(words.text.clone()),
        media_id: Set(words.media_id.clone()),
        state: Set(state),
        created_at: Set(at),
        ..Default::default()
    };
    Ok(row.insert(tx).await?.id)
}

/// The open key of somebody who is known by an openid alone.
pub(super) fn place_key(account: WechatAccount, openid: &str) -> String {
    match account {
        WechatAccount::Official => format!("o:{openid}"),
        WechatAccount::Mini => format!("m:{openid}"),
    }
}

pub(super) async fn came_from(
    tx: &DatabaseTransaction,
    id: HelpThreadId,
    account: WechatAccount,
    openid: &str,
) -> Result<()> {
    help_thread::Entity::update_many()
        .col_expr(help_thread::Column::Account, Expr::value(account))
        .col_expr(help_thread::Column::Openid, Expr::value(openid))
        .filter(help_thread::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Gives a resident the threads of their openid.
pub(super) async fn joined(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    openid: &str,
    resident: ResidentId,
) -> Result<()> {
    help_thread::Entity::update_many()
        .col_expr(help_thread::Column::ResidentId, Expr::value(resident))
        .filter(help_thread::Column::Account.eq(account))
        .filter(help_thread::Column::Openid.eq(openid))
        .filter(help_thread::Column::ResidentId.is_null())
        .exec(tx)
        .await?;
    let key = format!("r:{resident}");
    if open(tx, std::slice::from_ref(&key)).await?.is_some() {
        // They have one under their own name already; this one is still found by its openid.
        return Ok(());
    }
    help_thread::Entity::update_many()
        .col_expr(help_thread::Column::OpenKey, Expr::value(key))
        .filter(help_thread::Column::OpenKey.eq(place_key(account, openid)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Returns the messages that were forgotten.
pub(super) async fn forget_resident(
    tx: &DatabaseTransaction,
    resident: ResidentId,
) -> Result<Vec<i64>> {
    forget(tx, help_thread::Column::ResidentId.eq(resident)).await
}

pub(super) async fn forget_openid(tx: &DatabaseTransaction, openid: &str) -> Result<Vec<i64>> {
    forget(tx, help_thread::Column::Openid.eq(openid)).await
}

/// Takes the person out of threads: what they wrote and sent, and their openid.
async fn forget(tx: &DatabaseTransaction, which: SimpleExpr) -> Result<Vec<i64>> {
    use help_message::Column;
    let threads = Query::select()
        .column(help_thread::Column::Id)
        .from(help_thread::Entity)
        .and_where(which.clone())
        .to_owned();
    let theirs = Condition::all()
        .add(Column::ThreadId.in_subquery(threads))
        .add(Column::Author.eq(ActorKind::Resident));
    let messages: Vec<i64> = help_message::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(theirs.clone())
        .into_tuple()
        .all(tx)
        .await?;
    help_message::Entity::update_many()
        .col_expr(Column::Text, Expr::value("（已注销，内容已删除）"))
        .col_expr(Column::MediaId, Expr::value(None::<String>))
        .filter(theirs)
        .exec(tx)
        .await?;
    drop_media(tx, help_media::Column::MessageId.is_in(messages.iter().copied())).await?;
    // Not NULL: a thread is always somebody's, be it nobody's any more.
    help_thread::Entity::update_many()
        .col_expr(help_thread::Column::Openid, Expr::value(""))
        .col_expr(help_thread::Column::OpenKey, Expr::value(None::<String>))
        .filter(which)
        .exec(tx)
        .await?;
    Ok(messages)
}

// Pictures and recordings.

/// What is known of a picture or recording, without its bytes.
#[derive(Clone, Debug)]
pub(super) struct MediaLine {
    pub(super) state: MediaState,
    pub(super) mime: Option<String>,
}

/// A message whose media is just being written: nobody forgets it meanwhile.
pub(super) async fn lock_message(
    tx: &DatabaseTransaction,
    id: HelpMessageId,
) -> Result<Option<help_message::Model>> {
    Ok(help_message::Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}

/// False when it was settled before.
pub(super) async fn add_media(
    tx: &DatabaseTransaction,
    id: HelpMessageId,
    kept: Option<(&str, Vec<u8>)>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let state = if kept.is_some() { MediaState::Kept } else { MediaState::Failed };
    let (mime, bytes) = kept.unzip();
    let row = help_media::ActiveModel {
        message_id: Set(id),
        state: Set(state),
        mime: Set(mime.map(str::to_owned)),
        bytes: Set(bytes),
        created_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::column(help_media::Column::MessageId).do_nothing().to_owned();
    Ok(help_media::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await? == 1)
}

pub(super) async fn media_lines(
    conn: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<HashMap<HelpMessageId, MediaLine>> {
    use help_media::Column;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(HelpMessageId, MediaState, Option<String>)> = help_media::Entity::find()
        .select_only()
        .columns([Column::MessageId, Column::State, Column::Mime])
        .filter(Column::MessageId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, state, mime)| (id, MediaLine { state, mime })).collect())
}

/// Media type and bytes, where they are kept.
pub(super) async fn media(
    conn: &impl ConnectionTrait,
    id: HelpMessageId,
) -> Result<Option<(String, Vec<u8>)>> {
    let find = help_media::Entity::find().filter(help_media::Column::MessageId.eq(id));
    let row = find.filter(help_media::Column::State.eq(MediaState::Kept)).one(conn).await?;
    Ok(row.and_then(|row| row.mime.zip(row.bytes)))
}

/// Drops what was kept before then.
pub(super) async fn drop_old_media(tx: &DatabaseTransaction, before: DateTime<Utc>) -> Result<()> {
    drop_media(tx, help_media::Column::CreatedAt.lt(before)).await
}

/// That there was something stays.
async fn drop_media(tx: &DatabaseTransaction, which: SimpleExpr) -> Result<()> {
    use help_media::Column;
    help_media::Entity::update_many()
        .col_expr(Column::State, Expr::value(MediaState::Gone))
        .col_expr(Column::Bytes, Expr::value(None::<Vec<u8>>))
        .filter(which)
        .filter(Column::State.eq(MediaState::Kept))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn thread(
    conn: &impl ConnectionTrait,
    id: HelpThreadId,
) -> Result<Option<help_thread::Model>> {
    Ok(help_thread::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn message(
    conn: &impl ConnectionTrait,
    id: HelpMessageId,
) -> Result<Option<help_message::Model>> {
    Ok(help_message::Entity::find_by_id(id).one(conn).await?)
}

/// What was said in a thread, the oldest first.
pub(super) async fn messages(
    conn: &impl ConnectionTrait,
    id: HelpThreadId,
) -> Result<Vec<help_message::Model>> {
    Ok(help_message::Entity::find()
        .filter(help_message::Column::ThreadId.eq(id))
        .order_by_asc(help_message::Column::Id)
        .all(conn)
        .await?)
}

/// All that was said in the threads of a resident, the oldest first.
pub(super) async fn of_resident(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<help_message::Model>> {
    let threads = Query::select()
        .column(help_thread::Column::Id)
        .from(help_thread::Entity)
        .and_where(help_thread::Column::ResidentId.eq(resident))
        .to_owned();
    Ok(help_message::Entity::find()
        .filter(help_message::Column::ThreadId.in_subquery(threads))
        .order_by_asc(help_message::Column::Id)
        .all(conn)
        .await?)
}

/// Threads in which something was said; of one community's residents where given.
fn visible(scope: Option<CommunityId>) -> Select<help_thread::Entity> {
    let find = help_thread::Entity::find().filter(help_thread::Column::LastSaidAt.is_not_null());
    let Some(community) = scope else { return find };
    let residents = Query::select()
        .column(resident::Column::Id)
        .from(resident::Entity)
        .and_where(resident::Column::CommunityId.eq(community))
        .to_owned();
    find.filter(help_thread::Column::ResidentId.in_subquery(residents))
}

pub(super) async fn threads(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
    closed: bool,
) -> Result<Vec<help_thread::Model>> {
    let at = help_thread::Column::ClosedAt;
    Ok(visible(scope)
        .filter(if closed { at.is_not_null() } else { at.is_null() })
        .order_by_desc(help_thread::Column::LastSaidAt)
        .limit(LIST_LIMIT)
        .all(conn)
        .await?)
}

pub(super) async fn waiting(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
) -> Result<u64> {
    use help_thread::Column;
    let nobody_since = Condition::any()
        .add(Column::LastAnsweredAt.is_null())
        .add(Expr::col(Column::LastAnsweredAt).lt(Expr::col(Column::LastSaidAt)));
    Ok(visible(scope).filter(Column::ClosedAt.is_null()).filter(nobody_since).count(conn).await?)
}

/// The newest message of each thread.
pub(super) async fn last_messages(
    conn: &impl ConnectionTrait,
    threads: impl Iterator<Item = HelpThreadId>,
) -> Result<HashMap<HelpThreadId, help_message::Model>> {
    let newest = Query::select()
        .expr(Expr::col(help_message::Column::Id).max())
        .from(help_message::Entity)
        .and_where(help_message::Column::ThreadId.is_in(threads))
        .group_by_col(help_message::Column::ThreadId)
        .to_owned();
    let rows = help_message::Entity::find()
        .filter(help_message::Column::Id.in_subquery(newest))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.thread_id, row)).collect())
}

/// False when it was closed already.
pub(super) async fn close(
    tx: &DatabaseTransaction,
    id: HelpThreadId,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    use help_thread::Column;
    let changed = help_thread::Entity::update_many()
        .col_expr(Column::OpenKey, Expr::value(None::<String>))
        .col_expr(Column::ClosedAt, Expr::value(now))
        .col_expr(Column::ClosedBy, Expr::value(by))
        .filter(Column::Id.eq(id))
        .filter(Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Moves an answer on, if it is still in `from`; true when it was.
pub(super) async fn settle(
    tx: &DatabaseTransaction,
    id: HelpMessageId,
    from: HelpState,
    to: HelpState,
    failure: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    use help_message::Column;
    let changed = help_message::Entity::update_many()
        .col_expr(Column::State, Expr::value(to))
        .col_expr(Column::Failure, Expr::value(failure))
        .col_expr(Column::SettledAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(from))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}
