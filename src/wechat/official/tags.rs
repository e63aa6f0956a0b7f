//! Tags on followers: `/cgi-bin/tags/{create,get,update,delete,getidlist}`,
//! `/cgi-bin/tags/members/{batchtagging,batchuntagging}`, `POST /cgi-bin/user/tag/get`.
//!
//! 100 tags (45056), 20 for a person (45059), no name twice (45157), names up to 30
//! characters or bytes, by whom one asks (45158). 0 to 2 are the platform's own (45058).
//! Verified accounts only (48001). (api.md §6)

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{Official, OpenidPage};
use crate::wechat::field::{self, hold};
use crate::wechat::{Error, client};

const CREATE: &str = "/cgi-bin/tags/create";
const GET: &str = "/cgi-bin/tags/get";
const UPDATE: &str = "/cgi-bin/tags/update";
const DELETE: &str = "/cgi-bin/tags/delete";
const GETIDLIST: &str = "/cgi-bin/tags/getidlist";
const TAGGED: &str = "/cgi-bin/user/tag/get";
const TAG: &str = "/cgi-bin/tags/members/batchtagging";
const UNTAG: &str = "/cgi-bin/tags/members/batchuntagging";

/// A tag, and how many followers have it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tag {
    #[serde(deserialize_with = "client::int")]
    pub id: i64,
    pub name: String,
    #[serde(default, deserialize_with = "client::int")]
    pub count: i64,
}

#[derive(Deserialize)]
struct One {
    tag: Tag,
}

#[derive(Deserialize)]
struct All {
    #[serde(default, deserialize_with = "client::nullable")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Ids {
    #[serde(default, deserialize_with = "field::ints")]
    tagid_list: Vec<i64>,
}

/// In bytes: the stricter of the two readings.
fn check_name(endpoint: &'static str, name: &str) -> Result<(), Error> {
    let fits = !name.trim().is_empty() && name.len() <= 30;
    hold(endpoint, fits, 45158, "name: 1 to 30 bytes")
}

fn check_own(endpoint: &'static str, id: i64) -> Result<(), Error> {
    hold(endpoint, !(0..=2).contains(&id), 45058, "id: one of the platform's own")
}

impl Official<'_> {
    /// # Errors
    /// 45056: there are 100 already; 45157: the name is taken; 45158; 48001; the network.
    pub async fn create_tag(&self, name: &str) -> Result<Tag, Error> {
        check_name(CREATE, name)?;
        let body = json!({ "tag": { "name": name } });
        let made: One = self.inner.post(&self.inner.official, CREATE, &body).await?;
        Ok(made.tag)
    }

    /// # Errors
    /// 48001; the network.
    pub async fn list_tags(&self) -> Result<Vec<Tag>, Error> {
        let all: All = self.inner.get(&self.inner.official, GET).await?;
        Ok(all.tags)
    }

    /// # Errors
    /// 45157: the name is taken; 45058: not ours to change; 45158; 48001; the network.
    pub async fn rename_tag(&self, id: i64, name: &str) -> Result<(), Error> {
        check_own(UPDATE, id)?;
        check_name(UPDATE, name)?;
        self.tag_call(UPDATE, &json!({ "tag": { "id": id, "name": name } })).await
    }

    /// # Errors
    /// 45057: over 100,000 have it; 45058: not ours to delete; 48001; the network.
    pub async fn delete_tag(&self, id: i64) -> Result<(), Error> {
        check_own(DELETE, id)?;
        self.tag_call(DELETE, &json!({ "tag": { "id": id } })).await
    }

    /// Who has a tag, page by page.
    ///
    /// # Errors
    /// 45159: no such tag; 48001; the network.
    pub async fn list_tagged(&self, id: i64, after: Option<&str>) -> Result<OpenidPage, Error> {
        let body = json!({ "tagid": id, "next_openid": after.unwrap_or_default() });
        self.inner.post(&self.inner.official, TAGGED, &body).await
    }

    /// Gives 1 to 50 followers a tag; who has it keeps it.
    ///
    /// # Errors
    /// 45059: somebody has 20; 45159: no such tag; 49003: an openid of another account;
    /// 40032; 48001; the network.
    pub async fn tag_followers(&self, id: i64, openids: &[&str]) -> Result<(), Error> {
        self.change_tagged(TAG, id, openids).await
    }

    /// Takes a tag from 1 to 50 followers.
    ///
    /// # Errors
    /// As [`Self::tag_followers`].
    pub async fn untag_followers(&self, id: i64, openids: &[&str]) -> Result<(), Error> {
        self.change_tagged(UNTAG, id, openids).await
    }

    /// The tags of a follower.
    ///
    /// # Errors
    /// 40003; 49003: an openid of another account; 48001; the network.
    pub async fn tags_of(&self, openid: &str) -> Result<Vec<i64>, Error> {
        let body = json!({ "openid": openid });
        let ids: Ids = self.inner.post(&self.inner.official, GETIDLIST, &body).await?;
        Ok(ids.tagid_list)
    }

    async fn change_tagged(
        &self,
        endpoint: &'static str,
        id: i64,
        openids: &[&str],
    ) -> Result<(), Error> {
        let fits = (1..=50).contains(&openids.len());
        hold(endpoint, fits, 40032, "openid_list: 1 to 50")?;
        self.tag_call(endpoint, &json!({ "openid_list": openids, "tagid": id })).await
    }

    async fn tag_call(&self, endpoint: &'static str, body: &Value) -> Result<(), Error> {
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, endpoint, body).await?;
        Ok(())
    }
}
