//! Answers that were not ready while WeChat waited.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::{LateAnswerId, ResidentId};
use entity::kinds::{NoticeKind, NoticeState, WechatAccount};
use entity::late_answer;

use super::dialogue::Question;
use super::{Who, answers, store};
use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::members;
use crate::notices::letter::{self, Letter, Stage, Words};
use crate::notices::{NewNotice, Values};
use crate::outbox::{self, Job};

/// What is owed to somebody.
pub(super) enum Owed {
    /// The answer has still to be found.
    Ask(Question),
    Text(String),
}

/// Writes down what somebody is owed, in the transaction of the callback.
pub(super) async fn owe(
    tx: &DatabaseTransaction,
    who: Who<'_>,
    owed: Owed,
    now: DateTime<Utc>,
) -> Result<()> {
    let (ask, text) = match owed {
        Owed::Ask(question) => (Some(serde_json::to_string(&question)?), None),
        Owed::Text(text) => (None, Some(text)),
    };
    let answer = store::owe(tx, who, ask, text, now).await?;
    outbox::enqueue(tx, &Job::AnswerLate { answer }, now, now).await?;
    if who.account == WechatAccount::Official {
        metrics::counter!("shangxue_late_answers_total").increment(1);
    }
    Ok(())
}

impl Letter for late_answer::Model {
    async fn settle(
        &self,
        tx: &DatabaseTransaction,
        (from, to): (Stage, Stage),
        failure: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        store::settle_late(tx, self.id, state(from), state(to), failure, now).await
    }
}

fn state(stage: Stage) -> NoticeState {
    match stage {
        Stage::Waiting => NoticeState::Pending,
        Stage::Unknown => NoticeState::Unknown,
        Stage::Sent => NoticeState::Sent,
        Stage::InMessages => NoticeState::NoConsent,
        Stage::Failed => NoticeState::Failed,
    }
}

/// Brings a late answer (a job).
///
/// # Errors
/// `Upstream`: the platform did not take it, and it can be tried again.
pub async fn answer_late(app: &App, id: LateAnswerId) -> Result<()> {
    let Some(row) = store::late_answer(app.db.read(), id).await? else { return Ok(()) };
    if row.state != NoticeState::Pending {
        return Ok(());
    }
    let who = Who { account: row.account, openid: &row.openid };
    let text = match (&row.text, &row.ask) {
        (Some(text), _) => text.clone(),
        (None, Some(ask)) => answers::answer(app, who, &serde_json::from_str(ask)?).await?,
        (None, None) => return Ok(()),
    };
    let resident = members::by_openid(app.db.read(), who.account, who.openid).await?;
    let words = Words {
        to: Some((row.account, row.openid.clone())),
        instead: resident.map(|resident| notice(app, &row, resident, &text)),
        text,
    };
    letter::bring(app, &row, words).await
}

fn notice(app: &App, row: &late_answer::Model, resident: ResidentId, text: &str) -> NewNotice {
    let asked = match row.account {
        WechatAccount::Official => "您在公众号里问的",
        WechatAccount::Mini => "您在小程序里问的",
    };
    NewNotice {
        resident,
        kind: NoticeKind::Answered,
        dedup_key: format!("late:{}", row.id),
        title: "您问的有回复了".to_owned(),
        body: answers::without_links(text),
        page: "/mine".to_owned(),
        values: Values {
            class: asked.to_owned(),
            time: clock::wechat_time(app.clock.now()),
            place: app.config.centre.name.clone(),
            note: "请点开看".to_owned(),
        },
    }
}
