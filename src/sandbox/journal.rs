//! What was sent and what came back, for tests to look at; not kept over a restart.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    callbacks_so_far: usize,
}

impl Journal {
    pub(super) fn add_fault(&mut self, path: &str, fault: Fault, count: u32) {
        if count > 0 {
            self.faults.push(QueuedFault { path: path.to_owned(), fault, count });
        }
    }

    pub(super) fn take_fault(&mut self, path: &str) -> Option<Fault> {
        let index = self.faults.iter().position(|queued| queued.path == path)?;
        let queued = self.faults.get_mut(index)?;
        queued.count -= 1;
        let fault = queued.fault.clone();
        if queued.count == 0 {
            self.faults.remove(index);
        }
        Some(fault)
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
