//! Linking the public account, from a resident's own pages.

use chrono::{DateTime, Utc};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use qrcode::QrCode;
use qrcode::render::svg;

use entity::kinds::WechatAccount;

use crate::app::App;
use crate::error::Error;
use crate::wire::ApiResult;
use crate::wire::auth::Resident;
use crate::wire::common::Done;
use crate::wire::tags::Tag;
use crate::{followers, members};

pub struct FollowersApi(pub App);

#[derive(Object)]
struct LinkBody {
    /// From the link that was shown in the chat.
    #[oai(validator(max_length = 500))]
    code: String,
}

/// How my public account stands.
#[derive(Object)]
struct AccountLink {
    linked: bool,
    /// The public account's name.
    account_name: String,
}

/// A code to follow the account with, and to be linked thereby.
#[derive(Object)]
struct FollowCodeView {
    svg: String,
    expires_at: DateTime<Utc>,
}

#[OpenApi(tag = "Tag::Me")]
impl FollowersApi {
    /// Whether my public account is linked.
    #[oai(path = "/me/account-link", method = "get", operation_id = "account_link")]
    async fn link(&self, who: Resident) -> ApiResult<Json<AccountLink>> {
        let conn = self.0.db.read();
        let openid = members::openid(conn, who.0.id, WechatAccount::Official).await?;
        let account_name = self.0.config.centre.account_name.clone();
        Ok(Json(AccountLink { linked: openid.is_some(), account_name }))
    }

    /// Confirm the link that I opened from the chat.
    ///
    /// Codes: `link_outdated`, `account_taken`.
    #[oai(path = "/me/account-link", method = "post", operation_id = "confirm_account_link")]
    async fn confirm(&self, who: Resident, body: Json<LinkBody>) -> ApiResult<Done> {
        followers::confirm(&self.0, who.0.id, &body.0.code).await?;
        Ok(Done::Done)
    }

    /// A code that links whoever scans it with WeChat; good once, for ten minutes.
    ///
    /// Codes: `not_available`, `wechat_unavailable`.
    #[oai(path = "/me/follow-code", method = "post", operation_id = "follow_code")]
    async fn code(&self, who: Resident) -> ApiResult<Json<FollowCodeView>> {
        let code = followers::follow_code(&self.0, who.0.id).await?;
        let picture = QrCode::new(&code.link).map_err(Error::internal)?;
        let svg = picture.render::<svg::Color<'_>>().min_dimensions(260, 260).build();
        Ok(Json(FollowCodeView { svg, expires_at: code.expires_at }))
    }
}
