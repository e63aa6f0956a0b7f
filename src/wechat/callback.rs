//! Callbacks: verified, decrypted, typed; and replies sealed the way they came.
//!
//! The configured mode decides what is accepted: in compat and safe mode only what
//! is inside `Encrypt` counts, and a body without it is refused. While the token or
//! the AES key is being changed, the previous one is accepted beside it, and a reply
//! is sealed with what its callback came with.

use std::borrow::Cow;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::crypto::{AesKey, CryptoError};
use super::message::{Event, Message};
use super::reply::{Reply, push_cdata};
use super::signature::{self, Mark};
use super::tree;
use crate::config::{CallbackKeys, Format, Mode};
use crate::error::{Error as AppError, Result as AppResult};

/// Longer keys are hashed: they stand in a unique index.
const MAX_DEDUP_KEY: usize = 200;

/// Why a callback is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("a parameter is missing, or given twice")]
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
pub struct Query<'a> {
    pub signature: Option<Cow<'a, str>>,
    pub timestamp: Option<Cow<'a, str>>,
    pub nonce: Option<Cow<'a, str>>,
    pub echostr: Option<Cow<'a, str>>,
    pub msg_signature: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    /// What a callback needs of the URL; the rest is passed over.
    ///
    /// # Errors
    /// A parameter that is given twice.
    pub fn parse(query: &'a str) -> Result<Self, CallbackError> {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "signature" => &mut read.signature,
                "timestamp" => &mut read.timestamp,
                "nonce" => &mut read.nonce,
                "echostr" => &mut read.echostr,
                "msg_signature" => &mut read.msg_signature,
                _ => continue,
            };
            if field.replace(value).is_some() {
                return Err(CallbackError::Parameter);
            }
        }
        Ok(read)
    }
}

/// One account's side of the callbacks.
pub struct Callback {
    appid: String,
    /// The present one first.
    tokens: Vec<SecretString>,
    /// The present one first; none in plain mode.
    keys: Vec<AesKey>,
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
    sealing: Option<Sealing>,
}

/// What an encrypted callback came with: its reply is sealed with the same.
#[derive(Clone, Debug)]
struct Sealing {
    token: usize,
    key: usize,
    nonce: String,
}

impl Callback {
    /// `None` for an account that is not configured.
    pub(super) fn new(keys: CallbackKeys<'_>, window_s: i64) -> AppResult<Option<Self>> {
        if keys.appid.is_empty() {
            return Ok(None);
        }
        let given = |secret: &&SecretString| !secret.expose_secret().is_empty();
        let parsed = keys.aes_keys.into_iter().filter(given);
        Ok(Some(Self {
            appid: keys.appid.to_owned(),
            tokens: keys.tokens.into_iter().filter(given).cloned().collect(),
            keys: parsed
                .map(|key| AesKey::parse(key.expose_secret()))
                .collect::<Result<_, _>>()
                .map_err(AppError::internal)?,
            mode: keys.mode,
            window_s,
        }))
    }

    /// The check when the URL is entered in WeChat's console: returns what to answer,
    /// exactly.
    ///
    /// # Errors
    /// A missing parameter, a wrong signature or time: 403.
    pub fn verify_url(
        &self,
        query: &Query<'_>,
        now: DateTime<Utc>,
    ) -> Result<String, CallbackError> {
        self.check_url_signature(query, now)?;
        let echo = query.echostr.as_deref().filter(|text| !text.is_empty());
        echo.map(str::to_owned).ok_or(CallbackError::Parameter)
    }

    fn check_url_signature(
        &self,
        query: &Query<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), CallbackError> {
        let (timestamp, nonce) = self.check_time(query, now)?;
        let given = query.signature.as_deref().ok_or(CallbackError::Parameter)?;
        self.signer(given, |token| signature::url_signature(token, timestamp, nonce)).map(|_| ())
    }

    /// Which of our tokens made the `given` signature. All are tried, so that the time
    /// does not tell which.
    fn signer(&self, given: &str, mark: impl Fn(&str) -> Mark) -> Result<usize, CallbackError> {
        let mut signer = None;
        for (index, token) in self.tokens.iter().enumerate() {
            if mark(token.expose_secret()).matches(given) {
                signer = signer.or(Some(index));
            }
        }
        signer.ok_or(CallbackError::Signature)
    }

    fn check_time<'a>(
        &self,
        query: &'a Query<'_>,
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
        query: &Query<'_>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Incoming, CallbackError> {
        let (timestamp, nonce) = self.check_time(query, now)?;
        if self.mode == Mode::Plain {
            self.check_url_signature(query, now)?;
            let (tree, format) = tree::parse(body)?;
            return Incoming::read(tree, format, None).inspect(Incoming::note_unknown);
        }
        let (outer, format) = tree::parse(body)?;
        let encrypt = match outer.get("Encrypt") {
            Some(Value::String(encrypt)) if !encrypt.is_empty() => encrypt,
            _ => return Err(CallbackError::Downgrade),
        };
        let given = query.msg_signature.as_deref().ok_or(CallbackError::Parameter)?;
        let token =
            self.signer(given, |token| signature::msg_signature(token, timestamp, nonce, encrypt))?;
        let (message, key) = self.decrypt(encrypt)?;
        let (tree, _) = tree::parse(&message)?;
        let sealing = Sealing { token, key, nonce: nonce.to_owned() };
        Incoming::read(tree, format, Some(sealing)).inspect(Incoming::note_unknown)
    }

    /// The message, and which of our keys opened it. What no key opens fails as with
    /// the present one.
    fn decrypt(&self, encrypt: &str) -> Result<(Vec<u8>, usize), CryptoError> {
        let mut failure = None;
        for (index, key) in self.keys.iter().enumerate() {
            match key.decrypt(encrypt, &self.appid) {
                Ok(message) => return Ok((message, index)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or(CryptoError::Key))
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
        let Some(Sealing { token, key, nonce }) = &incoming.sealing else {
            return Ok(reply.to_owned());
        };
        let key = self.keys.get(*key).ok_or(CryptoError::Key)?;
        let token = self.tokens.get(*token).ok_or(CryptoError::Key)?.expose_secret();
        let encrypt = key.encrypt(reply.as_bytes(), &self.appid)?;
        let timestamp = now.timestamp();
        let mark = signature::msg_signature(token, &timestamp.to_string(), nonce, &encrypt);
        Ok(envelope(incoming.format, &encrypt, &mark, timestamp, nonce))
    }
}

/// Base64, hex and numbers need no escaping; the nonce comes from outside.
fn envelope(format: Format, encrypt: &str, mark: &Mark, timestamp: i64, nonce: &str) -> String {
    match format {
        Format::Xml => {
            let mut xml = format!(
                "<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt>\
                 <MsgSignature><![CDATA[{mark}]]></MsgSignature>\
                 <TimeStamp>{timestamp}</TimeStamp><Nonce>"
            );
            push_cdata(&mut xml, nonce);
            xml.push_str("</Nonce></xml>");
            xml
        }
        Format::Json => json!({
            "Encrypt": encrypt,
            "MsgSignature": mark.as_str(),
            "TimeStamp": timestamp,
            "Nonce": nonce,
        })
        .to_string(),
    }
}

impl Incoming {
    fn read(
        mut tree: Value,
        format: Format,
        sealing: Option<Sealing>,
    ) -> Result<Self, CallbackError> {
        let mut needed = |name| tree::take(&mut tree, name)?.ok_or(CallbackError::Field(name));
        let (to, from) = (needed("ToUserName")?, needed("FromUserName")?);
        Ok(Self {
            to,
            from,
            created_at: tree::int(&tree, "CreateTime")?
                .ok_or(CallbackError::Field("CreateTime"))?,
            msg_id: tree::text(&tree, "MsgId")?,
            // An event that we do not know may nest it: no reason to refuse it.
            event_key: tree::text(&tree, "EventKey").unwrap_or_default(),
            message: Message::read(&tree)?,
            format,
            sealing,
        })
    }

    /// WeChat adds kinds at will: ours to see, not the sender's to suffer.
    fn note_unknown(&self) {
        if let Some(raw) = self.message.unknown() {
            tracing::info!(kind = self.message.kind(), ?raw, "a callback is not understood");
        }
    }

    /// `reply` to the sender, in the format of the request, still to be sealed.
    pub fn answer(&self, reply: &Reply, now: DateTime<Utc>) -> String {
        reply.write(self.format, &self.from, &self.to, now.timestamp())
    }

    /// The same for every delivery of one callback, and for no other. It begins with
    /// the kind and the time, so that a unique index of such keys grows at its edge,
    /// and is short enough for one: what is long is hashed.
    pub fn dedup_key(&self) -> String {
        let key = self.job_key().unwrap_or_else(|| self.person_key());
        if key.len() <= MAX_DEDUP_KEY {
            return key;
        }
        // The first 12 are `m:` or `e:` and the time; other keys begin with their kind.
        let start = &key[..key.floor_char_boundary(12)];
        format!("{start}:{}", hex::encode(Sha256::digest(key.as_bytes())))
    }

    /// The ends of jobs bear the job's own number.
    fn job_key(&self) -> Option<String> {
        let Message::Event(event) = &self.message else { return None };
        match event {
            // Each turn of a publication is a callback of its own: success, and later deletion.
            Event::PublishJobFinish(result) if !result.publish_id.is_empty() => {
                Some(format!("publish:{}:{}", result.publish_id, result.status.code()))
            }
            Event::MassSendJobFinish(result) if !result.msg_id.is_empty() => {
                Some(format!("mass:{}", result.msg_id))
            }
            Event::TemplateJobFinish { msg_id, .. } if !msg_id.is_empty() => {
                Some(format!("template:{msg_id}"))
            }
            Event::MediaCheck(check) if !check.trace_id.is_empty() => {
                Some(format!("media:{}", check.trace_id))
            }
            _ => None,
        }
    }

    /// Who did what when.
    fn person_key(&self) -> String {
        let Self { from, created_at, .. } = self;
        let kind = self.message.kind();
        let Message::Event(event) = &self.message else {
            return match &self.msg_id {
                // MsgId alone is not unique: two people have been seen with the same one.
                Some(id) => format!("m:{created_at:010}:{id:0>20}:{from}"),
                None => format!("m:{created_at:010}:{kind}:{from}"),
            };
        };
        let mut key = format!("e:{created_at:010}:{from}:{kind}");
        if let Event::SubscribeMsgPopup(consents) | Event::SubscribeMsgChange(consents) = event {
            // Two answers can share a second; each counts.
            for consent in consents {
                let answer = if consent.accepted { "yes" } else { "no" };
                // Writing into a String cannot fail.
                let _written = write!(key, ":{}={answer}", consent.template_id);
            }
        } else if let Event::SubscribeMsgSent(deliveries) = event {
            for delivery in deliveries {
                let _written = write!(key, ":{}", delivery.msg_id);
            }
        } else if let Some(event_key) = &self.event_key {
            let _written = write!(key, ":{event_key}");
        }
        key
    }
}
