//! Words to somebody who wrote: a customer message, at most once; and where WeChat takes
//! none, or nobody knows whether it did, a notice in “消息”. The words stand in a table of
//! the room that says them.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::kinds::WechatAccount;

use super::{NO_ANSWER, NewNotice, notify, stand};
use crate::app::App;
use crate::error::{Error, Result};
use crate::wechat::{Class, CustomMessage};

/// Nobody can be reached.
const NO_WAY: &str = "微信不让发，对方也没有连上小程序。请打电话，或等对方再写来。";

/// How far a letter came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Waiting,
    /// On its way, or nobody knows whether it came: not repeated, but found in “消息”.
    Unknown,
    Sent,
    /// WeChat would not take it: it stands in “消息”.
    InMessages,
    /// And there is no “消息” of theirs either.
    Failed,
}

/// A row that is brought to a person.
pub trait Letter {
    /// Moves it on, if it still stands at `from`; true when it did.
    fn settle(
        &self,
        tx: &DatabaseTransaction,
        step: (Stage, Stage),
        failure: Option<&str>,
        now: DateTime<Utc>,
    ) -> impl Future<Output = Result<bool>> + Send;
}

/// What is said to whom.
pub struct Words {
    /// Where the person wrote; `None`: nowhere that can be answered.
    pub to: Option<(WechatAccount, String)>,
    pub text: String,
    /// For “消息”, where we know whose.
    pub instead: Option<NewNotice>,
}

/// Brings a letter that waits.
///
/// # Errors
/// `Upstream`: the platform did not take it, and it can be tried again.
pub async fn bring(app: &App, letter: &impl Letter, words: Words) -> Result<()> {
    let Some((account, openid)) = &words.to else {
        return put_into_messages(app, letter, words.instead, Stage::Waiting).await;
    };
    // Marked before the call: who dies in between does not send it twice.
    if !settle(app, letter, (Stage::Waiting, Stage::Unknown), Some(NO_ANSWER)).await? {
        return Ok(());
    }
    let message = CustomMessage::Text(words.text);
    let sent = match account {
        WechatAccount::Official => app.wechat.official().send_custom(openid, &message).await,
        WechatAccount::Mini => app.wechat.mini().send_custom(openid, &message).await,
    };
    let error = match sent {
        Ok(()) => {
            return settle(app, letter, (Stage::Unknown, Stage::Sent), None).await.map(drop);
        }
        Err(error) => error,
    };
    match error.class() {
        // It stays as it was marked before the call.
        Class::MaybeSent => may_have_come(app, words.instead).await,
        Class::Token | Class::BackOff | Class::NotSent => {
            settle(app, letter, (Stage::Unknown, Stage::Waiting), None).await?;
            Err(Error::from(error))
        }
        // 45015, 45047: WeChat's window is over; 48001: this account may not.
        Class::UserState | Class::Configuration | Class::Permanent | Class::AlreadyDone => {
            put_into_messages(app, letter, words.instead, Stage::Unknown).await
        }
    }
}

/// Words of which nobody knows whether they came stand in “消息” too, where we know whose.
/// Also of a letter whose sender died on the way; twice is the same as once.
///
/// # Errors
/// The database.
pub async fn may_have_come(app: &App, notice: Option<NewNotice>) -> Result<()> {
    let Some(notice) = notice else { return Ok(()) };
    let tx = app.db.begin().await?;
    stand(&tx, &notice, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

async fn put_into_messages(
    app: &App,
    letter: &impl Letter,
    notice: Option<NewNotice>,
    from: Stage,
) -> Result<()> {
    let Some(notice) = notice else {
        return settle(app, letter, (from, Stage::Failed), Some(NO_WAY)).await.map(drop);
    };
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if letter.settle(&tx, (from, Stage::InMessages), None, now).await? {
        notify(&tx, &notice, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn settle(
    app: &App,
    letter: &impl Letter,
    step: (Stage, Stage),
    failure: Option<&str>,
) -> Result<bool> {
    let tx = app.db.begin().await?;
    let moved = letter.settle(&tx, step, failure, app.clock.now()).await?;
    tx.commit().await?;
    Ok(moved)
}
