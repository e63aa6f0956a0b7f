//! The menu under the chat: built from the configuration, written when it differs from
//! the platform's.

use crate::app::App;
use crate::config::{MenuButton, MenuKind};
use crate::error::Result;
use crate::wechat::official::{Button, Menu};

/// Ours beside the platform's.
#[derive(Clone, Debug)]
pub struct MenuState {
    pub ours: Menu,
    /// `None`: the account has none that was made by an interface.
    pub theirs: Option<Menu>,
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
    let theirs = app.wechat.official().get_menu().await?;
    Ok(MenuState { ours: menu(app), theirs })
}

/// Brings the menu to the platform, if it is not there yet (a job).
///
/// # Errors
/// As [`menu_state`].
pub async fn sync_menu(app: &App) -> Result<()> {
    let state = menu_state(app).await?;
    if !state.is_same() {
        app.wechat.official().create_menu(&state.ours).await?;
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
