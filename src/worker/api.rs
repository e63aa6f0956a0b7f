//! What staff see of the work that is waiting.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::JobId;
use entity::job;
use entity::kinds::JobState;

use crate::app::App;
use crate::clock;
use crate::conversation;
use crate::outbox::Job;
use crate::wire::auth::{AnyStaff, CentreStaff};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};
use crate::worker::{self, store};

/// The longest list of jobs that is given.
const LIST_LIMIT: u64 = 200;

pub struct OperationsApi(pub App);

/// A piece of work in the outbox.
#[derive(Debug, Object)]
struct JobLine {
    id: JobId,
    kind: String,
    /// The kind in words.
    kind_text: String,
    state: JobState,
    attempts: i32,
    run_after: DateTime<Utc>,
    /// Why the last attempt failed, in words.
    #[oai(skip_serializing_if_is_none)]
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    time_text: String,
}

impl From<job::Model> for JobLine {
    fn from(job: job::Model) -> Self {
        let known = serde_json::from_str::<Job>(&job.payload);
        let kind_text = known.map_or("其他", |job| job.in_words());
        Self {
            id: job.id,
            kind_text: kind_text.to_owned(),
            kind: job.kind,
            state: job.state,
            attempts: job.attempts,
            run_after: job.run_after,
            last_error: job.last_error,
            created_at: job.created_at,
            time_text: clock::spoken(job.created_at),
        }
    }
}

/// How the service is doing.
#[derive(Debug, Object)]
struct Status {
    jobs_ready: u64,
    jobs_dead: u64,
    /// Notices that have not reached WeChat though they should.
    notices_unsent: u64,
    /// Answers to people who wrote to an account that are still to be brought.
    late_answers_waiting: u64,
    /// Of the last seven days: WeChat did not say whether they came.
    late_answers_unknown: u64,
    /// Of the last seven days: they came to nobody.
    late_answers_failed: u64,
    version: String,
}

#[OpenApi(tag = "Tag::StaffOperations")]
impl OperationsApi {
    /// Jobs in a state, newest first; the dead ones by default.
    #[oai(path = "/staff/jobs", method = "get", operation_id = "staff_list_jobs")]
    async fn jobs(
        &self,
        _who: CentreStaff,
        state: Query<Option<JobState>>,
    ) -> ApiResult<Json<Page<JobLine>>> {
        let state = state.0.unwrap_or(JobState::Dead);
        let (rows, total) =
            store::list(self.0.db.read(), state, LIST_LIMIT).await.map_err(ApiError::from)?;
        Ok(Json(Page { items: rows.into_iter().map(JobLine::from).collect(), total }))
    }

    /// Try a dead job again.
    #[oai(path = "/staff/jobs/:id/retry", method = "post", operation_id = "staff_retry_job")]
    async fn retry(&self, _who: CentreStaff, id: Path<JobId>) -> ApiResult<Done> {
        worker::retry(&self.0, id.0).await.map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// What is waiting and what got stuck.
    #[oai(path = "/staff/status", method = "get", operation_id = "staff_status")]
    async fn status(&self, _who: AnyStaff) -> ApiResult<Json<Status>> {
        let conn = self.0.db.read();
        let late = conversation::late_answers(&self.0).await.map_err(ApiError::from)?;
        Ok(Json(Status {
            late_answers_waiting: late.waiting,
            late_answers_unknown: late.unknown,
            late_answers_failed: late.failed,
            jobs_ready: store::count(conn, JobState::Ready).await.map_err(ApiError::from)?,
            jobs_dead: store::count(conn, JobState::Dead).await.map_err(ApiError::from)?,
            notices_unsent: store::unsent_notices(conn).await.map_err(ApiError::from)?,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }))
    }
}
