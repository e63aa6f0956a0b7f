//! What the public account may call.

mod custom;
mod draft;
mod figures;
mod jssdk;
mod mass;
mod material;
mod media;
mod menu;
mod oauth;
mod publish;
mod qr;
mod tags;
mod template;
mod users;

pub use draft::{DraftArticle, DraftEntry, List, NewsItem, PictureArticle};
pub use figures::{ArticleTotal, ReadTotal};
pub(super) use jssdk::Tickets;
pub use jssdk::{JsConfig, same_host};
pub use mass::{MassContent, MassProgress, MassSent, MassTarget, PreviewTo};
pub use material::{Material, MaterialContent, MaterialCount, MaterialEntry};
pub use menu::{Button, Menu, MenuRule, Phone, ShownBelow, ShownButton, ShownButtons, ShownMenu};
pub use oauth::{OauthGrant, OauthScope, OauthUser};
pub use publish::{PublishedEntry, Submitted};
pub use qr::{QrCode, QrLife, QrScene};
pub use tags::Tag;
pub use template::{MiniPage, PrivateTemplate, TemplateMessage};
pub use users::{OpenidPage, UserInfo};

use super::{Ability, Callback, Error, Inner, Upkeep};

/// The public account's side of the platform.
pub struct Official<'a> {
    pub(super) inner: &'a Inner,
}

impl<'a> Official<'a> {
    /// Its callbacks; `None` when it is not configured.
    pub fn callback(&self) -> Option<&'a Callback> {
        self.inner.official_callback.as_deref()
    }

    /// May the account do this, by its kind and by what WeChat has said? To be asked
    /// before something is planned.
    pub fn can(&self, ability: Ability) -> bool {
        self.inner.official.can(ability, self.inner.clock.now())
    }

    /// What keeps the account in order.
    pub fn upkeep(&self) -> Upkeep<'a> {
        Upkeep::new(self.inner, &self.inner.official)
    }

    /// Does WeChat accept appid and secret?
    ///
    /// # Errors
    /// What WeChat said.
    pub async fn check(&self) -> Result<(), Error> {
        self.inner.try_token(&self.inner.official).await
    }
}
