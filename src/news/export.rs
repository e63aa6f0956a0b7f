//! A finished article as one file that a person pastes into the platform's own page, where
//! the account may not publish by itself. Only what three people passed is given out.

use std::collections::HashMap;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use entity::ids::{ArticleId, PictureId};

use super::{
    asked, drafting, markup, no_article, not_approved, object, refused, remarks, standing, store,
};
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

/// How the house sets an article; the platform's editor keeps styles of elements only.
const STYLES: [(&str, &str); 6] = [
    ("<p>", "<p style=\"font-size:17px;line-height:1.75;margin:0 0 1em\">"),
    ("<h1>", "<h1 style=\"font-size:18px;font-weight:bold;margin:1.4em 0 .6em\">"),
    ("<h2>", "<h2 style=\"font-size:18px;font-weight:bold;margin:1.4em 0 .6em\">"),
    ("<small>", "<small style=\"display:block;text-align:center;font-size:14px;color:#606060\">"),
    ("<table>", "<table style=\"border-collapse:collapse;width:100%\">"),
    ("<td>", "<td style=\"border:1px solid #d8dedb;padding:.3em .5em\">"),
];

/// The file's name and the file.
pub(super) struct Exported {
    pub name: String,
    pub html: String,
}

/// # Errors
/// Not passed by three people, or a remark is open: `Conflict`.
pub(super) async fn export(app: &App, who: &Colleague, id: ArticleId) -> Result<Exported> {
    refused::noted(app, Some(who), id, "export", made(app, who, id).await).await
}

async fn made(app: &App, who: &Colleague, id: ArticleId) -> Result<Exported> {
    let article = store::article(app.db.read(), id).await?.ok_or_else(no_article)?;
    let standing = standing(app.db.read(), &article).await?;
    if !standing.chain.complete() {
        return Err(not_approved());
    }
    remarks::refuse_open(standing.open_remarks)?;
    asked::refuse(&standing.asked, app.clock.now(), true)?;
    // The allow-list knows no data addresses: the pictures are put in after it.
    let places: HashMap<PictureId, String> =
        standing.content.pictures().into_iter().map(|id| (id, format!("/picture-{id}"))).collect();
    let mut body = drafting::finished_html(app, &standing, &places).await?;
    for (plain, styled) in STYLES {
        body = body.replace(plain, styled);
    }
    let cover = standing.content.cover;
    for (picture, place) in &places {
        let row = store::picture(app.db.read(), *picture).await?.ok_or_else(lost)?;
        let data = format!("data:{};base64,{}", row.mime, STANDARD.encode(&row.bytes));
        body = body
            .replace(&format!("src=\"{place}\""), &format!("style=\"width:100%\" src=\"{data}\""));
        if cover == Some(*picture) {
            // Writing to a String cannot fail.
            let _written = write!(
                body,
                "\n<p>封面图（另存后上传作封面）：</p><img style=\"width:100%\" src=\"{data}\">"
            );
        }
    }
    let title = markup::text(&standing.content.title);
    let digest = markup::text(&standing.content.digest);
    let html = format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body style=\"max-width:677px;margin:2em auto;font-family:sans-serif\">\n\
         <p>标题：{title}</p>\n<p>摘要：{digest}</p>\n<hr>\n{body}\n</body></html>\n"
    );
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let detail = format!("version {} {}", article.version, standing.hash);
    staff::record(&tx, Some(who.id), "news.export", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(Exported { name: format!("{}.html", standing.content.title), html })
}

fn lost() -> Error {
    Error::conflict("no_picture", "有一张图片找不到了，请重新上传。")
}
