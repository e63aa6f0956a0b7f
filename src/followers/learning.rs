//! What the platform knows of followers: who they are, and whether they still follow.

use chrono::{DateTime, TimeDelta, Utc};

use super::{join, note, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::members;
use crate::wechat::official::UserInfo;
use crate::wechat::{self, Ability, Class};

/// So many are asked about in one call.
const AT_ONCE: u64 = 100;

/// Who has no unionid may get one: when both accounts are bound to one Open Platform
/// account. They are asked about again so long after.
const AGAIN_AFTER: TimeDelta = TimeDelta::days(7);

/// Asks the platform who the new followers are, and links whom it knows (a job).
///
/// # Errors
/// `Upstream`: it can be tried again.
pub async fn learn(app: &App) -> Result<()> {
    learn_those(app, None).await
}

/// Compares our followers with the platform's list: who follows though the event was
/// lost, and who no longer does; and asks who they are (a job).
///
/// # Errors
/// `Upstream`: it can be tried again.
pub async fn review(app: &App) -> Result<()> {
    let official = app.wechat.official();
    if !official.can(Ability::Followers) {
        return Ok(());
    }
    let begun = app.clock.now();
    let (mut after, mut seen) = (None, 0);
    loop {
        let page = official.list_followers(after.as_deref()).await;
        let Some(page) = asked(page)? else { return Ok(()) };
        seen += i64::try_from(page.openids.len()).unwrap_or(i64::MAX);
        let tx = app.db.begin().await?;
        store::listed(&tx, &page.openids, begun).await?;
        tx.commit().await?;
        // WeChat names a next page as long as one was not empty.
        if page.next.is_none() || seen >= page.total {
            // Who is missing in half a list has not left.
            if seen >= page.total {
                let tx = app.db.begin().await?;
                store::unlisted(&tx, begun).await?;
                tx.commit().await?;
            }
            break;
        }
        after = page.next;
    }
    learn_those(app, Some(begun - AGAIN_AFTER)).await
}

/// Those who were never asked about, and those without unionid last asked about `before`.
async fn learn_those(app: &App, before: Option<DateTime<Utc>>) -> Result<()> {
    loop {
        let openids = store::unknown(app.db.read(), before, AT_ONCE).await?;
        if openids.is_empty() {
            return Ok(());
        }
        let infos = infos(app, &openids).await?;
        let now = app.clock.now();
        for info in infos {
            known(app, &info, now).await?;
        }
        let tx = app.db.begin().await?;
        store::asked(&tx, &openids, now).await?;
        tx.commit().await?;
    }
}

/// What the platform says of them; of each by itself where it does not take them together.
async fn infos(app: &App, openids: &[String]) -> Result<Vec<UserInfo>> {
    let official = app.wechat.official();
    let together: Vec<&str> = openids.iter().map(String::as_str).collect();
    let refused = match official.user_infos(&together).await {
        Err(error) if error.class() == Class::UserState => error,
        other => return Ok(asked(other)?.unwrap_or_default()),
    };
    tracing::info!(error = %refused, "followers are asked about one by one");
    let mut infos = Vec::new();
    for openid in openids {
        infos.extend(asked(official.user_info(openid).await)?);
    }
    Ok(infos)
}

/// `None`: this account may not ask (48001), or the person is gone: they link by hand.
fn asked<T>(answer: Result<T, wechat::Error>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => match error.class() {
            Class::NotSent | Class::MaybeSent | Class::BackOff | Class::Token => {
                Err(Error::from(error))
            }
            _ => {
                tracing::info!(%error, "a follower stays unknown");
                Ok(None)
            }
        },
    }
}

async fn known(app: &App, info: &UserInfo, now: DateTime<Utc>) -> Result<()> {
    let Some(unionid) = &info.unionid else { return Ok(()) };
    let tx = app.db.begin().await?;
    store::note_unionid(&tx, &info.openid, unionid).await?;
    match members::by_unionid(&tx, unionid).await? {
        Some(resident) => {
            join(&tx, &info.openid, Some(unionid), resident, now).await?;
        }
        None => note(&tx, &info.openid, unionid).await?,
    }
    tx.commit().await?;
    Ok(())
}
