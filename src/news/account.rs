//! What the news room asks of the account on the platform, in its own words.
//!
//! A draft and the article that comes of it are known by their link (阅读原文): it names
//! the article and the publication, and shows residents our page of the article.

use entity::ids::{ArticleId, PublicationId};

use crate::app::App;
use crate::wechat;
use crate::wechat::Class;
use crate::wechat::official::DraftArticle;

/// The platform gives lists in pages of 20, the newest first; what we look for is new.
const PAGE: u32 = 20;
const PAGES: u32 = 10;

/// A message on the account, with the articles in it that nobody deleted.
pub(super) struct Found {
    pub article_id: String,
    /// Their links and addresses.
    items: Vec<(String, String)>,
}

impl Found {
    /// Where this article stands in it, if it does; an address may be missing.
    pub(super) fn place_of(&self, app: &App, article: ArticleId) -> Option<Option<&str>> {
        let wanted = any_link(app, article);
        let item = self.items.iter().find(|(link, _)| link.starts_with(&wanted))?;
        Some(Some(item.1.as_str()).filter(|url| !url.is_empty()))
    }
}

/// A draft to be made.
pub(super) struct NewDraft {
    pub title: String,
    pub author: String,
    pub digest: String,
    pub html: String,
    pub link: String,
    /// Media id of the cover.
    pub thumb: String,
}

/// Everything that names this article, whichever publication it was.
fn any_link(app: &App, article: ArticleId) -> String {
    format!("{}/m/?p={article}-", app.config.server.public_url)
}

/// The link of one publication. The page is behind the `#`; the query is for us, and
/// stays even where a `#` is cut off.
pub(super) fn link(app: &App, article: ArticleId, publication: PublicationId) -> String {
    format!("{}{publication}#/news/{article}", any_link(app, article))
}

/// The link of a draft that is only looked at: no publication has the number 0.
pub(super) fn preview_link(app: &App, article: ArticleId, version: i32) -> String {
    format!("{}0-{version}#/news/{article}", any_link(app, article))
}

/// The same for an issue of several, which is known by what it is made of.
pub(super) fn preview_link_of_issue(app: &App, article: ArticleId, mark: &str) -> String {
    format!("{}0-{mark}#/news/{article}", any_link(app, article))
}

/// Lists come with HTML escapes in addresses.
fn plain(link: &str) -> String {
    link.replace("&amp;", "&")
}

/// The draft with this link.
pub(super) async fn draft(app: &App, link: &str) -> Result<Option<String>, wechat::Error> {
    let wanted = link.split('#').next().unwrap_or(link);
    for page in 0..PAGES {
        let list = app.wechat.official().list_drafts(page * PAGE, PAGE).await?;
        let given = list.items.len();
        for draft in list.items {
            let ours = |item: &wechat::official::NewsItem| {
                plain(&item.content_source_url).split('#').next() == Some(wanted)
            };
            if draft.articles.iter().any(ours) {
                return Ok(Some(draft.media_id));
            }
        }
        if given < PAGE as usize {
            break;
        }
    }
    Ok(None)
}

/// This article on the account, by whichever publication.
pub(super) async fn published(
    app: &App,
    article: ArticleId,
) -> Result<Option<Found>, wechat::Error> {
    for page in 0..PAGES {
        let list = app.wechat.official().list_published(page * PAGE, PAGE).await?;
        let given = list.items.len();
        for published in list.items {
            let there = published.articles.iter().filter(|item| !item.is_deleted);
            let items =
                there.map(|item| (plain(&item.content_source_url), plain(&item.url))).collect();
            let found = Found { article_id: published.article_id, items };
            if found.place_of(app, article).is_some() {
                return Ok(Some(found));
            }
        }
        if given < PAGE as usize {
            break;
        }
    }
    Ok(None)
}

pub(super) async fn add_draft(app: &App, drafts: &[NewDraft]) -> Result<String, wechat::Error> {
    let articles: Vec<DraftArticle> = drafts
        .iter()
        .map(|draft| DraftArticle {
            title: draft.title.clone(),
            author: draft.author.clone(),
            digest: draft.digest.clone(),
            content: draft.html.clone(),
            content_source_url: draft.link.clone(),
            thumb_media_id: draft.thumb.clone(),
        })
        .collect();
    app.wechat.official().add_draft(&articles).await
}

/// Tidies up a second draft; if that fails, a draft more lies in the box.
pub(super) async fn forget_draft(app: &App, media_id: &str) {
    if let Err(error) = app.wechat.official().delete_draft(media_id).await {
        tracing::warn!(%error, "a second draft stays in the box");
    }
}

/// It may work later, without anybody doing anything.
pub(super) fn may_pass(error: &wechat::Error) -> bool {
    matches!(error.class(), Class::Token | Class::BackOff | Class::NotSent | Class::MaybeSent)
}

/// The call may have had its effect.
pub(super) fn may_have_arrived(error: &wechat::Error) -> bool {
    error.class() == Class::MaybeSent
}

/// For the editor: what to do, and the number that WeChat's support asks for.
pub(super) fn words(error: &wechat::Error) -> String {
    match error.errcode {
        Some(code) => format!("{}（微信错误码 {code}）", error.advice()),
        None => error.advice().to_owned(),
    }
}
