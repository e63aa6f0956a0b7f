//! What the platform thinks of an article (`msg_sec_check`, `media_check_async`), beside what
//! our own machine finds.
//!
//! 1. Asked for exactly this text and each of its pictures once; another text is asked about
//!    anew. It is asked as somebody of its authors, or whoever presses the button, who linked
//!    an account of the mini-program (`safety/linking.rs`).
//! 2. Nothing passes in silence: what was not asked, could not be, or is not answered yet says
//!    so. Risky stops every pass and every publication until it is changed; what the platform
//!    leaves to people, or does not answer in time, needs somebody's words first.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use subtle::ConstantTimeEq;

use entity::article;
use entity::content_check::Model;
use entity::ids::{ArticleId, CheckId, PictureId, StaffId};
use entity::kinds::{CheckKind, CheckState, CheckSubject};

use super::content::{Content, plain};
use super::{locked, markup, may_write, object, store};
use crate::app::App;
use crate::error::{Error, Result};
use crate::safety::{self, Thing};
use crate::staff::{self, Colleague};

const ANSWER_CHARS: usize = 200;

/// What is judged by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Text,
    /// Which of the pictures, from 1; the cover alone is 0.
    Picture(PictureId, usize),
}

/// A part of an article, with what the platform said of it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub what: What,
    /// None: it was never asked about as it stands now.
    pub check: Option<Model>,
}

/// How a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    NotAsked,
    /// There was nobody as whom to ask.
    Nobody,
    /// The person as whom it was asked had not been in the mini-program.
    Away,
    Waiting,
    Passed,
    /// The platform leaves it to people, or did not answer in time.
    ToAnswer,
    Answered,
    Risky,
}

impl Part {
    pub(super) fn stand(&self, now: DateTime<Utc>) -> Stand {
        let Some(row) = &self.check else { return Stand::NotAsked };
        if row.answer.is_some() {
            return Stand::Answered;
        }
        match safety::standing(row, now) {
            CheckState::NotChecked if row.resident_id.is_none() => Stand::Nobody,
            CheckState::NotChecked => Stand::Away,
            CheckState::Waiting => Stand::Waiting,
            CheckState::Passed => Stand::Passed,
            CheckState::ToLookAt => Stand::ToAnswer,
            CheckState::Risky => Stand::Risky,
        }
    }

    pub(super) fn place(&self) -> String {
        match self.what {
            What::Text => "文字".to_owned(),
            What::Picture(_, 0) => "封面图".to_owned(),
            What::Picture(_, nth) => format!("第 {nth} 张图"),
        }
    }
}

/// The text that is asked about: all that a reader reads.
fn text(content: &Content) -> String {
    let mut lines: Vec<String> =
        [&content.title, &content.digest, &content.byline, &content.origin]
            .into_iter()
            .filter(|line| !line.is_empty())
            .cloned()
            .collect();
    lines.extend(markup::paragraphs(&content.body));
    lines.join("\n")
}

/// The pictures with their numbers, as people count them.
fn pictures(content: &Content) -> Vec<(PictureId, usize)> {
    let inside = markup::pictures(&content.body);
    content
        .pictures()
        .into_iter()
        .map(|id| (id, inside.iter().position(|one| *one == id).map_or(0, |at| at + 1)))
        .collect()
}

/// An article part by part, with what is known of it.
pub(super) async fn parts(
    conn: &impl ConnectionTrait,
    id: ArticleId,
    content: &Content,
) -> Result<Vec<Part>> {
    let words = text(content);
    let of_text = safety::checks(conn, CheckSubject::Article, &[id.0]).await?;
    let of_text = of_text.into_iter().find(|row| row.content == words);
    let pictures = pictures(content);
    let ids: Vec<i64> = pictures.iter().map(|(id, _)| id.0).collect();
    let rows = safety::checks(conn, CheckSubject::ArticlePicture, &ids).await?;
    // What was forgotten with the person as whom it was asked is as if never asked.
    let mut rows: HashMap<i64, Model> = rows
        .into_iter()
        .filter(|row| !row.content.is_empty())
        .map(|row| (row.subject_id, row))
        .collect();
    let mut parts = vec![Part { what: What::Text, check: of_text }];
    parts.extend(
        pictures
            .into_iter()
            .map(|(id, nth)| Part { what: What::Picture(id, nth), check: rows.remove(&id.0) }),
    );
    Ok(parts)
}

/// The parts that stand so.
fn places(parts: &[Part], stand: Stand, now: DateTime<Utc>) -> String {
    let places: Vec<String> =
        parts.iter().filter(|part| part.stand(now) == stand).map(Part::place).collect();
    places.join("、")
}

/// # Errors
/// `platform_risky`.
pub(super) fn refuse_risky(parts: &[Part], now: DateTime<Utc>) -> Result<()> {
    let risky = places(parts, Stand::Risky, now);
    if risky.is_empty() {
        return Ok(());
    }
    let words = format!("微信认为{risky}可能不合适。请改掉，再送审。");
    Err(Error::conflict("platform_risky", words))
}

/// # Errors
/// `platform_risky`, `platform_unanswered`; with `waits`, also `platform_checking`.
pub(super) fn refuse(parts: &[Part], now: DateTime<Utc>, waits: bool) -> Result<()> {
    refuse_risky(parts, now)?;
    let of = |stand: Stand| places(parts, stand, now);
    let open = of(Stand::ToAnswer);
    if !open.is_empty() {
        let words = format!("微信请人再看一看{open}。请先在“微信检查”里写明看过的结果。");
        return Err(Error::conflict("platform_unanswered", words));
    }
    let waiting = of(Stand::Waiting);
    if waits && !waiting.is_empty() {
        let words = format!(
            "微信还在检查{waiting}，请等几分钟。等不及，可以在“微信检查”里写明人已经看过。"
        );
        return Err(Error::conflict("platform_checking", words));
    }
    Ok(())
}

/// Asks about what was not asked yet, as the first of these people who can be asked as.
pub(super) async fn begin(
    app: &App,
    tx: &DatabaseTransaction,
    id: ArticleId,
    content: &Content,
    people: &[StaffId],
    now: DateTime<Utc>,
) -> Result<()> {
    let resident = safety::asked_as(tx, people).await?;
    let words = text(content);
    let thing = Thing {
        subject: CheckSubject::Article,
        id: id.0,
        kind: CheckKind::Text,
        resident,
        content: &words,
        page: "",
    };
    safety::open(tx, &thing, now).await?;
    for (picture, _) in pictures(content) {
        let url = address(app, picture);
        let thing = Thing {
            subject: CheckSubject::ArticlePicture,
            id: picture.0,
            kind: CheckKind::Picture,
            resident,
            content: &url,
            page: "",
        };
        safety::open(tx, &thing, now).await?;
    }
    Ok(())
}

/// Where the platform finds a picture while it is asked about; nobody guesses it.
fn address(app: &App, id: PictureId) -> String {
    format!("{}/api/news-pictures/{id}/{}", app.config.server.public_url, mark(app, id))
}

fn mark(app: &App, id: PictureId) -> String {
    app.vault.fingerprint("news_picture", &id.to_string())
}

/// May whoever knows this address have the picture now?
pub(super) async fn is_asked(app: &App, id: PictureId, given: &str) -> Result<bool> {
    let genuine = bool::from(given.as_bytes().ct_eq(mark(app, id).as_bytes()));
    let (conn, now) = (app.db.read(), app.clock.now());
    Ok(genuine && safety::is_asked(conn, CheckSubject::ArticlePicture, id.0, now).await?)
}

/// Has the platform asked about the article as it stands.
///
/// # Errors
/// Neither the author nor an editor: `Forbidden`. Nothing of it can be changed any more:
/// `Conflict`.
pub async fn ask_platform(app: &App, who: &Colleague, id: ArticleId) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    may_write(who, &article)?;
    if !store::editable(article.status) {
        return Err(Error::conflict("not_editable", "文章正在发布或已经发布，不能再检查了。"));
    }
    begin(app, &tx, id, &Content::from(&article), &[who.id, article.author_id], now).await?;
    staff::record(&tx, Some(who.id), "news.asked_platform", &object(id), None, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A person says why a part may stay that the platform leaves to people.
///
/// # Errors
/// No words: `Invalid`. Nothing is to be answered there: `Conflict`.
pub async fn answer_platform(
    app: &App,
    who: &Colleague,
    id: ArticleId,
    check: CheckId,
    words: &str,
) -> Result<()> {
    let words = plain(words);
    if words.is_empty() || words.chars().count() > ANSWER_CHARS {
        let words = format!("请写明看过的结果，最多 {ANSWER_CHARS} 个字。");
        return Err(Error::invalid("reason_needed", words));
    }
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let article = locked(&tx, id).await?;
    let none = || Error::conflict("nothing_to_answer", "这一项现在不用回答，请刷新看看。");
    let part = part_of(&tx, &article, check).await?.ok_or_else(none)?;
    if !safety::answer(&tx, &part, who, &words, now).await? {
        return Err(none());
    }
    let detail = format!("check:{check} {words}");
    let object = object(id);
    staff::record(&tx, Some(who.id), "news.platform_answered", &object, Some(&detail), now).await?;
    tx.commit().await?;
    Ok(())
}

async fn part_of(
    tx: &DatabaseTransaction,
    article: &article::Model,
    check: CheckId,
) -> Result<Option<Model>> {
    let parts = parts(tx, article.id, &Content::from(article)).await?;
    Ok(parts.into_iter().filter_map(|part| part.check).find(|row| row.id == check))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn part(state: Option<CheckState>) -> Part {
        let check = state.map(|state| Model {
            id: CheckId(1),
            subject: CheckSubject::Article,
            subject_id: 1,
            kind: CheckKind::Text,
            resident_id: Some(entity::ids::ResidentId(1)),
            content: "字".to_owned(),
            page: String::new(),
            trace_id: None,
            state,
            label: None,
            asked_at: NOW,
            settled_at: None,
            settled_by: None,
            answer: None,
        });
        Part { what: What::Text, check }
    }

    #[test]
    fn what_is_risky_or_open_stops_and_what_was_not_asked_says_so() {
        let refused = |state: Option<CheckState>, waits| {
            refuse(&[part(state)], NOW, waits).err().map(|error| error.code)
        };
        assert_eq!(refused(Some(CheckState::Risky), false), Some("platform_risky"));
        assert_eq!(refused(Some(CheckState::ToLookAt), false), Some("platform_unanswered"));
        assert_eq!(refused(Some(CheckState::Waiting), false), None);
        assert_eq!(refused(Some(CheckState::Waiting), true), Some("platform_checking"));
        for harmless in [None, Some(CheckState::Passed), Some(CheckState::NotChecked)] {
            assert_eq!(refused(harmless, true), None);
        }
        assert_eq!(part(None).stand(NOW), Stand::NotAsked);
        assert_eq!(part(Some(CheckState::NotChecked)).stand(NOW), Stand::Away);
        let mut answered = part(Some(CheckState::ToLookAt));
        if let Some(row) = &mut answered.check {
            row.answer = Some("看过，没有问题".to_owned());
        }
        assert_eq!(answered.stand(NOW), Stand::Answered);
    }

    #[test]
    fn pictures_have_the_numbers_that_people_count() {
        let content = Content {
            title: "开班".to_owned(),
            digest: String::new(),
            byline: String::new(),
            origin: String::new(),
            body: "字\n\n![](picture:3) ![](picture:1)".to_owned(),
            cover: Some(PictureId(9)),
        };
        let found = pictures(&content);
        assert_eq!(found, [(PictureId(9), 0), (PictureId(3), 1), (PictureId(1), 2)]);
        assert_eq!(text(&content), "开班\n字");
    }
}
