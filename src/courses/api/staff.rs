//! The planning of staff, on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, Object, OpenApi};

use entity::ids::{ClassId, CommunityId, CourseId, MeetingId, SiteId, TeacherId, TermId};
use entity::kinds::Residence;

use super::setup::{Course, CourseBody, Holiday, NameBody, Site, SiteBody, Teacher, TeacherBody};
use super::term::{Term, TermBody};
use super::{ClassDetail, MeetingLine, class_detail, meeting_line};
use crate::app::App;
use crate::courses::{self, ClassChange, ClassRules, MeetingMove, NewClass, Offer};
use crate::wire::ApiResult;
use crate::wire::auth::{AnyStaff, CentreStaff, EnrolmentStaff};
use crate::wire::common::{Community, Done};
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffCoursesApi(pub App);

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

/// The mini-program code of a class.
#[derive(ApiResponse)]
enum CodePicture {
    /// The picture.
    #[oai(status = 200, content_type = "image/jpeg")]
    Jpeg(Binary<Vec<u8>>),
}

/// A link that opens a class in WeChat, for a text message.
#[derive(Object)]
struct MiniLinkReply {
    url: String,
    /// It does not open afterwards.
    until: DateTime<Utc>,
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

    /// The mini-program code of a class, for posters. It stays good for ever.
    ///
    /// Codes: `class_not_found`, `out_of_scope`, `no_mini_program`, `wechat_unavailable`,
    /// `wechat_refused`.
    #[oai(
        path = "/staff/classes/:id/mini-code",
        method = "get",
        operation_id = "staff_class_mini_code"
    )]
    async fn mini_code(&self, who: EnrolmentStaff, id: Path<ClassId>) -> ApiResult<CodePicture> {
        let picture = courses::mini_code(&self.0, &who.0, id.0).await?;
        Ok(CodePicture::Jpeg(Binary(picture)))
    }

    /// Make a link that opens a class in WeChat, for text messages. It opens for 30 days.
    ///
    /// Codes: as of the class's mini-program code.
    #[oai(
        path = "/staff/classes/:id/mini-link",
        method = "post",
        operation_id = "staff_class_mini_link"
    )]
    async fn mini_link(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
    ) -> ApiResult<Json<MiniLinkReply>> {
        let made = courses::mini_link(&self.0, &who.0, id.0).await?;
        Ok(Json(MiniLinkReply { url: made.url, until: made.until }))
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
