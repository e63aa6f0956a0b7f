//! The menu under the chat: `POST /cgi-bin/menu/create`, `GET /cgi-bin/menu/get`.
//!
//! 1 to 3 buttons with up to 5 below each. Names: 16 bytes, below 60 bytes.
//! Phones show a change within five minutes.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::Official;
use crate::wechat::Error;

const CREATE: &str = "/cgi-bin/menu/create";
const GET: &str = "/cgi-bin/menu/get";

/// The whole menu.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    pub button: Vec<Button>,
}

/// One button: with others below it, or with a type of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub name: String,
    /// `click`, `view` or `miniprogram`.
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_button: Vec<Button>,
}

#[derive(Deserialize)]
struct Answer {
    menu: Menu,
}

impl Menu {
    /// The limits, in bytes as the platform counts them here.
    fn check(&self) -> Result<(), Error> {
        if !(1..=3).contains(&self.button.len()) {
            return Err(Error::answered(CREATE, 40016, "a menu has 1 to 3 buttons"));
        }
        self.button.iter().try_for_each(|button| {
            if button.sub_button.len() > 5 {
                return Err(Error::answered(CREATE, 40023, "a button has up to 5 below it"));
            }
            button.check(16)?;
            button.sub_button.iter().try_for_each(|below| below.check(60))
        })
    }
}

impl Button {
    fn check(&self, name_bytes: usize) -> Result<(), Error> {
        let refuse = |errcode, what: &str| {
            Err(Error::answered(CREATE, errcode, &format!("{what} of {}", self.name)))
        };
        let over = |text: &Option<String>, limit| text.as_ref().is_some_and(|t| t.len() > limit);
        if self.name.is_empty() || self.name.len() > name_bytes {
            return refuse(40018, "the name");
        }
        if over(&self.key, 128) {
            return refuse(40019, "the key");
        }
        if over(&self.url, 1024) {
            return refuse(40020, "the address");
        }
        if name_bytes > 16 && !self.sub_button.is_empty() {
            return refuse(40022, "a third level");
        }
        Ok(())
    }
}

impl Official<'_> {
    /// Replaces the menu.
    ///
    /// # Errors
    /// 40016…40027: a button is wrong; 45064: the mini-program is not linked; 48001.
    pub async fn create_menu(&self, menu: &Menu) -> Result<(), Error> {
        menu.check()?;
        let body = serde_json::to_value(menu).map_err(|_| {
            Error::ours(CREATE, crate::wechat::Class::Permanent, "a menu that is no JSON")
        })?;
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, CREATE, &body).await?;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn button(name: &str) -> Button {
        Button { name: name.to_owned(), ..Button::default() }
    }

    #[test]
    fn a_menu_is_held_to_the_limits_of_phones() {
        let code = |button: Vec<Button>| Menu { button }.check().err().and_then(|e| e.errcode);
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
