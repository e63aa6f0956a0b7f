//! The catalogue of residents, and the planning of staff.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use entity::ids::{ClassId, CommunityId, CourseId, MeetingId, SiteId, StaffId, TeacherId, TermId};
use entity::kinds::{ClassStatus, MeetingStatus, Residence, TeacherKind};
use entity::{course, holiday, meeting, site, teacher, term};

use crate::app::App;
use crate::clock;
use crate::courses::calendar::{self, Phase};
use crate::courses::{
    self, ClassChange, ClassFacts, ClassFilter, ClassRules, MeetingMove, NewClass, NewCourse,
    NewSite, NewTeacher, NewTerm, Offer, SiteRules, TermRules,
};
use crate::error::{Error, Result};
use crate::wire::ApiResult;
use crate::wire::auth::{AnyStaff, CentreStaff, EnrolmentStaff};
use crate::wire::common::{Community, Done};
use crate::wire::page::Page;
use crate::wire::tags::Tag;

mod sheets;

pub use sheets::StaffClassSheetsApi;

pub struct CoursesApi(pub App);

pub struct StaffCoursesApi(pub App);

/// Where a term stands with sign-up.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum TermPhase {
    Before,
    Open,
    Closed,
}

/// 学期.
#[derive(Object)]
struct Term {
    id: TermId,
    name: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
    enrolment_opens_at: DateTime<Utc>,
    enrolment_closes_at: DateTime<Utc>,
    phase: TermPhase,
    /// Held or waited for, at most.
    max_classes_per_person: i32,
    /// Full years on the first day, where the course says nothing.
    min_age: i32,
    #[oai(flatten)]
    rules: Rules,
    /// Of the places of a class, kept for sign-up at the counter and by phone.
    held_percent: i32,
    /// So many hours after sign-up has begun.
    held_hours: i32,
}

/// What else a term asks for.
#[derive(Object)]
struct Rules {
    /// 承诺书 is signed before signing up.
    #[oai(default)]
    pledge_needed: bool,
    /// From this age on a relative agrees and can be called.
    #[oai(default = "relative_from_age")]
    relative_from_age: i32,
    /// A way between two classes that is too short is refused, not warned of.
    #[oai(default)]
    travel_refused: bool,
    /// A class begins with this share of its capacity or so many people, the fewer of both.
    #[oai(default = "min_percent")]
    min_percent: i32,
    #[oai(default = "min_people")]
    min_people: i32,
    /// So many days before the first day it is seen to.
    #[oai(default = "decide_days")]
    decide_days: i32,
    /// An offered place is kept so many hours, of which so many lie between 08:00 and 20:00.
    #[oai(default = "offer_hours")]
    offer_hours: i32,
    #[oai(default = "offer_daytime_hours")]
    offer_daytime_hours: i32,
    /// Two classes at different sites closer than this are warned of, or refused.
    #[oai(default = "travel_minutes")]
    travel_minutes: i32,
    /// So many days from the first day on one may change the class.
    #[oai(default = "change_days")]
    change_days: i32,
    /// So many days from the first day on one leaves without saying why.
    #[oai(default = "free_days")]
    free_days: i32,
}

macro_rules! usual {
    ($($field:ident)*) => {$(
        fn $field() -> i32 {
            TermRules::default().$field
        }
    )*};
}

usual! {
    relative_from_age min_percent min_people decide_days
    offer_hours offer_daytime_hours travel_minutes change_days free_days
}

impl Rules {
    fn of(row: &term::Model) -> Self {
        Self {
            pledge_needed: row.pledge_needed,
            relative_from_age: row.relative_from_age,
            travel_refused: row.travel_refused,
            min_percent: row.min_percent,
            min_people: row.min_people,
            decide_days: row.decide_days,
            offer_hours: row.offer_hours,
            offer_daytime_hours: row.offer_daytime_hours,
            travel_minutes: row.travel_minutes,
            change_days: row.change_days,
            free_days: row.free_days,
        }
    }
}

impl From<Rules> for TermRules {
    fn from(rules: Rules) -> Self {
        Self {
            pledge_needed: rules.pledge_needed,
            relative_from_age: rules.relative_from_age,
            travel_refused: rules.travel_refused,
            min_percent: rules.min_percent,
            min_people: rules.min_people,
            decide_days: rules.decide_days,
            offer_hours: rules.offer_hours,
            offer_daytime_hours: rules.offer_daytime_hours,
            travel_minutes: rules.travel_minutes,
            change_days: rules.change_days,
            free_days: rules.free_days,
        }
    }
}

impl Term {
    fn of(row: term::Model, now: DateTime<Utc>) -> Self {
        let phase = match calendar::phase(&row, now) {
            Phase::Before => TermPhase::Before,
            Phase::Open => TermPhase::Open,
            Phase::Closed => TermPhase::Closed,
        };
        Self {
            id: row.id,
            rules: Rules::of(&row),
            name: row.name,
            first_day: row.first_day,
            last_day: row.last_day,
            enrolment_opens_at: row.enrolment_opens_at,
            enrolment_closes_at: row.enrolment_closes_at,
            phase,
            max_classes_per_person: row.max_classes_per_person,
            min_age: row.min_age,
            held_percent: row.held_percent,
            held_hours: row.held_hours,
        }
    }
}

/// A class, as it stands in a list.
#[derive(Object)]
pub struct ClassCard {
    pub id: ClassId,
    pub name: String,
    pub course_id: CourseId,
    pub course_name: String,
    pub subject: String,
    pub smart_technology: bool,
    pub teacher_name: String,
    pub site_id: SiteId,
    pub site_name: String,
    pub site_address: String,
    pub room: String,
    /// ISO, 1 = Monday.
    pub weekday: i32,
    /// Minutes after midnight, Asia/Shanghai.
    pub start_minute: i32,
    pub duration_minutes: i32,
    /// As in 每周二 9:00–10:30.
    pub time_text: String,
    pub capacity: i32,
    /// Places held, reserved ones included.
    pub taken: i32,
    /// Places that residents can take.
    pub free: i32,
    /// Places beside them that are kept for sign-up at the counter and by phone.
    pub kept: i32,
    /// Until when, in words; only while some are.
    #[oai(skip_serializing_if_is_none)]
    pub kept_until_text: Option<String>,
    /// People on the waiting list.
    pub waiting: i32,
    pub status: ClassStatus,
    #[oai(skip_serializing_if_is_none)]
    pub first_meeting_at: Option<DateTime<Utc>>,
}

impl ClassCard {
    pub fn of(
        facts: ClassFacts,
        first_meeting_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let (free, kept) = (courses::free_places(&facts, now), courses::kept_places(&facts, now));
        let ClassFacts { class, course, site, term, teacher_name } = facts;
        Self {
            id: class.id,
            time_text: courses::time_text(&class),
            free,
            kept,
            kept_until_text: (kept > 0).then(|| clock::spoken(courses::released_at(&term))),
            name: class.name,
            course_id: course.id,
            course_name: course.name,
            subject: course.subject,
            smart_technology: course.smart_technology,
            teacher_name,
            site_id: site.id,
            site_name: site.name,
            site_address: site.address,
            room: class.room,
            weekday: class.weekday,
            start_minute: class.start_minute,
            duration_minutes: class.duration_minutes,
            capacity: class.capacity,
            taken: class.taken,
            waiting: class.waiting,
            status: class.status,
            first_meeting_at,
        }
    }
}

/// A class with all that is known of it.
#[derive(Object)]
pub struct ClassDetail {
    #[oai(flatten)]
    card: ClassCard,
    description: String,
    term_id: TermId,
    term_name: String,
    teacher_id: TeacherId,
    /// Full years on the first day of the term.
    min_age: i32,
    #[oai(skip_serializing_if_is_none)]
    max_age: Option<i32>,
    /// Whose residents it is for.
    residence: Residence,
    /// Only who was in the course before.
    previous_needed: bool,
    /// The course before, where it is not the class's own.
    #[oai(skip_serializing_if_is_none)]
    previous_course_id: Option<CourseId>,
    #[oai(skip_serializing_if_is_none)]
    previous_course_name: Option<String>,
    /// So many people at least, where it is not as the term says.
    #[oai(skip_serializing_if_is_none)]
    min_people: Option<i32>,
    /// With so many it begins.
    least_people: i32,
    /// Overbooked: the capacity falls down to this as places are given back.
    #[oai(skip_serializing_if_is_none)]
    cut_to: Option<i32>,
    /// Of the places, kept for sign-up at the counter and by phone; empty: as the term says.
    #[oai(skip_serializing_if_is_none)]
    held_percent: Option<i32>,
    /// How long an offered place is kept; empty: as the term says.
    #[oai(skip_serializing_if_is_none)]
    offer_hours: Option<i32>,
    #[oai(skip_serializing_if_is_none)]
    offer_daytime_hours: Option<i32>,
    meetings: Vec<MeetingLine>,
}

/// One meeting.
#[derive(Object)]
struct MeetingLine {
    id: MeetingId,
    number: i32,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    /// As in 11月24日（周二）9:00.
    time_text: String,
    site_name: String,
    room: String,
    status: MeetingStatus,
    /// Why it was moved or cancelled.
    #[oai(skip_serializing_if_is_none)]
    note: Option<String>,
}

impl MeetingLine {
    fn of(row: meeting::Model, site_name: String) -> Self {
        Self {
            id: row.id,
            number: row.number,
            time_text: clock::spoken(row.starts_at),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            site_name,
            room: row.room,
            status: row.status,
            note: row.note,
        }
    }
}

/// Everything about one class; for the rooms above as well.
pub async fn class_detail(app: &App, id: ClassId) -> Result<ClassDetail> {
    let conn = app.db.read();
    let facts = courses::class(conn, id).await?;
    let meetings = courses::meetings(conn, id).await?;
    let sites = courses::site_names(conn).await?;
    let rule = courses::class_rules(conn, &[id]).await?.remove(&id);
    let previous = rule.and_then(|rule| rule.previous_course_id);
    let previous_course_name = match previous {
        Some(course) => courses::course_names(conn).await?.remove(&course),
        None => None,
    };
    let first = meetings
        .iter()
        .filter(|meeting| meeting.status == MeetingStatus::Planned)
        .map(|meeting| meeting.starts_at)
        .min();
    Ok(ClassDetail {
        description: facts.course.description.clone(),
        term_id: facts.term.id,
        term_name: facts.term.name.clone(),
        teacher_id: facts.class.teacher_id,
        min_age: facts.course.min_age.unwrap_or(facts.term.min_age),
        max_age: facts.course.max_age,
        residence: facts.class.residence,
        previous_needed: facts.class.previous_needed,
        previous_course_id: previous,
        previous_course_name,
        min_people: facts.class.min_people,
        least_people: courses::least_people(&facts),
        cut_to: facts.class.cut_to,
        held_percent: facts.class.held_percent,
        offer_hours: facts.class.offer_hours,
        offer_daytime_hours: facts.class.offer_daytime_hours,
        card: ClassCard::of(facts, first, app.clock.now()),
        meetings: meetings
            .into_iter()
            .map(|meeting| {
                let site = sites.get(&meeting.site_id).cloned().unwrap_or_default();
                MeetingLine::of(meeting, site)
            })
            .collect(),
    })
}

async fn meeting_line(app: &App, row: meeting::Model) -> Result<MeetingLine> {
    let mut sites = courses::site_names(app.db.read()).await?;
    let site = sites.remove(&row.site_id).unwrap_or_default();
    Ok(MeetingLine::of(row, site))
}

#[OpenApi(tag = "Tag::Catalogue")]
impl CoursesApi {
    /// The term that is open for sign-up, else the one being taught, else the next.
    ///
    /// Codes: `no_term`.
    #[oai(path = "/terms/current", method = "get", operation_id = "current_term")]
    async fn current_term(&self) -> ApiResult<Json<Term>> {
        let now = self.0.clock.now();
        let term = courses::current_term(self.0.db.read(), clock::local_date(now)).await?;
        let term = term.ok_or_else(|| Error::not_found("no_term", "现在还没有安排新的学期。"))?;
        Ok(Json(Term::of(term, now)))
    }

    /// The classes of the current term, in the order of the week.
    #[oai(path = "/classes", method = "get", operation_id = "classes")]
    async fn classes(
        &self,
        /// Found in the names of class, course, subject, teacher or site.
        q: Query<Option<String>>,
        /// ISO, 1 = Monday.
        weekday: Query<Option<i32>>,
        site_id: Query<Option<SiteId>>,
        subject: Query<Option<String>>,
        /// Only those with a free place.
        free: Query<Option<bool>>,
    ) -> ApiResult<Json<Page<ClassCard>>> {
        let now = self.0.clock.now();
        let free_only = free.0.unwrap_or(false);
        let given = |text: Option<String>| {
            text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let filter = ClassFilter {
            site_id: site_id.0,
            weekday: weekday.0,
            subject: given(subject.0),
            text: given(q.0),
            empty_only: free_only,
            ..Default::default()
        };
        let found = self.0.catalogue.list(filter).await?;
        let shown = |facts: &ClassFacts| !free_only || courses::free_places(facts, now) > 0;
        let cards = found
            .iter()
            .filter(|(facts, _)| shown(facts))
            .map(|(facts, first)| ClassCard::of(facts.clone(), *first, now));
        Ok(Json(Page::whole(cards.collect())))
    }

    /// One class with its meetings.
    ///
    /// Codes: `class_not_found`.
    #[oai(path = "/classes/:id", method = "get", operation_id = "class")]
    async fn class(&self, id: Path<ClassId>) -> ApiResult<Json<ClassDetail>> {
        Ok(Json(class_detail(&self.0, id.0).await?))
    }
}

#[derive(Object)]
struct NameBody {
    name: String,
}

/// 学习点.
#[derive(Object)]
struct Site {
    id: SiteId,
    name: String,
    address: String,
    #[oai(skip_serializing_if_is_none)]
    community_id: Option<CommunityId>,
    #[oai(flatten)]
    classes: SiteDefaults,
}

/// What new classes at a site begin with; empty: as the term says.
#[derive(Object)]
struct SiteDefaults {
    /// Of the places, kept for sign-up at the counter and by phone.
    held_percent: Option<i32>,
    min_people: Option<i32>,
    offer_hours: Option<i32>,
    offer_daytime_hours: Option<i32>,
    /// Empty: its community first, if it belongs to one.
    residence: Option<Residence>,
}

impl From<site::Model> for Site {
    fn from(row: site::Model) -> Self {
        let classes = SiteDefaults {
            held_percent: row.held_percent,
            min_people: row.min_people,
            offer_hours: row.offer_hours,
            offer_daytime_hours: row.offer_daytime_hours,
            residence: row.residence,
        };
        let site::Model { id, name, address, community_id, .. } = row;
        Self { id, name, address, community_id, classes }
    }
}

#[derive(Object)]
struct SiteBody {
    name: String,
    address: String,
    community_id: Option<CommunityId>,
    #[oai(flatten)]
    classes: SiteDefaults,
}

impl From<SiteBody> for NewSite {
    fn from(body: SiteBody) -> Self {
        let SiteBody { name, address, community_id, classes } = body;
        let (hours, daytime_hours) = (classes.offer_hours, classes.offer_daytime_hours);
        let classes = SiteRules {
            held_percent: classes.held_percent,
            min_people: classes.min_people,
            offer: Offer { hours, daytime_hours },
            residence: classes.residence,
        };
        Self { name, address, community_id, classes }
    }
}

#[derive(Object)]
struct TermBody {
    name: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
    enrolment_opens_at: DateTime<Utc>,
    enrolment_closes_at: DateTime<Utc>,
    max_classes_per_person: i32,
    min_age: i32,
    #[oai(flatten)]
    rules: Rules,
    /// Of the places of a class, kept for sign-up at the counter and by phone.
    #[oai(default = "usual_held_percent")]
    held_percent: i32,
    /// So many hours after sign-up has begun.
    #[oai(default = "usual_held_hours")]
    held_hours: i32,
}

fn usual_held_percent() -> i32 {
    20
}

fn usual_held_hours() -> i32 {
    24
}

impl From<TermBody> for NewTerm {
    fn from(body: TermBody) -> Self {
        Self {
            name: body.name,
            first_day: body.first_day,
            last_day: body.last_day,
            enrolment_opens_at: body.enrolment_opens_at,
            enrolment_closes_at: body.enrolment_closes_at,
            max_classes_per_person: body.max_classes_per_person,
            min_age: body.min_age,
            rules: body.rules.into(),
            held_percent: body.held_percent,
            held_hours: body.held_hours,
        }
    }
}

/// A day without meetings.
#[derive(Object)]
struct Holiday {
    day: NaiveDate,
    name: String,
}

impl From<holiday::Model> for Holiday {
    fn from(row: holiday::Model) -> Self {
        Self { day: row.day, name: row.name }
    }
}

/// 课程.
#[derive(Object)]
struct Course {
    id: CourseId,
    name: String,
    subject: String,
    description: String,
    smart_technology: bool,
    #[oai(skip_serializing_if_is_none)]
    min_age: Option<i32>,
    #[oai(skip_serializing_if_is_none)]
    max_age: Option<i32>,
}

impl From<course::Model> for Course {
    fn from(row: course::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            subject: row.subject,
            description: row.description,
            smart_technology: row.smart_technology,
            min_age: row.min_age,
            max_age: row.max_age,
        }
    }
}

#[derive(Object)]
struct CourseBody {
    name: String,
    subject: String,
    #[oai(default)]
    description: String,
    #[oai(default)]
    smart_technology: bool,
    min_age: Option<i32>,
    max_age: Option<i32>,
}

impl From<CourseBody> for NewCourse {
    fn from(body: CourseBody) -> Self {
        Self {
            name: body.name,
            subject: body.subject,
            description: body.description,
            smart_technology: body.smart_technology,
            min_age: body.min_age,
            max_age: body.max_age,
        }
    }
}

/// 教师.
#[derive(Object)]
struct Teacher {
    id: TeacherId,
    name: String,
    kind: TeacherKind,
    /// The login that opens the rolls of their classes.
    #[oai(skip_serializing_if_is_none)]
    staff_id: Option<StaffId>,
}

impl From<teacher::Model> for Teacher {
    fn from(row: teacher::Model) -> Self {
        Self { id: row.id, name: row.name, kind: row.kind, staff_id: row.staff_id }
    }
}

#[derive(Object)]
struct TeacherBody {
    name: String,
    kind: TeacherKind,
    staff_id: Option<StaffId>,
}

impl From<TeacherBody> for NewTeacher {
    fn from(body: TeacherBody) -> Self {
        Self { name: body.name, kind: body.kind, staff_id: body.staff_id }
    }
}

#[derive(Object)]
struct ClassBody {
    term_id: TermId,
    course_id: CourseId,
    teacher_id: TeacherId,
    site_id: SiteId,
    name: String,
    room: String,
    capacity: i32,
    /// ISO, 1 = Monday.
    weekday: i32,
    /// Minutes after midnight, Asia/Shanghai.
    start_minute: i32,
    duration_minutes: i32,
    /// At most so many; fewer if the term ends before.
    meeting_count: i32,
    /// Of the places, kept for sign-up at the counter and by phone; empty: as the site says, and
    /// else the term.
    held_percent: Option<i32>,
    /// How long an offered place is kept; empty: likewise.
    offer_hours: Option<i32>,
    offer_daytime_hours: Option<i32>,
}

impl From<ClassBody> for NewClass {
    fn from(body: ClassBody) -> Self {
        Self {
            term_id: body.term_id,
            course_id: body.course_id,
            teacher_id: body.teacher_id,
            site_id: body.site_id,
            name: body.name,
            room: body.room,
            capacity: body.capacity,
            weekday: body.weekday,
            start_minute: body.start_minute,
            duration_minutes: body.duration_minutes,
            meeting_count: body.meeting_count,
            held_percent: body.held_percent,
            offer: Offer { hours: body.offer_hours, daytime_hours: body.offer_daytime_hours },
        }
    }
}

#[derive(Object)]
struct ClassChangeBody {
    name: String,
    room: String,
    capacity: i32,
    teacher_id: TeacherId,
    /// Why fewer places than are taken: no place is given until so many are free again.
    overbooked_for: Option<String>,
    /// Of the places, kept for sign-up at the counter and by phone; empty: as the term says.
    held_percent: Option<i32>,
    /// How long an offered place is kept; empty: as the term says.
    offer_hours: Option<i32>,
    offer_daytime_hours: Option<i32>,
}

impl From<ClassChangeBody> for ClassChange {
    fn from(body: ClassChangeBody) -> Self {
        Self {
            name: body.name,
            room: body.room,
            capacity: body.capacity,
            teacher_id: body.teacher_id,
            overbooked_for: body.overbooked_for,
            held_percent: body.held_percent,
            offer: Offer { hours: body.offer_hours, daytime_hours: body.offer_daytime_hours },
        }
    }
}

/// For whom a class is, and with how many it begins.
#[derive(Object)]
struct ClassRulesBody {
    residence: Residence,
    /// Only who was in the course before.
    previous_needed: bool,
    /// The course before; the class's own when absent.
    previous_course_id: Option<CourseId>,
    /// As the term says when absent.
    min_people: Option<i32>,
}

#[derive(Object)]
struct KeepOpenBody {
    reason: String,
}

#[derive(Object)]
struct MoveBody {
    starts_at: DateTime<Utc>,
    /// Stays where it is when absent.
    site_id: Option<SiteId>,
    room: Option<String>,
    /// Told to the learners.
    reason: String,
}

#[derive(Object)]
struct MeetingCancelBody {
    /// Told to the learners.
    reason: String,
}

fn page<T, U>(rows: Vec<T>) -> Json<Page<U>>
where
    U: From<T> + poem_openapi::types::Type + poem_openapi::types::ParseFromJSON,
    U: poem_openapi::types::ToJSON + Send + Sync,
{
    Json(Page::whole(rows.into_iter().map(U::from).collect()))
}

#[OpenApi(tag = "Tag::StaffCourses")]
impl StaffCoursesApi {
    /// All communities.
    #[oai(path = "/staff/communities", method = "get", operation_id = "staff_communities")]
    async fn communities(&self, _who: AnyStaff) -> ApiResult<Json<Page<Community>>> {
        Ok(page(courses::communities(self.0.db.read()).await?))
    }

    /// Enter a community.
    ///
    /// Codes: `missing`, `too_long`, `already_there`.
    #[oai(path = "/staff/communities", method = "post", operation_id = "staff_add_community")]
    async fn add_community(
        &self,
        who: CentreStaff,
        body: Json<NameBody>,
    ) -> ApiResult<Json<Community>> {
        Ok(Json(courses::save_community(&self.0, &who.0, None, &body.0.name).await?.into()))
    }

    /// Correct a community.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `not_found`.
    #[oai(path = "/staff/communities/:id", method = "put", operation_id = "staff_save_community")]
    async fn save_community(
        &self,
        who: CentreStaff,
        id: Path<CommunityId>,
        body: Json<NameBody>,
    ) -> ApiResult<Json<Community>> {
        Ok(Json(courses::save_community(&self.0, &who.0, Some(id.0), &body.0.name).await?.into()))
    }

    /// All sites.
    #[oai(path = "/staff/sites", method = "get", operation_id = "staff_sites")]
    async fn sites(&self, _who: AnyStaff) -> ApiResult<Json<Page<Site>>> {
        Ok(page(courses::sites(self.0.db.read()).await?))
    }

    /// Enter a site.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `unknown_reference`.
    #[oai(path = "/staff/sites", method = "post", operation_id = "staff_add_site")]
    async fn add_site(&self, who: CentreStaff, body: Json<SiteBody>) -> ApiResult<Json<Site>> {
        Ok(Json(courses::save_site(&self.0, &who.0, None, &body.0.into()).await?.into()))
    }

    /// Correct a site.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `unknown_reference`, `not_found`.
    #[oai(path = "/staff/sites/:id", method = "put", operation_id = "staff_save_site")]
    async fn save_site(
        &self,
        who: CentreStaff,
        id: Path<SiteId>,
        body: Json<SiteBody>,
    ) -> ApiResult<Json<Site>> {
        Ok(Json(courses::save_site(&self.0, &who.0, Some(id.0), &body.0.into()).await?.into()))
    }

    /// All terms, the earliest first.
    #[oai(path = "/staff/terms", method = "get", operation_id = "staff_terms")]
    async fn terms(&self, _who: AnyStaff) -> ApiResult<Json<Page<Term>>> {
        let now = self.0.clock.now();
        let rows = courses::terms(self.0.db.read()).await?;
        Ok(Json(Page::whole(rows.into_iter().map(|row| Term::of(row, now)).collect())))
    }

    /// Enter a term.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `bad_days`, `bad_enrolment_time`, `out_of_range`.
    #[oai(path = "/staff/terms", method = "post", operation_id = "staff_add_term")]
    async fn add_term(&self, who: CentreStaff, body: Json<TermBody>) -> ApiResult<Json<Term>> {
        let saved = courses::save_term(&self.0, &who.0, None, &body.0.into()).await?;
        Ok(Json(Term::of(saved, self.0.clock.now())))
    }

    /// Correct a term. Meetings that are made already stay as they are.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `bad_days`, `bad_enrolment_time`, `out_of_range`,
    /// `not_found`.
    #[oai(path = "/staff/terms/:id", method = "put", operation_id = "staff_save_term")]
    async fn save_term(
        &self,
        who: CentreStaff,
        id: Path<TermId>,
        body: Json<TermBody>,
    ) -> ApiResult<Json<Term>> {
        let saved = courses::save_term(&self.0, &who.0, Some(id.0), &body.0.into()).await?;
        Ok(Json(Term::of(saved, self.0.clock.now())))
    }

    /// All days without meetings, the earliest first.
    #[oai(path = "/staff/holidays", method = "get", operation_id = "staff_holidays")]
    async fn holidays(&self, _who: AnyStaff) -> ApiResult<Json<Page<Holiday>>> {
        Ok(page(courses::holidays(self.0.db.read()).await?))
    }

    /// Enter a day without meetings. Meetings that are planned for it already stay.
    ///
    /// Codes: `missing`, `too_long`, `already_there`.
    #[oai(path = "/staff/holidays", method = "post", operation_id = "staff_add_holiday")]
    async fn add_holiday(&self, who: CentreStaff, body: Json<Holiday>) -> ApiResult<Json<Holiday>> {
        let saved = courses::add_holiday(&self.0, &who.0, body.0.day, &body.0.name).await?;
        Ok(Json(saved.into()))
    }

    /// Make a day an ordinary one again.
    ///
    /// Codes: `not_found`.
    #[oai(path = "/staff/holidays/:day", method = "delete", operation_id = "staff_remove_holiday")]
    async fn remove_holiday(&self, who: CentreStaff, day: Path<NaiveDate>) -> ApiResult<Done> {
        courses::remove_holiday(&self.0, &who.0, day.0).await?;
        Ok(Done::Done)
    }

    /// All courses.
    #[oai(path = "/staff/courses", method = "get", operation_id = "staff_courses")]
    async fn courses(&self, _who: AnyStaff) -> ApiResult<Json<Page<Course>>> {
        Ok(page(courses::courses(self.0.db.read()).await?))
    }

    /// Enter a course.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `bad_age`, `out_of_range`.
    #[oai(path = "/staff/courses", method = "post", operation_id = "staff_add_course")]
    async fn add_course(
        &self,
        who: CentreStaff,
        body: Json<CourseBody>,
    ) -> ApiResult<Json<Course>> {
        Ok(Json(courses::save_course(&self.0, &who.0, None, &body.0.into()).await?.into()))
    }

    /// Correct a course.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `bad_age`, `out_of_range`, `not_found`.
    #[oai(path = "/staff/courses/:id", method = "put", operation_id = "staff_save_course")]
    async fn save_course(
        &self,
        who: CentreStaff,
        id: Path<CourseId>,
        body: Json<CourseBody>,
    ) -> ApiResult<Json<Course>> {
        Ok(Json(courses::save_course(&self.0, &who.0, Some(id.0), &body.0.into()).await?.into()))
    }

    /// All teachers.
    #[oai(path = "/staff/teachers", method = "get", operation_id = "staff_teachers")]
    async fn teachers(&self, _who: AnyStaff) -> ApiResult<Json<Page<Teacher>>> {
        Ok(page(courses::teachers(self.0.db.read()).await?))
    }

    /// Enter a teacher.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `unknown_reference`.
    #[oai(path = "/staff/teachers", method = "post", operation_id = "staff_add_teacher")]
    async fn add_teacher(
        &self,
        who: CentreStaff,
        body: Json<TeacherBody>,
    ) -> ApiResult<Json<Teacher>> {
        Ok(Json(courses::save_teacher(&self.0, &who.0, None, &body.0.into()).await?.into()))
    }

    /// Correct a teacher.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `unknown_reference`, `not_found`.
    #[oai(path = "/staff/teachers/:id", method = "put", operation_id = "staff_save_teacher")]
    async fn save_teacher(
        &self,
        who: CentreStaff,
        id: Path<TeacherId>,
        body: Json<TeacherBody>,
    ) -> ApiResult<Json<Teacher>> {
        Ok(Json(courses::save_teacher(&self.0, &who.0, Some(id.0), &body.0.into()).await?.into()))
    }

    /// Make a class and its weekly meetings, without holidays.
    ///
    /// Codes: `missing`, `too_long`, `out_of_range`, `bad_hour`, `unknown_reference`, `no_meetings`,
    /// `teacher_busy`, `room_busy`, `out_of_scope`.
    #[oai(path = "/staff/classes", method = "post", operation_id = "staff_add_class")]
    async fn add_class(
        &self,
        who: EnrolmentStaff,
        body: Json<ClassBody>,
    ) -> ApiResult<Json<ClassDetail>> {
        let class = courses::add_class(&self.0, &who.0, &body.0.into()).await?;
        Ok(Json(class_detail(&self.0, class.id).await?))
    }

    /// One class with its meetings.
    ///
    /// Codes: `class_not_found`.
    #[oai(path = "/staff/classes/:id", method = "get", operation_id = "staff_class")]
    async fn class(&self, _who: AnyStaff, id: Path<ClassId>) -> ApiResult<Json<ClassDetail>> {
        Ok(Json(class_detail(&self.0, id.0).await?))
    }

    /// Change a class; more places go to those who wait.
    ///
    /// Codes: `missing`, `too_long`, `out_of_range`, `below_taken`, `unknown_reference`, `teacher_busy`,
    /// `room_busy`, `class_cancelled`, `class_not_found`, `out_of_scope`.
    #[oai(path = "/staff/classes/:id", method = "put", operation_id = "staff_save_class")]
    async fn save_class(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<ClassChangeBody>,
    ) -> ApiResult<Json<ClassDetail>> {
        let change = body.0.into();
        courses::update_class(&self.0, &who.0, id.0, &change).await?;
        Ok(Json(class_detail(&self.0, id.0).await?))
    }

    /// Let a class begin though too few people are in it, with the reason.
    ///
    /// Codes: `missing`, `too_long`, `class_cancelled`, `class_not_found`, `out_of_scope`.
    #[oai(
        path = "/staff/classes/:id/keep-open",
        method = "post",
        operation_id = "staff_keep_class_open"
    )]
    async fn keep_open(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<KeepOpenBody>,
    ) -> ApiResult<Json<ClassDetail>> {
        courses::keep_open(&self.0, &who.0, id.0, &body.0.reason).await?;
        Ok(Json(class_detail(&self.0, id.0).await?))
    }

    /// Say for whom a class is, and with how many it begins. Who is in it stays.
    ///
    /// Codes: `no_community`, `out_of_range`, `unknown_reference`, `draw_running`, `class_not_found`,
    /// `out_of_scope`.
    #[oai(path = "/staff/classes/:id/rules", method = "put", operation_id = "staff_class_rules")]
    async fn save_rules(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<ClassRulesBody>,
    ) -> ApiResult<Json<ClassDetail>> {
        let ClassRulesBody { residence, previous_needed, previous_course_id, min_people } = body.0;
        let previous = previous_course_id;
        let rules = ClassRules { residence, previous_needed, previous, min_people };
        courses::save_class_rules(&self.0, &who.0, id.0, &rules).await?;
        Ok(Json(class_detail(&self.0, id.0).await?))
    }

    /// Move a meeting that is still to come. Its learners are told.
    ///
    /// Codes: `missing`, `too_long`, `in_the_past`, `out_of_range`, `meeting_over`, `meeting_cancelled`,
    /// `meeting_not_found`, `teacher_busy`, `room_busy`, `unknown_reference`, `out_of_scope`.
    #[oai(path = "/staff/meetings/:id/move", method = "post", operation_id = "staff_move_meeting")]
    async fn move_meeting(
        &self,
        who: EnrolmentStaff,
        id: Path<MeetingId>,
        body: Json<MoveBody>,
    ) -> ApiResult<Json<MeetingLine>> {
        let MoveBody { starts_at, site_id, room, reason } = body.0;
        let to = MeetingMove { starts_at, site_id, room, reason };
        let saved = courses::move_meeting(&self.0, &who.0, id.0, &to).await?;
        Ok(Json(meeting_line(&self.0, saved).await?))
    }

    /// Cancel a meeting that is still to come. Its learners are told.
    ///
    /// Codes: `missing`, `too_long`, `meeting_over`, `meeting_cancelled`, `meeting_not_found`, `out_of_scope`.
    #[oai(
        path = "/staff/meetings/:id/cancel",
        method = "post",
        operation_id = "staff_cancel_meeting"
    )]
    async fn cancel_meeting(
        &self,
        who: EnrolmentStaff,
        id: Path<MeetingId>,
        body: Json<MeetingCancelBody>,
    ) -> ApiResult<Json<MeetingLine>> {
        let saved = courses::cancel_meeting(&self.0, &who.0, id.0, &body.0.reason).await?;
        Ok(Json(meeting_line(&self.0, saved).await?))
    }
}
