//! The ledger of submissions on the wire.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ArticleId, CommunityId, MeetingId, NewsItemId, OutletId, PictureId, StaffId};
use entity::kinds::SubmissionState;

use crate::app::App;
use crate::clock;
use crate::news::ledger::{self, NewItem, NewSubmission};
use crate::news::store;
use crate::staff;
use crate::wire::ApiResult;
use crate::wire::auth::{NewsContributor, NewsDesk};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

/// What communities and the centre write in, and where it was sent.
pub struct StaffLedgerApi(pub App);

/// An item that is written in.
#[derive(Debug, Object)]
struct NewsItemBody {
    title: String,
    #[oai(default)]
    body: String,
    /// The project or activity that it is about.
    #[oai(default)]
    project: String,
    /// Of an officer it is always their own; empty: the centre's.
    community_id: Option<CommunityId>,
}

/// An item, and what has become of it.
#[derive(Debug, Object)]
struct NewsItemLine {
    id: NewsItemId,
    title: String,
    body: String,
    project: String,
    #[oai(skip_serializing_if_is_none)]
    community_id: Option<CommunityId>,
    /// Empty: the centre.
    community_name: String,
    sent_by: String,
    sent_at: DateTime<Utc>,
    time_text: String,
    /// What the desk made of it.
    #[oai(skip_serializing_if_is_none)]
    article_id: Option<ArticleId>,
    /// What became of it, in words.
    status_text: String,
    #[oai(skip_serializing_if_is_none)]
    declined_for: Option<String>,
    submissions: Vec<SubmissionLine>,
    /// Pictures that were handed in with it.
    pictures: Vec<ItemPicture>,
    /// The meeting of a class that it tells of.
    #[oai(skip_serializing_if_is_none)]
    meeting_id: Option<MeetingId>,
    /// At the highest level that took it.
    points: i32,
}

/// A picture that was handed in.
#[derive(Debug, Object)]
struct ItemPicture {
    id: PictureId,
    /// For the desk.
    url: String,
}

/// Where an item was sent.
#[derive(Debug, Object)]
struct SubmissionLine {
    outlet_id: OutletId,
    outlet_name: String,
    state: SubmissionState,
    state_text: String,
    sent_on: NaiveDate,
    #[oai(skip_serializing_if_is_none)]
    decided_on: Option<NaiveDate>,
    link: String,
}

/// Where an item was sent, or what became of it there.
#[derive(Debug, Object)]
struct SubmissionBody {
    outlet_id: OutletId,
    state: SubmissionState,
    sent_on: NaiveDate,
    decided_on: Option<NaiveDate>,
    #[oai(default)]
    link: String,
}

/// Why an item is not taken.
#[derive(Debug, Object)]
struct DeclineBody {
    reason: String,
}

/// What the desk made of an item.
#[derive(Debug, Object)]
struct TakenUp {
    article_id: ArticleId,
}

/// A paper or platform.
#[derive(Debug, Object)]
struct Outlet {
    id: OutletId,
    name: String,
    points: i32,
    /// Nothing new is sent there.
    off: bool,
}

/// A paper or platform that is added or changed.
#[derive(Debug, Object)]
struct OutletBody {
    name: String,
    points: i32,
    #[oai(default)]
    off: bool,
}

/// A year, with its sums by community.
#[derive(Debug, Object)]
struct LedgerYear {
    items: Vec<NewsItemLine>,
    sums: Vec<LedgerSum>,
}

/// A community's year.
#[derive(Debug, Object)]
struct LedgerSum {
    #[oai(skip_serializing_if_is_none)]
    community_id: Option<CommunityId>,
    /// Empty: the centre.
    community_name: String,
    items: u64,
    sent: u64,
    taken: u64,
    points: i64,
}

#[OpenApi(tag = "Tag::StaffNews", prefix_path = "/staff")]
impl StaffLedgerApi {
    /// A year's items with where they were sent, and the sums by community. An officer sees
    /// their community's.
    #[oai(path = "/news-items", method = "get", operation_id = "staff_list_news_items")]
    async fn list(&self, who: NewsContributor, year: Query<i32>) -> ApiResult<Json<LedgerYear>> {
        let conn = self.0.db.read();
        let lines = ledger::year(conn, &who.0, year.0).await?;
        let communities = store::community_names(conn).await?;
        let papers: HashMap<OutletId, String> =
            ledger::outlets(conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
        let mut people: Vec<StaffId> = lines.iter().map(|line| line.item.sent_by).collect();
        people.sort();
        people.dedup();
        let names = staff::names(conn, &people).await?;
        let place = |id: Option<CommunityId>| {
            id.and_then(|id| communities.get(&id).cloned()).unwrap_or_default()
        };
        let sums = ledger::sums(&lines)
            .into_iter()
            .map(|sum| LedgerSum {
                community_id: sum.community,
                community_name: place(sum.community),
                items: sum.items,
                sent: sum.sent,
                taken: sum.taken,
                points: sum.points,
            })
            .collect();
        let items = lines
            .into_iter()
            .map(|line| {
                let by = names.get(&line.item.sent_by).cloned().unwrap_or_default();
                item_line(place(line.item.community_id), by, &papers, line)
            })
            .collect();
        Ok(Json(LedgerYear { items, sums }))
    }

    /// Write an item in.
    #[oai(path = "/news-items", method = "post", operation_id = "staff_hand_in_news_item")]
    async fn hand_in(&self, who: NewsContributor, new: Json<NewsItemBody>) -> ApiResult<Done> {
        let NewsItemBody { title, body, project, community_id } = new.0;
        let new = NewItem { title, body, project, community: community_id };
        ledger::hand_in(&self.0, &who.0, new).await?;
        Ok(Done::Done)
    }

    /// Make a draft of an item.
    #[oai(
        path = "/news-items/:id/article",
        method = "post",
        operation_id = "staff_take_up_news_item"
    )]
    async fn take_up(&self, who: NewsDesk, id: Path<NewsItemId>) -> ApiResult<Json<TakenUp>> {
        let article_id = ledger::take_up(&self.0, &who.0, id.0).await?;
        Ok(Json(TakenUp { article_id }))
    }

    /// Do not take an item, and say why.
    #[oai(
        path = "/news-items/:id/decline",
        method = "post",
        operation_id = "staff_decline_news_item"
    )]
    async fn decline(
        &self,
        who: NewsDesk,
        id: Path<NewsItemId>,
        body: Json<DeclineBody>,
    ) -> ApiResult<Done> {
        ledger::decline(&self.0, &who.0, id.0, &body.reason).await?;
        Ok(Done::Done)
    }

    /// Enter where an item was sent, or what became of it there.
    #[oai(
        path = "/news-items/:id/submissions",
        method = "put",
        operation_id = "staff_enter_submission"
    )]
    async fn enter(
        &self,
        who: NewsContributor,
        id: Path<NewsItemId>,
        body: Json<SubmissionBody>,
    ) -> ApiResult<Done> {
        let SubmissionBody { outlet_id, state, sent_on, decided_on, link } = body.0;
        let new = NewSubmission { outlet: outlet_id, state, sent_on, decided_on, link };
        ledger::enter(&self.0, &who.0, id.0, new).await?;
        Ok(Done::Done)
    }

    /// The papers and platforms, with what an item there is worth.
    #[oai(path = "/outlets", method = "get", operation_id = "staff_list_outlets")]
    async fn outlets(&self, _who: NewsContributor) -> ApiResult<Json<Page<Outlet>>> {
        let all = ledger::outlets(self.0.db.read()).await?;
        let line = |one: entity::outlet::Model| Outlet {
            id: one.id,
            name: one.name,
            points: one.points,
            off: one.off,
        };
        Ok(Json(Page::whole(all.into_iter().map(line).collect())))
    }

    /// Add a paper or platform.
    #[oai(path = "/outlets", method = "post", operation_id = "staff_add_outlet")]
    async fn add_outlet(&self, who: NewsDesk, body: Json<OutletBody>) -> ApiResult<Done> {
        ledger::save_outlet(&self.0, &who.0, None, &body.name, body.points, body.off).await?;
        Ok(Done::Done)
    }

    /// Change a paper or platform: all sums follow.
    #[oai(path = "/outlets/:id", method = "put", operation_id = "staff_change_outlet")]
    async fn change_outlet(
        &self,
        who: NewsDesk,
        id: Path<OutletId>,
        body: Json<OutletBody>,
    ) -> ApiResult<Done> {
        ledger::save_outlet(&self.0, &who.0, Some(id.0), &body.name, body.points, body.off).await?;
        Ok(Done::Done)
    }
}

fn item_line(
    community_name: String,
    sent_by: String,
    papers: &HashMap<OutletId, String>,
    line: ledger::Line,
) -> NewsItemLine {
    let item = line.item;
    let taken = line.submissions.iter().any(|one| one.state == SubmissionState::Taken);
    let status_text = match (&item.declined_for, item.article_id, line.submissions.is_empty()) {
        _ if taken => "已录用",
        (Some(_), ..) => "没有采用",
        (None, _, false) => "已投稿",
        (None, Some(_), true) => "正在写成文章",
        (None, None, true) => "等编辑看",
    };
    NewsItemLine {
        id: item.id,
        title: item.title,
        body: item.body,
        project: item.project,
        community_id: item.community_id,
        community_name,
        sent_by,
        sent_at: item.sent_at,
        time_text: clock::spoken(item.sent_at),
        article_id: item.article_id,
        status_text: status_text.to_owned(),
        declined_for: item.declined_for,
        meeting_id: item.meeting_id,
        pictures: line
            .pictures
            .iter()
            .map(|id| ItemPicture { id: *id, url: super::staff_address(*id) })
            .collect(),
        points: line.points,
        submissions: line
            .submissions
            .into_iter()
            .map(|one| SubmissionLine {
                outlet_name: papers.get(&one.outlet_id).cloned().unwrap_or_default(),
                outlet_id: one.outlet_id,
                state: one.state,
                state_text: state_text(one.state).to_owned(),
                sent_on: one.sent_on,
                decided_on: one.decided_on,
                link: one.link,
            })
            .collect(),
    }
}

fn state_text(state: SubmissionState) -> &'static str {
    match state {
        SubmissionState::Sent => "已投，等回复",
        SubmissionState::Taken => "已录用",
        SubmissionState::Refused => "没有录用",
    }
}
