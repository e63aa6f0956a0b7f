//! `POST /cgi-bin/message/subscribe/send`: one message for one consent.
//!
//! How it fared comes as `subscribe_msg_sent_event`. 43101: no consent left. 47003: a
//! value breaks the rule of its key, so values are fitted before.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use serde_json::json;

use super::Mini;
use crate::wechat::field::{hold, template_data};
use crate::wechat::{Error, client};

const PATH: &str = "/cgi-bin/message/subscribe/send";

/// A message to one person. Values are fitted by [`fit_template_value`].
#[derive(Clone)]
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

#[derive(Deserialize)]
struct Sent {
    #[serde(default, deserialize_with = "client::id_or_none")]
    msgid: Option<String>,
}

impl Mini<'_> {
    /// Returns the id under which the result will come; WeChat does not always say it.
    ///
    /// # Errors
    /// 43101: no consent; 40037: an unknown template; 47003: a value; the network.
    pub async fn send_subscribe(
        &self,
        message: &SubscribeMessage,
    ) -> Result<Option<String>, Error> {
        hold(PATH, !message.openid.is_empty(), 41009, "touser is empty")?;
        hold(PATH, !message.template_id.is_empty(), 40037, "template_id is empty")?;
        let mut body = json!({
            "touser": message.openid,
            "template_id": message.template_id,
            "data": template_data(PATH, &message.data)?,
            "miniprogram_state": message.state,
            "lang": "zh_CN",
        });
        if let Some(page) = &message.page {
            body["page"] = json!(page);
        }
        let sent: Sent = self.inner.post(&self.inner.mini, PATH, &body).await?;
        Ok(sent.msgid)
    }
}

/// A value as the key's rule wants it: one line, not empty, not too long. Counted in
/// characters; a cut is shown by `…`.
pub fn fit_template_value(key: &str, value: &str) -> String {
    let line = value.split(|c: char| c.is_whitespace() || c.is_control());
    let line = line.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let keep = |limit: usize, fits: fn(char) -> bool| -> String {
        line.chars().filter(|c| fits(*c)).take(limit).collect()
    };
    let kind = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let kept = match kind {
        "name" => cut(&line, if line.is_ascii() { 20 } else { 10 }),
        "phrase" => keep(5, is_han),
        "character_string" => keep(32, |c| c.is_ascii()),
        "number" => keep(32, |c| c.is_ascii_digit() || c == '.' || c == '-'),
        "letter" => keep(32, |c| c.is_ascii_alphabetic()),
        "symbol" => keep(5, |c| c.is_ascii_punctuation()),
        "phone_number" => keep(17, |c| c.is_ascii_digit() || "+-() ".contains(c)),
        "car_number" => keep(8, |_| true),
        // Cutting a time would only make it a wrong one; a list's value is not ours.
        "time" | "date" | "amount" | "enum" | "const" => line,
        _ => cut(&line, 20),
    };
    match (kept.trim().is_empty(), kind) {
        (false, _) => kept.trim().to_owned(),
        (true, "phrase") => "无".to_owned(),
        (true, _) => "-".to_owned(),
    }
}

/// Does a fitted value keep the rule of its key? What is of another form than its key
/// wants cannot be cut to it: a time, a date, an amount.
pub(in crate::wechat) fn keeps_its_rule(key: &str, value: &str) -> bool {
    match key.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "time" => is_span(value, |part| is_time(part) || is_date_and_time(part)),
        "date" => is_span(value, |part| is_date(part) || is_time(part) || is_date_and_time(part)),
        "amount" => is_amount(value),
        "number" => value.parse::<f64>().is_ok_and(f64::is_finite),
        "letter" => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
        _ => true,
    }
}

/// One, or two with `~` between.
fn is_span(value: &str, is_good: impl Fn(&str) -> bool) -> bool {
    match value.split_once('~') {
        Some((from, to)) => is_good(from.trim()) && is_good(to.trim()),
        None => is_good(value.trim()),
    }
}

fn is_date_and_time(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(date, time)| is_date(date) && is_time(time))
}

fn is_date(text: &str) -> bool {
    let forms = ["%Y年%m月%d日", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"];
    forms.iter().any(|form| NaiveDate::parse_from_str(text, form).is_ok())
}

fn is_time(text: &str) -> bool {
    ["%H:%M", "%H:%M:%S"].iter().any(|form| NaiveTime::parse_from_str(text, form).is_ok())
}

/// A sign of a currency, up to ten digits with decimals, 元: each but the digits may lack.
fn is_amount(text: &str) -> bool {
    let digits = text.trim_start_matches(['¥', '￥', '$', '€', '£']).trim_end_matches('元');
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(decimals) && whole.len() <= 10
}

/// At most `limit` characters, the last of them `…` where something is missing. Emoji
/// count twice: WeChat does not say how it counts them.
fn cut(text: &str, limit: usize) -> String {
    let weight = |c: char| if u32::from(c) > 0xffff { 2 } else { 1 };
    if text.chars().map(weight).sum::<usize>() <= limit {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += weight(*c);
        used <= limit
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_cut_to_the_rule_of_their_key() {
        assert_eq!(fit_template_value("thing1", "智在指尖\n初级班"), "智在指尖 初级班");
        assert_eq!(fit_template_value("thing1", &"长".repeat(20)), "长".repeat(20));
        assert_eq!(fit_template_value("thing1", &"长".repeat(21)), format!("{}…", "长".repeat(19)));
        assert_eq!(fit_template_value("thing1", &"🎉".repeat(11)), format!("{}…", "🎉".repeat(9)));
        assert_eq!(fit_template_value("thing2", "  "), "-");
        assert_eq!(fit_template_value("name1", "Li Xiaoming"), "Li Xiaoming");
        assert_eq!(fit_template_value("phrase3", "已报名OK，请准时"), "已报名请准");
        assert_eq!(fit_template_value("phrase3", "OK"), "无");
        assert_eq!(fit_template_value("time2", "2026年11月24日 09:00"), "2026年11月24日 09:00");
        assert_eq!(fit_template_value("character_string5", "编号A-1"), "A-1");
        assert_eq!(fit_template_value("phone_number1", "电话 0512-5863 1234"), "0512-5863 1234");
    }

    #[test]
    fn what_cannot_be_cut_to_its_rule_is_known() {
        for (key, value) in [
            ("time1", "15:01"),
            ("time1", "2019年10月1日 15:01"),
            ("time1", "2019年10月1日 15:01~17:30"),
            ("date2", "2019年10月1日"),
            ("date2", "2019-12-25 09:42"),
            ("amount3", "¥100.05元"),
            ("amount3", "20"),
            ("number4", "-3.5"),
            ("thing5", "什么都可以"),
        ] {
            assert!(keeps_its_rule(key, value), "{key}: {value}");
        }
        for (key, value) in [
            ("time1", "每周二上午"),
            ("time1", "2019年10月1日"),
            ("date2", "明天"),
            ("amount3", "二十元"),
            ("amount3", "12345678901"),
            ("number4", "-"),
            ("letter5", "-"),
        ] {
            assert!(!keeps_its_rule(key, value), "{key}: {value}");
        }
    }

    proptest! {
        #[test]
        fn no_value_breaks_its_rule(value in any::<String>()) {
            for (key, limit) in [("thing1", 20), ("name1", 20), ("phrase1", 5), ("number1", 32)] {
                let fitted = fit_template_value(key, &value);
                prop_assert!((1..=limit).contains(&fitted.chars().count()), "{key}: {fitted}");
                prop_assert!(!fitted.contains(char::is_control));
                prop_assert_eq!(fit_template_value(key, &fitted), fitted);
            }
        }
    }
}
