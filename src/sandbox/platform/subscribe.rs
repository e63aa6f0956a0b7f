//! `POST /cgi-bin/message/subscribe/send` of the mini-program, `…/bizsend` of the account.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Answer, Call, MINI, Place, Refusal, SERVICE, bug, ok, post, refuse};
use crate::sandbox::caller;
use crate::sandbox::config::Template;
use crate::sandbox::people::{Line, add_line};
use crate::sandbox::push::{Node, Push, text};
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Account, Extra, NoticeOutcome, ServiceNotice, TemplateKind, User};
use crate::sandbox::template;

pub(super) const PLACES: &[Place] = &[
    post("/cgi-bin/message/subscribe/send", MINI, send),
    post("/cgi-bin/message/subscribe/bizsend", SERVICE, biz_send),
];

const FIRST_MSG_ID: u64 = 2_147_483_600_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    touser: String,
    template_id: String,
    page: Option<String>,
    data: BTreeMap<String, Field>,
    miniprogram_state: Option<String>,
    lang: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    value: String,
    /// Of template messages; no longer shown.
    #[serde(rename = "color")]
    _color: Option<String>,
}

fn send(inner: &Shared, call: &Call) -> Answer {
    let body: Subscribe = call.json()?;
    let state = body.miniprogram_state.clone().unwrap_or_else(|| "formal".to_owned());
    if !["formal", "trial", "developer"].contains(&state.as_str()) {
        return Err(bug(40097, "invalid args: miniprogram_state"));
    }
    let lang = body.lang.as_deref().unwrap_or("zh_CN");
    if !["zh_CN", "zh_HK", "zh_TW", "en_US"].contains(&lang) {
        return Err(bug(40097, "invalid args: lang"));
    }
    let kind = TemplateKind::MiniSubscribe;
    let template = inner
        .read(|state| state.template(&body.template_id, kind).cloned())
        .ok_or_else(|| refuse(40037, "invalid template_id"))?;
    if let Some(page) = &body.page {
        let path = page.split('?').next().unwrap_or_default();
        if !inner.config.mini_pages.iter().any(|known| known == path) {
            return Err(bug(41030, "invalid page"));
        }
    }
    let values = values(&template, body.data)?;
    let lines = lines(&template, &values);
    let at = inner.now();
    let template_id = body.template_id.clone();
    let (user, msg_id, outcome) = inner.change(|state_of_all| {
        let (id, outcome) = (state_of_all.next(), state_of_all.notice_outcome);
        let person = state_of_all
            .by_openid(Account::Mini, &body.touser)
            .ok_or_else(|| refuse(40003, "invalid openid"))?;
        let left = person.consents.entry(body.template_id.clone()).or_default();
        if *left == 0 {
            return Err(refuse(43101, "user refuse to accept the msg"));
        }
        *left -= 1;
        if outcome == NoticeOutcome::Ok {
            person.notices.push(ServiceNotice {
                id,
                at,
                template_id: body.template_id,
                title: template.title.clone(),
                page: body.page,
                data: values,
                lines,
                state,
            });
        }
        Ok((person.user.clone(), FIRST_MSG_ID + id, outcome))
    })?;
    tell_end(inner, Account::Mini, &user, &template_id, (msg_id, outcome));
    let mut answer = ok();
    // The real one does not always say it.
    if msg_id.is_multiple_of(2) {
        answer["msgid"] = msg_id.into();
    }
    Ok(answer)
}

/// Posts `subscribe_msg_sent_event` a little later.
fn tell_end(
    inner: &Shared,
    account: Account,
    user: &User,
    template_id: &str,
    (msg_id, outcome): (u64, NoticeOutcome),
) {
    let (code, status) = match outcome {
        NoticeOutcome::Ok => ("0", "success"),
        NoticeOutcome::Refused => ("43101", "user refuse to accept the msg"),
        NoticeOutcome::Failed => ("-1", "system failed"),
    };
    // In JSON the numbers are texts.
    let number = |words: &str| match (account, words.parse()) {
        (Account::Official, Ok(number)) => Node::Number(number),
        _ => text(words),
    };
    let entry = Node::Group(vec![
        ("TemplateId", text(template_id)),
        ("MsgID", number(&msg_id.to_string())),
        ("ErrorCode", number(code)),
        ("ErrorStatus", text(status)),
    ]);
    let push = Push {
        account,
        to: inner.keys(account).original_id.clone(),
        from: user.openid(account).to_owned(),
        at: inner.now().timestamp(),
        what: "subscribe_msg_sent_event".to_owned(),
        is_event: true,
        fields: Vec::new(),
        wrapped: Some(("SubscribeMsgSentEvent", vec![("List", Node::Many(vec![entry]))])),
    };
    later(inner, push);
}

/// The values, each held to the rule of its key; all keys of the template, no other.
pub(super) fn values(
    template: &Template,
    data: BTreeMap<String, Field>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let values: BTreeMap<String, String> =
        data.into_iter().map(|(key, field)| (key, field.value)).collect();
    for field in &template.fields {
        let value = values.get(&field.key).map(String::as_str).unwrap_or_default();
        if let Some(fault) = template::fault(&field.key, value) {
            return Err(bug(47003, fault));
        }
    }
    let known = |key: &String| template.fields.iter().any(|field| field.key == *key);
    match values.keys().find(|key| !known(key)) {
        Some(strange) => {
            Err(bug(47003, format!("argument invalid! data.{strange} is not in the template")))
        }
        None => Ok(values),
    }
}

/// Labels and values in the template's order.
pub(super) fn lines(
    template: &Template,
    values: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let line = |field: &crate::sandbox::config::TemplateField| {
        (field.label.clone(), values.get(&field.key).cloned().unwrap_or_default())
    };
    template.fields.iter().map(line).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Biz {
    touser: String,
    template_id: String,
    page: Option<String>,
    miniprogram: Option<MiniPage>,
    data: BTreeMap<String, Field>,
    #[serde(rename = "miniprogram_state")]
    _state: Option<Value>,
    #[serde(rename = "lang")]
    _lang: Option<Value>,
}

/// Where a message of the account leads to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MiniPage {
    pub(super) appid: String,
    #[serde(default)]
    pub(super) pagepath: String,
}

impl MiniPage {
    /// The mini-program is linked and the page released.
    pub(super) fn checked(self, inner: &Shared) -> Result<String, Refusal> {
        if self.appid != inner.config.mini.appid {
            return Err(refuse(40013, "invalid appid: the mini-program is not linked"));
        }
        let path = self.pagepath.split('?').next().unwrap_or_default();
        if !path.is_empty() && !inner.config.mini_pages.iter().any(|known| known == path) {
            return Err(bug(41030, "invalid page"));
        }
        Ok(self.pagepath)
    }
}

fn biz_send(inner: &Shared, call: &Call) -> Answer {
    let body: Biz = call.json()?;
    let template = inner
        .read(|state| state.template(&body.template_id, TemplateKind::OfficialSubscribe).cloned())
        .ok_or_else(|| refuse(40037, "invalid template_id"))?;
    let values = values(&template, body.data)?;
    let mini = body.miniprogram.map(|page| page.checked(inner)).transpose()?;
    let (user, msg_id, outcome) = inner.change(|state| {
        let outcome = state.notice_outcome;
        let person = state
            .by_openid(Account::Official, &body.touser)
            .ok_or_else(|| refuse(40003, "invalid openid"))?;
        let left = person.consents.entry(body.template_id.clone()).or_default();
        if *left == 0 {
            return Err(refuse(43101, "user refuse to accept the msg"));
        }
        *left -= 1;
        let user = person.user.clone();
        Ok((user, FIRST_MSG_ID + state.next(), outcome))
    })?;
    if outcome == NoticeOutcome::Ok {
        let extra = Extra::Template {
            title: template.title.clone(),
            lines: lines(&template, &values),
            link: mini.or(body.page),
        };
        let line = Line { extra: Some(extra), ..Line::default() };
        add_line(inner, Account::Official, user.id, line);
    }
    tell_end(inner, Account::Official, &user, &body.template_id, (msg_id, outcome));
    Ok(ok())
}

/// Posts an event a little later, as the platform does.
pub(super) fn later(inner: &Shared, push: Push) {
    let of_all = inner.clone();
    inner.by_itself(async move {
        tokio::time::sleep(of_all.config.publish_delay).await;
        caller::deliver(&of_all, &push).await;
    });
}
