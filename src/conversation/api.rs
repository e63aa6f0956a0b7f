//! The account's menu, and answers that came to nobody, for the console's page “微信”.

use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::kinds::WechatAccount;

use crate::app::App;
use crate::platform::api::name;
use crate::wire::auth::CentreStaff;
use crate::wire::common::Done;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};
use crate::{clock, conversation, platform};

pub struct StaffDialogueApi(pub App);

/// The menu under the chat, as it should be and as it is.
#[derive(Debug, Object)]
struct MenuComparison {
    same: bool,
    /// Theirs was made by somebody on WeChat's own page.
    by_hand: bool,
    ours: Vec<String>,
    theirs: Vec<String>,
}

/// An answer to somebody who wrote, which came to nobody.
#[derive(Debug, Object)]
struct UnheardAnswer {
    time_text: String,
    account: WechatAccount,
    /// Where they wrote.
    place: String,
    /// What they asked for, in a word.
    about: String,
    /// Why it did not come, and what to do.
    failure: String,
}

impl From<conversation::Unheard> for UnheardAnswer {
    fn from(unheard: conversation::Unheard) -> Self {
        Self {
            time_text: clock::spoken(unheard.asked_at),
            account: unheard.account,
            place: name(unheard.account).to_owned(),
            about: unheard.about.to_owned(),
            failure: unheard.failure,
        }
    }
}

#[OpenApi(tag = "Tag::StaffOperations")]
impl StaffDialogueApi {
    /// Compare the menu with the one at WeChat.
    #[oai(path = "/staff/wechat/menu", method = "get", operation_id = "staff_wechat_menu")]
    async fn menu(&self, _who: CentreStaff) -> ApiResult<Json<MenuComparison>> {
        let state = conversation::menu_state(&self.0).await.map_err(ApiError::from)?;
        let theirs = match (&state.theirs, &state.by_hand) {
            (Some(menu), _) => platform::menu_lines(menu),
            (None, Some(shown)) => platform::shown_lines(shown),
            (None, None) => Vec::new(),
        };
        Ok(Json(MenuComparison {
            same: state.is_same(),
            by_hand: state.by_hand.is_some(),
            ours: platform::menu_lines(&state.ours),
            theirs,
        }))
    }

    /// Write the menu to WeChat, in place of whatever is there.
    #[oai(path = "/staff/wechat/menu", method = "post", operation_id = "staff_write_wechat_menu")]
    async fn write_menu(&self, _who: CentreStaff) -> ApiResult<Done> {
        conversation::write_menu(&self.0).await.map_err(ApiError::from)?;
        Ok(Done::Done)
    }

    /// Answers of the last seven days that came to nobody, newest first.
    #[oai(
        path = "/staff/wechat/unheard-answers",
        method = "get",
        operation_id = "staff_unheard_answers"
    )]
    async fn unheard(&self, _who: CentreStaff) -> ApiResult<Json<Vec<UnheardAnswer>>> {
        let rows = conversation::unheard(&self.0).await.map_err(ApiError::from)?;
        Ok(Json(rows.into_iter().map(UnheardAnswer::from).collect()))
    }
}
