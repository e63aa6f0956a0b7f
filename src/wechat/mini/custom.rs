//! Customer messages of the mini-program; see [`crate::wechat::CustomMessage`].

use super::Mini;
use crate::wechat::custom::{self, From};
use crate::wechat::{CustomMessage, Error};

impl Mini<'_> {
    /// Only text, image, link and page.
    ///
    /// # Errors
    /// 45015: the person's window is over; 45047: too many since they wrote; 40003: who
    /// is that; a message that may not come from here; the network.
    pub async fn send_custom(&self, openid: &str, message: &CustomMessage) -> Result<(), Error> {
        custom::send(self.inner, (&self.inner.mini, From::Mini), openid, message).await
    }
}
