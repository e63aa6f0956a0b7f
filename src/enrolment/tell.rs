//! What learners are told, in plain sentences that can be read aloud.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::enrolment::Model;
use entity::ids::{ClassId, EnrolmentId, MeetingId, ResidentId};
use entity::kinds::{ActorKind, EnrolmentStatus, Kinship, MeetingStatus, NoticeKind};
use entity::{meeting, meeting_change};

use super::{Actor, store};
use crate::app::App;
use crate::clock;
use crate::courses::{self, ClassFacts};
use crate::error::Result;
use crate::family;
use crate::notices::{self, GoodUntil, Meetings, NewNotice, Values};
use crate::outbox::{self, Job};

/// All who were placed are to be told: one job for them, so that a rush writes their
/// words later.
pub(super) async fn placed(
    tx: &DatabaseTransaction,
    enrolments: Vec<EnrolmentId>,
    now: DateTime<Utc>,
) -> Result<()> {
    if enrolments.is_empty() {
        return Ok(());
    }
    outbox::enqueue_all(tx, &[Job::TellPlaced { enrolments }], now).await
}

/// Job: tells those who were placed, and still are.
///
/// # Errors
/// The database.
pub async fn tell_placed(app: &App, enrolments: &[EnrolmentId]) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let mut rows = store::by_ids(&tx, enrolments).await?;
    rows.retain(|row| row.status == EnrolmentStatus::Placed);
    let classes: BTreeSet<_> = rows.iter().map(|row| row.class_id).collect();
    let classes: Vec<_> = classes.into_iter().collect();
    let facts = courses::classes(&tx, &classes).await?;
    let next = next_meetings(&tx, &classes, now).await?;
    // The last step of each is what placed them.
    let changes = store::changes(&tx, enrolments).await?;
    let last: HashMap<_, _> = changes.iter().map(|change| (change.enrolment_id, change)).collect();
    let mut notices = Vec::with_capacity(rows.len());
    for row in &rows {
        let Some(facts) = facts.get(&row.class_id) else { continue };
        let by = match last.get(&row.id).map(|change| (change.actor_kind, change.actor_id)) {
            Some((ActorKind::Delegate, Some(id))) => {
                Some(family::relation(&tx, row.resident_id, ResidentId(id)).await?)
            }
            _ => None,
        };
        notices.push(placed_words(row, facts, next.get(&row.class_id), by));
    }
    notices::notify_all(&tx, &notices, now).await?;
    tx.commit().await?;
    Ok(())
}

/// `by`: the family member who did it.
fn placed_words(
    row: &Model,
    facts: &ClassFacts,
    next: Option<&meeting::Model>,
    by: Option<Kinship>,
) -> NewNotice {
    let class = &facts.class;
    let place = place(&facts.site.name, &class.room);
    let first = next
        .map(|meeting| format!("下一次课：{}。", clock::spoken(meeting.starts_at)))
        .unwrap_or_default();
    let you = match by {
        None => "您已报上".to_owned(),
        Some(by) => format!("您的{}替您报上了", family::relation_text(by)),
    };
    let body =
        format!("{you}“{}”，{}，地点：{place}。{first}", class.name, courses::time_text(class));
    let starts_at = next.map_or_else(
        || clock::at_local(facts.term.first_day, class.start_minute),
        |meeting| meeting.starts_at,
    );
    NewNotice {
        resident: row.resident_id,
        kind: NoticeKind::Placed,
        dedup_key: format!("placed:{}", row.id),
        title: "报名成功".to_owned(),
        body,
        page: "/mine".to_owned(),
        values: Values {
            class: class.name.clone(),
            time: clock::wechat_time(starts_at),
            place,
            note: "请按时上课".to_owned(),
        },
    }
}

/// Tells the learner that a family member put them on a waiting list; of their own they
/// know.
pub(super) async fn waits(
    tx: &DatabaseTransaction,
    actor: Actor,
    row: &Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let Actor::Delegate { .. } = actor else { return Ok(()) };
    let class = courses::class(tx, row.class_id).await?.class.name;
    let key = format!("waits:{}", row.id);
    tell_of_act(tx, actor, &format!("替您报了“{class}”的候补"), &class, key, now).await
}

/// Tells the learner that a family member took them out.
pub(super) async fn left(
    tx: &DatabaseTransaction,
    actor: Actor,
    row: &Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let Actor::Delegate { .. } = actor else { return Ok(()) };
    let class = courses::class(tx, row.class_id).await?.class.name;
    let key = format!("left:{}", row.id);
    tell_of_act(tx, actor, &format!("替您退出了“{class}”"), &class, key, now).await
}

/// Tells a learner what a family member did for them; of others' acts nothing is told here.
///
/// # Errors
/// The database.
pub async fn tell_of_act(
    tx: &DatabaseTransaction,
    actor: Actor,
    what: &str,
    class: &str,
    dedup_key: String,
    now: DateTime<Utc>,
) -> Result<()> {
    let Actor::Delegate { learner, delegate } = actor else { return Ok(()) };
    let who = family::relation_text(family::relation(tx, learner, delegate).await?);
    let notice = NewNotice {
        resident: learner,
        kind: NoticeKind::MeetingChanged,
        dedup_key,
        title: "家人替您办了一件事".to_owned(),
        body: format!("您的{who}{what}。不是您的意思，可以在“家人”里取消，或者打电话给教育中心。"),
        page: "/mine".to_owned(),
        values: Values {
            class: class.to_owned(),
            time: clock::wechat_time(now),
            place: "家人代办".to_owned(),
            note: format!("您的{who}替您办的"),
        },
    };
    notices::notify_of_act(tx, &notice, delegate, now).await
}

pub(super) async fn offered(
    tx: &DatabaseTransaction,
    enrolment: &Model,
    facts: &ClassFacts,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let class = &facts.class;
    let until = clock::spoken(expires_at);
    let notice = NewNotice {
        resident: enrolment.resident_id,
        kind: NoticeKind::Offered,
        // One person can be offered a place again, another time.
        dedup_key: format!("offered:{}:{}", enrolment.id, expires_at.timestamp_millis()),
        title: "有名额了，请确认".to_owned(),
        body: format!(
            "“{}”（{}）有一个名额为您留着。请在{until}之前确认要不要，过时就让给下一位。",
            class.name,
            courses::time_text(class)
        ),
        page: "/mine".to_owned(),
        values: Values {
            class: class.name.clone(),
            time: clock::wechat_time(expires_at),
            place: place(&facts.site.name, &class.room),
            note: "请在这个时间前确认".to_owned(),
        },
    };
    notices::notify(tx, &notice, now).await
}

/// Drawn: the place is kept until then.
pub(super) async fn drawn(
    tx: &DatabaseTransaction,
    enrolment: &Model,
    facts: &ClassFacts,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let class = &facts.class;
    let notice = NewNotice {
        resident: enrolment.resident_id,
        kind: NoticeKind::Offered,
        dedup_key: format!("offered:{}:{}", enrolment.id, expires_at.timestamp_millis()),
        title: "摇中了，请确认".to_owned(),
        body: format!(
            "您摇中了“{}”（{}）。请在{}之前确认，过时就让给候补。",
            class.name,
            courses::time_text(class),
            clock::spoken(expires_at)
        ),
        page: "/mine".to_owned(),
        values: Values {
            class: class.name.clone(),
            time: clock::wechat_time(expires_at),
            place: place(&facts.site.name, &class.room),
            note: "摇中了，请确认".to_owned(),
        },
    };
    notices::notify(tx, &notice, now).await
}

/// Tells everybody who was in a class or waited for it. Whom WeChat does not reach is to be
/// called before they come for nothing.
pub(super) async fn class_cancelled(
    tx: &DatabaseTransaction,
    enrolments: &[Model],
    facts: &ClassFacts,
    (reason, sister): (&str, Option<&ClassFacts>),
    now: DateTime<Utc>,
) -> Result<()> {
    let words = |row: &Model| class_cancelled_words(row, facts, reason, sister, now);
    let notices: Vec<_> = enrolments.iter().map(words).collect();
    // They were cancelled with the class.
    let far = now + TimeDelta::days(400);
    let meetings = courses::meetings_between(tx, &[facts.class.id], now, far).await?;
    match meetings.first() {
        Some(meeting) => {
            let until = GoodUntil(Meetings::Of(facts.class.id), meeting.starts_at);
            notices::notify_of_meetings(tx, &notices, until, now).await
        }
        None => notices::notify_all(tx, &notices, now).await,
    }
}

fn class_cancelled_words(
    enrolment: &Model,
    facts: &ClassFacts,
    reason: &str,
    sister: Option<&ClassFacts>,
    now: DateTime<Utc>,
) -> NewNotice {
    let class = &facts.class;
    let (instead, page) = match sister {
        Some(sister) => (
            format!(
                "同一门课的“{}”（{}，{}）还有名额，点开这里就能换过去，先到先得。",
                sister.class.name,
                courses::time_text(&sister.class),
                sister.site.name
            ),
            format!("/change/{}", enrolment.id),
        ),
        None => ("您可以改报别的班。".to_owned(), "/classes".to_owned()),
    };
    NewNotice {
        resident: enrolment.resident_id,
        kind: NoticeKind::MeetingChanged,
        dedup_key: format!("class_cancelled:{}", enrolment.id),
        title: "班级停办通知".to_owned(),
        body: format!(
            "“{}”（{}）停办了。原因：{}{instead}",
            class.name,
            courses::time_text(class),
            sentence(reason)
        ),
        page,
        values: Values {
            class: class.name.clone(),
            time: clock::wechat_time(now),
            place: place(&facts.site.name, &class.room),
            note: "班级停办".to_owned(),
        },
    }
}

/// Job: tells all learners of a class that a meeting was moved or cancelled, once
/// for each change; whom WeChat does not reach is to be called.
///
/// # Errors
/// The database.
pub async fn tell_meeting_change(app: &App, id: MeetingId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let (meeting, facts) = courses::meeting(&tx, id).await?;
    let Some(change) = courses::latest_change(&tx, id).await? else { return Ok(()) };
    let site = courses::site_names(&tx).await?.remove(&meeting.site_id).unwrap_or_default();
    let place = place(&site, &meeting.room);
    let words = change_words(&meeting, &change, &facts, &place);
    let key = format!("meeting:{}:{}", meeting.id, change.id);
    // Who does not know of it comes at the old time.
    let until = meeting.starts_at.max(change.old_starts_at);
    tell_class(&tx, &facts, (&meeting, &place), (&key, words), until, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Job: tells all learners of a class that it meets in another room from now on.
///
/// # Errors
/// The database.
pub async fn tell_room_change(app: &App, id: ClassId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let facts = courses::class(&tx, id).await?;
    let far = now + TimeDelta::days(400);
    let meetings = courses::meetings_between(&tx, &[id], now, far).await?;
    // One that was moved elsewhere stays there.
    let in_it = |meeting: &meeting::Model| {
        meeting.status == MeetingStatus::Planned
            && (meeting.site_id, &meeting.room) == (facts.site.id, &facts.class.room)
    };
    let Some(meeting) = meetings.into_iter().find(in_it) else { return Ok(()) };
    let Some(change) = courses::latest_change(&tx, meeting.id).await? else { return Ok(()) };
    let site = courses::site_names(&tx).await?.remove(&meeting.site_id).unwrap_or_default();
    let place = place(&site, &meeting.room);
    let body = format!(
        "“{}”换了教室。从{}的课起，到{place}上课。",
        facts.class.name,
        clock::spoken(meeting.starts_at)
    );
    let key = format!("room:{id}:{}", change.id);
    let words = ("换了教室", body, "地点变动");
    let until = meeting.starts_at;
    tell_class(&tx, &facts, (&meeting, &place), (&key, words), until, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Title, body and the template's note.
type Words = (&'static str, String, &'static str);

/// Tells all who have a place in the class; `key` and the person make it once.
async fn tell_class(
    tx: &DatabaseTransaction,
    facts: &ClassFacts,
    (meeting, place): (&meeting::Model, &str),
    (key, (title, body, note)): (&str, Words),
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let notice = |resident: ResidentId| NewNotice {
        resident,
        kind: NoticeKind::MeetingChanged,
        dedup_key: format!("{key}:{resident}"),
        title: title.to_owned(),
        body: body.clone(),
        page: format!("/classes/{}", facts.class.id),
        values: Values {
            class: facts.class.name.clone(),
            time: clock::wechat_time(meeting.starts_at),
            place: place.to_owned(),
            note: note.to_owned(),
        },
    };
    let placed = store::placed_in(tx, facts.class.id).await?;
    let notices: Vec<_> = placed.into_iter().map(notice).collect();
    let until = GoodUntil(Meetings::One(meeting.id), until);
    notices::notify_of_meetings(tx, &notices, until, now).await
}

fn change_words(
    meeting: &meeting::Model,
    change: &meeting_change::Model,
    facts: &ClassFacts,
    place: &str,
) -> Words {
    let which = format!(
        "“{}”第 {} 次课（原定{}）",
        facts.class.name,
        meeting.number,
        clock::spoken(change.old_starts_at)
    );
    let reason = sentence(&change.reason);
    if meeting.status == MeetingStatus::Cancelled {
        return ("有一次课取消了", format!("{which}取消了。原因：{reason}"), "取消");
    }
    if meeting.starts_at == change.old_starts_at {
        let body = format!("{which}时间不变，地点改为：{place}。原因：{reason}");
        return ("上课地点有变动", body, "地点变动");
    }
    let body =
        format!("{which}改到{}，地点：{place}。原因：{reason}", clock::spoken(meeting.starts_at));
    ("上课时间有变动", body, "时间变动")
}

/// Ends with a full stop, once.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['。', '！', '？']) { text.to_owned() } else { format!("{text}。") }
}

fn place(site: &str, room: &str) -> String {
    format!("{site}{room}")
}

/// The next meeting of each class that takes place.
async fn next_meetings(
    conn: &impl ConnectionTrait,
    classes: &[ClassId],
    now: DateTime<Utc>,
) -> Result<HashMap<ClassId, meeting::Model>> {
    let far = now + TimeDelta::days(400);
    let mut next = HashMap::new();
    for meeting in courses::meetings_between(conn, classes, now, far).await? {
        if meeting.status == MeetingStatus::Planned {
            next.entry(meeting.class_id).or_insert(meeting);
        }
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_ends_with_one_full_stop() {
        assert_eq!(sentence(" 老师生病 "), "老师生病。");
        assert_eq!(sentence("老师生病。"), "老师生病。");
    }
}
