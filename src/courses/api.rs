//! The catalogue of residents on the wire, and what is said of a class.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ClassId, CourseId, MeetingId, SiteId, TeacherId, TermId};
use entity::kinds::{ClassKind, ClassStatus, MeetingStatus, Residence};
use entity::meeting;

use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts, ClassFilter};
use crate::error::{Error, Result};
use crate::wire::ApiResult;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

mod pictures;
mod setup;
mod sheets;
mod staff;
mod term;
mod week;

pub use pictures::CoursePicturesApi;
pub use sheets::StaffClassSheetsApi;
pub use staff::StaffCoursesApi;
use term::Term;
pub use week::StaffTimetableApi;

pub struct CoursesApi(pub App);

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
    /// A course's, or one that has a page of its own.
    pub kind: ClassKind,
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
            kind: class.kind,
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
