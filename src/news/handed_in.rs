//! From the life of the centre: a teacher hands the pictures of a class in, and what is known
//! of it stands in the first draft already.
//!
//! 1. The room above knows the facts, and who hands them in; here they become an item
//!    (`ledger.rs`), one for each meeting, to which pictures can be added until the desk has
//!    made an article of it.
//! 2. The draft is a draft: it has the same way before it as any other.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::ids::{ClassId, CommunityId, MeetingId, NewsItemId, PictureId};
use entity::news_item;

use super::content::{Content, DIGEST_CHARS, TITLE_CHARS, plain};
use super::store;
use crate::clock;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};

/// More pictures make no readable article.
pub const MOST_PICTURES: usize = 20;
const NOTE_CHARS: usize = 2_000;

/// What is known of a meeting of a class.
#[derive(Clone, Debug)]
pub struct ClassFacts {
    pub class: ClassId,
    pub meeting: MeetingId,
    pub community: Option<CommunityId>,
    pub class_name: String,
    /// The how-manieth meeting it is.
    pub number: i32,
    pub teacher: String,
    /// Site and room.
    pub place: String,
    pub starts_at: DateTime<Utc>,
    /// People whom the register has as present.
    pub present: u64,
}

impl ClassFacts {
    fn title(&self) -> String {
        let title = format!("{}第 {} 次课", self.class_name, self.number);
        title.chars().take(TITLE_CHARS).collect()
    }

    /// As a reporter would begin: when, where, who, what, how many.
    fn sentence(&self) -> String {
        let mut words = format!("{}，{}", clock::spoken(self.starts_at), self.class_name);
        // Writing to a String cannot fail.
        let _written = write!(words, "在{}上第 {} 次课", self.place, self.number);
        if !self.teacher.is_empty() {
            let name = self.teacher.trim_end_matches("老师");
            let _written = write!(words, "，由{name}老师讲课");
        }
        if self.present > 0 {
            let _written = write!(words, "，{} 位学员参加", self.present);
        }
        words.push('。');
        words
    }
}

/// Keeps pictures of a meeting for the desk, with what is known of it and what the teacher
/// says; gives the item. Handed in again, pictures and words are added.
///
/// # Errors
/// No picture, too many, or too many words: `Invalid`. The desk has made an article of it, or
/// does not take it: `Conflict`.
pub async fn hand_in_class(
    tx: &DatabaseTransaction,
    who: &Colleague,
    facts: &ClassFacts,
    pictures: &[PictureId],
    note: &str,
    now: DateTime<Utc>,
) -> Result<NewsItemId> {
    let note = plain(note);
    if note.chars().count() > NOTE_CHARS {
        let words = format!("说明太长，最多 {NOTE_CHARS} 个字。");
        return Err(Error::invalid("too_long", words));
    }
    if pictures.is_empty() || pictures.len() > MOST_PICTURES {
        let words = format!("请选 1 到 {MOST_PICTURES} 张照片。");
        return Err(Error::invalid("no_pictures", words));
    }
    if store::sums(tx, pictures).await?.len() < pictures.len() {
        return Err(Error::invalid("no_picture", "有一张照片没有传上来，请再传一次。"));
    }
    let item = match store::item_of_meeting(tx, facts.meeting).await? {
        Some(item) => added_to(tx, item, &note).await?,
        None => begun(tx, who, facts, &note, now).await?,
    };
    let held = store::item_pictures(tx, &[item]).await?.remove(&item).unwrap_or_default();
    if held.len() + pictures.len() > MOST_PICTURES {
        let words = format!("这次课已经有 {} 张照片，最多 {MOST_PICTURES} 张。", held.len());
        return Err(Error::invalid("too_many_pictures", words));
    }
    store::add_item_pictures(tx, item, held.len(), pictures).await?;
    let (object, detail) =
        (format!("news_item:{item}"), format!("meeting:{} +{}", facts.meeting, pictures.len()));
    staff::record(tx, Some(who.id), "news.item", &object, Some(&detail), now).await?;
    Ok(item)
}

async fn begun(
    tx: &DatabaseTransaction,
    who: &Colleague,
    facts: &ClassFacts,
    note: &str,
    now: DateTime<Utc>,
) -> Result<NewsItemId> {
    let mut body = facts.sentence();
    if !note.is_empty() {
        body.push_str("\n\n");
        body.push_str(note);
    }
    let item = news_item::Model {
        id: NewsItemId(0),
        title: facts.title(),
        body,
        project: String::new(),
        community_id: facts.community,
        article_id: None,
        sent_by: who.id,
        sent_at: now,
        declined_for: None,
        declined_by: None,
        class_id: Some(facts.class),
        meeting_id: Some(facts.meeting),
    };
    store::insert_item(tx, item).await
}

async fn added_to(
    tx: &DatabaseTransaction,
    item: news_item::Model,
    note: &str,
) -> Result<NewsItemId> {
    let body = if note.is_empty() { item.body } else { format!("{}\n\n{note}", item.body) };
    if !store::extend_item(tx, item.id, &body).await? {
        let words = "这次课的照片，编辑已经处理过了。要加照片，请直接找编辑。";
        return Err(Error::conflict("taken_up", words));
    }
    Ok(item.id)
}

/// The first draft of an item: its words, its pictures, the first one as cover.
pub(super) fn draft(
    item: &news_item::Model,
    pictures: &[PictureId],
    byline: &str,
    origin: &str,
) -> Content {
    let mut body = item.body.clone();
    for id in pictures {
        // Writing to a String cannot fail.
        let _written = write!(body, "\n\n![图注](picture:{id})");
    }
    let first = item.body.lines().next().unwrap_or_default();
    // Of what somebody typed freely nobody makes a summary.
    let digest = if item.meeting_id.is_some() { first } else { "" };
    Content {
        title: item.title.clone(),
        digest: digest.chars().take(DIGEST_CHARS).collect(),
        byline: byline.chars().take(super::content::BYLINE_CHARS).collect(),
        origin: origin.chars().take(super::content::ORIGIN_CHARS).collect(),
        body,
        cover: pictures.first().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_says_when_where_who_and_how_many() {
        let facts = ClassFacts {
            class: ClassId(1),
            meeting: MeetingId(1),
            community: None,
            class_name: "钩针编结班".to_owned(),
            number: 3,
            teacher: "王老师".to_owned(),
            place: "常沙学习点 201 室".to_owned(),
            starts_at: DateTime::from_timestamp(1_788_224_400, 0).expect("a time"),
            present: 18,
        };
        let sentence = facts.sentence();
        for word in
            ["钩针编结班", "在常沙学习点 201 室上第 3 次课", "由王老师讲课", "18 位学员参加。"]
        {
            assert!(sentence.contains(word), "{word} in {sentence}");
        }
        assert_eq!(facts.title(), "钩针编结班第 3 次课");
    }
}
