//! What the platform judged: content checks, the account's verification, audits.

use serde_json::Value;

use crate::wechat::tree::{self, Bad};

/// The end of an asynchronous content check.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaCheck {
    pub trace_id: String,
    pub appid: String,
    pub outcome: MediaOutcome,
    pub details: Vec<CheckDetail>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaOutcome {
    /// `label` is the platform's number of what was found: 100 is nothing.
    Judged { suggestion: Suggestion, label: Option<i64> },
    /// The check itself failed; -1008: the picture could not be fetched.
    Failed { errcode: i64, errmsg: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    Pass,
    /// A person should look at it.
    Review,
    Risky,
    Other(String),
}

/// What one strategy of the check found.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckDetail {
    pub strategy: String,
    pub errcode: i64,
    pub suggestion: Option<Suggestion>,
    pub label: Option<i64>,
    /// Percent.
    pub probability: Option<f64>,
}

impl Suggestion {
    fn parse(text: &str) -> Self {
        match text.trim() {
            "pass" => Self::Pass,
            "review" => Self::Review,
            "risky" => Self::Risky,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl MediaCheck {
    pub(super) fn read(tree: &Value) -> Result<Self, Bad> {
        let mut details = Vec::new();
        for item in tree::list(tree, "detail") {
            details.push(CheckDetail {
                strategy: tree::text_or_empty(item, "strategy")?,
                errcode: tree::int(item, "errcode")?.unwrap_or_default(),
                suggestion: tree::text(item, "suggest")?.as_deref().map(Suggestion::parse),
                label: tree::int(item, "label")?,
                probability: tree::float(item, "prob")?,
            });
        }
        Ok(Self {
            trace_id: tree::text_or_empty(tree, "trace_id")?,
            appid: tree::text_or_empty(tree, "appid")?,
            outcome: MediaOutcome::read(tree)?,
            details,
        })
    }
}

impl MediaOutcome {
    fn read(tree: &Value) -> Result<Self, Bad> {
        let failed = |errcode| {
            let errmsg = tree::text_or_empty(tree, "errmsg")?;
            Ok(Self::Failed { errcode, errmsg })
        };
        if let Some(errcode @ (..=-1 | 1..)) = tree::int(tree, "errcode")? {
            return failed(errcode);
        }
        if let Some(suggest) = tree::text(&tree["result"], "suggest")? {
            let label = tree::int(&tree["result"], "label")?;
            return Ok(Self::Judged { suggestion: Suggestion::parse(&suggest), label });
        }
        // The answer to a call of version 1. Its code is negative, or the same in 32
        // bits without a sign.
        if let Some(code @ (..=-1 | 1..)) = tree::int(tree, "status_code")? {
            let wrapped = 1 << 32;
            return failed(if code > i64::from(i32::MAX) { code - wrapped } else { code });
        }
        let suggestion = match tree::int(tree, "isrisky")?.ok_or(Bad("result"))? {
            0 => Suggestion::Pass,
            _ => Suggestion::Risky,
        };
        Ok(Self::Judged { suggestion, label: None })
    }
}

/// What became of a version of the mini-program that was handed in for audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditOutcome {
    Success,
    Failed {
        reason: String,
        /// Media ids, as they came.
        screenshots: Option<String>,
    },
    Delayed {
        reason: String,
    },
}

/// A turn of the public account's verification. After `Expired` most calls are
/// refused by the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    pub step: VerificationStep,
    /// Of what was granted or is to be renewed, in Unix seconds.
    pub expires_at: Option<i64>,
    /// Of a refusal, in Unix seconds.
    pub failed_at: Option<i64>,
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationStep {
    QualificationGranted,
    QualificationRefused,
    NamingGranted,
    NamingRefused,
    RenewalDue,
    Expired,
}

impl VerificationStep {
    pub(super) fn of_event(name: &str) -> Option<Self> {
        Some(match name {
            "qualification_verify_success" => Self::QualificationGranted,
            "qualification_verify_fail" => Self::QualificationRefused,
            "naming_verify_success" => Self::NamingGranted,
            "naming_verify_fail" => Self::NamingRefused,
            "annual_renew" => Self::RenewalDue,
            "verify_expired" => Self::Expired,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::QualificationGranted => "qualification_verify_success",
            Self::QualificationRefused => "qualification_verify_fail",
            Self::NamingGranted => "naming_verify_success",
            Self::NamingRefused => "naming_verify_fail",
            Self::RenewalDue => "annual_renew",
            Self::Expired => "verify_expired",
        }
    }
}

impl Verification {
    pub(super) fn read(tree: &Value, step: VerificationStep) -> Result<Self, Bad> {
        Ok(Self {
            step,
            expires_at: tree::int(tree, "ExpiredTime")?,
            failed_at: tree::int(tree, "FailTime")?,
            reason: tree::text(tree, "FailReason")?,
        })
    }
}
