//! Seats that leaves free at one meeting, and who was asked to take them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoSimpleExpr, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationDef,
};

use entity::ids::{ClassId, GuestOfferId, GuestSeatId, MeetingId, ResidentId, StaffId};
use entity::kinds::{EnrolmentStatus, GuestStatus, MeetingStatus};
use entity::{enrolment, guest_offer, guest_seat, meeting};

use super::events::Key;
use crate::error::Result;
use crate::sql::{self, distinct};

/// The states in which an offer keeps its seat; the unique index names the same.
const LIVE: [GuestStatus; 2] = [GuestStatus::Offered, GuestStatus::Taken];

pub(in crate::attendance) fn is_live(offer: &guest_offer::Model) -> bool {
    LIVE.contains(&offer.status)
}

/// Of these people those who come as guests.
pub(in crate::attendance) async fn among(
    conn: &impl ConnectionTrait,
    people: &[Key],
) -> Result<HashSet<Key>> {
    use guest_offer::Column;
    if people.is_empty() {
        return Ok(HashSet::new());
    }
    let meetings = distinct(people.iter().map(|(meeting, _)| *meeting));
    let residents = distinct(people.iter().map(|(_, resident)| *resident));
    let found: Vec<Key> = guest_offer::Entity::find()
        .select_only()
        .columns([Column::MeetingId, Column::ResidentId])
        .filter(sql::among(conn, Column::MeetingId, &meetings))
        .filter(sql::among(conn, Column::ResidentId, &residents))
        .filter(Column::Status.eq(GuestStatus::Taken))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// The guests of a meeting.
pub(in crate::attendance) async fn at(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<HashSet<ResidentId>> {
    let offers = offers(conn, meeting).await?;
    let taken = offers.into_iter().filter(|one| one.status == GuestStatus::Taken);
    Ok(taken.map(|one| one.resident_id).collect())
}

/// The meetings that somebody comes to as a guest, or did.
pub(in crate::attendance) async fn meetings_of(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<MeetingId>> {
    let offers = offers_to(conn, resident).await?;
    let taken = offers.into_iter().filter(|one| one.status == GuestStatus::Taken);
    Ok(taken.map(|one| one.meeting_id).collect())
}

/// All who were asked to come to a meeting, in order.
pub(in crate::attendance) async fn offers(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<Vec<guest_offer::Model>> {
    Ok(guest_offer::Entity::find()
        .filter(guest_offer::Column::MeetingId.eq(meeting))
        .order_by_asc(guest_offer::Column::Id)
        .all(conn)
        .await?)
}

/// All that somebody was asked, the newest first.
pub(in crate::attendance) async fn offers_to(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<guest_offer::Model>> {
    Ok(guest_offer::Entity::find()
        .filter(guest_offer::Column::ResidentId.eq(resident))
        .order_by_desc(guest_offer::Column::Id)
        .all(conn)
        .await?)
}

pub(in crate::attendance) async fn offer(
    conn: &impl ConnectionTrait,
    id: GuestOfferId,
) -> Result<Option<guest_offer::Model>> {
    Ok(guest_offer::Entity::find_by_id(id).one(conn).await?)
}

/// The live offers of meetings that are to come, of a class or to a person.
pub(in crate::attendance) async fn live_ahead(
    conn: &impl ConnectionTrait,
    class: Option<ClassId>,
    resident: Option<ResidentId>,
    now: DateTime<Utc>,
) -> Result<Vec<guest_offer::Model>> {
    let to: RelationDef = guest_offer::Entity::belongs_to(meeting::Entity)
        .from(guest_offer::Column::MeetingId)
        .to(meeting::Column::Id)
        .into();
    let mut find = guest_offer::Entity::find()
        .join(JoinType::InnerJoin, to)
        .filter(guest_offer::Column::Status.is_in(LIVE))
        .filter(meeting::Column::StartsAt.gt(now))
        .order_by_asc(guest_offer::Column::Id);
    if let Some(class) = class {
        find = find.filter(meeting::Column::ClassId.eq(class));
    }
    if let Some(resident) = resident {
        find = find.filter(guest_offer::Column::ResidentId.eq(resident));
    }
    Ok(find.all(conn).await?)
}

/// The seats of a meeting, in the order in which they were freed first.
pub(in crate::attendance) async fn seats(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<Vec<guest_seat::Model>> {
    Ok(guest_seat::Entity::find()
        .filter(guest_seat::Column::MeetingId.eq(meeting))
        .order_by_asc(guest_seat::Column::Id)
        .all(conn)
        .await?)
}

/// Whether a seat was freed by the leave of one of these, whatever became of it.
pub(in crate::attendance) async fn concerns(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    people: &[ResidentId],
) -> Result<bool> {
    let seat = guest_seat::Entity::find()
        .filter(guest_seat::Column::MeetingId.eq(meeting))
        .filter(sql::among(conn, guest_seat::Column::LeaverId, people))
        .one(conn)
        .await?;
    Ok(seat.is_some())
}

/// Somebody is on leave: their seat is free, if nobody was asked already.
pub(in crate::attendance) async fn open(
    tx: &DatabaseTransaction,
    meeting: MeetingId,
    leaver: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    use guest_seat::Column;
    let row = guest_seat::ActiveModel {
        meeting_id: Set(meeting),
        leaver_id: Set(leaver),
        open: Set(true),
        changed_at: Set(now),
        ..Default::default()
    };
    let again = OnConflict::columns([Column::MeetingId, Column::LeaverId])
        .update_columns([Column::Open, Column::ChangedAt])
        .to_owned();
    guest_seat::Entity::insert(row).on_conflict(again).exec_without_returning(tx).await?;
    Ok(())
}

/// Its owner comes after all.
pub(in crate::attendance) async fn close(
    tx: &DatabaseTransaction,
    id: GuestSeatId,
    now: DateTime<Utc>,
) -> Result<()> {
    guest_seat::Entity::update_many()
        .col_expr(guest_seat::Column::Open, Expr::value(false))
        .col_expr(guest_seat::Column::ChangedAt, Expr::value(now))
        .filter(guest_seat::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Gives who has one seat, or was asked about it, another.
pub(in crate::attendance) async fn move_to(
    tx: &DatabaseTransaction,
    offer: GuestOfferId,
    seat: GuestSeatId,
) -> Result<()> {
    guest_offer::Entity::update_many()
        .col_expr(guest_offer::Column::SeatId, Expr::value(seat))
        .filter(guest_offer::Column::Id.eq(offer))
        .exec(tx)
        .await?;
    Ok(())
}

/// Keeps a seat for somebody; `None`: it is kept for another, or they were asked before.
pub(in crate::attendance) async fn ask(
    tx: &DatabaseTransaction,
    (seat, meeting, resident): (GuestSeatId, MeetingId, ResidentId),
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<GuestOfferId>> {
    use guest_offer::Column;
    let row = guest_offer::ActiveModel {
        seat_id: Set(seat),
        meeting_id: Set(meeting),
        resident_id: Set(resident),
        status: Set(GuestStatus::Offered),
        offered_at: Set(now),
        expires_at: Set(expires_at),
        ..Default::default()
    };
    let once = OnConflict::new().do_nothing().to_owned();
    let made = guest_offer::Entity::insert_many([row])
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?;
    if made == 0 {
        return Ok(None);
    }
    let found = guest_offer::Entity::find()
        .filter(Column::MeetingId.eq(meeting))
        .filter(Column::ResidentId.eq(resident))
        .one(tx)
        .await?;
    Ok(found.map(|offer| offer.id))
}

/// Brings an offer from where it is to `to`, if it is still there.
pub(in crate::attendance) async fn answer(
    tx: &DatabaseTransaction,
    offer: &guest_offer::Model,
    to: GuestStatus,
    by: Option<StaffId>,
    now: DateTime<Utc>,
) -> Result<bool> {
    use guest_offer::Column;
    let changed = guest_offer::Entity::update_many()
        .col_expr(Column::Status, Expr::value(to))
        .col_expr(Column::AnsweredAt, Expr::value(Some(now)))
        .col_expr(Column::AnsweredBy, Expr::value(by))
        .filter(Column::Id.eq(offer.id))
        .filter(Column::Status.eq(offer.status))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Which of these people are elsewhere at that time: at a meeting of a class of theirs, or a
/// guest at one.
pub(in crate::attendance) async fn busy(
    conn: &impl ConnectionTrait,
    people: &[ResidentId],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<HashSet<ResidentId>> {
    if people.is_empty() {
        return Ok(HashSet::new());
    }
    let then = |select: &mut SelectStatement, column: meeting::Column| {
        select
            .column((meeting::Entity, column))
            .from(meeting::Entity)
            .and_where(meeting::Column::Status.eq(MeetingStatus::Planned))
            .and_where(meeting::Column::StartsAt.lt(to))
            .and_where(meeting::Column::EndsAt.gt(from))
            .to_owned()
    };
    let classes = then(&mut Query::select(), meeting::Column::ClassId);
    let meetings = then(&mut Query::select(), meeting::Column::Id);
    let mut busy: HashSet<ResidentId> = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ResidentId)
        .filter(sql::among(conn, enrolment::Column::ResidentId, people))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .filter(enrolment::Column::ClassId.in_subquery(classes))
        .into_tuple::<ResidentId>()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let guests: Vec<ResidentId> = guest_offer::Entity::find()
        .select_only()
        .column(guest_offer::Column::ResidentId)
        .filter(sql::among(conn, guest_offer::Column::ResidentId, people))
        .filter(guest_offer::Column::Status.is_in(LIVE))
        .filter(guest_offer::Column::MeetingId.in_subquery(meetings))
        .into_tuple()
        .all(conn)
        .await?;
    busy.extend(guests);
    Ok(busy)
}

/// The meetings to come with a seat that is kept for nobody, while somebody waits for the
/// class who was not asked; with their beginning.
pub(in crate::attendance) async fn wanted(
    conn: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<(MeetingId, DateTime<Utc>)>> {
    let seat = |column: guest_seat::Column| column.into_simple_expr();
    let to: RelationDef = guest_seat::Entity::belongs_to(meeting::Entity)
        .from(guest_seat::Column::MeetingId)
        .to(meeting::Column::Id)
        .into();
    let kept = Query::select()
        .expr(Expr::val(1))
        .from(guest_offer::Entity)
        .and_where(guest_offer::Column::SeatId.into_simple_expr().eq(seat(guest_seat::Column::Id)))
        .and_where(guest_offer::Column::Status.is_in(LIVE))
        .to_owned();
    let asked = Query::select()
        .expr(Expr::val(1))
        .from(guest_offer::Entity)
        .and_where(
            guest_offer::Column::MeetingId
                .into_simple_expr()
                .eq(seat(guest_seat::Column::MeetingId)),
        )
        .and_where(
            guest_offer::Column::ResidentId
                .into_simple_expr()
                .eq(enrolment::Column::ResidentId.into_simple_expr()),
        )
        .to_owned();
    let waits = Query::select()
        .expr(Expr::val(1))
        .from(enrolment::Entity)
        .and_where(
            enrolment::Column::ClassId
                .into_simple_expr()
                .eq(meeting::Column::ClassId.into_simple_expr()),
        )
        .and_where(enrolment::Column::Status.eq(EnrolmentStatus::Waiting))
        .and_where(Expr::exists(asked).not())
        .to_owned();
    Ok(guest_seat::Entity::find()
        .select_only()
        .column(guest_seat::Column::MeetingId)
        .column(meeting::Column::StartsAt)
        .distinct()
        .join(JoinType::InnerJoin, to)
        .filter(guest_seat::Column::Open.eq(true))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::StartsAt.gt(now))
        .filter(Expr::exists(kept).not())
        .filter(Expr::exists(waits))
        .into_tuple()
        .all(conn)
        .await?)
}

/// Whether the person of a row of the register came as a guest, for a condition.
pub fn was_guest() -> Expr {
    let guests = Query::select()
        .expr(Expr::val(1))
        .from(guest_offer::Entity)
        .and_where(
            guest_offer::Column::MeetingId
                .into_simple_expr()
                .eq(entity::attendance::Column::MeetingId.into_simple_expr()),
        )
        .and_where(
            guest_offer::Column::ResidentId
                .into_simple_expr()
                .eq(entity::attendance::Column::ResidentId.into_simple_expr()),
        )
        .and_where(guest_offer::Column::Status.eq(GuestStatus::Taken))
        .to_owned();
    Expr::exists(guests)
}
