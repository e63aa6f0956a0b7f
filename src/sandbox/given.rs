//! Any callback of the platform, as it is given from outside: what an account is told of
//! itself (verification, audits), where a follower is, and kinds that come one day.

use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::caller;
use super::journal::CallbackRecord;
use super::push::cdata;
use super::server::Inner;
use super::state::Account;
use crate::config::Format;
use crate::error::{Error, Result};

/// Who sends what is told by the system.
const SYSTEM: &str = "sys";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    account: Account,
    /// The system when nobody is named.
    user: Option<u64>,
    /// MsgType; or `event`.
    message: Option<String>,
    event: Option<String>,
    /// All but who, whom, when and what; a list is the same element again and again.
    #[serde(default)]
    fields: Map<String, Value>,
}

/// Posts it, and tells what became of it.
pub(super) async fn deliver(inner: &Inner, given: Given) -> Result<CallbackRecord> {
    let from = match given.user {
        None => SYSTEM.to_owned(),
        Some(id) => inner
            .read(|state| Some(state.person(id)?.user.openid(given.account).to_owned()))
            .ok_or_else(|| Error::not_found("no_user", "沙盒里没有这个人。"))?,
    };
    let (kind, what) = match (given.message, given.event) {
        (Some(kind), None) => (kind.clone(), vec![("MsgType", kind)]),
        (None, Some(name)) => {
            (name.clone(), vec![("MsgType", "event".to_owned()), ("Event", name)])
        }
        _ => return Err(Error::invalid("what", "要说 message 或 event，只说一个。")),
    };
    let mut body = Map::new();
    body.insert("ToUserName".to_owned(), inner.keys(given.account).original_id.clone().into());
    body.insert("FromUserName".to_owned(), from.clone().into());
    body.insert("CreateTime".to_owned(), inner.now().timestamp().into());
    body.extend(what.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
    body.extend(given.fields);
    let body = match inner.format(given.account) {
        Format::Json => Value::Object(body).to_string(),
        Format::Xml => {
            let mut xml = String::new();
            push(&mut xml, "xml", &Value::Object(body))?;
            xml
        }
    };
    Ok(caller::post(inner, given.account, &from, &kind, body).await.1)
}

fn push(xml: &mut String, name: &str, value: &Value) -> Result<()> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(legal) {
        return Err(Error::invalid("field", format!("“{name}”不能做字段名。")));
    }
    let value = match value {
        Value::Array(items) => {
            return items.iter().try_for_each(|item| push(xml, name, item));
        }
        Value::Object(fields) => {
            let mut inner = String::new();
            for (name, value) in fields {
                push(&mut inner, name, value)?;
            }
            inner
        }
        Value::String(text) => cdata(text),
        Value::Null => String::new(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
    };
    // Writing to a String cannot fail.
    let _ = write!(xml, "<{name}>{value}</{name}>");
    Ok(())
}
