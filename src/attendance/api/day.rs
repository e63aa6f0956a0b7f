//! The signed roll of a day on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use entity::ids::{MeetingId, ResidentId, StaffId};
use entity::kinds::{AttendanceStatus, CheckInWay, MeetingStatus};

use crate::app::App;
use crate::attendance::{Keeper, MeetingFacts, RollRow, card, day};
use crate::clock;
use crate::error::Result;
use crate::wire::ApiResult;
use crate::wire::auth::RollKeeper;
use crate::wire::tags::Tag;

pub struct StaffDayApi(pub App);

/// A day's rolls as text, and who vouches for it.
#[derive(Object)]
pub(super) struct SignedDay {
    /// JSON: `{day, issued_at, staff_id or monitor_id, count_tolerance, meetings: [{id,
    /// class_name, number, starts_at, ends_at, time_text, site_name, room, status, counted,
    /// learners: [{id, name, number, serial, status, way, reason, claimed_at, guest}]}]}`. A monitor
    /// is not told why somebody is away.
    text: String,
    /// Ed25519 over `context`, then `text`; base64 (URL-safe, no padding).
    signature: String,
    context: String,
    /// As `GET /staff/card-key` gives it.
    public_key: String,
    /// Before `NUMBER.SERIAL` in what a card's signature is of.
    card_context: String,
}

#[derive(Serialize)]
struct DayText {
    day: NaiveDate,
    issued_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_id: Option<StaffId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    monitor_id: Option<ResidentId>,
    count_tolerance: i32,
    meetings: Vec<MeetingText>,
}

#[derive(Serialize)]
struct MeetingText {
    id: MeetingId,
    class_name: String,
    number: i32,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    time_text: String,
    site_name: String,
    room: String,
    status: MeetingStatus,
    /// How many people were counted last.
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<i32>,
    learners: Vec<LearnerText>,
}

#[derive(Serialize)]
struct LearnerText {
    id: ResidentId,
    name: String,
    number: String,
    /// Of the live card; missing: there never was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<AttendanceStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<CheckInWay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// They scanned the poster then, and wait for a nod.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_at: Option<DateTime<Utc>>,
    /// 旁听: comes to this one meeting.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    guest: bool,
}

impl MeetingText {
    fn of(facts: MeetingFacts, counted: Option<i32>, learners: Vec<LearnerText>) -> Self {
        Self {
            counted,
            id: facts.meeting.id,
            number: facts.meeting.number,
            starts_at: facts.meeting.starts_at,
            ends_at: facts.meeting.ends_at,
            time_text: clock::spoken(facts.meeting.starts_at),
            room: facts.meeting.room,
            status: facts.meeting.status,
            site_name: facts.site_name,
            class_name: facts.class.name,
            learners,
        }
    }
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffDayApi {
    /// The rolls of a day that I look after, signed, to be kept on a phone; today by default.
    ///
    /// Asked again when there is a network, it brings new people, leave, and the serials of
    /// cards that were replaced since.
    #[oai(path = "/staff/day-roll", method = "get", operation_id = "staff_day_roll")]
    async fn day(
        &self,
        who: RollKeeper,
        day: Query<Option<NaiveDate>>,
    ) -> ApiResult<Json<SignedDay>> {
        let app = &self.0;
        let wanted = day.0.unwrap_or_else(|| app.clock.today());
        Ok(Json(signed(app, Keeper::Staff(&who.0), wanted).await?))
    }
}

/// A day's rolls for whoever keeps them.
pub(super) async fn signed(app: &App, who: Keeper<'_>, day: NaiveDate) -> Result<SignedDay> {
    let found = day::of(app, who, day).await?;
    let (staff_id, monitor_id) = who.ids();
    let learner = |row: RollRow| LearnerText {
        serial: found.serials.get(&row.resident_id).copied(),
        id: row.resident_id,
        name: row.name,
        number: row.learner_number,
        status: row.status,
        way: row.way,
        reason: row.reason.filter(|_| monitor_id.is_none()),
        claimed_at: row.claimed_at,
        guest: row.guest,
    };
    let meetings = found.meetings.into_iter().map(|(facts, rows)| {
        let counted = found.counted.get(&facts.meeting.id).copied();
        MeetingText::of(facts, counted, rows.into_iter().map(learner).collect())
    });
    let text = DayText {
        day,
        issued_at: app.clock.now(),
        staff_id,
        monitor_id,
        count_tolerance: app.config.attendance.count_tolerance,
        meetings: meetings.collect(),
    };
    let text = serde_json::to_string(&text)?;
    Ok(SignedDay {
        signature: day::signature(app, &text),
        context: day::CONTEXT.to_owned(),
        public_key: card::public_key(app),
        card_context: card::CONTEXT.to_owned(),
        text,
    })
}
