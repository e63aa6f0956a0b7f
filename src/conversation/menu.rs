//! The menu under the chat: built from the configuration, written when it differs from
//! the platform's. One that somebody made by hand on the platform's page is not replaced
//! before staff say so.

use entity::kinds::{WechatAccount, WechatNoteKind};

use super::dialogue::Intent;
use crate::app::App;
use crate::config::{self, MenuButton, MenuKind};
use crate::error::{Error, Result};
use crate::platform::{self, NewNote};
use crate::wechat::official::{Button, Menu, ShownMenu};

/// Ours beside the platform's.
#[derive(Clone, Debug)]
pub struct MenuState {
    pub ours: Menu,
    /// `None`: the account has none that was made by an interface.
    pub theirs: Option<Menu>,
    /// Where there is none of those: the one that somebody made by hand.
    pub by_hand: Option<ShownMenu>,
}

impl MenuState {
    pub fn is_same(&self) -> bool {
        self.theirs.as_ref() == Some(&self.ours)
    }
}

/// The mini-program's one page that shows ours.
pub(super) fn mini_page(page: &str) -> String {
    crate::notices::mini_page(page)
}

/// The configured menu, and the one that people see.
///
/// # Errors
/// `wechat_unavailable`; `wechat_refused` where the account may not have a menu.
pub async fn menu_state(app: &App) -> Result<MenuState> {
    let official = app.wechat.official();
    let theirs = official.get_menu().await?;
    let by_hand = match &theirs {
        Some(_) => None,
        None => Some(official.shown_menu().await?),
    };
    let by_hand = by_hand.filter(|shown| shown.open && !shown.menu.button.is_empty());
    Ok(MenuState { ours: menu(app), theirs, by_hand })
}

/// Brings the menu to the platform, if it is not there yet and replaces nobody's own (a
/// job).
///
/// # Errors
/// As [`menu_state`].
pub async fn sync_menu(app: &App) -> Result<()> {
    let state = menu_state(app).await?;
    if state.by_hand.is_none() {
        return bring(app, &state).await;
    }
    let now = app.clock.now();
    let new = NewNote::of(WechatNoteKind::MenuByHand, now);
    let tx = app.db.begin().await?;
    platform::note(&tx, WechatAccount::Official, new).await?;
    tx.commit().await?;
    Ok(())
}

/// Staff want ours, whatever is there.
///
/// # Errors
/// As [`menu_state`].
pub async fn write_menu(app: &App) -> Result<()> {
    bring(app, &menu_state(app).await?).await
}

async fn bring(app: &App, state: &MenuState) -> Result<()> {
    if !state.is_same() {
        app.wechat.official().create_menu(&state.ours).await?;
    }
    let tx = app.db.begin().await?;
    platform::drop_note(&tx, WechatAccount::Official, WechatNoteKind::MenuByHand).await?;
    tx.commit().await?;
    Ok(())
}

/// Every button that asks a question has to ask one that is answered.
///
/// # Errors
/// `wrong_menu_key`, naming the button.
pub fn check_menu(menu: &config::Menu) -> Result<()> {
    let below = menu.buttons.iter().flat_map(|one| &one.below);
    for one in menu.buttons.iter().chain(below) {
        let key = one.to.as_deref().unwrap_or_default();
        if one.kind == Some(MenuKind::Click) && Intent::of_key(key).is_none() {
            let known = Intent::keys().collect::<Vec<_>>().join("、");
            let name = &one.name;
            return Err(Error::invalid(
                "wrong_menu_key",
                format!(
                    "配置项 `wechat.menu` 有误：按钮“{name}”的 to 不能是“{key}”，只能是 {known}"
                ),
            ));
        }
    }
    Ok(())
}

fn menu(app: &App) -> Menu {
    let buttons = &app.config.wechat.menu.buttons;
    Menu { button: buttons.iter().map(|one| button(app, one)).collect() }
}

fn button(app: &App, wanted: &MenuButton) -> Button {
    let to = wanted.to.clone().unwrap_or_default();
    let mut made = Button { name: wanted.name.clone(), ..Button::default() };
    let kind = match wanted.kind {
        None => {
            made.sub_button = wanted.below.iter().map(|one| button(app, one)).collect();
            return made;
        }
        Some(MenuKind::Click) => {
            made.key = Some(to);
            "click"
        }
        Some(MenuKind::Url) => {
            made.url = Some(to);
            "view"
        }
        Some(MenuKind::Article) => {
            made.article_id = Some(to);
            "article_id"
        }
        Some(MenuKind::Page) => {
            made.url = Some(format!("{}/m/#{to}", app.config.server.public_url));
            let appid = &app.config.wechat.mini.appid;
            if appid.is_empty() {
                "view"
            } else {
                made.appid = Some(appid.clone());
                made.pagepath = Some(mini_page(&to));
                "miniprogram"
            }
        }
    };
    made.kind = Some(kind.to_owned());
    made
}
