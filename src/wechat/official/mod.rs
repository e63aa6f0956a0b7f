//! What the public account may call.

mod custom;
mod draft;
mod media;
mod menu;
mod publish;
mod qr;
mod users;

pub use draft::{DraftArticle, DraftEntry, List, NewsItem};
pub use media::Material;
pub use menu::{Button, Menu};
pub use publish::{PublishedEntry, Submitted};
pub use qr::{QrCode, QrLife, QrScene};
pub use users::UserInfo;

use super::{Callback, Error, Inner};

/// The public account's side of the platform.
pub struct Official<'a> {
    pub(super) inner: &'a Inner,
}

impl<'a> Official<'a> {
    /// Its callbacks; `None` when it is not configured.
    pub fn callback(&self) -> Option<&'a Callback> {
        self.inner.official_callback.as_ref()
    }

    /// Does WeChat accept appid and secret?
    ///
    /// # Errors
    /// What WeChat said.
    pub async fn check(&self) -> Result<(), Error> {
        self.inner.try_token(&self.inner.official).await
    }
}
