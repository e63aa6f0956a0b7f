//! 想请您看一看, on the wire.

use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::MeetingId;

use crate::app::App;
use crate::attendance::patterns::Kind;
use crate::attendance::questions::{self, Question};
use crate::clock;
use crate::members;
use crate::wire::ApiResult;
use crate::wire::auth::RollKeeper;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffQuestionsApi(pub App);

/// A pattern of the register that is worth a look; no verdict.
#[derive(Object)]
struct QuestionLine {
    /// Under which it is settled.
    name: String,
    /// `last_minute`, `one_phone`, `fewer_there`.
    kind: String,
    /// A plain sentence.
    message: String,
    class_name: String,
    /// By name and learner number; masked where the name was not judged yet.
    people: Vec<String>,
    /// At how many meetings it was seen, of which the last one is:
    times: usize,
    meeting_id: MeetingId,
    meeting_time_text: String,
    /// What was found the last time that somebody looked.
    #[oai(skip_serializing_if_is_none)]
    found: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    found_by: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    found_text: Option<String>,
}

impl From<Question> for QuestionLine {
    fn from(question: Question) -> Self {
        let Question { pattern, facts, people, note } = question;
        let times = pattern.meetings.len();
        let message = match pattern.kind {
            Kind::LastMinute => format!("来了 {times} 次，次次都在签到快结束的一分钟里扫码。"),
            Kind::OnePhone => format!("有 {times} 次课，这几位是用同一部手机签到的。"),
            Kind::FewerThere => format!("有 {times} 次课，教室里数到的人比名单上少。"),
        };
        let person = |person: members::Person| {
            let name = members::name_for_others(person.name, person.name_state);
            format!("{name} {}", person.learner_number)
        };
        let (note, found_by) = note.unzip();
        Self {
            name: pattern.name,
            kind: pattern.kind.word().to_owned(),
            message,
            class_name: facts.class.name,
            people: people.into_iter().map(person).collect(),
            times,
            meeting_id: facts.meeting.id,
            meeting_time_text: clock::spoken(facts.meeting.starts_at),
            found_text: note.as_ref().map(|note| clock::spoken(note.found_at)),
            found: note.map(|note| note.found),
            found_by,
        }
    }
}

#[derive(Object)]
struct FoundBody {
    name: String,
    /// What it was about.
    found: String,
}

#[OpenApi(tag = "Tag::StaffAttendance")]
impl StaffQuestionsApi {
    /// Patterns of the register that are worth a look: open, or settled.
    #[oai(path = "/staff/questions", method = "get", operation_id = "staff_questions")]
    async fn list(
        &self,
        who: RollKeeper,
        #[oai(default)] settled: Query<bool>,
    ) -> ApiResult<Json<Page<QuestionLine>>> {
        let found = questions::list(&self.0, &who.0, settled.0).await?;
        Ok(Json(Page::whole(found.into_iter().map(QuestionLine::from).collect())))
    }

    /// Settles one with what was found out, until there is more of it. It stands in the audit.
    ///
    /// Codes: `no_question`, `found_needed`, `reason_too_long`.
    #[oai(path = "/staff/questions", method = "post", operation_id = "staff_settle_question")]
    async fn settle(&self, who: RollKeeper, body: Json<FoundBody>) -> ApiResult<Done> {
        questions::settle(&self.0, &who.0, &body.0.name, &body.0.found).await?;
        Ok(Done::Done)
    }
}
