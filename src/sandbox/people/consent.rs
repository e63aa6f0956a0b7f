//! What people allow: messages, and the use of what WeChat told the service of them.

use super::{push, user_of};
use crate::error::{Error, Result};
use crate::sandbox::caller;
use crate::sandbox::push::{Node, text};
use crate::sandbox::server::Shared;
use crate::sandbox::state::{Account, TemplateKind};

pub(in crate::sandbox) async fn subscribe(
    inner: &Shared,
    id: u64,
    account: Account,
    choices: &[(&str, bool)],
) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, false))?;
    if choices.is_empty() || choices.len() > 3 {
        return Err(Error::invalid("20003", "一次只能询问一到三个模板。"));
    }
    let (kind, scene) = match account {
        Account::Mini => (TemplateKind::MiniSubscribe, "0"),
        Account::Official => (TemplateKind::OfficialSubscribe, "1"),
    };
    let known = |id: &str| inner.read(|state| state.template(id, kind).is_some());
    if !choices.iter().all(|(template_id, _)| known(template_id)) {
        return Err(Error::invalid("10004", "没有这个模板。"));
    }
    inner.change(|state| {
        let Some(person) = state.person_mut(id) else { return };
        for (template_id, _) in choices.iter().filter(|(_, accepted)| *accepted) {
            *person.consents.entry((*template_id).to_owned()).or_default() += 1;
        }
    });
    let entry = |(template_id, accepted): &(&str, bool)| {
        Node::Group(vec![
            ("TemplateId", text(*template_id)),
            ("SubscribeStatusString", text(if *accepted { "accept" } else { "reject" })),
            ("PopupScene", text(scene)),
        ])
    };
    let list = Node::Many(choices.iter().map(entry).collect());
    let mut push = push(inner, account, &user, "subscribe_msg_popup_event", true, Vec::new());
    push.wrapped = Some(("SubscribeMsgPopupEvent", vec![("List", list)]));
    caller::deliver(inner, &push).await;
    Ok(())
}

/// The person turns a kind of message off in the settings.
pub(in crate::sandbox) async fn refuse(inner: &Shared, id: u64, template_id: &str) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, false))?;
    let account =
        inner.read(|state| match state.template(template_id, TemplateKind::OfficialSubscribe) {
            Some(_) => Account::Official,
            None => Account::Mini,
        });
    inner.change(|state| {
        if let Some(person) = state.person_mut(id) {
            person.consents.remove(template_id);
        }
    });
    let entry = Node::Group(vec![
        ("TemplateId", text(template_id)),
        ("SubscribeStatusString", text("reject")),
    ]);
    let mut push = push(inner, account, &user, "subscribe_msg_change_event", true, Vec::new());
    push.wrapped = Some(("SubscribeMsgChangeEvent", vec![("List", Node::Many(vec![entry]))]));
    caller::deliver(inner, &push).await;
    Ok(())
}

/// The person takes back what the service may know; codes as in callbacks.md §9.
pub(in crate::sandbox) async fn withdraw(
    inner: &Shared,
    id: u64,
    account: Account,
    codes: &str,
) -> Result<()> {
    privacy(inner, id, account, "user_authorization_revoke", codes).await
}

/// The person closes the WeChat account.
pub(in crate::sandbox) async fn close_account(
    inner: &Shared,
    id: u64,
    account: Account,
) -> Result<()> {
    privacy(inner, id, account, "user_authorization_cancellation", "").await
}

/// The person has changed name or picture.
pub(in crate::sandbox) async fn modify(inner: &Shared, id: u64, account: Account) -> Result<()> {
    privacy(inner, id, account, "user_info_modified", "").await
}

async fn privacy(inner: &Shared, id: u64, account: Account, what: &str, codes: &str) -> Result<()> {
    let user = inner.read(|state| user_of(state, id, false))?;
    let mut fields = vec![
        ("OpenID", text(user.openid(account))),
        ("AppID", text(&inner.keys(account).appid)),
        ("RevokeInfo", text(codes)),
    ];
    if account == Account::Mini {
        fields.extend([("PluginID", text("")), ("OpenPID", text(""))]);
    }
    caller::deliver(inner, &push(inner, account, &user, what, true, fields)).await;
    Ok(())
}
