//! The customer service of the mini-program: the same dialogue as in the account's chat.
//!
//! There is no passive reply: every answer is owed, and brought by a job as a customer
//! message. Who is signed in to the mini-program is known without linking anything.

use std::time::Duration;

use chrono::DateTime;
use sea_orm::DatabaseTransaction;
use tokio::time::timeout;

use super::answers::{phone, said};
use super::late::{self, Owed};
use super::{Asked, CACHE_PATIENCE, Who, desk};
use crate::app::App;
use crate::error::Result;
use crate::wechat::Incoming;
use crate::wechat::message::{Event, Message};

/// Who comes again within so long is not greeted again.
const GREETED: Duration = Duration::from_secs(12 * 3600);

/// Somebody opened the customer service, and is to be greeted.
pub(super) async fn greets(app: &App, incoming: &Incoming) -> bool {
    if !matches!(incoming.message, Message::Event(Event::EnterSession { .. })) {
        return false;
    }
    let key = format!("greeted:{}", incoming.from);
    // Without the cache people are greeted each time.
    let fresh = timeout(CACHE_PATIENCE, app.cache.set_if_absent(&key, "", GREETED)).await;
    fresh.ok().and_then(Result::ok).unwrap_or(true)
}

/// Owes an answer.
///
/// # Errors
/// The database.
pub(super) async fn receive(
    app: &App,
    tx: &DatabaseTransaction,
    incoming: &Incoming,
    asked: &Asked,
) -> Result<()> {
    let (who, now) = (Who::of_mini(incoming), app.clock.now());
    let owed = match &asked.question {
        None if asked.greets => Owed::Text(greeting(app)),
        None => return Ok(()),
        Some(question) if asked.for_staff => {
            let at = DateTime::from_timestamp(incoming.created_at, 0).unwrap_or(now);
            Owed::Text(desk::receive(app, tx, who, &incoming.message, question, at).await?)
        }
        Some(question) => Owed::Ask(question.clone()),
    };
    late::owe(tx, who, owed, now).await
}

fn greeting(app: &App) -> String {
    said(&[
        format!("您好！这里是{}。", app.config.centre.name),
        "请直接写要问的，比如：上课时间、候补、学时。".to_owned(),
        "回复“帮助”看能问什么，回复“人工”找工作人员。".to_owned(),
        phone(&app.config, "也可以打电话"),
    ])
}
