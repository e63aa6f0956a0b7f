//! Callbacks that change nothing of ours but ask for an answer: remembered many at a
//! time, since most of a busy hour is of this kind.
//!
//! The answer is made before, from reading alone; so a repeat may make it again for
//! nothing, and is then given the one that stands written.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::kinds::WechatAccount;

use super::store;
use crate::app::Db;
use crate::batch::{Batch, Decide};
use crate::error::Result;

/// One transaction remembers so many at most.
const LARGEST: usize = 256;

/// A callback and the answer made for it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) account: WechatAccount,
    pub(super) key: String,
    pub(super) kind: String,
    /// The passive reply, as XML.
    pub(super) reply: String,
    pub(super) at: DateTime<Utc>,
}

/// What is to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// What was made for it.
    First,
    /// What the first delivery was answered; `None`: nothing, or it comes another way.
    Repeat(Option<String>),
}

pub(super) struct Remember(Db);

impl Decide for Remember {
    type Question = Seen;
    type Answer = Verdict;

    async fn decide(&self, seen: &[Seen]) -> Result<Vec<Verdict>> {
        let tx = self.0.begin().await?;
        let mut new: HashSet<_> = store::remember(&tx, seen).await?.into_iter().collect();
        let repeated: Vec<&Seen> = if new.len() == seen.len() {
            Vec::new()
        } else {
            seen.iter().filter(|one| !new.contains(&(one.account, one.key.clone()))).collect()
        };
        let mut stored: HashMap<_, _> = store::replies(&tx, &repeated).await?;
        tx.commit().await?;
        let verdicts = seen.iter().map(|one| {
            let key = (one.account, one.key.clone());
            if new.remove(&key) {
                stored.insert(key, Some(one.reply.clone()));
                Verdict::First
            } else {
                Verdict::Repeat(stored.get(&key).cloned().flatten())
            }
        });
        Ok(verdicts.collect())
    }
}

/// The line of callbacks to be remembered.
pub struct Intake(Batch<Remember>);

impl Intake {
    /// For callbacks that are remembered in `db`.
    pub fn new(db: Db) -> Self {
        Self(Batch::new(Remember(db), LARGEST))
    }

    pub(super) async fn remember(&self, seen: Seen) -> Result<Verdict> {
        self.0.ask(seen).await
    }
}
