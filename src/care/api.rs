//! 回访 on the wire, for the colleagues who call.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::care_event;
use entity::ids::{CareTaskId, ClassId, ResidentId, StaffId};
use entity::kinds::{CareKind, CareOutcome, CareStep, LeaveReason};

use crate::app::App;
use crate::care::{self, Close, Task};
use crate::clock;
use crate::error::Result;
use crate::staff;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub struct StaffCareApi(pub App);

/// Somebody who is to be asked after.
#[derive(Object)]
struct CareLine {
    id: CareTaskId,
    kind: CareKind,
    kind_text: String,
    resident_id: ResidentId,
    name: String,
    learner_number: String,
    /// As in `138****0001`.
    #[oai(skip_serializing_if_is_none)]
    phone_masked: Option<String>,
    /// Full years.
    #[oai(skip_serializing_if_is_none)]
    age: Option<u32>,
    class_id: ClassId,
    class_name: String,
    absences: i32,
    /// Which meetings were missed, from the first to the last.
    missed_text: String,
    /// They have their place no longer.
    left: bool,
    /// They came to a later meeting.
    came_since: bool,
    due_at: DateTime<Utc>,
    due_text: String,
    /// Open, and its time is over.
    late: bool,
    #[oai(skip_serializing_if_is_none)]
    taken_by: Option<String>,
    /// By the caller.
    mine: bool,
    #[oai(skip_serializing_if_is_none)]
    outcome: Option<CareOutcome>,
    #[oai(skip_serializing_if_is_none)]
    outcome_text: Option<String>,
    /// What the person said.
    #[oai(skip_serializing_if_is_none)]
    said: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    closed_text: Option<String>,
}

/// One step of a task.
#[derive(Object)]
struct CareStepLine {
    step: CareStep,
    step_text: String,
    /// Absent: by itself.
    #[oai(skip_serializing_if_is_none)]
    staff_name: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    note: Option<String>,
    time_text: String,
}

/// A task with all its steps.
#[derive(Object)]
struct CareView {
    task: CareLine,
    steps: Vec<CareStepLine>,
}

/// How many are open.
#[derive(Object)]
struct CareCount {
    waiting: u64,
}

#[derive(Object)]
struct NoteBody {
    #[oai(validator(max_length = 1000))]
    text: String,
}

#[derive(Object)]
struct CloseBody {
    outcome: CareOutcome,
    /// What the person said.
    #[oai(validator(max_length = 1000))]
    said: String,
    /// Why they leave, with `released`.
    leaves_for: Option<LeaveReason>,
}

fn kind_text(kind: CareKind) -> &'static str {
    match kind {
        CareKind::Call => "电话回访",
        CareKind::Release => "退课前谈话",
        CareKind::Care => "关怀电话",
    }
}

fn outcome_text(outcome: CareOutcome) -> &'static str {
    match outcome {
        CareOutcome::ComesAgain => "会再来",
        CareOutcome::Unwell => "身体不适",
        CareOutcome::Busy => "暂时没空",
        CareOutcome::Helped => "已上门或已联系家人",
        CareOutcome::Unreached => "一直没联系上",
        CareOutcome::Released => "谈过，已退课",
        CareOutcome::Other => "其他",
        CareOutcome::Corrected => "已更正",
        CareOutcome::Superseded => "并入退课前谈话",
        CareOutcome::Gone => "已不在这个班",
    }
}

fn step_text(step: CareStep) -> &'static str {
    match step {
        CareStep::Opened => "开始回访",
        CareStep::Taken => "接手",
        CareStep::PutBack => "放回",
        CareStep::Noted => "打过电话",
        CareStep::Closed => "办结",
        CareStep::Reopened => "名单又改回来，重新打开",
    }
}

async fn lines(app: &App, me: StaffId, tasks: Vec<Task>) -> Result<Vec<CareLine>> {
    let by: Vec<StaffId> =
        tasks.iter().flat_map(|task| [task.row.taken_by, task.row.closed_by]).flatten().collect();
    let names = staff::names(app.db.read(), &by).await?;
    let now = app.clock.now();
    let line = |task: Task| {
        let Task { row, person, class, missed: [first, last], placed, came_since } = task;
        let missed_text = if first == last {
            clock::spoken(first)
        } else {
            format!("{} 到 {}", clock::spoken(first), clock::spoken(last))
        };
        let name = |id: Option<StaffId>| id.and_then(|id| names.get(&id).cloned());
        let closed_text = row.closed_at.map(|at| {
            let who = name(row.closed_by).unwrap_or_else(|| "系统".to_owned());
            format!("{who} {}", clock::spoken(at))
        });
        CareLine {
            id: row.id,
            kind: row.kind,
            kind_text: kind_text(row.kind).to_owned(),
            resident_id: row.resident_id,
            age: person.birth_date.and_then(|day| clock::local_date(now).years_since(day)),
            name: person.name,
            learner_number: person.learner_number,
            phone_masked: person.phone_masked,
            class_id: class.class.id,
            class_name: class.class.name,
            absences: row.absences,
            missed_text,
            left: !placed,
            came_since,
            due_at: row.due_at,
            due_text: clock::spoken(row.due_at),
            late: row.closed_at.is_none() && row.due_at < now,
            taken_by: name(row.taken_by),
            mine: row.taken_by == Some(me),
            outcome: row.outcome,
            outcome_text: row.outcome.map(|outcome| outcome_text(outcome).to_owned()),
            said: row.said,
            closed_text,
        }
    };
    Ok(tasks.into_iter().map(line).collect())
}

async fn steps(app: &App, rows: Vec<care_event::Model>) -> Result<Vec<CareStepLine>> {
    let by: Vec<StaffId> = rows.iter().filter_map(|row| row.staff_id).collect();
    let names = staff::names(app.db.read(), &by).await?;
    let line = |row: care_event::Model| CareStepLine {
        step: row.step,
        step_text: step_text(row.step).to_owned(),
        staff_name: row.staff_id.and_then(|id| names.get(&id).cloned()),
        note: row.note,
        time_text: clock::spoken(row.at),
    };
    Ok(rows.into_iter().map(line).collect())
}

#[OpenApi(tag = "Tag::StaffCare")]
impl StaffCareApi {
    /// Who is to be asked after, care calls first; with `closed` what came of earlier ones.
    ///
    /// Codes: `no_community`.
    #[oai(path = "/staff/care-tasks", method = "get", operation_id = "staff_care_tasks")]
    async fn list(
        &self,
        who: EnrolmentStaff,
        closed: Query<Option<bool>>,
    ) -> ApiResult<Json<Page<CareLine>>> {
        let tasks = care::tasks(&self.0, &who.0, closed.0.unwrap_or(false)).await?;
        Ok(Json(Page::whole(lines(&self.0, who.0.id, tasks).await?)))
    }

    /// How many are open.
    #[oai(path = "/staff/care-count", method = "get", operation_id = "staff_care_count")]
    async fn count(&self, who: EnrolmentStaff) -> ApiResult<Json<CareCount>> {
        Ok(Json(CareCount { waiting: care::open_count(&self.0, &who.0).await? }))
    }

    /// One task with all its steps.
    ///
    /// Codes: `care_not_found`.
    #[oai(path = "/staff/care-tasks/:id", method = "get", operation_id = "staff_care_task")]
    async fn task(&self, who: EnrolmentStaff, id: Path<CareTaskId>) -> ApiResult<Json<CareView>> {
        let (task, rows) = care::task(&self.0, &who.0, id.0).await?;
        let mut line = lines(&self.0, who.0.id, vec![task]).await?;
        Ok(Json(CareView { task: line.remove(0), steps: steps(&self.0, rows).await? }))
    }

    /// See to it from now on.
    ///
    /// Codes: `care_not_found`, `care_closed`.
    #[oai(path = "/staff/care-tasks/:id/take", method = "post", operation_id = "staff_care_take")]
    async fn take(&self, who: EnrolmentStaff, id: Path<CareTaskId>) -> ApiResult<Done> {
        care::take(&self.0, &who.0, id.0).await?;
        Ok(Done::Done)
    }

    /// Leave it to another.
    ///
    /// Codes: `care_not_found`, `care_closed`.
    #[oai(
        path = "/staff/care-tasks/:id/put-back",
        method = "post",
        operation_id = "staff_care_put_back"
    )]
    async fn put_back(&self, who: EnrolmentStaff, id: Path<CareTaskId>) -> ApiResult<Done> {
        care::put_back(&self.0, &who.0, id.0).await?;
        Ok(Done::Done)
    }

    /// Note a call that did not end it.
    ///
    /// Codes: `care_not_found`, `care_closed`, `missing`, `too_long`.
    #[oai(path = "/staff/care-tasks/:id/notes", method = "post", operation_id = "staff_care_note")]
    async fn note(
        &self,
        who: EnrolmentStaff,
        id: Path<CareTaskId>,
        body: Json<NoteBody>,
    ) -> ApiResult<Done> {
        care::note(&self.0, &who.0, id.0, &body.0.text).await?;
        Ok(Done::Done)
    }

    /// End it with what was said; `released` takes the person out of the class.
    ///
    /// Codes: `missing`, `too_long`, `bad_outcome`, `reason_needed`, `not_release`,
    /// `care_not_found`, `care_closed`, `term_over`, `class_cancelled`.
    #[oai(path = "/staff/care-tasks/:id/close", method = "post", operation_id = "staff_care_close")]
    async fn close(
        &self,
        who: EnrolmentStaff,
        id: Path<CareTaskId>,
        body: Json<CloseBody>,
    ) -> ApiResult<Done> {
        let CloseBody { outcome, said, leaves_for } = body.0;
        let how = Close { outcome, said: &said, leaves_for };
        care::close(&self.0, &who.0, id.0, how).await?;
        Ok(Done::Done)
    }
}
