//! Subscription notices: `POST /cgi-bin/message/subscribe/bizsend`. Verified 服务号 only
//! (48001); each needs a consent (43101). How it fared comes as
//! `subscribe_msg_sent_event`. Nothing makes a repeat harmless. (api.md §5)

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::json;

use super::{MiniPage, Official};
use crate::wechat::Error;
use crate::wechat::field::{hold, template_data};

const PATH: &str = "/cgi-bin/message/subscribe/bizsend";

/// A notice to one person. Values are fitted to the rule of their key.
#[derive(Clone)]
pub struct SubscribeNotice {
    pub openid: String,
    pub template_id: String,
    /// A web page that a tap opens.
    pub url: Option<String>,
    pub page: Option<MiniPage>,
    /// All keys of the template.
    pub data: BTreeMap<String, String>,
}

impl Official<'_> {
    /// # Errors
    /// 43101: no consent; 40037: a template of the other kind; 47003: a value; 48001;
    /// the network.
    pub async fn send_notice(&self, notice: &SubscribeNotice) -> Result<(), Error> {
        hold(PATH, !notice.openid.is_empty(), 41009, "touser is empty")?;
        hold(PATH, !notice.template_id.is_empty(), 40037, "template_id is empty")?;
        let mut body = json!({
            "touser": notice.openid,
            "template_id": notice.template_id,
            "data": template_data(&notice.data),
        });
        if let Some(url) = &notice.url {
            body["page"] = json!(url);
        }
        if let Some(page) = &notice.page {
            body["miniprogram"] = json!({ "appid": page.appid, "pagepath": page.path });
        }
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, PATH, &body).await?;
        Ok(())
    }
}
