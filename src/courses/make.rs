//! Entering and correcting communities, sites, terms, holidays, courses
//! and teachers.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;

use entity::ids::{CommunityId, CourseId, SiteId, StaffId, TeacherId, TermId};
use entity::kinds::{Residence, TeacherKind};
use entity::{community, course, holiday, site, teacher, term};

use super::{check, plan, rules, store};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::members;
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

/// 学习点.
#[derive(Clone, Debug)]
pub struct NewSite {
    pub name: String,
    pub address: String,
    pub community_id: Option<CommunityId>,
    pub classes: SiteRules,
}

/// What new classes at a site begin with; empty: as the term says.
#[derive(Clone, Copy, Debug, Default)]
pub struct SiteRules {
    pub held_percent: Option<i32>,
    pub min_people: Option<i32>,
    pub offer: Offer,
    /// Empty: its community first, if it belongs to one.
    pub residence: Option<Residence>,
}

/// How long an offered place is kept, where it is not as the term says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    pub hours: Option<i32>,
    /// Of them, between 08:00 and 20:00.
    pub daytime_hours: Option<i32>,
}

/// 学期.
#[derive(Clone, Debug)]
pub struct NewTerm {
    pub name: String,
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    pub enrolment_opens_at: DateTime<Utc>,
    pub enrolment_closes_at: DateTime<Utc>,
    pub max_classes_per_person: i32,
    /// Full years on the first day, where the course says nothing.
    pub min_age: i32,
    pub rules: TermRules,
    /// Of the places of a class, kept for staff to give, so long after the opening.
    pub held_percent: i32,
    pub held_hours: i32,
}

/// What else a term asks for; the default is that of most senior universities.
#[derive(Clone, Copy, Debug)]
pub struct TermRules {
    /// 承诺书 is signed before signing up.
    pub pledge_needed: bool,
    /// From this age on a relative agrees and can be called.
    pub relative_from_age: i32,
    /// A way between two classes that is too short is refused, not warned of.
    pub travel_refused: bool,
    /// A class begins with this share of its capacity or so many people, the fewer of both.
    pub min_percent: i32,
    pub min_people: i32,
    /// So many days before the first day it is seen to.
    pub decide_days: i32,
    /// An offered place is kept so long, of which so many hours lie in the daytime.
    pub offer_hours: i32,
    pub offer_daytime_hours: i32,
    /// Two classes at different sites closer than this are warned of, or refused.
    pub travel_minutes: i32,
    /// From the first day on: one changes the class, and leaves without saying why.
    pub change_days: i32,
    pub free_days: i32,
    /// A class is completed with this share of its 学时, and the teacher's word if needed.
    pub completion_percent: i32,
    pub pass_needed: bool,
    /// So many 学时 are one credit.
    pub credit_hours: i32,
    /// Learners are reminded on the day before and on the day of a meeting, at this minute.
    pub remind_before_at: Option<i32>,
    pub remind_on_day_at: Option<i32>,
}

impl Default for TermRules {
    fn default() -> Self {
        Self {
            pledge_needed: false,
            relative_from_age: 80,
            travel_refused: false,
            min_percent: 60,
            min_people: 15,
            decide_days: 3,
            offer_hours: 24,
            offer_daytime_hours: 12,
            travel_minutes: 15,
            change_days: 14,
            free_days: 14,
            completion_percent: 70,
            pass_needed: true,
            credit_hours: 16,
            remind_before_at: Some(18 * 60),
            remind_on_day_at: Some(7 * 60 + 30),
        }
    }
}

/// 课程.
#[derive(Clone, Debug)]
pub struct NewCourse {
    pub name: String,
    pub subject: String,
    pub description: String,
    pub smart_technology: bool,
    pub min_age: Option<i32>,
    pub max_age: Option<i32>,
}

/// 教师.
#[derive(Clone, Debug)]
pub struct NewTeacher {
    pub name: String,
    pub kind: TeacherKind,
    /// The login that opens the rolls of their classes.
    pub staff_id: Option<StaffId>,
}

/// What a save writes: a new row, or the columns of one that is there.
fn id_of<T>(id: Option<T>) -> sea_orm::ActiveValue<T>
where
    T: Into<sea_orm::Value>,
{
    id.map_or(sea_orm::ActiveValue::NotSet, sea_orm::ActiveValue::Unchanged)
}

macro_rules! save {
    ($tx:ident, $by:ident, $now:ident, $word:literal, $new:expr, $row:ident) => {{
        let new = $new;
        let saved =
            if new { store::insert($tx, $row).await? } else { store::update($tx, $row).await? };
        let action = if new { concat!($word, ".created") } else { concat!($word, ".changed") };
        staff::record($tx, $by, action, &format!("{}:{}", $word, saved.id), None, $now).await?;
        Ok(saved)
    }};
}

async fn put_community(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    id: Option<CommunityId>,
    name: &str,
    now: DateTime<Utc>,
) -> Result<community::Model> {
    let row =
        community::ActiveModel { id: id_of(id), name: Set(check::text(name, "社区名称", 30)?) };
    save!(tx, by, now, "community", id.is_none(), row)
}

async fn put_site(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    id: Option<SiteId>,
    new: &NewSite,
    now: DateTime<Utc>,
) -> Result<site::Model> {
    if let Some(community) = new.community_id {
        found(store::community(tx, community).await?, "选的社区不存在，请刷新后重新选择。")?;
    }
    let of_classes = new.classes;
    check::share(of_classes.held_percent)?;
    if let Some(least) = of_classes.min_people {
        check::between(least, 0, 500, "最低开班人数")?;
    }
    check::offer(of_classes.offer)?;
    if new.community_id.is_none()
        && of_classes.residence.is_some_and(|of| of != Residence::Everyone)
    {
        return Err(rules::no_community());
    }
    let row = site::ActiveModel {
        id: id_of(id),
        name: Set(check::text(&new.name, "学习点名称", 30)?),
        address: Set(check::text(&new.address, "地址", 100)?),
        community_id: Set(new.community_id),
        held_percent: Set(of_classes.held_percent),
        min_people: Set(of_classes.min_people),
        offer_hours: Set(of_classes.offer.hours),
        offer_daytime_hours: Set(of_classes.offer.daytime_hours),
        residence: Set(of_classes.residence),
    };
    save!(tx, by, now, "site", id.is_none(), row)
}

async fn put_term(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    id: Option<TermId>,
    new: &NewTerm,
    now: DateTime<Utc>,
) -> Result<term::Model> {
    check::plausible(new.first_day, "学期第一天的年份")?;
    check::plausible(new.last_day, "学期最后一天的年份")?;
    check::plausible_time(new.enrolment_opens_at, "报名开始的年份")?;
    check::plausible_time(new.enrolment_closes_at, "报名结束的年份")?;
    check::ensure(
        new.first_day <= new.last_day && new.last_day - new.first_day <= TimeDelta::days(366),
        "bad_days",
        "学期最后一天不能早于第一天，也不能超过一年。",
    )?;
    check::ensure(
        new.enrolment_opens_at < new.enrolment_closes_at
            && clock::local_date(new.enrolment_opens_at) <= new.last_day,
        "bad_enrolment_time",
        "报名结束要晚于报名开始，报名开始不能晚于学期最后一天。",
    )?;
    check::between(new.max_classes_per_person, 1, 20, "每人可报班数")?;
    check::between(new.min_age, 0, 120, "最低年龄")?;
    let wanted = new.rules;
    check::between(wanted.relative_from_age, 0, 120, "要家人同意的年龄")?;
    check::between(wanted.min_percent, 0, 100, "最低开班人数的百分比")?;
    check::between(wanted.min_people, 0, 500, "最低开班人数")?;
    check::between(wanted.decide_days, 0, 60, "提前几天")?;
    check::offer(Offer {
        hours: Some(wanted.offer_hours),
        daytime_hours: Some(wanted.offer_daytime_hours),
    })?;
    check::between(wanted.travel_minutes, 0, 240, "路上的分钟数")?;
    check::between(wanted.change_days, 0, 366, "可以换班的天数")?;
    check::between(wanted.free_days, 0, 366, "退课不用写原因的天数")?;
    check::between(wanted.completion_percent, 0, 100, "结业要上满的百分比")?;
    check::between(wanted.credit_hours, 1, 1000, "一个学分的学时")?;
    for (minute, first, last, words) in [
        (wanted.remind_before_at, 8 * 60, 20 * 60, "前一天提醒要在 8:00 到 20:00 之间。"),
        (wanted.remind_on_day_at, 6 * 60, 12 * 60, "当天提醒要在 6:00 到 12:00 之间。"),
    ] {
        let fits = minute.is_none_or(|minute| (first..=last).contains(&minute));
        check::ensure(fits, "out_of_range", words)?;
    }
    if wanted.pledge_needed && members::pledge(tx).await?.is_none() {
        return Err(Error::conflict("no_pledge", "还没有承诺书，先在“承诺书”里写好。"));
    }
    check::share(Some(new.held_percent))?;
    check::between(new.held_hours, 0, 24 * 60, "留给窗口的小时数")?;
    let row = term::ActiveModel {
        id: id_of(id),
        name: Set(check::text(&new.name, "学期名称", 30)?),
        first_day: Set(new.first_day),
        last_day: Set(new.last_day),
        enrolment_opens_at: Set(new.enrolment_opens_at),
        enrolment_closes_at: Set(new.enrolment_closes_at),
        max_classes_per_person: Set(new.max_classes_per_person),
        min_age: Set(new.min_age),
        pledge_needed: Set(wanted.pledge_needed),
        relative_from_age: Set(wanted.relative_from_age),
        travel_refused: Set(wanted.travel_refused),
        min_percent: Set(wanted.min_percent),
        min_people: Set(wanted.min_people),
        decide_days: Set(wanted.decide_days),
        held_percent: Set(new.held_percent),
        held_hours: Set(new.held_hours),
        offer_hours: Set(wanted.offer_hours),
        offer_daytime_hours: Set(wanted.offer_daytime_hours),
        travel_minutes: Set(wanted.travel_minutes),
        change_days: Set(wanted.change_days),
        free_days: Set(wanted.free_days),
        completion_percent: Set(wanted.completion_percent),
        pass_needed: Set(wanted.pass_needed),
        credit_hours: Set(wanted.credit_hours),
        remind_before_at: Set(wanted.remind_before_at),
        remind_on_day_at: Set(wanted.remind_on_day_at),
        ..Default::default()
    };
    let saved: Result<term::Model> = save!(tx, by, now, "term", id.is_none(), row);
    let saved = saved?;
    plan::term_fits_plan(tx, &saved).await?;
    // Also when that day has passed already, by a term moved nearer.
    if clock::local_date(now) < saved.first_day {
        let decide_at = rules::must_decide_at(&saved).max(now);
        outbox::enqueue(tx, &Job::SeeToMinimum { term: saved.id }, now, decide_at).await?;
    }
    if id.is_some() {
        fill_waited_for(tx, saved.id, now).await?;
    }
    Ok(saved)
}

/// Less may be kept for the counter than before, or not so long: who waits is asked.
async fn fill_waited_for(tx: &DatabaseTransaction, term: TermId, now: DateTime<Utc>) -> Result<()> {
    let filter = super::ClassFilter { term_id: Some(term), empty_only: true, ..Default::default() };
    let classes = store::list(tx, &filter).await?;
    let waited_for = classes.iter().filter(|facts| facts.class.waiting > 0);
    let jobs: Vec<_> =
        waited_for.map(|facts| Job::FillFreePlaces { class: facts.class.id }).collect();
    outbox::enqueue_all(tx, &jobs, now).await
}

async fn put_course(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    id: Option<CourseId>,
    new: &NewCourse,
    now: DateTime<Utc>,
) -> Result<course::Model> {
    for age in [new.min_age, new.max_age].into_iter().flatten() {
        check::between(age, 0, 120, "年龄")?;
    }
    check::ensure(
        new.min_age.unwrap_or(0) <= new.max_age.unwrap_or(i32::MAX),
        "bad_age",
        "最低年龄不能高于最高年龄。",
    )?;
    let row = course::ActiveModel {
        id: id_of(id),
        name: Set(check::text(&new.name, "课程名称", 30)?),
        subject: Set(check::text(&new.subject, "类别", 20)?),
        description: Set(check::short(&new.description, "课程介绍", 2000)?),
        smart_technology: Set(new.smart_technology),
        min_age: Set(new.min_age),
        max_age: Set(new.max_age),
        ..Default::default()
    };
    save!(tx, by, now, "course", id.is_none(), row)
}

async fn put_teacher(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    id: Option<TeacherId>,
    new: &NewTeacher,
    now: DateTime<Utc>,
) -> Result<teacher::Model> {
    let row = teacher::ActiveModel {
        id: id_of(id),
        name: Set(check::text(&new.name, "教师姓名", 20)?),
        kind: Set(new.kind),
        staff_id: Set(new.staff_id),
    };
    save!(tx, by, now, "teacher", id.is_none(), row)
}

macro_rules! verbs {
    ($($create:ident, $save:ident, $put:ident: $new:ty => $entity:ident[$id:ty];)*) => {$(
        /// Enters a new row, with what it says checked and the act recorded.
        ///
        /// # Errors
        /// A field says something that cannot be, or its name is taken.
        pub async fn $create(
            tx: &DatabaseTransaction,
            by: Option<StaffId>,
            new: &$new,
            now: DateTime<Utc>,
        ) -> Result<$entity::Model> {
            $put(tx, by, None, new, now).await
        }

        /// Enters a new row (no id) or corrects one.
        ///
        /// # Errors
        /// As for a new row, or there is none with this id.
        pub async fn $save(
            app: &App,
            who: &Colleague,
            id: Option<$id>,
            new: &$new,
        ) -> Result<$entity::Model> {
            let tx = app.db.begin().await?;
            let saved = $put(&tx, Some(who.id), id, new, app.clock.now()).await?;
            tx.commit().await?;
            Ok(saved)
        }
    )*};
}

verbs! {
    create_community, save_community, put_community: str => community[CommunityId];
    create_site, save_site, put_site: NewSite => site[SiteId];
    create_term, save_term, put_term: NewTerm => term[TermId];
    create_course, save_course, put_course: NewCourse => course[CourseId];
    create_teacher, save_teacher, put_teacher: NewTeacher => teacher[TeacherId];
}

/// Enters a day without meetings. Meetings that are planned for it already stay.
///
/// # Errors
/// `already_there`.
pub async fn create_holiday(
    tx: &DatabaseTransaction,
    by: Option<StaffId>,
    day: NaiveDate,
    name: &str,
    now: DateTime<Utc>,
) -> Result<holiday::Model> {
    let row = holiday::ActiveModel {
        day: Set(day),
        name: Set(check::text(name, "节假日名称", 20)?),
    };
    let saved = store::insert(tx, row).await?;
    staff::record(tx, by, "holiday.created", &format!("holiday:{day}"), None, now).await?;
    Ok(saved)
}

/// As [`create_holiday`], in a transaction of its own.
///
/// # Errors
/// `already_there`.
pub async fn add_holiday(
    app: &App,
    who: &Colleague,
    day: NaiveDate,
    name: &str,
) -> Result<holiday::Model> {
    let tx = app.db.begin().await?;
    let saved = create_holiday(&tx, Some(who.id), day, name, app.clock.now()).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Makes a day an ordinary one again. No meetings are added to it.
///
/// # Errors
/// `not_found`.
pub async fn remove_holiday(app: &App, who: &Colleague, day: NaiveDate) -> Result<()> {
    let tx = app.db.begin().await?;
    if !store::delete_holiday(&tx, day).await? {
        return Err(Error::not_found("not_found", "这一天没有登记为节假日。"));
    }
    let object = format!("holiday:{day}");
    staff::record(&tx, Some(who.id), "holiday.removed", &object, None, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) fn found<T>(row: Option<T>, message: &'static str) -> Result<T> {
    row.ok_or_else(|| Error::invalid("unknown_reference", message))
}
