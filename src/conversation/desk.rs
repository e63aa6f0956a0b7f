//! Asking for a person in the chat: it is listened, and what is said is kept for staff.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use entity::kinds::{HelpKind, WechatAccount};

use super::Who;
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
pub(super) async fn takes(app: &App, who: Who<'_>, question: &Question) -> Result<bool> {
    match question.intent {
        Intent::Person => Ok(true),
        Intent::Unknown => Ok(last_word(app, who).await?.is_some()),
        // Who tells a story says known words as well.
        _ if question.tells => Ok(last_word(app, who).await?.is_some()),
        _ => Ok(false),
    }
}

/// When something was last said between this person and staff; `None`: nobody listens.
///
/// # Errors
/// The database.
pub(super) async fn last_word(app: &App, who: Who<'_>) -> Result<Option<DateTime<Utc>>> {
    let conn = app.db.read();
    let writer = writer(conn, who).await?;
    helpdesk::last_word(conn, &writer, app.clock.now()).await
}

async fn writer(conn: &impl ConnectionTrait, who: Who<'_>) -> Result<Writer> {
    let resident = members::by_openid(conn, who.account, who.openid).await?;
    Ok(Writer { place: Some((who.account, who.openid.to_owned())), resident })
}

/// Listens from now on, or keeps what is said; and says so.
///
/// # Errors
/// The database.
pub(super) async fn receive(
    app: &App,
    tx: &DatabaseTransaction,
    who: Who<'_>,
    message: &Message,
    question: &Question,
    at: DateTime<Utc>,
) -> Result<String> {
    if who.account == WechatAccount::Official {
        followers::met(tx, who.openid, at, app.clock.now()).await?;
    }
    let who = writer(tx, who).await?;
    if question.intent == Intent::Person && !question.tells {
        helpdesk::ask(tx, &who, at).await?;
        return invitation(app).await;
    }
    let first = helpdesk::say(tx, &who, words(message), at).await?;
    if !first {
        return Ok(said(&[
            "这句也记下了。还有要说的，请接着写。".to_owned(),
            phone(&app.config, "着急请打电话"),
        ]));
    }
    Ok(said(&[
        "记下了，工作人员会看到。".to_owned(),
        helpdesk::waiting_words(app).await?,
        "还有要说的，请接着写。".to_owned(),
        phone(&app.config, "着急请打电话"),
    ]))
}

async fn invitation(app: &App) -> Result<String> {
    Ok(said(&[
        phone(&app.config, "中心电话"),
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
        Message::Link { title, .. } | Message::MiniProgramPage { title, .. } => {
            (HelpKind::Other, title.as_str(), None)
        }
        _ => (HelpKind::Other, "", None),
    };
    Words { kind, text: text.to_owned(), media_id: media_id.cloned() }
}
