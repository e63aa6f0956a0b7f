//! The only queries on reminders; reads notices, sign-ups and the register.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, JoinType,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, RelationDef, Select,
};

use entity::ids::{ClassId, CommunityId, MeetingId, NoticeId, ResidentId};
use entity::kinds::{
    AttendanceStatus, EnrolmentStatus, GuestStatus, NoticeKind, NoticeState, ReminderKind,
};
use entity::{
    attendance, enrolment, guest_offer, meeting, meeting_change, meeting_reminder, notice, resident,
};

use crate::error::Result;
use crate::sql;

/// A reminder of one kind, of a meeting on a day.
type Reminder = (MeetingId, ReminderKind, NaiveDate);

/// Rows in one statement.
const ROWS: usize = 64;

/// Of those who were told, so many are listed.
const MOST_TOLD: u64 = 200;

/// So long WeChat has to reach somebody; and where it said no, so long another way is tried.
const REACHES: TimeDelta = TimeDelta::minutes(5);
const SAID_NO: TimeDelta = TimeDelta::minutes(1);

/// Whoever was told so lately needs no further reminder.
const REMEMBERS: TimeDelta = TimeDelta::days(1);

/// Of these, those that were begun.
pub(super) async fn begun(
    conn: &impl ConnectionTrait,
    due: &[Reminder],
) -> Result<HashSet<Reminder>> {
    if due.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = meeting_reminder::Entity::find()
        .filter(meeting_reminder::Column::MeetingId.is_in(due.iter().map(|one| one.0)))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.meeting_id, row.kind, row.day)).collect())
}

/// Notes that these are begun; those that were not before.
pub(super) async fn begin(
    tx: &DatabaseTransaction,
    due: &[Reminder],
    now: DateTime<Utc>,
) -> Result<Vec<(MeetingId, ReminderKind)>> {
    use meeting_reminder::Column;
    let rows = due.iter().map(|(meeting, kind, day)| meeting_reminder::ActiveModel {
        meeting_id: Set(*meeting),
        kind: Set(*kind),
        day: Set(*day),
        at: Set(now),
        ..Default::default()
    });
    let once =
        OnConflict::columns([Column::MeetingId, Column::Kind, Column::Day]).do_nothing().to_owned();
    let written =
        sql::insert_once(tx, rows, ROWS, once, &[Column::MeetingId, Column::Kind]).await?;
    written.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// Who has a place in the class and is not on leave at the meeting, and its guests.
pub(super) async fn to_remind(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    class: ClassId,
) -> Result<Vec<ResidentId>> {
    let mut people: Vec<ResidentId> = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ResidentId)
        .filter(enrolment::Column::ClassId.eq(class))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .filter(enrolment::Column::ResidentId.not_in_subquery(on_leave(meeting.0)))
        .order_by_asc(enrolment::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    let guests: Vec<ResidentId> = guest_offer::Entity::find()
        .select_only()
        .column(guest_offer::Column::ResidentId)
        .filter(guest_offer::Column::MeetingId.eq(meeting))
        .filter(guest_offer::Column::Status.eq(GuestStatus::Taken))
        .order_by_asc(guest_offer::Column::Id)
        .into_tuple()
        .all(conn)
        .await?;
    people.extend(guests);
    Ok(people)
}

fn on_leave(meeting: impl Into<Expr>) -> SelectStatement {
    Query::select()
        .column(attendance::Column::ResidentId)
        .from(attendance::Entity)
        .and_where(Expr::col(attendance::Column::MeetingId.as_column_ref()).eq(meeting))
        .and_where(attendance::Column::Status.eq(AttendanceStatus::Leave))
        .to_owned()
}

// ---- who is called ----

/// Notices whose people are to be called, as a colleague sees them: worth something still,
/// WeChat had its time, nobody has read or told it, and they are still in the class, or a guest.
fn open(scope: Option<CommunityId>, now: DateTime<Utc>) -> Select<notice::Entity> {
    use notice::Column;
    let of = |column: Column| Expr::col(column.as_column_ref());
    // A class that was cancelled has no meeting here, and nobody in it.
    let in_class = Query::select()
        .expr(Expr::val(1))
        .from(enrolment::Entity)
        .inner_join(
            meeting::Entity,
            Expr::col(meeting::Column::ClassId.as_column_ref())
                .equals(enrolment::Column::ClassId.as_column_ref()),
        )
        .and_where(Expr::col(meeting::Column::Id.as_column_ref()).eq(of(Column::MeetingId)))
        .and_where(
            Expr::col(enrolment::Column::ResidentId.as_column_ref()).eq(of(Column::ResidentId)),
        )
        .and_where(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .to_owned();
    // A guest, or who is asked to be one until then.
    let guest = Query::select()
        .expr(Expr::val(1))
        .from(guest_offer::Entity)
        .and_where(
            Expr::col(guest_offer::Column::MeetingId.as_column_ref()).eq(of(Column::MeetingId)),
        )
        .and_where(
            Expr::col(guest_offer::Column::ResidentId.as_column_ref()).eq(of(Column::ResidentId)),
        )
        .and_where(
            guest_offer::Column::Status
                .is_in([GuestStatus::Offered, GuestStatus::Taken])
                .or(of(Column::Kind).eq(NoticeKind::MeetingChanged)),
        )
        .to_owned();
    let concerned = Condition::any()
        .add(Column::MeetingId.is_null())
        .add(Expr::exists(in_class))
        .add(Expr::exists(guest));
    let told = Alias::new("told");
    let theirs = |column: Column| Expr::col((told.clone(), column));
    let told_lately = Query::select()
        .expr(Expr::val(1))
        .from_as(notice::Entity, told.clone())
        .and_where(theirs(Column::MeetingId).eq(of(Column::MeetingId)))
        .and_where(theirs(Column::ResidentId).eq(of(Column::ResidentId)))
        .and_where(theirs(Column::ToldAt).gt(now - REMEMBERS))
        .to_owned();
    let away = Column::ResidentId.in_subquery(on_leave(of(Column::MeetingId)));
    let needs_none = Condition::any().add(Expr::exists(told_lately)).add(away);
    let said_no = Column::State.is_in([NoticeState::NoConsent, NoticeState::Failed]);
    scoped(scope)
        .filter(Column::GoodUntil.gt(now))
        .filter(Column::CreatedAt.lte(now - SAID_NO))
        .filter(Condition::any().add(said_no).add(Column::CreatedAt.lte(now - REACHES)))
        .filter(Column::State.ne(NoticeState::Sent))
        .filter(Column::ReadAt.is_null())
        .filter(Column::ToldAt.is_null())
        .filter(concerned)
        .filter(Condition::any().add(Column::Kind.ne(NoticeKind::Reminder)).add(needs_none.not()))
}

/// What was said of meetings to people whom a colleague looks after; no copies for family.
fn scoped(scope: Option<CommunityId>) -> Select<notice::Entity> {
    let to_resident: RelationDef = notice::Entity::belongs_to(resident::Entity)
        .from(notice::Column::ResidentId)
        .to(resident::Column::Id)
        .into();
    let find = notice::Entity::find()
        .join(JoinType::InnerJoin, to_resident)
        .filter(notice::Column::AboutId.is_null())
        .filter(notice::Column::GoodUntil.is_not_null());
    match scope {
        Some(community) => find.filter(resident::Column::CommunityId.eq(community)),
        None => find,
    }
}

/// The most urgent first: changes, then what is nearest; of those told the newest.
pub(super) async fn calls(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
    told: bool,
    now: DateTime<Utc>,
) -> Result<Vec<notice::Model>> {
    use notice::Column;
    if told {
        let find = scoped(scope).filter(Column::ToldAt.is_not_null());
        return Ok(find.order_by_desc(Column::ToldAt).limit(MOST_TOLD).all(conn).await?);
    }
    Ok(open(scope, now)
        .order_by_asc(Column::Kind)
        .order_by_asc(Column::GoodUntil)
        .order_by_asc(Column::ResidentId)
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

pub(super) async fn waiting(
    conn: &impl ConnectionTrait,
    scope: Option<CommunityId>,
    now: DateTime<Utc>,
) -> Result<u64> {
    Ok(open(scope, now).count(conn).await?)
}

/// One that a colleague may tell, or has told.
pub(super) async fn call(
    conn: &impl ConnectionTrait,
    id: NoticeId,
    scope: Option<CommunityId>,
) -> Result<Option<notice::Model>> {
    Ok(scoped(scope).filter(notice::Column::Id.eq(id)).one(conn).await?)
}

// ---- the calendar ----

/// The changes of these meetings, one id for each.
pub(super) async fn changes(
    conn: &impl ConnectionTrait,
    meetings: &[meeting::Model],
) -> Result<Vec<MeetingId>> {
    Ok(meeting_change::Entity::find()
        .select_only()
        .column(meeting_change::Column::MeetingId)
        .filter(meeting_change::Column::MeetingId.is_in(meetings.iter().map(|one| one.id)))
        .into_tuple()
        .all(conn)
        .await?)
}
