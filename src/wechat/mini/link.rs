//! Links into the mini-program from outside of WeChat: `POST /wxa/generate_urllink` (an
//! address for a text message) and `POST /wxa/generatescheme` (for a button of a page).
//!
//! Released pages of a non-personal mini-program only (85079). 30 days at most (85400);
//! 500,000 of both a day, opened 3,000,000 times. (api.md §3)

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Mini;
use crate::wechat::Error;
use crate::wechat::field::hold;

const URL_LINK: &str = "/wxa/generate_urllink";
const SCHEME: &str = "/wxa/generatescheme";

const LONGEST_DAYS: u32 = 30;

/// Which version opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MiniVersion {
    Release,
    Trial,
    Develop,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiniLink {
    /// A page as in `pages/web/index`; none: the first page.
    pub path: Option<String>,
    /// What follows its `?`: up to 1,024 of digits, letters and
    /// ``!#$&'()*+,/:;=?@-._~%``.
    pub query: Option<String>,
    pub version: MiniVersion,
    pub life: LinkLife,
}

/// How long a link is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkLife {
    /// Within 30 days.
    Until(DateTime<Utc>),
    /// 1 to 30.
    Days(u32),
}

#[derive(Deserialize)]
struct UrlLink {
    url_link: String,
}

#[derive(Deserialize)]
struct Scheme {
    openlink: String,
}

impl MiniLink {
    fn check(&self, endpoint: &'static str, now: DateTime<Utc>) -> Result<(), Error> {
        let path = self.path.as_ref().is_none_or(|path| !path.contains(['?', '#']));
        hold(endpoint, path, 40165, "path: without a query")?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$&'()*+,/:;=?@-._~%".contains(c);
        let query =
            self.query.as_ref().is_none_or(|text| text.len() <= 1024 && text.chars().all(fits));
        hold(endpoint, query, 40212, "query: up to 1024 characters, URL-encoded")?;
        let life = match self.life {
            LinkLife::Days(days) => (1..=LONGEST_DAYS).contains(&days),
            LinkLife::Until(end) => {
                now < end && end <= now + TimeDelta::days(i64::from(LONGEST_DAYS))
            }
        };
        hold(endpoint, life, 85400, "expire_time: within 30 days")
    }

    fn target(&self) -> Map<String, Value> {
        let mut target = Map::new();
        if let Some(path) = &self.path {
            target.insert("path".to_owned(), json!(path));
        }
        if let Some(query) = &self.query {
            target.insert("query".to_owned(), json!(query));
        }
        target.insert("env_version".to_owned(), json!(self.version));
        target
    }
}

impl LinkLife {
    fn write(self, body: &mut Map<String, Value>) {
        let (kind, name, value) = match self {
            Self::Until(end) => (0, "expire_time", end.timestamp()),
            Self::Days(days) => (1, "expire_interval", i64::from(days)),
        };
        body.insert("expire_type".to_owned(), json!(kind));
        body.insert(name.to_owned(), json!(value));
    }
}

impl Mini<'_> {
    /// An `https` address that opens WeChat.
    ///
    /// # Errors
    /// 40165, 40212, 85400: what is wrong with it; 85079: not released; the network.
    pub async fn url_link(&self, link: &MiniLink) -> Result<String, Error> {
        link.check(URL_LINK, self.inner.clock.now())?;
        let mut body = link.target();
        link.life.write(&mut body);
        let made: UrlLink =
            self.inner.post(&self.inner.mini, URL_LINK, &Value::Object(body)).await?;
        Ok(made.url_link)
    }

    /// A `weixin:` address, for pages outside of WeChat.
    ///
    /// # Errors
    /// As [`Self::url_link`].
    pub async fn scheme(&self, link: &MiniLink) -> Result<String, Error> {
        link.check(SCHEME, self.inner.clock.now())?;
        let mut body = Map::new();
        body.insert("jump_wxa".to_owned(), Value::Object(link.target()));
        body.insert("is_expire".to_owned(), json!(true));
        link.life.write(&mut body);
        let made: Scheme = self.inner.post(&self.inner.mini, SCHEME, &Value::Object(body)).await?;
        Ok(made.openlink)
    }
}
