//! `POST /cgi-bin/message/subscribe/send`: one message for one consent.
//!
//! 43101: no consent left. 47003: a value breaks the rule of its key, so values are
//! fitted before.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Mini;
use crate::wechat::Error;

const PATH: &str = "/cgi-bin/message/subscribe/send";

/// A message to one person. Values are fitted by [`fit_template_value`].
#[derive(Clone, Debug)]
pub struct SubscribeMessage {
    pub openid: String,
    pub template_id: String,
    /// A page of the mini-program, with its query; none: no jump.
    pub page: Option<String>,
    /// All keys of the template.
    pub data: BTreeMap<String, String>,
    /// `formal`, `trial` or `developer`.
    pub state: String,
}

impl Mini<'_> {
    /// # Errors
    /// 43101: no consent; 40037: an unknown template; 47003: a value; the network.
    pub async fn send_subscribe(&self, message: &SubscribeMessage) -> Result<(), Error> {
        let data: serde_json::Map<String, Value> = message
            .data
            .iter()
            .map(|(key, value)| (key.clone(), json!({ "value": value })))
            .collect();
        let mut body = json!({
            "touser": message.openid,
            "template_id": message.template_id,
            "data": data,
            "miniprogram_state": message.state,
            "lang": "zh_CN",
        });
        if let Some(page) = &message.page {
            body["page"] = json!(page);
        }
        let _answer: IgnoredAny = self.inner.post(&self.inner.mini, PATH, &body).await?;
        Ok(())
    }
}

/// A value as the key's rule wants it: one line, not empty, not too long. Counted in
/// characters; a cut is shown by `…`.
pub fn fit_template_value(key: &str, value: &str) -> String {
    let kind = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.trim();
    let (limit, fits): (usize, fn(char) -> bool) = match kind {
        "phrase" => (5, |c| !c.is_ascii()),
        "character_string" => (32, |c| c.is_ascii()),
        "number" => (32, |c| c.is_ascii_digit() || c == '.' || c == '-'),
        "letter" => (32, |c| c.is_ascii_alphabetic()),
        "symbol" => (5, |c| !c.is_alphanumeric()),
        "phone_number" => (17, |c| c.is_ascii()),
        "car_number" => (8, |_| true),
        "name" => (10, |_| true),
        // Cutting a time would only make it a wrong one.
        "time" | "date" | "amount" => (usize::MAX, |_| true),
        _ => (20, |_| true),
    };
    let kept: String = line.chars().filter(|c| fits(*c)).collect();
    if kept.is_empty() {
        return if kind == "phrase" { "无".to_owned() } else { "-".to_owned() };
    }
    if kept.chars().count() <= limit {
        return kept;
    }
    if matches!(kind, "thing" | "name") {
        return kept.chars().take(limit - 1).chain(['…']).collect();
    }
    kept.chars().take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_to_the_rule_of_their_key() {
        assert_eq!(fit_template_value("thing1", "智在指尖\n初级班"), "智在指尖 初级班");
        assert_eq!(fit_template_value("thing1", &"长".repeat(30)).chars().count(), 20);
        assert_eq!(fit_template_value("thing2", "  "), "-");
        assert_eq!(fit_template_value("phrase3", "已报名OK"), "已报名");
        assert_eq!(fit_template_value("time2", "2026年11月24日 09:00"), "2026年11月24日 09:00");
        assert_eq!(fit_template_value("character_string5", "编号A-1"), "A-1");
    }
}
