//! Answers that were not ready while WeChat waited.

use chrono::{DateTime, TimeDelta, Utc};
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

/// So long staff are shown what did not come.
const SHOWN: TimeDelta = TimeDelta::days(7);

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
    if !matches!(row.state, NoticeState::Pending | NoticeState::Unknown) {
        return Ok(());
    }
    let who = Who { account: row.account, openid: &row.openid };
    let text = match (&row.text, &row.ask) {
        (Some(text), _) => text.clone(),
        (None, Some(ask)) => answers::answer(app, who, &serde_json::from_str(ask)?).await?,
        (None, None) => return Ok(()),
    };
    let resident = members::by_openid(app.db.read(), who.account, who.openid).await?;
    let instead = resident.map(|resident| notice(app, &row, resident, &text));
    if row.state == NoticeState::Unknown {
        return letter::may_have_come(app, instead).await;
    }
    let words = Words { to: Some((row.account, row.openid.clone())), instead, text };
    letter::bring(app, &row, words).await
}

/// How many late answers wait, and how many of the last days may not have come or did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LateAnswers {
    pub waiting: u64,
    pub unknown: u64,
    pub failed: u64,
}

/// A late answer that came to nobody: neither WeChat nor “消息” had a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unheard {
    pub account: WechatAccount,
    pub asked_at: DateTime<Utc>,
    /// What was asked, in a word.
    pub about: &'static str,
    /// Why it did not come, and what to do.
    pub failure: String,
}

/// How late answers stand.
///
/// # Errors
/// The database.
pub async fn late_answers(app: &App) -> Result<LateAnswers> {
    let (conn, since) = (app.db.read(), app.clock.now() - SHOWN);
    Ok(LateAnswers {
        waiting: store::count_late(conn, NoticeState::Pending, None).await?,
        unknown: store::count_late(conn, NoticeState::Unknown, Some(since)).await?,
        failed: store::count_late(conn, NoticeState::Failed, Some(since)).await?,
    })
}

/// The late answers of the last days that came to nobody, newest first.
///
/// # Errors
/// The database.
pub async fn unheard(app: &App) -> Result<Vec<Unheard>> {
    let rows = store::failed_late(app.db.read(), app.clock.now() - SHOWN).await?;
    Ok(rows.into_iter().map(of_row).collect())
}

fn of_row(row: late_answer::Model) -> Unheard {
    let asked: Option<Question> = row.ask.and_then(|ask| serde_json::from_str(&ask).ok());
    Unheard {
        account: row.account,
        asked_at: row.created_at,
        about: asked.map_or("留言", |question| question.intent.in_words()),
        failure: row.failure.unwrap_or_default(),
    }
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
