//! The timetable of a week, on the wire for staff.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ClassId, MeetingId, SiteId, TeacherId};
use entity::kinds::MeetingStatus;

use crate::app::App;
use crate::clock;
use crate::courses;
use crate::error::Error;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::tags::Tag;

pub struct StaffTimetableApi(pub App);

/// A meeting in its place of the week.
#[derive(Object)]
struct WeekMeeting {
    id: MeetingId,
    class_id: ClassId,
    class_name: String,
    number: i32,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    /// The day in Shanghai.
    day: NaiveDate,
    /// Minutes after midnight there.
    start_minute: i64,
    end_minute: i64,
    site_id: SiteId,
    site_name: String,
    room: String,
    teacher_id: TeacherId,
    teacher_name: String,
    status: MeetingStatus,
    /// Why it was moved or cancelled.
    #[oai(skip_serializing_if_is_none)]
    note: Option<String>,
    /// The colleague may move it: it is still to come, and in their scope.
    movable: bool,
}

/// A week from Monday to Sunday.
#[derive(Object)]
struct Week {
    first_day: NaiveDate,
    last_day: NaiveDate,
    /// In order of time.
    meetings: Vec<WeekMeeting>,
}

#[OpenApi(tag = "Tag::StaffCourses")]
impl StaffTimetableApi {
    /// The meetings of the week in which a day lies; today's by default. An officer sees those of
    /// their own community.
    ///
    /// Codes: `bad_day`.
    #[oai(path = "/staff/timetable", method = "get", operation_id = "staff_timetable")]
    async fn week(
        &self,
        who: EnrolmentStaff,
        day: Query<Option<NaiveDate>>,
    ) -> ApiResult<Json<Week>> {
        let (conn, now) = (self.0.db.read(), self.0.clock.now());
        let day = day.0.unwrap_or_else(|| self.0.clock.today());
        if !(1970..=9000).contains(&day.year()) {
            return Err(Error::invalid("bad_day", "日期不对，请再看一看。").into());
        }
        let monday = day - TimeDelta::days(day.weekday().num_days_from_monday().into());
        let sunday = monday + TimeDelta::days(6);
        let (from, to) = (clock::at_local(monday, 0), clock::at_local(sunday, 24 * 60));
        let names = courses::site_names(conn).await?;
        let rows = courses::meetings_on(conn, from, to, None).await?;
        let own = rows
            .into_iter()
            .filter(|(_, facts)| courses::within_scope(&who.0, &facts.site).is_ok());
        let meetings = own.map(|(meeting, facts)| {
            let day = clock::local_date(meeting.starts_at);
            let minute = |at: DateTime<Utc>| (at - clock::at_local(day, 0)).num_minutes();
            WeekMeeting {
                id: meeting.id,
                class_id: facts.class.id,
                class_name: facts.class.name,
                number: meeting.number,
                day,
                start_minute: minute(meeting.starts_at),
                end_minute: minute(meeting.ends_at),
                movable: meeting.status == MeetingStatus::Planned && meeting.starts_at > now,
                starts_at: meeting.starts_at,
                ends_at: meeting.ends_at,
                site_name: names.get(&meeting.site_id).cloned().unwrap_or_default(),
                site_id: meeting.site_id,
                room: meeting.room,
                teacher_id: facts.class.teacher_id,
                teacher_name: facts.teacher_name,
                status: meeting.status,
                note: meeting.note,
            }
        });
        let meetings = meetings.collect();
        Ok(Json(Week { first_day: monday, last_day: sunday, meetings }))
    }
}
