//! Customer messages of the public account; see [`crate::wechat::CustomMessage`].

use super::Official;
use crate::wechat::custom::{self, From};
use crate::wechat::{CustomMessage, Error};

impl Official<'_> {
    /// # Errors
    /// 45015: the person's window is over; 45047: too many since they wrote; 40003: who
    /// is that; 48001; a message that may not come from here; the network.
    pub async fn send_custom(&self, openid: &str, message: &CustomMessage) -> Result<(), Error> {
        custom::send(self.inner, (&self.inner.official, From::Official), openid, message).await
    }
}
