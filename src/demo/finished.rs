//! A class of the term before, with its certificates: something to look at where a class ends.

use chrono::{Datelike, TimeDelta};

use entity::ids::ResidentId;
use entity::kinds::AttendanceStatus;

use super::seed::{back_then, keeper, sign_up};
use crate::app::App;
use crate::attendance;
use crate::clock;
use crate::courses::{self, NewClass, NewTerm, Offer, TermRules};
use crate::error::Result;
use crate::learning::{self, certificates};

/// So many learnt there: the class was full.
const LEARNERS: usize = 6;
const MEETINGS: i32 = 8;

/// All came but the last, who was ill for long; the teacher let them pass, and they have
/// their certificates.
pub(super) async fn class(app: &App, residents: &[ResidentId]) -> Result<()> {
    let now = app.clock.now();
    let first_day = clock::local_date(now) - TimeDelta::days(90);
    let opens = clock::at_local(first_day - TimeDelta::days(20), 9 * 60);
    let (then, time) = back_then(app, opens + TimeDelta::days(1));
    let who = keeper(app).await?;
    let term = NewTerm {
        name: format!("{}年示例学期（上一期）", first_day.year()),
        first_day,
        last_day: first_day + TimeDelta::days(58),
        enrolment_opens_at: opens,
        enrolment_closes_at: opens + TimeDelta::days(40),
        max_classes_per_person: 3,
        min_age: 50,
        rules: TermRules::default(),
        held_percent: 0,
        held_hours: 0,
    };
    let conn = app.db.read();
    let course = courses::courses(conn).await?.into_iter().find(|one| one.name == "农耕文化");
    let teacher = courses::teachers(conn).await?.into_iter().find(|one| one.staff_id.is_some());
    let site = courses::sites(conn).await?.into_iter().next();
    let (Some(course), Some(teacher), Some(site)) = (course, teacher, site) else {
        return Ok(());
    };
    let tx = app.db.begin().await?;
    let term = courses::create_term(&tx, None, &term, then.clock.now()).await?.id;
    let new = NewClass {
        term_id: term,
        course_id: course.id,
        teacher_id: teacher.id,
        site_id: site.id,
        name: "农耕文化·上期班".to_owned(),
        room: "201教室".to_owned(),
        capacity: i32::try_from(LEARNERS).unwrap_or(1),
        weekday: 4,
        start_minute: 9 * 60,
        duration_minutes: 90,
        meeting_count: MEETINGS,
        held_percent: None,
        offer: Offer::default(),
    };
    let class = courses::create_class(&tx, None, &new, then.clock.now()).await?.id;
    tx.commit().await?;
    let learners = &residents[..LEARNERS];
    for resident in learners {
        sign_up(&then, *resident, class).await?;
    }
    for (nth, meeting) in courses::meetings(app.db.read(), class).await?.iter().enumerate() {
        time.advance(meeting.starts_at - time.now());
        for resident in learners {
            let ill = nth > 2 && *resident == learners[LEARNERS - 1];
            let status = if ill { AttendanceStatus::Leave } else { AttendanceStatus::Present };
            attendance::set_roll(&then, &who, meeting.id, *resident, status, None).await?;
        }
    }
    time.advance(TimeDelta::days(7));
    learning::let_all_pass(&then, &who, class).await?;
    certificates::issue(&then, &who, class).await?;
    Ok(())
}
