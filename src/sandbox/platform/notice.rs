//! `POST /cgi-bin/message/template/send` of the official account, and how it ends.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

use super::subscribe::{Field, MiniPage, later, lines, values};
use super::{Answer, Call, Place, SERVICE, post, refuse};
use crate::sandbox::people::{Line, add_line};
use crate::sandbox::push::{Node, Push, text};
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Account, Extra, NoticeOutcome, TemplateKind};

pub(super) const PLACES: &[Place] = &[post("/cgi-bin/message/template/send", SERVICE, send)];

/// The same client_msg_id to the same person is sent once within so long.
const ONCE_MINUTES: i64 = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    touser: String,
    template_id: String,
    url: Option<String>,
    miniprogram: Option<MiniPage>,
    client_msg_id: Option<String>,
    data: BTreeMap<String, Field>,
}

fn send(inner: &Shared, call: &Call) -> Answer {
    let body: Message = call.json()?;
    let template = inner
        .read(|state| state.template(&body.template_id, TemplateKind::OfficialTemplate).cloned())
        .ok_or_else(|| refuse(40037, "invalid template_id"))?;
    let values = values(&template, body.data)?;
    let mini = body.miniprogram.map(|page| page.checked(inner)).transpose()?;
    let now = inner.now();
    let (user, msg_id, again, outcome) = inner.change(|state| {
        let outcome = state.notice_outcome;
        let person = state
            .by_openid(Account::Official, &body.touser)
            .ok_or_else(|| refuse(40003, "invalid openid"))?;
        if !person.follows {
            return Err(refuse(43004, "require subscribe"));
        }
        if person.standing.blacklisted {
            return Err(refuse(43019, "require remove blacklist"));
        }
        let user = person.user.clone();
        let Some(client_id) = &body.client_msg_id else {
            return Ok((user, state.next(), false, outcome));
        };
        state.sent_ids.retain(|(_, _, at, _)| *at > now - TimeDelta::minutes(ONCE_MINUTES));
        let sent = state.sent_ids.iter().find(|(to, id, ..)| to == &body.touser && id == client_id);
        if let Some((.., msg_id)) = sent {
            return Ok((user, *msg_id, true, outcome));
        }
        let msg_id = state.next();
        state.sent_ids.push((body.touser.clone(), client_id.clone(), now, msg_id));
        Ok((user, msg_id, false, outcome))
    })?;
    let answer = json!({"errcode": 0, "errmsg": "ok", "msgid": msg_id});
    if again {
        return Ok(answer);
    }
    let extra = Extra::Template {
        title: template.title.clone(),
        lines: lines(&template, &values),
        link: mini.or(body.url),
    };
    let status = match outcome {
        NoticeOutcome::Ok => {
            let line = Line { extra: Some(extra), ..Line::default() };
            add_line(inner, Account::Official, user.id, line);
            "success"
        }
        NoticeOutcome::Refused => "failed:user block",
        NoticeOutcome::Failed => "failed: system failed",
    };
    let push = Push {
        account: Account::Official,
        to: inner.config.official.original_id.clone(),
        from: user.official_openid,
        at: now.timestamp(),
        what: "TEMPLATESENDJOBFINISH".to_owned(),
        is_event: true,
        fields: vec![("MsgID", Node::Number(msg_id)), ("Status", text(status))],
        wrapped: None,
    };
    later(inner, push);
    Ok(answer)
}
