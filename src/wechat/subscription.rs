//! The subscription templates of an account: `/wxaapi/newtmpl/{gettemplate,addtemplate,
//! deltemplate,getcategory,getpubtemplatetitles,getpubtemplatekeywords}`, the same for
//! the mini-program and the public account. 200011: the account is banned. (api.md §4)

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;

use super::account::Account;
use super::client;
use super::field::hold;
use super::{Error, Inner, Mini, Official};

const GET: &str = "/wxaapi/newtmpl/gettemplate";
const ADD: &str = "/wxaapi/newtmpl/addtemplate";
const DELETE: &str = "/wxaapi/newtmpl/deltemplate";
const CATEGORIES: &str = "/wxaapi/newtmpl/getcategory";
const TITLES: &str = "/wxaapi/newtmpl/getpubtemplatetitles";
const KEYWORDS: &str = "/wxaapi/newtmpl/getpubtemplatekeywords";

/// A template that the account has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscribeTemplate {
    #[serde(rename = "priTmplId")]
    pub id: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub title: String,
    /// With its keys, as in `{{thing1.DATA}}`.
    #[serde(default, deserialize_with = "client::nullable")]
    pub content: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub example: String,
    /// 2: a consent is good for one message; 3: for all to come.
    #[serde(default, rename = "type", deserialize_with = "client::int")]
    pub kind: i64,
    /// What keys of the kind `enum` may say.
    #[serde(default, rename = "keywordEnumValueList", deserialize_with = "client::nullable")]
    pub choices: Vec<KeywordChoices>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeywordChoices {
    #[serde(rename = "keywordCode")]
    pub key: String,
    #[serde(default, rename = "enumValueList", deserialize_with = "client::nullable")]
    pub values: Vec<String>,
}

/// What the account is registered for; templates of the library belong to one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Category {
    #[serde(deserialize_with = "client::int")]
    pub id: i64,
    pub name: String,
}

/// A template of the platform's library.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LibraryTemplate {
    #[serde(rename = "tid", deserialize_with = "client::id")]
    pub number: String,
    pub title: String,
    /// As in [`SubscribeTemplate`].
    #[serde(default, rename = "type", deserialize_with = "client::int")]
    pub kind: i64,
    #[serde(default, deserialize_with = "client::int")]
    pub category_id: i64,
}

/// A keyword that a template of the library offers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LibraryKeyword {
    #[serde(rename = "kid", deserialize_with = "client::int")]
    pub id: i64,
    pub name: String,
    #[serde(default, deserialize_with = "client::nullable")]
    pub example: String,
    /// The kind of its key, as in `thing`.
    #[serde(default, deserialize_with = "client::nullable")]
    pub rule: String,
}

#[derive(Deserialize)]
struct Data<T> {
    #[serde(default = "Vec::new", deserialize_with = "client::nullable")]
    #[serde(bound(deserialize = "T: Deserialize<'de>"))]
    data: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Added {
    pri_tmpl_id: String,
}

/// The template calls, for the account that they are made for.
pub struct Templates<'a> {
    inner: &'a Inner,
    account: &'a Account,
}

impl<'a> Mini<'a> {
    /// The mini-program's subscription templates.
    pub fn templates(&self) -> Templates<'a> {
        Templates { inner: self.inner, account: &self.inner.mini }
    }
}

impl<'a> Official<'a> {
    /// The public account's subscription templates.
    pub fn templates(&self) -> Templates<'a> {
        Templates { inner: self.inner, account: &self.inner.official }
    }
}

impl Templates<'_> {
    /// What the account has.
    ///
    /// # Errors
    /// The account; the network.
    pub async fn list(&self) -> Result<Vec<SubscribeTemplate>, Error> {
        self.data(GET, &[]).await
    }

    /// Takes a template out of the library, with 1 to 5 of its keywords in the order in
    /// which they are to be shown; returns its id. `purpose` is for the platform's review.
    ///
    /// # Errors
    /// 45026: no room for more; the account; the network.
    pub async fn add(
        &self,
        number: &str,
        keywords: &[i64],
        purpose: &str,
    ) -> Result<String, Error> {
        hold(ADD, (1..=5).contains(&keywords.len()), None, "kidList: 1 to 5")?;
        let body = json!({ "tid": number, "kidList": keywords, "sceneDesc": purpose });
        let added: Added = self.inner.post(self.account, ADD, &body).await?;
        Ok(added.pri_tmpl_id)
    }

    /// # Errors
    /// 40037: no such template; the account; the network.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        let body = json!({ "priTmplId": id });
        let _answer: IgnoredAny = self.inner.post(self.account, DELETE, &body).await?;
        Ok(())
    }

    /// # Errors
    /// The account; the network.
    pub async fn categories(&self) -> Result<Vec<Category>, Error> {
        self.data(CATEGORIES, &[]).await
    }

    /// Templates of the library, of these categories, 1 to 30 at a time.
    ///
    /// # Errors
    /// The account; the network.
    pub async fn library(
        &self,
        categories: &[i64],
        offset: u32,
        count: u32,
    ) -> Result<Vec<LibraryTemplate>, Error> {
        hold(TITLES, (1..=30).contains(&count), None, "limit: 1 to 30")?;
        let ids: Vec<String> = categories.iter().map(ToString::to_string).collect();
        let (ids, start, limit) = (ids.join(","), offset.to_string(), count.to_string());
        self.data(TITLES, &[("ids", &ids), ("start", &start), ("limit", &limit)]).await
    }

    /// # Errors
    /// The account; the network.
    pub async fn keywords(&self, number: &str) -> Result<Vec<LibraryKeyword>, Error> {
        self.data(KEYWORDS, &[("tid", number)]).await
    }

    async fn data<T: DeserializeOwned>(
        &self,
        endpoint: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Error> {
        let answer: Data<T> = self.inner.get_query(self.account, endpoint, query).await?;
        Ok(answer.data)
    }
}
