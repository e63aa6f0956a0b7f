//! Linking an editor's own account of the mini-program, on the wire.

use chrono::{DateTime, Utc};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::app::App;
use crate::clock;
use crate::safety;
use crate::wire::ApiResult;
use crate::wire::auth::{NewsDesk, Resident};
use crate::wire::common::Done;
use crate::wire::tags::Tag;

/// The console's side.
pub struct StaffLinkingApi(pub App);

/// The phone's side.
pub struct ResidentLinkingApi(pub App);

/// Whether an editor has linked their account of the mini-program.
#[derive(Object)]
struct WechatLink {
    linked: bool,
    /// Since when, in words.
    #[oai(skip_serializing_if_is_none)]
    since_text: Option<String>,
}

/// To be typed on the phone.
#[derive(Object)]
struct WechatLinkCode {
    /// Eight digits.
    code: String,
    expires_at: DateTime<Utc>,
}

/// As it stands in the console.
#[derive(Object)]
struct WechatLinkCodeBody {
    #[oai(validator(max_length = 32))]
    code: String,
}

/// Whose console it is.
#[derive(Object)]
struct LinkedColleague {
    name: String,
}

#[OpenApi(tag = "Tag::StaffNews", prefix_path = "/staff")]
impl StaffLinkingApi {
    /// Have I linked my own account of the mini-program? As it WeChat is asked about articles.
    #[oai(path = "/wechat-link", method = "get", operation_id = "staff_wechat_link")]
    async fn mine(&self, who: NewsDesk) -> ApiResult<Json<WechatLink>> {
        let since = safety::linked_since(self.0.db.read(), who.0.id).await?;
        let since_text = since.map(clock::spoken);
        Ok(Json(WechatLink { linked: since.is_some(), since_text }))
    }

    /// A code to be typed on my phone, good for ten minutes.
    #[oai(path = "/wechat-link/code", method = "post", operation_id = "staff_wechat_link_code")]
    async fn code(&self, who: NewsDesk) -> ApiResult<Json<WechatLinkCode>> {
        let (code, expires_at) = safety::code_for(&self.0, &who.0).await?;
        Ok(Json(WechatLinkCode { code, expires_at }))
    }

    /// Undo it.
    #[oai(path = "/wechat-link", method = "delete", operation_id = "staff_wechat_unlink")]
    async fn undo(&self, who: NewsDesk) -> ApiResult<Done> {
        safety::unlink(&self.0, &who.0).await?;
        Ok(Done::Done)
    }
}

#[OpenApi(tag = "Tag::Me")]
impl ResidentLinkingApi {
    /// Link my account with a login of the console.
    ///
    /// Codes: `code_wrong`, `too_many_tries`, `not_in_mini`.
    #[oai(path = "/me/staff-link", method = "post", operation_id = "link_staff")]
    async fn link(
        &self,
        who: Resident,
        body: Json<WechatLinkCodeBody>,
    ) -> ApiResult<Json<LinkedColleague>> {
        let name = safety::link(&self.0, who.0.id, &body.code).await?;
        Ok(Json(LinkedColleague { name }))
    }
}
