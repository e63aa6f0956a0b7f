//! Template messages: `POST /cgi-bin/message/template/send`, and the account's templates
//! under `/cgi-bin/template/`. Verified 服务号 only (48001), to followers only (43004).
//!
//! 100,000 a day at first (45009), 25 templates (45026). Same person and `client_msg_id`:
//! sent once within 10 minutes. How it fared comes as TEMPLATESENDJOBFINISH. `first`,
//! `remark` and colours are no longer shown. (api.md §5)

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::Official;
use crate::wechat::field::{hold, template_data};
use crate::wechat::{Error, client};

const SEND: &str = "/cgi-bin/message/template/send";
const LIST: &str = "/cgi-bin/template/get_all_private_template";
const ADD: &str = "/cgi-bin/template/api_add_template";
const DELETE: &str = "/cgi-bin/template/del_private_template";

/// A message to one follower. Values are fitted to the rule of their key.
#[derive(Clone)]
pub struct TemplateMessage {
    pub openid: String,
    pub template_id: String,
    /// Where a tap leads; old phones only, if there is a page.
    pub url: Option<String>,
    pub page: Option<MiniPage>,
    /// A repeat with the same one is harmless for 10 minutes.
    pub client_msg_id: Option<String>,
    /// All keys of the template.
    pub data: BTreeMap<String, String>,
}

/// A released page of a mini-program that is linked to the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiniPage {
    pub appid: String,
    /// With its query.
    pub path: String,
}

/// A template that the account has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PrivateTemplate {
    #[serde(rename = "template_id")]
    pub id: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub title: String,
    /// With its keys, as in `{{thing1.DATA}}`.
    #[serde(default, deserialize_with = "client::nullable")]
    pub content: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub example: String,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(deserialize_with = "client::id")]
    msgid: String,
}

#[derive(Deserialize)]
struct All {
    #[serde(default, deserialize_with = "client::nullable")]
    template_list: Vec<PrivateTemplate>,
}

#[derive(Deserialize)]
struct Added {
    template_id: String,
}

impl Official<'_> {
    /// Returns the id under which the result will come. After an unknown outcome it may
    /// be repeated, if it has a `client_msg_id`.
    ///
    /// # Errors
    /// 43004: does not follow; 43019: on the account's blacklist; 40037: a template of
    /// the other kind; 47003: a value; 45009; 48001; the network.
    pub async fn send_template(&self, message: &TemplateMessage) -> Result<String, Error> {
        hold(SEND, !message.openid.is_empty(), 41009, "touser is empty")?;
        hold(SEND, !message.template_id.is_empty(), 40037, "template_id is empty")?;
        let mut body = json!({
            "touser": message.openid,
            "template_id": message.template_id,
            "data": template_data(SEND, &message.data)?,
        });
        if let Some(url) = &message.url {
            body["url"] = json!(url);
        }
        if let Some(page) = &message.page {
            body["miniprogram"] = json!({ "appid": page.appid, "pagepath": page.path });
        }
        if let Some(id) = &message.client_msg_id {
            body["client_msg_id"] = json!(id);
        }
        let sent: Sent = self.inner.post(&self.inner.official, SEND, &body).await?;
        Ok(sent.msgid)
    }

    /// # Errors
    /// 48001; the network.
    pub async fn list_templates(&self) -> Result<Vec<PrivateTemplate>, Error> {
        let all: All = self.inner.get(&self.inner.official, LIST).await?;
        Ok(all.template_list)
    }

    /// Takes a template out of the library, by its number there and the keywords wanted,
    /// in their order; returns its id.
    ///
    /// # Errors
    /// 45026: there are 25 already; 45027: not for our industry; 48001; the network.
    pub async fn add_template(&self, number: &str, keywords: &[&str]) -> Result<String, Error> {
        let body = json!({ "template_id_short": number, "keyword_name_list": keywords });
        let added: Added = self.inner.post(&self.inner.official, ADD, &body).await?;
        Ok(added.template_id)
    }

    /// # Errors
    /// 40037: no such template; 48001; the network.
    pub async fn delete_template(&self, id: &str) -> Result<(), Error> {
        let body = json!({ "template_id": id });
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, DELETE, &body).await?;
        Ok(())
    }
}
