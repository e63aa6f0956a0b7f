//! Followers: `GET /cgi-bin/user/{info,get}`, `POST /cgi-bin/user/info/{batchget,
//! updateremark}`. Verified accounts only (48001). No name, picture, sex or region since
//! 2021-12-27. (api.md §6)

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Official;
use super::qr::QrScene;
use crate::wechat::field::{self, hold};
use crate::wechat::{Error, client};

const INFO: &str = "/cgi-bin/user/info";

/// What the account may know of a person. Of one who does not follow: the openid alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "RawUser")]
pub struct UserInfo {
    pub openid: String,
    pub follows: bool,
    /// Only where both accounts are bound to one Open Platform account.
    pub unionid: Option<String>,
    /// Of several follows, the latest.
    pub subscribed_at: Option<DateTime<Utc>>,
    /// How they came, as in `ADD_SCENE_QR_CODE`; the list grows.
    pub scene: Option<String>,
    /// The scene of the code that they scanned to follow.
    pub qr_scene: Option<QrScene>,
    pub tags: Vec<i64>,
    /// The account's own note.
    pub remark: Option<String>,
}

#[derive(Deserialize)]
struct RawUser {
    openid: String,
    #[serde(deserialize_with = "field::truth")]
    subscribe: bool,
    #[serde(default, deserialize_with = "field::filled")]
    unionid: Option<String>,
    #[serde(default, deserialize_with = "field::time")]
    subscribe_time: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "field::filled")]
    subscribe_scene: Option<String>,
    #[serde(default, deserialize_with = "client::int")]
    qr_scene: i64,
    #[serde(default, deserialize_with = "field::filled")]
    qr_scene_str: Option<String>,
    #[serde(default, deserialize_with = "field::ints")]
    tagid_list: Vec<i64>,
    #[serde(default, deserialize_with = "field::filled")]
    remark: Option<String>,
}

impl From<RawUser> for UserInfo {
    fn from(raw: RawUser) -> Self {
        let number = u32::try_from(raw.qr_scene).ok().filter(|number| *number != 0);
        Self {
            openid: raw.openid,
            follows: raw.subscribe,
            unionid: raw.unionid,
            subscribed_at: raw.subscribe_time,
            scene: raw.subscribe_scene,
            qr_scene: raw.qr_scene_str.map(QrScene::Text).or(number.map(QrScene::Number)),
            tags: raw.tagid_list,
            remark: raw.remark,
        }
    }
}

impl Official<'_> {
    /// # Errors
    /// 40003: an openid of another account; 48001; the network.
    pub async fn user_info(&self, openid: &str) -> Result<UserInfo, Error> {
        hold(INFO, !openid.is_empty(), 41009, "openid is empty")?;
        let query = [("openid", openid), ("lang", "zh_CN")];
        self.inner.get_query(&self.inner.official, INFO, &query).await
    }
}
