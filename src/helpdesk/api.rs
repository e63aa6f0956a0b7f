//! 留言 on the wire: for residents, and for staff who answer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::help_message::Model;
use entity::ids::{HelpMessageId, HelpThreadId, StaffId};
use entity::kinds::{ActorKind, CheckSubject, HelpKind, HelpState, WechatAccount};

use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::helpdesk::{self, Thread, media, store};
use crate::safety;
use crate::staff;
use crate::wire::ApiResult;
use crate::wire::auth::{EnrolmentStaff, Resident};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

mod sent;

use sent::{CheckMark, Media, MediaBytes};

pub struct HelpdeskApi(pub App);

pub struct StaffHelpdeskApi(pub App);

#[derive(Object)]
struct TextBody {
    #[oai(validator(max_length = 4000))]
    text: String,
}

/// One thing that was said, as its writer or reader sees it.
#[derive(Object)]
struct Line {
    id: HelpMessageId,
    author: ActorKind,
    /// Of staff who answered.
    #[oai(skip_serializing_if_is_none)]
    staff_name: Option<String>,
    kind: HelpKind,
    text: String,
    at: DateTime<Utc>,
    time_text: String,
    state: HelpState,
    /// The state in words; empty for what the person said.
    state_text: String,
    /// Why it did not arrive, in words.
    #[oai(skip_serializing_if_is_none)]
    failure: Option<String>,
    /// For staff: the picture or recording.
    #[oai(skip_serializing_if_is_none)]
    media: Option<Media>,
    /// For staff: what the platform or a person thinks of it.
    #[oai(skip_serializing_if_is_none)]
    check: Option<CheckMark>,
}

/// What I and the centre wrote to each other.
#[derive(Object)]
struct MyDesk {
    lines: Vec<Line>,
    /// When somebody answers, in a sentence.
    waiting_text: String,
}

/// A thread in the list.
#[derive(Object)]
struct ThreadLine {
    id: HelpThreadId,
    /// Of the resident, where the account is linked.
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    learner_number: Option<String>,
    /// As in `138****0001`.
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    /// Where they wrote last; absent: on our own page.
    #[oai(skip_serializing_if_is_none)]
    account: Option<WechatAccount>,
    /// Somebody wrote, and nobody answered since.
    waits: bool,
    closed: bool,
    /// The newest thing that was said.
    last_text: String,
    time_text: String,
}

/// A thread with all that was said.
#[derive(Object)]
struct ThreadView {
    thread: ThreadLine,
    lines: Vec<Line>,
}

/// How much waits.
#[derive(Object)]
struct DeskCount {
    waiting: u64,
}

fn shown(row: &Model) -> String {
    let what = match row.kind {
        HelpKind::Text => return row.text.clone(),
        HelpKind::Picture => "［图片］",
        HelpKind::Voice => "［语音］",
        HelpKind::Video => "［视频］",
        HelpKind::Other => "［位置、链接或卡片］",
    };
    format!("{what}{}", row.text)
}

fn state_text(state: HelpState) -> &'static str {
    match state {
        HelpState::Received => "",
        HelpState::Waiting => "等待发送",
        HelpState::Sent => "已送达",
        HelpState::InMessages => "只放在“消息”里",
        HelpState::Unknown => "可能已送达",
        HelpState::Failed => "没有送到",
    }
}

impl Line {
    fn of(row: Model, names: &HashMap<StaffId, String>) -> Self {
        Self {
            id: row.id,
            author: row.author,
            staff_name: row.staff_id.and_then(|id| names.get(&id).cloned()),
            kind: row.kind,
            text: shown(&row),
            at: row.created_at,
            time_text: clock::spoken(row.created_at),
            state: row.state,
            state_text: state_text(row.state).to_owned(),
            failure: row.failure,
            media: None,
            check: None,
        }
    }
}

async fn lines(app: &App, rows: Vec<Model>) -> Result<Vec<Line>> {
    let mut ids: Vec<StaffId> = rows.iter().filter_map(|row| row.staff_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = staff::names(app.db.read(), &ids).await?;
    Ok(rows.into_iter().map(|row| Line::of(row, &names)).collect())
}

/// The same with what staff alone see.
async fn lines_for_staff(app: &App, rows: Vec<Model>) -> Result<Vec<Line>> {
    let (conn, now) = (app.db.read(), app.clock.now());
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let media = store::media_lines(conn, &ids).await?;
    let checks = safety::standings(conn, CheckSubject::HelpMessage, &ids, now).await?;
    let more: Vec<_> = rows
        .iter()
        .map(|row| {
            let check = checks.get(&row.id.0).and_then(|state| CheckMark::of(row, *state));
            (Media::of(row, media.get(&row.id), now), check)
        })
        .collect();
    let lines = lines(app, rows).await?.into_iter().zip(more);
    Ok(lines.map(|(line, (media, check))| Line { media, check, ..line }).collect())
}

impl ThreadLine {
    fn of(one: &Thread) -> Self {
        let person = one.person.as_ref();
        Self {
            id: one.thread.id,
            name: person.map(|person| person.name.clone()).filter(|name| !name.is_empty()),
            learner_number: person.map(|person| person.learner_number.clone()),
            phone_masked: person.and_then(|person| person.phone_masked.clone()),
            account: one.thread.openid.as_ref().map(|_| one.thread.account),
            waits: one.waits(),
            closed: one.thread.closed_at.is_some(),
            last_text: one.messages.last().map(shown).unwrap_or_default(),
            time_text: one.thread.last_said_at.map(clock::spoken).unwrap_or_default(),
        }
    }
}

#[OpenApi(tag = "Tag::News")]
impl HelpdeskApi {
    /// What I and the centre wrote to each other, the oldest first.
    #[oai(path = "/me/desk", method = "get", operation_id = "my_desk")]
    async fn mine(&self, who: Resident) -> ApiResult<Json<MyDesk>> {
        let rows = helpdesk::of_resident(self.0.db.read(), who.0.id).await?;
        let lines = lines(&self.0, rows).await?;
        Ok(Json(MyDesk { lines, waiting_text: helpdesk::waiting_words(&self.0).await? }))
    }

    /// Write to the centre.
    ///
    /// Codes: `empty`, `too_long`, `too_many`.
    #[oai(path = "/me/desk", method = "post", operation_id = "write_to_desk")]
    async fn write(&self, who: Resident, body: Json<TextBody>) -> ApiResult<Done> {
        helpdesk::write(&self.0, who.0.id, &body.0.text).await?;
        Ok(Done::Done)
    }

    /// A picture or recording for the platform, while it is being asked about it.
    ///
    /// Codes: `media_not_found`.
    #[oai(path = "/desk-media/:id/:mark", method = "get", operation_id = "desk_media")]
    async fn media(&self, id: Path<HelpMessageId>, mark: Path<String>) -> ApiResult<MediaBytes> {
        let found = media::media_for_platform(&self.0, id.0, &mark.0).await?;
        Ok(MediaBytes::of(id.0, found))
    }
}

#[OpenApi(tag = "Tag::StaffHelpdesk")]
impl StaffHelpdeskApi {
    /// Threads, those that wait for an answer first; open ones unless `closed`.
    #[oai(path = "/staff/desk", method = "get", operation_id = "staff_desk")]
    async fn inbox(
        &self,
        who: EnrolmentStaff,
        closed: Query<Option<bool>>,
    ) -> ApiResult<Json<Page<ThreadLine>>> {
        let threads = helpdesk::inbox(&self.0, &who.0, closed.0.unwrap_or(false)).await?;
        Ok(Json(Page::whole(threads.iter().map(ThreadLine::of).collect())))
    }

    /// How many threads wait for an answer.
    #[oai(path = "/staff/desk-count", method = "get", operation_id = "staff_desk_count")]
    async fn count(&self, who: EnrolmentStaff) -> ApiResult<Json<DeskCount>> {
        Ok(Json(DeskCount { waiting: helpdesk::waiting_count(&self.0, &who.0).await? }))
    }

    /// A thread with all that was said.
    ///
    /// Codes: `thread_not_found`.
    #[oai(path = "/staff/desk/:id", method = "get", operation_id = "staff_desk_thread")]
    async fn thread(
        &self,
        who: EnrolmentStaff,
        id: Path<HelpThreadId>,
    ) -> ApiResult<Json<ThreadView>> {
        let thread = helpdesk::thread(&self.0, &who.0, id.0).await?;
        let head = ThreadLine::of(&thread);
        let lines = lines_for_staff(&self.0, thread.messages).await?;
        Ok(Json(ThreadView { thread: head, lines }))
    }

    /// A picture or recording that was sent in a thread.
    ///
    /// Codes: `thread_not_found`, `media_not_found`.
    #[oai(
        path = "/staff/desk/:id/media/:message",
        method = "get",
        operation_id = "staff_desk_media"
    )]
    async fn media(
        &self,
        who: EnrolmentStaff,
        id: Path<HelpThreadId>,
        message: Path<HelpMessageId>,
    ) -> ApiResult<MediaBytes> {
        let found = media::media(&self.0, &who.0, id.0, message.0).await?;
        Ok(MediaBytes::of(message.0, found))
    }

    /// Answer.
    ///
    /// Codes: `empty`, `too_long`, `thread_not_found`, `thread_closed`.
    #[oai(path = "/staff/desk/:id/answers", method = "post", operation_id = "staff_desk_answer")]
    async fn answer(
        &self,
        who: EnrolmentStaff,
        id: Path<HelpThreadId>,
        body: Json<TextBody>,
    ) -> ApiResult<Done> {
        helpdesk::answer(&self.0, &who.0, id.0, &body.0.text).await?;
        Ok(Done::Done)
    }

    /// Be done with a thread.
    ///
    /// Codes: `thread_not_found`.
    #[oai(path = "/staff/desk/:id/close", method = "post", operation_id = "staff_desk_close")]
    async fn close(&self, who: EnrolmentStaff, id: Path<HelpThreadId>) -> ApiResult<Done> {
        helpdesk::close(&self.0, &who.0, id.0).await?;
        Ok(Done::Done)
    }
}
