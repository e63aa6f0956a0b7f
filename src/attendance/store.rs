//! The only queries on the register; reads what it needs of classes and people.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use entity::ids::{ClassId, CommunityId, MeetingId, ResidentId, StaffId};
use entity::kinds::{AttendanceStatus, CheckInWay, ClassKind, EnrolmentStatus};
use entity::{
    attendance, class, enrolment, meeting, meeting_change, resident, site, teacher, term,
};

use super::{RollRow, register};
use crate::error::Result;
use crate::members;
use crate::sql::{among, distinct};

pub(super) mod cards;
pub(super) mod claims;
pub(super) mod events;
pub(super) mod guests;
pub(super) mod heads;
pub(super) mod monitors;
pub(super) mod questions;
pub(super) mod tray;

/// A meeting with what is said of it everywhere.
#[derive(Clone, Debug)]
pub struct MeetingFacts {
    pub meeting: meeting::Model,
    pub class: class::Model,
    pub site_name: String,
    pub community_id: Option<CommunityId>,
    pub teacher_name: String,
    pub teacher_staff_id: Option<StaffId>,
}

impl MeetingFacts {
    pub fn class_id(&self) -> ClassId {
        self.class.id
    }

    pub fn class_name(&self) -> &str {
        &self.class.name
    }

    /// As [`hours_of`]; none where being there is no learning.
    pub fn hours_hundredths(&self) -> i32 {
        if self.class.credited { hours_of(&self.meeting) } else { 0 }
    }
}

/// 学时 of a meeting in hundredths: 45 minutes are one (DOMAIN: 1 学时 = 45 min).
pub fn hours_of(meeting: &meeting::Model) -> i32 {
    let minutes = (meeting.ends_at - meeting.starts_at).num_minutes();
    i32::try_from(minutes * 100 / 45).unwrap_or(0)
}

pub(super) async fn meeting(
    conn: &impl ConnectionTrait,
    id: MeetingId,
) -> Result<Option<MeetingFacts>> {
    let meeting = meeting::Entity::find_by_id(id).one(conn).await?;
    Ok(with_facts(conn, meeting.into_iter().collect()).await?.pop())
}

/// Several meetings at once; unknown ones are missing.
pub(super) async fn meetings(
    conn: &impl ConnectionTrait,
    ids: &[MeetingId],
) -> Result<HashMap<MeetingId, MeetingFacts>> {
    let find = meeting::Entity::find().filter(among(conn, meeting::Column::Id, ids));
    let facts = with_facts(conn, find.all(conn).await?).await?;
    Ok(facts.into_iter().map(|facts| (facts.meeting.id, facts)).collect())
}

/// Meetings that start in `from..to`, by time; of `classes` alone where given.
pub(super) async fn meetings_between(
    conn: &impl ConnectionTrait,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    classes: Option<&[ClassId]>,
) -> Result<Vec<MeetingFacts>> {
    let mut find = meeting::Entity::find()
        .filter(meeting::Column::StartsAt.gte(from))
        .filter(meeting::Column::StartsAt.lt(to))
        .order_by_asc(meeting::Column::StartsAt)
        .order_by_asc(meeting::Column::Id);
    if let Some(classes) = classes {
        find = find.filter(meeting::Column::ClassId.is_in(classes.iter().copied()));
    }
    with_facts(conn, find.all(conn).await?).await
}

/// Three further queries, however many meetings there are.
async fn with_facts(
    conn: &impl ConnectionTrait,
    meetings: Vec<meeting::Model>,
) -> Result<Vec<MeetingFacts>> {
    if meetings.is_empty() {
        return Ok(Vec::new());
    }
    let classes = distinct(meetings.iter().map(|meeting| meeting.class_id));
    let classes = class::Entity::find().filter(among(conn, class::Column::Id, &classes));
    let sites = distinct(meetings.iter().map(|meeting| meeting.site_id));
    let sites = site::Entity::find().filter(among(conn, site::Column::Id, &sites));
    let (classes, sites) = tokio::try_join!(classes.all(conn), sites.all(conn))?;
    let classes: HashMap<_, _> = classes.into_iter().map(|class| (class.id, class)).collect();
    let sites: HashMap<_, _> = sites.into_iter().map(|site| (site.id, site)).collect();
    let teachers = distinct(classes.values().map(|class| class.teacher_id));
    let teachers = teacher::Entity::find().filter(among(conn, teacher::Column::Id, &teachers));
    let teachers: HashMap<_, _> =
        teachers.all(conn).await?.into_iter().map(|teacher| (teacher.id, teacher)).collect();
    Ok(meetings
        .into_iter()
        .filter_map(|meeting| {
            let class = classes.get(&meeting.class_id)?.clone();
            let site = sites.get(&meeting.site_id)?;
            let teacher = teachers.get(&class.teacher_id)?;
            Some(MeetingFacts {
                site_name: site.name.clone(),
                community_id: site.community_id,
                teacher_name: teacher.name.clone(),
                teacher_staff_id: teacher.staff_id,
                meeting,
                class,
            })
        })
        .collect())
}

/// How a meeting was before each time that it was moved or cancelled, the earliest first.
pub(super) async fn changes(
    conn: &impl ConnectionTrait,
    id: MeetingId,
) -> Result<Vec<meeting_change::Model>> {
    Ok(meeting_change::Entity::find()
        .filter(meeting_change::Column::MeetingId.eq(id))
        .order_by_asc(meeting_change::Column::At)
        .order_by_asc(meeting_change::Column::Id)
        .all(conn)
        .await?)
}

/// Which of these people have a place in which of these classes.
pub(super) async fn places(
    conn: &impl ConnectionTrait,
    residents: &[ResidentId],
    classes: &[ClassId],
) -> Result<HashSet<(ResidentId, ClassId)>> {
    Ok(enrolment::Entity::find()
        .select_only()
        .columns([enrolment::Column::ResidentId, enrolment::Column::ClassId])
        .filter(among(conn, enrolment::Column::ResidentId, residents))
        .filter(among(conn, enrolment::Column::ClassId, classes))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple::<(ResidentId, ClassId)>()
        .all(conn)
        .await?
        .into_iter()
        .collect())
}

/// Who has a place in the class, comes as a guest, or was ever marked at the meeting.
pub(super) async fn on_roll(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    class: ClassId,
) -> Result<HashSet<ResidentId>> {
    let marked = async {
        let find = attendance::Entity::find()
            .select_only()
            .column(attendance::Column::ResidentId)
            .filter(attendance::Column::MeetingId.eq(meeting))
            .filter(attendance::Column::Status.is_not_null());
        Ok(find.into_tuple::<ResidentId>().all(conn).await?)
    };
    let (placed, marked, guests) =
        tokio::try_join!(placed(conn, class), marked, guests::at(conn, meeting))?;
    Ok(placed.into_iter().chain(marked).chain(guests).collect())
}

async fn placed(conn: &impl ConnectionTrait, class: ClassId) -> Result<Vec<ResidentId>> {
    Ok(enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ResidentId)
        .filter(enrolment::Column::ClassId.eq(class))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?)
}

/// The classes in which a resident has a place.
pub(super) async fn classes_of(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<ClassId>> {
    Ok(enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ClassId)
        .filter(enrolment::Column::ResidentId.eq(resident))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .into_tuple()
        .all(conn)
        .await?)
}

/// How many have a place, and how many are present, for each of the meetings.
pub(super) async fn counts(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingFacts],
) -> Result<HashMap<MeetingId, (i64, i64)>> {
    let enrolled: HashMap<ClassId, i64> = enrolment::Entity::find()
        .select_only()
        .column(enrolment::Column::ClassId)
        .column_as(enrolment::Column::Id.count(), "count")
        .filter(enrolment::Column::ClassId.is_in(meetings.iter().map(MeetingFacts::class_id)))
        .filter(enrolment::Column::Status.eq(EnrolmentStatus::Placed))
        .group_by(enrolment::Column::ClassId)
        .into_tuple::<(ClassId, i64)>()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let ids: Vec<MeetingId> = meetings.iter().map(|facts| facts.meeting.id).collect();
    let present = present_counts(conn, &ids).await?;
    Ok(meetings
        .iter()
        .map(|facts| {
            let id = facts.meeting.id;
            let of = |count: Option<&i64>| count.copied().unwrap_or(0);
            (id, (of(enrolled.get(&facts.class_id())), of(present.get(&id))))
        })
        .collect())
}

/// How many are present at each of these meetings.
pub(super) async fn present_counts(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingId],
) -> Result<HashMap<MeetingId, i64>> {
    Ok(attendance::Entity::find()
        .select_only()
        .column(attendance::Column::MeetingId)
        .column_as(attendance::Column::Id.count(), "count")
        .filter(attendance::Column::MeetingId.is_in(meetings.iter().copied()))
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
        .group_by(attendance::Column::MeetingId)
        .into_tuple::<(MeetingId, i64)>()
        .all(conn)
        .await?
        .into_iter()
        .collect())
}

/// Whom the register has as present.
pub(super) async fn present(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<Vec<ResidentId>> {
    Ok(attendance::Entity::find()
        .select_only()
        .column(attendance::Column::ResidentId)
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Status.eq(AttendanceStatus::Present))
        .into_tuple()
        .all(conn)
        .await?)
}

/// What the register says of the resident at these meetings.
pub(super) async fn statuses(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
    meetings: &[MeetingFacts],
) -> Result<HashMap<MeetingId, AttendanceStatus>> {
    let rows = attendance::Entity::find()
        .filter(attendance::Column::ResidentId.eq(resident))
        .filter(attendance::Column::Status.is_not_null())
        .filter(attendance::Column::MeetingId.is_in(meetings.iter().map(|facts| facts.meeting.id)))
        .all(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.meeting_id, row.status?))).collect())
}

/// The rows of these meetings.
pub(super) async fn rows_at(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingId],
) -> Result<Vec<attendance::Model>> {
    Ok(attendance::Entity::find()
        .filter(attendance::Column::MeetingId.is_in(meetings.iter().copied()))
        .all(conn)
        .await?)
}

/// `open`: who scanned the poster can still wait for a nod.
pub(super) async fn roll(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
    class: ClassId,
    open: bool,
) -> Result<Vec<RollRow>> {
    let marked: HashMap<ResidentId, attendance::Model> = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Status.is_not_null())
        .all(conn)
        .await?
        .into_iter()
        .map(|row| (row.resident_id, row))
        .collect();
    let mut said = events::words(conn, meeting, None).await?;
    let claims = if open { claims::of(conn, meeting).await? } else { HashMap::new() };
    let monitors = monitors::live(conn, class).await?;
    let monitors: HashSet<_> = monitors.into_iter().map(|row| row.resident_id).collect();
    let placed: HashSet<_> = placed(conn, class).await?.into_iter().collect();
    let guests = guests::at(conn, meeting).await?;
    let on_it = placed.iter().chain(marked.keys()).chain(&guests).copied();
    let people = resident::Entity::find()
        .filter(resident::Column::Id.is_in(on_it))
        .order_by_asc(resident::Column::LearnerNumber)
        .all(conn)
        .await?;
    Ok(people
        .into_iter()
        .map(|person| {
            let row = marked.get(&person.id);
            let words = said.remove(&person.id).unwrap_or_default();
            let standing = register::fold(&words);
            let nodded = words.iter().any(|word| word.way == CheckInWay::Poster);
            let waits = !nodded && standing.status != Some(AttendanceStatus::Present);
            RollRow {
                claimed_at: claims.get(&person.id).filter(|_| waits).map(|claim| claim.claimed_at),
                monitor: monitors.contains(&person.id) && placed.contains(&person.id),
                guest: guests.contains(&person.id) && !placed.contains(&person.id),
                resident_id: person.id,
                // A roll stands on a wall beside the code.
                name: members::name_for_others(person.name.unwrap_or_default(), person.name_state),
                learner_number: person.learner_number,
                status: row.and_then(|row| row.status),
                hours_hundredths: row.map_or(0, |row| row.hours_hundredths),
                way: standing.way,
                at: standing.at,
                reason: standing.reason,
            }
        })
        .collect())
}

/// One meeting in a resident's record.
#[derive(Clone, Debug)]
pub struct HoursLine {
    pub meeting_id: MeetingId,
    pub class_name: String,
    pub number: i32,
    pub starts_at: DateTime<Utc>,
    pub status: AttendanceStatus,
    pub hours_hundredths: i32,
    /// Of the term of the calendar in which it was; empty: of none.
    pub term_days: Option<(NaiveDate, NaiveDate)>,
}

/// A resident's whole record, newest first; without what they did as a volunteer.
pub(super) async fn hours_lines(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<HoursLine>> {
    let rows = attendance::Entity::find()
        .filter(attendance::Column::ResidentId.eq(resident))
        .filter(attendance::Column::Status.is_not_null())
        .all(conn)
        .await?;
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::Id.is_in(rows.iter().map(|row| row.meeting_id)))
        .all(conn)
        .await?;
    let meetings: HashMap<_, _> =
        meetings.into_iter().map(|meeting| (meeting.id, meeting)).collect();
    let classes = class::Entity::find()
        .filter(class::Column::Id.is_in(meetings.values().map(|meeting| meeting.class_id)))
        .filter(class::Column::Kind.ne(ClassKind::Shift))
        .all(conn)
        .await?;
    let classes: HashMap<_, _> = classes.into_iter().map(|class| (class.id, class)).collect();
    let terms = term::Entity::find()
        .filter(term::Column::Id.is_in(classes.values().map(|class| class.term_id)))
        .all(conn)
        .await?;
    let terms: HashMap<_, _> = terms.into_iter().map(|term| (term.id, term)).collect();
    let mut lines: Vec<HoursLine> = rows
        .into_iter()
        .filter_map(|row| {
            let meeting = meetings.get(&row.meeting_id)?;
            let class = classes.get(&meeting.class_id)?;
            let term = terms.get(&class.term_id)?;
            Some(HoursLine {
                meeting_id: row.meeting_id,
                class_name: class.name.clone(),
                number: meeting.number,
                starts_at: meeting.starts_at,
                status: row.status?,
                hours_hundredths: row.hours_hundredths,
                term_days: (!term.standing).then_some((term.first_day, term.last_day)),
            })
        })
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.starts_at, line.meeting_id)));
    Ok(lines)
}
