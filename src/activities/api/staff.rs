//! Activities on the wire, for staff.

use chrono::{DateTime, Datelike, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, Object, OpenApi};

use entity::ids::{ClassId, CommunityId, MeetingId, PictureId, ProjectId, SiteId, TeacherId};
use entity::kinds::{ActivityKind, ClassKind, Residence};

use super::{ActivityCard, ActivityTime, Names, time_line};
use crate::activities::{self, Activity, NewActivity, Sum, Wanted};
use crate::app::App;
use crate::attendance;
use crate::clock;
use crate::courses::{self, Gathering};
use crate::error::{Error, Result};
use crate::news;
use crate::staff::Colleague;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffActivitiesApi(pub App);

/// What something came to.
#[derive(Object)]
pub(super) struct YearSum {
    /// That began, and were not cancelled.
    meetings: i64,
    person_times: i64,
    hundredths: i64,
    /// Counted without names; no part of `person_times`.
    heads: i64,
}

impl From<Sum> for YearSum {
    fn from(sum: Sum) -> Self {
        let Sum { meetings, times, hundredths, heads } = sum;
        Self { meetings, person_times: times, hundredths, heads }
    }
}

/// An activity in a list.
#[derive(Object)]
struct StaffActivity {
    #[oai(flatten)]
    card: ActivityCard,
    #[oai(skip_serializing_if_is_none)]
    project_id: Option<ProjectId>,
    site_id: SiteId,
    #[oai(skip_serializing_if_is_none)]
    community_id: Option<CommunityId>,
    /// Said to be over, with a summary.
    closed: bool,
    sum: YearSum,
}

/// One time, and who came.
#[derive(Object)]
struct StaffActivityTime {
    #[oai(flatten)]
    line: ActivityTime,
    /// With names.
    present: i64,
    /// Without.
    #[oai(skip_serializing_if_is_none)]
    heads: Option<i32>,
    #[oai(skip_serializing_if_is_none)]
    heads_how: Option<String>,
}

#[derive(Object)]
struct ActivityPhoto {
    picture_id: PictureId,
    url: String,
}

/// All of an activity.
#[derive(Object)]
struct StaffActivityDetail {
    #[oai(flatten)]
    line: StaffActivity,
    programme: String,
    summary: String,
    residence: Residence,
    credited: bool,
    smart_technology: bool,
    teacher_id: TeacherId,
    #[oai(skip_serializing_if_is_none)]
    closed_text: Option<String>,
    times: Vec<StaffActivityTime>,
    photos: Vec<ActivityPhoto>,
}

#[derive(Object)]
struct ActivityTimeBody {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

#[derive(Object)]
struct ActivityBody {
    kind: ActivityKind,
    name: String,
    project_id: Option<ProjectId>,
    site_id: SiteId,
    room: String,
    /// Who leads it; not needed beside `lecturer`.
    teacher_id: Option<TeacherId>,
    /// A guest who is not among the teachers yet.
    lecturer: Option<String>,
    capacity: i32,
    residence: Residence,
    #[oai(default)]
    open_door: bool,
    /// Being there counts as 学时; empty: as usual for the kind.
    credited: Option<bool>,
    #[oai(default)]
    smart_technology: bool,
    #[oai(default)]
    tags: Vec<String>,
    #[oai(default)]
    programme: String,
    /// When it meets; of a change: not looked at.
    #[oai(default)]
    times: Vec<ActivityTimeBody>,
}

impl ActivityBody {
    fn read(self) -> Result<(NewActivity, Vec<courses::Times>)> {
        let guest = self.lecturer.as_deref().is_some_and(|name| !name.trim().is_empty());
        let teacher_id = match self.teacher_id {
            Some(id) => id,
            None if guest => TeacherId(0),
            None => {
                return Err(Error::invalid("missing", "请选择负责人，或者写下主讲人的名字。"));
            }
        };
        let times = self.times.iter().map(|one| (one.starts_at, one.ends_at)).collect();
        let class = Gathering {
            kind: ClassKind::Activity,
            name: self.name,
            teacher_id,
            site_id: self.site_id,
            room: self.room,
            capacity: self.capacity,
            residence: self.residence,
            open_door: self.open_door,
            credited: self.credited.unwrap_or_else(|| activities::credited(self.kind)),
            smart_technology: self.smart_technology,
            project_id: self.project_id,
        };
        let Self { kind, lecturer, tags, programme, .. } = self;
        Ok((NewActivity { kind, class, lecturer, tags, programme }, times))
    }
}

#[derive(Object)]
struct ActivityMade {
    id: ClassId,
}

#[derive(Object)]
struct ActivitySummaryBody {
    summary: String,
}

#[derive(Object)]
struct ActivityHeadsBody {
    people: i32,
    /// How they were counted; of a second count: why.
    #[oai(default)]
    how: String,
}

#[derive(Object)]
struct ClassProjectBody {
    /// Empty: to none.
    project_id: Option<ProjectId>,
}

#[derive(Object)]
struct ActivityPhotoMade {
    picture_id: PictureId,
}

/// The bytes of a photo.
#[derive(ApiResponse)]
enum PhotoBytes {
    /// A JPEG.
    #[oai(status = 200, content_type = "image/jpeg")]
    Jpeg(Binary<Vec<u8>>, #[oai(header = "Cache-Control")] String),
    /// A PNG.
    #[oai(status = 200, content_type = "image/png")]
    Png(Binary<Vec<u8>>, #[oai(header = "Cache-Control")] String),
}

fn line(one: &Activity, names: &Names, sum: Sum, now: DateTime<Utc>) -> StaffActivity {
    StaffActivity {
        card: ActivityCard::of(one, names, now),
        project_id: one.facts.class.project_id,
        site_id: one.facts.site.id,
        community_id: one.facts.site.community_id,
        closed: one.row.closed_at.is_some(),
        sum: sum.into(),
    }
}

/// All time until now: what is still to come came to nothing yet.
fn until(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    (DateTime::<Utc>::UNIX_EPOCH, now)
}

async fn detail(app: &App, who: &Colleague, id: ClassId) -> Result<StaffActivityDetail> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let one = activities::for_staff(app, who, id).await?;
    let names = Names::read(app).await?;
    let sum = activities::sums(conn, &[id], until(now)).await?.remove(&id).unwrap_or_default();
    let ids: Vec<MeetingId> = one.meetings.iter().map(|meeting| meeting.id).collect();
    let present = attendance::present_counts(conn, &ids).await?;
    let counts = activities::counts(conn, &ids).await?;
    let photos = activities::photos(conn, id).await?;
    let closer = activities::name_of(app, one.row.closed_by).await?;
    let closed_text = one
        .row
        .closed_at
        .map(|at| format!("{}，{}", clock::spoken(at), closer.unwrap_or_default()));
    Ok(StaffActivityDetail {
        programme: one.row.programme.clone(),
        summary: one.row.summary.clone(),
        residence: one.facts.class.residence,
        credited: one.facts.class.credited,
        smart_technology: one.facts.course.smart_technology,
        teacher_id: one.facts.class.teacher_id,
        closed_text,
        times: one
            .meetings
            .iter()
            .map(|meeting| StaffActivityTime {
                line: time_line(meeting),
                present: present.get(&meeting.id).copied().unwrap_or(0),
                heads: counts.get(&meeting.id).map(|count| count.people),
                heads_how: counts.get(&meeting.id).map(|count| count.how.clone()),
            })
            .collect(),
        photos: photos
            .into_iter()
            .map(|photo| ActivityPhoto {
                picture_id: photo.picture_id,
                url: format!("/api/staff/activities/{id}/photos/{}", photo.picture_id),
            })
            .collect(),
        line: line(&one, &names, sum, now),
    })
}

#[OpenApi(tag = "Tag::StaffActivities", prefix_path = "/staff")]
impl StaffActivitiesApi {
    /// The activities of a year (this one by default), the latest first; an officer's own
    /// community only.
    ///
    /// Codes: `no_community`, `bad_year`.
    #[oai(path = "/activities", method = "get", operation_id = "staff_activities")]
    async fn list(
        &self,
        who: EnrolmentStaff,
        year: Query<Option<i32>>,
        kind: Query<Option<ActivityKind>>,
        project_id: Query<Option<ProjectId>>,
        community_id: Query<Option<CommunityId>>,
    ) -> ApiResult<Json<Page<StaffActivity>>> {
        let (app, now) = (&self.0, self.0.clock.now());
        let year = year.0.unwrap_or_else(|| app.clock.today().year());
        let days = activities::project::days_of(year)?;
        let wanted = Wanted { kind: kind.0, project: project_id.0, community: community_id.0 };
        let found = activities::between(app, &who.0, days, wanted).await?;
        let ids: Vec<ClassId> = found.iter().map(|one| one.row.class_id).collect();
        let sums = activities::sums(app.db.read(), &ids, until(now)).await?;
        let names = Names::read(app).await?;
        let items = found.iter().map(|one| {
            let sum = sums.get(&one.row.class_id).copied().unwrap_or_default();
            line(one, &names, sum, now)
        });
        Ok(Json(Page::whole(items.collect())))
    }

    /// Make an activity with its times.
    ///
    /// Codes: `missing`, `too_long`, `out_of_range`, `no_meetings`, `bad_times`, `teacher_busy`, `room_busy`,
    /// `out_of_scope`, `project_not_found`, `project_closed`, `bad_tags`.
    #[oai(path = "/activities", method = "post", operation_id = "staff_add_activity")]
    async fn add(
        &self,
        who: EnrolmentStaff,
        body: Json<ActivityBody>,
    ) -> ApiResult<Json<ActivityMade>> {
        let (new, times) = body.0.read()?;
        let id = activities::create(&self.0, &who.0, &new, &times).await?;
        Ok(Json(ActivityMade { id }))
    }

    /// One activity, with who came.
    ///
    /// Codes: `activity_not_found`, `out_of_scope`.
    #[oai(path = "/activities/:id", method = "get", operation_id = "staff_activity")]
    async fn one(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
    ) -> ApiResult<Json<StaffActivityDetail>> {
        Ok(Json(detail(&self.0, &who.0, id.0).await?))
    }

    /// Change what is said of an activity. Its times are moved and cancelled as meetings.
    ///
    /// Codes: as of making one; `activity_not_found`, `activity_closed`, `below_taken`, `class_cancelled`.
    #[oai(path = "/activities/:id", method = "put", operation_id = "staff_change_activity")]
    async fn change(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<ActivityBody>,
    ) -> ApiResult<Json<StaffActivityDetail>> {
        let (to, _) = body.0.read()?;
        activities::change(&self.0, &who.0, id.0, &to).await?;
        Ok(Json(detail(&self.0, &who.0, id.0).await?))
    }

    /// One more time.
    ///
    /// Codes: `activity_not_found`, `out_of_scope`, `activity_closed`, `class_cancelled`, `bad_times`,
    /// `teacher_busy`, `room_busy`.
    #[oai(
        path = "/activities/:id/times",
        method = "post",
        operation_id = "staff_add_activity_time"
    )]
    async fn add_time(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<ActivityTimeBody>,
    ) -> ApiResult<Json<StaffActivityDetail>> {
        let time = (body.0.starts_at, body.0.ends_at);
        activities::add_time(&self.0, &who.0, id.0, time).await?;
        Ok(Json(detail(&self.0, &who.0, id.0).await?))
    }

    /// Say that nothing more happens, and what came of it.
    ///
    /// Codes: `activity_not_found`, `out_of_scope`, `too_early`, `activity_closed`, `too_long`.
    #[oai(path = "/activities/:id/close", method = "post", operation_id = "staff_close_activity")]
    async fn close(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<ActivitySummaryBody>,
    ) -> ApiResult<Json<StaffActivityDetail>> {
        activities::close(&self.0, &who.0, id.0, &body.0.summary).await?;
        Ok(Json(detail(&self.0, &who.0, id.0).await?))
    }

    /// Note how many came to a meeting whose names were not taken.
    ///
    /// Codes: `meeting_not_found`, `activity_not_found`, `out_of_scope`, `too_early`, `out_of_range`,
    /// `reason_needed`.
    #[oai(
        path = "/activity-meetings/:id/heads",
        method = "put",
        operation_id = "staff_count_activity_heads"
    )]
    async fn heads(
        &self,
        who: EnrolmentStaff,
        id: Path<MeetingId>,
        body: Json<ActivityHeadsBody>,
    ) -> ApiResult<Done> {
        activities::count_heads(&self.0, &who.0, id.0, body.0.people, &body.0.how).await?;
        Ok(Done::Done)
    }

    /// Keep a photo: the bytes of a JPEG or PNG. It is turned upright, shrunk, and rid of what
    /// cameras write into it.
    ///
    /// Codes: `activity_not_found`, `out_of_scope`, `too_many`, `picture_too_large`, `not_a_picture`.
    #[oai(path = "/activities/:id/photos", method = "post", operation_id = "staff_add_photo")]
    async fn add_photo(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        file: Binary<Vec<u8>>,
    ) -> ApiResult<Json<ActivityPhotoMade>> {
        let picture_id = activities::add_photo(&self.0, &who.0, id.0, file.0).await?;
        Ok(Json(ActivityPhotoMade { picture_id }))
    }

    /// A photo.
    ///
    /// Codes: `activity_not_found`, `out_of_scope`, `no_picture`.
    #[oai(
        path = "/activities/:id/photos/:picture_id",
        method = "get",
        operation_id = "staff_photo"
    )]
    async fn photo(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        picture_id: Path<PictureId>,
    ) -> ApiResult<PhotoBytes> {
        activities::for_staff(&self.0, &who.0, id.0).await?;
        let conn = self.0.db.read();
        let kept = activities::photos(conn, id.0).await?;
        let known = kept.iter().any(|photo| photo.picture_id == picture_id.0);
        let found = if known { news::picture(conn, picture_id.0).await? } else { None };
        let (mime, bytes) = found.ok_or_else(activities::no_picture)?;
        let cache = "private, max-age=3600".to_owned();
        Ok(if mime == "image/png" {
            PhotoBytes::Png(Binary(bytes), cache)
        } else {
            PhotoBytes::Jpeg(Binary(bytes), cache)
        })
    }

    /// Take a photo away.
    ///
    /// Codes: `activity_not_found`, `out_of_scope`, `no_picture`.
    #[oai(
        path = "/activities/:id/photos/:picture_id",
        method = "delete",
        operation_id = "staff_remove_photo"
    )]
    async fn remove_photo(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        picture_id: Path<PictureId>,
    ) -> ApiResult<Done> {
        activities::remove_photo(&self.0, &who.0, id.0, picture_id.0).await?;
        Ok(Done::Done)
    }

    /// Say to which project a class of whatever kind belongs.
    ///
    /// Codes: `class_not_found`, `out_of_scope`, `project_not_found`, `project_closed`.
    #[oai(path = "/classes/:id/project", method = "put", operation_id = "staff_set_project")]
    async fn set_project(
        &self,
        who: EnrolmentStaff,
        id: Path<ClassId>,
        body: Json<ClassProjectBody>,
    ) -> ApiResult<Done> {
        courses::set_project(&self.0, &who.0, id.0, body.0.project_id).await?;
        Ok(Done::Done)
    }
}
