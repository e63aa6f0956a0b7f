//! Clubs on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, Object, OpenApi};

use entity::ids::{ClassId, ClubId, MeetingId, PictureId, SiteId, TeacherId};
use entity::kinds::{ClassKind, MeetingStatus, Residence};

use crate::app::App;
use crate::attendance;
use crate::clock;
use crate::clubs::{self, Club, NewShow, NewWork, Part};
use crate::courses::{self, Gathering};
use crate::enrolment::api::SignedUp;
use crate::error::Result;
use crate::wire::ApiResult;
use crate::wire::auth::{CentreStaff, EnrolmentStaff, ForEnrolment};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct ClubsApi(pub App);

pub struct StaffClubsApi(pub App);

/// A club, as everybody sees it.
#[derive(Object)]
struct ClubCard {
    id: ClubId,
    name: String,
    aim: String,
    closed: bool,
    /// Holds members and meetings; absent: it has no place yet.
    #[oai(skip_serializing_if_is_none)]
    class_id: Option<ClassId>,
    #[oai(skip_serializing_if_is_none)]
    place_text: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    lead_name: Option<String>,
    members: i32,
    capacity: i32,
    free: i32,
}

#[derive(Object)]
struct ClubMeeting {
    id: MeetingId,
    time_text: String,
    until_text: String,
    status: MeetingStatus,
    over: bool,
    /// Who came.
    present: i64,
}

#[derive(Object)]
struct ClubWork {
    id: i64,
    title: String,
    author: String,
    note: String,
    #[oai(skip_serializing_if_is_none)]
    picture_url: Option<String>,
}

#[derive(Object)]
struct ClubShow {
    id: i64,
    title: String,
    day_text: String,
    place: String,
    note: String,
}

/// A club with its meetings, works and performances.
#[derive(Object)]
struct ClubDetail {
    #[oai(flatten)]
    card: ClubCard,
    /// Of the last two months and to come, the latest last.
    meetings: Vec<ClubMeeting>,
    works: Vec<ClubWork>,
    shows: Vec<ClubShow>,
}

#[derive(Object)]
struct JoinClubBody {
    #[oai(default)]
    join_waitlist: bool,
}

#[derive(Object)]
struct ClubBody {
    name: String,
    aim: String,
    #[oai(default)]
    closed: bool,
}

#[derive(Object)]
struct ClubTimeBody {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

#[derive(Object)]
struct ClubPlaceBody {
    site_id: SiteId,
    room: String,
    teacher_id: TeacherId,
    capacity: i32,
    times: Vec<ClubTimeBody>,
}

#[derive(Object)]
struct ClubWorkBody {
    title: String,
    #[oai(default)]
    author: String,
    #[oai(default)]
    note: String,
    picture_id: Option<PictureId>,
}

#[derive(Object)]
struct ClubShowBody {
    title: String,
    day: NaiveDate,
    place: String,
    #[oai(default)]
    note: String,
}

#[derive(Object)]
struct WorkPictureKept {
    picture_id: PictureId,
}

/// The picture of a work.
#[derive(ApiResponse)]
enum WorkPicture {
    /// A JPEG.
    #[oai(status = 200, content_type = "image/jpeg")]
    Jpeg(Binary<Vec<u8>>, #[oai(header = "Cache-Control")] String),
    /// A PNG.
    #[oai(status = 200, content_type = "image/png")]
    Png(Binary<Vec<u8>>, #[oai(header = "Cache-Control")] String),
}

fn card(club: &Club, now: DateTime<Utc>) -> ClubCard {
    let facts = club.facts.as_ref();
    ClubCard {
        id: club.row.id,
        name: club.row.name.clone(),
        aim: club.row.aim.clone(),
        closed: club.row.closed,
        class_id: facts.map(|facts| facts.class.id),
        place_text: facts.map(|facts| format!("{} {}", facts.site.name, facts.class.room)),
        lead_name: facts.map(|facts| facts.teacher_name.clone()),
        members: facts.map_or(0, |facts| facts.class.taken),
        capacity: facts.map_or(0, |facts| facts.class.capacity),
        free: facts.map_or(0, |facts| courses::free_places(facts, now)),
    }
}

async fn detail(app: &App, club: &Club) -> Result<ClubDetail> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let meetings = clubs::meetings(app, club).await?;
    let ids: Vec<MeetingId> = meetings.iter().map(|meeting| meeting.id).collect();
    let present = attendance::present_counts(conn, &ids).await?;
    let (works, shows) = clubs::shown(conn, club.row.id).await?;
    Ok(ClubDetail {
        card: card(club, now),
        meetings: meetings
            .into_iter()
            .map(|row| ClubMeeting {
                id: row.id,
                time_text: clock::spoken(row.starts_at),
                until_text: clock::minute_name(clock::local_minute(row.ends_at)),
                status: row.status,
                over: row.ends_at <= now,
                present: present.get(&row.id).copied().unwrap_or(0),
            })
            .collect(),
        works: works
            .into_iter()
            .map(|row| ClubWork {
                picture_url: row.picture_id.map(|_| format!("/api/club-works/{}/picture", row.id)),
                id: row.id,
                title: row.title,
                author: row.author,
                note: row.note,
            })
            .collect(),
        shows: shows
            .into_iter()
            .map(|row| ClubShow {
                id: row.id,
                title: row.title,
                day_text: clock::spoken_day(row.day),
                place: row.place,
                note: row.note,
            })
            .collect(),
    })
}

#[OpenApi(tag = "Tag::Activities")]
impl ClubsApi {
    /// The clubs.
    #[oai(path = "/clubs", method = "get", operation_id = "clubs")]
    async fn list(&self) -> ApiResult<Json<Page<ClubCard>>> {
        let now = self.0.clock.now();
        let found = clubs::all(self.0.db.read()).await?;
        Ok(Json(Page::whole(found.iter().map(|club| card(club, now)).collect())))
    }

    /// One club.
    ///
    /// Codes: `club_not_found`.
    #[oai(path = "/clubs/:id", method = "get", operation_id = "club")]
    async fn one(&self, id: Path<ClubId>) -> ApiResult<Json<ClubDetail>> {
        let found = clubs::one(self.0.db.read(), id.0).await?;
        Ok(Json(detail(&self.0, &found).await?))
    }

    /// The club whose members a class holds.
    ///
    /// Codes: `club_not_found`.
    #[oai(path = "/classes/:id/club", method = "get", operation_id = "club_of_class")]
    async fn of_class(&self, id: Path<ClassId>) -> ApiResult<Json<ClubDetail>> {
        let found = clubs::of_class(self.0.db.read(), id.0).await?;
        Ok(Json(detail(&self.0, &found).await?))
    }

    /// Join a club; saying it twice is the same as once. It is left as a class is.
    ///
    /// Codes: `club_not_found`, `club_closed`, `no_place_yet`, `class_full`, `class_cancelled`, `barred`,
    /// `taken_out`, `consent_needed`, `profile_needed`, `bad_request_key`, `busy`.
    #[oai(path = "/clubs/:id/enrolments", method = "post", operation_id = "join_club")]
    async fn join(
        &self,
        who: ForEnrolment,
        id: Path<ClubId>,
        /// Names the request, so that it can be repeated after a lost answer.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<JoinClubBody>,
    ) -> ApiResult<Json<SignedUp>> {
        let done = clubs::join(&self.0, who.0, id.0, body.0.join_waitlist, key.0).await;
        let done = done.map_err(|error| who.0.explained(error))?;
        Ok(Json(SignedUp::of(done, who.0, self.0.clock.now())))
    }

    /// The picture of a work.
    ///
    /// Codes: `no_picture`.
    #[oai(path = "/club-works/:id/picture", method = "get", operation_id = "club_work_picture")]
    async fn picture(&self, id: Path<i64>) -> ApiResult<WorkPicture> {
        let (mime, bytes) = clubs::picture_of(self.0.db.read(), id.0).await?;
        let cache = "public, max-age=3600".to_owned();
        Ok(if mime == "image/png" {
            WorkPicture::Png(Binary(bytes), cache)
        } else {
            WorkPicture::Jpeg(Binary(bytes), cache)
        })
    }
}

#[OpenApi(tag = "Tag::StaffActivities", prefix_path = "/staff")]
impl StaffClubsApi {
    /// Write down a new club.
    ///
    /// Codes: `missing`, `too_long`, `already_there`.
    #[oai(path = "/clubs", method = "post", operation_id = "staff_add_club")]
    async fn add(&self, who: CentreStaff, body: Json<ClubBody>) -> ApiResult<Json<ClubDetail>> {
        let ClubBody { name, aim, closed } = &body.0;
        let id = clubs::save(&self.0, &who.0, None, (name, aim, *closed)).await?;
        Ok(Json(detail(&self.0, &clubs::one(self.0.db.read(), id).await?).await?))
    }

    /// Change what is said of a club.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `club_not_found`.
    #[oai(path = "/clubs/:id", method = "put", operation_id = "staff_change_club")]
    async fn change(
        &self,
        who: CentreStaff,
        id: Path<ClubId>,
        body: Json<ClubBody>,
    ) -> ApiResult<Json<ClubDetail>> {
        let ClubBody { name, aim, closed } = &body.0;
        clubs::save(&self.0, &who.0, Some(id.0), (name, aim, *closed)).await?;
        Ok(Json(detail(&self.0, &clubs::one(self.0.db.read(), id.0).await?).await?))
    }

    /// Give a club a place, with its first meetings.
    ///
    /// Codes: `club_not_found`, `out_of_scope`, `has_a_place`, `missing`, `out_of_range`, `no_meetings`,
    /// `bad_times`, `teacher_busy`, `room_busy`.
    #[oai(path = "/clubs/:id/place", method = "post", operation_id = "staff_open_club")]
    async fn open(
        &self,
        who: EnrolmentStaff,
        id: Path<ClubId>,
        body: Json<ClubPlaceBody>,
    ) -> ApiResult<Done> {
        let body = body.0;
        let times: Vec<courses::Times> =
            body.times.iter().map(|one| (one.starts_at, one.ends_at)).collect();
        let place = Gathering {
            kind: ClassKind::Club,
            name: String::new(),
            teacher_id: body.teacher_id,
            site_id: body.site_id,
            room: body.room,
            capacity: body.capacity,
            residence: Residence::Everyone,
            open_door: false,
            credited: true,
            smart_technology: false,
            project_id: None,
        };
        clubs::open(&self.0, &who.0, id.0, &place, &times).await?;
        Ok(Done::Done)
    }

    /// One more meeting.
    ///
    /// Codes: `club_not_found`, `out_of_scope`, `no_place_yet`, `bad_times`, `teacher_busy`, `room_busy`.
    #[oai(path = "/clubs/:id/times", method = "post", operation_id = "staff_add_club_time")]
    async fn add_time(
        &self,
        who: EnrolmentStaff,
        id: Path<ClubId>,
        body: Json<ClubTimeBody>,
    ) -> ApiResult<Done> {
        let time = (body.0.starts_at, body.0.ends_at);
        clubs::add_time(&self.0, &who.0, id.0, time).await?;
        Ok(Done::Done)
    }

    /// Keep the picture of a work: the bytes of a JPEG or PNG.
    ///
    /// Codes: `club_not_found`, `out_of_scope`, `picture_too_large`.
    #[oai(path = "/clubs/:id/photos", method = "post", operation_id = "staff_keep_work_picture")]
    async fn keep(
        &self,
        who: EnrolmentStaff,
        id: Path<ClubId>,
        file: Binary<Vec<u8>>,
    ) -> ApiResult<Json<WorkPictureKept>> {
        let picture_id = clubs::keep_picture(&self.0, &who.0, id.0, file.0).await?;
        Ok(Json(WorkPictureKept { picture_id }))
    }

    /// Write down what somebody made.
    ///
    /// Codes: `club_not_found`, `out_of_scope`, `missing`, `too_long`, `unknown_reference`.
    #[oai(path = "/clubs/:id/works", method = "post", operation_id = "staff_add_work")]
    async fn add_work(
        &self,
        who: EnrolmentStaff,
        id: Path<ClubId>,
        body: Json<ClubWorkBody>,
    ) -> ApiResult<Done> {
        let ClubWorkBody { title, author, note, picture_id } = body.0;
        let new = NewWork { title, author, note, picture: picture_id };
        clubs::add_work(&self.0, &who.0, id.0, &new).await?;
        Ok(Done::Done)
    }

    /// Take a work away.
    ///
    /// Codes: `club_not_found`, `out_of_scope`, `not_found`.
    #[oai(
        path = "/clubs/:id/works/:work_id",
        method = "delete",
        operation_id = "staff_remove_work"
    )]
    async fn remove_work(
        &self,
        who: EnrolmentStaff,
        id: Path<ClubId>,
        work_id: Path<i64>,
    ) -> ApiResult<Done> {
        clubs::remove(&self.0, &who.0, id.0, Part::Work(work_id.0)).await?;
        Ok(Done::Done)
    }

    /// Write down where the club performed, or will.
    ///
    /// Codes: `club_not_found`, `out_of_scope`, `missing`, `too_long`.
    #[oai(path = "/clubs/:id/shows", method = "post", operation_id = "staff_add_show")]
    async fn add_show(
        &self,
        who: EnrolmentStaff,
        id: Path<ClubId>,
        body: Json<ClubShowBody>,
    ) -> ApiResult<Done> {
        let ClubShowBody { title, day, place, note } = body.0;
        clubs::add_show(&self.0, &who.0, id.0, &NewShow { title, day, place, note }).await?;
        Ok(Done::Done)
    }

    /// Take a performance away.
    ///
    /// Codes: `club_not_found`, `out_of_scope`, `not_found`.
    #[oai(
        path = "/clubs/:id/shows/:show_id",
        method = "delete",
        operation_id = "staff_remove_show"
    )]
    async fn remove_show(
        &self,
        who: EnrolmentStaff,
        id: Path<ClubId>,
        show_id: Path<i64>,
    ) -> ApiResult<Done> {
        clubs::remove(&self.0, &who.0, id.0, Part::Show(show_id.0)).await?;
        Ok(Done::Done)
    }
}
