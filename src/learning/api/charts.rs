//! The pictures of a term, on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::TermId;

use crate::app::App;
use crate::clock;
use crate::learning;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::tags::Tag;

pub struct StaffChartsApi(pub App);

/// Sign-ups and entries in waiting lists that began in an hour.
#[derive(Object)]
struct HourBar {
    at: DateTime<Utc>,
    /// As in 9月8日（周二）9:00.
    time_text: String,
    by_themselves: i64,
    by_staff: i64,
}

/// A week of meetings that were held.
#[derive(Object)]
struct WeekBar {
    /// Its Monday.
    first_day: NaiveDate,
    meetings: i64,
    /// People with a place now, meeting by meeting.
    expected: i64,
    present: i64,
}

#[derive(Object)]
struct SiteBar {
    name: String,
    capacity: i64,
    taken: i64,
    waiting: i64,
}

/// 人次 of a month.
#[derive(Object)]
struct MonthBar {
    month: u32,
    person_times: i64,
    /// Of them, in courses that count for 智在指尖.
    smart: i64,
}

#[derive(Object)]
struct ChartsView {
    /// Hours in which somebody signed up, the first first.
    hours: Vec<HourBar>,
    weeks: Vec<WeekBar>,
    /// The largest first.
    sites: Vec<SiteBar>,
    /// The year that runs, whatever term is asked about.
    year: i32,
    months: Vec<MonthBar>,
    /// 人次 a year for 智在指尖, by the work plan.
    smart_goal: i64,
}

#[OpenApi(tag = "Tag::StaffCourses")]
impl StaffChartsApi {
    /// What is drawn of a term: sign-ups by hour, attendance by week, places by site; and 人次 of
    /// the year by month. An officer sees the sites of their community.
    ///
    /// Codes: `term_not_found`, `no_community`.
    #[oai(path = "/staff/terms/:id/charts", method = "get", operation_id = "staff_charts")]
    async fn charts(&self, who: EnrolmentStaff, id: Path<TermId>) -> ApiResult<Json<ChartsView>> {
        let charts = learning::charts(&self.0, &who.0, id.0).await?;
        let hours = charts.hours.into_iter().map(|(at, hour)| HourBar {
            at,
            time_text: clock::spoken(at),
            by_themselves: hour.by_themselves,
            by_staff: hour.by_staff,
        });
        let weeks = charts.weeks.into_iter().map(|(first_day, week)| WeekBar {
            first_day,
            meetings: week.meetings,
            expected: week.expected,
            present: week.present,
        });
        let sites = charts.sites.into_iter().map(|site| SiteBar {
            name: site.name,
            capacity: site.capacity,
            taken: site.taken,
            waiting: site.waiting,
        });
        let months = charts.months.into_iter().map(|(month, one)| MonthBar {
            month,
            person_times: one.person_times,
            smart: one.smart,
        });
        Ok(Json(ChartsView {
            hours: hours.collect(),
            weeks: weeks.collect(),
            sites: sites.collect(),
            year: charts.year,
            months: months.collect(),
            smart_goal: self.0.config.learning.smart_technology_goal,
        }))
    }
}
