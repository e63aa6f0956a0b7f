//! 上课提醒: learners hear of a meeting before it begins, by WeChat or by a call.
//!
//! 1. A term says whether and at which minute: on the day before, and on the day itself.
//!    Nobody is woken: what was missed in the evening is left to the morning.
//! 2. Everybody with a place who is not on leave, at a meeting that takes place. Each hears
//!    once of each kind and day, however many instances look and however often one is
//!    killed: the meeting is noted (unique index) with its job, the words with their key.
//! 3. What is said of a meeting is a notice; a change of it overtakes what was said before
//!    (`notices/`).
//! 4. Whom WeChat has not reached, and who has not read it in “消息”, is called (待电话提醒):
//!    by officers the people of their own community, by the centre all. Who told whom stands,
//!    and whoever was told in the last day is not called again for the next reminder.
//! 5. A calendar file says of each meeting what stands now, under a name that stays, with a
//!    number that rises with each change: a calendar that has it changes its own.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use entity::ids::{MeetingId, ResidentId};
use entity::kinds::{MeetingStatus, NoticeKind, ReminderKind};
use entity::{meeting, term};

use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts};
use crate::error::Result;
use crate::notices::{self, GoodUntil, Meetings, NewNotice, Values};
use crate::outbox::{self, Job};

pub mod api;
mod calendar;
mod calls;
mod store;

pub use calendar::{file as calendar_file, must_have_place};
pub use calls::{Call, calls, set_told, waiting};

/// From this minute of the day on nobody is reminded of tomorrow.
const EVENING_ENDS: i32 = 21 * 60;

/// A meeting that begins sooner is no longer reminded of.
const TOO_LATE: TimeDelta = TimeDelta::minutes(20);

/// Which reminder of a meeting is due.
fn due(meeting: &meeting::Model, term: &term::Model, now: DateTime<Utc>) -> Option<ReminderKind> {
    if meeting.status != MeetingStatus::Planned || meeting.starts_at - now < TOO_LATE {
        return None;
    }
    let (today, minute) = (clock::local_date(now), clock::local_minute(now));
    let day = clock::local_date(meeting.starts_at);
    let past = |at: Option<i32>| at.is_some_and(|at| minute >= at);
    if day == today {
        past(term.remind_on_day_at).then_some(ReminderKind::SameDay)
    } else if Some(day) == today.succ_opt() {
        (past(term.remind_before_at) && minute < EVENING_ENDS).then_some(ReminderKind::DayBefore)
    } else {
        None
    }
}

/// Asks for the reminders that are due, each once.
///
/// # Errors
/// The database.
pub async fn round(app: &App) -> Result<()> {
    let now = app.clock.now();
    let until = clock::at_local(clock::local_date(now) + TimeDelta::days(2), 0);
    let meetings = courses::meetings_on(app.db.read(), now, until, None).await?;
    let due = meetings.iter().filter_map(|(meeting, facts)| {
        let kind = due(meeting, &facts.term, now)?;
        Some((meeting.id, kind, clock::local_date(meeting.starts_at)))
    });
    let mut due: Vec<(MeetingId, ReminderKind, NaiveDate)> = due.collect();
    let begun = store::begun(app.db.read(), &due).await?;
    due.retain(|one| !begun.contains(one));
    if due.is_empty() {
        return Ok(());
    }
    let tx = app.db.begin().await?;
    let begun = store::begin(&tx, &due, now).await?;
    let job = |(meeting, of)| Job::RemindMeeting { meeting, of };
    let jobs: Vec<_> = begun.into_iter().map(job).collect();
    outbox::enqueue_all(&tx, &jobs, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Reminds the learners of a meeting (a job), if that still makes sense.
///
/// # Errors
/// The database.
pub async fn remind(app: &App, id: MeetingId, kind: ReminderKind) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let (meeting, facts) = courses::meeting(&tx, id).await?;
    if due(&meeting, &facts.term, now) != Some(kind) {
        return Ok(());
    }
    let site = courses::site_names(&tx).await?.remove(&meeting.site_id).unwrap_or_default();
    let place = format!("{site}{}", meeting.room);
    let who = store::to_remind(&tx, id, facts.class.id).await?;
    let new: Vec<_> =
        who.into_iter().map(|one| words(one, kind, (&meeting, &facts), &place)).collect();
    let until = GoodUntil(Meetings::One(id), meeting.starts_at);
    notices::notify_of_meetings(&tx, &new, until, now).await?;
    tx.commit().await?;
    Ok(())
}

fn words(
    resident: ResidentId,
    kind: ReminderKind,
    (meeting, facts): (&meeting::Model, &ClassFacts),
    place: &str,
) -> NewNotice {
    let (title, day) = match kind {
        ReminderKind::DayBefore => ("明天有课", "明天"),
        ReminderKind::SameDay => ("今天有课", "今天"),
    };
    let class = &facts.class.name;
    let at = clock::spoken(meeting.starts_at);
    NewNotice {
        resident,
        kind: NoticeKind::Reminder,
        dedup_key: format!(
            "reminder:{}:{}:{}:{resident}",
            meeting.id,
            kind.as_str(),
            clock::local_date(meeting.starts_at)
        ),
        title: title.to_owned(),
        body: format!(
            "{day}有课：“{class}”第 {} 次课，{at}，地点：{place}。来不了，请先请假。",
            meeting.number
        ),
        page: format!("/classes/{}", facts.class.id),
        values: Values {
            class: class.clone(),
            time: clock::wechat_time(meeting.starts_at),
            place: place.to_owned(),
            note: format!("{title}，请准时来"),
        },
    }
}

#[cfg(test)]
mod tests {
    use entity::ids::{ClassId, SiteId};

    use super::*;
    use crate::courses::sample;

    fn at(day: u32, minute: i32) -> DateTime<Utc> {
        clock::at_local(NaiveDate::from_ymd_opt(2026, 9, day).expect("valid"), minute)
    }

    fn term(before: Option<i32>, on_day: Option<i32>) -> term::Model {
        term::Model { remind_before_at: before, remind_on_day_at: on_day, ..sample::term() }
    }

    /// On the 8th at nine.
    fn meeting() -> meeting::Model {
        meeting::Model {
            id: MeetingId(1),
            class_id: ClassId(1),
            number: 2,
            starts_at: at(8, 540),
            ends_at: at(8, 630),
            site_id: SiteId(1),
            room: String::new(),
            status: MeetingStatus::Planned,
            note: None,
        }
    }

    #[test]
    fn a_meeting_is_near_in_the_evening_before_and_in_the_morning() {
        let (term, meeting) = (term(Some(1080), Some(450)), meeting());
        let is = |day, minute| due(&meeting, &term, at(day, minute));
        assert_eq!(is(6, 1100), None);
        assert_eq!((is(7, 1079), is(7, 1080)), (None, Some(ReminderKind::DayBefore)));
        assert_eq!((is(7, 1259), is(7, 1260)), (Some(ReminderKind::DayBefore), None));
        assert_eq!((is(8, 0), is(8, 450)), (None, Some(ReminderKind::SameDay)));
        assert_eq!((is(8, 520), is(8, 521)), (Some(ReminderKind::SameDay), None));
    }

    #[test]
    fn nobody_is_reminded_where_the_term_says_so_or_nothing_takes_place() {
        let silent = term(None, None);
        assert_eq!(due(&meeting(), &silent, at(7, 1100)), None);
        assert_eq!(due(&meeting(), &silent, at(8, 460)), None);
        let cancelled = meeting::Model { status: MeetingStatus::Cancelled, ..meeting() };
        assert_eq!(due(&cancelled, &term(Some(1080), Some(450)), at(7, 1100)), None);
    }
}
