//! Followers: `GET /cgi-bin/user/{info,get}`, `POST /cgi-bin/user/info/{batchget,
//! updateremark}`. Verified accounts only (48001). No name, picture, sex or region since
//! 2021-12-27. (api.md §6)

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Official;
use super::qr::QrScene;
use crate::wechat::field::{self, chars, hold};
use crate::wechat::{Error, client};

const INFO: &str = "/cgi-bin/user/info";
const GET: &str = "/cgi-bin/user/get";
const BATCHGET: &str = "/cgi-bin/user/info/batchget";
const UPDATEREMARK: &str = "/cgi-bin/user/info/updateremark";

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

/// A page of followers, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "RawPage")]
pub struct OpenidPage {
    /// Of all pages; absent in the list of a tag.
    pub total: i64,
    pub openids: Vec<String>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct RawPage {
    #[serde(default, deserialize_with = "client::int")]
    total: i64,
    #[serde(default, deserialize_with = "client::int")]
    count: i64,
    #[serde(default, deserialize_with = "client::nullable")]
    data: Openids,
    #[serde(default, deserialize_with = "field::filled")]
    next_openid: Option<String>,
}

#[derive(Default, Deserialize)]
struct Openids {
    #[serde(default, deserialize_with = "client::nullable")]
    openid: Vec<String>,
}

impl From<RawPage> for OpenidPage {
    fn from(raw: RawPage) -> Self {
        // The last page names a next one too, which is empty.
        Self {
            total: raw.total,
            next: raw.next_openid.filter(|_| raw.count > 0 && !raw.data.openid.is_empty()),
            openids: raw.data.openid,
        }
    }
}

#[derive(Deserialize)]
struct Batch {
    #[serde(default, deserialize_with = "client::nullable")]
    user_info_list: Vec<UserInfo>,
}

impl Official<'_> {
    /// # Errors
    /// 40003: an openid of another account; 48001; the network.
    pub async fn user_info(&self, openid: &str) -> Result<UserInfo, Error> {
        hold(INFO, !openid.is_empty(), 41009, "openid is empty")?;
        let query = [("openid", openid), ("lang", "zh_CN")];
        self.inner.get_query(&self.inner.official, INFO, &query).await
    }

    /// Followers, up to 10,000 a page; `after` is the `next` of the page before.
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn list_followers(&self, after: Option<&str>) -> Result<OpenidPage, Error> {
        let query: Vec<_> = after.map(|openid| ("next_openid", openid)).into_iter().collect();
        self.inner.get_query(&self.inner.official, GET, &query).await
    }

    /// What the account may know of 1 to 100 people.
    ///
    /// # Errors
    /// 40003: an openid of another account; 48001; the network.
    pub async fn user_infos(&self, openids: &[&str]) -> Result<Vec<UserInfo>, Error> {
        let fits = (1..=100).contains(&openids.len());
        hold(BATCHGET, fits, 40032, "user_list: 1 to 100")?;
        let list: Vec<Value> =
            openids.iter().map(|openid| json!({ "openid": openid, "lang": "zh_CN" })).collect();
        let body = json!({ "user_list": list });
        let batch: Batch = self.inner.post(&self.inner.official, BATCHGET, &body).await?;
        Ok(batch.user_info_list)
    }

    /// The account's own note on a follower, under 30 characters; empty removes it.
    ///
    /// # Errors
    /// 40003: who is that; 48001; the network.
    pub async fn set_remark(&self, openid: &str, remark: &str) -> Result<(), Error> {
        hold(UPDATEREMARK, chars(remark) < 30, None, "remark: under 30 characters")?;
        let body = json!({ "openid": openid, "remark": remark });
        let _answer: IgnoredAny =
            self.inner.post(&self.inner.official, UPDATEREMARK, &body).await?;
        Ok(())
    }
}
