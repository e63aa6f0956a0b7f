//! An article that is longer than the platform takes becomes two, which can go in one issue.

use entity::ids::ArticleId;

use super::belongs::Belongs;
use super::content::{Content, TITLE_CHARS};
use super::{begin, hash_for_saving, locked, markup, may_write, object, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

/// A picture takes about so many characters of what the platform counts.
const PICTURE_CHARS: usize = 240;

/// Puts the second half of an article into a new one; gives that.
///
/// # Errors
/// Somebody else saved meanwhile, or it is on its way: `Conflict`. Nothing to part it at:
/// `Invalid`. Neither the author nor an editor: `Forbidden`.
pub async fn split(app: &App, who: &Colleague, id: ArticleId, edited: i32) -> Result<ArticleId> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    may_write(who, &article)?;
    if !store::editable(article.status) {
        return Err(Error::conflict("not_editable", "文章正在发布或已经发布，不能再改了。"));
    }
    let whole = Content::from(&article);
    let (first, second) = halves(&whole.body).ok_or_else(|| {
        Error::invalid("one_paragraph", "只有一段，分不开。请先在合适的地方空一行。")
    })?;
    let part = |body: String, which: &str| -> Content {
        let room = TITLE_CHARS.saturating_sub(which.chars().count());
        let title: String = whole.title.chars().take(room).collect();
        let own = markup::pictures(&body).first().copied();
        let cover = if which == LATER { own.or(whole.cover) } else { whole.cover };
        Content { title: format!("{title}{which}"), body, cover, ..whole.clone() }.tidy()
    };
    let (first, second) = (part(first, FORMER), part(second, LATER));
    let hash = hash_for_saving(&tx, &first).await?;
    if !store::replace_content(&tx, id, edited, &first, &hash, now).await? {
        let words = "您编辑的时候，别人已经保存了新的一稿。请先看看新稿，再分。";
        return Err(Error::conflict("edited_meanwhile", words));
    }
    store::keep_version(&tx, id, edited + 1, &first, &hash, who.id, now).await?;
    let other = begin(&tx, who, second, now).await?;
    let belongs = Belongs {
        project: article.project.clone(),
        community: article.community_id,
        class: article.class_id,
        meeting: article.meeting_id,
    };
    store::set_belongs(&tx, other, &belongs).await?;
    let detail = format!("article:{other}");
    staff::record(&tx, Some(who.id), "news.split", &object(id), Some(&detail), now).await?;
    tx.commit().await?;
    Ok(other)
}

const FORMER: &str = "（上）";
const LATER: &str = "（下）";

/// A text in two parts that are about as long, parted between blocks; none: it has only one.
fn halves(body: &str) -> Option<(String, String)> {
    let blocks = blocks(body);
    let weight =
        |block: &String| block.chars().count() + PICTURE_CHARS * markup::pictures(block).len();
    let whole: usize = blocks.iter().map(weight).sum();
    let mut before = 0;
    let mut best: Option<(usize, usize)> = None;
    for (at, block) in blocks.iter().enumerate().skip(1) {
        before += weight(&blocks[at - 1]);
        let apart = (2 * before).abs_diff(whole);
        // A heading stays with what is below it.
        let after_a_heading = blocks[at - 1].trim_start().starts_with('#');
        let better = best.is_none_or(|(_, least)| apart < least);
        if better && !after_a_heading && !block.trim().is_empty() {
            best = Some((at, apart));
        }
    }
    let (at, _) = best?;
    Some((blocks[..at].join("\n\n"), blocks[at..].join("\n\n")))
}

/// What stands between empty lines; a fenced block is one, whatever is in it.
fn blocks(body: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut block: Vec<&str> = Vec::new();
    let mut fenced = false;
    for line in body.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if line.trim().is_empty() && !fenced {
            if !block.is_empty() {
                blocks.push(block.join("\n"));
                block.clear();
            }
        } else {
            block.push(line);
        }
    }
    if !block.is_empty() {
        blocks.push(block.join("\n"));
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parted_between_blocks_near_its_middle() {
        let (first, second) =
            halves("一一一一\n\n二二二二\n\n三三三三\n\n四四四四").expect("parts");
        assert_eq!(
            (first.as_str(), second.as_str()),
            ("一一一一\n\n二二二二", "三三三三\n\n四四四四")
        );
        // Pictures weigh, a heading stays with its text, a fence is not broken.
        let (first, _) = halves("![](picture:1)\n\n字\n\n字\n\n字").expect("parts");
        assert_eq!(first, "![](picture:1)");
        let (first, _) = halves("春春\n\n# 二\n\n夏夏夏").expect("parts");
        assert_eq!(first, "春春");
        assert_eq!(blocks("```\n一\n\n二\n```\n\n三").len(), 2);
        assert!(halves("只有一段").is_none());
    }
}
