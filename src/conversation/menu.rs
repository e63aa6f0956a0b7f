//! The menu under the chat: written when it differs from the platform's.

use crate::app::App;
use crate::error::Result;
use crate::wechat::official::{Button, Menu};

/// The mini-program's one page that shows ours.
pub(super) fn mini_page(page: &str) -> String {
    crate::notices::mini_page(page)
}

/// The menu as it should be, and as the platform has it.
pub struct MenuState {
    pub ours: Menu,
    /// None: there is none, or it was made by hand.
    pub theirs: Option<Menu>,
}

impl MenuState {
    pub fn is_same(&self) -> bool {
        self.theirs.as_ref() == Some(&self.ours)
    }
}

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
    let page = |name: &str, page: &str| {
        let url = format!("{}/m/#{page}", app.config.server.public_url);
        let appid = &app.config.wechat.mini.appid;
        if appid.is_empty() {
            return Button {
                name: name.to_owned(),
                kind: Some("view".to_owned()),
                url: Some(url),
                ..Button::default()
            };
        }
        Button {
            name: name.to_owned(),
            kind: Some("miniprogram".to_owned()),
            url: Some(url),
            appid: Some(appid.clone()),
            pagepath: Some(mini_page(page)),
            ..Button::default()
        }
    };
    let click = |name: &str, key: &str| Button {
        name: name.to_owned(),
        kind: Some("click".to_owned()),
        key: Some(key.to_owned()),
        ..Button::default()
    };
    Menu {
        button: vec![
            page("报名", "/classes"),
            Button {
                name: "我的".to_owned(),
                sub_button: vec![
                    page("我的课程", "/mine"),
                    page("签到", "/checkin"),
                    page("我的学时", "/hours"),
                    page("我的消息", "/messages"),
                ],
                ..Button::default()
            },
            Button {
                name: "帮助".to_owned(),
                sub_button: vec![
                    page("新闻", "/news"),
                    click("人工服务", "person"),
                    click("怎么用", "help"),
                ],
                ..Button::default()
            },
        ],
    }
}
