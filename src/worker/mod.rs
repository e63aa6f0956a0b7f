//! Does the work of the outbox.
//!
//! 1. A job is claimed with a lease in one short transaction (`SKIP LOCKED` on
//!    PostgreSQL); no row lock is held while it runs.
//! 2. The lease is short and renewed while the job runs; a job whose worker died is
//!    taken up again when its lease is over, so each job must bear being run twice.
//! 3. A failure that may pass (`Upstream`, `Internal`) is tried again with a capped
//!    back-off, and not before it says it makes sense; any other, and the last try,
//!    makes the job dead: staff see it and can repeat it.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{self, JoinSet};
use tokio_util::sync::CancellationToken;

use entity::ids::JobId;
use entity::job;
use entity::kinds::JobState;

use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::outbox::Job;
use crate::{
    attendance, care, conversation, draw, enrolment, family, followers, helpdesk, members, news,
    notices, platform, reminders, safety,
};

pub mod api;
mod store;

/// How many jobs one instance runs at a time.
const AT_ONCE: u64 = 8;

/// Finished jobs are kept so long, for questions.
const KEEP_DONE: TimeDelta = TimeDelta::days(30);

/// What the clock alone brings about is looked for so often.
const ROUND: TimeDelta = TimeDelta::minutes(1);

/// Runs jobs until `stop`, then finishes those in hand.
pub async fn serve(app: App, stop: CancellationToken) {
    let mut hand = Hand::new(&app);
    let pause = Duration::from_millis(app.config.worker.poll_ms.max(10));
    let mut prune_at = app.clock.now();
    let mut round_at = prune_at;
    while !stop.is_cancelled() {
        hand.put_down_done();
        let claimed = match claim(&app, hand.free()).await {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::warn!(cause = %error.chain(), "cannot claim jobs");
                Vec::new()
            }
        };
        let idle = claimed.is_empty();
        for row in claimed {
            hand.take(row);
        }
        if app.clock.now() >= prune_at {
            prune_at = app.clock.now() + TimeDelta::hours(1);
            prune(&app).await;
            if let Err(error) = platform::by_night(&app).await {
                tracing::warn!(cause = %error.chain(), "cannot begin the night's work");
            }
        }
        if app.clock.now() >= round_at {
            round_at = app.clock.now() + ROUND;
            round(&app).await;
        }
        hand.renew().await;
        if idle {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = hand.one_done() => {}
                () = stop.cancelled() => {}
            }
        }
    }
    while !hand.running.is_empty() {
        hand.renew().await;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = hand.one_done() => {}
        }
    }
}

/// The jobs that this instance is running, whose leases it keeps from ending.
struct Hand<'a> {
    app: &'a App,
    running: JoinSet<()>,
    ids: HashMap<task::Id, JobId>,
    renew_at: DateTime<Utc>,
}

impl<'a> Hand<'a> {
    fn new(app: &'a App) -> Self {
        let renew_at = app.clock.now();
        Self { app, running: JoinSet::new(), ids: HashMap::new(), renew_at }
    }

    fn free(&self) -> u64 {
        AT_ONCE.saturating_sub(self.running.len() as u64)
    }

    fn take(&mut self, row: job::Model) {
        let (app, id) = (self.app.clone(), row.id);
        let task = self.running.spawn(async move { attempt(&app, row).await });
        self.ids.insert(task.id(), id);
    }

    fn put_down_done(&mut self) {
        while let Some(done) = self.running.try_join_next_with_id() {
            self.put_down(done);
        }
    }

    /// Waits for the end of a job; without any it waits for ever.
    async fn one_done(&mut self) {
        match self.running.join_next_with_id().await {
            Some(done) => self.put_down(done),
            None => std::future::pending().await,
        }
    }

    fn put_down(&mut self, done: std::result::Result<(task::Id, ()), task::JoinError>) {
        self.ids.remove(&done.map_or_else(|error| error.id(), |(id, ())| id));
    }

    /// Renews the leases three times in the time of one.
    async fn renew(&mut self) {
        let now = self.app.clock.now();
        if self.ids.is_empty() || now < self.renew_at {
            return;
        }
        self.renew_at = now + lease(self.app) / 3;
        let ids: Vec<JobId> = self.ids.values().copied().collect();
        if let Err(error) = store::renew(self.app, &ids, now, now + lease(self.app)).await {
            tracing::warn!(cause = %error.chain(), "cannot renew leases");
        }
    }
}

fn lease(app: &App) -> TimeDelta {
    TimeDelta::seconds(app.config.worker.lease_s)
}

/// Forgets what has had its time; what fails is tried again at the next turn.
async fn prune(app: &App) {
    for outcome in [
        store::prune(app, app.clock.now() - KEEP_DONE).await,
        conversation::prune(app).await,
        family::prune(app).await,
        followers::prune(app).await,
        helpdesk::prune(app).await,
        notices::prune(app).await,
        safety::prune(app).await,
    ] {
        if let Err(error) = outcome {
            tracing::warn!(cause = %error.chain(), "cannot forget what is old");
        }
    }
}

/// Looks for what has come due by the clock and asks for it as jobs, each once however many
/// instances look; what fails is tried at the next turn.
async fn round(app: &App) {
    for outcome in
        [attendance::round(app).await, care::round(app).await, reminders::round(app).await]
    {
        if let Err(error) = outcome {
            tracing::warn!(cause = %error.chain(), "cannot look for what is due");
        }
    }
}

/// Runs everything that is due, and what becomes due by it; returns how many
/// attempts were made.
///
/// # Errors
/// The database.
pub async fn run_due(app: &App) -> Result<usize> {
    let mut attempts = 0;
    loop {
        let claimed = claim(app, AT_ONCE).await?;
        if claimed.is_empty() {
            return Ok(attempts);
        }
        for row in claimed {
            attempts += 1;
            attempt(app, row).await;
        }
    }
}

/// Makes a dead job ready again.
///
/// # Errors
/// There is no such dead job.
pub async fn retry(app: &App, id: JobId) -> Result<()> {
    let tx = app.db.begin().await?;
    if !store::revive(&tx, id, app.clock.now()).await? {
        return Err(Error::not_found("job_not_dead", "这项任务不在“未完成”之列，可能已经重做了。"));
    }
    tx.commit().await?;
    Ok(())
}

/// Puts what is waiting and what got stuck into the metrics.
pub async fn measure(app: &App) {
    for (state, name) in
        [(JobState::Ready, "ready"), (JobState::Running, "running"), (JobState::Dead, "dead")]
    {
        if let Ok(count) = store::count(app.db.read(), state).await {
            metrics::gauge!("shangxue_jobs", "state" => name).set(count as f64);
        }
    }
}

async fn claim(app: &App, limit: u64) -> Result<Vec<job::Model>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    // Look before taking the write lock: an idle service leaves SQLite's writers alone.
    if !store::anything_due(app.db.read(), now).await? {
        return Ok(Vec::new());
    }
    let tx = app.db.begin().await?;
    let jobs = store::claim(&tx, now, now + lease(app), limit).await?;
    tx.commit().await?;
    Ok(jobs)
}

async fn attempt(app: &App, row: job::Model) {
    let (id, kind) = (row.id, row.kind.clone());
    let outcome = match serde_json::from_str::<Job>(&row.payload) {
        Ok(job) => run(&app.in_background(), job).await,
        Err(error) => {
            Err(Error::invalid("unknown_job", "这项任务的内容读不懂。").with_source(error))
        }
    };
    let now = app.clock.now();
    let (state, run_after, note) =
        verdict(&outcome, row.attempts, app.config.worker.max_attempts, now);
    metrics::counter!("shangxue_jobs_total", "kind" => kind.clone(), "outcome" => state.as_str())
        .increment(1);
    if let Err(error) = &outcome {
        tracing::warn!(job = id.0, kind, attempt = row.attempts, state = state.as_str(), cause = %error.chain(), "job failed");
    }
    if let Err(error) = store::settle(app, &row, state, run_after, note, now).await {
        // The lease runs out and the job is tried again.
        tracing::error!(job = id.0, kind, cause = %error.chain(), "cannot settle a job");
    }
}

/// What becomes of a job after an attempt.
fn verdict(
    outcome: &Result<()>,
    attempts: i32,
    max_attempts: i32,
    now: DateTime<Utc>,
) -> (JobState, DateTime<Utc>, Option<String>) {
    match outcome {
        Ok(()) => (JobState::Done, now, None),
        Err(error) => {
            let note = Some(format!("{}（{}）", error.message, error.code));
            let may_pass = matches!(error.kind, Kind::Upstream | Kind::Internal);
            if may_pass && attempts < max_attempts {
                let pause = now + back_off(attempts);
                (JobState::Ready, error.not_before.map_or(pause, |at| at.max(pause)), note)
            } else {
                (JobState::Dead, now, note)
            }
        }
    }
}

/// 1 s, 4 s, 16 s, 64 s, 256 s, then 10 minutes.
fn back_off(attempts: i32) -> TimeDelta {
    let exponent = u32::try_from(attempts.max(1) - 1).unwrap_or(0).min(5);
    TimeDelta::seconds(4_i64.pow(exponent).min(600))
}

/// Every kind of job, and the verb that does it.
async fn run(app: &App, job: Job) -> Result<()> {
    match job {
        Job::SendNotice { notice } => notices::deliver(app, notice).await,
        Job::FillFreePlaces { class } => enrolment::fill_free_places(app, class).await,
        Job::LapseOffer { enrolment } => enrolment::lapse_offer(app, enrolment).await,
        Job::BarEnded { resident } => enrolment::ask_again(app, resident).await,
        Job::TellPlaced { enrolments } => {
            enrolment::tell_placed(app, &enrolments).await?;
            attendance::guests_placed(app, &enrolments).await
        }
        Job::TellMeetingChange { meeting } => {
            enrolment::tell_meeting_change(app, meeting).await?;
            attendance::guests_of_changed(app, meeting).await
        }
        Job::TellRoomChange { class } => {
            enrolment::tell_room_change(app, class).await?;
            attendance::guests_of_moved(app, class).await
        }
        Job::RemindMeeting { meeting, of } => reminders::remind(app, meeting, of).await,
        Job::Publish { publication } => news::publish_job(app, publication).await,
        Job::FollowPublication { publication } => news::follow_publication(app, publication).await,
        Job::WithdrawPublication { publication } => news::withdraw_job(app, publication).await,
        Job::ReadFigures => news::read_figures(app).await,
        Job::AnswerLate { answer } => conversation::answer_late(app, answer).await,
        Job::FinishErasure { erasure } => conversation::finish_erasure(app, erasure).await,
        Job::TellDelegation { delegation, ended } => {
            notices::tell_delegation(app, delegation, ended).await
        }
        Job::BringAnswer { message } => helpdesk::deliver(app, message).await,
        Job::FetchMedia { message, account } => helpdesk::fetch_media(app, account, message).await,
        Job::CheckName { resident } => safety::check_name(app, resident).await,
        Job::AskAboutContent { check } => safety::ask(app, check).await,
        Job::LearnFollowers => followers::learn(app).await,
        Job::ReviewFollowers => followers::review(app).await,
        Job::NoteCallbackSources { account } => platform::note_callback_sources(app, account).await,
        Job::LinkFollower { resident } => followers::link_known(app, resident).await,
        Job::SyncMenu => conversation::sync_menu(app).await,
        Job::SeeToMinimum { term } => enrolment::see_to_minimum(app, term).await,
        Job::FreezeDraw { term } => draw::freeze(app, term).await,
        Job::RunDraw { draw } => draw::run(app, draw).await,
        Job::FollowMeeting { meeting } => care::follow(app, meeting).await,
        Job::OfferGuestSeats { meeting } => attendance::offer_guest_seats(app, meeting).await,
        Job::LapseGuestOffer { offer } => attendance::lapse_guest_offer(app, offer).await,
        Job::LapseClaim { claim } => attendance::lapse_claim(app, claim).await,
        Job::NotePhoneTails => members::note_phone_tails(app).await,
        Job::SendSignInCode { code } => members::send_code(app, code).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passing_failure_is_tried_again_ever_later_and_not_for_ever() {
        let now = crate::clock::Clock::System.now();
        let upstream = || Err(Error::upstream("busy", "忙"));
        let (state, at, _) = verdict(&upstream(), 1, 12, now);
        assert_eq!((state, at), (JobState::Ready, now + TimeDelta::seconds(1)));
        let (_, at, _) = verdict(&upstream(), 9, 12, now);
        assert_eq!(at, now + TimeDelta::seconds(600));
        assert_eq!(verdict(&upstream(), 12, 12, now).0, JobState::Dead);
        let midnight = now + TimeDelta::hours(5);
        let spent = Err(Error::upstream("spent", "用完了").not_before(Some(midnight)));
        assert_eq!(verdict(&spent, 1, 12, now).1, midnight);
        assert_eq!(verdict(&Err(Error::conflict("refused", "不行")), 1, 12, now).0, JobState::Dead);
        assert_eq!(verdict(&Ok(()), 1, 12, now).0, JobState::Done);
    }
}
