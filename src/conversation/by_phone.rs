//! An unlinked follower writes the phone number that they are known by.

use std::time::Duration;

use sea_orm::DatabaseTransaction;
use tokio::time::timeout;

use entity::kinds::WechatAccount;

use super::answers::{phone, said};
use super::dialogue::{self, Intent, Question};
use super::{CACHE_PATIENCE, Who};
use crate::app::App;
use crate::error::Result;
use crate::wechat::message::Message;
use crate::{followers, members};

/// Numbers of one follower that are looked up in a day.
const MOST_A_DAY: u64 = 3;
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// The number, where somebody who is not linked writes nothing else.
///
/// # Errors
/// The database.
pub(super) async fn given(
    app: &App,
    who: Who<'_>,
    message: &Message,
    question: &Question,
) -> Result<Option<String>> {
    let Message::Text { content, .. } = message else { return Ok(None) };
    if who.account != WechatAccount::Official || question.intent != Intent::Unknown {
        return Ok(None);
    }
    let Some(number) = dialogue::mobile(content) else { return Ok(None) };
    let known = members::by_openid(app.db.read(), who.account, who.openid).await?;
    Ok(known.is_none().then_some(number))
}

/// Asks whoever has the number whether it is them. What is said is the same whether there
/// is such a person or not.
///
/// # Errors
/// The database.
pub(super) async fn ask(
    app: &App,
    tx: &DatabaseTransaction,
    who: Who<'_>,
    number: &str,
) -> Result<String> {
    let key = format!("by-phone:{}", who.openid);
    let tries = timeout(CACHE_PATIENCE, app.cache.count(&key, A_DAY)).await;
    // Without the cache nobody is kept out: a resident is asked once a day all the same.
    if tries.ok().and_then(std::result::Result::ok).is_none_or(|tries| tries <= MOST_A_DAY) {
        followers::ask_by_phone(app, tx, who.openid, number, app.clock.now()).await?;
    }
    let place = if app.config.wechat.mini.appid.is_empty() { "网页" } else { "小程序" };
    Ok(said(&[
        format!("如果这个号码登记过，{place}的“消息”里有一条新的。"),
        "请打开它，点“是我点的，连上”。".to_owned(),
        phone(&app.config, "也可以打电话"),
    ]))
}
