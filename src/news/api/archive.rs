//! `/news`: what was published, for people without WeChat and for machines. Plain pages
//! that need no script and no sign-in, in large type; and an Atom feed (RFC 4287).
//!
//! They show what `GET /api/news` tells, and nothing else.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use poem::http::{StatusCode, header};
use poem::web::{Data, Path, Query};
use poem::{Response, Route, get, handler};
use serde::Deserialize;

use entity::ids::ArticleId;

use crate::app::App;
use crate::clock;
use crate::error::{Kind, Result};
use crate::news::markup::{self, text};
use crate::news::public_address;
use crate::news::store::{self, NewsLine};
use crate::wire::problem::WrittenForPeople;

/// Articles on a page of the list, and in the feed.
const ON_A_PAGE: u64 = 20;
/// Beyond it nobody leafs.
const LAST_PAGE: u64 = 10_000;

const STYLE: &str = include_str!("archive.css");

/// The pages of the archive.
pub fn pages() -> Route {
    Route::new()
        .at("/", get(list))
        .at("/feed.atom", get(feed))
        .at("/style.css", get(style))
        .at("/:id", get(one))
        .at("/:id/*rest", get(unknown))
}

#[derive(Deserialize)]
struct Leaf {
    page: Option<u64>,
}

#[handler]
fn style() -> Response {
    Response::builder()
        .content_type("text/css; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(STYLE)
}

#[handler]
async fn list(app: Data<&App>, leaf: poem::Result<Query<Leaf>>) -> Response {
    // A page that is no number is the first.
    let page = leaf.ok().and_then(|leaf| leaf.0.page).unwrap_or(1).clamp(1, LAST_PAGE);
    shown(&app, listed(&app, page).await)
}

async fn listed(app: &App, page: u64) -> Result<Response> {
    let from = (page - 1) * ON_A_PAGE;
    let (lines, total) = store::on_the_account(app.db.read(), from, ON_A_PAGE).await?;
    let mut body = String::from("<h1>新闻</h1>\n");
    if lines.is_empty() {
        body.push_str("<p>这里还没有文章。</p>\n");
    }
    body.push_str("<ol class=\"list\">\n");
    for line in &lines {
        // Writing to a String cannot fail.
        let _written = writeln!(
            body,
            "<li><a href=\"/news/{}\">{}</a>{}{}</li>",
            line.id,
            text(&line.title),
            time(line.published_at),
            if line.digest.is_empty() {
                String::new()
            } else {
                format!("<p>{}</p>", text(&line.digest))
            },
        );
    }
    body.push_str("</ol>\n<nav aria-label=\"翻页\">");
    if page > 1 {
        let _written = write!(body, "<a rel=\"prev\" href=\"/news?page={}\">上一页</a>", page - 1);
    }
    if from + ON_A_PAGE < total {
        let _written = write!(body, "<a rel=\"next\" href=\"/news?page={}\">下一页</a>", page + 1);
    }
    body.push_str("</nav>\n");
    Ok(html(app, "新闻", &body))
}

#[handler]
async fn one(app: Data<&App>, id: Path<String>) -> Response {
    shown(&app, found(&app, &id.0).await)
}

async fn found(app: &App, id: &str) -> Result<Response> {
    let id = id.parse().map_err(|_| crate::news::no_article())?;
    article(app, ArticleId(id)).await
}

async fn article(app: &App, id: ArticleId) -> Result<Response> {
    let found = store::published_article_of(app.db.read(), id).await?;
    let (line, article) = found.ok_or_else(crate::news::no_article)?;
    let mut by: Vec<String> = Vec::new();
    for (name, value) in [("来源", &article.origin), ("作者", &article.byline)] {
        if !value.is_empty() {
            by.push(format!("{name}：{}", text(value)));
        }
    }
    let inside = markup::html(&article.body, |id| Some(public_address(id)));
    let body = format!(
        "<article>\n<h1>{}</h1>\n<p class=\"by\">{}　{}</p>\n{inside}\n</article>\n\
         <nav aria-label=\"更多\"><a href=\"/news\">看别的新闻</a></nav>\n",
        text(&article.title),
        time(line.published_at),
        by.join("　"),
    );
    Ok(html(app, &article.title, &body))
}

#[handler]
async fn feed(app: Data<&App>) -> Response {
    shown(&app, atom(&app).await)
}

async fn atom(app: &App) -> Result<Response> {
    let (lines, _) = store::on_the_account(app.db.read(), 0, ON_A_PAGE).await?;
    let base = &app.config.server.public_url;
    let newest = lines.first().map_or(DateTime::UNIX_EPOCH, |line| line.published_at);
    let account = text(&app.config.centre.account_name);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\n\
         <title>{account}</title>\n<id>{base}/news</id>\n<updated>{}</updated>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{base}/news/feed.atom\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{base}/news\"/>\n\
         <author><name>{}</name></author>\n",
        stamp(newest),
        text(&app.config.centre.name),
    );
    for line in &lines {
        out.push_str(&entry(base, line));
    }
    out.push_str("</feed>\n");
    Ok(Response::builder()
        .content_type("application/atom+xml; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(out))
}

fn entry(base: &str, line: &NewsLine) -> String {
    let address = format!("{base}/news/{}", line.id);
    let at = stamp(line.published_at);
    let by = if line.byline.is_empty() {
        String::new()
    } else {
        format!("<author><name>{}</name></author>", text(&line.byline))
    };
    format!(
        "<entry><title>{}</title><id>{address}</id><link href=\"{address}\"/>\
         <published>{at}</published><updated>{at}</updated>{by}<summary>{}</summary></entry>\n",
        text(&line.title),
        text(&line.digest),
    )
}

fn stamp(at: DateTime<Utc>) -> String {
    clock::local(at).to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn time(at: DateTime<Utc>) -> String {
    let day = clock::local_date(at);
    format!("<time datetime=\"{day}\">{}</time>", clock::spoken_day(day))
}

fn html(app: &App, title: &str, body: &str) -> Response {
    let (account, phone) = (text(&app.config.centre.account_name), text(&app.config.centre.phone));
    let call = if phone.is_empty() {
        String::new()
    } else {
        format!("<p>有事请打电话：{phone}</p>\n")
    };
    let page = format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{} · {account}</title>\n<link rel=\"stylesheet\" href=\"/news/style.css\">\n\
         <link rel=\"alternate\" type=\"application/atom+xml\" title=\"{account}\" href=\"/news/feed.atom\">\n\
         </head>\n<body>\n<header><a href=\"/news\">{account}</a></header>\n<main>\n{body}</main>\n\
         <footer>{call}</footer>\n</body>\n</html>\n",
        text(title),
    );
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .body(page)
}

/// Whoever follows an old link reads a page, not an error for machines.
fn shown(app: &App, made: Result<Response>) -> Response {
    let (status, title, words) = match made {
        Ok(response) => return response,
        Err(error) if error.kind == Kind::NotFound => {
            (StatusCode::NOT_FOUND, "没有这一页", "这篇文章不在这里：可能已经撤下，或者地址不对。")
        }
        Err(error) => {
            tracing::error!(cause = %error.chain(), "the archive cannot be shown");
            (StatusCode::SERVICE_UNAVAILABLE, "暂时打不开", "网页暂时打不开，请过几分钟再试。")
        }
    };
    let body = format!(
        "<h1>{title}</h1>\n<p>{words}</p>\n\
         <nav aria-label=\"更多\"><a href=\"/news\">看别的新闻</a></nav>\n"
    );
    let mut page = html(app, title, &body);
    page.set_status(status);
    page.set_data(WrittenForPeople);
    page
}

#[handler]
fn unknown(app: Data<&App>) -> Response {
    shown(&app, Err(crate::news::no_article()))
}
