//! Bringing an answer of staff to the person.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::help_message::Model;
use entity::help_thread;
use entity::ids::{HelpMessageId, ResidentId};
use entity::kinds::{HelpState, NoticeKind, WechatAccount};

use super::store;
use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::members;
use crate::notices::letter::{self, Letter, Stage, Words};
use crate::notices::{NewNotice, Values};

impl Letter for Model {
    async fn settle(
        &self,
        tx: &DatabaseTransaction,
        (from, to): (Stage, Stage),
        failure: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        store::settle(tx, self.id, state(from), state(to), failure, now).await
    }
}

fn state(stage: Stage) -> HelpState {
    match stage {
        Stage::Waiting => HelpState::Waiting,
        Stage::Unknown => HelpState::Unknown,
        Stage::Sent => HelpState::Sent,
        Stage::InMessages => HelpState::InMessages,
        Stage::Failed => HelpState::Failed,
    }
}

/// Brings an answer (a job).
///
/// # Errors
/// `Upstream`: the platform did not take it, and it can be tried again.
pub async fn deliver(app: &App, id: HelpMessageId) -> Result<()> {
    let Some(row) = store::message(app.db.read(), id).await? else { return Ok(()) };
    let Some(thread) = store::thread(app.db.read(), row.thread_id).await? else { return Ok(()) };
    let instead = thread.resident_id.map(|resident| notice(app, &row, resident));
    match row.state {
        HelpState::Waiting => {}
        HelpState::Unknown => return letter::may_have_come(app, instead).await,
        _ => return Ok(()),
    }
    let words = Words {
        text: format!("工作人员回复您：\n{}", row.text),
        instead,
        to: place(app, thread).await?,
    };
    letter::bring(app, &row, words).await
}

/// Where the person wrote last; who wrote on our own page, the account they are linked to.
async fn place(app: &App, thread: help_thread::Model) -> Result<Option<(WechatAccount, String)>> {
    let openid = match (thread.openid, thread.resident_id) {
        (None, Some(id)) => members::openid(app.db.read(), id, thread.account).await?,
        (openid, _) => openid,
    };
    let appid = match thread.account {
        WechatAccount::Official => &app.config.wechat.official.appid,
        WechatAccount::Mini => &app.config.wechat.mini.appid,
    };
    Ok(openid.filter(|_| !appid.is_empty()).map(|openid| (thread.account, openid)))
}

fn notice(app: &App, row: &Model, resident: ResidentId) -> NewNotice {
    NewNotice {
        resident,
        kind: NoticeKind::Answered,
        dedup_key: format!("answered:{}", row.id),
        title: "工作人员回复您了".to_owned(),
        body: row.text.clone(),
        page: "/desk".to_owned(),
        values: Values {
            class: "您的留言".to_owned(),
            time: clock::wechat_time(app.clock.now()),
            place: app.config.centre.name.clone(),
            note: "工作人员已回复，请点开看".to_owned(),
        },
    }
}
