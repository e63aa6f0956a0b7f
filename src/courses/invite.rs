//! What leads into a class from a poster or a text message: its mini-program code, and a
//! link that opens the mini-program. Both are WeChat's; nothing of them is kept.

use chrono::{DateTime, TimeDelta, Utc};

use entity::ids::ClassId;

use super::{class, within_scope};
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::Colleague;
use crate::wechat::mini::{LinkLife, MiniCode, MiniLink, MiniVersion};

/// The page of the mini-program that shows ours.
const PAGE: &str = "pages/web/index";
/// The longest that WeChat allows (api.md §3).
const LINK_DAYS: i64 = 30;

/// A link for text messages, and until when it opens.
#[derive(Debug)]
pub struct MiniAddress {
    pub url: String,
    pub until: DateTime<Utc>,
}

/// The class's mini-program code: a JPEG that stays good for ever.
///
/// # Errors
/// `class_not_found`, `out_of_scope`; `no_mini_program` where none is configured; what
/// WeChat says: it is not released yet, or does not answer.
pub async fn mini_code(app: &App, who: &Colleague, id: ClassId) -> Result<Vec<u8>> {
    may_invite(app, who, id).await?;
    let code = MiniCode::new(&format!("/classes/{id}"), Some(PAGE));
    Ok(app.wechat.mini().code(&code).await?)
}

/// A link that opens the class in WeChat from outside of it.
///
/// # Errors
/// As [`mini_code`].
pub async fn mini_link(app: &App, who: &Colleague, id: ClassId) -> Result<MiniAddress> {
    may_invite(app, who, id).await?;
    let until = app.clock.now() + TimeDelta::days(LINK_DAYS);
    let link = MiniLink {
        path: Some(PAGE.to_owned()),
        query: Some(format!("to=%2Fclasses%2F{id}")),
        version: MiniVersion::Release,
        life: LinkLife::Until(until),
    };
    Ok(MiniAddress { url: app.wechat.mini().url_link(&link).await?, until })
}

async fn may_invite(app: &App, who: &Colleague, id: ClassId) -> Result<()> {
    let facts = class(app.db.read(), id).await?;
    within_scope(who, &facts.site)?;
    if app.config.wechat.mini.appid.is_empty() {
        return Err(Error::conflict(
            "no_mini_program",
            "还没有配置小程序。请用报名单上的普通二维码。",
        ));
    }
    Ok(())
}
