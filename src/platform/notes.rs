//! What WeChat says of an account itself, in sentences that say what to do.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::kinds::{WechatAccount, WechatNoteKind};
use entity::wechat_note::Model;

use super::{Finding, store};
use crate::clock;
use crate::error::Result;

/// Something that is known of an account. Only the last of its kind is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNote {
    pub kind: WechatNoteKind,
    pub happened_at: DateTime<Utc>,
    /// Of what was granted, or is to be renewed.
    pub ends_at: Option<DateTime<Utc>>,
    /// WeChat's reason.
    pub words: Option<String>,
}

impl NewNote {
    pub fn of(kind: WechatNoteKind, happened_at: DateTime<Utc>) -> Self {
        Self { kind, happened_at, ends_at: None, words: None }
    }
}

/// Keeps it, in the transaction that it was learned in.
///
/// # Errors
/// The database.
pub async fn note(tx: &DatabaseTransaction, account: WechatAccount, new: NewNote) -> Result<()> {
    store::note(tx, account, new).await
}

/// It is so no longer.
///
/// # Errors
/// The database.
pub async fn drop_note(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    kind: WechatNoteKind,
) -> Result<()> {
    store::drop_note(tx, account, kind).await
}

/// What staff are told of these notes; of what was settled later, nothing.
pub(super) fn told(notes: &[Model]) -> Vec<Finding> {
    use WechatNoteKind::{
        AuditDelayed, AuditFailed, AuditPassed, Named, NamingFailed, RenewalDue, Verified,
        VerifyExpired, VerifyFailed,
    };
    let latest = |kinds: &[WechatNoteKind]| {
        notes.iter().filter(|note| kinds.contains(&note.kind)).max_by_key(|note| note.happened_at)
    };
    [
        latest(&[Verified, VerifyFailed, RenewalDue, VerifyExpired]),
        latest(&[Named, NamingFailed]),
        latest(&[AuditPassed, AuditFailed, AuditDelayed]),
        latest(&[WechatNoteKind::MenuByHand]),
        latest(&[WechatNoteKind::CallbackSources]),
    ]
    .into_iter()
    .flatten()
    .map(in_words)
    .collect()
}

fn in_words(note: &Model) -> Finding {
    let day = |at| clock::spoken_day(clock::local_date(at));
    let (on, until) = (day(note.happened_at), note.ends_at.map(day));
    let reason = note.words.as_deref().unwrap_or("没有说明");
    let text = match note.kind {
        WechatNoteKind::Verified => match until {
            Some(until) => format!("微信认证通过了，{until}前有效。"),
            None => format!("微信认证在{on}通过了。"),
        },
        WechatNoteKind::VerifyFailed => format!(
            "微信认证在{on}没有通过。微信说：{reason}。请管理员到公众平台“微信认证”里补材料，重新提交。"
        ),
        WechatNoteKind::Named => format!("账号名称在{on}通过了认证。"),
        WechatNoteKind::NamingFailed => format!(
            "账号名称在{on}没有通过认证。微信说：{reason}。请管理员到公众平台改名称，重新提交。"
        ),
        WechatNoteKind::RenewalDue => match until {
            Some(until) => format!("微信认证{until}到期。请管理员现在就到公众平台办年审。"),
            None => "微信认证快到期了。请管理员现在就到公众平台办年审。".to_owned(),
        },
        WechatNoteKind::VerifyExpired => format!(
            "微信认证在{on}过期了，发布、群发和通知都会停。请管理员马上到公众平台办年审。"
        ),
        WechatNoteKind::AuditPassed => format!("小程序的新版本在{on}通过了审核，可以发布。"),
        WechatNoteKind::AuditFailed => format!(
            "小程序的新版本在{on}没有通过审核。微信说：{reason}。请开发人员改好，重新提交。"
        ),
        WechatNoteKind::AuditDelayed => {
            format!("小程序的审核推迟了。微信说：{reason}。不用做什么，等微信的结果。")
        }
        WechatNoteKind::MenuByHand => {
            "有人在公众平台手工做了菜单，系统没有改它。要换成系统的菜单，请在下面“聊天下方的菜单”里更新。".to_owned()
        }
        WechatNoteKind::CallbackSources => {
            let count = note.words.as_deref().unwrap_or_default().split(' ').count();
            format!("微信从 {count} 个地址发来消息，{on}以来没有变。防火墙要放行。")
        }
        WechatNoteKind::Reviewed => String::new(),
    };
    let good = matches!(
        note.kind,
        WechatNoteKind::Verified
            | WechatNoteKind::Named
            | WechatNoteKind::AuditPassed
            | WechatNoteKind::CallbackSources
    );
    Finding { good, text }
}

#[cfg(test)]
mod tests {
    use entity::ids::WechatNoteId;

    use super::*;

    fn row(kind: WechatNoteKind, day: i64) -> Model {
        let happened_at = DateTime::from_timestamp(1_790_000_000 + day * 86_400, 0).unwrap();
        Model {
            id: WechatNoteId(day),
            account: WechatAccount::Official,
            kind,
            happened_at,
            ends_at: None,
            words: None,
        }
    }

    #[test]
    fn what_was_settled_later_is_not_told() {
        let bad = |rows: &[Model]| told(rows).iter().filter(|line| !line.good).count();
        let expired = [row(WechatNoteKind::RenewalDue, 1), row(WechatNoteKind::VerifyExpired, 40)];
        assert_eq!((told(&expired).len(), bad(&expired)), (1, 1));
        assert!(told(&expired)[0].text.contains("年审"));
        let [due, over] = expired;
        assert_eq!(bad(&[due, over, row(WechatNoteKind::Verified, 50)]), 0);
        let audits = [row(WechatNoteKind::AuditPassed, 1), row(WechatNoteKind::AuditFailed, 2)];
        assert_eq!(bad(&audits), 1);
        assert!(told(&[row(WechatNoteKind::Reviewed, 1)]).is_empty());
    }
}
