//! Several articles in one issue (多图文): one draft, one submission, one bell in the phones.
//!
//! 1. An issue is the publications that name the same first one (`publication.lead_id`); an
//!    article that goes alone is an issue of one.
//! 2. Each article passed the gate by itself, and is verified against its own hash whenever
//!    the issue is (`publication.rs`): one that does not pass stops all of it.
//! 3. The order is that of the places, and is fixed when the issue is ordered.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use sha2::{Digest, Sha256};

use entity::ids::{ArticleId, PublicationId};
use entity::kinds::{ArticleStatus, PublicationWay};
use entity::{article, publication};

use super::publication::{end_badly, known};
use super::store::{self, NewPublication, Step};
use super::{Standing, locked, mass, no_article, not_approved, object, order, refused, standing};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::outbox::{self, Job};
use crate::staff::{self, Colleague};

/// The platform takes so many articles in one draft.
pub(super) const MOST: usize = 8;

/// The publications of an issue, in their order.
pub(super) struct Issue {
    pub rows: Vec<publication::Model>,
}

impl Issue {
    /// The issue to which this publication belongs.
    ///
    /// # Errors
    /// There is no such publication.
    pub(super) async fn of(conn: &impl ConnectionTrait, id: PublicationId) -> Result<Self> {
        let row = known(conn, id).await?;
        let rows = store::issue(conn, row.lead_id.unwrap_or(row.id)).await?;
        // One whose first is not there is no issue of anybody's.
        Ok(Self { rows: if rows.is_empty() { vec![row] } else { rows } })
    }

    /// The first one, which has the platform's numbers.
    pub(super) fn lead(&self) -> &publication::Model {
        let first = self.rows.iter().find(|row| row.lead_id.is_none());
        first.unwrap_or(&self.rows[0])
    }

    pub(super) fn ids(&self) -> Vec<PublicationId> {
        self.rows.iter().map(|row| row.id).collect()
    }

    /// All but the first one.
    pub(super) fn followers(&self) -> Vec<PublicationId> {
        let lead = self.lead().id;
        self.ids().into_iter().filter(|id| *id != lead).collect()
    }

    pub(super) fn is_of_several(&self) -> bool {
        self.rows.len() > 1
    }

    /// As the platform counts within an issue; none: all of it is this article.
    pub(super) fn place_for_platform(&self, row: &publication::Model) -> Option<u32> {
        self.is_of_several().then(|| u32::try_from(row.place).ok()).flatten()
    }

    pub(super) async fn read_articles(
        &self,
        conn: &impl ConnectionTrait,
    ) -> Result<Vec<article::Model>> {
        let mut articles = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            articles.push(store::article(conn, row.article_id).await?.ok_or_else(no_article)?);
        }
        Ok(articles)
    }

    /// Nobody else decides about its articles until the transaction ends. Always in the same
    /// order, so that two who lock do not wait for each other.
    pub(super) async fn lock_articles(&self, tx: &DatabaseTransaction) -> Result<()> {
        let mut ids: Vec<ArticleId> = self.rows.iter().map(|row| row.article_id).collect();
        ids.sort();
        for id in ids {
            store::lock_article(tx, id).await?;
        }
        Ok(())
    }

    /// A refusal, with the article that it is about where there are several.
    pub(super) fn named(&self, row: &publication::Model, error: Error) -> Error {
        if !self.is_of_several() || !matches!(error.kind, Kind::Conflict | Kind::Invalid) {
            return error;
        }
        let words = format!("第 {} 篇不能发：{}整期都没有发。", row.place, error.message);
        Error::conflict(error.code, words)
    }

    /// What the platform's no means for one of them; `failed` are the places it names.
    pub(super) fn words_for(
        &self,
        row: &publication::Model,
        words: &str,
        failed: &[i64],
    ) -> String {
        let numbers: Vec<String> = failed.iter().map(ToString::to_string).collect();
        match (self.is_of_several(), failed) {
            (_, []) => words.to_owned(),
            (true, failed) if failed.contains(&i64::from(row.place)) => format!("这一篇{words}"),
            (true, _) => format!(
                "同一期的第 {} 篇没有通过微信，整期都没有发布。请去掉那一篇，再发布。",
                numbers.join("、")
            ),
            (false, [first, ..]) => format!("{words}（第 {first} 篇）"),
        }
    }

    /// None of it gets there.
    pub(super) async fn fail(
        &self,
        tx: &DatabaseTransaction,
        words: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.lock_articles(tx).await?;
        for row in &self.rows {
            end_badly(tx, row, &Step::Failed(words), now).await?;
        }
        Ok(())
    }
}

/// Asks for publication of several articles as one issue, in this order, or for a send of it
/// to all followers; `at` a time, or at once.
///
/// # Errors
/// Fewer than two, more than eight or one of them twice: `Invalid`. For each of them as for
/// an article alone ([`super::publish`]), named by its place.
pub async fn publish_issue(
    app: &App,
    who: &Colleague,
    ids: &[ArticleId],
    way: PublicationWay,
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    check_choice(ids)?;
    let now = app.clock.now();
    order::check_time(at, now)?;
    let tx = app.db.begin().await?;
    lock_all(&tx, ids).await?;
    let mut articles: Vec<(article::Model, Standing)> = Vec::with_capacity(ids.len());
    for (nth, id) in ids.iter().enumerate() {
        match ready(&tx, *id, now).await {
            Ok(one) => articles.push(one),
            Err(error) => {
                drop(tx);
                let error = numbered(nth, error);
                return refused::noted(app, Some(who), *id, "publish_issue", Err(error)).await;
            }
        }
    }
    if way == PublicationWay::MassSend {
        let all: Vec<article::Model> = articles.iter().map(|(row, _)| row.clone()).collect();
        order::may_ring(app, &all, at.unwrap_or(now))?;
        let quota = mass::quota(app, &tx).await?;
        if !quota.may && (at.is_none() || !quota.able) {
            return Err(Error::conflict("no_mass_send_left", quota.text));
        }
    }
    let mut lead = None;
    for (place, (article, standing)) in (1..).zip(&articles) {
        let hash = &standing.hash;
        let new = NewPublication { article, hash, way, by: who.id, due_at: at, lead, place };
        let id = store::insert_publication(&tx, &new, now).await?;
        let id = id.ok_or_else(order::on_its_way)?;
        let first = *lead.get_or_insert(id);
        let from = [ArticleStatus::Approved, ArticleStatus::Failed];
        store::move_article(&tx, article.id, &from, ArticleStatus::Publishing, now).await?;
        let detail =
            format!("publication:{id} {} {hash} issue:{first} place {place}", way.as_str());
        staff::record(&tx, Some(who.id), "news.publish", &object(article.id), Some(&detail), now)
            .await?;
    }
    let publication = lead.ok_or_else(|| Error::internal("an issue of nothing"))?;
    outbox::enqueue(&tx, &Job::Publish { publication }, now, at.unwrap_or(now)).await?;
    tx.commit().await?;
    Ok(())
}

/// Two to eight, each once.
pub(super) fn check_choice(ids: &[ArticleId]) -> Result<()> {
    let mut sorted = ids.to_vec();
    sorted.sort();
    sorted.dedup();
    if sorted.len() != ids.len() || !(2..=MOST).contains(&ids.len()) {
        let words = format!("一期要选 2 到 {MOST} 篇文章，每篇一次。");
        return Err(Error::invalid("issue_size", words));
    }
    Ok(())
}

async fn lock_all(tx: &DatabaseTransaction, ids: &[ArticleId]) -> Result<()> {
    let mut sorted = ids.to_vec();
    sorted.sort();
    for id in sorted {
        locked(tx, id).await?;
    }
    Ok(())
}

/// An article that three people passed and that is on no way yet.
pub(super) async fn ready(
    conn: &impl ConnectionTrait,
    id: ArticleId,
    now: DateTime<Utc>,
) -> Result<(article::Model, Standing)> {
    let article = store::article(conn, id).await?.ok_or_else(no_article)?;
    let standing = standing(conn, &article).await?;
    match article.status {
        ArticleStatus::Approved | ArticleStatus::Failed => order::passed(&standing, now)?,
        ArticleStatus::Publishing => return Err(order::on_its_way()),
        ArticleStatus::Published => {
            return Err(Error::conflict("published", "这篇文章已经发布了。"));
        }
        ArticleStatus::Draft | ArticleStatus::InReview => return Err(not_approved()),
    }
    Ok((article, standing))
}

pub(super) fn numbered(nth: usize, error: Error) -> Error {
    if !matches!(error.kind, Kind::Conflict | Kind::Invalid) {
        return error;
    }
    let words = format!("第 {} 篇：{}", nth + 1, error.message);
    Error::conflict(error.code, words)
}

/// Names a composition by all of its contents, for a draft that is only looked at.
pub(super) fn mark<'a>(hashes: impl Iterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for hash in hashes {
        hasher.update(hash.as_bytes());
    }
    hex::encode(hasher.finalize()).chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_two_to_eight_different_articles() {
        let ids = |numbers: &[i64]| numbers.iter().copied().map(ArticleId).collect::<Vec<_>>();
        for good in [&[1, 2][..], &[8, 7, 6, 5, 4, 3, 2, 1]] {
            assert!(check_choice(&ids(good)).is_ok(), "{good:?}");
        }
        for bad in [&[][..], &[1], &[1, 2, 1], &[1, 2, 3, 4, 5, 6, 7, 8, 9]] {
            assert!(check_choice(&ids(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn another_order_is_another_composition() {
        assert_ne!(mark(["a", "b"].into_iter()), mark(["b", "a"].into_iter()));
        assert_eq!(mark(["a"].into_iter()).len(), 12);
    }
}
