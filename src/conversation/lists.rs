//! Lists that were shown: a number right after means one of their lines.
//!
//! A list is numbered only when it could be remembered. Who answers with a number that
//! nobody remembers gets help, never a guess.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::ids::ClassId;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::dialogue::{self, Intent, Question};
use super::{CACHE_PATIENCE, Who, desk};
use crate::app::App;
use crate::error::Result;
use crate::wechat::message::Message;

/// So long a list is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);

/// What a line of a list stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Ask(Intent),
    Class(ClassId),
}

#[derive(Serialize, Deserialize)]
struct Shown {
    at: DateTime<Utc>,
    lines: Vec<Line>,
}

fn key(who: Who<'_>) -> String {
    format!("list:{}:{}", who.account.as_str(), who.openid)
}

/// Remembers a list that is about to be shown; false: it must not be numbered.
pub(super) async fn remember(app: &App, who: Who<'_>, lines: Vec<Line>) -> bool {
    let Ok(text) = serde_json::to_string(&Shown { at: app.clock.now(), lines }) else {
        return false;
    };
    let kept = timeout(CACHE_PATIENCE, app.cache.set(&key(who), &text, REMEMBERED)).await;
    matches!(kept, Ok(Ok(())))
}

/// What somebody means who answers with a number; anything else stays as it is.
pub(super) async fn resolve(
    app: &App,
    who: Who<'_>,
    message: &Message,
    question: Question,
) -> Result<Question> {
    let Message::Text { content, .. } = message else { return Ok(question) };
    let Some(number) = dialogue::number(content) else { return Ok(question) };
    let unknown = Question::of(Intent::Unknown);
    let kept = timeout(CACHE_PATIENCE, app.cache.get(&key(who))).await;
    let shown = kept.ok().and_then(Result::ok).flatten();
    let Some(shown) = shown.and_then(|text| serde_json::from_str::<Shown>(&text).ok()) else {
        return Ok(unknown);
    };
    // What was said to staff or by them after it: the number is an answer to that.
    if desk::last_word(app, who).await?.is_some_and(|at| at > shown.at) {
        return Ok(unknown);
    }
    Ok(match shown.lines.get(number - 1) {
        Some(Line::Ask(intent)) => Question::of(*intent),
        Some(Line::Class(class)) => {
            Question { class: Some(*class), ..Question::of(Intent::SignUp) }
        }
        None => unknown,
    })
}
