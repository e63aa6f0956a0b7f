//! Callbacks: verified, decrypted, typed; and replies sealed the way they came.
//!
//! The configured mode decides what is accepted: in compat and safe mode only what
//! is inside `Encrypt` counts, and a body without it is refused.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::crypto::{AesKey, CryptoError};
use super::message::{Event, Message};
use super::reply::element;
use super::{signature, tree};
use crate::config::{Format, Mode};
use crate::error::{Error as AppError, Result as AppResult};

/// Why a callback is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("a parameter is missing")]
    Parameter,
    #[error("the signature is wrong")]
    Signature,
    #[error("the timestamp is too old or too new")]
    Timestamp,
    #[error("not encrypted, though this account's callbacks are")]
    Downgrade,
    #[error("cannot be decrypted: {0}")]
    Crypto(#[from] CryptoError),
    #[error("cannot be read: {0}")]
    Body(#[from] tree::TreeError),
    #[error("the field {0} is wrong")]
    Field(&'static str),
}

impl From<tree::Bad> for CallbackError {
    fn from(bad: tree::Bad) -> Self {
        Self::Field(bad.0)
    }
}

/// What stands in the URL.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Query {
    pub signature: Option<String>,
    pub timestamp: Option<String>,
    pub nonce: Option<String>,
    pub echostr: Option<String>,
    pub msg_signature: Option<String>,
}

/// One account's side of the callbacks.
pub struct Callback {
    appid: String,
    token: SecretString,
    key: Option<AesKey>,
    mode: Mode,
    window_s: i64,
}

/// A callback that is genuine.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The account's `gh_…`.
    pub to: String,
    /// The person's openid (for some events a name of the system's).
    pub from: String,
    /// Unix seconds.
    pub created_at: i64,
    pub msg_id: Option<String>,
    event_key: Option<String>,
    pub message: Message,
    pub format: Format,
    encrypted: bool,
    nonce: String,
}

impl Callback {
    /// `None` for an account that is not configured.
    pub(super) fn new(
        appid: &str,
        token: &SecretString,
        aes_key: &SecretString,
        mode: Mode,
        window_s: i64,
    ) -> AppResult<Option<Self>> {
        if appid.is_empty() {
            return Ok(None);
        }
        let key = match aes_key.expose_secret() {
            "" => None,
            key => Some(AesKey::parse(key).map_err(AppError::internal)?),
        };
        Ok(Some(Self { appid: appid.to_owned(), token: token.clone(), key, mode, window_s }))
    }

    /// The check when the URL is entered in WeChat's console: returns what to answer,
    /// exactly.
    ///
    /// # Errors
    /// A missing parameter, a wrong signature or time: 403.
    pub fn verify_url(&self, query: &Query, now: DateTime<Utc>) -> Result<String, CallbackError> {
        self.check_url_signature(query, now)?;
        query.echostr.clone().filter(|text| !text.is_empty()).ok_or(CallbackError::Parameter)
    }

    fn check_url_signature(&self, query: &Query, now: DateTime<Utc>) -> Result<(), CallbackError> {
        let (timestamp, nonce) = self.check_time(query, now)?;
        let given = query.signature.as_deref().ok_or(CallbackError::Parameter)?;
        let token = self.token.expose_secret();
        let good = signature::matches(&signature::url_signature(token, timestamp, nonce), given);
        if good { Ok(()) } else { Err(CallbackError::Signature) }
    }

    fn check_time<'a>(
        &self,
        query: &'a Query,
        now: DateTime<Utc>,
    ) -> Result<(&'a str, &'a str), CallbackError> {
        let timestamp = query.timestamp.as_deref().filter(|text| !text.is_empty());
        let nonce = query.nonce.as_deref().filter(|text| !text.is_empty());
        let (Some(timestamp), Some(nonce)) = (timestamp, nonce) else {
            return Err(CallbackError::Parameter);
        };
        if self.window_s > 0 {
            let at: i64 = timestamp.parse().map_err(|_| CallbackError::Timestamp)?;
            if now.timestamp().abs_diff(at) > self.window_s.unsigned_abs() {
                return Err(CallbackError::Timestamp);
            }
        }
        Ok((timestamp, nonce))
    }

    /// Opens a callback.
    ///
    /// # Errors
    /// Not from WeChat, not for us, or not to be understood.
    pub fn open(
        &self,
        query: &Query,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Incoming, CallbackError> {
        let (timestamp, nonce) = self.check_time(query, now)?;
        if self.mode == Mode::Plain {
            self.check_url_signature(query, now)?;
            let (tree, format) = tree::parse(body)?;
            return Incoming::read(&tree, format, false, nonce);
        }
        let (outer, format) = tree::parse(body)?;
        let encrypt = tree::text(&outer, "Encrypt")?.ok_or(CallbackError::Downgrade)?;
        let given = query.msg_signature.as_deref().ok_or(CallbackError::Parameter)?;
        let computed =
            signature::msg_signature(self.token.expose_secret(), timestamp, nonce, &encrypt);
        if !signature::matches(&computed, given) {
            return Err(CallbackError::Signature);
        }
        let key = self.key.as_ref().ok_or(CryptoError::Key)?;
        let (tree, _) = tree::parse(&key.decrypt(&encrypt, &self.appid)?)?;
        Incoming::read(&tree, format, true, nonce)
    }

    /// A reply in the shape in which the callback came: encrypted for an encrypted
    /// one, XML for XML.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn seal(
        &self,
        incoming: &Incoming,
        reply: &str,
        now: DateTime<Utc>,
    ) -> Result<String, CryptoError> {
        if !incoming.encrypted {
            return Ok(reply.to_owned());
        }
        let encrypt =
            self.key.as_ref().ok_or(CryptoError::Key)?.encrypt(reply.as_bytes(), &self.appid)?;
        Ok(self.envelope(&encrypt, &now.timestamp().to_string(), &incoming.nonce, incoming.format))
    }

    fn envelope(&self, encrypt: &str, timestamp: &str, nonce: &str, format: Format) -> String {
        let mark = signature::msg_signature(self.token.expose_secret(), timestamp, nonce, encrypt);
        match format {
            Format::Xml => format!(
                "<xml>{}{}<TimeStamp>{timestamp}</TimeStamp>{}</xml>",
                element("Encrypt", encrypt),
                element("MsgSignature", &mark),
                element("Nonce", nonce)
            ),
            Format::Json => json!({
                "Encrypt": encrypt,
                "MsgSignature": mark,
                "TimeStamp": timestamp.parse::<i64>().unwrap_or_default(),
                "Nonce": nonce,
            })
            .to_string(),
        }
    }
}

impl Incoming {
    fn read(
        tree: &Value,
        format: Format,
        encrypted: bool,
        nonce: &str,
    ) -> Result<Self, CallbackError> {
        let needed = |name| tree::text(tree, name)?.ok_or(CallbackError::Field(name));
        Ok(Self {
            to: needed("ToUserName")?,
            from: needed("FromUserName")?,
            created_at: tree::int(tree, "CreateTime")?.ok_or(CallbackError::Field("CreateTime"))?,
            msg_id: tree::text(tree, "MsgId")?,
            // An event that we do not know may nest it: no reason to refuse it.
            event_key: tree::text(tree, "EventKey").unwrap_or_default(),
            message: Message::read(tree)?,
            format,
            encrypted,
            nonce: nonce.to_owned(),
        })
    }

    /// The same for every delivery of one callback, and for no other. Short enough for
    /// an index: what is long is hashed.
    pub fn dedup_key(&self) -> String {
        let key = self.plain_key();
        if key.len() <= 200 {
            return key;
        }
        let kind = key.split(':').next().unwrap_or_default();
        format!("{kind}:{}", hex::encode(Sha256::digest(key.as_bytes())))
    }

    fn plain_key(&self) -> String {
        let Self { from, created_at, .. } = self;
        let Message::Event(event) = &self.message else {
            return match &self.msg_id {
                // MsgId alone is not unique: two people have been seen with the same one.
                Some(id) => format!("msg:{from}:{id}"),
                None => format!("msg:{from}:{created_at}:{}", self.message.kind()),
            };
        };
        match event {
            // Each turn of a publication is a callback of its own: success, and later deletion.
            Event::PublishJobFinish(result) if !result.publish_id.is_empty() => {
                format!("publish:{}:{}", result.publish_id, result.status.code())
            }
            Event::MassSendJobFinish { msg_id, .. } if !msg_id.is_empty() => {
                format!("mass:{msg_id}")
            }
            Event::TemplateJobFinish { msg_id, .. } if !msg_id.is_empty() => {
                format!("template:{msg_id}")
            }
            Event::MediaCheck(check) if !check.trace_id.is_empty() => {
                format!("media:{}", check.trace_id)
            }
            // Two answers can share a second; each counts.
            Event::SubscribeMsgPopup(consents) | Event::SubscribeMsgChange(consents) => {
                let mut key = format!("event:{from}:{created_at}:{}", event.name());
                for consent in consents {
                    let answer = if consent.accepted { "yes" } else { "no" };
                    // Writing into a String cannot fail.
                    let _written = write!(key, ":{}={answer}", consent.template_id);
                }
                key
            }
            event => {
                let key = self.event_key.as_deref().unwrap_or_default();
                format!("event:{from}:{created_at}:{}:{key}", event.name())
            }
        }
    }
}
