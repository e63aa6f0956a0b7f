//! Volunteering on the wire, for residents.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ClassId, EnrolmentId, TeamId, TeamMemberId};
use entity::kinds::{ClassStatus, EnrolmentStatus, MemberState};
use entity::team;

use crate::app::App;
use crate::clock;
use crate::courses;
use crate::enrolment;
use crate::enrolment::api::SignedUp;
use crate::error::Result;
use crate::family::Caller;
use crate::learning;
use crate::members::Learner;
use crate::volunteers::{self, Applied, Shift, is_live, stars, store};
use crate::wire::ApiResult;
use crate::wire::auth::Resident;
use crate::wire::common::{Done, FileLink};
use crate::wire::page::Page;
use crate::wire::tags::Tag;

mod staff;

pub use staff::StaffVolunteersApi;

pub struct VolunteersApi(pub App);

/// A team, as everybody sees it.
#[derive(Object)]
struct TeamCard {
    id: TeamId,
    name: String,
    purpose: String,
    /// Who are in it.
    people: i64,
    /// Takes nobody in any more.
    closed: bool,
}

/// I in a team.
#[derive(Object)]
struct MyTeam {
    id: TeamMemberId,
    team_id: TeamId,
    team_name: String,
    state: MemberState,
    state_text: String,
    /// What was said with it.
    #[oai(skip_serializing_if_is_none)]
    reason: Option<String>,
    /// It is not over.
    live: bool,
}

/// A time that I served.
#[derive(Object)]
struct MyService {
    shift_name: String,
    team_name: String,
    time_text: String,
    minutes: i32,
    /// It has hung out for a week.
    confirmed: bool,
}

/// I as a volunteer.
#[derive(Object)]
struct MyVolunteering {
    /// Has ever applied.
    volunteer: bool,
    skills: String,
    availability: String,
    teams: Vec<MyTeam>,
    confirmed_minutes: i64,
    hanging_minutes: i64,
    times: i64,
    stars: u8,
    /// So many hours are the next star.
    #[oai(skip_serializing_if_is_none)]
    next_star_hours: Option<i64>,
    served: Vec<MyService>,
}

/// A shift that I could do, or do.
#[derive(Object)]
struct MyShift {
    id: ClassId,
    name: String,
    task: String,
    team_name: String,
    time_text: String,
    until_text: String,
    site_name: String,
    site_address: String,
    room: String,
    free: i32,
    status: ClassStatus,
    /// Mine, and then with what it is left.
    #[oai(skip_serializing_if_is_none)]
    enrolment_id: Option<EnrolmentId>,
    /// I am trained in its team.
    may_join: bool,
}

/// Something that hangs out.
#[derive(Object)]
struct HangingService {
    name_masked: String,
    number_tail: String,
    team_name: String,
    shift_name: String,
    day_text: String,
    minutes: i32,
    until_text: String,
}

#[derive(Object)]
struct ApplyToTeam {
    team_id: TeamId,
    #[oai(default)]
    skills: String,
    #[oai(default)]
    availability: String,
}

#[derive(Object)]
struct OwnVolunteering {
    #[oai(default)]
    skills: String,
    #[oai(default)]
    availability: String,
}

#[derive(Object)]
struct LeaveTeamBody {
    reason: Option<String>,
}

/// As people call it.
fn state_text(state: MemberState) -> &'static str {
    match state {
        MemberState::Applied => "等队长答复",
        MemberState::Approved => "已加入，等培训",
        MemberState::Trained => "已加入",
        MemberState::Refused => "没有通过",
        MemberState::Left => "已退出",
    }
}

async fn mine(app: &App, who: &Learner) -> Result<MyVolunteering> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let (own, rows) = volunteers::memberships(conn, who.id).await?;
    let teams = volunteers::teams(conn).await?;
    let ids: Vec<TeamMemberId> = rows.iter().map(|row| row.id).collect();
    let mut reasons = store::last_reasons(conn, &ids).await?;
    let name = |id: TeamId| teams.iter().find(|one| one.id == id).map(|one| one.name.clone());
    let hours = volunteers::hours_of(conn, who.id, now).await?;
    let (reached, next_star_hours) = stars(hours.confirmed);
    let served = store::of_resident(conn, who.id).await?;
    Ok(MyVolunteering {
        volunteer: own.is_some(),
        skills: own.as_ref().map(|own| own.skills.clone()).unwrap_or_default(),
        availability: own.map(|own| own.availability).unwrap_or_default(),
        teams: rows
            .into_iter()
            .map(|row| MyTeam {
                team_name: name(row.team_id).unwrap_or_default(),
                state_text: state_text(row.state).to_owned(),
                reason: reasons.remove(&row.id),
                live: is_live(row.state),
                id: row.id,
                team_id: row.team_id,
                state: row.state,
            })
            .collect(),
        confirmed_minutes: hours.confirmed,
        hanging_minutes: hours.hanging,
        times: hours.times,
        stars: reached,
        next_star_hours,
        served: served
            .into_iter()
            .map(|one| MyService {
                confirmed: one.public_from + volunteers::HANGS_OUT <= now,
                time_text: clock::spoken(one.starts_at),
                shift_name: one.shift_name,
                team_name: one.team_name,
                minutes: one.minutes,
            })
            .collect(),
    })
}

fn my_shift(
    one: &Shift,
    (enrolment_id, may_join): (Option<EnrolmentId>, bool),
    now: DateTime<Utc>,
) -> Option<MyShift> {
    let next = one.meetings.iter().find(|meeting| meeting.ends_at > now)?;
    let (class, site) = (&one.facts.class, &one.facts.site);
    Some(MyShift {
        id: class.id,
        name: class.name.clone(),
        task: one.row.task.clone(),
        team_name: one.team.name.clone(),
        time_text: clock::spoken(next.starts_at),
        until_text: clock::minute_name(clock::local_minute(next.ends_at)),
        site_name: site.name.clone(),
        site_address: site.address.clone(),
        room: class.room.clone(),
        free: courses::free_places(&one.facts, now),
        status: class.status,
        enrolment_id,
        may_join,
    })
}

fn team_card(row: team::Model, people: i64) -> TeamCard {
    let team::Model { id, name, purpose, closed, .. } = row;
    TeamCard { id, name, purpose, people, closed }
}

#[OpenApi(tag = "Tag::Activities")]
impl VolunteersApi {
    /// The teams of volunteers.
    #[oai(path = "/volunteer/teams", method = "get", operation_id = "volunteer_teams")]
    async fn teams(&self) -> ApiResult<Json<Page<TeamCard>>> {
        let conn = self.0.db.read();
        let sizes = store::sizes(conn).await?;
        let rows = volunteers::teams(conn).await?;
        let cards = rows.into_iter().map(|row| {
            let people = sizes.get(&row.id).copied().unwrap_or(0);
            team_card(row, people)
        });
        Ok(Json(Page::whole(cards.collect())))
    }

    /// What was served, as it hangs out for a week: masked names.
    #[oai(path = "/volunteer/records", method = "get", operation_id = "volunteer_records")]
    async fn records(&self) -> ApiResult<Json<Page<HangingService>>> {
        let day = |at| clock::spoken_day(clock::local_date(at));
        let lines = volunteers::public(&self.0).await?.into_iter().map(|line| HangingService {
            name_masked: line.name_masked,
            number_tail: line.number_tail,
            team_name: line.team_name,
            shift_name: line.shift_name,
            day_text: day(line.starts_at),
            minutes: line.minutes,
            until_text: day(line.until),
        });
        Ok(Json(Page::whole(lines.collect())))
    }

    /// My teams, hours and stars.
    #[oai(path = "/me/volunteer", method = "get", operation_id = "my_volunteering")]
    async fn my(&self, me: Resident) -> ApiResult<Json<MyVolunteering>> {
        Ok(Json(mine(&self.0, &me.0).await?))
    }

    /// Apply to a team.
    ///
    /// Codes: `consent_needed`, `profile_needed`, `relative_needed`, `team_not_found`, `team_closed`,
    /// `already_applied`, `too_long`.
    #[oai(path = "/me/volunteer/applications", method = "post", operation_id = "apply_to_team")]
    async fn apply(
        &self,
        me: Resident,
        body: Json<ApplyToTeam>,
    ) -> ApiResult<Json<MyVolunteering>> {
        let ApplyToTeam { team_id, skills, availability } = body.0;
        let said = Applied { skills, availability };
        volunteers::apply(&self.0, &me.0, team_id, &said).await?;
        Ok(Json(mine(&self.0, &me.0).await?))
    }

    /// Say anew what I can do, and when I have time.
    ///
    /// Codes: `not_a_volunteer`, `too_long`.
    #[oai(path = "/me/volunteer", method = "put", operation_id = "change_my_volunteering")]
    async fn change(
        &self,
        me: Resident,
        body: Json<OwnVolunteering>,
    ) -> ApiResult<Json<MyVolunteering>> {
        let OwnVolunteering { skills, availability } = body.0;
        volunteers::change_own(&self.0, &me.0, &Applied { skills, availability }).await?;
        Ok(Json(mine(&self.0, &me.0).await?))
    }

    /// Leave a team, or take back that I applied.
    ///
    /// Codes: `member_not_found`, `already_decided`, `too_long`.
    #[oai(path = "/me/volunteer/teams/:id/leave", method = "post", operation_id = "leave_team")]
    async fn leave(
        &self,
        me: Resident,
        id: Path<TeamMemberId>,
        body: Json<LeaveTeamBody>,
    ) -> ApiResult<Json<MyVolunteering>> {
        volunteers::leave(&self.0, &me.0, id.0, body.0.reason.as_deref()).await?;
        Ok(Json(mine(&self.0, &me.0).await?))
    }

    /// The shifts that are to come: mine, and those of all teams; the next first.
    #[oai(path = "/me/volunteer/shifts", method = "get", operation_id = "my_shifts")]
    async fn shifts(&self, me: Resident) -> ApiResult<Json<Page<MyShift>>> {
        let (app, now) = (&self.0, self.0.clock.now());
        let conn = app.db.read();
        let found = volunteers::shifts(conn, None, now).await?;
        let (_, rows) = volunteers::memberships(conn, me.0.id).await?;
        let trained = |team: TeamId| {
            rows.iter().any(|row| row.team_id == team && row.state == MemberState::Trained)
        };
        let held = enrolment::my(app, conn, me.0.id).await?;
        let mine = |class: ClassId| {
            let live = [EnrolmentStatus::Placed, EnrolmentStatus::Offered];
            held.iter()
                .map(|one| &one.enrolment)
                .find(|one| one.class_id == class && live.contains(&one.status))
                .map(|one| one.id)
        };
        let shifts = found
            .iter()
            .filter(|one| {
                one.facts.class.status == ClassStatus::Open || mine(one.row.class_id).is_some()
            })
            .filter_map(|one| my_shift(one, (mine(one.row.class_id), trained(one.team.id)), now));
        Ok(Json(Page::whole(shifts.collect())))
    }

    /// Sign up for a shift; saying it twice is the same as once. It is left as a class is.
    ///
    /// Codes: `shift_not_found`, `shift_over`, `not_in_team`, `not_trained`, `overlap`, `class_full`,
    /// `class_cancelled`, `barred`, `taken_out`, `consent_needed`, `profile_needed`, `bad_request_key`, `busy`.
    #[oai(
        path = "/me/volunteer/shifts/:id/enrolments",
        method = "post",
        operation_id = "sign_up_for_shift"
    )]
    async fn sign_up(
        &self,
        me: Resident,
        id: Path<ClassId>,
        /// Names the request, so that it can be repeated after a lost answer.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
    ) -> ApiResult<Json<SignedUp>> {
        let done = volunteers::sign_up(&self.0, &me.0, id.0, key.0).await?;
        let caller = Caller { learner: me.0.id, delegate: None };
        Ok(Json(SignedUp::of(done, caller, self.0.clock.now())))
    }

    /// Has a statement made of what I served, and says where it can be fetched.
    ///
    /// Codes: `no_hours`, `no_glyph`.
    #[oai(path = "/me/volunteer/proof", method = "post", operation_id = "my_service_proof")]
    async fn proof(&self, me: Resident) -> ApiResult<Json<FileLink>> {
        let row = volunteers::proof(&self.0, &me.0).await?;
        Ok(Json(FileLink { url: learning::certificates::address(&self.0, &row) }))
    }

    /// Take back a sign-up for a shift.
    ///
    /// Codes: `enrolment_not_found`, `class_cancelled`, `term_over`.
    #[oai(
        path = "/me/volunteer/enrolments/:id/withdraw",
        method = "post",
        operation_id = "leave_shift"
    )]
    async fn leave_shift(&self, me: Resident, id: Path<EnrolmentId>) -> ApiResult<Done> {
        let actor = enrolment::Actor::Resident(me.0.id);
        enrolment::withdraw_for(&self.0, actor, id.0, None, None).await?;
        Ok(Done::Done)
    }
}
