//! The one way of a call: may it? → token → host → answer → typed error; again where
//! that is harmless.

use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::account::Account;
use super::answer::Answer;
use super::error::refuses_token;
use super::hosts::Build;
use super::retry::{self, Repeat};
use super::token::Token;
use super::{Class, Error, Inner, endpoint};
use crate::cache::CacheError;

pub(super) use super::answer::{DONE_BEFORE, id, id_or_none, int, nullable};

/// The shared cache is a help here: a call does not wait longer for it.
const CACHE_PATIENCE: Duration = Duration::from_millis(250);

/// A file to upload. Its name is ASCII and its ending fits the bytes (41005 and 40113
/// otherwise).
pub(super) struct File<'a> {
    pub(super) name: &'static str,
    pub(super) mime: &'static str,
    pub(super) bytes: &'a [u8],
}

/// What the answer of a call is to be read as.
pub(super) type Read<R> = fn(Answer, &'static str) -> Result<R, Error>;

fn object(answer: Answer, endpoint: &'static str) -> Result<Value, Error> {
    answer.object(endpoint)
}

/// A call, before it is made.
struct Call<'a> {
    account: &'a Account,
    endpoint: &'static str,
    repeat: Repeat,
    /// Without a token: what it needs instead stands in the request.
    open: bool,
}

impl<'a> Call<'a> {
    fn new(account: &'a Account, endpoint: &'static str) -> Self {
        Self { account, endpoint, repeat: endpoint::repeat(endpoint), open: false }
    }

    fn open(account: &'a Account, endpoint: &'static str) -> Self {
        Self { open: true, ..Self::new(account, endpoint) }
    }

    /// WeChat does a template message with the same `client_msg_id` once.
    fn with(account: &'a Account, endpoint: &'static str, body: &Value) -> Self {
        let mut call = Self::new(account, endpoint);
        if body.get("client_msg_id").is_some_and(Value::is_string) {
            call.repeat = Repeat::Idempotent;
        }
        call
    }
}

impl Inner {
    /// Makes a call; again in line where that is harmless and of use.
    async fn call<R>(
        &self,
        call: Call<'_>,
        read: Read<R>,
        build: impl Fn(String) -> RequestBuilder + Sync,
    ) -> Result<R, Error> {
        let (account, endpoint) = (call.account, call.endpoint);
        account.must_exist(endpoint)?;
        account.must_be_able(endpoint)?;
        account.must_be_let_in(endpoint, self.clock.now())?;
        account.quota.admit(self, account, endpoint).await?;
        let begun = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let mut error = match self.attempt(&call, read, &build).await {
                Ok(answer) => {
                    account.learn(self, endpoint, false).await;
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let spent = begun.elapsed();
            match self.policy.pause(self.urgency, call.repeat, &error, tries, spent) {
                Some(longest) => tokio::time::sleep(retry::jittered(longest)).await,
                None => {
                    // The failure of a token was seen to where it was asked for.
                    if error.endpoint == endpoint {
                        self.learn(account, &mut error).await;
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Once; twice with a token that was refused.
    async fn attempt<R>(
        &self,
        call: &Call<'_>,
        read: Read<R>,
        build: Build<'_>,
    ) -> Result<R, Error> {
        let (account, endpoint) = (call.account, call.endpoint);
        if call.open {
            return self.reach(account, endpoint, None, build, read).await;
        }
        // Whatever became of the request for the token, this call was not sent.
        let token = account.tokens.get(self, account, None).await.map_err(Error::before_sending)?;
        match self.reach(account, endpoint, Some(&token), build, read).await {
            Err(error) if error.errcode.is_some_and(refuses_token) => {}
            other => return other,
        }
        let fresh = account.tokens.get(self, account, Some(&token)).await;
        let fresh = fresh.map_err(Error::before_sending)?;
        self.reach(account, endpoint, Some(&fresh), build, read).await
    }

    /// Keeps what a failure teaches: what is used up, what the account may not, and what
    /// staff should see.
    async fn learn(&self, account: &Account, error: &mut Error) {
        match error.errcode {
            Some(code @ (45009 | 45011)) => {
                let until = account.quota.spend(self, account, error.endpoint, code).await;
                error.retry_at = error.retry_at.or(until);
            }
            // Four a month of a 服务号, one a day of a 订阅号.
            Some(45028) => error.retry_at = Some(account.mass_again(self.clock.now())),
            Some(48001) => account.learn(self, error.endpoint, true).await,
            Some(code @ (89501 | 89503 | 89506 | 89507)) => {
                error.retry_at = account.let_in(Some(code), self.clock.now());
            }
            _ => {}
        }
        self.keep_trouble(account, error).await;
    }

    /// What the shared cache says, if it says so soon.
    pub(super) async fn quickly<T>(
        &self,
        asked: impl Future<Output = Result<T, CacheError>>,
    ) -> Option<T> {
        match tokio::time::timeout(CACHE_PATIENCE, asked).await {
            Ok(Ok(found)) => Some(found),
            Ok(Err(error)) => {
                tracing::debug!(cause = %error, "the shared cache fails a call to WeChat");
                None
            }
            Err(_) => None,
        }
    }

    /// `POST` with a JSON body.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<T, Error> {
        let request = |url| self.http.post(url).json(body);
        typed(endpoint, self.call(Call::with(account, endpoint, body), object, request).await?)
    }

    /// [`Self::post`] with an idempotency key in the body: that it was done before is an
    /// answer like any other, and holds the id of that time.
    pub(super) async fn post_once<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<T, Error> {
        let request = |url| self.http.post(url).json(body);
        typed(
            endpoint,
            self.call(Call::new(account, endpoint), Answer::object_or_earlier, request).await?,
        )
    }

    /// `POST` with a JSON body whose answer is a file, such as a picture.
    pub(super) async fn post_bytes(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<Vec<u8>, Error> {
        let request = |url| self.http.post(url).json(body);
        self.call(Call::new(account, endpoint), Answer::file, request).await
    }

    /// `GET` without anything but the token.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
    ) -> Result<T, Error> {
        self.get_query(account, endpoint, &[]).await
    }

    /// `GET` with a query beside the token.
    pub(super) async fn get_query<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let request = |url| self.http.get(url).query(query);
        typed(endpoint, self.call(Call::new(account, endpoint), object, request).await?)
    }

    /// `GET` whose answer is a file.
    pub(super) async fn get_bytes(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Vec<u8>, Error> {
        let request = |url| self.http.get(url).query(query).timeout(self.upload_timeout);
        self.call(Call::new(account, endpoint), Answer::file, request).await
    }

    /// `GET` without a token: what it needs instead stands in the query.
    pub(super) async fn get_open<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        let request = |url| self.http.get(url).query(query);
        typed(endpoint, self.call(Call::open(account, endpoint), object, request).await?)
    }

    /// `POST` of a JSON body without a token.
    pub(super) async fn post_open<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<T, Error> {
        let request = |url| self.http.post(url).json(body);
        typed(endpoint, self.call(Call::open(account, endpoint), object, request).await?)
    }

    /// `POST` of one picture, as the form part `media`. Its bytes say what it is;
    /// `declared` is only what the caller believes.
    pub(super) async fn upload<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &str,
        bytes: &[u8],
        declared: &str,
    ) -> Result<T, Error> {
        let (name, mime) = picture(bytes).ok_or_else(|| {
            let words = format!("neither JPEG nor PNG, though declared as {declared:.40}");
            Error::answered(endpoint, 40137, &words)
        })?;
        let query: Vec<(&str, &str)> =
            query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        self.upload_file(account, endpoint, &query, &File { name, mime, bytes }, None).await
    }

    /// `POST` of one file as the form part `media`, and of what is said about it as the
    /// part `description` (videos want one).
    pub(super) async fn upload_file<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &[(&str, &str)],
        file: &File<'_>,
        description: Option<&Value>,
    ) -> Result<T, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.mime));
        let request = |url| {
            // Of known length: a chunked body is answered with HTTP 412.
            let part = Part::bytes(file.bytes.to_vec()).file_name(file.name);
            let mut form = Form::new().part("media", part.headers(headers.clone()));
            if let Some(description) = description {
                form = form.text("description", description.to_string());
            }
            self.http.post(url).query(query).timeout(self.upload_timeout).multipart(form)
        };
        typed(endpoint, self.call(Call::new(account, endpoint), object, request).await?)
    }

    /// The call for a token: without the retries of others, which its callers make.
    pub(super) async fn ask_for_token<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<T, Error> {
        account.quota.admit(self, account, endpoint).await?;
        let request = |url| self.http.post(url).json(body);
        match self.reach(account, endpoint, None, &request, object).await {
            Ok(answer) => {
                account.let_in(None, self.clock.now());
                typed(endpoint, answer)
            }
            Err(mut error) => {
                self.learn(account, &mut error).await;
                Err(error)
            }
        }
    }

    /// The token as it stands, for what is kept beside it.
    pub(super) async fn token(&self, account: &Account) -> Result<Token, Error> {
        account.tokens.get(self, account, None).await.map_err(Error::before_sending)
    }

    /// Are appid and secret good?
    pub(super) async fn try_token(&self, account: &Account) -> Result<(), Error> {
        account.tokens.get(self, account, None).await.map(drop)
    }
}

/// The answer as the caller wants it.
fn typed<T: DeserializeOwned>(endpoint: &'static str, answer: Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(answer).map_err(|error| {
        // Where it is wrong, never what stands there: that may be a phone number.
        let words = format!("the answer lacks what it should hold at {}", error.path());
        Error::ours(endpoint, Class::MaybeSent, words)
    })
}

/// File name and media type of a picture, by its bytes.
fn picture(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(("picture.jpg", "image/jpeg")),
        [0x89, b'P', b'N', b'G', ..] => Some(("picture.png", "image/png")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_say_what_a_picture_is() {
        assert_eq!(picture(b"\xff\xd8\xff\xe0..").map(|(name, _)| name), Some("picture.jpg"));
        assert_eq!(picture(b"\x89PNG\r\n").map(|(_, mime)| mime), Some("image/png"));
        assert_eq!(picture(b"RIFF....WEBP"), None);
        assert_eq!(picture(b""), None);
    }
}
