//! Drafts: `POST /cgi-bin/draft/{add,get,update,batchget,delete}`, `GET
//! /cgi-bin/draft/count`. Verified accounts only (48001). A draft vanishes once it is
//! published or sent. (api.md §7)

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Official;
use crate::wechat::field::{self, chars, hold};
use crate::wechat::{Error, client};

const ADD: &str = "/cgi-bin/draft/add";
const GET: &str = "/cgi-bin/draft/get";
const UPDATE: &str = "/cgi-bin/draft/update";
const BATCHGET: &str = "/cgi-bin/draft/batchget";
const COUNT: &str = "/cgi-bin/draft/count";
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
    fn check(&self, endpoint: &'static str) -> Result<(), Error> {
        check_title(endpoint, &self.title)?;
        hold(endpoint, chars(&self.author) <= 16, 45110, "author")?;
        hold(endpoint, chars(&self.digest) <= 128, 45004, "digest")?;
        check_content(endpoint, &self.content)?;
        let source = self.content_source_url.len() <= 1024;
        hold(endpoint, source, None, "content_source_url is over 1 KB")?;
        hold(endpoint, !self.thumb_media_id.is_empty(), 40007, "thumb_media_id")
    }
}

/// A message of pictures with a text below (`newspic`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PictureArticle {
    /// At most 32 characters.
    pub title: String,
    /// Plain text.
    pub content: String,
    /// 1 to 20 permanent pictures; the first is the cover.
    pub images: Vec<String>,
}

impl PictureArticle {
    fn check(&self) -> Result<(), Error> {
        check_title(ADD, &self.title)?;
        check_content(ADD, &self.content)?;
        let images = (1..=20).contains(&self.images.len());
        hold(ADD, images, 40007, "image_info: 1 to 20 permanent pictures")
    }

    fn body(&self) -> Value {
        let images: Vec<Value> =
            self.images.iter().map(|id| json!({ "image_media_id": id })).collect();
        json!({
            "article_type": "newspic",
            "title": self.title,
            "content": self.content,
            "image_info": { "image_list": images },
        })
    }
}

fn check_title(endpoint: &'static str, title: &str) -> Result<(), Error> {
    let fits = !title.trim().is_empty() && chars(title) <= 32;
    hold(endpoint, fits, 45003, "title")
}

fn check_content(endpoint: &'static str, content: &str) -> Result<(), Error> {
    let fits = !content.is_empty() && chars(content) < 20_000 && content.len() < 1024 * 1024;
    hold(endpoint, fits, 45002, "content")
}

/// Lists come in pages of 1 to 20.
pub(super) fn check_count(endpoint: &'static str, count: u32) -> Result<(), Error> {
    hold(endpoint, (1..=20).contains(&count), None, "count: 1 to 20")
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
    #[serde(default, deserialize_with = "field::truth")]
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
struct Count {
    #[serde(deserialize_with = "client::int")]
    total_count: i64,
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
        hold(ADD, (1..=8).contains(&articles.len()), 44003, "1 to 8 articles")?;
        articles.iter().try_for_each(|article| article.check(ADD))?;
        self.make_draft(&json!({ "articles": articles })).await
    }

    /// As [`Self::add_draft`], of pictures with a text.
    ///
    /// # Errors
    /// As [`Self::add_draft`].
    pub async fn add_picture_draft(&self, article: &PictureArticle) -> Result<String, Error> {
        article.check()?;
        self.make_draft(&json!({ "articles": [article.body()] })).await
    }

    async fn make_draft(&self, body: &Value) -> Result<String, Error> {
        let added: Added = self.inner.post(&self.inner.official, ADD, body).await?;
        Ok(added.media_id)
    }

    /// Puts another article in the place of one, counted from 0.
    ///
    /// # Errors
    /// 40007: no such draft; what is too long or missing; 48001; the network.
    pub async fn update_draft(
        &self,
        media_id: &str,
        index: u32,
        article: &DraftArticle,
    ) -> Result<(), Error> {
        article.check(UPDATE)?;
        // One object here, no list.
        let body = json!({ "media_id": media_id, "index": index, "articles": article });
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, UPDATE, &body).await?;
        Ok(())
    }

    /// How many drafts there are.
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn count_drafts(&self) -> Result<i64, Error> {
        let count: Count = self.inner.get(&self.inner.official, COUNT).await?;
        Ok(count.total_count)
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
        check_count(BATCHGET, count)?;
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
        assert!(good().check(ADD).is_ok());
        let code = |change: fn(&mut DraftArticle)| {
            let mut article = good();
            change(&mut article);
            article.check(ADD).expect_err("too long").errcode
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
