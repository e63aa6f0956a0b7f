//! What the news desk sees of articles, and what each person may do with them.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;

use entity::ids::{ArticleId, StaffId};
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay, ReviewStage, Role};
use entity::{article, article_review, publication};

use super::{authors, gate, store};
use crate::error::Result;
use crate::staff::{self, Colleague};

/// An article with everything that is known about its way.
pub(super) struct Desk {
    pub article: article::Model,
    pub authors: Vec<StaffId>,
    pub reviews: Vec<article_review::Model>,
    pub chain: gate::Chain,
    /// The newest.
    pub publication: Option<publication::Model>,
    /// Remarks that nobody has settled.
    pub open_remarks: u64,
    /// What it belongs to; empty: the centre, and no class.
    pub community_name: String,
    pub class_name: String,
    pub names: HashMap<StaffId, String>,
}

/// What a person may do now, as the console's buttons have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Edit,
    Submit,
    Review,
    Publish,
    /// Publish once more, after a failure.
    Retry,
    /// Send to all followers.
    MassSend,
    /// Show it on one phone first.
    Preview,
    /// Take it back.
    Withdraw,
    /// Order it for a time.
    Plan,
    /// Call off what is planned.
    CallOff,
    /// Get it as a file, and register that it was pasted by hand.
    Export,
    /// Say of a place what is to be changed.
    Remark,
    /// Say that it is urgent.
    Urge,
}

impl Desk {
    pub(super) fn name(&self, id: StaffId) -> String {
        self.names.get(&id).cloned().unwrap_or_default()
    }

    /// Does this pass count for the content as it is?
    pub(super) fn holds(&self, review: &article_review::Model) -> bool {
        self.chain.holds.iter().any(|pass| pass.review == review.id)
    }

    /// The stage that is waited for; none outside the review.
    pub(super) fn next_stage(&self) -> Option<ReviewStage> {
        (self.article.status == ArticleStatus::InReview).then_some(self.chain.next).flatten()
    }

    pub(super) fn status_text(&self) -> &'static str {
        match (self.article.status, self.next_stage()) {
            (ArticleStatus::Draft, _) if self.returned() => "已退回",
            (ArticleStatus::Draft, _) => "草稿",
            (ArticleStatus::InReview, Some(ReviewStage::Language)) => "待文字审核",
            (ArticleStatus::InReview, Some(ReviewStage::Facts)) => "待事实审核",
            (ArticleStatus::InReview, Some(ReviewStage::Direction)) => "待导向审核",
            (ArticleStatus::InReview, None) => "审核中",
            (ArticleStatus::Approved, _) => "三审通过",
            (ArticleStatus::Publishing, _) if self.planned() => "已定时",
            (ArticleStatus::Publishing, _) if self.to_all() => "正在群发",
            (ArticleStatus::Publishing, _) => "正在发布",
            (ArticleStatus::Published, _) if self.to_all() => "已群发",
            (ArticleStatus::Published, _) => "已发布",
            (ArticleStatus::Failed, _) if self.withdrawn() => "已撤下",
            (ArticleStatus::Failed, _) if self.to_all() => "群发失败",
            (ArticleStatus::Failed, _) => "发布失败",
        }
    }

    fn to_all(&self) -> bool {
        self.publication.as_ref().is_some_and(|row| row.way == PublicationWay::MassSend)
    }

    /// It is ordered for a time, and has not begun.
    fn planned(&self) -> bool {
        self.publication
            .as_ref()
            .is_some_and(|row| row.state == PublicationState::Queued && row.due_at.is_some())
    }

    /// It had been there, and is taken back, or was deleted there.
    fn withdrawn(&self) -> bool {
        self.publication.as_ref().is_some_and(|row| {
            row.withdrawn_for.is_some()
                || (row.way == PublicationWay::MassSend && row.sent_count.is_some_and(|n| n > 0))
        })
    }

    /// The last word on this very content was a return.
    fn returned(&self) -> bool {
        self.reviews.last().is_some_and(|review| {
            review.verdict == entity::kinds::Verdict::Return
                && review.content_hash == self.article.content_hash
        })
    }

    /// Why it is not on the account, for the editor. While it is on its way: what is
    /// holding it up.
    pub(super) fn failure(&self) -> Option<String> {
        let live = matches!(self.article.status, ArticleStatus::Failed | ArticleStatus::Publishing);
        self.publication.as_ref().filter(|_| live).and_then(|row| row.failure.clone())
    }

    /// `may_mass_send`: the account may, and some are left.
    pub(super) fn may(
        &self,
        who: &Colleague,
        may_mass_send: bool,
        now: DateTime<Utc>,
    ) -> Vec<Action> {
        use ArticleStatus as S;
        let status = self.article.status;
        let writes = who.id == self.article.author_id || who.role == Role::Editor;
        let reviews = self.next_stage().is_some_and(|stage| {
            gate::may_review(&self.chain, stage, who.id, who.role, &self.authors).is_ok()
        });
        let passed = self.chain.complete();
        let stuck = self.publication.as_ref().is_some_and(|row| is_stuck(row, now));
        // What is being taken back has not come to its end.
        let there =
            self.publication.as_ref().is_some_and(|row| row.state == PublicationState::Published);
        let open =
            matches!(status, S::Approved | S::Failed) && passed && !there && self.open_remarks == 0;
        let planned = self.publication.as_ref().is_some_and(|row| is_planned(row, now));
        let reader = !self.authors.contains(&who.id);
        [
            (Action::Edit, writes && store::editable(status)),
            (Action::Submit, writes && status == S::Draft),
            (Action::Review, reviews),
            (Action::Publish, status == S::Approved && open),
            (Action::Retry, (status == S::Failed && open) || (status == S::Publishing && stuck)),
            (Action::MassSend, open && may_mass_send),
            (Action::Preview, open),
            (Action::Withdraw, status == S::Published && there),
            (Action::Plan, open),
            (Action::CallOff, planned),
            (Action::Export, open),
            (Action::Remark, reader && store::editable(status)),
            (Action::Urge, status != S::Published),
        ]
        .into_iter()
        .filter_map(|(action, allowed)| allowed.then_some(action))
        .collect()
    }
}

/// Nothing has happened for so long that the job must have been given up; the platform
/// may take longer than we do.
pub(super) fn is_stuck(row: &publication::Model, now: DateTime<Utc>) -> bool {
    let patience = match row.state {
        PublicationState::Published | PublicationState::Failed => return false,
        _ if row.submit_started_at.is_some() => TimeDelta::hours(2),
        _ => TimeDelta::minutes(30),
    };
    now - row.due_at.unwrap_or(row.updated_at).max(row.updated_at) >= patience
}

/// It is ordered for a time that has not come.
pub(super) fn is_planned(row: &publication::Model, now: DateTime<Utc>) -> bool {
    row.state == PublicationState::Queued && row.due_at.is_some_and(|due| due > now)
}

/// The desk's view of these articles, in their order.
pub(super) async fn desks(
    conn: &impl ConnectionTrait,
    articles: Vec<article::Model>,
) -> Result<Vec<Desk>> {
    let ids: Vec<ArticleId> = articles.iter().map(|article| article.id).collect();
    let mut savers = store::savers(conn, &ids).await?;
    let mut reviews: HashMap<ArticleId, Vec<article_review::Model>> = HashMap::new();
    for review in store::reviews(conn, &ids).await? {
        reviews.entry(review.article_id).or_default().push(review);
    }
    let mut publications: HashMap<ArticleId, publication::Model> = HashMap::new();
    for row in store::publications(conn, &ids).await? {
        publications.entry(row.article_id).or_insert(row);
    }
    let mut open_remarks = store::open_remarks(conn, &ids).await?;
    let mut people: Vec<StaffId> = articles.iter().map(|article| article.author_id).collect();
    people.extend(reviews.values().flatten().map(|review| review.reviewer_id));
    people.sort();
    people.dedup();
    let names = staff::names(conn, &people).await?;
    let communities = store::community_names(conn).await?;
    let classes: Vec<_> = articles.iter().filter_map(|article| article.class_id).collect();
    let classes = store::class_names(conn, &classes).await?;
    Ok(articles
        .into_iter()
        .map(|article| {
            let authors = authors(&article, savers.remove(&article.id));
            let reviews = reviews.remove(&article.id).unwrap_or_default();
            let chain = gate::chain(&article.content_hash, &authors, &reviews);
            let publication = publications.remove(&article.id);
            let open_remarks = open_remarks.remove(&article.id).unwrap_or_default();
            let names = names.clone();
            let community = article.community_id.and_then(|id| communities.get(&id).cloned());
            let class = article.class_id.and_then(|id| classes.get(&id).cloned());
            Desk {
                authors,
                reviews,
                chain,
                publication,
                open_remarks,
                community_name: community.unwrap_or_default(),
                class_name: class.unwrap_or_default(),
                names,
                article,
            }
        })
        .collect())
}
