//! Volunteering on the wire, for the leaders of teams and the centre.

use chrono::{DateTime, TimeDelta, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{
    ClassId, MeetingId, ProjectId, ResidentId, SiteId, StaffId, TeacherId, TeamId, TeamMemberId,
};
use entity::kinds::{ClassKind, ClassStatus, MeetingStatus, MemberState, Residence};
use entity::{staff as staff_login, team};

use super::state_text;
use crate::app::App;
use crate::clock;
use crate::courses::{self, Gathering};
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};
use crate::volunteers::{self, NewShift, NewTeam, Shift, stars, store};
use crate::wire::ApiResult;
use crate::wire::auth::{CentreStaff, RollKeeper};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

/// So far back shifts are shown beside those to come.
const LOOKS_BACK: TimeDelta = TimeDelta::days(60);

pub struct StaffVolunteersApi(pub App);

/// A team, as its leader sees it.
#[derive(Object)]
struct StaffTeam {
    id: TeamId,
    name: String,
    purpose: String,
    #[oai(skip_serializing_if_is_none)]
    leader_id: Option<StaffId>,
    #[oai(skip_serializing_if_is_none)]
    leader_name: Option<String>,
    closed: bool,
    people: i64,
    /// I lead it, or am of the centre.
    mine: bool,
}

#[derive(Object)]
struct TeamBody {
    name: String,
    purpose: String,
    leader_id: Option<StaffId>,
    #[oai(default)]
    closed: bool,
}

impl From<TeamBody> for NewTeam {
    fn from(TeamBody { name, purpose, leader_id, closed }: TeamBody) -> Self {
        Self { name, purpose, leader_id, closed }
    }
}

/// Who could lead a team.
#[derive(Object)]
struct TeamLeader {
    id: StaffId,
    name: String,
}

/// Somebody in a team.
#[derive(Object)]
struct TeamMember {
    id: TeamMemberId,
    resident_id: ResidentId,
    name: String,
    learner_number: String,
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    skills: String,
    availability: String,
    state: MemberState,
    state_text: String,
    #[oai(skip_serializing_if_is_none)]
    reason: Option<String>,
    applied_text: String,
    minutes: i64,
    stars: u8,
}

/// A shift in a list.
#[derive(Object)]
struct ShiftLine {
    id: ClassId,
    name: String,
    task: String,
    time_text: String,
    site_name: String,
    room: String,
    taken: i32,
    capacity: i32,
    status: ClassStatus,
    over: bool,
}

/// A team with its people and shifts.
#[derive(Object)]
struct TeamPage {
    team: StaffTeam,
    members: Vec<TeamMember>,
    /// Of the last two months, and to come; the latest first.
    shifts: Vec<ShiftLine>,
}

#[derive(Object)]
struct MemberBody {
    state: MemberState,
    /// Needed with `refused` and `left`; the person reads it.
    reason: Option<String>,
}

/// The number to call.
#[derive(Object)]
struct MemberContact {
    phone: String,
}

#[derive(Object)]
struct ShiftTime {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

#[derive(Object)]
struct ShiftBody {
    name: String,
    task: String,
    site_id: SiteId,
    room: String,
    capacity: i32,
    project_id: Option<ProjectId>,
    times: Vec<ShiftTime>,
}

#[derive(Object)]
struct ShiftMade {
    id: ClassId,
}

/// Somebody at one meeting of a shift.
#[derive(Object)]
struct ServiceLine {
    resident_id: ResidentId,
    name: String,
    learner_number: String,
    /// As the scans say.
    #[oai(skip_serializing_if_is_none)]
    came_text: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    went_text: Option<String>,
    /// What is settled.
    #[oai(skip_serializing_if_is_none)]
    minutes: Option<i32>,
    /// Of the last correction.
    #[oai(skip_serializing_if_is_none)]
    reason: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    corrected_by: Option<String>,
}

/// One meeting of a shift.
#[derive(Object)]
struct ShiftMeeting {
    id: MeetingId,
    time_text: String,
    until_text: String,
    status: MeetingStatus,
    over: bool,
    people: Vec<ServiceLine>,
}

/// A shift with who served.
#[derive(Object)]
struct ShiftPage {
    shift: ShiftLine,
    team_id: TeamId,
    team_name: String,
    meetings: Vec<ShiftMeeting>,
}

#[derive(Object)]
struct ServiceSettled {
    /// Whose minutes are new.
    settled: u64,
}

#[derive(Object)]
struct CorrectServiceBody {
    minutes: i32,
    /// What it said before; empty: nothing was settled.
    was: Option<i32>,
    reason: String,
}

fn team_view(row: team::Model, who: &Colleague, leader: Option<String>, people: i64) -> StaffTeam {
    StaffTeam {
        mine: volunteers::may_lead(who, &row).is_ok(),
        leader_name: leader,
        people,
        id: row.id,
        name: row.name,
        purpose: row.purpose,
        leader_id: row.leader_id,
        closed: row.closed,
    }
}

async fn team_views(app: &App, who: &Colleague, rows: Vec<team::Model>) -> Result<Vec<StaffTeam>> {
    let conn = app.db.read();
    let leaders: Vec<StaffId> = rows.iter().filter_map(|row| row.leader_id).collect();
    let names = staff::names(conn, &leaders).await?;
    let sizes = store::sizes(conn).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let leader = row.leader_id.and_then(|id| names.get(&id).cloned());
            let people = sizes.get(&row.id).copied().unwrap_or(0);
            team_view(row, who, leader, people)
        })
        .collect())
}

fn shift_line(one: &Shift, now: DateTime<Utc>) -> ShiftLine {
    let class = &one.facts.class;
    let next = one.meetings.iter().find(|meeting| meeting.ends_at > now);
    let shown = next.or_else(|| one.meetings.last());
    ShiftLine {
        id: class.id,
        name: class.name.clone(),
        task: one.row.task.clone(),
        time_text: shown.map(|meeting| clock::spoken(meeting.starts_at)).unwrap_or_default(),
        site_name: one.facts.site.name.clone(),
        room: class.room.clone(),
        taken: class.taken,
        capacity: class.capacity,
        status: class.status,
        over: next.is_none(),
    }
}

async fn team_page(app: &App, who: &Colleague, id: TeamId) -> Result<TeamPage> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let found = volunteers::team_members(app, who, id).await?;
    let ids: Vec<TeamMemberId> = found.iter().map(|(row, ..)| row.id).collect();
    let mut reasons = store::last_reasons(conn, &ids).await?;
    let mut members = Vec::new();
    for (row, volunteer, person) in found {
        let hours = volunteers::hours_of(conn, volunteer.resident_id, now).await?;
        members.push(TeamMember {
            id: row.id,
            resident_id: volunteer.resident_id,
            name: person.name,
            learner_number: person.learner_number,
            phone_masked: person.phone_masked,
            skills: volunteer.skills,
            availability: volunteer.availability,
            state: row.state,
            state_text: state_text(row.state).to_owned(),
            reason: reasons.remove(&row.id),
            applied_text: clock::spoken_day(clock::local_date(row.applied_at)),
            minutes: hours.confirmed,
            stars: stars(hours.confirmed).0,
        });
    }
    let mut shifts = volunteers::shifts(conn, Some(id), now - LOOKS_BACK).await?;
    shifts.reverse();
    let rows = vec![volunteers::team(conn, id).await?];
    let team = team_views(app, who, rows).await?.pop();
    Ok(TeamPage {
        team: team.ok_or_else(|| Error::internal("a team that was found is gone"))?,
        members,
        shifts: shifts.iter().map(|one| shift_line(one, now)).collect(),
    })
}

async fn shift_page(app: &App, who: &Colleague, id: ClassId) -> Result<ShiftPage> {
    let now = app.clock.now();
    let shift = volunteers::led_shift(app, who, id).await?;
    let clock_text = |at: DateTime<Utc>| clock::minute_name(clock::local_minute(at));
    let mut meetings = Vec::new();
    for meeting in &shift.meetings {
        let rows = volunteers::rows(app, who, meeting.id).await?;
        let people = rows.into_iter().map(|row| {
            let (reason, corrected_by) = row.corrected.unzip();
            ServiceLine {
                resident_id: row.person.id,
                name: row.person.name,
                learner_number: row.person.learner_number,
                came_text: row.came.map(clock_text),
                went_text: row.went.map(clock_text),
                minutes: row.minutes,
                reason,
                corrected_by,
            }
        });
        meetings.push(ShiftMeeting {
            id: meeting.id,
            time_text: clock::spoken(meeting.starts_at),
            until_text: clock_text(meeting.ends_at),
            status: meeting.status,
            over: meeting.ends_at <= now,
            people: people.collect(),
        });
    }
    Ok(ShiftPage {
        team_id: shift.team.id,
        team_name: shift.team.name.clone(),
        shift: shift_line(&shift, now),
        meetings,
    })
}

#[OpenApi(tag = "Tag::StaffActivities", prefix_path = "/staff")]
impl StaffVolunteersApi {
    /// All teams; a leader opens their own, the centre all.
    #[oai(path = "/teams", method = "get", operation_id = "staff_teams")]
    async fn teams(&self, who: RollKeeper) -> ApiResult<Json<Page<StaffTeam>>> {
        let rows = volunteers::teams(self.0.db.read()).await?;
        Ok(Json(Page::whole(team_views(&self.0, &who.0, rows).await?)))
    }

    /// Who could lead a team.
    #[oai(path = "/team-leaders", method = "get", operation_id = "staff_team_leaders")]
    async fn leaders(&self, _who: CentreStaff) -> ApiResult<Json<Page<TeamLeader>>> {
        let rows = staff::list(&self.0).await?;
        let fits = |one: &staff_login::Model| {
            volunteers::teams::leads(one.role) && one.disabled_at.is_none()
        };
        let lines =
            rows.into_iter().filter(fits).map(|one| TeamLeader { id: one.id, name: one.name });
        Ok(Json(Page::whole(lines.collect())))
    }

    /// Write down a new team.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `not_a_leader`.
    #[oai(path = "/teams", method = "post", operation_id = "staff_add_team")]
    async fn add_team(&self, who: CentreStaff, body: Json<TeamBody>) -> ApiResult<Json<StaffTeam>> {
        let row = volunteers::save_team(&self.0, &who.0, None, &body.0.into()).await?;
        Ok(Json(team_view(row, &who.0, None, 0)))
    }

    /// Change what is said of a team, and who leads it.
    ///
    /// Codes: `missing`, `too_long`, `already_there`, `not_a_leader`, `team_not_found`.
    #[oai(path = "/teams/:id", method = "put", operation_id = "staff_change_team")]
    async fn change_team(
        &self,
        who: CentreStaff,
        id: Path<TeamId>,
        body: Json<TeamBody>,
    ) -> ApiResult<Json<StaffTeam>> {
        let row = volunteers::save_team(&self.0, &who.0, Some(id.0), &body.0.into()).await?;
        Ok(Json(team_view(row, &who.0, None, 0)))
    }

    /// A team with its people and shifts.
    ///
    /// Codes: `team_not_found`, `not_your_team`.
    #[oai(path = "/teams/:id", method = "get", operation_id = "staff_team")]
    async fn team(&self, who: RollKeeper, id: Path<TeamId>) -> ApiResult<Json<TeamPage>> {
        Ok(Json(team_page(&self.0, &who.0, id.0).await?))
    }

    /// Say where somebody stands: taken in, refused, trained, or taken out.
    ///
    /// Codes: `member_not_found`, `not_your_team`, `not_that_way`, `reason_needed`, `already_decided`.
    #[oai(path = "/team-members/:id", method = "put", operation_id = "staff_set_member")]
    async fn set_member(
        &self,
        who: RollKeeper,
        id: Path<TeamMemberId>,
        body: Json<MemberBody>,
    ) -> ApiResult<Done> {
        let MemberBody { state, reason } = body.0;
        volunteers::set_state(&self.0, &who.0, id.0, state, reason.as_deref()).await?;
        Ok(Done::Done)
    }

    /// Whom to call when something happens to them; that it was looked up is noted.
    ///
    /// Codes: `member_not_found`, `not_your_team`, `no_relative`, `out_of_scope`.
    #[oai(
        path = "/team-members/:id/contact/reveal",
        method = "post",
        operation_id = "staff_member_contact"
    )]
    async fn contact(
        &self,
        who: RollKeeper,
        id: Path<TeamMemberId>,
    ) -> ApiResult<Json<MemberContact>> {
        let phone = volunteers::reveal_contact(&self.0, &who.0, id.0).await?;
        Ok(Json(MemberContact { phone }))
    }

    /// Plan a shift.
    ///
    /// Codes: `team_not_found`, `not_your_team`, `out_of_scope`, `missing`, `too_long`, `out_of_range`,
    /// `no_meetings`, `bad_times`, `project_closed`.
    #[oai(path = "/teams/:id/shifts", method = "post", operation_id = "staff_add_shift")]
    async fn add_shift(
        &self,
        who: RollKeeper,
        id: Path<TeamId>,
        body: Json<ShiftBody>,
    ) -> ApiResult<Json<ShiftMade>> {
        let body = body.0;
        let times: Vec<courses::Times> =
            body.times.iter().map(|one| (one.starts_at, one.ends_at)).collect();
        let class = Gathering {
            kind: ClassKind::Shift,
            name: body.name,
            teacher_id: TeacherId(0),
            site_id: body.site_id,
            room: body.room,
            capacity: body.capacity,
            residence: Residence::Everyone,
            open_door: false,
            credited: false,
            smart_technology: false,
            project_id: body.project_id,
        };
        let new = NewShift { class, task: body.task };
        let id = volunteers::add_shift(&self.0, &who.0, id.0, &new, &times).await?;
        Ok(Json(ShiftMade { id }))
    }

    /// A shift with who came, went and served.
    ///
    /// Codes: `shift_not_found`, `not_your_team`.
    #[oai(path = "/shifts/:id", method = "get", operation_id = "staff_shift")]
    async fn shift(&self, who: RollKeeper, id: Path<ClassId>) -> ApiResult<Json<ShiftPage>> {
        Ok(Json(shift_page(&self.0, &who.0, id.0).await?))
    }

    /// Write down the minutes of everybody who scanned in and out.
    ///
    /// Codes: `meeting_not_found`, `shift_not_found`, `not_your_team`, `too_early`.
    #[oai(
        path = "/shift-meetings/:id/settle",
        method = "post",
        operation_id = "staff_settle_service"
    )]
    async fn settle(
        &self,
        who: RollKeeper,
        id: Path<MeetingId>,
    ) -> ApiResult<Json<ServiceSettled>> {
        Ok(Json(ServiceSettled { settled: volunteers::settle(&self.0, &who.0, id.0).await? }))
    }

    /// Say how long somebody served, and why it is not what the scans say.
    ///
    /// Codes: `meeting_not_found`, `shift_not_found`, `not_your_team`, `too_early`, `out_of_range`,
    /// `reason_needed`, `too_long`, `not_there`, `changed_meanwhile`.
    #[oai(
        path = "/shift-meetings/:id/service/:resident_id",
        method = "put",
        operation_id = "staff_correct_service"
    )]
    async fn correct(
        &self,
        who: RollKeeper,
        id: Path<MeetingId>,
        resident_id: Path<ResidentId>,
        body: Json<CorrectServiceBody>,
    ) -> ApiResult<Done> {
        let CorrectServiceBody { minutes, was, reason } = body.0;
        let of = (id.0, resident_id.0);
        volunteers::correct(&self.0, &who.0, of, was, minutes, &reason).await?;
        Ok(Done::Done)
    }
}
