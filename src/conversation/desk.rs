//! Asking for a person in the chat: it is listened, and what is said is kept for staff.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::kinds::{HelpKind, WechatAccount};

use super::answers::{phone, said};
use super::dialogue::{Intent, Question};
use crate::app::App;
use crate::error::Result;
use crate::helpdesk::{self, Words, Writer};
use crate::wechat::message::Message;
use crate::{followers, members};

/// Whether this is for staff rather than a question that the service answers.
///
/// # Errors
/// The database.
pub(super) async fn takes(app: &App, openid: &str, question: &Question) -> Result<bool> {
    match question.intent {
        Intent::Person => Ok(true),
        Intent::Unknown => listens(app, openid).await,
        // Who tells a story says known words as well.
        _ if question.tells => listens(app, openid).await,
        _ => Ok(false),
    }
}

async fn listens(app: &App, openid: &str) -> Result<bool> {
    let conn = app.db.read();
    let resident = members::by_openid(conn, WechatAccount::Official, openid).await?;
    let who = Writer { openid: Some(openid.to_owned()), resident };
    helpdesk::listens(conn, &who, app.clock.now()).await
}

/// Listens from now on, or keeps what is said; and says so.
///
/// # Errors
/// The database.
pub(super) async fn receive(
    app: &App,
    tx: &DatabaseTransaction,
    openid: &str,
    message: &Message,
    question: &Question,
    at: DateTime<Utc>,
) -> Result<String> {
    let resident = members::by_openid(tx, WechatAccount::Official, openid).await?;
    let who = Writer { openid: Some(openid.to_owned()), resident };
    followers::met(tx, openid, at, app.clock.now()).await?;
    if question.intent == Intent::Person && !question.tells {
        helpdesk::ask(tx, &who, at).await?;
        return invitation(app).await;
    }
    let first = helpdesk::say(tx, &who, words(message), at).await?;
    if !first {
        return Ok(said(&["这句也记下了。".to_owned(), phone(app, "着急请打电话")]));
    }
    Ok(said(&[
        "记下了，工作人员会看到。".to_owned(),
        helpdesk::waiting_words(app).await?,
        "还有要说的，请接着写。".to_owned(),
        phone(app, "着急请打电话"),
    ]))
}

async fn invitation(app: &App) -> Result<String> {
    Ok(said(&[
        phone(app, "中心电话"),
        format!("有人接听的时间：\n{}", app.config.centre.hours),
        "请直接写下您的问题，工作人员会看到。".to_owned(),
        helpdesk::waiting_words(app).await?,
    ]))
}

/// What staff are to see of a message.
fn words(message: &Message) -> Words {
    let (kind, text, media_id) = match message {
        Message::Text { content, .. } => (HelpKind::Text, content.as_str(), None),
        Message::Voice { media_id, recognition, .. } => {
            (HelpKind::Voice, recognition.as_deref().unwrap_or_default(), Some(media_id))
        }
        Message::Image { media_id, .. } => (HelpKind::Picture, "", Some(media_id)),
        Message::Video { media_id, .. } => (HelpKind::Video, "", Some(media_id)),
        Message::Location { label, .. } => (HelpKind::Other, label.as_str(), None),
        Message::Link { title, .. } => (HelpKind::Other, title.as_str(), None),
        _ => (HelpKind::Other, "", None),
    };
    Words { kind, text: text.to_owned(), media_id: media_id.cloned() }
}
