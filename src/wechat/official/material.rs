//! Files that the platform keeps: `/cgi-bin/material/{add_material,get_material,
//! batchget_material,del_material,get_materialcount}`. 100,000 pictures and 1,000 of each
//! other kind. Verified accounts only (48001). (api.md §7)

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{List, NewsItem, Official};
use crate::wechat::field::{self, hold};
use crate::wechat::media::{Keep, MediaType};
use crate::wechat::{Error, client};

const ADD: &str = "/cgi-bin/material/add_material";
const GET: &str = "/cgi-bin/material/get_material";
const LIST: &str = "/cgi-bin/material/batchget_material";
const DELETE: &str = "/cgi-bin/material/del_material";
const COUNT: &str = "/cgi-bin/material/get_materialcount";

/// A file that the platform keeps.
#[derive(Clone, Debug, Deserialize)]
pub struct Material {
    pub media_id: String,
    /// Of pictures alone.
    #[serde(default, deserialize_with = "client::nullable")]
    pub url: String,
}

/// What an id stands for.
#[derive(Clone, Debug)]
pub enum MaterialContent {
    File(Vec<u8>),
    /// To be fetched from the address.
    Video {
        title: String,
        description: String,
        url: String,
    },
    News(Vec<NewsItem>),
}

/// What a list says of a file.
#[derive(Clone, Debug, Deserialize)]
pub struct MaterialEntry {
    pub media_id: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub name: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub url: String,
    #[serde(default, deserialize_with = "field::time")]
    pub update_time: Option<DateTime<Utc>>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct MaterialCount {
    #[serde(rename = "image_count", deserialize_with = "client::int")]
    pub images: i64,
    #[serde(rename = "voice_count", deserialize_with = "client::int")]
    pub voices: i64,
    #[serde(rename = "video_count", deserialize_with = "client::int")]
    pub videos: i64,
    #[serde(rename = "news_count", deserialize_with = "client::int")]
    pub news: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Described {
    News {
        news_item: Vec<NewsItem>,
    },
    Video {
        #[serde(default, deserialize_with = "client::nullable")]
        title: String,
        #[serde(default, deserialize_with = "client::nullable")]
        description: String,
        down_url: String,
    },
}

impl Official<'_> {
    /// Uploads a picture, as covers need one; its bytes say what it is.
    ///
    /// # Errors
    /// 45001: too large; 40137: no picture; 48001; the network.
    pub async fn add_image_material(&self, bytes: &[u8]) -> Result<Material, Error> {
        self.keep_file(MediaType::Image, bytes, None).await
    }

    /// Uploads a recording or a thumb.
    ///
    /// # Errors
    /// 45001: too large; 40005: not such a file; 48001; the network.
    pub async fn add_material(&self, kind: MediaType, bytes: &[u8]) -> Result<Material, Error> {
        hold(ADD, kind != MediaType::Video, 40004, "type: a video needs a title")?;
        self.keep_file(kind, bytes, None).await
    }

    /// Uploads a video with what is said below it.
    ///
    /// # Errors
    /// 45001: too large; 40005: no MP4; 48001; the network.
    pub async fn add_video_material(
        &self,
        bytes: &[u8],
        title: &str,
        introduction: &str,
    ) -> Result<Material, Error> {
        hold(ADD, !title.trim().is_empty(), 45003, "title is empty")?;
        let description = json!({ "title": title, "introduction": introduction });
        self.keep_file(MediaType::Video, bytes, Some(&description)).await
    }

    async fn keep_file(
        &self,
        kind: MediaType,
        bytes: &[u8],
        description: Option<&Value>,
    ) -> Result<Material, Error> {
        let file = kind.file(ADD, Keep::Always, bytes)?;
        let query = [("type", kind.word())];
        self.inner.upload_file(&self.inner.official, ADD, &query, &file, description).await
    }

    /// # Errors
    /// 40007: there is none; 48001; the network.
    pub async fn get_material(&self, media_id: &str) -> Result<MaterialContent, Error> {
        let body = json!({ "media_id": media_id });
        let bytes = self.inner.post_bytes(&self.inner.official, GET, &body).await?;
        Ok(match serde_json::from_slice(&bytes) {
            Ok(Described::News { news_item }) => MaterialContent::News(news_item),
            Ok(Described::Video { title, description, down_url: url }) => {
                MaterialContent::Video { title, description, url }
            }
            Err(_) => MaterialContent::File(bytes),
        })
    }

    /// Files of a kind, newest first, 1 to 20 at a time.
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn list_material(
        &self,
        kind: MediaType,
        offset: u32,
        count: u32,
    ) -> Result<List<MaterialEntry>, Error> {
        hold(LIST, (1..=20).contains(&count), None, "count: 1 to 20")?;
        let body = json!({ "type": kind.word(), "offset": offset, "count": count });
        self.inner.post(&self.inner.official, LIST, &body).await
    }

    /// # Errors
    /// 40007: there is none; 48001; the network.
    pub async fn delete_material(&self, media_id: &str) -> Result<(), Error> {
        let body = json!({ "media_id": media_id });
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, DELETE, &body).await?;
        Ok(())
    }

    /// # Errors
    /// 48001; the network.
    pub async fn count_material(&self) -> Result<MaterialCount, Error> {
        self.inner.get(&self.inner.official, COUNT).await
    }
}
