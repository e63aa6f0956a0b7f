//! 留言: what people write to the centre, and what staff answer.
//!
//! 1. One person has at most one open thread (a unique key); nothing that was said is
//!    deleted. A closed thread stays, and the next question opens another.
//! 2. What a person writes in the account's chat or in the mini-program's customer
//!    service is kept when they asked for somebody within
//!    [`LISTENS`], or while a thread of theirs is open. Staff see a thread once
//!    something was said in it.
//! 3. An answer is written with the job that brings it. At most one is sent when the
//!    outcome is not known; what WeChat will not take goes into “消息”, and so does what it
//!    may have lost; and staff see which of these it was.
//! 4. Officers see the threads of their community's residents, the centre all.
//! 5. What people write and send is judged (`safety/`); what the platform finds unfit is
//!    covered until staff ask for it.
//! 6. Pictures and recordings are brought here before the platform forgets them, a
//!    picture encoded anew; they go with the person, or when their time is over.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::ids::{HelpMessageId, HelpThreadId, ResidentId};
use entity::kinds::{ActorKind, CheckKind, CheckSubject, HelpKind, HelpState, WechatAccount};
use entity::{help_message, help_thread};

use crate::app::App;
use crate::clock;
use crate::courses;
use crate::error::{Error, Result};
use crate::members::{self, Person};
use crate::office::Office;
use crate::outbox::{self, Job};
use crate::safety::{self, Thing};
use crate::staff::{self, Colleague};

pub mod api;
mod delivery;
mod media;
mod store;

pub use delivery::deliver;
pub use media::{fetch_media, prune};

/// So long after somebody asked for a person, what they write is for staff.
const LISTENS: TimeDelta = TimeDelta::minutes(30);

/// The longest thing that is kept or answered, in characters: what WeChat shows in one
/// customer message (2048 bytes) with the first line of ours.
const LONGEST: usize = 600;

/// So many unanswered messages an hour are enough to say anything.
const MOST_AN_HOUR: u64 = 30;

/// Who writes.
#[derive(Clone, Debug)]
pub struct Writer {
    /// The account at which they write, and who they are there; `None`: on our own page.
    pub place: Option<(WechatAccount, String)>,
    pub resident: Option<ResidentId>,
}

impl Writer {
    /// The newest way to name a person comes first; an older open thread is found by the other.
    fn keys(&self) -> Vec<String> {
        let resident = self.resident.map(|id| format!("r:{id}"));
        let place = self.place.iter().map(|(account, openid)| store::place_key(*account, openid));
        resident.into_iter().chain(place).collect()
    }
}

/// What is said.
#[derive(Clone, Debug)]
pub struct Words {
    pub kind: HelpKind,
    pub text: String,
    pub media_id: Option<String>,
}

impl Words {
    pub fn text(text: &str) -> Self {
        Self { kind: HelpKind::Text, text: text.to_owned(), media_id: None }
    }
}

/// A thread as staff see it.
#[derive(Clone, Debug)]
pub struct Thread {
    pub thread: help_thread::Model,
    pub person: Option<Person>,
    pub messages: Vec<help_message::Model>,
}

impl Thread {
    /// Somebody wrote, and nobody answered since.
    pub fn waits(&self) -> bool {
        self.thread.closed_at.is_none() && self.thread.last_answered_at < self.thread.last_said_at
    }
}

/// Somebody asks for a person: from now on it is listened.
///
/// # Errors
/// The database.
pub async fn ask(tx: &DatabaseTransaction, who: &Writer, at: DateTime<Utc>) -> Result<()> {
    let thread = open_thread(tx, who, at).await?;
    store::asked(tx, thread.id, at).await
}

/// When something was last said between this person and staff; `None`: what they write is
/// not for staff.
///
/// # Errors
/// The database.
pub async fn last_word(
    conn: &impl ConnectionTrait,
    who: &Writer,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let thread = store::open(conn, &who.keys()).await?;
    let listens = |thread: &help_thread::Model| {
        thread.last_said_at.is_some() || now - thread.asked_at <= LISTENS
    };
    Ok(thread.filter(listens).map(|thread| {
        let words = [thread.last_said_at, thread.last_answered_at].into_iter().flatten();
        words.fold(thread.asked_at, DateTime::max)
    }))
}

/// Keeps what somebody says. `true`: staff have nothing else of theirs to answer.
///
/// # Errors
/// The database.
pub async fn say(
    tx: &DatabaseTransaction,
    who: &Writer,
    words: Words,
    at: DateTime<Utc>,
) -> Result<bool> {
    let thread = open_thread(tx, who, at).await?;
    let first = thread.last_said_at.is_none() || thread.last_answered_at >= thread.last_said_at;
    let (by, state) = (ActorKind::Resident, HelpState::Received);
    let message = store::add(tx, thread.id, by, None, &words, state, at).await?;
    store::said(tx, thread.id, at).await?;
    if !words.text.is_empty() {
        let kind = CheckKind::Text;
        check(tx, &thread, who.resident, message, (kind, &words.text), at).await?;
    }
    let sent = matches!(words.kind, HelpKind::Picture | HelpKind::Voice);
    if let Some((account, _)) = who.place.as_ref().filter(|_| sent && words.media_id.is_some()) {
        let job = Job::FetchMedia { message, account: *account };
        outbox::enqueue(tx, &job, at, at).await?;
    }
    Ok(first)
}

/// Has judged what somebody wrote or sent.
async fn check(
    tx: &DatabaseTransaction,
    thread: &help_thread::Model,
    writer: Option<ResidentId>,
    message: HelpMessageId,
    (kind, content): (CheckKind, &str),
    now: DateTime<Utc>,
) -> Result<()> {
    let thing = Thing {
        subject: CheckSubject::HelpMessage,
        id: message.0,
        kind,
        resident: writer.or(thread.resident_id),
        content,
        page: &format!("/desk/{}", thread.id),
    };
    safety::open(tx, &thing, now).await
}

/// Something for staff to look into, which the service noticed about a resident.
///
/// # Errors
/// The database.
pub async fn flag(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    text: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let who = Writer { place: None, resident: Some(resident) };
    let thread = open_thread(tx, &who, at).await?;
    let words = Words::text(text);
    store::add(tx, thread.id, ActorKind::System, None, &words, HelpState::Received, at).await?;
    store::said(tx, thread.id, at).await
}

/// A follower turned out to be a resident: what they wrote is theirs.
///
/// # Errors
/// The database.
pub async fn joined(tx: &DatabaseTransaction, openid: &str, resident: ResidentId) -> Result<()> {
    store::joined(tx, WechatAccount::Official, openid, resident).await
}

/// Forgets what an erased resident wrote; that they wrote, and what was answered, stays.
///
/// # Errors
/// The database.
pub async fn forget_resident(
    tx: &DatabaseTransaction,
    resident: ResidentId,
    now: DateTime<Utc>,
) -> Result<()> {
    let messages = store::forget_resident(tx, resident).await?;
    safety::forget(tx, CheckSubject::HelpMessage, &messages, now).await
}

/// The same for a follower.
///
/// # Errors
/// The database.
pub async fn forget_openid(
    tx: &DatabaseTransaction,
    openid: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let messages = store::forget_openid(tx, openid).await?;
    safety::forget(tx, CheckSubject::HelpMessage, &messages, now).await
}

async fn open_thread(
    tx: &DatabaseTransaction,
    who: &Writer,
    at: DateTime<Utc>,
) -> Result<help_thread::Model> {
    let keys = who.keys();
    if let Some(thread) = store::open(tx, &keys).await? {
        let Some((account, openid)) = &who.place else { return Ok(thread) };
        // The answer comes to where they wrote last.
        if (thread.account, thread.openid.as_ref()) != (*account, Some(openid)) {
            store::came_from(tx, thread.id, *account, openid).await?;
        }
        if let (None, Some(resident)) = (thread.resident_id, who.resident) {
            store::joined(tx, *account, openid, resident).await?;
        }
        return Ok(thread);
    }
    let key = keys.first().ok_or_else(|| Error::internal("nobody writes"))?;
    store::begin(tx, key, who, at).await
}

/// When somebody answers next; `None`: now.
///
/// # Errors
/// The database.
pub async fn answers_from(app: &App) -> Result<Option<DateTime<Utc>>> {
    let centre = &app.config.centre;
    let Some(office) = Office::parse(&centre.office_days, &centre.office_times) else {
        return Ok(None);
    };
    let free = courses::holidays(app.db.read()).await?;
    let free: Vec<_> = free.into_iter().map(|holiday| holiday.day).collect();
    Ok(office.opens_next(app.clock.now(), &free))
}

/// Until when a person has to wait, in words: for those who write after hours.
///
/// # Errors
/// The database.
pub async fn waiting_words(app: &App) -> Result<String> {
    Ok(match answers_from(app).await? {
        Some(at) => format!("现在没有人值班，{}以后回复您。", clock::spoken(at)),
        None => "请等一等，看到就回复您。".to_owned(),
    })
}

/// A resident writes on our own page.
///
/// # Errors
/// `empty`, `too_long`, `too_many`.
pub async fn write(app: &App, resident: ResidentId, text: &str) -> Result<()> {
    let text = checked(text)?;
    let hour = std::time::Duration::from_secs(3600);
    let written = app.cache.count(&format!("help:{resident}"), hour).await.unwrap_or_default();
    if written > MOST_AN_HOUR {
        return Err(Error::too_many("too_many", "您写了很多了，请等工作人员回复。")
            .or_else("着急的话请打电话。", Some("/help".to_owned())));
    }
    let who = Writer { place: None, resident: Some(resident) };
    let tx = app.db.begin().await?;
    say(&tx, &who, Words::text(&text), app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

fn checked(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("empty", "请先写几个字。"));
    }
    if text.chars().count() > LONGEST {
        return Err(Error::invalid("too_long", format!("太长了，最多 {LONGEST} 个字。")));
    }
    Ok(text.to_owned())
}

/// Everything that a resident and the centre wrote to each other, the oldest first.
///
/// # Errors
/// The database.
pub async fn of_resident(
    conn: &impl ConnectionTrait,
    resident: ResidentId,
) -> Result<Vec<help_message::Model>> {
    let mut messages = store::of_resident(conn, resident).await?;
    // What the service told staff is not for the person.
    messages.retain(|message| message.author != ActorKind::System);
    Ok(messages)
}

/// Threads that are open or closed: those that wait for an answer first, then the newest.
///
/// # Errors
/// The database.
pub async fn inbox(app: &App, who: &Colleague, closed: bool) -> Result<Vec<Thread>> {
    let conn = app.db.read();
    let threads = store::threads(conn, staff::scope(who)?, closed).await?;
    let mut last = store::last_messages(conn, threads.iter().map(|thread| thread.id)).await?;
    let mut people = people(app, &threads).await?;
    let mut threads: Vec<_> = threads
        .into_iter()
        .map(|thread| Thread {
            person: thread.resident_id.and_then(|id| people.remove(&id)),
            messages: last.remove(&thread.id).into_iter().collect(),
            thread,
        })
        .collect();
    threads.sort_by_key(|one| (!one.waits(), std::cmp::Reverse(one.thread.last_said_at)));
    Ok(threads)
}

async fn people(app: &App, threads: &[help_thread::Model]) -> Result<HashMap<ResidentId, Person>> {
    let ids: Vec<_> = threads.iter().filter_map(|thread| thread.resident_id).collect();
    members::people(app, app.db.read(), &ids).await
}

/// How many threads wait for an answer.
///
/// # Errors
/// The database.
pub async fn waiting_count(app: &App, who: &Colleague) -> Result<u64> {
    store::waiting(app.db.read(), staff::scope(who)?).await
}

/// One thread with all that was said.
///
/// # Errors
/// `thread_not_found`, also for one outside the colleague's scope.
pub async fn thread(app: &App, who: &Colleague, id: HelpThreadId) -> Result<Thread> {
    let conn = app.db.read();
    let none = || Error::not_found("thread_not_found", "没有找到这条留言。");
    let thread = store::thread(conn, id).await?.ok_or_else(none)?;
    let mut people = people(app, std::slice::from_ref(&thread)).await?;
    let person = thread.resident_id.and_then(|id| people.remove(&id));
    if let Some(community) = staff::scope(who)?
        && person.as_ref().and_then(|person| person.community_id) != Some(community)
    {
        return Err(none());
    }
    Ok(Thread { messages: store::messages(conn, id).await?, thread, person })
}

/// Staff answer; a job brings it.
///
/// # Errors
/// `empty`, `too_long`, `thread_not_found`; `thread_closed`.
pub async fn answer(
    app: &App,
    who: &Colleague,
    id: HelpThreadId,
    text: &str,
) -> Result<HelpMessageId> {
    let text = checked(text)?;
    let now = app.clock.now();
    thread(app, who, id).await?;
    let tx = app.db.begin().await?;
    if !store::answered(&tx, id, now).await? {
        return Err(Error::conflict("thread_closed", "这条留言已经办结，对方再写来会有新的留言。"));
    }
    let words = Words::text(&text);
    let by = (ActorKind::Staff, Some(who.id));
    let message = store::add(&tx, id, by.0, by.1, &words, HelpState::Waiting, now).await?;
    outbox::enqueue(&tx, &Job::BringAnswer { message }, now, now).await?;
    staff::record(&tx, Some(who.id), "help.answered", &format!("help_thread:{id}"), None, now)
        .await?;
    tx.commit().await?;
    Ok(message)
}

/// Staff are done with a thread. Saying it twice is the same as once.
///
/// # Errors
/// `thread_not_found`.
pub async fn close(app: &App, who: &Colleague, id: HelpThreadId) -> Result<()> {
    let now = app.clock.now();
    thread(app, who, id).await?;
    let tx = app.db.begin().await?;
    if store::close(&tx, id, who.id, now).await? {
        staff::record(&tx, Some(who.id), "help.closed", &format!("help_thread:{id}"), None, now)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}
