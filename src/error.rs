//! The one error of the business code. It knows nothing of HTTP: the same
//! verbs answer an API call, a chat message and a job.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use sea_orm::DbErr;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller can make of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The input is wrong and has to be changed.
    Invalid,
    /// Nobody is signed in, or no longer.
    Unauthenticated,
    /// Signed in, but not allowed.
    Forbidden,
    NotFound,
    /// Right in itself, but not in the present state.
    Conflict,
    /// Later.
    TooMany,
    /// Something we depend on (WeChat, Redis, a busy database) did not answer; later.
    Upstream,
    /// Our fault. Says nothing to the outside.
    Internal,
}

/// Something a refused person can do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// A plain sentence, as in “同一门课周三还有 5 个名额”.
    pub text: String,
    /// A page under /m/, as in `/classes/3`.
    pub page: Option<String>,
}

/// A failure: a stable English `code` for programs, a Chinese sentence for people.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub struct Error {
    pub kind: Kind,
    pub code: &'static str,
    /// Fit to be shown: no jargon, no personal data.
    pub message: Cow<'static, str>,
    pub next: Vec<NextStep>,
    /// Where it is known when trying again makes sense: a job waits until then.
    pub not_before: Option<DateTime<Utc>>,
    /// For the log alone.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

macro_rules! constructors {
    ($($name:ident => $kind:ident),* $(,)?) => {$(
        pub fn $name(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
            Self {
                kind: Kind::$kind,
                code,
                message: message.into(),
                next: Vec::new(),
                not_before: None,
                source: None,
            }
        }
    )*};
}

impl Error {
    constructors! {
        invalid => Invalid,
        unauthenticated => Unauthenticated,
        forbidden => Forbidden,
        not_found => NotFound,
        conflict => Conflict,
        too_many => TooMany,
        upstream => Upstream,
    }

    /// Our fault: the source goes to the log, the person is told to try again.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            kind: Kind::Internal,
            code: "internal",
            message: "系统出了点问题，请稍后再试。".into(),
            next: Vec::new(),
            not_before: None,
            source: Some(source.into()),
        }
    }

    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Trying again makes sense from then on.
    #[must_use]
    pub fn not_before(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.not_before = at;
        self
    }

    /// Adds something the person can do instead.
    #[must_use]
    pub fn or_else(mut self, text: impl Into<String>, page: Option<String>) -> Self {
        self.next.push(NextStep { text: text.into(), page });
        self
    }

    /// The chain of causes, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.code.to_owned();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        text
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => {
                Self::upstream("busy", "现在人太多，请过一会儿再试。").with_source(error)
            }
            other => Self::internal(other),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}
