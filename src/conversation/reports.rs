//! What WeChat reports of notices that it took, and of the accounts themselves, in our words.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::kinds::{DeliveryOutcome, WechatAccount, WechatNoteKind};

use crate::app::App;
use crate::error::Result;
use crate::notices::{self, Report};
use crate::platform::{self, NewNote};
use crate::wechat::Incoming;
use crate::wechat::message::{
    AuditOutcome, Delivery, Event, Message, TemplateStatus, Verification, VerificationStep,
};

/// A subscription message of the mini-program.
pub(super) async fn subscription(
    app: &App,
    tx: &DatabaseTransaction,
    incoming: &Incoming,
    delivery: &Delivery,
) -> Result<()> {
    let failed = format!("微信没有送到（代码 {}）。", delivery.error_code);
    let (outcome, words) = match delivery.error_code {
        0 => (DeliveryOutcome::Delivered, None),
        _ if delivery.refused() => (DeliveryOutcome::Refused, Some("对方没有允许接收这类消息。")),
        _ => (DeliveryOutcome::Failed, Some(failed.as_str())),
    };
    let templates = &app.config.wechat.templates;
    let report = Report {
        account: WechatAccount::Mini,
        msg_id: &delivery.msg_id,
        openid: &incoming.from,
        kind: notices::kind_of_template(templates, &delivery.template_id),
        outcome,
        words,
    };
    keep(app, tx, incoming, &report).await
}

/// A template message of the public account.
pub(super) async fn template(
    app: &App,
    tx: &DatabaseTransaction,
    incoming: &Incoming,
    msg_id: &str,
    status: &TemplateStatus,
) -> Result<()> {
    let (outcome, words) = match status {
        TemplateStatus::Success => (DeliveryOutcome::Delivered, None),
        TemplateStatus::Blocked => (DeliveryOutcome::Refused, Some("对方不接收公众号的消息。")),
        TemplateStatus::SystemFailed => (DeliveryOutcome::Failed, Some("微信系统出错，没有送到。")),
        TemplateStatus::Other(_) => {
            (DeliveryOutcome::Failed, Some("微信没有送到，也没有说明原因。"))
        }
    };
    let (account, openid) = (WechatAccount::Official, incoming.from.as_str());
    let report = Report { account, msg_id, openid, kind: None, outcome, words };
    keep(app, tx, incoming, &report).await
}

async fn keep(
    app: &App,
    tx: &DatabaseTransaction,
    incoming: &Incoming,
    report: &Report<'_>,
) -> Result<()> {
    // Without a number it is nobody's.
    if report.msg_id.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let at = DateTime::<Utc>::from_timestamp(incoming.created_at, 0).unwrap_or(now);
    notices::reported(tx, report, at, now).await
}

/// How the account itself stands: its verification, or an audit of the mini-program.
pub(super) async fn of_account(
    tx: &DatabaseTransaction,
    account: WechatAccount,
    incoming: &Incoming,
    now: DateTime<Utc>,
) -> Result<()> {
    let said_at = DateTime::from_timestamp(incoming.created_at, 0).unwrap_or(now);
    let new = match &incoming.message {
        Message::Event(Event::Verification(verification)) => verified(verification, said_at),
        Message::Event(Event::Audit { outcome, at }) => audited(outcome, time(*at), said_at),
        _ => return Ok(()),
    };
    platform::note(tx, account, new).await
}

fn time(at: Option<i64>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(at?, 0)
}

fn verified(verification: &Verification, said_at: DateTime<Utc>) -> NewNote {
    let kind = match verification.step {
        VerificationStep::QualificationGranted => WechatNoteKind::Verified,
        VerificationStep::NamingGranted => WechatNoteKind::Named,
        VerificationStep::QualificationRefused => WechatNoteKind::VerifyFailed,
        VerificationStep::NamingRefused => WechatNoteKind::NamingFailed,
        VerificationStep::RenewalDue => WechatNoteKind::RenewalDue,
        VerificationStep::Expired => WechatNoteKind::VerifyExpired,
    };
    NewNote {
        kind,
        happened_at: said_at,
        ends_at: time(verification.expires_at),
        words: verification.reason.clone(),
    }
}

fn audited(outcome: &AuditOutcome, at: Option<DateTime<Utc>>, said_at: DateTime<Utc>) -> NewNote {
    let (kind, words) = match outcome {
        AuditOutcome::Success => (WechatNoteKind::AuditPassed, None),
        AuditOutcome::Failed { reason, .. } => (WechatNoteKind::AuditFailed, Some(reason.clone())),
        AuditOutcome::Delayed { reason } => (WechatNoteKind::AuditDelayed, Some(reason.clone())),
    };
    NewNote { kind, happened_at: at.unwrap_or(said_at), ends_at: None, words }
}
