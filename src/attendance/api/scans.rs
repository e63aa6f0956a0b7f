//! Scans that devices send, and the tray, on the wire.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use entity::ids::{MeetingId, ResidentId, TrayId};
use entity::kinds::{AttendanceStatus, MeetingStatus, ScanKind, TrayOutcome};

use crate::app::App;
use crate::attendance::Keeper;
use crate::attendance::scans::{self, Outcome, Scan, Taken, Upload};
use crate::attendance::tray::{self, Entry, Settling};
use crate::attendance::why::Why;
use crate::clock;
use crate::wire::ApiResult;
use crate::wire::auth::RollKeeper;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffScansApi(pub App);

/// One scan or tap.
#[derive(Object)]
struct ScanBody {
    /// A random name; sent again under it, it is the same scan.
    scan_id: String,
    kind: ScanKind,
    /// Of a `card`: what was scanned.
    card: Option<String>,
    /// Of a `tap`, `nod` or `sample`: who.
    resident_id: Option<ResidentId>,
    /// Of a `tap`: or which number was typed.
    learner_number: Option<String>,
    /// Of a `tap` or `sample`; present where nothing is said.
    status: Option<AttendanceStatus>,
    /// Of a `tap` that changes what stands.
    reason: Option<String>,
    /// Of a `count`: so many are in the room, without the teacher.
    #[oai(validator(minimum(value = "0"), maximum(value = "999")))]
    people: Option<i32>,
    /// Of a `count`: the phone has no network, and draws names itself.
    #[oai(default)]
    draws: bool,
    /// Of a `sample`: the `scan_id` of the count after which the name was called.
    of_count: Option<String>,
    /// What the device's clock said.
    device_at: DateTime<Utc>,
}

#[derive(Object)]
pub(super) struct ScansBody {
    /// A random name that the device gave itself.
    device: String,
    /// What its clock says now: how far it is off is seen by this.
    sent_at: DateTime<Utc>,
    #[oai(validator(max_items = 200))]
    scans: Vec<ScanBody>,
}

impl From<ScansBody> for Upload {
    fn from(body: ScansBody) -> Self {
        let scan = |scan: ScanBody| Scan {
            scan_id: scan.scan_id,
            kind: scan.kind,
            card: scan.card,
            resident: scan.resident_id,
            learner_number: scan.learner_number,
            status: scan.status,
            reason: scan.reason,
            people: scan.people,
            draws: scan.draws,
            of_count: scan.of_count,
            device_at: scan.device_at,
        };
        Self {
            device: body.device,
            sent_at: body.sent_at,
            scans: body.scans.into_iter().map(scan).collect(),
        }
    }
}

#[derive(Enum)]
#[oai(rename_all = "snake_case")]
enum ScanOutcome {
    Recorded,
    /// It was here before.
    Already,
    /// It waits to be settled.
    Tray,
}

/// What became of a scan.
#[derive(Object)]
pub(super) struct ScanAnswer {
    scan_id: String,
    outcome: ScanOutcome,
    #[oai(skip_serializing_if_is_none)]
    resident_id: Option<ResidentId>,
    /// Masked where the name was not judged yet.
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    /// Why it lies in the tray: `card_forged`, `card_ended`, `card_unreadable`, `not_on_roll`,
    /// `unknown_person`, `meeting_cancelled`, `too_far`, `clock_off`, `reason_needed`,
    /// `not_your_class`, `not_monitor`, `sent_late`, `no_claim`, `sample_absent`.
    #[oai(skip_serializing_if_is_none)]
    why: Option<String>,
    /// A plain sentence.
    message: String,
    /// Of a `count` that differs from the register: whose names are to be called.
    sample: Vec<ResidentId>,
}

impl From<Taken> for ScanAnswer {
    fn from(taken: Taken) -> Self {
        let (outcome, message) = match taken.outcome {
            Outcome::Recorded => (ScanOutcome::Recorded, "已登记。".to_owned()),
            Outcome::Already => (ScanOutcome::Already, "已经登记过了。".to_owned()),
            Outcome::Tray => {
                let why = taken.why.map_or("", Why::sentence);
                (ScanOutcome::Tray, format!("{why}已放到“待处理”。"))
            }
        };
        Self {
            scan_id: taken.scan_id,
            outcome,
            resident_id: taken.resident,
            name: taken.name,
            why: taken.why.map(|why| why.word().to_owned()),
            message,
            sample: taken.sample,
        }
    }
}

/// A scan in the tray: what was sent, and what the register says.
#[derive(Object)]
struct TrayEntry {
    id: TrayId,
    meeting_id: MeetingId,
    class_name: String,
    number: i32,
    meeting_time_text: String,
    meeting_cancelled: bool,
    kind: ScanKind,
    /// In words.
    kind_text: String,
    /// Whose it is, where that is known; masked where the name was not judged yet.
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    learner_number: Option<String>,
    /// What a tap said.
    #[oai(skip_serializing_if_is_none)]
    status: Option<AttendanceStatus>,
    #[oai(skip_serializing_if_is_none)]
    reason: Option<String>,
    /// What was scanned or typed.
    raw: String,
    why: String,
    /// Why, as a plain sentence.
    why_text: String,
    /// What the register says now.
    #[oai(skip_serializing_if_is_none)]
    register: Option<AttendanceStatus>,
    uploaded_by: String,
    device: String,
    /// When it was, by our clock.
    happened_text: String,
    /// When it was, by the device's clock.
    device_text: String,
    received_text: String,
    #[oai(skip_serializing_if_is_none)]
    outcome: Option<TrayOutcome>,
    #[oai(skip_serializing_if_is_none)]
    settled_by: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    settled_text: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    settle_reason: Option<String>,
}

impl From<Entry> for TrayEntry {
    fn from(entry: Entry) -> Self {
        let (row, facts) = (entry.row, entry.facts);
        let (name, learner_number) = entry.person.unzip();
        Self {
            id: row.id,
            meeting_id: row.meeting_id,
            class_name: facts.class.name,
            number: facts.meeting.number,
            meeting_time_text: clock::spoken(facts.meeting.starts_at),
            meeting_cancelled: facts.meeting.status == MeetingStatus::Cancelled,
            kind: row.kind,
            kind_text: tray::kind_text(row.kind).to_owned(),
            name,
            learner_number,
            status: row.status,
            reason: row.reason,
            raw: row.raw,
            why_text: entry.why.map_or("", Why::sentence).to_owned(),
            why: row.why,
            register: entry.register,
            uploaded_by: entry.uploaded_by,
            device: row.device,
            happened_text: clock::spoken(row.happened_at),
            device_text: clock::spoken(row.device_at),
            received_text: clock::spoken(row.received_at),
            outcome: row.outcome,
            settled_by: entry.settled_by,
            settled_text: row.settled_at.map(clock::spoken),
            settle_reason: row.settle_reason,
        }
    }
}

#[derive(Object)]
struct TrayCount {
    waiting: u64,
}

#[derive(Object)]
struct SettleBody {
    /// Counts it, as present or as the tap said; else it does not count.
    counts: bool,
    reason: String,
    /// Whose it is, where the scan does not say so.
    learner_number: Option<String>,
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffScansApi {
    /// What a device scanned and tapped, as one. Sent again, it changes nothing.
    ///
    /// There is an answer for each scan, in the same order: what cannot be taken lies in the
    /// tray, also that of somebody who does not look after the class.
    ///
    /// Codes: `no_meeting`.
    #[oai(path = "/staff/meetings/:id/scans", method = "post", operation_id = "staff_scans")]
    async fn upload(
        &self,
        who: RollKeeper,
        id: Path<MeetingId>,
        body: Json<ScansBody>,
    ) -> ApiResult<Json<Page<ScanAnswer>>> {
        let who = Keeper::Staff(&who.0);
        let taken = scans::upload(&self.0, who, id.0, body.0.into()).await?;
        Ok(Json(Page::whole(taken.into_iter().map(ScanAnswer::from).collect())))
    }

    /// What could not be taken: what waits, or what is settled.
    #[oai(path = "/staff/tray", method = "get", operation_id = "staff_tray")]
    async fn tray(
        &self,
        who: RollKeeper,
        #[oai(default)] settled: Query<bool>,
    ) -> ApiResult<Json<Page<TrayEntry>>> {
        let entries = tray::entries(&self.0, &who.0, settled.0).await?;
        Ok(Json(Page::whole(entries.into_iter().map(TrayEntry::from).collect())))
    }

    /// How many wait.
    #[oai(path = "/staff/tray-count", method = "get", operation_id = "staff_tray_count")]
    async fn count(&self, who: RollKeeper) -> ApiResult<Json<TrayCount>> {
        let waiting = tray::entries(&self.0, &who.0, false).await?.len() as u64;
        Ok(Json(TrayCount { waiting }))
    }

    /// Settles one: it counts, or it does not; with a reason.
    ///
    /// Codes: `no_entry`, `not_your_class`, `reason_needed`, `settled`, `who_needed`,
    /// `no_resident`, `meeting_cancelled`.
    #[oai(path = "/staff/tray/:id", method = "post", operation_id = "staff_settle_scan")]
    async fn settle(
        &self,
        who: RollKeeper,
        id: Path<TrayId>,
        body: Json<SettleBody>,
    ) -> ApiResult<Done> {
        let SettleBody { counts, reason, learner_number } = body.0;
        let how = Settling { counts, reason, learner_number };
        tray::settle(&self.0, &who.0, id.0, &how).await?;
        Ok(Done::Done)
    }
}
