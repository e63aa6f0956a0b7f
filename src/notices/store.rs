//! The only queries on notices and on the balance of subscription messages.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use entity::ids::{MeetingId, NoticeId, ResidentId, StaffId};
use entity::kinds::{DeliveryOutcome, NoticeKind, NoticeState, NoticeWay, WechatAccount};
use entity::{delivery, meeting, notice, subscription};

use super::{GoodUntil, Meetings, NewNotice, Report, WAITS_FOR_CONSENT};
use crate::error::Result;
use crate::sql;

/// Rows in one statement: they hold whole sentences.
const ROWS: usize = 16;

/// Writes those that do not exist yet, each with whom it is about where it is a copy;
/// their ids.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    new: impl Iterator<Item = (&NewNotice, Option<ResidentId>)>,
    state: NoticeState,
    until: Option<GoodUntil>,
    now: DateTime<Utc>,
) -> Result<Vec<NoticeId>> {
    let meeting: Option<MeetingId> = match until {
        Some(GoodUntil(Meetings::One(id), _)) => Some(id),
        _ => None,
    };
    let rows: Vec<_> = new
        .map(|(new, about)| {
            Ok(notice::ActiveModel {
                resident_id: Set(new.resident),
                about_id: Set(about),
                kind: Set(new.kind),
                values: Set(serde_json::to_string(&new.values)?),
                dedup_key: Set(new.dedup_key.clone()),
                title: Set(new.title.clone()),
                body: Set(new.body.clone()),
                page: Set(new.page.clone()),
                state: Set(state),
                created_at: Set(now),
                meeting_id: Set(meeting),
                good_until: Set(until.map(|until| until.1)),
                ..Default::default()
            })
        })
        .collect::<Result<_>>()?;
    let once = OnConflict::column(notice::Column::DedupKey).do_nothing().to_owned();
    let written = sql::insert_once(tx, rows, ROWS, once, &[notice::Column::Id]).await?;
    written.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// What was said of these meetings is said anew.
pub(super) async fn overtake(
    tx: &DatabaseTransaction,
    meetings: Meetings,
    now: DateTime<Utc>,
) -> Result<()> {
    use notice::Column;
    let which = match meetings {
        Meetings::One(id) => Column::MeetingId.eq(id),
        Meetings::Of(class) => {
            let theirs = Query::select()
                .column(meeting::Column::Id)
                .from(meeting::Entity)
                .and_where(meeting::Column::ClassId.eq(class))
                .to_owned();
            Column::MeetingId.in_subquery(theirs)
        }
    };
    notice::Entity::update_many()
        .col_expr(Column::GoodUntil, Expr::value(now))
        .filter(which)
        .filter(Column::GoodUntil.gt(now))
        .exec(tx)
        .await?;
    Ok(())
}

/// Who told it stands, whoever says so again.
pub(super) async fn told_by_phone(
    tx: &DatabaseTransaction,
    id: NoticeId,
    by: Option<StaffId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    use notice::Column;
    let other = if by.is_some() { Column::ToldAt.is_null() } else { Column::ToldAt.is_not_null() };
    let changed = notice::Entity::update_many()
        .col_expr(Column::ToldAt, Expr::value(by.map(|_| now)))
        .col_expr(Column::ToldBy, Expr::value(by))
        .filter(Column::Id.eq(id))
        .filter(other)
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(super) async fn by_id(
    conn: &impl ConnectionTrait,
    id: NoticeId,
) -> Result<Option<notice::Model>> {
    Ok(notice::Entity::find_by_id(id).one(conn).await?)
}

/// Moves a notice on, if it is still in `from`; true when it was.
pub(super) async fn settle(
    tx: &DatabaseTransaction,
    id: NoticeId,
    from: NoticeState,
    to: NoticeState,
    failure: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    use notice::Column;
    let sent = (to == NoticeState::Sent).then_some(now);
    let changed = notice::Entity::update_many()
        .col_expr(Column::State, Expr::value(to))
        .col_expr(Column::Failure, Expr::value(failure))
        .col_expr(Column::SentAt, Expr::value(sent))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(from))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Marks a notice as on its way; false when it no longer stands at `from`.
pub(super) async fn try_by(
    tx: &DatabaseTransaction,
    id: NoticeId,
    from: NoticeState,
    way: NoticeWay,
    words: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    use notice::Column;
    let changed = notice::Entity::update_many()
        .col_expr(Column::State, Expr::value(NoticeState::Unknown))
        .col_expr(Column::Way, Expr::value(way))
        .col_expr(Column::TriedAt, Expr::value(now))
        .col_expr(Column::Failure, Expr::value(words))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(from))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Notes which message of the platform a notice is; what is reported of it already.
pub(super) async fn sent_as(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    msg_id: &str,
    notice: NoticeId,
    now: DateTime<Utc>,
) -> Result<Option<(DeliveryOutcome, Option<String>)>> {
    let row = delivery::ActiveModel {
        account: Set(account),
        msg_id: Set(msg_id.to_owned()),
        notice_id: Set(Some(notice)),
        created_at: Set(now),
        ..Default::default()
    };
    let row = upsert(tx, row, &[delivery::Column::NoticeId]).await?;
    Ok(row.outcome.map(|outcome| (outcome, row.words)))
}

/// Keeps what is reported of a message; which notice it is, where that is known.
pub(super) async fn report(
    tx: &DatabaseTransaction,
    report: &Report<'_>,
    now: DateTime<Utc>,
) -> Result<Option<NoticeId>> {
    let row = delivery::ActiveModel {
        account: Set(report.account),
        msg_id: Set(report.msg_id.to_owned()),
        outcome: Set(Some(report.outcome)),
        words: Set(report.words.map(str::to_owned)),
        created_at: Set(now),
        ..Default::default()
    };
    let row = upsert(tx, row, &[delivery::Column::Outcome, delivery::Column::Words]).await?;
    Ok(row.notice_id)
}

/// Forgets what was reported of messages that nobody here sent.
pub(super) async fn prune_reports(tx: &DatabaseTransaction, before: DateTime<Utc>) -> Result<()> {
    delivery::Entity::delete_many()
        .filter(delivery::Column::NoticeId.is_null())
        .filter(delivery::Column::CreatedAt.lt(before))
        .exec(tx)
        .await?;
    Ok(())
}

/// Whichever side comes first inserts; the unique key lets the other wait for it.
async fn upsert(
    tx: &DatabaseTransaction,
    row: delivery::ActiveModel,
    columns: &[delivery::Column],
) -> Result<delivery::Model> {
    use delivery::Column;
    let once = OnConflict::columns([Column::Account, Column::MsgId])
        .update_columns(columns.iter().copied())
        .to_owned();
    Ok(delivery::Entity::insert(row).on_conflict(once).exec_with_returning(tx).await?)
}

/// What a report without a known number may mean, two at most: sent this way lately, and
/// not reported of.
pub(super) async fn candidates(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    report: &Report<'_>,
    since: DateTime<Utc>,
) -> Result<Vec<notice::Model>> {
    use notice::Column;
    let way = match report.account {
        WechatAccount::Mini => NoticeWay::Subscription,
        WechatAccount::Official => NoticeWay::Template,
    };
    let reported = Query::select()
        .column(delivery::Column::NoticeId)
        .from(delivery::Entity)
        .and_where(delivery::Column::NoticeId.is_not_null())
        .and_where(delivery::Column::CreatedAt.gte(since))
        .to_owned();
    let mut find = notice::Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Way.eq(way))
        .filter(Column::State.is_in([NoticeState::Unknown, NoticeState::Sent]))
        .filter(Column::TriedAt.gte(since))
        .filter(Column::Id.not_in_subquery(reported));
    if let Some(kind) = report.kind {
        find = find.filter(Column::Kind.eq(kind));
    }
    Ok(find.limit(2).all(tx).await?)
}

/// What became of the messages of these notices; the newest of each.
pub(super) async fn deliveries(
    conn: &impl ConnectionTrait,
    notices: &[NoticeId],
) -> Result<HashMap<NoticeId, delivery::Model>> {
    let rows = delivery::Entity::find()
        .filter(delivery::Column::NoticeId.is_in(notices.iter().copied()))
        .order_by_asc(delivery::Column::Id)
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.notice_id?, row))).collect())
}

/// Keeps the balance from change until the transaction ends, so that a consent and a
/// notice that looks for one do not miss each other.
async fn lock_balance(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    kind: NoticeKind,
    now: DateTime<Utc>,
) -> Result<()> {
    use subscription::Column;
    let row = subscription::ActiveModel {
        resident_id: Set(resident),
        kind: Set(kind),
        balance: Set(0),
        updated_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::columns([Column::ResidentId, Column::Kind]).do_nothing().to_owned();
    subscription::Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    subscription::Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Kind.eq(kind))
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?;
    Ok(())
}

/// Takes one message from the balance; false when there is none left.
pub(super) async fn take(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    kind: NoticeKind,
    now: DateTime<Utc>,
) -> Result<bool> {
    use subscription::Column;
    lock_balance(tx, resident, kind, now).await?;
    let changed = subscription::Entity::update_many()
        .col_expr(Column::Balance, Expr::col(Column::Balance).sub(1))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Balance.gt(0))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Adds one message to the balance. When a consent is added, `updated_at` says when.
pub(super) async fn give(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    kind: NoticeKind,
    now: DateTime<Utc>,
) -> Result<()> {
    use subscription::Column;
    lock_balance(tx, resident, kind, now).await?;
    subscription::Entity::update_many()
        .col_expr(Column::Balance, Expr::col(Column::Balance).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Kind.eq(kind))
        .exec(tx)
        .await?;
    Ok(())
}

/// Sets the balance to nothing.
pub(super) async fn empty(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    kind: NoticeKind,
    now: DateTime<Utc>,
) -> Result<()> {
    use subscription::Column;
    lock_balance(tx, resident, kind, now).await?;
    subscription::Entity::update_many()
        .col_expr(Column::Balance, Expr::value(0))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Kind.eq(kind))
        .exec(tx)
        .await?;
    Ok(())
}

/// Whether a consent has come since.
pub(super) async fn given_since(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    kind: NoticeKind,
    since: DateTime<Utc>,
) -> Result<bool> {
    use subscription::Column;
    lock_balance(tx, resident, kind, since).await?;
    let fresh = subscription::Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Balance.gt(0))
        .filter(Column::UpdatedAt.gt(since))
        .count(tx)
        .await?;
    Ok(fresh > 0)
}

/// Notices that waited for a consent and are still worth it, oldest first; made pending again.
pub(super) async fn wake(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    kind: NoticeKind,
    now: DateTime<Utc>,
) -> Result<Vec<NoticeId>> {
    use notice::Column;
    let ids: Vec<NoticeId> = notice::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::Kind.eq(kind))
        .filter(Column::State.eq(NoticeState::NoConsent))
        .filter(Column::CreatedAt.gte(now - WAITS_FOR_CONSENT))
        .filter(Column::GoodUntil.is_null().or(Column::GoodUntil.gt(now)))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(tx)
        .await?;
    notice::Entity::update_many()
        .col_expr(Column::State, Expr::value(NoticeState::Pending))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::State.eq(NoticeState::NoConsent))
        .exec(tx)
        .await?;
    Ok(ids)
}

pub(super) async fn of(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    limit: u64,
) -> Result<(Vec<notice::Model>, u64)> {
    let find = notice::Entity::find().filter(notice::Column::ResidentId.eq(resident));
    let total = find.clone().count(conn).await?;
    Ok((find.order_by_desc(notice::Column::Id).limit(limit).all(conn).await?, total))
}

/// True when it is this resident's notice.
pub(super) async fn mark_read(
    tx: &DatabaseTransaction,
    id: NoticeId,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<bool> {
    use notice::Column;
    let mine =
        notice::Entity::find_by_id(id).filter(Column::ResidentId.eq(resident)).count(tx).await? > 0;
    notice::Entity::update_many()
        .col_expr(Column::ReadAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::ReadAt.is_null())
        .exec(tx)
        .await?;
    Ok(mine)
}

/// A message that was sent is known to the platform's reports; what it said is forgotten.
pub(super) async fn forget_copies(tx: &DatabaseTransaction, about: ResidentId) -> Result<()> {
    use notice::Column;
    let theirs = Query::select()
        .column(Column::Id)
        .from(notice::Entity)
        .and_where(Column::AboutId.eq(about))
        .to_owned();
    delivery::Entity::update_many()
        .col_expr(delivery::Column::NoticeId, Expr::value(None::<NoticeId>))
        .filter(delivery::Column::NoticeId.in_subquery(theirs))
        .exec(tx)
        .await?;
    notice::Entity::delete_many().filter(Column::AboutId.eq(about)).exec(tx).await?;
    Ok(())
}
