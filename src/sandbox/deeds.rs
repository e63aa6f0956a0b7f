//! What tests and the demo let people do.

use super::Sandbox;
use super::people::{self, Said, Tapped};
use super::state::{Account, ChatLine, CodeKind, User};
use crate::error::Result;

impl Sandbox {
    /// A new person who does not follow the account yet.
    pub fn add_user(&self, name: &str) -> User {
        people::add(&self.inner, name)
    }

    pub fn users(&self) -> Vec<User> {
        self.inner.read(|state| state.people.iter().map(|person| person.user.clone()).collect())
    }

    /// As `wx.login`: good once, for five minutes.
    pub fn login_code(&self, user: &User) -> String {
        people::code(&self.inner, user.id, CodeKind::Login)
    }

    /// As the phone number button: good once, for five minutes.
    pub fn phone_code(&self, user: &User) -> String {
        people::code(&self.inner, user.id, CodeKind::Phone)
    }

    /// The person follows the account; the answer of the service is in the chat.
    ///
    /// # Errors
    /// Unknown person.
    pub async fn follow(&self, user: &User) -> Result<()> {
        people::follow(&self.inner, user.id).await
    }

    /// # Errors
    /// Unknown person, or not a follower.
    pub async fn unfollow(&self, user: &User) -> Result<()> {
        people::unfollow(&self.inner, user.id).await
    }

    /// The person writes; gives what the chat shows for an answer, in order.
    ///
    /// # Errors
    /// Unknown person, or not a follower.
    pub async fn say(&self, user: &User, text: &str) -> Result<Vec<ChatLine>> {
        people::say(&self.inner, user.id, Account::Official, text).await
    }

    /// The person taps the menu button of this name.
    ///
    /// # Errors
    /// Unknown person, not a follower, or no such button.
    pub async fn tap(&self, user: &User, name: &str) -> Result<Tapped> {
        people::tap(&self.inner, user.id, name).await
    }

    /// The person answers the consent sheet of the mini-program: true = 允许.
    ///
    /// # Errors
    /// Unknown person or template, or more than three at once.
    pub async fn subscribe(&self, user: &User, choices: &[(&str, bool)]) -> Result<()> {
        people::subscribe(&self.inner, user.id, Account::Mini, choices).await
    }

    /// The person turns a kind of message off in the settings of the mini-program.
    ///
    /// # Errors
    /// Unknown person.
    pub async fn refuse(&self, user: &User, template_id: &str) -> Result<()> {
        people::refuse(&self.inner, user.id, template_id).await
    }

    /// As [`Sandbox::subscribe`], for the notices of the official account (bizsend).
    ///
    /// # Errors
    /// Unknown person or template, or more than three at once.
    pub async fn subscribe_to_account(&self, user: &User, choices: &[(&str, bool)]) -> Result<()> {
        people::subscribe(&self.inner, user.id, Account::Official, choices).await
    }

    /// The person sends a picture, a voice message, a place.
    ///
    /// # Errors
    /// Unknown person, or not a follower.
    pub async fn send(&self, user: &User, said: Said) -> Result<Vec<ChatLine>> {
        people::send(&self.inner, user.id, Account::Official, said).await
    }

    /// The person taps a line of a menu message.
    ///
    /// # Errors
    /// Unknown person, or not a follower.
    pub async fn choose(&self, user: &User, id: &str, words: &str) -> Result<Vec<ChatLine>> {
        people::choose(&self.inner, user.id, id, words).await
    }

    /// The person scans a code of the account; one who does not follow does from then on.
    ///
    /// # Errors
    /// Unknown person, or a code that leads nowhere or is over.
    pub async fn scan(&self, user: &User, link: &str) -> Result<Vec<ChatLine>> {
        people::scan(&self.inner, user.id, link).await
    }

    /// The person opens the customer service of the mini-program and writes.
    ///
    /// # Errors
    /// Unknown person.
    pub async fn say_to_mini(&self, user: &User, text: &str) -> Result<()> {
        people::enter_service(&self.inner, user.id).await?;
        people::say(&self.inner, user.id, Account::Mini, text).await.map(drop)
    }

    /// The person sends a picture or a card to the customer service of the mini-program.
    ///
    /// # Errors
    /// Unknown person, or what cannot be sent there.
    pub async fn send_to_mini(&self, user: &User, said: Said) -> Result<()> {
        people::send(&self.inner, user.id, Account::Mini, said).await.map(drop)
    }

    /// The person opens the customer service of the mini-program.
    ///
    /// # Errors
    /// Unknown person.
    pub async fn enter_service(&self, user: &User) -> Result<()> {
        people::enter_service(&self.inner, user.id).await
    }

    /// The person follows the link of web sign-in and agrees; gives where the browser
    /// goes next. `snapshot`: only looks.
    ///
    /// # Errors
    /// Unknown person, or a link that the platform would not open.
    pub fn authorize(&self, user: &User, link: &str, snapshot: bool) -> Result<String> {
        people::authorize(&self.inner, user.id, link, snapshot)
    }

    /// The person takes back what the service may know; codes as in callbacks.md §9.
    ///
    /// # Errors
    /// Unknown person.
    pub async fn withdraw(&self, user: &User, account: Account, codes: &str) -> Result<()> {
        people::withdraw(&self.inner, user.id, account, codes).await
    }

    /// The person closes the WeChat account.
    ///
    /// # Errors
    /// Unknown person.
    pub async fn close_account(&self, user: &User, account: Account) -> Result<()> {
        people::close_account(&self.inner, user.id, account).await
    }

    /// The person changes name or picture.
    ///
    /// # Errors
    /// Unknown person.
    pub async fn modify(&self, user: &User, account: Account) -> Result<()> {
        people::modify(&self.inner, user.id, account).await
    }
}
