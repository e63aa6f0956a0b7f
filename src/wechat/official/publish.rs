//! Publishing: `POST /cgi-bin/freepublish/{submit,get,batchget,getarticle,delete}`.
//! Verified accounts only (48001). Tells no follower. `submit` answers “accepted”; the
//! end comes as PUBLISHJOBFINISH, or by asking. (api.md §7)

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::draft::{Content, check_count};
use super::{List, NewsItem, Official};
use crate::wechat::field::hold;
use crate::wechat::message::PublishResult;
use crate::wechat::{Class, Error, client};

const SUBMIT: &str = "/cgi-bin/freepublish/submit";
const GET: &str = "/cgi-bin/freepublish/get";
const BATCHGET: &str = "/cgi-bin/freepublish/batchget";
const GETARTICLE: &str = "/cgi-bin/freepublish/getarticle";
const DELETE: &str = "/cgi-bin/freepublish/delete";

/// A publication that the platform has accepted.
#[derive(Clone, Debug, Deserialize)]
pub struct Submitted {
    #[serde(deserialize_with = "client::id")]
    pub publish_id: String,
}

/// A published message with its articles.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "RawPublished")]
pub struct PublishedEntry {
    pub article_id: String,
    pub articles: Vec<NewsItem>,
}

#[derive(Deserialize)]
struct RawPublished {
    article_id: String,
    #[serde(default, deserialize_with = "client::nullable")]
    content: Content,
}

impl From<RawPublished> for PublishedEntry {
    fn from(raw: RawPublished) -> Self {
        Self { article_id: raw.article_id, articles: raw.content.news_item }
    }
}

impl Official<'_> {
    /// Hands a draft over for publication. Not to be repeated blindly after a timeout.
    ///
    /// # Errors
    /// 40007: no such draft; 53503…53505: the draft needs a person; 48001; the network.
    pub async fn submit_publish(&self, media_id: &str) -> Result<Submitted, Error> {
        self.inner.post(&self.inner.official, SUBMIT, &json!({ "media_id": media_id })).await
    }

    /// How far a publication is.
    ///
    /// # Errors
    /// 48001; the network; an answer that cannot be read.
    pub async fn publish_status(&self, publish_id: &str) -> Result<PublishResult, Error> {
        let answer: Value = self
            .inner
            .post(&self.inner.official, GET, &json!({ "publish_id": publish_id }))
            .await?;
        let mut result = PublishResult::read(&answer).map_err(|bad| {
            Error::ours(GET, Class::MaybeSent, format!("the field {} is wrong", bad.0))
        })?;
        result.publish_id = publish_id.to_owned();
        Ok(result)
    }

    /// Published messages, newest first, 1 to 20 at a time.
    ///
    /// # Errors
    /// 48001; the network.
    pub async fn list_published(
        &self,
        offset: u32,
        count: u32,
    ) -> Result<List<PublishedEntry>, Error> {
        check_count(BATCHGET, count)?;
        let body = json!({ "offset": offset, "count": count, "no_content": 1 });
        self.inner.post(&self.inner.official, BATCHGET, &body).await
    }

    /// The articles of a published message.
    ///
    /// # Errors
    /// No such message; 48001; the network.
    pub async fn get_published(&self, article_id: &str) -> Result<Vec<NewsItem>, Error> {
        let body = json!({ "article_id": article_id });
        let content: Content = self.inner.post(&self.inner.official, GETARTICLE, &body).await?;
        Ok(content.news_item)
    }

    /// Deletes a published message for good: one article, counted from 1, or all.
    ///
    /// # Errors
    /// No such message; 48001; the network.
    pub async fn delete_published(
        &self,
        article_id: &str,
        article: Option<u32>,
    ) -> Result<(), Error> {
        hold(DELETE, article != Some(0), None, "index: from 1")?;
        let body = json!({ "article_id": article_id, "index": article.unwrap_or(0) });
        let _answer: IgnoredAny = self.inner.post(&self.inner.official, DELETE, &body).await?;
        Ok(())
    }
}
