//! What an article consists of: its limits, the pictures it names, and the hash by
//! which a content is known.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use entity::article;
use entity::ids::PictureId;

use super::markup;
use crate::error::{Error, Result};

/// Characters, as the platform counts them.
pub(super) const TITLE_CHARS: usize = 32;
pub(super) const DIGEST_CHARS: usize = 128;
pub(super) const BYLINE_CHARS: usize = 16;
pub(super) const ORIGIN_CHARS: usize = 32;
/// The platform wants less than this of HTML.
pub(super) const HTML_CHARS: usize = 20_000;
/// What can be kept at all as a draft.
const KEPT_BODY_CHARS: usize = 60_000;
const KEPT_LINE_CHARS: usize = 200;
/// More pictures than this make no readable article.
const PICTURES: usize = 50;

/// What an author writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub title: String,
    pub digest: String,
    /// Printed as 作者.
    pub byline: String,
    /// Printed as 来源.
    pub origin: String,
    /// Markdown; pictures as `![caption](picture:12)`.
    pub body: String,
    pub cover: Option<PictureId>,
}

impl Content {
    /// Blanks around single lines mean nothing; line ends are one character.
    pub(super) fn tidy(self) -> Self {
        let line = |text: String| plain(&text).split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            title: line(self.title),
            digest: line(self.digest),
            byline: line(self.byline),
            origin: line(self.origin),
            body: self.body.replace("\r\n", "\n").replace('\0', "").trim_end().to_owned(),
            cover: self.cover,
        }
    }

    /// Every picture that a reader sees, the cover first; each once.
    pub(super) fn pictures(&self) -> Vec<PictureId> {
        let mut all: Vec<PictureId> = self.cover.into_iter().collect();
        for id in markup::pictures(&self.body) {
            if !all.contains(&id) {
                all.push(id);
            }
        }
        all
    }

    /// May this be kept, as a draft?
    pub(super) fn check_kept(&self) -> Result<()> {
        let long = |text: &str, limit| text.chars().count() > limit;
        for (text, name) in [
            (&self.title, "标题"),
            (&self.digest, "摘要"),
            (&self.byline, "作者"),
            (&self.origin, "来源"),
        ] {
            if long(text, KEPT_LINE_CHARS) {
                return Err(too_long(format!("{name}太长，最多 {KEPT_LINE_CHARS} 个字。")));
            }
        }
        if long(&self.body, KEPT_BODY_CHARS) {
            return Err(too_long(format!(
                "正文太长，最多 {KEPT_BODY_CHARS} 个字，请删减或分成两篇。"
            )));
        }
        if self.pictures().len() > PICTURES {
            return Err(too_long(format!("图片太多，最多 {PICTURES} 张。")));
        }
        Ok(())
    }

    /// Is it fit to be read by the reviewers, and to be taken by the platform?
    /// `known` are the pictures that exist.
    pub(super) fn check_complete(&self, known: &HashMap<PictureId, String>) -> Result<()> {
        let mut wrong: Vec<String> = Vec::new();
        let count = |text: &str| text.chars().count();
        match count(&self.title) {
            0 => wrong.push("还没有标题".to_owned()),
            n if n > TITLE_CHARS => wrong.push(format!("标题有 {n} 个字，最多 {TITLE_CHARS} 个")),
            _ => {}
        }
        for (text, limit, name) in [
            (&self.digest, DIGEST_CHARS, "摘要"),
            (&self.byline, BYLINE_CHARS, "作者"),
            (&self.origin, ORIGIN_CHARS, "来源"),
        ] {
            if count(text) > limit {
                wrong.push(format!("{name}有 {} 个字，最多 {limit} 个", count(text)));
            }
        }
        if self.cover.is_none() {
            wrong.push("还没有封面图".to_owned());
        }
        if markup::is_empty(&self.body) {
            wrong.push("还没有正文".to_owned());
        }
        let foreign = markup::foreign_images(&self.body);
        if !foreign.is_empty() {
            let named = foreign.join("、");
            wrong.push(format!("正文里的图片要先上传，不能用别的网站的图片（{named}）"));
        }
        for id in self.pictures() {
            if !known.contains_key(&id) {
                wrong.push(format!("找不到图片 {id}，请重新上传"));
            }
        }
        // As long as it will be on the platform, whose picture addresses are long.
        let length = count(&markup::html(&self.body, |_| Some("x".repeat(160)))) + 500;
        if length >= HTML_CHARS {
            wrong.push(format!(
                "正文排版后有 {length} 个字符。微信最多收 {HTML_CHARS} 个，请删减或分成两篇"
            ));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Error::invalid("incomplete", format!("还不能送审：{}。", wrong.join("；"))))
    }

    /// SHA-256 over everything a reader sees, each part with its length before it so that
    /// no two contents are written alike. `sums` has the SHA-256 of each picture.
    pub(super) fn hash(&self, sums: &HashMap<PictureId, String>) -> String {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        part(b"shangxue article 1");
        for text in [&self.title, &self.digest, &self.byline, &self.origin, &self.body] {
            part(text.as_bytes());
        }
        // The cover has a place of its own: it may be in the body as well.
        let sum = |id: &PictureId| sums.get(id).map_or("", String::as_str);
        part(self.cover.as_ref().map_or("", sum).as_bytes());
        for id in markup::pictures(&self.body) {
            part(sum(&id).as_bytes());
        }
        hex::encode(hasher.finalize())
    }
}

/// As it was typed, without blanks at the ends, and without the one character that
/// PostgreSQL does not keep.
pub(super) fn plain(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

fn too_long(message: String) -> Error {
    Error::invalid("too_long", message)
}

impl From<&article::Model> for Content {
    fn from(row: &article::Model) -> Self {
        Self {
            title: row.title.clone(),
            digest: row.digest.clone(),
            byline: row.byline.clone(),
            origin: row.origin.clone(),
            body: row.body.clone(),
            cover: row.cover_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Content {
        Content {
            title: "钩针编结班开班".to_owned(),
            digest: "周二上午，第一课。".to_owned(),
            byline: "小常".to_owned(),
            origin: "常阴沙社区教育中心".to_owned(),
            body: "第一课。\n\n![合影](picture:2)\n".to_owned(),
            cover: Some(PictureId(1)),
        }
    }

    fn sums() -> HashMap<PictureId, String> {
        [(PictureId(1), "aa".to_owned()), (PictureId(2), "bb".to_owned())].into()
    }

    #[test]
    fn every_part_changes_the_hash() {
        let hash = good().hash(&sums());
        assert_eq!(hash, good().hash(&sums()));
        let changes: [fn(&mut Content); 6] = [
            |content| content.title.push('。'),
            |content| content.digest.push('。'),
            |content| content.byline.push('。'),
            |content| content.origin.push('。'),
            |content| content.body.push('。'),
            |content| content.cover = Some(PictureId(2)),
        ];
        for change in changes {
            let mut other = good();
            change(&mut other);
            assert_ne!(other.hash(&sums()), hash);
        }
        for picture in [1, 2] {
            let mut changed = sums();
            changed.insert(PictureId(picture), "cc".to_owned());
            assert_ne!(good().hash(&changed), hash, "picture {picture}");
        }
    }

    #[test]
    fn text_moved_between_fields_is_another_content() {
        let mut moved = good();
        moved.title = format!("{}{}", moved.title, moved.digest);
        moved.digest = String::new();
        assert_ne!(moved.hash(&sums()), good().hash(&sums()));
    }

    #[test]
    fn what_is_missing_is_named_all_at_once() {
        assert!(good().check_complete(&sums()).is_ok());
        let bare = Content { title: String::new(), body: " \n".to_owned(), cover: None, ..good() };
        let said = bare.check_complete(&sums()).expect_err("incomplete").message;
        for word in ["标题", "封面", "正文"] {
            assert!(said.contains(word), "{said}");
        }
        let long = Content { title: "长".repeat(33), ..good() };
        assert!(long.check_complete(&sums()).is_err());
        assert!(Content { title: "长".repeat(32), ..good() }.check_complete(&sums()).is_ok());
        let foreign = Content { body: "![x](https://example.com/a.jpg)".to_owned(), ..good() };
        let said = foreign.check_complete(&sums()).expect_err("foreign").message;
        assert!(said.contains("example.com"), "{said}");
        let lost = Content { body: "![x](picture:9)".to_owned(), ..good() };
        assert!(lost.check_complete(&sums()).expect_err("lost").message.contains('9'));
        let vast = Content { body: "字".repeat(19_900), ..good() };
        assert!(vast.check_complete(&sums()).is_err());
    }
}
