//! The one way of a call: token → send → bytes → errcode → typed error.

use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Answer;
use super::error::refuses_token;
use super::token::{Token, Tokens};
use super::{Class, Error, Inner};

pub(super) use super::answer::{DONE_BEFORE, id, int, nullable};

/// An account of ours with the platform.
pub(super) struct Account {
    pub(super) appid: String,
    pub(super) secret: SecretString,
    tokens: Tokens,
}

impl Account {
    pub(super) fn new(appid: String, secret: SecretString) -> Self {
        Self { tokens: Tokens::new(&appid, &secret), appid, secret }
    }
}

/// A file to upload. Its name is ASCII and its ending fits the bytes (41005 and 40113
/// otherwise).
pub(super) struct File<'a> {
    pub(super) name: &'static str,
    pub(super) mime: &'static str,
    pub(super) bytes: &'a [u8],
}

/// What the answer of a call is to be read as.
type Read<R> = fn(Answer, &'static str) -> Result<R, Error>;

fn object(answer: Answer, endpoint: &'static str) -> Result<Value, Error> {
    answer.object(endpoint)
}

impl Inner {
    /// A call with a token. `request` puts it together for the given URL, which
    /// carries the token; it is made again for the one retry.
    async fn call<R>(
        &self,
        account: &Account,
        endpoint: &'static str,
        read: Read<R>,
        request: impl Fn(String) -> RequestBuilder,
    ) -> Result<R, Error> {
        // Whatever became of the request for the token, this call was not sent.
        let token = account.tokens.get(self, account, None).await.map_err(Error::before_sending)?;
        let url = |token: &str| format!("{}{endpoint}?access_token={token}", self.base);
        match send(endpoint, request(url(&token)), read).await {
            Err(error) if error.errcode.is_some_and(refuses_token) => {}
            other => return other,
        }
        let fresh =
            account.tokens.get(self, account, Some(&token)).await.map_err(Error::before_sending)?;
        send(endpoint, request(url(&fresh)), read).await
    }

    /// `POST` with a JSON body.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<T, Error> {
        let request = |url| self.http.post(url).json(body);
        typed(endpoint, self.call(account, endpoint, object, request).await?)
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
        typed(endpoint, self.call(account, endpoint, Answer::object_or_earlier, request).await?)
    }

    /// `POST` with a JSON body whose answer is a file, such as a picture.
    pub(super) async fn post_bytes(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<Vec<u8>, Error> {
        self.call(account, endpoint, Answer::file, |url| self.http.post(url).json(body)).await
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
        typed(endpoint, self.call(account, endpoint, object, request).await?)
    }

    /// `GET` whose answer is a file.
    pub(super) async fn get_bytes(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Vec<u8>, Error> {
        self.call(account, endpoint, Answer::file, |url| {
            self.http.get(url).query(query).timeout(self.upload_timeout)
        })
        .await
    }

    /// `GET` without a token: what it needs instead stands in the query.
    pub(super) async fn get_open<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        account.must_exist(endpoint)?;
        let request = self.http.get(format!("{}{endpoint}", self.base)).query(query);
        typed(endpoint, send(endpoint, request, object).await?)
    }

    /// `POST` of a JSON body without a token.
    pub(super) async fn post_open<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<T, Error> {
        account.must_exist(endpoint)?;
        let request = self.http.post(format!("{}{endpoint}", self.base)).json(body);
        typed(endpoint, send(endpoint, request, object).await?)
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
        typed(endpoint, self.call(account, endpoint, object, request).await?)
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

impl Account {
    pub(super) fn must_exist(&self, endpoint: &'static str) -> Result<(), Error> {
        if self.appid.is_empty() {
            let words = "this account is not configured";
            return Err(Error::ours(endpoint, Class::Configuration, words));
        }
        Ok(())
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

/// Sends, and reads the answer.
async fn send<R>(
    endpoint: &'static str,
    request: RequestBuilder,
    read: Read<R>,
) -> Result<R, Error> {
    let begun = std::time::Instant::now();
    let outcome = exchange(endpoint, request).await.and_then(|answer| read(answer, endpoint));
    let said = match &outcome {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            error.errcode.map_or_else(|| error.class().as_str().to_owned(), |code| code.to_string())
        }
    };
    metrics::counter!("shangxue_wechat_calls_total", "endpoint" => endpoint, "outcome" => said)
        .increment(1);
    metrics::histogram!("shangxue_wechat_call_seconds", "endpoint" => endpoint)
        .record(begun.elapsed().as_secs_f64());
    match &outcome {
        // Nothing of ours is wrong: a person has not consented, a code is old.
        Err(error) if matches!(error.class(), Class::UserState | Class::AlreadyDone) => {
            tracing::debug!(%error, "WeChat refuses a call");
        }
        Err(error) => {
            tracing::warn!(%error, class = error.class().as_str(), "a call to WeChat failed");
        }
        Ok(_) => {}
    }
    outcome
}

/// Answers over this are not read: the longest real ones are lists and pictures.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

async fn exchange(endpoint: &'static str, request: RequestBuilder) -> Result<Answer, Error> {
    let fail = |error| Error::transport(endpoint, error);
    let mut response = request.send().await.map_err(fail)?;
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fail)? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Error::ours(endpoint, Class::MaybeSent, "the answer is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Answer { status, bytes })
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
