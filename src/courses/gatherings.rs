//! Activities, shifts and clubs: classes that meet when somebody says so, and not each week
//! of a term.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::DatabaseTransaction;

use entity::ids::{ClassId, ProjectId, SiteId, StaffId, TeacherId};
use entity::kinds::{ClassKind, ClassStatus, MeetingStatus, Residence};
use entity::{class, course, meeting, site};

use super::make::found;
use super::{ClassFacts, check, no_class, store, within_scope};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::projects;
use crate::staff::{self, Colleague};
use crate::vault;

/// From when until when something meets.
pub type Times = (DateTime<Utc>, DateTime<Utc>);

/// The longest that something meets at a stretch.
const LONGEST_HOURS: i64 = 12;

/// What is said of a class that is no course.
#[derive(Clone, Debug)]
pub struct Gathering {
    pub kind: ClassKind,
    pub name: String,
    /// Who leads it.
    pub teacher_id: TeacherId,
    pub site_id: SiteId,
    pub room: String,
    pub capacity: i32,
    pub residence: Residence,
    /// Whoever scans the code is taken in.
    pub open_door: bool,
    /// Being there counts as 学时.
    pub credited: bool,
    /// Being there counts for 智在指尖.
    pub smart_technology: bool,
    pub project_id: Option<ProjectId>,
}

fn must_be_sound(what: &Gathering) -> Result<Gathering> {
    check::between(what.capacity, 1, 500, "名额")?;
    Ok(Gathering {
        name: check::text(&what.name, "名称", 30)?,
        room: check::text(&what.room, "地点", 30)?,
        ..what.clone()
    })
}

/// Makes a class of this kind, with its meetings.
///
/// # Errors
/// A field says something that cannot be; `no_meetings`, `bad_times`; `teacher_busy` or
/// `room_busy`, naming what is there at that hour (a shift asks for neither).
pub async fn create_gathering(
    tx: &DatabaseTransaction,
    by: StaffId,
    what: &Gathering,
    times: &[Times],
    now: DateTime<Utc>,
) -> Result<class::Model> {
    let what = must_be_sound(what)?;
    let first =
        times.iter().min().ok_or_else(|| Error::invalid("no_meetings", "请至少填一次时间。"))?;
    let site = found(store::site(tx, what.site_id).await?, "选的学习点不存在。")?;
    found(store::teacher(tx, what.teacher_id).await?, "选的负责人不存在。")?;
    projects::must_be_there(tx, what.project_id).await?;
    let term = store::gatherings::standing_term(tx).await?;
    let mark = hex::encode(vault::random::<4>()?);
    let course = course::ActiveModel {
        name: Set(format!("{}·{mark}", what.name)),
        subject: Set("活动".to_owned()),
        description: Set(String::new()),
        smart_technology: Set(what.smart_technology),
        kind: Set(what.kind),
        ..Default::default()
    };
    let course = store::insert(tx, course).await?;
    let minutes = (first.1 - first.0).num_minutes();
    let row = class::ActiveModel {
        term_id: Set(term),
        course_id: Set(course.id),
        teacher_id: Set(what.teacher_id),
        site_id: Set(site.id),
        name: Set(what.name),
        room: Set(what.room),
        capacity: Set(what.capacity),
        taken: Set(0),
        by_staff: Set(0),
        waiting: Set(0),
        min_people: Set(Some(0)),
        weekday: Set(
            i32::try_from(clock::local_date(first.0).weekday().number_from_monday()).unwrap_or(1)
        ),
        start_minute: Set(clock::local_minute(first.0)),
        duration_minutes: Set(i32::try_from(minutes.max(1)).unwrap_or(60)),
        status: Set(ClassStatus::Open),
        residence: Set(what.residence),
        created_at: Set(now),
        kind: Set(what.kind),
        open_door: Set(what.open_door),
        credited: Set(what.credited),
        project_id: Set(what.project_id),
        ..Default::default()
    };
    let class = store::insert(tx, row).await?;
    let mut times = times.to_vec();
    times.sort_unstable();
    for (number, time) in (1..).zip(times) {
        put(tx, &class, &site, number, time).await?;
    }
    let object = format!("class:{}", class.id);
    staff::record(tx, Some(by), "gathering.created", &object, Some(&class.name), now).await?;
    Ok(class)
}

/// One more meeting of a class that is no course.
///
/// # Errors
/// `class_cancelled`, `bad_times`, `teacher_busy`, `room_busy`.
pub async fn add_meeting(
    tx: &DatabaseTransaction,
    by: StaffId,
    id: ClassId,
    time: Times,
    now: DateTime<Utc>,
) -> Result<meeting::Model> {
    let facts = store::class(tx, id).await?.ok_or_else(no_class)?;
    let class = store::lock_class(tx, id).await?.ok_or_else(no_class)?;
    if class.kind == ClassKind::Course {
        return Err(Error::invalid("weekly_class", "班级的课次在开班时排好，不能另加。"));
    }
    if class.status == ClassStatus::Cancelled {
        return Err(Error::conflict("class_cancelled", "已经取消了，不能再加时间。"));
    }
    let last = store::meetings(tx, id).await?.last().map_or(0, |meeting| meeting.number);
    let made = put(tx, &class, &facts.site, last + 1, time).await?;
    let object = format!("meeting:{}", made.id);
    staff::record(tx, Some(by), "meeting.added", &object, None, now).await?;
    Ok(made)
}

async fn put(
    tx: &DatabaseTransaction,
    class: &class::Model,
    site: &site::Model,
    number: i32,
    (starts_at, ends_at): Times,
) -> Result<meeting::Model> {
    check::plausible_time(starts_at, "时间的年份")?;
    let long = ends_at - starts_at;
    if long < TimeDelta::minutes(15) || long > TimeDelta::hours(LONGEST_HOURS) {
        return Err(Error::invalid(
            "bad_times",
            format!("结束要比开始晚 15 分钟以上，一次最长 {LONGEST_HOURS} 小时。"),
        ));
    }
    if class.kind != ClassKind::Shift {
        must_be_free(tx, class, (starts_at, ends_at)).await?;
    }
    let row = meeting::ActiveModel {
        class_id: Set(class.id),
        number: Set(number),
        starts_at: Set(starts_at),
        ends_at: Set(ends_at),
        site_id: Set(site.id),
        room: Set(class.room.clone()),
        status: Set(MeetingStatus::Planned),
        ..Default::default()
    };
    store::insert(tx, row).await
}

async fn must_be_free(
    tx: &DatabaseTransaction,
    class: &class::Model,
    (from, to): Times,
) -> Result<()> {
    let others = store::meetings_touching(tx, class.id, from, to).await?;
    let ids: Vec<_> = others.iter().map(|meeting| meeting.class_id).collect();
    let classes = store::classes(tx, &ids).await?;
    for other in others {
        let Some(ClassFacts { class: its, site, teacher_name, .. }) = classes.get(&other.class_id)
        else {
            continue;
        };
        // Volunteers help where others meet.
        if its.kind == ClassKind::Shift {
            continue;
        }
        let there = format!("“{}”（{}）", its.name, clock::spoken(other.starts_at));
        if its.teacher_id == class.teacher_id {
            return Err(Error::conflict(
                "teacher_busy",
                format!("{teacher_name}这个时间有{there}。"),
            ));
        }
        if other.site_id == class.site_id && other.room == class.room {
            let message = format!("{}{}这个时间有{there}。", site.name, other.room);
            return Err(Error::conflict("room_busy", message));
        }
    }
    Ok(())
}

/// Changes what is said of a class that is no course; where and when its meetings are stays.
///
/// # Errors
/// `below_taken`: more people are in it; `class_cancelled`; a field that cannot be.
pub async fn change_gathering(
    tx: &DatabaseTransaction,
    by: StaffId,
    id: ClassId,
    to: &Gathering,
    now: DateTime<Utc>,
) -> Result<class::Model> {
    let to = must_be_sound(to)?;
    found(store::teacher(tx, to.teacher_id).await?, "选的负责人不存在。")?;
    projects::must_be_there(tx, to.project_id).await?;
    let class = store::lock_class(tx, id).await?.ok_or_else(no_class)?;
    if class.status == ClassStatus::Cancelled {
        return Err(Error::conflict("class_cancelled", "已经取消了，不能再改。"));
    }
    if class.taken > to.capacity {
        let message = format!("已经有 {} 人报名，名额不能少于这个数。", class.taken);
        return Err(Error::conflict("below_taken", message));
    }
    let course = course::ActiveModel {
        id: Unchanged(class.course_id),
        smart_technology: Set(to.smart_technology),
        ..Default::default()
    };
    store::update(tx, course).await?;
    let row = class::ActiveModel {
        id: Unchanged(id),
        name: Set(to.name),
        teacher_id: Set(to.teacher_id),
        capacity: Set(to.capacity),
        residence: Set(to.residence),
        open_door: Set(to.open_door),
        credited: Set(to.credited),
        project_id: Set(to.project_id),
        ..Default::default()
    };
    let saved = store::update(tx, row).await?;
    let object = format!("class:{id}");
    staff::record(tx, Some(by), "gathering.changed", &object, None, now).await?;
    Ok(saved)
}

/// Says to which project a class of whatever kind belongs.
///
/// # Errors
/// `class_not_found`, `out_of_scope`, `project_not_found`.
pub async fn set_project(
    app: &App,
    who: &Colleague,
    id: ClassId,
    project: Option<ProjectId>,
) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let facts = store::class(&tx, id).await?.ok_or_else(no_class)?;
    within_scope(who, &facts.site)?;
    projects::must_be_there(&tx, project).await?;
    let row =
        class::ActiveModel { id: Unchanged(id), project_id: Set(project), ..Default::default() };
    store::update(&tx, row).await?;
    let (object, detail) = (format!("class:{id}"), project.map(|id| format!("project:{id}")));
    staff::record(&tx, Some(who.id), "class.project", &object, detail.as_deref(), now).await?;
    tx.commit().await?;
    Ok(())
}
