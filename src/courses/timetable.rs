//! Making classes: what is said of one, and whether there is room for it in the week.
//!
//! What speaks against a class is found in one place, whether it comes from a form, which is
//! told the first, or from a row of a spreadsheet, which is told all.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{ClassId, CourseId, SiteId, StaffId, TeacherId, TermId};
use entity::kinds::{ClassStatus, MeetingStatus, Residence};
use entity::{class, meeting, site, teacher, term};

use super::make::{Offer, found};
use super::{ClassFacts, ClassFilter, calendar, check, hours_text, store, within_scope};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

/// 班级, with the weekly pattern of its meetings.
#[derive(Clone, Debug)]
pub struct NewClass {
    pub term_id: TermId,
    pub course_id: CourseId,
    pub teacher_id: TeacherId,
    pub site_id: SiteId,
    pub name: String,
    pub room: String,
    pub capacity: i32,
    /// ISO, 1 = Monday.
    pub weekday: i32,
    /// Minutes after midnight, Asia/Shanghai.
    pub start_minute: i32,
    pub duration_minutes: i32,
    /// At most so many meetings; fewer if the term ends before.
    pub meeting_count: i32,
    /// Kept for staff to give; empty: as the site says, and else the term.
    pub held_percent: Option<i32>,
    pub offer: Offer,
}

/// What of two classes collides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Teacher,
    Room,
}

/// Each thing that is said of a class, checked by itself.
pub(super) mod part {
    use super::*;

    pub(in crate::courses) fn name(value: &str) -> Result<String> {
        check::text(value, "班级名称", 30)
    }

    pub(in crate::courses) fn room(value: &str) -> Result<String> {
        check::text(value, "教室", 30)
    }

    pub(in crate::courses) fn capacity(value: i32) -> Result<()> {
        check::between(value, 1, 500, "名额")
    }

    pub(in crate::courses) fn weekday(value: i32) -> Result<()> {
        check::between(value, 1, 7, "星期")
    }

    pub(in crate::courses) fn start(value: i32) -> Result<()> {
        check::between(value, 0, 24 * 60 - 1, "上课时间（当天第几分钟）")
    }

    pub(in crate::courses) fn duration(value: i32) -> Result<()> {
        check::between(value, 15, 480, "每次课的分钟数")
    }

    pub(in crate::courses) fn count(value: i32) -> Result<()> {
        check::between(value, 1, 100, "课次数")
    }

    pub(in crate::courses) fn same_day((start, duration): (i32, i32)) -> Result<()> {
        check::ensure(start + duration <= 24 * 60, "bad_hour", "上课时间要在同一天之内。")
    }
}

/// What is wrong with a class in itself; the first is what a form is told.
fn must_be_sound(new: &NewClass) -> Result<()> {
    part::capacity(new.capacity)?;
    part::weekday(new.weekday)?;
    part::start(new.start_minute)?;
    part::duration(new.duration_minutes)?;
    part::count(new.meeting_count)?;
    check::share(new.held_percent)?;
    check::offer(new.offer)?;
    part::same_day(new.hours())
}

impl NewClass {
    fn hours(&self) -> (i32, i32) {
        (self.start_minute, self.duration_minutes)
    }
}

/// An hour of the week that is somebody's.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) class: Option<ClassId>,
    pub(super) name: String,
    /// What is there, in words, as in `“书法班”（每周五 9:00–10:30）`.
    pub(super) words: String,
    pub(super) weekday: i32,
    /// Start and duration in minutes.
    pub(super) hours: (i32, i32),
    pub(super) teacher_id: TeacherId,
    pub(super) teacher_name: String,
    pub(super) site_id: SiteId,
    pub(super) site_name: String,
    pub(super) room: String,
}

impl Slot {
    fn of(facts: ClassFacts) -> Self {
        let ClassFacts { class, site, teacher_name, .. } = facts;
        Self {
            class: Some(class.id),
            words: format!("“{}”（{}）", class.name, super::time_text(&class)),
            name: class.name,
            weekday: class.weekday,
            hours: (class.start_minute, class.duration_minutes),
            teacher_id: class.teacher_id,
            teacher_name,
            site_id: class.site_id,
            site_name: site.name,
            room: class.room,
        }
    }

    /// `row`: where it stands in a spreadsheet.
    pub(super) fn new(
        new: &NewClass,
        teacher: &teacher::Model,
        site: &site::Model,
        row: Option<u32>,
    ) -> Self {
        let row = row.map(|row| format!("表里第 {row} 行的")).unwrap_or_default();
        let (name, hours) = (new.name.trim(), new.hours());
        Self {
            class: None,
            words: format!("{row}“{name}”（{}）", hours_text(new.weekday, hours)),
            name: name.to_owned(),
            weekday: new.weekday,
            hours,
            teacher_id: teacher.id,
            teacher_name: teacher.name.clone(),
            site_id: site.id,
            site_name: site.name.clone(),
            room: new.room.trim().to_owned(),
        }
    }
}

/// A teacher in two classes at an hour, and a room with two.
pub(super) fn collisions<'a>(
    mine: &Slot,
    others: impl IntoIterator<Item = &'a Slot>,
) -> Vec<(Part, Error)> {
    let mut found = Vec::new();
    for other in others {
        if other.weekday != mine.weekday || !calendar::overlaps(mine.hours, other.hours) {
            continue;
        }
        if other.teacher_id == mine.teacher_id {
            let message = format!("{}老师这个时间要上{}。", other.teacher_name, other.words);
            found.push((Part::Teacher, Error::conflict("teacher_busy", message)));
        }
        if other.site_id == mine.site_id && other.room == mine.room {
            let message = format!("{}{}这个时间有{}。", other.site_name, mine.room, other.words);
            found.push((Part::Room, Error::conflict("room_busy", message)));
        }
    }
    found
}

/// The week of a term, and the days on which nobody meets.
pub(super) struct Timetable {
    term: term::Model,
    holidays: BTreeSet<NaiveDate>,
    slots: Vec<Slot>,
}

impl Timetable {
    /// Of all weekdays, or of one. Nobody adds to it while the term is locked.
    pub(super) async fn of(
        conn: &impl ConnectionTrait,
        term: term::Model,
        weekday: Option<i32>,
    ) -> Result<Self> {
        let filter =
            ClassFilter { term_id: Some(term.id), weekday, open_only: true, ..Default::default() };
        let slots = store::list(conn, &filter).await?.into_iter().map(Slot::of).collect();
        let holidays = store::holidays(conn).await?.iter().map(|day| day.day).collect();
        Ok(Self { term, holidays, slots })
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// When a class would meet.
    pub(super) fn days(&self, weekday: i32, count: i32) -> Result<Vec<NaiveDate>> {
        let (term, count) = (&self.term, usize::try_from(count).unwrap_or_default());
        let days = calendar::weekly(term.first_day, term.last_day, weekday, count, &self.holidays);
        let words = "这个学期里排不出课，请检查星期和节假日。";
        check::ensure(!days.is_empty(), "no_meetings", words)?;
        Ok(days)
    }

    /// Makes a class, and its hour is its own from here on. The term is locked.
    ///
    /// # Errors
    /// As [`create_class`].
    pub(super) async fn put(
        &mut self,
        tx: &DatabaseTransaction,
        by: Option<StaffId>,
        new: &NewClass,
        (teacher, site): (&teacher::Model, &site::Model),
        now: DateTime<Utc>,
    ) -> Result<class::Model> {
        must_be_sound(new)?;
        let (name, room) = (part::name(&new.name)?, part::room(&new.room)?);
        let mut slot = Slot::new(new, teacher, site, None);
        if let Some((_, refusal)) = collisions(&slot, &self.slots).into_iter().next() {
            return Err(refusal);
        }
        let days = self.days(new.weekday, new.meeting_count)?;
        let row = class::ActiveModel {
            term_id: Set(self.term.id),
            course_id: Set(new.course_id),
            teacher_id: Set(new.teacher_id),
            site_id: Set(new.site_id),
            name: Set(name),
            room: Set(room),
            capacity: Set(new.capacity),
            taken: Set(0),
            by_staff: Set(0),
            held_percent: Set(new.held_percent.or(site.held_percent)),
            offer_hours: Set(new.offer.hours.or(site.offer_hours)),
            offer_daytime_hours: Set(new.offer.daytime_hours.or(site.offer_daytime_hours)),
            min_people: Set(site.min_people.filter(|least| *least <= new.capacity)),
            residence: Set(residence(site)),
            waiting: Set(0),
            weekday: Set(new.weekday),
            start_minute: Set(new.start_minute),
            duration_minutes: Set(new.duration_minutes),
            status: Set(ClassStatus::Open),
            created_at: Set(now),
            ..Default::default()
        };
        let class = store::insert(tx, row).await?;
        let rows = (1..).zip(days).map(|(number, day)| planned(&class, number, day)).collect();
        store::insert_meetings(tx, rows).await?;
        staff::record(tx, by, "class.created", &format!("class:{}", class.id), None, now).await?;
        slot.class = Some(class.id);
        self.slots.push(slot);
        Ok(class)
    }
}

/// Makes a class and its meetings.
///
/// # Errors
/// A field says something that cannot be; `teacher_busy` or `room_busy`, naming
/// the class that is there at the same hour; `no_meetings`.
pub async fn create_class(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    new: &NewClass,
    now: DateTime<Utc>,
) -> Result<class::Model> {
    must_be_sound(new)?;
    let term = found(store::lock_term(tx, new.term_id).await?, "选的学期不存在。")?;
    found(store::course(tx, new.course_id).await?, "选的课程不存在。")?;
    let teacher = found(store::teacher(tx, new.teacher_id).await?, "选的教师不存在。")?;
    let site = found(store::site(tx, new.site_id).await?, "选的学习点不存在。")?;
    let mut timetable = Timetable::of(tx, term, Some(new.weekday)).await?;
    timetable.put(tx, by, new, (&teacher, &site), now).await
}

/// As [`create_class`], in a transaction of its own and within the colleague's scope.
///
/// # Errors
/// As there, and `out_of_scope`.
pub async fn add_class(app: &App, who: &Colleague, new: &NewClass) -> Result<class::Model> {
    let tx = app.db.begin().await?;
    let site = found(store::site(&tx, new.site_id).await?, "选的学习点不存在。")?;
    within_scope(who, &site)?;
    let class = create_class(&tx, Some(who.id), new, app.clock.now()).await?;
    tx.commit().await?;
    Ok(class)
}

/// For whom a new class at a site is, until staff say otherwise.
fn residence(site: &site::Model) -> Residence {
    let usual = if site.community_id.is_some() { Residence::OwnFirst } else { Residence::Everyone };
    site.residence.unwrap_or(usual)
}

fn planned(class: &class::Model, number: i32, day: NaiveDate) -> meeting::ActiveModel {
    let starts_at = clock::at_local(day, class.start_minute);
    meeting::ActiveModel {
        class_id: Set(class.id),
        number: Set(number),
        starts_at: Set(starts_at),
        ends_at: Set(starts_at + TimeDelta::minutes(i64::from(class.duration_minutes))),
        site_id: Set(class.site_id),
        room: Set(class.room.clone()),
        status: Set(MeetingStatus::Planned),
        ..Default::default()
    }
}

/// Refuses a second class of the same teacher, or in the same room, at the same
/// hour of the same term, for a class that is to change so.
pub(super) async fn must_not_collide(
    tx: &DatabaseTransaction,
    id: ClassId,
    change: (TeacherId, &str),
) -> Result<()> {
    let facts = store::class(tx, id).await?.ok_or_else(super::no_class)?;
    let timetable = Timetable::of(tx, facts.term.clone(), Some(facts.class.weekday)).await?;
    let mut mine = Slot::of(facts);
    mine.teacher_id = change.0;
    change.1.clone_into(&mut mine.room);
    let others = timetable.slots.iter().filter(|slot| slot.class != Some(id));
    collisions(&mine, others).into_iter().next().map_or(Ok(()), |(_, refusal)| Err(refusal))
}
