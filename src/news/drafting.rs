//! Pictures, cover and text become a draft on the platform.
//!
//! What the platform answers about a picture is kept with the picture: each is uploaded
//! once, whichever article or attempt needs it.

use std::collections::HashMap;
use std::fmt::Write;

use entity::ids::{PictureId, StaffId};

use super::content::{BYLINE_CHARS, Content, HTML_CHARS};
use super::publication::Stop;
use super::{Standing, account, gate, markup, stage_text, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff;

/// A passed content, and the link by which its draft is known.
pub(super) struct Part<'a> {
    pub standing: &'a Standing,
    pub link: String,
}

/// Makes one draft of passed contents, in their order; gives its media id.
pub(super) async fn add(app: &App, parts: &[Part<'_>]) -> Result<String, Stop> {
    let mut drafts = Vec::with_capacity(parts.len());
    for part in parts {
        drafts.push(prepared(app, part, parts.len() > 1).await?);
    }
    match account::add_draft(app, &drafts).await {
        // Somebody deleted a cover from the account's material: once more with new ones.
        Err(error) if error.is(40007) => {
            for (part, draft) in parts.iter().zip(&mut drafts) {
                let cover = cover(&part.standing.content)?;
                let tx = app.db.begin().await?;
                store::remember_material(&tx, cover, None).await?;
                tx.commit().await.map_err(Error::from)?;
                draft.thumb = upload_cover(app, cover).await?;
            }
            Ok(account::add_draft(app, &drafts).await?)
        }
        other => Ok(other?),
    }
}

fn cover(content: &Content) -> Result<PictureId, Stop> {
    content.cover.ok_or_else(|| Stop::Refused("还没有封面图。".to_owned()))
}

/// Everything of one article is brought to the platform but the draft itself.
async fn prepared(app: &App, part: &Part<'_>, of_several: bool) -> Result<account::NewDraft, Stop> {
    let content = &part.standing.content;
    let addresses = upload_pictures(app, content).await?;
    let html = finished_html(app, part.standing, &addresses).await?;
    if html.chars().count() >= HTML_CHARS {
        let which = if of_several { format!("《{}》", content.title) } else { String::new() };
        let words = format!("{which}正文排版后太长，微信不收，请删减或分成两篇。");
        return Err(Stop::Refused(words));
    }
    let author = if content.byline.is_empty() {
        app.config.centre.account_name.chars().take(BYLINE_CHARS).collect()
    } else {
        content.byline.clone()
    };
    Ok(account::NewDraft {
        title: content.title.clone(),
        author,
        digest: content.digest.clone(),
        html,
        link: part.link.clone(),
        thumb: upload_cover(app, cover(content)?).await?,
    })
}

/// Uploads the pictures of the text that the platform does not have; gives all addresses.
async fn upload_pictures(app: &App, content: &Content) -> Result<HashMap<PictureId, String>, Stop> {
    let ids = markup::pictures(&content.body);
    let lines = store::pictures(app.db.read(), &ids).await?;
    let mut addresses: HashMap<PictureId, String> = HashMap::new();
    for id in ids {
        if addresses.contains_key(&id) {
            continue;
        }
        if let Some(url) = lines.get(&id).and_then(|line| line.wechat_url.clone()) {
            addresses.insert(id, url);
            continue;
        }
        let picture = picture(app, id).await?;
        let official = app.wechat.official();
        let url = official.upload_article_image(picture.bytes, &picture.mime).await?;
        let tx = app.db.begin().await?;
        store::remember_url(&tx, id, &url).await?;
        tx.commit().await.map_err(Error::from)?;
        addresses.insert(id, url);
    }
    Ok(addresses)
}

/// The cover as permanent material.
async fn upload_cover(app: &App, id: PictureId) -> Result<String, Stop> {
    let lines = store::pictures(app.db.read(), &[id]).await?;
    if let Some(media_id) = lines.get(&id).and_then(|line| line.wechat_media_id.clone()) {
        return Ok(media_id);
    }
    let picture = picture(app, id).await?;
    let official = app.wechat.official();
    let material = official.add_image_material(&picture.bytes).await?;
    let tx = app.db.begin().await?;
    store::remember_material(&tx, id, Some(&material.media_id)).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(material.media_id)
}

async fn picture(app: &App, id: PictureId) -> Result<entity::picture::Model, Stop> {
    store::picture(app.db.read(), id)
        .await?
        .ok_or_else(|| Stop::Refused(format!("找不到图片 {id}，请重新上传。")))
}

/// The text as it stands on the account, with the house's lines at its end.
pub(super) async fn finished_html(
    app: &App,
    standing: &Standing,
    addresses: &HashMap<PictureId, String>,
) -> Result<String> {
    let content = &standing.content;
    let mut html = markup::html(&content.body, |id| addresses.get(&id).cloned());
    let people: Vec<StaffId> = standing.chain.holds.iter().map(|pass| pass.reviewer).collect();
    let names = staff::names(app.db.read(), &people).await?;
    html.push_str("\n<hr>");
    for (label, value) in [("来源", &content.origin), ("作者", &content.byline)] {
        if !value.is_empty() {
            // Writing to a String cannot fail.
            let _written = write!(html, "\n<p>{label}：{}</p>", markup::text(value));
        }
    }
    let readers: Vec<String> = standing
        .chain
        .holds
        .iter()
        .map(|gate::Pass { stage, reviewer, .. }| {
            let name = names.get(reviewer).map(String::as_str).unwrap_or_default();
            format!("{}（{}）", markup::text(name), stage_text(*stage))
        })
        .collect();
    let _written = write!(html, "\n<p>审核：{}</p>", readers.join("、"));
    Ok(html)
}
