//! The only queries on what teachers say at the end; reads the register, sign-ups and
//! meetings.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationDef, Select,
};

use entity::ids::{ClassId, CommunityId, CourseId, MeetingId, ResidentId, StaffId, TermId};
use entity::kinds::{AttendanceStatus, EnrolmentStatus, MeetingStatus};
use entity::{attendance, class_pass, enrolment, meeting, resident};

pub(super) mod certificates;

use crate::attendance::{hours_of, was_guest};
use crate::courses::not_a_shift;
use crate::error::Result;

/// Whom or what is asked about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Of {
    Resident(ResidentId),
    Class(ClassId),
    /// All classes of a course in a term.
    Course(CourseId, TermId),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SignUp {
    pub(super) resident: ResidentId,
    pub(super) class: ClassId,
    pub(super) course: CourseId,
    pub(super) term: TermId,
    pub(super) status: EnrolmentStatus,
}

/// What somebody attended of a class.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attended {
    pub(super) hundredths: i64,
    pub(super) times: i64,
}

impl Attended {
    pub(super) fn and(self, other: Self) -> Self {
        Self { hundredths: self.hundredths + other.hundredths, times: self.times + other.times }
    }
}

/// The meetings of a class that are not cancelled.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plan {
    pub(super) hundredths: i64,
    pub(super) meetings: i64,
    pub(super) ends_at: Option<DateTime<Utc>>,
}

pub(super) struct NewWord<'a> {
    pub(super) class: ClassId,
    pub(super) resident: ResidentId,
    pub(super) passed: bool,
    pub(super) reason: Option<&'a str>,
    pub(super) by: StaffId,
}

/// Whatever became of them, the earliest first.
pub(super) async fn sign_ups(conn: &impl ConnectionTrait, of: &Of) -> Result<Vec<SignUp>> {
    use enrolment::Column;
    let find = enrolment::Entity::find();
    let find = match *of {
        Of::Resident(resident) => find.filter(Column::ResidentId.eq(resident)),
        Of::Class(class) => find.filter(Column::ClassId.eq(class)),
        Of::Course(course, term) => {
            find.filter(Column::CourseId.eq(course)).filter(Column::TermId.eq(term))
        }
    };
    let rows = find.order_by_asc(Column::Id).all(conn).await?;
    let sign_up = |row: enrolment::Model| SignUp {
        resident: row.resident_id,
        class: row.class_id,
        course: row.course_id,
        term: row.term_id,
        status: row.status,
    };
    Ok(rows.into_iter().map(sign_up).collect())
}

/// Who has a place in the class.
pub(super) async fn placed(
    conn: &impl ConnectionTrait,
    class: ClassId,
) -> Result<HashSet<ResidentId>> {
    let rows = sign_ups(conn, &Of::Class(class)).await?;
    let placed = rows.into_iter().filter(|row| row.status == EnrolmentStatus::Placed);
    Ok(placed.map(|row| row.resident).collect())
}

pub(super) async fn plans(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<HashMap<ClassId, Plan>> {
    let rows = meeting::Entity::find()
        .filter(meeting::Column::ClassId.is_in(classes.iter().copied()))
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .all(conn)
        .await?;
    let mut plans: HashMap<ClassId, Plan> = HashMap::new();
    for row in rows {
        let plan = plans.entry(row.class_id).or_default();
        plan.hundredths += i64::from(hours_of(&row));
        plan.meetings += 1;
        plan.ends_at = Some(plan.ends_at.map_or(row.ends_at, |at| Ord::max(at, row.ends_at)));
    }
    Ok(plans)
}

/// The register's rows of presence, with their meetings.
fn present() -> Select<attendance::Entity> {
    let to: RelationDef = attendance::Entity::belongs_to(meeting::Entity)
        .from(attendance::Column::MeetingId)
        .to(meeting::Column::Id)
        .into();
    attendance::Entity::find()
        .join(JoinType::InnerJoin, to)
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
}

/// Hours and meetings that people attended, by class; of these classes alone. What somebody
/// came to as a guest, before they had a place, is not of the class.
pub(super) async fn attended(
    conn: &impl ConnectionTrait,
    of: &Of,
    classes: &[ClassId],
) -> Result<HashMap<(ResidentId, ClassId), Attended>> {
    let mut find = present()
        .select_only()
        .column(attendance::Column::ResidentId)
        .column(meeting::Column::ClassId)
        .column_as(attendance::Column::HoursHundredths.sum(), "hundredths")
        .column_as(attendance::Column::Id.count(), "times")
        .filter(meeting::Column::ClassId.is_in(classes.iter().copied()))
        .filter(was_guest().not())
        .group_by(attendance::Column::ResidentId)
        .group_by(meeting::Column::ClassId);
    if let Of::Resident(resident) = *of {
        find = find.filter(attendance::Column::ResidentId.eq(resident));
    }
    let rows: Vec<(ResidentId, ClassId, i64, i64)> = find.into_tuple().all(conn).await?;
    let attended =
        |(resident, class, hundredths, times)| ((resident, class), Attended { hundredths, times });
    Ok(rows.into_iter().map(attended).collect())
}

/// What was said last of each person and class.
pub(super) async fn words(
    conn: &impl ConnectionTrait,
    of: &Of,
) -> Result<HashMap<(ResidentId, ClassId), class_pass::Model>> {
    use class_pass::Column;
    let find = class_pass::Entity::find();
    let find = match *of {
        Of::Resident(resident) => find.filter(Column::ResidentId.eq(resident)),
        Of::Class(class) => find.filter(Column::ClassId.eq(class)),
        Of::Course(course, term) => {
            let classes = sea_orm::sea_query::Query::select()
                .column(entity::class::Column::Id)
                .from(entity::class::Entity)
                .and_where(entity::class::Column::CourseId.eq(course))
                .and_where(entity::class::Column::TermId.eq(term))
                .to_owned();
            find.filter(Column::ClassId.in_subquery(classes))
        }
    };
    let rows = find.order_by_asc(Column::Id).all(conn).await?;
    Ok(rows.into_iter().map(|row| ((row.resident_id, row.class_id), row)).collect())
}

pub(super) async fn add_word(
    tx: &DatabaseTransaction,
    word: &NewWord<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = class_pass::ActiveModel {
        class_id: Set(word.class),
        resident_id: Set(word.resident),
        passed: Set(word.passed),
        reason: Set(word.reason.map(str::to_owned)),
        staff_id: Set(word.by),
        at: Set(now),
        ..Default::default()
    };
    row.insert(tx).await?;
    Ok(())
}

/// 人次 and 学时 of the meetings of one class that began in a time, by the learners' community.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) class: ClassId,
    pub(super) community: Option<CommunityId>,
    pub(super) times: i64,
    pub(super) hundredths: i64,
}

pub(super) async fn counts(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    scope: Option<CommunityId>,
) -> Result<Vec<Count>> {
    let to_resident: RelationDef = attendance::Entity::belongs_to(resident::Entity)
        .from(attendance::Column::ResidentId)
        .to(resident::Column::Id)
        .into();
    let mut find = present()
        .join(JoinType::InnerJoin, to_resident)
        .select_only()
        .column(meeting::Column::ClassId)
        .column(resident::Column::CommunityId)
        .column_as(attendance::Column::Id.count(), "times")
        .column_as(attendance::Column::HoursHundredths.sum(), "hundredths")
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .filter(not_a_shift())
        .group_by(meeting::Column::ClassId)
        .group_by(resident::Column::CommunityId);
    if let Some(community) = scope {
        find = find.filter(resident::Column::CommunityId.eq(community));
    }
    let rows: Vec<(ClassId, Option<CommunityId>, i64, i64)> = find.into_tuple().all(conn).await?;
    let count =
        |(class, community, times, hundredths)| Count { class, community, times, hundredths };
    Ok(rows.into_iter().map(count).collect())
}

/// A meeting that has begun and was not cancelled, with those who were there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) class: ClassId,
    pub(super) starts_at: DateTime<Utc>,
    pub(super) present: i64,
}

pub(super) async fn held(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Held>> {
    let meetings: Vec<(MeetingId, ClassId, DateTime<Utc>)> = meeting::Entity::find()
        .select_only()
        .columns([meeting::Column::Id, meeting::Column::ClassId, meeting::Column::StartsAt])
        .filter(meeting::Column::Status.eq(MeetingStatus::Planned))
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .into_tuple()
        .all(conn)
        .await?;
    let counts: Vec<(MeetingId, i64)> = present()
        .select_only()
        .column(attendance::Column::MeetingId)
        .column_as(attendance::Column::Id.count(), "times")
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .group_by(attendance::Column::MeetingId)
        .into_tuple()
        .all(conn)
        .await?;
    let counts: HashMap<MeetingId, i64> = counts.into_iter().collect();
    let held = |(id, class, starts_at): (MeetingId, ClassId, DateTime<Utc>)| Held {
        class,
        starts_at,
        present: counts.get(&id).copied().unwrap_or(0),
    };
    Ok(meetings.into_iter().map(held).collect())
}

/// How many learners reached so many 学时 (in hundredths) at meetings that began in a time,
/// and how many came at all.
pub(super) async fn reached(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    scope: Option<CommunityId>,
    goal: i64,
) -> Result<(u64, u64)> {
    let to_resident: RelationDef = attendance::Entity::belongs_to(resident::Entity)
        .from(attendance::Column::ResidentId)
        .to(resident::Column::Id)
        .into();
    let mut find = present()
        .join(JoinType::InnerJoin, to_resident)
        .select_only()
        .column_as(attendance::Column::HoursHundredths.sum(), "hundredths")
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .filter(not_a_shift())
        .group_by(attendance::Column::ResidentId);
    if let Some(community) = scope {
        find = find.filter(resident::Column::CommunityId.eq(community));
    }
    let sums: Vec<i64> = find.into_tuple().all(conn).await?;
    let reached = sums.iter().filter(|sum| **sum >= goal).count();
    Ok((reached as u64, sums.len() as u64))
}

/// Why an erased person did not pass is forgotten; that they did not is not.
pub(super) async fn forget_resident(tx: &DatabaseTransaction, resident: ResidentId) -> Result<()> {
    use class_pass::Column;
    class_pass::Entity::update_many()
        .col_expr(Column::Reason, Expr::value("（已注销，内容已删）"))
        .filter(Column::ResidentId.eq(resident).and(Column::Reason.is_not_null()))
        .exec(tx)
        .await?;
    Ok(())
}
