//! The one way of a call: token → send → bytes → errcode → typed error.

use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::refuses_token;
use super::token::Tokens;
use super::{Class, Error, Inner};

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

impl Inner {
    /// A call with a token. `request` puts it together for the given URL, which
    /// carries the token; it is made again for the one retry.
    async fn call<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        request: impl Fn(String) -> RequestBuilder,
    ) -> Result<T, Error> {
        let token = account.tokens.get(self, &account.appid, &account.secret).await?;
        let url = |token: &str| format!("{}{endpoint}?access_token={token}", self.base);
        let refused = match send(endpoint, request(url(&token))).await {
            Err(error) if error.errcode.is_some_and(refuses_token) => error,
            other => return other,
        };
        account.tokens.forget(self, &token).await;
        let fresh = account.tokens.get(self, &account.appid, &account.secret).await?;
        if fresh == token {
            // Asking again would go on for ever.
            return Err(refused);
        }
        send(endpoint, request(url(&fresh))).await
    }

    /// `POST` with a JSON body.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        body: &Value,
    ) -> Result<T, Error> {
        self.call(account, endpoint, |url| self.http.post(url).json(body)).await
    }

    /// `GET` without a body.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
    ) -> Result<T, Error> {
        self.call(account, endpoint, |url| self.http.get(url)).await
    }

    /// `POST` of one file, as the form part `media`; the file's name is ASCII and fits
    /// its bytes (41005 and 40113 otherwise).
    pub(super) async fn upload<T: DeserializeOwned>(
        &self,
        account: &Account,
        endpoint: &'static str,
        query: &str,
        bytes: &[u8],
        mime: &str,
    ) -> Result<T, Error> {
        let name = match mime {
            "image/png" => "picture.png",
            "image/jpeg" => "picture.jpg",
            _ => return Err(Error::ours(endpoint, Class::Permanent, "neither JPEG nor PNG")),
        };
        // Checked once here, so that the closure below cannot fail.
        Part::bytes(Vec::new())
            .mime_str(mime)
            .map_err(|_| Error::ours(endpoint, Class::Permanent, "not a media type"))?;
        self.call(account, endpoint, |url| {
            let part = Part::bytes(bytes.to_vec()).file_name(name);
            let part =
                part.mime_str(mime).unwrap_or_else(|_| Part::bytes(bytes.to_vec()).file_name(name));
            let request = self.http.post(format!("{url}{query}")).timeout(self.upload_timeout);
            request.multipart(Form::new().part("media", part))
        })
        .await
    }

    /// Are appid and secret good?
    pub(super) async fn try_token(&self, account: &Account) -> Result<(), Error> {
        account.tokens.get(self, &account.appid, &account.secret).await.map(drop)
    }
}

/// Sends, and reads the answer whatever its content type says.
pub(super) async fn send<T: DeserializeOwned>(
    endpoint: &'static str,
    request: RequestBuilder,
) -> Result<T, Error> {
    let begun = std::time::Instant::now();
    let outcome = exchange(endpoint, request).await;
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
    let value = outcome?;
    serde_json::from_value(value).map_err(|_| {
        Error::ours(endpoint, Class::MaybeSent, "the answer lacks what it should hold")
    })
}

async fn exchange(endpoint: &'static str, request: RequestBuilder) -> Result<Value, Error> {
    let response = request.send().await.map_err(|error| Error::transport(endpoint, error))?;
    let status = response.status();
    let bytes = response.bytes().await.map_err(|error| Error::transport(endpoint, error))?;
    if status.is_server_error() {
        return Err(Error::ours(endpoint, Class::MaybeSent, format!("HTTP {}", status.as_u16())));
    }
    if !status.is_success() {
        // 412 is a body of unknown length; the others no real platform sends.
        return Err(Error::ours(endpoint, Class::Permanent, format!("HTTP {}", status.as_u16())));
    }
    let value = read(&bytes)
        .ok_or_else(|| Error::ours(endpoint, Class::MaybeSent, "the answer is no JSON"))?;
    match value.get("errcode").and_then(Value::as_i64) {
        Some(errcode) if errcode != 0 => {
            let errmsg = value.get("errmsg").and_then(Value::as_str).unwrap_or_default();
            Err(Error::answered(endpoint, errcode, errmsg))
        }
        _ => Ok(value),
    }
}

/// JSON, if need be after cleaning: user data holds raw control characters and
/// broken UTF-8 at times.
fn read(bytes: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Some(value);
    }
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
        .collect();
    serde_json::from_str(&text.replace(['\n', '\r', '\t'], " ")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_broken_utf8_in_user_data_are_survived() {
        assert!(read(b"{\"nickname\":\"a\x01b\nc\"}").is_some());
        assert!(read(b"{\"nickname\":\"a\xffb\"}").is_some());
        assert!(read(b"<html>busy</html>").is_none());
        assert!(read(b"").is_none());
    }
}
