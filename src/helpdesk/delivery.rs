//! Bringing an answer of staff to the person: as a customer message where WeChat takes
//! one, into “消息” where it does not.

use entity::ids::{HelpMessageId, ResidentId};
use entity::kinds::{HelpState, NoticeKind, WechatAccount};
use entity::{help_message, help_thread};

use super::store;
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::members;
use crate::notices::{self, NewNotice, Values};
use crate::wechat::{Class, CustomMessage};

/// What is kept while an answer is on its way, and when its sender died meanwhile.
const NO_ANSWER: &str = "微信没有回音，可能已经收到，也可能没有；为免重复，不再发送。";

/// Nobody can be reached.
const NO_WAY: &str = "微信不让发，对方也没有连上小程序。请打电话，或等对方再写来。";

/// Brings an answer (a job).
///
/// # Errors
/// `Upstream`: the platform did not take it, and it can be tried again.
pub async fn deliver(app: &App, id: HelpMessageId) -> Result<()> {
    let Some(row) = store::message(app.db.read(), id).await? else { return Ok(()) };
    let Some(thread) = store::thread(app.db.read(), row.thread_id).await? else { return Ok(()) };
    if row.state != HelpState::Waiting {
        return Ok(());
    }
    let resident = thread.resident_id;
    let Some(openid) = openid(app, thread).await? else {
        return put_into_messages(app, &row, resident, HelpState::Waiting).await;
    };
    // Marked before the call: who dies in between does not send it twice.
    if !settle(app, &row, HelpState::Waiting, HelpState::Unknown, Some(NO_ANSWER)).await? {
        return Ok(());
    }
    let text = CustomMessage::Text(format!("工作人员回复您：\n{}", row.text));
    let from = HelpState::Unknown;
    let error = match app.wechat.official().send_custom(&openid, &text).await {
        Ok(()) => return settle(app, &row, from, HelpState::Sent, None).await.map(drop),
        Err(error) => error,
    };
    match error.class() {
        // It stays as it was marked before the call.
        Class::MaybeSent => Ok(()),
        Class::Token | Class::BackOff | Class::NotSent => {
            settle(app, &row, from, HelpState::Waiting, None).await?;
            Err(Error::from(error))
        }
        // 45015, 45047: WeChat's window is over; 48001: this account may not.
        Class::UserState | Class::Configuration | Class::Permanent | Class::AlreadyDone => {
            put_into_messages(app, &row, resident, from).await
        }
    }
}

/// Where the person wrote, or the account they are linked to.
async fn openid(app: &App, thread: help_thread::Model) -> Result<Option<String>> {
    if app.config.wechat.official.appid.is_empty() {
        return Ok(None);
    }
    match (thread.openid, thread.resident_id) {
        (None, Some(id)) => members::openid(app.db.read(), id, WechatAccount::Official).await,
        (openid, _) => Ok(openid),
    }
}

async fn put_into_messages(
    app: &App,
    row: &help_message::Model,
    resident: Option<ResidentId>,
    from: HelpState,
) -> Result<()> {
    let Some(resident) = resident else {
        return settle(app, row, from, HelpState::Failed, Some(NO_WAY)).await.map(drop);
    };
    let now = app.clock.now();
    let notice = NewNotice {
        resident,
        kind: NoticeKind::Answered,
        dedup_key: format!("answered:{}", row.id),
        title: "工作人员回复您了".to_owned(),
        body: row.text.clone(),
        page: "/desk".to_owned(),
        values: Values {
            class: "您的留言".to_owned(),
            time: clock::wechat_time(now),
            place: app.config.centre.name.clone(),
            note: "工作人员已回复，请点开看".to_owned(),
        },
    };
    let tx = app.db.begin().await?;
    if store::settle(&tx, row.id, from, HelpState::InMessages, None, now).await? {
        notices::notify(&tx, &notice, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn settle(
    app: &App,
    row: &help_message::Model,
    from: HelpState,
    to: HelpState,
    failure: Option<&str>,
) -> Result<bool> {
    let tx = app.db.begin().await?;
    let moved = store::settle(&tx, row.id, from, to, failure, app.clock.now()).await?;
    tx.commit().await?;
    Ok(moved)
}
