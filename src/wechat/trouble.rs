//! The last failures of an account's calls, for the console: a ring in the shared cache.
//!
//! Holds WeChat's words and request id, and nothing of what was sent.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::{Class, Error, Inner};

/// How many are kept.
const SLOTS: u64 = 20;

/// As long as WeChat can look a request id up.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// A failure as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trouble {
    pub at: DateTime<Utc>,
    pub endpoint: String,
    pub errcode: Option<i64>,
    /// WeChat's own, or ours where it did not answer.
    pub words: String,
    /// What to do, for staff.
    pub advice: String,
    pub rid: Option<String>,
}

impl Inner {
    /// Keeps a failure that staff should see: none of a person's state, none that never
    /// left because an earlier one is remembered.
    pub(super) async fn keep_trouble(&self, account: &Account, error: &Error) {
        let hidden = matches!(error.class(), Class::UserState | Class::AlreadyDone);
        if hidden || (error.errcode.is_none() && error.retry_at.is_some()) {
            return;
        }
        let trouble = Trouble {
            at: self.clock.now(),
            endpoint: error.endpoint.to_owned(),
            errcode: error.errcode,
            words: error.errmsg.chars().take(200).collect(),
            advice: error.advice().to_owned(),
            rid: error.rid.clone(),
        };
        let Ok(text) = serde_json::to_string(&trouble) else { return };
        let counter = format!("wechat-troubles:{}", account.appid);
        let Some(number) = self.quickly(self.cache.count(&counter, KEPT)).await else { return };
        let key = key(account, number % SLOTS);
        let _shared = self.quickly(self.cache.set(&key, &text, KEPT)).await;
    }

    /// Newest first.
    pub(super) async fn troubles(&self, account: &Account) -> Vec<Trouble> {
        let keys: Vec<String> = (0..SLOTS).map(|slot| key(account, slot)).collect();
        let slots = join_all(keys.iter().map(|key| self.quickly(self.cache.get(key)))).await;
        let mut troubles: Vec<Trouble> =
            slots.into_iter().filter_map(|slot| serde_json::from_str(&slot??).ok()).collect();
        troubles.sort_by_key(|trouble| std::cmp::Reverse(trouble.at));
        troubles
    }
}

fn key(account: &Account, slot: u64) -> String {
    format!("wechat-trouble:{}:{slot}", account.appid)
}
