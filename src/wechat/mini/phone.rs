//! `POST /wxa/business/getuserphonenumber`: the code of the phone button (not of
//! `wx.login`) for the number that WeChat vouches for. Five minutes, once.

use serde::Deserialize;
use serde_json::json;

use super::Mini;
use crate::wechat::{Error, client};

const PATH: &str = "/wxa/business/getuserphonenumber";

#[derive(Deserialize)]
struct Answer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
struct PhoneInfo {
    #[serde(rename = "purePhoneNumber", deserialize_with = "client::id")]
    pure_phone_number: String,
}

impl Mini<'_> {
    /// The number without country code.
    ///
    /// # Errors
    /// 40029: a bad or used code; the network.
    pub async fn phone_number(&self, code: &str) -> Result<String, Error> {
        let answer: Answer =
            self.inner.post(&self.inner.mini, PATH, &json!({ "code": code })).await?;
        Ok(answer.phone_info.pure_phone_number)
    }
}
