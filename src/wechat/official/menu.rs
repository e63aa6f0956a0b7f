//! The menu under the chat: `POST /cgi-bin/menu/create`, `GET /cgi-bin/menu/{get,delete}`,
//! `GET /cgi-bin/get_current_selfmenu_info`; menus for some followers only:
//! `POST /cgi-bin/menu/{addconditional,delconditional,trymatch}`.
//!
//! 1 to 3 buttons with up to 5 below each. Names: 16 bytes, below 60 bytes.
//! Phones show a change within five minutes. (api.md §6)

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Official;
use crate::wechat::field::{self, hold};
use crate::wechat::{Class, Error, client};

const CREATE: &str = "/cgi-bin/menu/create";
const GET: &str = "/cgi-bin/menu/get";
const DELETE: &str = "/cgi-bin/menu/delete";
const SHOWN: &str = "/cgi-bin/get_current_selfmenu_info";
const ADD_CONDITIONAL: &str = "/cgi-bin/menu/addconditional";
const DELETE_CONDITIONAL: &str = "/cgi-bin/menu/delconditional";
const TRY: &str = "/cgi-bin/menu/trymatch";

/// The whole menu.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    pub button: Vec<Button>,
}

/// One button: with others below it, or with a type of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub name: String,
    /// What it does: `click` (key), `view` (url), `miniprogram` (appid, pagepath, url for
    /// old phones), `scancode_push`, `scancode_waitmsg`, `pic_sysphoto`,
    /// `pic_photo_or_album`, `pic_weixin`, `location_select` (key), `article_id`,
    /// `article_view_limited` (article_id), `media_id` (media_id).
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pagepath: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_button: Vec<Button>,
}

/// Who sees a conditional menu; both have to match where both are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MenuRule {
    pub tag: Option<i64>,
    pub phone: Option<Phone>,
}

/// The phones that WeChat tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phone {
    Ios = 1,
    Android = 2,
    Other = 3,
}

/// The menu as people see it, also if it was made by hand on the platform's page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShownMenu {
    /// Is there one?
    #[serde(rename = "is_menu_open", deserialize_with = "field::truth")]
    pub open: bool,
    #[serde(default, rename = "selfmenu_info", deserialize_with = "client::nullable")]
    pub menu: ShownButtons,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ShownButtons {
    #[serde(default, deserialize_with = "client::nullable")]
    pub button: Vec<ShownButton>,
}

/// A button of the menu as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShownButton {
    #[serde(default, deserialize_with = "client::nullable")]
    pub name: String,
    /// The types of [`Button`], and those of buttons made by hand (`text`, `img`, `news`, …).
    #[serde(default, rename = "type", deserialize_with = "field::filled")]
    pub kind: Option<String>,
    #[serde(default, deserialize_with = "field::filled")]
    pub key: Option<String>,
    #[serde(default, deserialize_with = "field::filled")]
    pub url: Option<String>,
    /// What a button made by hand answers with.
    #[serde(default, deserialize_with = "field::filled")]
    pub value: Option<String>,
    #[serde(default, deserialize_with = "client::nullable")]
    pub sub_button: ShownBelow,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ShownBelow {
    #[serde(default, deserialize_with = "client::nullable")]
    pub list: Vec<ShownButton>,
}

#[derive(Deserialize)]
struct Answer {
    menu: Menu,
}

#[derive(Deserialize)]
struct Made {
    #[serde(deserialize_with = "client::id")]
    menuid: String,
}

/// With and without `menu` around the buttons: both are seen.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tried {
    Wrapped { menu: Menu },
    Bare(Menu),
}

impl Menu {
    /// The limits, in bytes as the platform counts them here.
    fn check(&self, endpoint: &'static str) -> Result<(), Error> {
        let count = (1..=3).contains(&self.button.len());
        hold(endpoint, count, 40016, "a menu has 1 to 3 buttons")?;
        self.button.iter().try_for_each(|button| {
            let count = button.sub_button.len() <= 5;
            hold(endpoint, count, 40023, "a button has up to 5 below it")?;
            button.check(endpoint, 16)?;
            button.sub_button.iter().try_for_each(|below| below.check(endpoint, 60))
        })
    }

    fn body(&self) -> Result<Value, Error> {
        serde_json::to_value(self)
            .map_err(|_| Error::ours(CREATE, Class::Permanent, "a menu that is no JSON"))
    }
}

impl Button {
    fn check(&self, endpoint: &'static str, name_bytes: usize) -> Result<(), Error> {
        let rule = |what: &str| format!("{what} of {}", self.name);
        let fits = |text: &Option<String>, most| text.as_ref().is_none_or(|t| t.len() <= most);
        let name = !self.name.is_empty() && self.name.len() <= name_bytes;
        hold(endpoint, name, 40018, &rule("the name"))?;
        hold(endpoint, fits(&self.key, 128), 40019, &rule("the key"))?;
        hold(endpoint, fits(&self.url, 1024), 40020, &rule("the address"))?;
        let level = name_bytes == 16 || self.sub_button.is_empty();
        hold(endpoint, level, 40022, &rule("a third level"))
    }
}

impl Official<'_> {
    /// Replaces the menu.
    ///
    /// # Errors
    /// 40016…40027: a button is wrong; 45064: the mini-program is not linked; 48001.
    pub async fn create_menu(&self, menu: &Menu) -> Result<(), Error> {
        menu.check(CREATE)?;
        let _answer: IgnoredAny =
            self.inner.post(&self.inner.official, CREATE, &menu.body()?).await?;
        Ok(())
    }

    /// The menu that was made by API, or `None`.
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn get_menu(&self) -> Result<Option<Menu>, Error> {
        match self.inner.get::<Answer>(&self.inner.official, GET).await {
            Ok(answer) => Ok(Some(answer.menu)),
            Err(error) if error.is(46003) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes the menu and all conditional ones.
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn delete_menu(&self) -> Result<(), Error> {
        let _answer: IgnoredAny = self.inner.get(&self.inner.official, DELETE).await?;
        Ok(())
    }

    /// The menu as people see it, whoever made it.
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn shown_menu(&self) -> Result<ShownMenu, Error> {
        self.inner.get(&self.inner.official, SHOWN).await
    }

    /// Another menu for some followers; returns its id.
    ///
    /// # Errors
    /// 65303: there is no menu for all yet; 65304…65309: limits; 65316: over 3 outside
    /// domains; as [`Self::create_menu`].
    pub async fn add_conditional_menu(&self, menu: &Menu, rule: MenuRule) -> Result<String, Error> {
        menu.check(ADD_CONDITIONAL)?;
        let some = rule.tag.is_some() || rule.phone.is_some();
        hold(ADD_CONDITIONAL, some, None, "matchrule is empty")?;
        let mut body = menu.body()?;
        if let Some(tag) = rule.tag {
            body["matchrule"]["tag_id"] = json!(tag.to_string());
        }
        if let Some(phone) = rule.phone {
            body["matchrule"]["client_platform_type"] = json!((phone as u8).to_string());
        }
        let made: Made = self.inner.post(&self.inner.official, ADD_CONDITIONAL, &body).await?;
        Ok(made.menuid)
    }

    /// # Errors
    /// 65301: no such menu; 48001; the network.
    pub async fn delete_conditional_menu(&self, menu_id: &str) -> Result<(), Error> {
        let body = json!({ "menuid": menu_id });
        let _answer: IgnoredAny =
            self.inner.post(&self.inner.official, DELETE_CONDITIONAL, &body).await?;
        Ok(())
    }

    /// The menu that this follower sees; `who` is an openid or a 微信号.
    ///
    /// # Errors
    /// 46004: who is that; 46003: no menu; 48001; the network.
    pub async fn try_menu(&self, who: &str) -> Result<Menu, Error> {
        let tried = self.inner.post(&self.inner.official, TRY, &json!({ "user_id": who })).await?;
        Ok(match tried {
            Tried::Wrapped { menu } | Tried::Bare(menu) => menu,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn button(name: &str) -> Button {
        Button { name: name.to_owned(), ..Button::default() }
    }

    #[test]
    fn a_menu_is_held_to_the_limits_of_phones() {
        let code =
            |button: Vec<Button>| Menu { button }.check(CREATE).err().and_then(|e| e.errcode);
        assert_eq!(code(vec![button("我的课程"), button("帮助")]), None);
        assert_eq!(code(vec![]), Some(40016));
        assert_eq!(code(vec![button("一"); 4]), Some(40016));
        assert_eq!(code(vec![button("我的全部课程")]), Some(40018));
        let below = |sub_button| Button { sub_button, ..button("一") };
        assert_eq!(code(vec![below(vec![button("我的全部课程")])]), None);
        assert_eq!(code(vec![below(vec![button("二"); 6])]), Some(40023));
        assert_eq!(code(vec![below(vec![below(vec![button("三")])])]), Some(40022));
        let url = Some("x".repeat(1025));
        assert_eq!(code(vec![Button { url, ..button("一") }]), Some(40020));
    }
}
