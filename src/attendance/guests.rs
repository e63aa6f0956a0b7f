//! 旁听: the place that a leave frees at one meeting is offered to who waits for the class.
//!
//! 1. A leave of somebody with a place in the class frees one seat (unique index), and a seat
//!    has one guest or one person who is asked (unique index): never more guests than leaves.
//! 2. The people on the waiting list are asked in its order, each once for a meeting; who is
//!    elsewhere at that time is passed over. They stay where they are on the list.
//! 3. An offer ends in time for the next, and not in the night. Nobody is asked who would
//!    have too little of the day to answer.
//! 4. Who takes their leave back comes while their seat, or another one, is kept for nobody;
//!    or the class has a free place. Else they are told. Who just comes is welcome.
//! 5. A guest is on the roll of that meeting and checks in as everybody does. They are no
//!    learner of the class: it counts as hours and 人次 of theirs, not for completing it.
//! 6. Everything that changes seats and offers holds the class, after the rows of the
//!    register where it holds those too.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseTransaction;

use entity::guest_offer::Model;
use entity::ids::{ClassId, EnrolmentId, GuestOfferId, MeetingId, ResidentId};
use entity::kinds::{AttendanceStatus, GuestStatus, MeetingStatus, NoticeKind};

use super::register::{self, Word};
use super::store::guests::is_live;
use super::{MeetingFacts, meeting_of, store};
use crate::app::App;
use crate::clock;
use crate::config;
use crate::courses;
use crate::enrolment;
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::notices::{self, GoodUntil, Meetings, NewNotice, Values};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

/// Who answers.
#[derive(Clone, Copy, Debug)]
pub enum Answerer<'a> {
    Resident(ResidentId),
    /// Somebody who looks after the class, and was told by phone.
    Staff(&'a Colleague),
}

/// What somebody was asked.
#[derive(Clone, Debug)]
pub struct Offer {
    pub row: Model,
    pub facts: MeetingFacts,
    pub person: Person,
    /// It can still be answered with yes, or with no.
    pub may_accept: bool,
    pub may_decline: bool,
}

/// How the seats of a meeting stand.
#[derive(Clone, Debug)]
pub struct Seats {
    /// That leaves have freed.
    pub freed: usize,
    /// Of these, those that are kept for nobody.
    pub free: usize,
    pub offers: Vec<Offer>,
}

/// Until when somebody who is asked now may answer; `None`: it is too late to ask.
fn answer_until(
    rules: &config::Attendance,
    now: DateTime<Utc>,
    starts_at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let last = starts_at - TimeDelta::minutes(rules.guest_answers_before_minutes);
    let least = enrolment::by_daytime(now, (0, rules.guest_offer_least_hours));
    let kept = (rules.guest_offer_hours, rules.guest_offer_daytime_hours);
    (least <= last).then(|| enrolment::by_daytime(now, kept).min(last))
}

/// What follows for the seats of a meeting from what the register says of these people.
pub(super) async fn follow(
    tx: &DatabaseTransaction,
    facts: &MeetingFacts,
    words: &HashMap<ResidentId, Vec<Word>>,
    now: DateTime<Utc>,
) -> Result<()> {
    let id = facts.meeting.id;
    if now >= facts.meeting.starts_at {
        return Ok(());
    }
    let mut people: Vec<_> = words.keys().copied().collect();
    people.sort_unstable();
    let away: HashSet<ResidentId> = words
        .iter()
        .filter(|(_, said)| register::fold(said).status == Some(AttendanceStatus::Leave))
        .map(|(resident, _)| *resident)
        .collect();
    if people.is_empty() || (away.is_empty() && !store::guests::concerns(tx, id, &people).await?) {
        return Ok(());
    }
    let class = courses::lock_class(tx, facts.class_id()).await?;
    let learners = store::places(tx, &people, &[facts.class_id()]).await?;
    let guests = store::guests::offers(tx, id).await?;
    let seats = store::guests::seats(tx, id).await?;
    for resident in people {
        let learner = learners.contains(&(resident, facts.class_id()));
        let seat = seats.iter().find(|seat| seat.leaver_id == resident);
        if !away.contains(&resident) {
            if let Some(seat) = seat.filter(|seat| seat.open) {
                // Where it was given away, both come.
                return_to(tx, facts, seat.id, true, now).await?;
            }
        } else if learner && seat.is_none_or(|seat| !seat.open) {
            store::guests::open(tx, id, resident, now).await?;
        } else if let Some(offer) = guests.iter().find(|one| one.resident_id == resident) {
            // A guest who does not come.
            if offer.status == GuestStatus::Taken {
                store::guests::answer(tx, offer, GuestStatus::GivenBack, None, now).await?;
            }
        }
    }
    if class.waiting > 0 {
        outbox::enqueue(tx, &Job::OfferGuestSeats { meeting: id }, now, now).await?;
    }
    Ok(())
}

/// Somebody comes after all; false: their seat is given away, and there is no other. `anyway`:
/// they are there.
async fn return_to(
    tx: &DatabaseTransaction,
    facts: &MeetingFacts,
    seat: entity::ids::GuestSeatId,
    anyway: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let id = facts.meeting.id;
    let offers: Vec<_> = store::guests::offers(tx, id).await?.into_iter().filter(is_live).collect();
    let seats = store::guests::seats(tx, id).await?;
    if let Some(offer) = offers.iter().find(|offer| offer.seat_id == seat) {
        let kept = |seat| offers.iter().any(|offer| offer.seat_id == seat);
        let other = seats.iter().find(|one| one.open && !kept(one.id));
        // Those who came back into a free place of the class.
        let beside = seats.iter().filter(|one| !one.open && kept(one.id)).count();
        let class = courses::class(tx, facts.class_id()).await?.class;
        let room = usize::try_from(class.capacity - class.taken).unwrap_or(0);
        match other {
            Some(other) => store::guests::move_to(tx, offer.id, other.id).await?,
            None if room > beside || anyway => {}
            None => return Ok(false),
        }
    }
    store::guests::close(tx, seat, now).await?;
    Ok(true)
}

/// Whether somebody may take their leave back; the row of the register is locked.
pub(super) async fn must_have_seat(
    tx: &DatabaseTransaction,
    facts: &MeetingFacts,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    courses::lock_class(tx, facts.class_id()).await?;
    let seats = store::guests::seats(tx, facts.meeting.id).await?;
    let seat = seats.iter().find(|seat| seat.leaver_id == resident && seat.open);
    let Some(seat) = seat else { return Ok(()) };
    if return_to(tx, facts, seat.id, false, now).await? {
        return Ok(());
    }
    let words = "您请假空出的座位，这次已经留给候补的学员了。";
    Err(Error::conflict("seat_given", words)
        .or_else("还想来，请打电话问问有没有空位。", Some("/help".to_owned())))
}

/// Asks who began to wait after a seat was freed.
///
/// # Errors
/// The database.
pub async fn round(app: &App) -> Result<()> {
    let now = app.clock.now();
    for (meeting, starts_at) in store::guests::wanted(app.db.read(), now).await? {
        if answer_until(&app.config.attendance, now, starts_at).is_some() {
            offer_seats(app, meeting).await?;
        }
    }
    Ok(())
}

/// Job: asks who waits about the seats that are kept for nobody, in order.
///
/// # Errors
/// The database.
pub async fn offer_seats(app: &App, id: MeetingId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if let Some(facts) = hold(&tx, id).await? {
        pass_on(app, &tx, &facts, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The meeting, whose class is held from now on.
async fn hold(tx: &DatabaseTransaction, id: MeetingId) -> Result<Option<MeetingFacts>> {
    let Some(facts) = store::meeting(tx, id).await? else { return Ok(None) };
    courses::lock_class(tx, facts.class_id()).await?;
    store::meeting(tx, id).await
}

async fn pass_on(
    app: &App,
    tx: &DatabaseTransaction,
    facts: &MeetingFacts,
    now: DateTime<Utc>,
) -> Result<()> {
    let meeting = &facts.meeting;
    let until = answer_until(&app.config.attendance, now, meeting.starts_at);
    let Some(until) = until.filter(|_| meeting.status == MeetingStatus::Planned) else {
        return Ok(());
    };
    let offers = store::guests::offers(tx, meeting.id).await?;
    let kept: HashSet<_> =
        offers.iter().filter(|one| is_live(one)).map(|one| one.seat_id).collect();
    let mut free = store::guests::seats(tx, meeting.id).await?;
    free.retain(|seat| seat.open && !kept.contains(&seat.id));
    if free.is_empty() {
        return Ok(());
    }
    let asked: HashSet<_> = offers.iter().map(|one| one.resident_id).collect();
    let today = clock::local_date(now);
    let mut line = enrolment::in_line(tx, facts.class_id(), today).await?;
    line.retain(|who| !asked.contains(who));
    let busy = store::guests::busy(tx, &line, (meeting.starts_at, meeting.ends_at)).await?;
    line.retain(|who| !busy.contains(who));
    for (seat, who) in free.into_iter().zip(line) {
        let place = (seat.id, meeting.id, who);
        let Some(offer) = store::guests::ask(tx, place, until, now).await? else { continue };
        let until = GoodUntil(Meetings::One(meeting.id), until);
        notices::notify_until(tx, &[asks(facts, who, until.1)], until, now).await?;
        outbox::enqueue(tx, &Job::LapseGuestOffer { offer }, now, until.1).await?;
    }
    Ok(())
}

/// Job: an offer that ran out; the next is asked.
///
/// # Errors
/// The database.
pub async fn lapse(app: &App, id: GuestOfferId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let Some((offer, facts)) = held(&tx, id).await? else { return Ok(()) };
    if offer.status == GuestStatus::Offered && offer.expires_at <= now {
        store::guests::answer(&tx, &offer, GuestStatus::Lapsed, None, now).await?;
        pass_on(app, &tx, &facts, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn held(tx: &DatabaseTransaction, id: GuestOfferId) -> Result<Option<(Model, MeetingFacts)>> {
    let Some(offer) = store::guests::offer(tx, id).await? else { return Ok(None) };
    let Some(facts) = hold(tx, offer.meeting_id).await? else { return Ok(None) };
    Ok(store::guests::offer(tx, id).await?.map(|offer| (offer, facts)))
}

/// The offer, if it is for this person to answer.
async fn theirs(
    app: &App,
    tx: &DatabaseTransaction,
    who: Answerer<'_>,
    id: GuestOfferId,
) -> Result<(Model, MeetingFacts)> {
    let none = || Error::not_found("no_guest_offer", "没有找到这个旁听的座位。");
    let (offer, facts) = held(tx, id).await?.ok_or_else(none)?;
    match who {
        Answerer::Resident(resident) if offer.resident_id != resident => Err(none()),
        Answerer::Resident(_) => Ok((offer, facts)),
        Answerer::Staff(colleague) => {
            meeting_of(app, colleague, facts.meeting.id).await?;
            Ok((offer, facts))
        }
    }
}

/// They come. Said twice it is the same as once.
///
/// # Errors
/// `no_guest_offer`, also for somebody else's; `guest_offer_expired`, `guest_offer_ended`;
/// `not_your_class`.
pub async fn accept(app: &App, who: Answerer<'_>, id: GuestOfferId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let (offer, facts) = theirs(app, &tx, who, id).await?;
    match offer.status {
        GuestStatus::Taken => return Ok(()),
        GuestStatus::Offered if now < offer.expires_at && is_ahead(&facts, now) => {}
        GuestStatus::Offered | GuestStatus::Lapsed => return Err(expired(&offer)),
        _ => return Err(ended()),
    }
    if !store::guests::answer(&tx, &offer, GuestStatus::Taken, by(who), now).await? {
        return Err(ended());
    }
    record(&tx, who, "guest.accepted", &offer, now).await?;
    tx.commit().await?;
    Ok(())
}

/// They do not come, also after having said so; the next is asked. Said twice it is the same
/// as once.
///
/// # Errors
/// `no_guest_offer`, also for somebody else's; `guest_offer_ended`: too late to give it back;
/// `not_your_class`.
pub async fn decline(app: &App, who: Answerer<'_>, id: GuestOfferId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let (offer, facts) = theirs(app, &tx, who, id).await?;
    let to = match offer.status {
        GuestStatus::Offered => GuestStatus::Declined,
        GuestStatus::Taken if is_ahead(&facts, now) => GuestStatus::GivenBack,
        GuestStatus::Taken | GuestStatus::Ended => return Err(ended()),
        GuestStatus::Declined | GuestStatus::Lapsed | GuestStatus::GivenBack => return Ok(()),
    };
    store::guests::answer(&tx, &offer, to, by(who), now).await?;
    record(&tx, who, "guest.declined", &offer, now).await?;
    pass_on(app, &tx, &facts, now).await?;
    tx.commit().await?;
    Ok(())
}

fn is_ahead(facts: &MeetingFacts, now: DateTime<Utc>) -> bool {
    facts.meeting.status == MeetingStatus::Planned && now < facts.meeting.starts_at
}

fn by(who: Answerer<'_>) -> Option<entity::ids::StaffId> {
    match who {
        Answerer::Resident(_) => None,
        Answerer::Staff(colleague) => Some(colleague.id),
    }
}

async fn record(
    tx: &DatabaseTransaction,
    who: Answerer<'_>,
    action: &str,
    offer: &Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let Answerer::Staff(colleague) = who else { return Ok(()) };
    let object = format!("meeting:{} resident:{}", offer.meeting_id, offer.resident_id);
    staff::record(tx, Some(colleague.id), action, &object, Some("电话答复"), now).await
}

fn expired(offer: &Model) -> Error {
    let until = clock::spoken(offer.expires_at);
    let words = format!("这个座位留到{until}，现在已经过时了。您还在候补名单上。");
    Error::conflict("guest_offer_expired", words).or_else("看看我的课程", Some("/mine".to_owned()))
}

fn ended() -> Error {
    Error::conflict("guest_offer_ended", "这个旁听的座位现在不能改了。")
        .or_else("看看我的课程", Some("/mine".to_owned()))
}

/// What somebody was asked about meetings that are not over, the nearest first.
///
/// # Errors
/// The database.
pub async fn mine(app: &App, resident: ResidentId) -> Result<Vec<Offer>> {
    let rows = store::guests::offers_to(app.db.read(), resident).await?;
    let mut offers = with_facts(app, rows).await?;
    let now = app.clock.now();
    let shown = [GuestStatus::Offered, GuestStatus::Taken, GuestStatus::Lapsed];
    offers.retain(|one| now < one.facts.meeting.ends_at && shown.contains(&one.row.status));
    offers.sort_by_key(|one| (one.facts.meeting.starts_at, one.row.id));
    Ok(offers)
}

/// How the seats of a meeting stand, for who looks after its class.
///
/// # Errors
/// `no_meeting`, `not_your_class`.
pub async fn of_meeting(app: &App, who: &Colleague, id: MeetingId) -> Result<Seats> {
    meeting_of(app, who, id).await?;
    let conn = app.db.read();
    let rows = store::guests::offers(conn, id).await?;
    let kept: HashSet<_> = rows.iter().filter(|one| is_live(one)).map(|one| one.seat_id).collect();
    let seats = store::guests::seats(conn, id).await?;
    let freed: Vec<_> = seats.iter().filter(|seat| seat.open || kept.contains(&seat.id)).collect();
    let free = freed.iter().filter(|seat| !kept.contains(&seat.id)).count();
    Ok(Seats { freed: freed.len(), free, offers: with_facts(app, rows).await? })
}

async fn with_facts(app: &App, rows: Vec<Model>) -> Result<Vec<Offer>> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let meetings: Vec<_> = rows.iter().map(|row| row.meeting_id).collect();
    let meetings = store::meetings(conn, &meetings).await?;
    let people: Vec<_> = rows.iter().map(|row| row.resident_id).collect();
    let people = members::people(app, conn, &people).await?;
    let offer = |row: Model| {
        let facts = meetings.get(&row.meeting_id)?.clone();
        let person = people.get(&row.resident_id)?.clone();
        let ahead = is_ahead(&facts, now);
        let may_accept = row.status == GuestStatus::Offered && ahead && now < row.expires_at;
        let may_decline = may_accept || (row.status == GuestStatus::Taken && ahead);
        Some(Offer { row, facts, person, may_accept, may_decline })
    };
    Ok(rows.into_iter().filter_map(offer).collect())
}

// ---- what becomes of it ----

/// Job: who got a place in the class for good is no guest of it any more.
///
/// # Errors
/// The database.
pub async fn placed(app: &App, enrolments: &[EnrolmentId]) -> Result<()> {
    let now = app.clock.now();
    for (resident, class) in enrolment::placed_by(app.db.read(), enrolments).await? {
        end(app, Some(class), Some(resident), now).await?;
    }
    Ok(())
}

async fn end(
    app: &App,
    class: Option<ClassId>,
    resident: Option<ResidentId>,
    now: DateTime<Utc>,
) -> Result<()> {
    // Hardly anybody: looked for without a transaction first.
    if store::guests::live_ahead(app.db.read(), class, resident, now).await?.is_empty() {
        return Ok(());
    }
    let tx = app.db.begin().await?;
    end_in(&tx, class, resident, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn end_in(
    tx: &DatabaseTransaction,
    class: Option<ClassId>,
    resident: Option<ResidentId>,
    now: DateTime<Utc>,
) -> Result<()> {
    for offer in store::guests::live_ahead(tx, class, resident, now).await? {
        store::guests::answer(tx, &offer, GuestStatus::Ended, None, now).await?;
        let job = Job::OfferGuestSeats { meeting: offer.meeting_id };
        outbox::enqueue(tx, &job, now, now).await?;
    }
    Ok(())
}

/// Of an erased resident: they come nowhere as a guest.
///
/// # Errors
/// The database.
pub async fn forget(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    end_in(tx, None, Some(resident), now).await
}

/// Job: tells the guests of a meeting that it was moved or cancelled.
///
/// # Errors
/// The database.
pub async fn changed(app: &App, id: MeetingId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let Some(facts) = hold(&tx, id).await? else { return Ok(()) };
    let mut offers = store::guests::offers(&tx, id).await?;
    offers.retain(is_live);
    let Some(change) = courses::latest_change(&tx, id).await?.filter(|_| !offers.is_empty()) else {
        return Ok(());
    };
    let cancelled = facts.meeting.status == MeetingStatus::Cancelled;
    let mut told = Vec::new();
    for offer in &offers {
        if cancelled {
            store::guests::answer(&tx, offer, GuestStatus::Ended, None, now).await?;
        }
        told.push(tells(&facts, offer, (change.id, change.old_starts_at)));
    }
    let until = GoodUntil(Meetings::One(id), facts.meeting.starts_at.max(change.old_starts_at));
    notices::notify_until(&tx, &told, until, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Job: tells the guests of a class that it meets in another room.
///
/// # Errors
/// The database.
pub async fn moved(app: &App, class: ClassId) -> Result<()> {
    let offers =
        store::guests::live_ahead(app.db.read(), Some(class), None, app.clock.now()).await?;
    let meetings: HashSet<_> = offers.into_iter().map(|offer| offer.meeting_id).collect();
    for meeting in meetings {
        changed(app, meeting).await?;
    }
    Ok(())
}

// ---- words ----

fn place(facts: &MeetingFacts) -> String {
    format!("{}{}", facts.site_name, facts.meeting.room)
}

fn notice(facts: &MeetingFacts, resident: ResidentId, key: String) -> NewNotice {
    NewNotice {
        resident,
        kind: NoticeKind::MeetingChanged,
        dedup_key: key,
        title: String::new(),
        body: String::new(),
        page: "/guest".to_owned(),
        values: Values {
            class: facts.class.name.clone(),
            time: clock::wechat_time(facts.meeting.starts_at),
            place: place(facts),
            note: String::new(),
        },
    }
}

fn asks(facts: &MeetingFacts, resident: ResidentId, until: DateTime<Utc>) -> NewNotice {
    let id = facts.meeting.id;
    let mut notice = notice(facts, resident, format!("guest:{id}:{resident}"));
    notice.kind = NoticeKind::Offered;
    "有空位，可以旁听一次".clone_into(&mut notice.title);
    notice.body = format!(
        "“{}”第 {} 次课有人请假，空出一个座位，请您来旁听这一次。时间：{}，地点：{}。\
         请在{}之前说来不来，过时就问下一位。您的候补不变。",
        facts.class.name,
        facts.meeting.number,
        clock::spoken(facts.meeting.starts_at),
        place(facts),
        clock::spoken(until)
    );
    notice.values.time = clock::wechat_time(until);
    "旁听一次，请确认".clone_into(&mut notice.values.note);
    notice
}

fn tells(facts: &MeetingFacts, offer: &Model, (change, old): (i64, DateTime<Utc>)) -> NewNotice {
    let (id, resident) = (facts.meeting.id, offer.resident_id);
    let mut notice = notice(facts, resident, format!("guest_change:{id}:{change}:{resident}"));
    let which = format!(
        "您旁听的“{}”第 {} 次课（原定{}）",
        facts.class.name,
        facts.meeting.number,
        clock::spoken(old)
    );
    let (title, body, note) = if facts.meeting.status == MeetingStatus::Cancelled {
        ("旁听的课取消了", format!("{which}取消了，不用来了。"), "取消")
    } else {
        let at = clock::spoken(facts.meeting.starts_at);
        let body = format!("{which}有变动。现在是{at}，地点：{}。", place(facts));
        ("旁听的课有变动", body, "时间地点有变动")
    };
    (notice.title, notice.body) = (title.to_owned(), body);
    note.clone_into(&mut notice.values.note);
    notice
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn at(day: u32, minute: i32) -> DateTime<Utc> {
        clock::at_local(NaiveDate::from_ymd_opt(2026, 9, day).expect("valid"), minute)
    }

    fn until(asked: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let rules = config::Attendance {
            code_step_s: 10,
            code_steps_before: 2,
            opens_before_minutes: 30,
            closes_after_minutes: 30,
            scan_within_hours: 3,
            correct_clocks: true,
            count_tolerance: 2,
            guest_offer_hours: 6,
            guest_offer_daytime_hours: 4,
            guest_answers_before_minutes: 60,
            guest_offer_least_hours: 2,
        };
        // On the 8th at nine.
        answer_until(&rules, asked, at(8, 540))
    }

    #[test]
    fn an_offer_ends_by_day_and_in_time_for_the_meeting() {
        assert_eq!(until(at(6, 600)), Some(at(6, 960)));
        // In the evening before: until the next morning, an hour before the meeting.
        assert_eq!(until(at(7, 1020)), Some(at(8, 480)));
        assert_eq!(until(at(6, 1380)), Some(at(7, 720)));
    }

    #[test]
    fn nobody_is_asked_who_would_have_too_little_of_the_day() {
        assert_eq!(until(at(7, 1140)), None);
        assert_eq!(until(at(8, 420)), None);
        assert_eq!(until(at(7, 1080)), Some(at(8, 480)));
    }
}
