//! 活动: trainings, reading circles, lessons in the communities, fairs, festivals, exhibitions.
//!
//! 1. An activity is a class of kind `activity` (`courses/gatherings.rs`): places, sign-up,
//!    waiting list, meetings, codes, cards, the roll, reminders and cancelling are those of
//!    any class, so that there is one register and one list of what a person has. This room
//!    keeps what a class does not know: what kind of activity it is, its programme, heads
//!    that were counted without names, photos, and how it ended.
//! 2. It is signed up for here alone, since it does not meet each week: what else a person
//!    has on those very days is looked at. An open door needs no sign-up: whoever scans the
//!    code, or is tapped on the roll, was there.
//! 3. 人次 are people whose names the register has, each once at a meeting. Heads without
//!    names are counted apart and never added to them; the last count of a meeting holds,
//!    and the earlier ones stay.
//! 4. Photos are seen at the console alone: residents see what an article shows.
//! 5. Officers act on activities at the sites of their own community.
//! 6. What a project came to (`project.rs`) is computed when it is asked for.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::ConnectionTrait;

use entity::ids::{ClassId, CommunityId, MeetingId, PictureId, ProjectId, StaffId, TeacherId};
use entity::kinds::{ActivityKind, ClassKind, MeetingStatus, Role, TeacherKind};
use entity::{activity, activity_count, activity_photo, meeting};

use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts, Gathering, NewTeacher, Times};
use crate::enrolment::{self, SignUp, SignUpOptions};
use crate::error::{Error, Result};
use crate::family::Caller;
use crate::news;
use crate::staff::{self, Colleague};

pub mod api;
mod kinds;
mod project;
mod report;
mod store;
mod sums;

pub use kinds::{credited, kind_text};
pub use project::{ProjectSums, all_projects, project_sums};
pub use sums::{Sum, sums};

/// The longest programme or summary, in characters.
const LONGEST: usize = 2_000;

/// So many photos at most.
const MOST_PHOTOS: usize = 60;

/// What is said of an activity.
#[derive(Clone, Debug)]
pub struct NewActivity {
    pub kind: ActivityKind,
    /// As a class; who leads it is replaced by `lecturer` where that is filled.
    pub class: Gathering,
    /// A guest who is not among the teachers yet.
    pub lecturer: Option<String>,
    pub tags: Vec<String>,
    pub programme: String,
}

/// An activity with its class and meetings.
#[derive(Clone, Debug)]
pub struct Activity {
    pub row: activity::Model,
    pub facts: ClassFacts,
    pub meetings: Vec<meeting::Model>,
}

impl Activity {
    /// The meeting that is next, or goes on now; where all are over, the last.
    pub fn next(&self, now: DateTime<Utc>) -> Option<&meeting::Model> {
        let planned = || self.meetings.iter().filter(|one| one.status == MeetingStatus::Planned);
        planned().find(|one| one.ends_at > now).or_else(|| planned().next_back())
    }

    /// Nothing of it is still to come.
    pub fn over(&self, now: DateTime<Utc>) -> bool {
        self.row.closed_at.is_some() || self.next(now).is_none_or(|one| one.ends_at <= now)
    }
}

fn none() -> Error {
    Error::not_found("activity_not_found", "没有找到这个活动。")
        .or_else("看看有哪些活动", Some("/activities".to_owned()))
}

/// One of them.
///
/// # Errors
/// `activity_not_found`.
pub async fn one(conn: &impl ConnectionTrait, id: ClassId) -> Result<Activity> {
    let row = store::activities(conn, &[id]).await?.remove(&id).ok_or_else(none)?;
    let facts = courses::class(conn, id).await?;
    let meetings = courses::meetings(conn, id).await?;
    Ok(Activity { row, facts, meetings })
}

/// As [`one`], of what this colleague looks after.
///
/// # Errors
/// `activity_not_found`, `out_of_scope`.
pub async fn for_staff(app: &App, who: &Colleague, id: ClassId) -> Result<Activity> {
    let found = one(app.db.read(), id).await?;
    courses::within_scope(who, &found.facts.site)?;
    Ok(found)
}

/// Which are wanted; what is left out does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    pub kind: Option<ActivityKind>,
    pub project: Option<ProjectId>,
    pub community: Option<CommunityId>,
}

/// Those that meet in `first..=last`, the latest first; an officer's own community only.
///
/// # Errors
/// `no_community`.
pub async fn between(
    app: &App,
    who: &Colleague,
    (first, last): (NaiveDate, NaiveDate),
    wanted: Wanted,
) -> Result<Vec<Activity>> {
    let conn = app.db.read();
    let (from, to) = (clock::at_local(first, 0), clock::at_local(last, 24 * 60));
    let ids = store::meeting_between(conn, ClassKind::Activity, from, to).await?;
    let mut found = put_together(conn, &ids).await?;
    let scope = staff::scope(who)?.or(wanted.community);
    found.retain(|one| {
        let Activity { row, facts, .. } = one;
        scope.is_none_or(|scope| facts.site.community_id == Some(scope))
            && wanted.kind.is_none_or(|kind| kind == row.kind)
            && wanted.project.is_none_or(|project| facts.class.project_id == Some(project))
    });
    found.sort_by_key(|one| {
        std::cmp::Reverse((one.meetings.first().map(|first| first.starts_at), one.row.class_id))
    });
    Ok(found)
}

/// What is still to come, for everybody; the next first.
///
/// # Errors
/// The database.
pub async fn to_come(app: &App) -> Result<Vec<Activity>> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let ids = store::to_come(conn, ClassKind::Activity, now).await?;
    let mut found = put_together(conn, &ids).await?;
    found
        .retain(|one| !one.over(now) && one.facts.class.status == entity::kinds::ClassStatus::Open);
    found.sort_by_key(|one| (one.next(now).map(|next| next.starts_at), one.row.class_id));
    Ok(found)
}

async fn put_together(conn: &impl ConnectionTrait, ids: &[ClassId]) -> Result<Vec<Activity>> {
    let mut facts = courses::classes(conn, ids).await?;
    let rows = store::activities(conn, ids).await?;
    let mut meetings: HashMap<ClassId, Vec<meeting::Model>> = HashMap::new();
    for one in store::meetings_of(conn, ids).await? {
        meetings.entry(one.class_id).or_default().push(one);
    }
    Ok(rows
        .into_iter()
        .filter_map(|(id, row)| {
            let meetings = meetings.remove(&id).unwrap_or_default();
            Some(Activity { row, facts: facts.remove(&id)?, meetings })
        })
        .collect())
}

/// Makes an activity with its meetings.
///
/// # Errors
/// `out_of_scope`; a field that cannot be; `teacher_busy`, `room_busy`; `project_closed`.
pub async fn create(
    app: &App,
    who: &Colleague,
    new: &NewActivity,
    times: &[Times],
) -> Result<ClassId> {
    let now = app.clock.now();
    let (tags, programme) = (tags(&new.tags)?, long(&new.programme, "活动内容")?);
    let tx = app.db.begin().await?;
    let sites = courses::sites(&tx).await?;
    let site = sites.iter().find(|site| site.id == new.class.site_id);
    if let Some(site) = site {
        courses::within_scope(who, site)?;
    }
    let teacher_id = leader(&tx, who, new, now).await?;
    let gathering = Gathering { kind: ClassKind::Activity, teacher_id, ..new.class.clone() };
    let class = courses::create_gathering(&tx, who.id, &gathering, times, now).await?;
    store::insert(&tx, class.id, new.kind, &tags, &programme).await?;
    tx.commit().await?;
    Ok(class.id)
}

/// Changes what is said of an activity; its meetings are moved and cancelled as any.
///
/// # Errors
/// As [`create`]; `activity_closed`, `below_taken`, `class_cancelled`.
pub async fn change(app: &App, who: &Colleague, id: ClassId, to: &NewActivity) -> Result<()> {
    let now = app.clock.now();
    let (tags, programme) = (tags(&to.tags)?, long(&to.programme, "活动内容")?);
    let before = for_staff(app, who, id).await?;
    let tx = app.db.begin().await?;
    let teacher_id = leader(&tx, who, to, now).await?;
    let gathering = Gathering { kind: ClassKind::Activity, teacher_id, ..to.class.clone() };
    let class = courses::change_gathering(&tx, who.id, id, &gathering, now).await?;
    if !store::change(&tx, id, to.kind, &tags, &programme).await? {
        return Err(closed());
    }
    if class.capacity > before.facts.class.capacity {
        let job = crate::outbox::Job::FillFreePlaces { class: id };
        crate::outbox::enqueue(&tx, &job, now, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Who leads it: a teacher who is there, or a guest who becomes one.
async fn leader(
    tx: &sea_orm::DatabaseTransaction,
    who: &Colleague,
    new: &NewActivity,
    now: DateTime<Utc>,
) -> Result<TeacherId> {
    let Some(name) = new.lecturer.as_deref().map(str::trim).filter(|name| !name.is_empty()) else {
        return Ok(new.class.teacher_id);
    };
    // The same guest is not written down twice.
    let known = courses::teachers(tx).await?;
    if let Some(known) = known.iter().find(|one| one.name == name) {
        return Ok(known.id);
    }
    let guest = NewTeacher { name: name.to_owned(), kind: TeacherKind::Volunteer, staff_id: None };
    Ok(courses::create_teacher(tx, Some(who.id), &guest, now).await?.id)
}

/// One more time.
///
/// # Errors
/// `activity_not_found`, `out_of_scope`, `activity_closed`, and as
/// [`courses::add_meeting`].
pub async fn add_time(app: &App, who: &Colleague, id: ClassId, time: Times) -> Result<()> {
    if for_staff(app, who, id).await?.row.closed_at.is_some() {
        return Err(closed());
    }
    let tx = app.db.begin().await?;
    courses::add_meeting(&tx, who.id, id, time, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Says that nothing more happens, and what came of it.
///
/// # Errors
/// `activity_not_found`, `out_of_scope`; `too_early`: a meeting is still to come;
/// `activity_closed`: it was; `too_long`.
pub async fn close(app: &App, who: &Colleague, id: ClassId, summary: &str) -> Result<()> {
    let now = app.clock.now();
    let summary = long(summary, "小结")?;
    let found = for_staff(app, who, id).await?;
    if found.next(now).is_some_and(|next| next.starts_at > now) {
        return Err(Error::conflict("too_early", "还有没到时间的场次，办完或取消以后再结束。"));
    }
    let tx = app.db.begin().await?;
    if !store::close(&tx, id, &summary, who.id, now).await? {
        return Err(closed());
    }
    staff::record(&tx, Some(who.id), "activity.closed", &format!("class:{id}"), None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Signs somebody up, by themselves or by family.
///
/// # Errors
/// `activity_not_found`; `open_door`: there is no sign-up; `activity_over`; `overlap`: they
/// have something else at that time; and as [`enrolment::sign_up_to`].
pub async fn sign_up(
    app: &App,
    who: Caller,
    id: ClassId,
    join_waitlist: bool,
    request_key: Option<String>,
) -> Result<SignUp> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let found = one(conn, id).await?;
    if found.over(now) {
        return Err(Error::conflict("activity_over", "这个活动已经结束了。")
            .or_else("看看别的活动", Some("/activities".to_owned())));
    }
    if found.facts.class.open_door {
        return Err(Error::conflict("open_door", "这个活动不用报名，到时候直接来，扫码签到。"));
    }
    if let Some(clash) = enrolment::clashes(conn, who.learner, id, now).await?.into_iter().next() {
        let message =
            format!("这个时间有“{}”（{}）。", clash.class_name, clock::spoken(clash.starts_at));
        return Err(Error::conflict("overlap", message)
            .or_else("看看别的活动", Some("/activities".to_owned())));
    }
    let options = SignUpOptions { join_waitlist, actor: who.into(), request_key };
    enrolment::sign_up_to(app, ClassKind::Activity, who.learner, id, options).await
}

/// Notes how many came whose names were not taken.
///
/// # Errors
/// `activity_not_found`, `out_of_scope`, `too_early`; `out_of_range`; `reason_needed`: a
/// count is there, and another one needs a word.
pub async fn count_heads(
    app: &App,
    who: &Colleague,
    meeting: MeetingId,
    people: i32,
    how: &str,
) -> Result<()> {
    let now = app.clock.now();
    let (meeting, _) = courses::meeting(app.db.read(), meeting).await?;
    for_staff(app, who, meeting.class_id).await?;
    if meeting.starts_at > now {
        return Err(Error::conflict("too_early", "还没有开始，不能登记人数。"));
    }
    if !(0..=100_000).contains(&people) {
        return Err(Error::invalid("out_of_range", "人数要在 0 到 100000 之间。"));
    }
    let how = short(how, "怎么数的", 100)?;
    let tx = app.db.begin().await?;
    courses::lock_class(&tx, meeting.class_id).await?;
    let before = store::counts(&tx, &[meeting.id]).await?;
    if before.contains_key(&meeting.id) && how.is_empty() {
        return Err(Error::invalid("reason_needed", "改人数，请写明原因。"));
    }
    store::add_count(&tx, (meeting.id, people), &how, who.id, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The count that holds of each of these meetings.
///
/// # Errors
/// The database.
pub async fn counts(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingId],
) -> Result<HashMap<MeetingId, activity_count::Model>> {
    store::counts(conn, meetings).await
}

/// Keeps a photo of an activity; the same again is the same.
///
/// # Errors
/// `activity_not_found`, `out_of_scope`; no JPEG or PNG; `too_many`.
pub async fn add_photo(
    app: &App,
    who: &Colleague,
    id: ClassId,
    file: Vec<u8>,
) -> Result<PictureId> {
    for_staff(app, who, id).await?;
    if photos(app.db.read(), id).await?.len() >= MOST_PHOTOS {
        return Err(Error::conflict("too_many", format!("最多放 {MOST_PHOTOS} 张照片。")));
    }
    let picture = news::keep_picture(app, who, file).await?;
    let tx = app.db.begin().await?;
    store::add_photo(&tx, id, picture, who.id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(picture)
}

/// Takes a photo away; that it was there stays.
///
/// # Errors
/// `activity_not_found`, `out_of_scope`, `no_picture`.
pub async fn remove_photo(
    app: &App,
    who: &Colleague,
    id: ClassId,
    picture: PictureId,
) -> Result<()> {
    for_staff(app, who, id).await?;
    let tx = app.db.begin().await?;
    if !store::remove_photo(&tx, id, picture, app.clock.now()).await? {
        return Err(no_picture());
    }
    tx.commit().await?;
    Ok(())
}

/// The photos of an activity, the first first.
///
/// # Errors
/// The database.
pub async fn photos(
    conn: &impl ConnectionTrait,
    id: ClassId,
) -> Result<Vec<activity_photo::Model>> {
    store::photos(conn, id).await
}

fn no_picture() -> Error {
    Error::not_found("no_picture", "没有这张照片。")
}

fn closed() -> Error {
    Error::conflict("activity_closed", "这个活动已经结束，不能再改。")
}

/// Each once, joined as they are kept.
fn tags(given: &[String]) -> Result<String> {
    let mut kept: Vec<&str> = Vec::new();
    for tag in given.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if !kept.contains(&tag) {
            kept.push(tag);
        }
    }
    if kept.len() > 8 || kept.iter().any(|tag| tag.chars().count() > 12) {
        return Err(Error::invalid("bad_tags", "标签最多 8 个，每个最多 12 个字。"));
    }
    short(&kept.join("、"), "标签", 110)
}

fn long(text: &str, label: &str) -> Result<String> {
    short(text, label, LONGEST)
}

fn short(text: &str, label: &str, most: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > most {
        return Err(Error::invalid("too_long", format!("{label}太长了，最多 {most} 个字。")));
    }
    if text.chars().any(|one| one.is_control() && one != '\n') {
        return Err(Error::invalid("bad_text", format!("{label}里有不能用的符号。")));
    }
    Ok(text.to_owned())
}

/// Whether this colleague sees everything.
fn sees_all(who: &Colleague) -> bool {
    who.role != Role::Officer
}

/// Who closed something, by name.
async fn name_of(app: &App, id: Option<StaffId>) -> Result<Option<String>> {
    let Some(id) = id else { return Ok(None) };
    Ok(staff::names(app.db.read(), &[id]).await?.remove(&id))
}
