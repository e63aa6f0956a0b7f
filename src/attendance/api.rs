//! The register on the wire: for residents, and for those who keep the rolls.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};
use qrcode::QrCode;
use qrcode::render::svg;

use entity::ids::{ClassId, MeetingId, ResidentId};
use entity::kinds::{ActorKind, AttendanceStatus, CheckInWay, ClassKind, MeetingStatus};

use crate::app::App;
use crate::attendance::{self, CheckIn, MeetingFacts, RollRow, Window, heads, store};
use crate::clock;
use crate::error::{Error, Result};
use crate::members;
use crate::staff;
use crate::wire::auth::{ForRecord, Resident, RollKeeper};
use crate::wire::page::Page;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

mod card;
mod day;
mod guests;
mod leave;
mod monitor;
mod photos;
mod presence;
mod questions;
mod scans;

use presence::HeadCountLine;

pub use card::{CardApi, StaffCardApi};
pub use day::StaffDayApi;
pub use guests::{GuestsApi, StaffGuestsApi};
pub use leave::LeaveApi;
pub use monitor::MonitorApi;
pub use photos::StaffPhotosApi;
pub use presence::StaffPresenceApi;
pub use questions::StaffQuestionsApi;
pub use scans::StaffScansApi;

/// How far a resident's list of meetings looks ahead.
const AHEAD: TimeDelta = TimeDelta::days(14);

/// Times that differ less are one.
const WORTH_SAYING: TimeDelta = TimeDelta::minutes(2);

pub struct AttendanceApi(pub App);

pub struct StaffAttendanceApi(pub App);

#[derive(Object)]
struct CheckInBody {
    /// What was scanned: the link, or the code in it.
    #[oai(validator(max_length = 500))]
    code: String,
    /// A random name that the browser gave itself, whoever is signed in.
    device: Option<String>,
}

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum CheckInOutcome {
    Recorded,
    AlreadyRecorded,
    /// A poster: the teacher or the monitor has to nod.
    AwaitsNod,
}

/// How a scan ended.
#[derive(Object)]
struct CheckInResult {
    outcome: CheckInOutcome,
    class_name: String,
    number: i32,
    time_text: String,
    /// 学时 in hundredths.
    hours_hundredths: i32,
    /// A plain sentence.
    message: String,
}

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum MyCheckIn {
    NotYet,
    Open,
    /// A poster was scanned: the teacher or the monitor has to nod.
    AwaitsNod,
    Done,
    Closed,
}

/// A meeting of one of my classes.
#[derive(Object)]
struct MyMeeting {
    meeting_id: MeetingId,
    class_id: ClassId,
    class_name: String,
    number: i32,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    time_text: String,
    site_name: String,
    room: String,
    status: MeetingStatus,
    /// Why it was moved or cancelled.
    #[oai(skip_serializing_if_is_none)]
    note: Option<String>,
    is_today: bool,
    check_in: MyCheckIn,
    on_leave: bool,
    /// Why, as the learner or the staff said.
    #[oai(skip_serializing_if_is_none)]
    leave_reason: Option<String>,
    /// The learner can still ask for leave by one tap.
    may_ask_leave: bool,
    /// Or take back the one that they asked for.
    may_take_leave_back: bool,
    /// 旁听: I have no place in the class, and come to this one meeting.
    guest: bool,
    /// I am the monitor, and keep the roll of this meeting today.
    keeps_roll: bool,
}

/// One line of my record.
#[derive(Object)]
struct MyAttendance {
    meeting_id: MeetingId,
    class_name: String,
    number: i32,
    time_text: String,
    status: AttendanceStatus,
    hours_hundredths: i32,
}

/// My hours, in hundredths, and where they come from.
#[derive(Object)]
struct MyHours {
    year_hundredths: i64,
    term_hundredths: i64,
    total_hundredths: i64,
    /// The plan's goal for a year.
    goal_hundredths: i64,
    items: Vec<MyAttendance>,
    total: u64,
}

#[OpenApi(tag = "Tag::Attendance")]
impl AttendanceApi {
    /// Check in with a scanned code, or a poster. A second scan says so and changes nothing.
    ///
    /// Codes: `code_invalid`, `card_scanned`, `code_expired`, `not_enrolled`, `too_early`, `too_late`, `meeting_cancelled`;
    /// of a poster also `no_meeting_here`.
    #[oai(path = "/me/check-in", method = "post", operation_id = "check_in")]
    async fn check_in(
        &self,
        me: Resident,
        body: Json<CheckInBody>,
    ) -> ApiResult<Json<CheckInResult>> {
        let (code, device) = (&body.0.code, body.0.device.as_deref());
        let done = attendance::check_in(&self.0, &me.0, code, device).await?;
        let (outcome, facts, message) = match done {
            CheckIn::Recorded(facts) => {
                let shift = facts.class.kind == ClassKind::Shift;
                let words = if shift {
                    "签到成功。走的时候，再扫一次签退。"
                } else {
                    "签到成功。"
                };
                (CheckInOutcome::Recorded, facts, words)
            }
            // Of a shift each scan counts, and the last says when somebody left.
            CheckIn::AlreadyRecorded(facts) if facts.class.kind == ClassKind::Shift => (
                CheckInOutcome::AlreadyRecorded,
                facts,
                "签退记下了。还没走的话，走的时候再扫一次。",
            ),
            CheckIn::AlreadyRecorded(facts) => {
                (CheckInOutcome::AlreadyRecorded, facts, "您已经签过到了，不用再签。")
            }
            CheckIn::AwaitsNod(facts) => {
                (CheckInOutcome::AwaitsNod, facts, "请到老师或班长面前，点了头就算签到。")
            }
        };
        Ok(Json(CheckInResult {
            outcome,
            class_name: facts.class.name.clone(),
            number: facts.meeting.number,
            time_text: clock::spoken(facts.meeting.starts_at),
            hours_hundredths: facts.hours_hundredths(),
            message: message.to_owned(),
        }))
    }

    /// The meetings of my classes, today and in the next two weeks.
    #[oai(path = "/me/meetings", method = "get", operation_id = "my_meetings")]
    async fn meetings(&self, who: ForRecord) -> ApiResult<Json<Page<MyMeeting>>> {
        let items = my_meetings(&self.0, who.0.learner).await.map_err(ApiError::from)?;
        Ok(Json(Page::whole(items)))
    }

    /// My hours and my whole record.
    #[oai(path = "/me/attendance", method = "get", operation_id = "my_attendance")]
    async fn hours(&self, who: ForRecord) -> ApiResult<Json<MyHours>> {
        let (hours, lines) =
            attendance::hours(&self.0, who.0.learner).await.map_err(ApiError::from)?;
        let items: Vec<MyAttendance> = lines
            .into_iter()
            .map(|line| MyAttendance {
                meeting_id: line.meeting_id,
                class_name: line.class_name,
                number: line.number,
                time_text: clock::spoken(line.starts_at),
                status: line.status,
                hours_hundredths: line.hours_hundredths,
            })
            .collect();
        Ok(Json(MyHours {
            year_hundredths: hours.year,
            term_hundredths: hours.term,
            total_hundredths: hours.total,
            goal_hundredths: self.0.config.learning.year_goal_hours * 100,
            total: items.len() as u64,
            items,
        }))
    }
}

async fn my_meetings(app: &App, me: ResidentId) -> Result<Vec<MyMeeting>> {
    let conn = app.db.read();
    let classes = store::classes_of(conn, me).await?;
    let today = app.clock.today();
    let from = clock::at_local(today, 0);
    let mut meetings = store::meetings_between(conn, from, from + AHEAD, Some(&classes)).await?;
    let guest_at = store::guests::meetings_of(conn, me).await?;
    let guest_at = store::meetings(conn, &guest_at).await?.into_values();
    meetings.extend(guest_at.filter(|facts| {
        let near = from <= facts.meeting.starts_at && facts.meeting.starts_at < from + AHEAD;
        near && !classes.contains(&facts.class_id())
    }));
    meetings.sort_by_key(|facts| (facts.meeting.starts_at, facts.meeting.id));
    let said = store::statuses(conn, me, &meetings).await?;
    let ids: Vec<_> = meetings.iter().map(|facts| facts.meeting.id).collect();
    let claimed = store::claims::by(conn, me, &ids).await?;
    let kept = attendance::monitor::classes(conn, me).await?;
    let now = app.clock.now();
    let mut mine = Vec::new();
    for facts in meetings {
        let id = facts.meeting.id;
        let status = said.get(&id).copied();
        let on_leave = status == Some(AttendanceStatus::Leave);
        let leave = if on_leave { attendance::on_leave(conn, id, me).await? } else { None };
        let guest = !classes.contains(&facts.class_id());
        let planned = facts.meeting.status == MeetingStatus::Planned;
        let is_today = clock::local_date(facts.meeting.starts_at) == today;
        let ahead = planned && now < facts.meeting.starts_at;
        let check_in = match attendance::window(app, &facts) {
            _ if status == Some(AttendanceStatus::Present) => MyCheckIn::Done,
            _ if !planned => MyCheckIn::Closed,
            Window::Before => MyCheckIn::NotYet,
            Window::Open if claimed.contains(&id) => MyCheckIn::AwaitsNod,
            Window::Open => MyCheckIn::Open,
            Window::After => MyCheckIn::Closed,
        };
        mine.push(MyMeeting {
            meeting_id: id,
            keeps_roll: is_today && planned && kept.contains(&facts.class_id()),
            class_id: facts.class_id(),
            class_name: facts.class.name,
            number: facts.meeting.number,
            starts_at: facts.meeting.starts_at,
            ends_at: facts.meeting.ends_at,
            time_text: clock::spoken(facts.meeting.starts_at),
            site_name: facts.site_name,
            room: facts.meeting.room,
            status: facts.meeting.status,
            note: facts.meeting.note,
            is_today,
            check_in,
            on_leave,
            may_ask_leave: ahead && !guest && status.is_none(),
            guest,
            may_take_leave_back: ahead && leave.as_ref().is_some_and(|leave| leave.own),
            leave_reason: leave.and_then(|leave| leave.reason),
        });
    }
    Ok(mine)
}

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum WindowState {
    Before,
    Open,
    Closed,
}

/// A meeting for whoever keeps its roll.
#[derive(Object)]
struct MeetingCard {
    id: MeetingId,
    class_id: ClassId,
    class_name: String,
    number: i32,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    time_text: String,
    site_name: String,
    room: String,
    teacher_name: String,
    status: MeetingStatus,
    /// People with a place.
    enrolled: i64,
    present: i64,
    window: WindowState,
}

/// The rotating code of a meeting.
#[derive(Object)]
struct CodeView {
    /// What the QR code says.
    link: String,
    /// The QR code as a picture.
    svg: String,
    /// Milliseconds until the next code.
    valid_for_ms: i64,
    step_s: i64,
}

/// A person on the roll.
#[derive(Object)]
struct RollLine {
    resident_id: ResidentId,
    name: String,
    learner_number: String,
    #[oai(skip_serializing_if_is_none)]
    status: Option<AttendanceStatus>,
    #[oai(skip_serializing_if_is_none)]
    way: Option<CheckInWay>,
    #[oai(skip_serializing_if_is_none)]
    time_text: Option<String>,
    hours_hundredths: i32,
    #[oai(skip_serializing_if_is_none)]
    reason: Option<String>,
    /// They scanned the poster then, and wait for a nod.
    #[oai(skip_serializing_if_is_none)]
    claimed_text: Option<String>,
    /// 班长.
    monitor: bool,
    /// 旁听: comes to this one meeting.
    guest: bool,
}

impl From<RollRow> for RollLine {
    fn from(row: RollRow) -> Self {
        Self {
            resident_id: row.resident_id,
            name: row.name,
            learner_number: row.learner_number,
            status: row.status,
            way: row.way,
            time_text: row.at.map(clock::spoken),
            hours_hundredths: row.hours_hundredths,
            reason: row.reason,
            claimed_text: row.claimed_at.map(clock::spoken),
            monitor: row.monitor,
            guest: row.guest,
        }
    }
}

/// The roll of a meeting.
#[derive(Object)]
struct Roll {
    meeting: MeetingCard,
    items: Vec<RollLine>,
    present: i64,
    total: u64,
    /// Counts of the people in the room, the latest first.
    counts: Vec<HeadCountLine>,
}

#[derive(Object)]
struct RollBody {
    status: AttendanceStatus,
    /// Needed when an earlier answer is changed.
    reason: Option<String>,
}

/// One event of the register.
#[derive(Object)]
struct EventLine {
    /// When it happened, by our clock.
    time_text: String,
    way: CheckInWay,
    /// Missing: the leave was taken back.
    #[oai(skip_serializing_if_is_none)]
    status: Option<AttendanceStatus>,
    /// When it came here, where that was later.
    #[oai(skip_serializing_if_is_none)]
    received_text: Option<String>,
    /// What the device's clock said, where that was off.
    #[oai(skip_serializing_if_is_none)]
    device_text: Option<String>,
    /// Which device.
    #[oai(skip_serializing_if_is_none)]
    device: Option<String>,
    /// Of a poster: when somebody nodded. `time_text` is when it was scanned.
    #[oai(skip_serializing_if_is_none)]
    nodded_text: Option<String>,
    /// Who did it, by name; 本人 for the learner.
    actor: String,
    #[oai(skip_serializing_if_is_none)]
    reason: Option<String>,
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffAttendanceApi {
    /// The meetings of a day that I look after; today by default.
    #[oai(path = "/staff/meetings", method = "get", operation_id = "staff_meetings")]
    async fn meetings(
        &self,
        who: RollKeeper,
        day: Query<Option<NaiveDate>>,
    ) -> ApiResult<Json<Page<MeetingCard>>> {
        let app = &self.0;
        let day = day.0.unwrap_or_else(|| app.clock.today());
        let meetings = attendance::meetings_on(app, &who.0, day).await.map_err(ApiError::from)?;
        Ok(Json(Page::whole(cards(app, meetings).await.map_err(ApiError::from)?)))
    }

    /// The present code of a meeting; ask again when it ends.
    ///
    /// Codes: `too_early`, `too_late`, `meeting_cancelled`, `not_your_class`.
    #[oai(path = "/staff/meetings/:id/code", method = "get", operation_id = "staff_meeting_code")]
    async fn code(&self, who: RollKeeper, id: Path<MeetingId>) -> ApiResult<Json<CodeView>> {
        let code = attendance::code_for(&self.0, &who.0, id.0).await.map_err(ApiError::from)?;
        let picture = QrCode::new(code.link.as_bytes())
            .map_err(|error| ApiError::from(Error::internal(error)))?;
        let svg = picture.render::<svg::Color<'_>>().min_dimensions(320, 320).build();
        Ok(Json(CodeView {
            link: code.link,
            svg,
            valid_for_ms: code.valid_for_ms,
            step_s: code.step_s,
        }))
    }

    /// The roll of a meeting.
    #[oai(path = "/staff/meetings/:id/roll", method = "get", operation_id = "staff_roll")]
    async fn roll(&self, who: RollKeeper, id: Path<MeetingId>) -> ApiResult<Json<Roll>> {
        let facts = attendance::meeting_of(&self.0, &who.0, id.0).await.map_err(ApiError::from)?;
        Ok(Json(roll(&self.0, facts).await.map_err(ApiError::from)?))
    }

    /// Mark someone by hand.
    ///
    /// Codes: `reason_needed`, `not_on_roll`, `too_early`, `meeting_cancelled`, `not_your_class`.
    #[oai(
        path = "/staff/meetings/:id/roll/:resident_id",
        method = "put",
        operation_id = "staff_set_roll"
    )]
    async fn set_roll(
        &self,
        who: RollKeeper,
        id: Path<MeetingId>,
        resident_id: Path<ResidentId>,
        body: Json<RollBody>,
    ) -> ApiResult<Json<RollLine>> {
        let (app, body) = (&self.0, body.0);
        let facts = attendance::set_roll(
            app,
            &who.0,
            id.0,
            resident_id.0,
            body.status,
            body.reason.as_deref(),
        )
        .await
        .map_err(ApiError::from)?;
        let rows = attendance::roll(app, &facts).await.map_err(ApiError::from)?;
        let row = rows.into_iter().find(|row| row.resident_id == resident_id.0);
        row.map(|row| Json(row.into()))
            .ok_or_else(|| Error::not_found("not_on_roll", "这位学员不在这个班的名单上。").into())
    }

    /// Everything that was recorded of one person at one meeting.
    #[oai(
        path = "/staff/meetings/:id/roll/:resident_id/events",
        method = "get",
        operation_id = "staff_roll_events"
    )]
    async fn events(
        &self,
        who: RollKeeper,
        id: Path<MeetingId>,
        resident_id: Path<ResidentId>,
    ) -> ApiResult<Json<Page<EventLine>>> {
        attendance::meeting_of(&self.0, &who.0, id.0).await.map_err(ApiError::from)?;
        let items = events(&self.0, id.0, resident_id.0).await.map_err(ApiError::from)?;
        Ok(Json(Page::whole(items)))
    }
}

async fn cards(app: &App, meetings: Vec<MeetingFacts>) -> Result<Vec<MeetingCard>> {
    let counts = store::counts(app.db.read(), &meetings).await?;
    Ok(meetings
        .into_iter()
        .map(|facts| {
            let (enrolled, present) = counts.get(&facts.meeting.id).copied().unwrap_or_default();
            let window = match attendance::window(app, &facts) {
                Window::Before => WindowState::Before,
                Window::Open => WindowState::Open,
                Window::After => WindowState::Closed,
            };
            MeetingCard {
                id: facts.meeting.id,
                class_id: facts.class_id(),
                class_name: facts.class.name,
                number: facts.meeting.number,
                starts_at: facts.meeting.starts_at,
                ends_at: facts.meeting.ends_at,
                time_text: clock::spoken(facts.meeting.starts_at),
                site_name: facts.site_name,
                room: facts.meeting.room,
                teacher_name: facts.teacher_name,
                status: facts.meeting.status,
                enrolled,
                present,
                window,
            }
        })
        .collect())
}

async fn roll(app: &App, facts: MeetingFacts) -> Result<Roll> {
    let items: Vec<RollLine> =
        attendance::roll(app, &facts).await?.into_iter().map(RollLine::from).collect();
    let meeting =
        cards(app, vec![facts]).await?.pop().ok_or_else(|| Error::internal("a card is missing"))?;
    let counts = heads::of(app, app.db.read(), meeting.id).await?;
    let counts = counts.into_iter().map(HeadCountLine::from).collect();
    Ok(Roll { present: meeting.present, total: items.len() as u64, meeting, items, counts })
}

async fn events(app: &App, meeting: MeetingId, resident: ResidentId) -> Result<Vec<EventLine>> {
    let conn = app.db.read();
    let rows = store::events::of(conn, meeting, resident).await?;
    let apart = |one: DateTime<Utc>, other: DateTime<Utc>| (one - other).abs() >= WORTH_SAYING;
    let ids: Vec<_> = rows
        .iter()
        .filter(|event| event.actor_kind == ActorKind::Staff)
        .filter_map(|event| event.actor_id.map(entity::ids::StaffId))
        .collect();
    let names = staff::names(conn, &ids).await?;
    let monitors: Vec<_> = rows
        .iter()
        .filter(|event| event.actor_kind == ActorKind::Resident)
        .filter_map(|event| event.actor_id.map(ResidentId))
        .filter(|actor| *actor != resident)
        .collect();
    let monitors = members::people(app, conn, &monitors).await?;
    Ok(rows
        .into_iter()
        .map(|event| EventLine {
            time_text: clock::spoken(event.happened_at),
            received_text: apart(event.received_at, event.happened_at)
                .then(|| clock::spoken(event.received_at)),
            device_text: event
                .device_at
                .filter(|at| apart(*at, event.happened_at))
                .map(clock::spoken),
            device: event.device,
            nodded_text: event.nodded_at.map(clock::spoken),
            way: event.way,
            status: event.status,
            actor: match event.actor_kind {
                ActorKind::Resident if event.actor_id == Some(resident.0) => "本人".to_owned(),
                ActorKind::Resident => {
                    let person = event.actor_id.and_then(|id| monitors.get(&ResidentId(id)));
                    let name = person.map(|person| {
                        members::name_for_others(person.name.clone(), person.name_state)
                    });
                    attendance::monitor_name(&name.unwrap_or_default())
                }
                // No family member checks in for anybody.
                ActorKind::Delegate => "家人".to_owned(),
                ActorKind::System => "系统".to_owned(),
                ActorKind::Staff => event
                    .actor_id
                    .and_then(|id| names.get(&entity::ids::StaffId(id)).cloned())
                    .unwrap_or_else(|| "工作人员".to_owned()),
            },
            reason: event.reason,
        })
        .collect())
}
