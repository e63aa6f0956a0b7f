//! Who keeps a roll, and what of it they may keep.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;

use entity::class_monitor;
use entity::ids::{ResidentId, StaffId};
use entity::kinds::ActorKind;

use super::Scope;
use super::monitor::not_monitor;
use super::store::{self, MeetingFacts};
use super::why::Why;
use crate::enrolment;
use crate::error::Result;
use crate::members::Learner;
use crate::staff::Colleague;

/// What a monitor sends later than so long after a meeting is for staff to judge: it would
/// be a correction of what is past.
const MONITOR_SENDS_WITHIN: TimeDelta = TimeDelta::hours(24);

/// The reasons that a monitor gives: what residents write themselves would have to be judged
/// before others read it.
const MONITOR_REASONS: [&str; 3] = ["人到了", "没有来", "刚才登记错了"];
const ANOTHER_REASON: &str = "其他原因";

/// Who keeps a roll.
#[derive(Clone, Copy, Debug)]
pub enum Keeper<'a> {
    Staff(&'a Colleague),
    /// 班长.
    Monitor(&'a Learner),
}

impl Keeper<'_> {
    pub(super) fn actor(self) -> (ActorKind, i64) {
        match self {
            Self::Staff(colleague) => (ActorKind::Staff, colleague.id.0),
            Self::Monitor(learner) => (ActorKind::Resident, learner.id.0),
        }
    }

    pub(super) fn ids(self) -> (Option<StaffId>, Option<ResidentId>) {
        match self {
            Self::Staff(colleague) => (Some(colleague.id), None),
            Self::Monitor(learner) => (None, Some(learner.id)),
        }
    }

    /// A reason in the words that this person may use.
    pub(super) fn reason(self, reason: String) -> String {
        match self {
            Self::Monitor(_) if !MONITOR_REASONS.contains(&reason.as_str()) => {
                ANOTHER_REASON.to_owned()
            }
            _ => reason,
        }
    }
}

/// What somebody may keep of one meeting.
pub(super) enum Rights {
    Staff { theirs: bool },
    Monitor { times: Vec<class_monitor::Model>, placed: bool, until: DateTime<Utc> },
}

impl Rights {
    /// Of somebody who never was a monitor of the class nothing is taken at all.
    pub(super) async fn of(
        conn: &impl ConnectionTrait,
        who: Keeper<'_>,
        facts: &MeetingFacts,
    ) -> Result<Self> {
        let learner = match who {
            Keeper::Staff(colleague) => {
                let theirs = Scope::of(colleague).is_ok_and(|scope| scope.holds(facts));
                return Ok(Self::Staff { theirs });
            }
            Keeper::Monitor(learner) => learner.id,
        };
        let times = store::monitors::times(conn, facts.class_id(), learner).await?;
        if times.is_empty() {
            return Err(not_monitor());
        }
        let placed = enrolment::is_placed(conn, learner, facts.class_id()).await?;
        Ok(Self::Monitor { times, placed, until: facts.meeting.ends_at + MONITOR_SENDS_WITHIN })
    }

    /// Why what they did then, and send now, is not for them to say.
    pub(super) fn refuses(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Why> {
        match self {
            Self::Staff { theirs } => (!theirs).then_some(Why::NotYourClass),
            Self::Monitor { times, placed, until } => {
                let was = times
                    .iter()
                    .any(|time| time.made_at <= at && time.ended_at.is_none_or(|ended| at < ended));
                match (was && *placed, now <= *until) {
                    (false, _) => Some(Why::NotMonitor),
                    (true, false) => Some(Why::SentLate),
                    (true, true) => None,
                }
            }
        }
    }
}
