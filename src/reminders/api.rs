//! 待电话提醒 for staff, and the calendar file of a class for its learners.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, Object, OpenApi};

use entity::ids::{ClassId, NoticeId, ResidentId, StaffId};
use entity::kinds::NoticeKind;

use crate::app::App;
use crate::clock;
use crate::learning::link::{self, File};
use crate::reminders::{self, Call};
use crate::staff;
use crate::wire::auth::{EnrolmentStaff, ForRecord};
use crate::wire::common::{Done, FileLink};
use crate::wire::page::Page;
use crate::wire::sheet::encoded;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

pub struct RemindersApi(pub App);

pub struct StaffRemindersApi(pub App);

/// Somebody whom WeChat does not reach.
#[derive(Object)]
struct CallLine {
    id: NoticeId,
    /// `meeting_changed` is the more urgent one.
    kind: NoticeKind,
    resident_id: ResidentId,
    name: String,
    learner_number: String,
    /// As in `138****0001`.
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    class_name: String,
    time_text: String,
    place: String,
    title: String,
    /// What is to be said.
    body: String,
    /// Who told them, and when.
    #[oai(skip_serializing_if_is_none)]
    told_text: Option<String>,
}

/// How many are to be called.
#[derive(Object)]
struct CallCount {
    waiting: u64,
}

#[derive(Object)]
struct ToldBody {
    told: bool,
}

/// The meetings of a class, for a calendar.
#[derive(ApiResponse)]
enum CalendarFile {
    /// An .ics file; its name is in Chinese (RFC 5987).
    #[oai(status = 200, content_type = "text/calendar; charset=utf-8")]
    File(Binary<Vec<u8>>, #[oai(header = "Content-Disposition")] String),
}

#[OpenApi(tag = "Tag::StaffCare")]
impl StaffRemindersApi {
    /// Whom WeChat does not reach in time, the most urgent first; with `told` whom somebody
    /// called lately.
    ///
    /// Codes: `no_community`.
    #[oai(path = "/staff/calls", method = "get", operation_id = "staff_calls")]
    async fn calls(
        &self,
        who: EnrolmentStaff,
        told: Query<Option<bool>>,
    ) -> ApiResult<Json<Page<CallLine>>> {
        let calls = reminders::calls(&self.0, &who.0, told.0.unwrap_or(false)).await?;
        let by: Vec<StaffId> = calls.iter().filter_map(|call| call.row.told_by).collect();
        let names = staff::names(self.0.db.read(), &by).await.map_err(ApiError::from)?;
        let line = |Call { row, person, values }: Call| CallLine {
            id: row.id,
            kind: row.kind,
            resident_id: row.resident_id,
            name: person.name,
            learner_number: person.learner_number,
            phone_masked: person.phone_masked,
            class_name: values.class,
            time_text: values.time,
            place: values.place,
            title: row.title,
            body: row.body,
            told_text: row.told_at.map(|at| {
                let who = row.told_by.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
                format!("{who} {}", clock::spoken(at))
            }),
        };
        Ok(Json(Page::whole(calls.into_iter().map(line).collect())))
    }

    /// How many are to be called.
    ///
    /// Codes: `no_community`.
    #[oai(path = "/staff/call-count", method = "get", operation_id = "staff_call_count")]
    async fn count(&self, who: EnrolmentStaff) -> ApiResult<Json<CallCount>> {
        Ok(Json(CallCount { waiting: reminders::waiting(&self.0, &who.0).await? }))
    }

    /// Note that somebody was told by phone, or was not after all. Who said so first stands.
    ///
    /// Codes: `no_community`, `no_call`.
    #[oai(path = "/staff/calls/:id", method = "put", operation_id = "staff_call_told")]
    async fn set_told(
        &self,
        who: EnrolmentStaff,
        id: Path<NoticeId>,
        body: Json<ToldBody>,
    ) -> ApiResult<Done> {
        reminders::set_told(&self.0, &who.0, id.0, body.0.told).await?;
        Ok(Done::Done)
    }
}

#[OpenApi(tag = "Tag::Attendance")]
impl RemindersApi {
    /// Where the meetings of a class of mine can be fetched as an .ics, for some minutes.
    ///
    /// Codes: `class_not_found`, `not_enrolled`.
    #[oai(path = "/me/classes/:id/calendar", method = "post", operation_id = "class_calendar_link")]
    async fn calendar_link(&self, who: ForRecord, id: Path<ClassId>) -> ApiResult<Json<FileLink>> {
        let learner = who.0.learner;
        reminders::must_have_place(&self.0, learner, id.0).await?;
        Ok(Json(FileLink { url: link::address(&self.0, File::Calendar, learner, id.0.0) }))
    }

    /// The meetings of a class, by a link that was made for it.
    ///
    /// Codes: `link_invalid`, `link_expired`, `class_not_found`, `not_enrolled`.
    #[oai(path = "/files/calendar", method = "get", operation_id = "calendar_file")]
    async fn calendar(&self, t: Query<String>) -> ApiResult<CalendarFile> {
        let (whose, class) = link::read(&self.0, File::Calendar, &t.0)?;
        let class = ClassId(class);
        reminders::must_have_place(&self.0, whose, class).await?;
        let (name, text) = reminders::calendar_file(&self.0, class).await?;
        let name = encoded(&format!("{name}.ics"));
        let disposition = format!("attachment; filename=\"class.ics\"; filename*=UTF-8''{name}");
        Ok(CalendarFile::File(Binary(text.into_bytes()), disposition))
    }
}
