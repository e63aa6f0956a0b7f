//! What the mini-program may call.

mod check;
mod code;
mod custom;
mod link;
mod login;
mod phone;
mod session;
mod subscribe;

pub use check::{CheckScene, MediaKind, Suggest, Verdict};
pub use code::{CodeColor, MiniCode};
pub use link::{LinkLife, MiniLink, MiniVersion};
pub use login::{KeyedSession, LoginSession};
pub(super) use subscribe::keeps_its_rule;
pub use subscribe::{SubscribeMessage, fit_template_value};

use super::{Ability, Callback, Error, Inner, Upkeep};

/// The mini-program's side of the platform.
pub struct Mini<'a> {
    pub(super) inner: &'a Inner,
}

impl<'a> Mini<'a> {
    /// Its callbacks; `None` when it is not configured.
    pub fn callback(&self) -> Option<&'a Callback> {
        self.inner.mini_callback.as_deref()
    }

    /// May the account do this, by its kind and by what WeChat has said? To be asked
    /// before something is planned.
    pub fn can(&self, ability: Ability) -> bool {
        self.inner.mini.can(ability, self.inner.clock.now())
    }

    /// What keeps the account in order.
    pub fn upkeep(&self) -> Upkeep<'a> {
        Upkeep::new(self.inner, &self.inner.mini)
    }

    /// Does WeChat accept appid and secret?
    ///
    /// # Errors
    /// What WeChat said.
    pub async fn check(&self) -> Result<(), Error> {
        self.inner.try_token(&self.inner.mini).await
    }
}
