//! Activities on the wire: for residents, for staff, and what projects came to.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ClassId, MeetingId, ProjectId};
use entity::kinds::{ActivityKind, ClassStatus, MeetingStatus};

use crate::activities::{self, Activity, kind_text};
use crate::app::App;
use crate::clock;
use crate::courses;
use crate::enrolment::api::SignedUp;
use crate::error::Result;
use crate::projects;
use crate::wire::ApiResult;
use crate::wire::auth::ForEnrolment;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

mod projects_page;
mod staff;

pub use projects_page::StaffProjectPagesApi;
pub use staff::StaffActivitiesApi;

pub struct ActivitiesApi(pub App);

/// An activity, as everybody sees it.
#[derive(Object)]
struct ActivityCard {
    id: ClassId,
    kind: ActivityKind,
    kind_text: String,
    name: String,
    /// The next time, or the last: as in 11月24日（周二）9:00.
    time_text: String,
    #[oai(skip_serializing_if_is_none)]
    starts_at: Option<DateTime<Utc>>,
    site_name: String,
    site_address: String,
    room: String,
    lead_name: String,
    #[oai(skip_serializing_if_is_none)]
    project_name: Option<String>,
    tags: Vec<String>,
    /// No sign-up: one comes, and scans the code.
    open_door: bool,
    capacity: i32,
    taken: i32,
    /// Places that can be had now.
    free: i32,
    waiting: i32,
    status: ClassStatus,
    /// Nothing of it is still to come.
    over: bool,
}

/// One time of an activity.
#[derive(Object)]
struct ActivityTime {
    id: MeetingId,
    number: i32,
    time_text: String,
    /// As in 11:30.
    until_text: String,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    status: MeetingStatus,
    #[oai(skip_serializing_if_is_none)]
    note: Option<String>,
}

/// An activity with its programme and times.
#[derive(Object)]
struct ActivityDetail {
    #[oai(flatten)]
    card: ActivityCard,
    programme: String,
    /// Being there counts as 学时.
    credited: bool,
    times: Vec<ActivityTime>,
}

#[derive(Object)]
struct JoinActivityBody {
    /// Wait where there is no place.
    #[oai(default)]
    join_waitlist: bool,
}

/// The tags as they are kept.
fn tags(kept: &str) -> Vec<String> {
    kept.split('、').filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

fn time_line(row: &entity::meeting::Model) -> ActivityTime {
    ActivityTime {
        id: row.id,
        number: row.number,
        time_text: clock::spoken(row.starts_at),
        until_text: clock::minute_name(clock::local_minute(row.ends_at)),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        status: row.status,
        note: row.note.clone(),
    }
}

impl ActivityCard {
    fn of(one: &Activity, names: &Names, now: DateTime<Utc>) -> Self {
        let (class, site) = (&one.facts.class, &one.facts.site);
        let next = one.next(now);
        Self {
            id: class.id,
            kind: one.row.kind,
            kind_text: kind_text(one.row.kind).to_owned(),
            name: class.name.clone(),
            time_text: next.map(|next| clock::spoken(next.starts_at)).unwrap_or_default(),
            starts_at: next.map(|next| next.starts_at),
            site_name: site.name.clone(),
            site_address: site.address.clone(),
            room: class.room.clone(),
            lead_name: one.facts.teacher_name.clone(),
            project_name: class.project_id.and_then(|id| names.of(id)),
            tags: tags(&one.row.tags),
            open_door: class.open_door,
            capacity: class.capacity,
            taken: class.taken,
            free: courses::free_places(&one.facts, now),
            waiting: class.waiting,
            status: class.status,
            over: one.over(now),
        }
    }
}

/// The names of projects.
struct Names(Vec<entity::project::Model>);

impl Names {
    async fn read(app: &App) -> Result<Self> {
        Ok(Self(projects::all(app.db.read()).await?))
    }

    fn of(&self, id: ProjectId) -> Option<String> {
        self.0.iter().find(|one| one.id == id).map(|one| one.name.clone())
    }
}

#[OpenApi(tag = "Tag::Activities")]
impl ActivitiesApi {
    /// The activities that are still to come, the next first.
    #[oai(path = "/activities", method = "get", operation_id = "activities")]
    async fn list(&self) -> ApiResult<Json<Page<ActivityCard>>> {
        let (found, now) = (activities::to_come(&self.0).await?, self.0.clock.now());
        let names = Names::read(&self.0).await?;
        let cards = found.iter().map(|one| ActivityCard::of(one, &names, now));
        Ok(Json(Page::whole(cards.collect())))
    }

    /// One activity.
    ///
    /// Codes: `activity_not_found`.
    #[oai(path = "/activities/:id", method = "get", operation_id = "activity")]
    async fn one(&self, id: Path<ClassId>) -> ApiResult<Json<ActivityDetail>> {
        let (app, now) = (&self.0, self.0.clock.now());
        let found = activities::one(app.db.read(), id.0).await?;
        let names = Names::read(app).await?;
        Ok(Json(ActivityDetail {
            card: ActivityCard::of(&found, &names, now),
            programme: found.row.programme.clone(),
            credited: found.facts.class.credited,
            times: found.meetings.iter().map(time_line).collect(),
        }))
    }

    /// Sign up for an activity; saying it twice is the same as once. It is left as a class is.
    ///
    /// Codes: `activity_not_found`, `activity_over`, `open_door`, `overlap`, `class_full`, `class_cancelled`,
    /// `other_community`, `barred`, `taken_out`, `consent_needed`, `profile_needed`, `bad_request_key`, `busy`.
    #[oai(
        path = "/activities/:id/enrolments",
        method = "post",
        operation_id = "sign_up_for_activity"
    )]
    async fn sign_up(
        &self,
        who: ForEnrolment,
        id: Path<ClassId>,
        /// Names the request, so that it can be repeated after a lost answer.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<JoinActivityBody>,
    ) -> ApiResult<Json<SignedUp>> {
        let done = activities::sign_up(&self.0, who.0, id.0, body.0.join_waitlist, key.0).await;
        let done = done.map_err(|error| who.0.explained(error))?;
        Ok(Json(SignedUp::of(done, who.0, self.0.clock.now())))
    }
}
