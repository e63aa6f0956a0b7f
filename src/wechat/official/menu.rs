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

impl Official<'_> {
    /// Replaces the menu.
    ///
    /// # Errors
    /// 40016…40027: a button is wrong; 45064: the mini-program is not linked; 48001.
    pub async fn create_menu(&self, menu: &Menu) -> Result<(), Error> {
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
