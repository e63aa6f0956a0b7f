//! What was sent and what came back, for tests to look at; not kept over a restart.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::config::RandomFaults;
use super::state::Account;

/// The oldest entries go first.
const KEPT: usize = 5_000;

/// A call of the platform, without token and secrets.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    pub method: String,
    /// As in `/cgi-bin/draft/add`.
    pub path: String,
    pub query: BTreeMap<String, String>,
    /// JSON as it was sent; of a form the parts without their bytes; else null.
    pub body: Value,
    /// Whose token it carried.
    pub account: Option<Account>,
    /// 0: it was done.
    pub errcode: i64,
    /// What went wrong on purpose.
    pub fault: Option<Fault>,
    /// As it stands in errmsg, for rid/get.
    pub rid: String,
    pub at: DateTime<Utc>,
    /// The answer, without what it gave out.
    #[serde(skip)]
    pub(super) answer: String,
}

/// A callback and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct CallbackRecord {
    /// For [`super::Sandbox::redeliver`].
    pub number: usize,
    pub account: Account,
    /// MsgType, or Event for events.
    pub what: String,
    /// The body before encryption.
    pub body: String,
    pub attempts: u32,
    /// HTTP status of the last answer; none if there was none.
    pub status: Option<u16>,
    /// The answer in the clear; empty for nothing to reply.
    pub reply: String,
    /// Why the answer would not be accepted.
    pub problem: Option<String>,
    #[serde(skip)]
    pub(super) openid: String,
}

/// A callback that waits to be posted.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) account: Account,
    pub(super) openid: String,
    pub(super) what: String,
    pub(super) body: String,
}

/// In which order held callbacks are posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    AsTheyCame,
    Backwards,
    /// The same for the same seed.
    Mixed(u64),
}

/// How a call goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is done, but no answer comes.
    Timeout,
    /// It is not done, and no answer comes.
    Lost,
    /// It is not done; HTTP 500 with a page.
    Http500,
    /// It is not done; this errcode.
    Errcode(i64),
    /// It is done, but the answer is broken off.
    Garbage,
}

#[derive(Clone, Debug, Serialize)]
pub struct QueuedFault {
    pub path: String,
    pub fault: Fault,
    pub count: u32,
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) requests: VecDeque<RequestRecord>,
    pub(super) callbacks: VecDeque<CallbackRecord>,
    pub(super) unexpected: Vec<String>,
    pub(super) faults: Vec<QueuedFault>,
    pub(super) random: Option<RandomFaults>,
    /// Some: callbacks are kept back.
    pub(super) held: Option<Vec<Held>>,
    calls: BTreeMap<String, u64>,
    callbacks_so_far: usize,
}

impl Journal {
    pub(super) fn add_fault(&mut self, path: &str, fault: Fault, count: u32) {
        if count > 0 {
            self.faults.push(QueuedFault { path: path.to_owned(), fault, count });
        }
    }

    /// The next fault of this path: an ordered one, else by chance.
    pub(super) fn take_fault(&mut self, path: &str) -> Option<Fault> {
        let Some(index) = self.faults.iter().position(|queued| queued.path == path) else {
            return self.fault_by_chance(path);
        };
        let queued = self.faults.get_mut(index)?;
        queued.count -= 1;
        let fault = queued.fault.clone();
        if queued.count == 0 {
            self.faults.remove(index);
        }
        Some(fault)
    }

    /// By seed, path and how often the path was called: what other paths are called
    /// meanwhile changes nothing.
    fn fault_by_chance(&mut self, path: &str) -> Option<Fault> {
        let random = self.random.as_ref()?;
        let count = self.calls.entry(path.to_owned()).or_default();
        *count += 1;
        let dice = Dice::new(&format!("{}|{path}|{count}", random.seed));
        if dice.below(0, 100) >= u64::from(random.percent) {
            return None;
        }
        let which = dice.below(1, u64::try_from(random.faults.len()).ok()?);
        random.faults.get(usize::try_from(which).ok()?).cloned()
    }

    pub(super) fn request(&mut self, record: RequestRecord) {
        if self.requests.len() >= KEPT {
            self.requests.pop_front();
        }
        self.requests.push_back(record);
    }

    /// Gives the record its number.
    pub(super) fn callback(&mut self, mut record: CallbackRecord) -> CallbackRecord {
        record.number = self.callbacks_so_far;
        self.callbacks_so_far += 1;
        if self.callbacks.len() >= KEPT {
            self.callbacks.pop_front();
        }
        self.callbacks.push_back(record.clone());
        record
    }

    pub(super) fn unexpected(&mut self, what: String) {
        tracing::warn!(%what, "sandbox: unexpected");
        if self.unexpected.len() < KEPT {
            self.unexpected.push(what);
        }
    }
}

/// Chance that can be had again.
pub(super) struct Dice([u8; 32]);

impl Dice {
    pub(super) fn new(seed: &str) -> Self {
        Self(Sha256::digest(seed).into())
    }

    /// The throw of this number (0 to 3), below `limit`.
    pub(super) fn below(&self, throw: usize, limit: u64) -> u64 {
        let bytes = self.0.chunks_exact(8).nth(throw).and_then(|chunk| chunk.try_into().ok());
        bytes.map(u64::from_be_bytes).unwrap_or_default().checked_rem(limit).unwrap_or_default()
    }
}
