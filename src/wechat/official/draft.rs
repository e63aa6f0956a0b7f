//! Drafts: `POST /cgi-bin/draft/{add,get,batchget,delete}`. Verified accounts only
//! (48001). A draft vanishes once it is published.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Official;
use crate::wechat::{Class, Error, client};

const ADD: &str = "/cgi-bin/draft/add";
const GET: &str = "/cgi-bin/draft/get";
const BATCHGET: &str = "/cgi-bin/draft/batchget";
const DELETE: &str = "/cgi-bin/draft/delete";

/// An article of a draft. Lengths are counted in characters.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DraftArticle {
    /// At most 32.
    pub title: String,
    /// At most 16.
    pub author: String,
    /// At most 128.
    pub digest: String,
    /// HTML, under 20,000 and under 1 MB; pictures only from `uploadimg`.
    pub content: String,
    /// 阅读原文, at most 1 KB.
    pub content_source_url: String,
    /// A permanent picture.
    pub thumb_media_id: String,
}

impl DraftArticle {
    fn check(&self) -> Result<(), Error> {
        let refuse = |errcode: i64, what: &str| Err(Error::answered(ADD, errcode, what));
        if self.title.trim().is_empty() || self.title.chars().count() > 32 {
            return refuse(45003, "title");
        }
        if self.author.chars().count() > 16 {
            return refuse(45110, "author");
        }
        if self.digest.chars().count() > 128 {
            return refuse(45004, "digest");
        }
        if self.content.is_empty()
            || self.content.chars().count() >= 20_000
            || self.content.len() >= 1024 * 1024
        {
            return refuse(45002, "content");
        }
        if self.content_source_url.len() > 1024 {
            return Err(Error::ours(ADD, Class::Permanent, "content_source_url is over 1 KB"));
        }
        if self.thumb_media_id.is_empty() {
            return refuse(40007, "thumb_media_id");
        }
        Ok(())
    }
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
pub struct List<T> {
    #[serde(default, rename = "total_count", deserialize_with = "client::int")]
    pub total: i64,
    #[serde(default = "Vec::new", rename = "item")]
    pub items: Vec<T>,
}

/// What a list says of an article.
#[derive(Clone, Debug, Deserialize)]
pub struct NewsItem {
    #[serde(default, deserialize_with = "client::nullable")]
    pub title: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub content_source_url: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub url: String,
    /// A truth, or 0 and 1.
    #[serde(default, deserialize_with = "truth")]
    pub is_deleted: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(from = "RawDraft")]
pub struct DraftEntry {
    pub media_id: String,
    pub articles: Vec<NewsItem>,
}

#[derive(Deserialize)]
struct RawDraft {
    media_id: String,
    #[serde(default, deserialize_with = "client::nullable")]
    content: Content,
}

fn truth<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(client::int(deserializer)? != 0)
}

#[derive(Default, Deserialize)]
pub(super) struct Content {
    #[serde(default, deserialize_with = "client::nullable")]
    pub(super) news_item: Vec<NewsItem>,
}

impl From<RawDraft> for DraftEntry {
    fn from(raw: RawDraft) -> Self {
        Self { media_id: raw.media_id, articles: raw.content.news_item }
    }
}

#[derive(Deserialize)]
struct Added {
    media_id: String,
}

impl Official<'_> {
    /// Makes a draft and returns its media_id. Not to be repeated blindly after a
    /// timeout: look at the list first.
    ///
    /// # Errors
    /// What is too long or missing; 48001; the network.
    pub async fn add_draft(&self, articles: &[DraftArticle]) -> Result<String, Error> {
        if articles.is_empty() || articles.len() > 8 {
            return Err(Error::answered(ADD, 44003, "1 to 8 articles"));
        }
        for article in articles {
            article.check()?;
        }
        let added: Added =
            self.inner.post(&self.inner.official, ADD, &json!({ "articles": articles })).await?;
        Ok(added.media_id)
    }

    /// A draft, or `None` when there is none (any more).
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn get_draft(&self, media_id: &str) -> Result<Option<Value>, Error> {
        match self.inner.post(&self.inner.official, GET, &json!({ "media_id": media_id })).await {
            Ok(draft) => Ok(Some(draft)),
            Err(error) if error.is(40007) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Drafts, newest first, 1 to 20 at a time.
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn list_drafts(&self, offset: u32, count: u32) -> Result<List<DraftEntry>, Error> {
        let body = json!({ "offset": offset, "count": count, "no_content": 1 });
        self.inner.post(&self.inner.official, BATCHGET, &body).await
    }

    /// # Errors
    /// 40007: no such draft; 48001; the network.
    pub async fn delete_draft(&self, media_id: &str) -> Result<(), Error> {
        let _answer: IgnoredAny =
            self.inner.post(&self.inner.official, DELETE, &json!({ "media_id": media_id })).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_count_characters_not_bytes() {
        let good = || DraftArticle {
            title: "书".repeat(32),
            author: "常".repeat(16),
            digest: "阴".repeat(128),
            content: "沙".repeat(19_999),
            content_source_url: "x".repeat(1024),
            thumb_media_id: "m".to_owned(),
        };
        assert!(good().check().is_ok());
        let code = |change: fn(&mut DraftArticle)| {
            let mut article = good();
            change(&mut article);
            article.check().expect_err("too long").errcode
        };
        assert_eq!(code(|article| article.title.push('x')), Some(45003));
        assert_eq!(code(|article| article.title = " ".to_owned()), Some(45003));
        assert_eq!(code(|article| article.author.push('x')), Some(45110));
        assert_eq!(code(|article| article.digest.push('x')), Some(45004));
        assert_eq!(code(|article| article.content.push('x')), Some(45002));
        assert_eq!(code(|article| article.content_source_url.push('x')), None);
        assert_eq!(code(|article| article.thumb_media_id.clear()), Some(40007));
    }

    #[test]
    fn a_list_is_read_in_all_its_spellings() {
        let list: List<DraftEntry> = serde_json::from_value(json!({
            "total_count": "2",
            "item": [
                { "media_id": "a", "content": { "news_item": [{ "title": null, "is_deleted": 0 }] } },
                { "media_id": "b", "content": null },
            ],
        }))
        .expect("a list");
        assert_eq!((list.total, list.items.len()), (2, 2));
        assert!(!list.items[0].articles[0].is_deleted);
    }
}
