//! The only queries on communities, sites, terms, holidays, courses, teachers,
//! classes, meetings and their changes.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, LikeExpr, LockType, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr,
    DerivePartialModel, EntityTrait, FromQueryResult, IntoActiveModel, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationDef, Select, SqlErr,
};

use entity::ids::{ClassId, CommunityId, CourseId, MeetingId, SiteId, StaffId, TeacherId, TermId};
use entity::kinds::{ClassKind, ClassStatus, MeetingStatus};
use entity::{class, community, course, holiday, meeting, meeting_change, site, teacher, term};

pub(super) mod gatherings;
pub(super) mod pictures;
pub(super) mod plans;

use super::ClassFilter;
use crate::error::{Error, Result};
use crate::sql::{self, among, rounded};

/// A class with everything that is said about it, from one query.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "class::Entity")]
pub struct ClassFacts {
    #[sea_orm(nested)]
    pub class: class::Model,
    #[sea_orm(nested)]
    pub course: course::Model,
    #[sea_orm(nested)]
    pub term: term::Model,
    #[sea_orm(nested)]
    pub site: site::Model,
    #[sea_orm(from_expr = "teacher::Column::Name")]
    pub teacher_name: String,
}

fn facts() -> Select<class::Entity> {
    let to = |relation: RelationDef| relation;
    class::Entity::find()
        .join(
            JoinType::InnerJoin,
            to(class::Entity::belongs_to(course::Entity)
                .from(class::Column::CourseId)
                .to(course::Column::Id)
                .into()),
        )
        .join(
            JoinType::InnerJoin,
            to(class::Entity::belongs_to(term::Entity)
                .from(class::Column::TermId)
                .to(term::Column::Id)
                .into()),
        )
        .join(
            JoinType::InnerJoin,
            to(class::Entity::belongs_to(site::Entity)
                .from(class::Column::SiteId)
                .to(site::Column::Id)
                .into()),
        )
        .join(
            JoinType::InnerJoin,
            to(class::Entity::belongs_to(teacher::Entity)
                .from(class::Column::TeacherId)
                .to(teacher::Column::Id)
                .into()),
        )
}

pub(super) async fn class(conn: &impl ConnectionTrait, id: ClassId) -> Result<Option<ClassFacts>> {
    Ok(facts().filter(class::Column::Id.eq(id)).into_partial_model().one(conn).await?)
}

pub(super) async fn classes(
    conn: &impl ConnectionTrait,
    ids: &[ClassId],
) -> Result<HashMap<ClassId, ClassFacts>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: BTreeSet<_> = ids.iter().copied().collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let rows: Vec<ClassFacts> =
        facts().filter(among(conn, class::Column::Id, &ids)).into_partial_model().all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.class.id, row)).collect())
}

/// Has `text` in it, whatever the case; the same on both databases.
fn contains<C: ColumnTrait>(column: C, text: &str) -> Expr {
    let mut pattern = String::from("%");
    for character in text.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Expr::expr(Func::lower(Expr::col(column.as_column_ref())))
        .like(LikeExpr::new(pattern).escape('\\'))
}

/// Classes in the order of the week.
pub(super) async fn list(
    conn: &impl ConnectionTrait,
    filter: &ClassFilter,
) -> Result<Vec<ClassFacts>> {
    let mut query = facts().filter(class::Column::Kind.eq(filter.kind));
    if let Some(term) = filter.term_id {
        query = query.filter(class::Column::TermId.eq(term));
    }
    if let Some(course) = filter.course_id {
        query = query.filter(class::Column::CourseId.eq(course));
    }
    if let Some(site) = filter.site_id {
        query = query.filter(class::Column::SiteId.eq(site));
    }
    if let Some(community) = filter.community_id {
        query = query.filter(site::Column::CommunityId.eq(community));
    }
    if let Some(weekday) = filter.weekday {
        query = query.filter(class::Column::Weekday.eq(weekday));
    }
    if let Some(subject) = &filter.subject {
        query = query.filter(course::Column::Subject.eq(subject.as_str()));
    }
    if filter.open_only {
        query = query.filter(class::Column::Status.eq(ClassStatus::Open));
    }
    if filter.empty_only {
        query = query
            .filter(
                Expr::col(class::Column::Taken.as_column_ref())
                    .lt(Expr::col(class::Column::Capacity.as_column_ref())),
            )
            .filter(class::Column::Status.eq(ClassStatus::Open));
    }
    if let Some(text) = &filter.text {
        query = query.filter(
            Condition::any()
                .add(contains(class::Column::Name, text))
                .add(contains(course::Column::Name, text))
                .add(contains(course::Column::Subject, text))
                .add(contains(teacher::Column::Name, text))
                .add(contains(site::Column::Name, text)),
        );
    }
    Ok(query
        .order_by_asc(class::Column::Weekday)
        .order_by_asc(class::Column::StartMinute)
        .order_by_asc(class::Column::Id)
        .into_partial_model()
        .all(conn)
        .await?)
}

/// When each class meets for the first time.
pub(super) async fn first_meetings(
    conn: &impl ConnectionTrait,
    ids: &[ClassId],
) -> Result<HashMap<ClassId, DateTime<Utc>>> {
    #[derive(FromQueryResult)]
    struct Row {
        class_id: ClassId,
        first: DateTime<Utc>,
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = meeting::Entity::find()
        .select_only()
        .column(meeting::Column::ClassId)
        .column_as(meeting::Column::StartsAt.min(), "first")
        .filter(meeting::Column::ClassId.is_in(ids.iter().copied()))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .group_by(meeting::Column::ClassId)
        .into_model::<Row>()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.class_id, row.first)).collect())
}

// ---- places ----

/// Of an overbooked class the place is nobody's any more: the capacity falls with it.
pub(super) async fn give_back_place(
    tx: &DatabaseTransaction,
    id: ClassId,
    by_staff: bool,
) -> Result<bool> {
    use class::Column;
    let overbooked = Column::CutTo.is_not_null();
    let capacity = Expr::col(Column::Capacity);
    // The right hand sides are of the row as it was.
    let reached = Expr::col(Column::CutTo).gte(capacity.clone().sub(1));
    let then_capacity = CaseStatement::new().case(overbooked, capacity.clone().sub(1));
    let then_cut = CaseStatement::new().case(reached, Expr::value(None::<i32>));
    let given = class::Entity::update_many()
        .col_expr(Column::Taken, Expr::col(Column::Taken).sub(1))
        .col_expr(Column::ByStaff, Expr::col(Column::ByStaff).sub(i32::from(by_staff)))
        .col_expr(Column::Capacity, Expr::Case(Box::new(then_capacity.finally(capacity))))
        .col_expr(Column::CutTo, Expr::Case(Box::new(then_cut.finally(Expr::col(Column::CutTo)))))
        .filter(Column::Id.eq(id))
        .filter(Column::Taken.gt(0))
        .exec(tx)
        .await?;
    Ok(given.rows_affected == 1)
}

pub(super) async fn change_waiting(tx: &DatabaseTransaction, id: ClassId, by: i32) -> Result<bool> {
    let changed = class::Entity::update_many()
        .col_expr(class::Column::Waiting, Expr::col(class::Column::Waiting).add(by))
        .filter(class::Column::Id.eq(id))
        .filter(class::Column::Waiting.gte(-by))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Nobody is in a cancelled class.
pub(super) async fn close(tx: &DatabaseTransaction, id: ClassId) -> Result<bool> {
    let closed = class::Entity::update_many()
        .col_expr(class::Column::Status, Expr::value(ClassStatus::Cancelled))
        .col_expr(class::Column::Taken, Expr::value(0))
        .col_expr(class::Column::ByStaff, Expr::value(0))
        .col_expr(class::Column::Waiting, Expr::value(0))
        .filter(class::Column::Id.eq(id))
        .filter(class::Column::Status.eq(ClassStatus::Open))
        .exec(tx)
        .await?;
    Ok(closed.rows_affected == 1)
}

/// Waits until nobody else is changing this class. `NO KEY`: rows that merely
/// point at the class may be written meanwhile.
pub(super) async fn lock_class(
    tx: &DatabaseTransaction,
    id: ClassId,
) -> Result<Option<class::Model>> {
    Ok(class::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?)
}

/// Serialises the making of a term's timetable.
pub(super) async fn lock_term(tx: &DatabaseTransaction, id: TermId) -> Result<Option<term::Model>> {
    Ok(term::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?)
}

/// As [`lock_class`], for many in the order of their ids.
pub(super) async fn lock_classes(
    tx: &DatabaseTransaction,
    ids: &[ClassId],
) -> Result<Vec<class::Model>> {
    Ok(class::Entity::find()
        .filter(among(tx, class::Column::Id, ids))
        .order_by_asc(class::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(tx)
        .await?)
}

/// The verdict on many places at once: whether all rows changed. Who takes places must
/// find an open class; numbers on the list are given out whatever its state.
pub(super) async fn take_places(
    tx: &DatabaseTransaction,
    wanted: &[super::Wanted],
) -> Result<bool> {
    use class::Column;
    let amount = |of: fn(&super::Wanted) -> i32| {
        let cases = CaseStatement::new();
        // The first that fits counts: the text is the same for five classes and for eight.
        let cases = rounded(wanted)
            .fold(cases, |cases, one| cases.case(Column::Id.eq(one.class), of(&one)));
        Expr::Case(Box::new(cases.finally(0)))
    };
    let (places, numbers) = (amount(|one| one.places), amount(|one| one.numbers));
    let by_staff = amount(|one| one.by_staff);
    // Who takes none by themselves need not look at what is kept.
    let residents = amount(|one| match one.places - one.by_staff {
        0 => 0,
        places => places + one.held,
    });
    let with = |column: Column, more: &Expr| Expr::col(column).add(more.clone());
    let changed = class::Entity::update_many()
        .col_expr(Column::Taken, with(Column::Taken, &places))
        .col_expr(Column::ByStaff, with(Column::ByStaff, &by_staff))
        .col_expr(Column::Waiting, with(Column::Waiting, &numbers))
        .col_expr(Column::LastQueueNumber, with(Column::LastQueueNumber, &numbers))
        .filter(Column::Id.is_in(rounded(wanted).map(|one| one.class)))
        .filter(with(Column::Taken, &places).lte(Expr::col(Column::Capacity)))
        .filter(
            with(Column::Taken, &residents)
                .sub(Expr::col(Column::ByStaff))
                .lte(Expr::col(Column::Capacity)),
        )
        .filter(Column::Status.eq(ClassStatus::Open))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == wanted.len() as u64)
}

/// Keeps a term from being frozen meanwhile; others may do the same.
pub(super) async fn share_term(
    tx: &DatabaseTransaction,
    id: TermId,
) -> Result<Option<term::Model>> {
    Ok(term::Entity::find_by_id(id).lock(LockType::Share).one(tx).await?)
}

/// Capacity, name, room and teacher; refused by the row itself if more are taken. `cut_to`:
/// how far the capacity falls by itself from there.
pub(super) async fn update_class(
    tx: &DatabaseTransaction,
    id: ClassId,
    change: &super::ClassChange,
    (capacity, cut_to): (i32, Option<i32>),
) -> Result<bool> {
    let updated = class::Entity::update_many()
        .col_expr(class::Column::Name, Expr::value(change.name.as_str()))
        .col_expr(class::Column::Room, Expr::value(change.room.as_str()))
        .col_expr(class::Column::TeacherId, Expr::value(change.teacher_id))
        .col_expr(class::Column::Capacity, Expr::value(capacity))
        .col_expr(class::Column::CutTo, Expr::value(cut_to))
        .col_expr(class::Column::HeldPercent, Expr::value(change.held_percent))
        .col_expr(class::Column::OfferHours, Expr::value(change.offer.hours))
        .col_expr(class::Column::OfferDaytimeHours, Expr::value(change.offer.daytime_hours))
        .filter(class::Column::Id.eq(id))
        .filter(class::Column::Taken.lte(capacity))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// For whom the class is, and with how many it begins.
pub(super) async fn set_class_rules(
    tx: &DatabaseTransaction,
    id: ClassId,
    rules: &super::ClassRules,
) -> Result<()> {
    class::Entity::update_many()
        .col_expr(class::Column::Residence, Expr::value(rules.residence))
        .col_expr(class::Column::PreviousNeeded, Expr::value(rules.previous_needed))
        .col_expr(class::Column::MinPeople, Expr::value(rules.min_people))
        .filter(class::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Notes that too few people are in a class; false: noted before, or said to begin.
pub(super) async fn mark_below(
    tx: &DatabaseTransaction,
    id: ClassId,
    now: DateTime<Utc>,
) -> Result<bool> {
    mark(tx, id, class::Column::BelowSince, now).await
}

/// Notes that a class begins all the same; false: noted before.
pub(super) async fn mark_kept_open(
    tx: &DatabaseTransaction,
    id: ClassId,
    now: DateTime<Utc>,
) -> Result<bool> {
    mark(tx, id, class::Column::KeptOpenAt, now).await
}

async fn mark(
    tx: &DatabaseTransaction,
    id: ClassId,
    column: class::Column,
    now: DateTime<Utc>,
) -> Result<bool> {
    let marked = class::Entity::update_many()
        .col_expr(column, Expr::value(now))
        .filter(class::Column::Id.eq(id))
        .filter(class::Column::Status.eq(ClassStatus::Open))
        .filter(class::Column::KeptOpenAt.is_null())
        .filter(column.is_null())
        .exec(tx)
        .await?;
    Ok(marked.rows_affected == 1)
}

// ---- meetings ----

pub(super) async fn meetings(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<Vec<meeting::Model>> {
    Ok(meeting::Entity::find()
        .filter(meeting::Column::ClassId.eq(class))
        .order_by_asc(meeting::Column::Number)
        .all(conn)
        .await?)
}

pub(super) async fn meeting(
    conn: &impl ConnectionTrait,
    id: MeetingId,
) -> Result<Option<meeting::Model>> {
    Ok(meeting::Entity::find_by_id(id).one(conn).await?)
}

pub(super) async fn lock_meeting(
    tx: &DatabaseTransaction,
    id: MeetingId,
) -> Result<Option<meeting::Model>> {
    Ok(meeting::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(tx).await?)
}

/// Meetings that start in `from..to`, of these classes or of all, in order of time.
pub(super) async fn meetings_between(
    conn: &impl ConnectionTrait,
    classes: Option<&[ClassId]>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<meeting::Model>> {
    let mut query = meeting::Entity::find()
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to));
    if let Some(classes) = classes {
        query = query.filter(meeting::Column::ClassId.is_in(classes.iter().copied()));
    }
    Ok(query
        .order_by_asc(meeting::Column::StartsAt)
        .order_by_asc(meeting::Column::Id)
        .all(conn)
        .await?)
}

/// Planned meetings of other classes that touch `from..to`.
pub(super) async fn meetings_touching(
    conn: &impl ConnectionTrait,
    except: ClassId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<meeting::Model>> {
    Ok(meeting::Entity::find()
        .filter(meeting::Column::StartsAt.lt(to))
        .filter(meeting::Column::EndsAt.gt(from))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::ClassId.ne(except))
        .order_by_asc(meeting::Column::StartsAt)
        .all(conn)
        .await?)
}

/// Classes whose teacher signs in with this login.
pub(super) async fn classes_of_staff(
    conn: &impl ConnectionTrait,
    staff: StaffId,
) -> Result<Vec<ClassId>> {
    Ok(class::Entity::find()
        .select_only()
        .column(class::Column::Id)
        .filter(
            class::Column::TeacherId.in_subquery(
                Query::select()
                    .column(teacher::Column::Id)
                    .from(teacher::Entity)
                    .and_where(teacher::Column::StaffId.eq(staff))
                    .take(),
            ),
        )
        .into_tuple()
        .all(conn)
        .await?)
}

pub(super) async fn insert_meetings(
    tx: &DatabaseTransaction,
    rows: Vec<meeting::ActiveModel>,
) -> Result<()> {
    meeting::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// The planned meetings of a class that begin after `now` will not take place.
pub(super) async fn cancel_meetings(
    tx: &DatabaseTransaction,
    class: ClassId,
    note: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    meeting::Entity::update_many()
        .col_expr(meeting::Column::Status, Expr::value(MeetingStatus::Cancelled))
        .col_expr(meeting::Column::Note, Expr::value(note))
        .filter(meeting::Column::ClassId.eq(class))
        .filter(meeting::Column::StartsAt.gt(now))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .exec(tx)
        .await?;
    Ok(())
}

/// Why a meeting is in another room, when its class moved.
const ROOM_CHANGED: &str = "换了教室";

/// Rooms move with the class: those of meetings to come that were not moved elsewhere. Keeps
/// what they were; false when there is none.
pub(super) async fn move_room(
    tx: &DatabaseTransaction,
    class: &class::Model,
    room: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::ClassId.eq(class.id))
        .filter(meeting::Column::SiteId.eq(class.site_id))
        .filter(meeting::Column::Room.eq(class.room.as_str()))
        .filter(meeting::Column::StartsAt.gt(now))
        .all(tx)
        .await?;
    meeting::Entity::update_many()
        .col_expr(meeting::Column::Room, Expr::value(room))
        .filter(meeting::Column::Id.is_in(meetings.iter().map(|meeting| meeting.id)))
        .exec(tx)
        .await?;
    let changes: Vec<_> = meetings
        .into_iter()
        .filter(|meeting| meeting.status == MeetingStatus::Planned)
        .map(|meeting| meeting_change::ActiveModel {
            meeting_id: Set(meeting.id),
            old_starts_at: Set(meeting.starts_at),
            old_ends_at: Set(meeting.ends_at),
            old_site_id: Set(meeting.site_id),
            old_room: Set(meeting.room),
            reason: Set(ROOM_CHANGED.to_owned()),
            staff_id: Set(by),
            at: Set(now),
            ..Default::default()
        })
        .collect();
    let any = !changes.is_empty();
    sql::insert_all(tx, changes, 64).await?;
    Ok(any)
}

pub(super) async fn latest_change(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<Option<meeting_change::Model>> {
    Ok(meeting_change::Entity::find()
        .filter(meeting_change::Column::MeetingId.eq(meeting))
        .order_by_desc(meeting_change::Column::Id)
        .one(conn)
        .await?)
}

// ---- the rest: rows found, listed and saved ----

macro_rules! lookups {
    ($($find:ident: $entity:ident[$id:ty];)*) => {$(
        pub(super) async fn $find(conn: &impl ConnectionTrait, id: $id) -> Result<Option<$entity::Model>> {
            Ok($entity::Entity::find_by_id(id).one(conn).await?)
        }
    )*};
}

lookups! {
    community: community[CommunityId];
    site: site[SiteId];
    term: term[TermId];
    course: course[CourseId];
    teacher: teacher[TeacherId];
}

macro_rules! lists {
    ($($list:ident: $entity:ident by $order:ident;)*) => {$(
        pub(super) async fn $list(conn: &impl ConnectionTrait) -> Result<Vec<$entity::Model>> {
            Ok($entity::Entity::find()
                .order_by_asc($entity::Column::$order)
                .all(conn)
                .await?)
        }
    )*};
}

lists! {
    communities: community by Id;
    sites: site by Id;
    holidays: holiday by Day;
    teachers: teacher by Id;
}

/// Those of the calendar; what belongs to none stands in one of its own.
pub(super) async fn terms(conn: &impl ConnectionTrait) -> Result<Vec<term::Model>> {
    let find = term::Entity::find().filter(term::Column::Standing.eq(false));
    Ok(find.order_by_asc(term::Column::FirstDay).all(conn).await?)
}

/// Those that are taught in classes of a term.
pub(super) async fn courses(conn: &impl ConnectionTrait) -> Result<Vec<course::Model>> {
    let find = course::Entity::find().filter(course::Column::Kind.eq(ClassKind::Course));
    Ok(find.order_by_asc(course::Column::Id).all(conn).await?)
}

pub(super) async fn teacher_of_staff(
    conn: &impl ConnectionTrait,
    staff: StaffId,
) -> Result<Option<TeacherId>> {
    let found =
        teacher::Entity::find().filter(teacher::Column::StaffId.eq(staff)).one(conn).await?;
    Ok(found.map(|teacher| teacher.id))
}

/// Inserts a row. The caller gives up the transaction on a failure.
pub(super) async fn insert<A>(
    tx: &DatabaseTransaction,
    row: A,
) -> Result<<A::Entity as EntityTrait>::Model>
where
    A: ActiveModelTrait + sea_orm::ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    row.insert(tx).await.map_err(saved_badly)
}

/// Writes the set columns of a row that is there. The caller gives up the
/// transaction on a failure.
pub(super) async fn update<A>(
    tx: &DatabaseTransaction,
    row: A,
) -> Result<<A::Entity as EntityTrait>::Model>
where
    A: ActiveModelTrait + sea_orm::ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    row.update(tx).await.map_err(saved_badly)
}

pub(super) async fn delete_holiday(tx: &DatabaseTransaction, day: NaiveDate) -> Result<bool> {
    Ok(holiday::Entity::delete_by_id(day).exec(tx).await?.rows_affected == 1)
}

fn saved_badly(error: DbErr) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            Error::conflict("already_there", "已经有一样的了，请换一个。").with_source(error)
        }
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
            Error::invalid("unknown_reference", "选的内容不存在了，请刷新后重新选择。")
                .with_source(error)
        }
        _ if matches!(error, DbErr::RecordNotUpdated) => {
            Error::not_found("not_found", "没有这一项，可能已经被删除。")
        }
        _ => error.into(),
    }
}
