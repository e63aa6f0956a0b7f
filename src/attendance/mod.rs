//! The register: who was present at which meeting, and the hours that follow.
//!
//! 1. Each scan, tap, request and correction is an event of its own, with its evidence, and
//!    is never changed. What the register says of a person and meeting (one row: unique
//!    index) is computed from all of them by one pure function (`register.rs`), in the
//!    transaction that adds one and under the row's lock: in whatever order they arrive.
//! 2. A rotating code is derived by the server from class, meeting and time step;
//!    it is accepted during its step and a few after, and once per person.
//! 3. A second scan says so and changes nothing. What a device sends has a name of the
//!    device's, and counts once.
//! 4. A change of an earlier answer needs a reason; both stay visible.
//! 5. Teachers keep the rolls of their own classes, officers those of their
//!    community, the centre all; the monitor (`monitor.rs`) that of their class, on the day.
//! 6. What a device sends is never lost: what cannot be taken lies in the tray until
//!    somebody settles it with a reason, and stays there as settled. Times are ours: a
//!    device's clock is corrected by how far it is off when it sends.
//! 7. A learner has one live card, signed; an earlier one is dead at once.
//! 8. Who checks in or asks for leave by phone does it for themselves: no family member
//!    does it for them.
//! 9. A seat that a leave frees goes to who waits, for that meeting (`guests.rs`).
//! 10. What proves nothing decides nothing: a poster waits for a nod, a head count and the
//!     names called after it lead to questions.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::class;
use entity::ids::{ClassId, CommunityId, MeetingId, ResidentId, StaffId};
use entity::kinds::{ActorKind, AttendanceStatus, CheckInWay, MeetingStatus, Role};

use crate::app::App;
use crate::clock;
use crate::config;
use crate::error::{Error, Result};
use crate::members::Learner;
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

pub mod api;
mod card;
mod code;
mod day;
mod device;
mod guests;
mod heads;
mod keeper;
mod leave;
mod marks;
mod monitor;
mod patterns;
mod photos;
mod poster;
mod questions;
mod register;
mod rush;
mod scans;
mod store;
mod tray;
mod why;
mod window;

pub use card::{Card, forget_resident, mine as my_card, replace_mine as replace_my_card};
pub use guests::{
    changed as guests_of_changed, forget as forget_guest, lapse as lapse_guest_offer,
    moved as guests_of_moved, offer_seats as offer_guest_seats, placed as guests_placed, round,
};
pub use keeper::Keeper;
pub use leave::{OnLeave, WhyAway, ask as ask_leave, on_leave, take_back as take_leave_back};
pub use marks::{Mark, marks};
pub use monitor::{class_of, classes_of, end as end_monitor, make as make_monitor};
pub use photos::{PhotoWishes, Unwilling, hand_to_news, photo_wishes};
pub use poster::{Poster, lapse as lapse_claim};
pub use rush::CheckIns;
pub use scans::{Outcome, Scan, Taken, Upload, upload as take_scans};
pub use store::{HoursLine, MeetingFacts, guests::was_guest, hours_of};
pub use window::Window;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// How a scan ended.
#[derive(Debug)]
pub enum CheckIn {
    Recorded(MeetingFacts),
    AlreadyRecorded(MeetingFacts),
    /// A poster: somebody has to nod.
    AwaitsNod(MeetingFacts),
}

/// The code on the teacher's screen.
#[derive(Debug)]
pub struct Code {
    /// What the QR code says: an ordinary link, for any camera.
    pub link: String,
    /// How long until the next code.
    pub valid_for_ms: i64,
    pub step_s: i64,
}

/// A person on the roll.
#[derive(Debug)]
pub struct RollRow {
    pub resident_id: ResidentId,
    pub name: String,
    pub learner_number: String,
    pub status: Option<AttendanceStatus>,
    pub hours_hundredths: i32,
    /// Of the event that stands: how, when and why.
    pub way: Option<CheckInWay>,
    pub at: Option<DateTime<Utc>>,
    pub reason: Option<String>,
    /// They scanned the poster then, and wait for a nod.
    pub claimed_at: Option<DateTime<Utc>>,
    /// 班长.
    pub monitor: bool,
    /// 旁听: comes to this one meeting.
    pub guest: bool,
}

/// Whose meetings a colleague may see.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    All,
    Community(CommunityId),
    Teacher(StaffId),
}

impl Scope {
    /// # Errors
    /// An officer without a community.
    pub fn of(colleague: &Colleague) -> Result<Self> {
        match (colleague.role, colleague.community) {
            (Role::Officer, Some(community)) => Ok(Self::Community(community)),
            (Role::Officer, None) => {
                Err(Error::forbidden("no_community", "您的账号还没有设定社区，请联系管理员。"))
            }
            (Role::Teacher, _) => Ok(Self::Teacher(colleague.id)),
            _ => Ok(Self::All),
        }
    }

    fn holds(self, facts: &MeetingFacts) -> bool {
        match self {
            Self::All => true,
            Self::Community(community) => facts.community_id == Some(community),
            Self::Teacher(staff) => facts.teacher_staff_id == Some(staff),
        }
    }
}

/// The meeting, if this colleague may keep its roll.
///
/// # Errors
/// No such meeting, or another's.
pub async fn meeting_of(app: &App, colleague: &Colleague, id: MeetingId) -> Result<MeetingFacts> {
    let facts = existing(app, id).await?;
    if Scope::of(colleague)?.holds(&facts) {
        return Ok(facts);
    }
    Err(Error::forbidden("not_your_class", "这不是您负责的班级。"))
}

async fn existing(app: &App, id: MeetingId) -> Result<MeetingFacts> {
    let none = || Error::not_found("no_meeting", "没有找到这次课。");
    store::meeting(app.db.read(), id).await?.ok_or_else(none)
}

/// The meetings of a day that this colleague looks after.
///
/// # Errors
/// The database.
pub async fn meetings_on(
    app: &App,
    colleague: &Colleague,
    day: NaiveDate,
) -> Result<Vec<MeetingFacts>> {
    let scope = Scope::of(colleague)?;
    let (from, to) = (clock::at_local(day, 0), clock::at_local(day, 24 * 60));
    let mut meetings = store::meetings_between(app.db.read(), from, to, None).await?;
    meetings.retain(|facts| scope.holds(facts));
    Ok(meetings)
}

/// The next meeting of these classes within two weeks, if there is one.
///
/// # Errors
/// The database.
pub async fn next_meeting(
    app: &App,
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
) -> Result<Option<MeetingFacts>> {
    let now = app.clock.now();
    let meetings =
        store::meetings_between(conn, now, now + TimeDelta::days(14), Some(classes)).await?;
    Ok(meetings.into_iter().find(|facts| facts.meeting.status == MeetingStatus::Planned))
}

/// How many are present at each of these meetings; those with nobody are missing.
///
/// # Errors
/// The database.
pub async fn present_counts(
    conn: &impl ConnectionTrait,
    meetings: &[MeetingId],
) -> Result<HashMap<MeetingId, i64>> {
    store::present_counts(conn, meetings).await
}

/// When somebody was seen at a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    pub came: DateTime<Utc>,
    /// They were seen once more, and this was the last time.
    pub went: Option<DateTime<Utc>>,
}

/// When each who was at a meeting came, and when they went, as the register's events say.
///
/// # Errors
/// The database.
pub async fn stays(
    conn: &impl ConnectionTrait,
    meeting: MeetingId,
) -> Result<HashMap<ResidentId, Stay>> {
    let words = store::events::words(conn, meeting, None).await?;
    let stay = |(resident, words): (ResidentId, Vec<register::Word>)| {
        let (came, went) = register::seen(&words)?;
        Some((resident, Stay { came, went }))
    };
    Ok(words.into_iter().filter_map(stay).collect())
}

/// When the check-in of a meeting is open.
pub fn window(app: &App, facts: &MeetingFacts) -> Window {
    window_at(&app.config.attendance, app.clock.now(), facts)
}

fn window_at(rules: &config::Attendance, now: DateTime<Utc>, facts: &MeetingFacts) -> Window {
    Window::at(
        now,
        facts.meeting.starts_at,
        facts.meeting.ends_at,
        rules.opens_before_minutes,
        rules.closes_after_minutes,
    )
}

/// The present code of a meeting.
///
/// # Errors
/// Another's class, a cancelled meeting, or not the time for it.
pub async fn code_for(app: &App, colleague: &Colleague, id: MeetingId) -> Result<Code> {
    let facts = meeting_of(app, colleague, id).await?;
    refuse_outside(&app.config.attendance, app.clock.now(), &facts)?;
    let step_s = app.config.attendance.code_step_s;
    let now = app.clock.now();
    let token = code::token(&app.vault, facts.class_id(), id, code::step(now, step_s));
    Ok(Code {
        link: format!("{}/m/?c={token}", app.config.server.public_url),
        valid_for_ms: step_s * 1000 - now.timestamp_millis().rem_euclid(step_s * 1000),
        step_s,
    })
}

fn refuse_outside(
    rules: &config::Attendance,
    now: DateTime<Utc>,
    facts: &MeetingFacts,
) -> Result<()> {
    if facts.meeting.status == MeetingStatus::Cancelled {
        return Err(Error::conflict("meeting_cancelled", "这次课已经取消，不用签到。"));
    }
    match window_at(rules, now, facts) {
        Window::Open => Ok(()),
        Window::Before => Err(Error::conflict(
            "too_early",
            format!(
                "还没到签到时间。{}的课，提前{}分钟开始签到。",
                clock::spoken(facts.meeting.starts_at),
                rules.opens_before_minutes
            ),
        )),
        Window::After => Err(Error::conflict("too_late", "这次课的签到已经结束。")
            .or_else("请告诉老师，由老师在名单上补签。", None)),
    }
}

/// A resident scanned a code or a poster (with any camera; the link or what stands in it).
///
/// # Errors
/// A forged or old code, a card, the wrong time, or somebody who has no place in the class;
/// each with what to do instead.
pub async fn check_in(
    app: &App,
    who: &Learner,
    scanned: &str,
    device: Option<&str>,
) -> Result<CheckIn> {
    if card::looks_like_one(scanned) {
        return Err(Error::invalid("card_scanned", "这是学员卡，请给老师扫。")
            .or_else("自己签到，请扫老师屏幕上的码。", Some("/checkin".to_owned())));
    }
    if let Some(poster) = Poster::read(scanned) {
        return poster::claim(app, who, poster, device_of(who, device)).await;
    }
    let token = code::Token::parse(scanned).ok_or_else(invalid_code)?;
    let device = Some(device_of(who, device));
    app.check_ins.ask(rush::Scanned { token, who: who.id, device }).await
}

fn invalid_code() -> Error {
    Error::invalid("code_invalid", "这不是签到码。")
        .or_else("请对准老师屏幕上的二维码再扫一次。", Some("/checkin".to_owned()))
}

fn not_enrolled(class: &class::Model) -> Error {
    Error::forbidden("not_enrolled", format!("您没有报名“{}”。", class.name))
        .or_else("看看这个班还能不能报名。", Some(format!("/classes/{}", class.id)))
}

/// So much of a session's hash tells phones apart; it opens nothing.
const DEVICE_MARK: usize = 12;

/// What a phone calls itself; where it says nothing, the session is the phone.
fn device_of(who: &Learner, said: Option<&str>) -> String {
    let said = device::cut(said.unwrap_or_default(), device::LONGEST_NAME);
    if said.is_empty() { who.token_hash.chars().take(DEVICE_MARK).collect() } else { said }
}

/// How a monitor is named where it matters that they are one.
fn monitor_name(name: &str) -> String {
    format!("{name}（班长）")
}

/// When something happens that is said here and now: after all that was said, also by an
/// instance whose clock is a little faster.
fn latest(words: &[register::Word], now: DateTime<Utc>) -> DateTime<Utc> {
    let last = words.iter().map(|word| word.happened_at).max();
    last.map_or(now, |last| now.max(last + TimeDelta::milliseconds(1)))
}

/// Lets the rows of these people, which are locked, say what follows from all that was said.
async fn compute(
    tx: &DatabaseTransaction,
    facts: &MeetingFacts,
    residents: &[ResidentId],
    now: DateTime<Utc>,
) -> Result<()> {
    let mut words = store::events::words(tx, facts.meeting.id, Some(residents)).await?;
    for resident in residents {
        words.entry(*resident).or_default();
    }
    settle(tx, facts, &words, now).await
}

/// …of which this was said.
async fn settle(
    tx: &DatabaseTransaction,
    facts: &MeetingFacts,
    words: &HashMap<ResidentId, Vec<register::Word>>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (id, hours) = (facts.meeting.id, facts.hours_hundredths());
    let standings = words.iter().map(|(resident, said)| (*resident, register::fold(said)));
    store::events::set_all(tx, id, standings, hours, now).await?;
    guests::follow(tx, facts, words, now).await?;
    look_again(tx, facts, now).await
}

/// What was concluded from the register of a meeting that is over is looked at anew.
async fn look_again(
    tx: &DatabaseTransaction,
    facts: &MeetingFacts,
    now: DateTime<Utc>,
) -> Result<()> {
    if now >= facts.meeting.ends_at {
        outbox::enqueue(tx, &Job::FollowMeeting { meeting: facts.meeting.id }, now, now).await?;
    }
    Ok(())
}

/// A reason as it is kept; none where there is nothing in it.
fn reason(text: Option<&str>) -> Result<Option<String>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > LONGEST_REASON) {
        return Err(Error::invalid("reason_too_long", "原因请写在 200 字以内。"));
    }
    Ok(text.map(str::to_owned))
}

/// The roll of a meeting: everyone with a place, and whoever was ever marked.
///
/// # Errors
/// The database.
pub async fn roll(app: &App, facts: &MeetingFacts) -> Result<Vec<RollRow>> {
    let open = window(app, facts) != Window::After;
    store::roll(app.db.read(), facts.meeting.id, facts.class_id(), open).await
}

/// A teacher or staff member marks someone by hand.
///
/// # Errors
/// Another's class; a person not on this roll; a change without a reason; presence
/// at a meeting that has not begun.
pub async fn set_roll(
    app: &App,
    colleague: &Colleague,
    id: MeetingId,
    resident: ResidentId,
    status: AttendanceStatus,
    reason: Option<&str>,
) -> Result<MeetingFacts> {
    let facts = meeting_of(app, colleague, id).await?;
    if facts.meeting.status == MeetingStatus::Cancelled {
        return Err(Error::conflict("meeting_cancelled", "这次课已经取消，不用点名。"));
    }
    if window(app, &facts) == Window::Before && status != AttendanceStatus::Leave {
        return Err(Error::conflict("too_early", "还没到上课时间，现在只能登记请假。"));
    }
    let reason = self::reason(reason)?;
    let known = facts.class.open_door
        || store::on_roll(app.db.read(), id, facts.class_id()).await?.contains(&resident);
    if !known {
        return Err(Error::not_found("not_on_roll", "这位学员不在这个班的名单上。"));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let words = store::events::hold(&tx, id, resident, now).await?;
    let before = register::fold(&words);
    // With a reason it is a word of its own: what happened before it may come later.
    if before.status == Some(status) && reason.is_none() {
        return Ok(facts);
    }
    if !before.takes_without_reason(status) && reason.is_none() {
        return Err(Error::invalid("reason_needed", "改动已有的记录，请写明原因。"));
    }
    let event = store::events::NewEvent {
        meeting: id,
        resident,
        way: CheckInWay::Roll,
        status: Some(status),
        actor_kind: ActorKind::Staff,
        actor_id: Some(colleague.id.0),
        reason: reason.clone(),
        code_step: None,
        happened_at: latest(&words, now),
        device_at: None,
        device: None,
        scan_id: None,
        nodded_at: None,
    };
    store::events::append(&tx, &[event], now).await?;
    compute(&tx, &facts, &[resident], now).await?;
    if before.status.is_some() {
        let object = format!("meeting:{id} resident:{resident}");
        let reason = reason.as_deref();
        staff::record(&tx, Some(colleague.id), "attendance.corrected", &object, reason, now)
            .await?;
    }
    tx.commit().await?;
    Ok(facts)
}

/// 学时 of a resident, in hundredths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    pub year: i64,
    pub term: i64,
    pub total: i64,
}

/// The hours of this calendar year, of the term around today, and of all time.
///
/// # Errors
/// The database.
pub async fn hours(app: &App, resident: ResidentId) -> Result<(Hours, Vec<HoursLine>)> {
    let lines = store::hours_lines(app.db.read(), resident).await?;
    let today = app.clock.today();
    let mut hours = Hours::default();
    for line in &lines {
        let day = clock::local_date(line.starts_at);
        let counted = i64::from(line.hours_hundredths);
        hours.total += counted;
        if chrono::Datelike::year(&day) == chrono::Datelike::year(&today) {
            hours.year += counted;
        }
        if line.term_days.is_some_and(|(first, last)| first <= today && today <= last) {
            hours.term += counted;
        }
    }
    Ok((hours, lines))
}
