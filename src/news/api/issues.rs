//! Issues of several articles, what articles belong to, and the figures, on the wire.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{ArticleId, ClassId, CommunityId};
use entity::kinds::{PublicationWay, Role};

use super::room::PlannedWay;
use super::{Article, shown};
use crate::app::App;
use crate::error::Error;
use crate::news::{self, Belongs, store};
use crate::staff;
use crate::wire::ApiResult;
use crate::wire::auth::{NewsContributor, NewsDesk};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

/// Classes from which the desk chooses.
const CLASSES: u64 = 300;

/// Issues, belongings and figures.
pub struct StaffIssuesApi(pub App);

/// Several articles that go together.
#[derive(Debug, Object)]
struct IssueRequest {
    /// Two to eight, in the order in which they are to stand.
    articles: Vec<ArticleId>,
    way: PlannedWay,
    /// Absent: at once.
    at: Option<DateTime<Utc>>,
}

/// Whose phone shows several articles first.
#[derive(Debug, Object)]
struct IssuePreviewRequest {
    articles: Vec<ArticleId>,
    /// 微信号 of a follower.
    wechat_name: String,
}

/// What an article belongs to.
#[derive(Debug, Object)]
struct BelongsRequest {
    /// The project or activity.
    #[oai(default)]
    project: String,
    /// Empty: the centre's.
    community_id: Option<CommunityId>,
    class_id: Option<ClassId>,
}

/// Which version is parted.
#[derive(Debug, Object)]
struct SplitRequest {
    version: i32,
}

/// The article with the second half.
#[derive(Debug, Object)]
struct SplitOff {
    article_id: ArticleId,
}

/// A class that an article may tell of.
#[derive(Debug, Object)]
struct NewsClass {
    id: ClassId,
    name: String,
}

/// A month of a community and project.
#[derive(Debug, Object)]
struct NewsFigures {
    /// As in `2026-09`.
    month: String,
    #[oai(skip_serializing_if_is_none)]
    community_id: Option<CommunityId>,
    /// Empty: the centre.
    community_name: String,
    /// Empty: none.
    project: String,
    /// Articles that came to the account and are there.
    published: u64,
    /// People who read them, as far as the platform says.
    readers: i64,
    /// Items that were written in, sent anywhere, taken, and what that is worth.
    items: u64,
    sent: u64,
    taken: u64,
    points: i64,
}

fn way(planned: PlannedWay) -> PublicationWay {
    match planned {
        PlannedWay::Publish => PublicationWay::Publish,
        PlannedWay::MassSend => PublicationWay::MassSend,
    }
}

#[OpenApi(tag = "Tag::StaffNews", prefix_path = "/staff")]
impl StaffIssuesApi {
    /// Bring several approved articles to the account as one issue, in this order.
    ///
    /// Codes: `issue_size`, `not_approved`, `publishing`, `published`, `remarks_open`,
    /// `no_mass_send_left`, `quiet_hours`, `bad_time`.
    #[oai(path = "/issues", method = "post", operation_id = "staff_publish_issue")]
    async fn publish(&self, who: NewsDesk, request: Json<IssueRequest>) -> ApiResult<Done> {
        let IssueRequest { articles, way: planned, at } = request.0;
        news::publish_issue(&self.0, &who.0, &articles, way(planned), at).await?;
        Ok(Done::Done)
    }

    /// Show several approved articles as one issue on the phone of one follower.
    #[oai(path = "/issues/preview", method = "post", operation_id = "staff_preview_issue")]
    async fn preview(&self, who: NewsDesk, request: Json<IssuePreviewRequest>) -> ApiResult<Done> {
        let IssuePreviewRequest { articles, wechat_name } = request.0;
        news::preview(&self.0, &who.0, &articles, &wechat_name).await?;
        Ok(Done::Done)
    }

    /// Say what an article belongs to. Its passes stand: no reader sees it.
    ///
    /// Codes: `no_community`, `no_class`, `too_long`.
    #[oai(path = "/articles/:id/belongs", method = "put", operation_id = "staff_article_belongs")]
    async fn belongs(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<BelongsRequest>,
    ) -> ApiResult<Json<Article>> {
        let BelongsRequest { project, community_id, class_id } = request.0;
        let to = Belongs { project, community: community_id, class: class_id, meeting: None };
        news::belong(&self.0, &who.0, id.0, to).await?;
        shown(&self.0, &who.0, id.0).await
    }

    /// Put the second half of an article into a new one, where it is too long for one.
    ///
    /// Codes: `edited_meanwhile`, `not_editable`, `one_paragraph`.
    #[oai(path = "/articles/:id/split", method = "post", operation_id = "staff_split_article")]
    async fn split(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<SplitRequest>,
    ) -> ApiResult<Json<SplitOff>> {
        let article_id = news::split(&self.0, &who.0, id.0, request.version).await?;
        Ok(Json(SplitOff { article_id }))
    }

    /// The classes that an article may tell of, the newest first.
    #[oai(path = "/news-classes", method = "get", operation_id = "staff_news_classes")]
    async fn classes(&self, _who: NewsDesk) -> ApiResult<Json<Page<NewsClass>>> {
        let rows = store::classes(self.0.db.read(), CLASSES).await?;
        let line = |(id, name): (ClassId, String)| NewsClass { id, name };
        Ok(Json(Page::whole(rows.into_iter().map(line).collect())))
    }

    /// A year, month by month, by community and project. An officer sees their community's.
    #[oai(path = "/news-figures", method = "get", operation_id = "staff_news_figures")]
    async fn figures(
        &self,
        who: NewsContributor,
        year: Query<i32>,
    ) -> ApiResult<Json<Page<NewsFigures>>> {
        let first = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
        let span = first(year.0).zip(first(year.0 + 1));
        let span = span.filter(|_| (2000..=2100).contains(&year.0));
        let span = span.ok_or_else(|| Error::invalid("bad_year", "年份不对。"))?;
        let scope = if who.0.role == Role::Officer { staff::scope(&who.0)? } else { None };
        let conn = self.0.db.read();
        let names = store::community_names(conn).await?;
        let line = |one: news::Counted| NewsFigures {
            month: one.month.format("%Y-%m").to_string(),
            community_name: one
                .community
                .and_then(|id| names.get(&id).cloned())
                .unwrap_or_default(),
            community_id: one.community,
            project: one.project,
            published: one.published,
            readers: one.readers,
            items: one.items,
            sent: one.sent,
            taken: one.taken,
            points: one.points,
        };
        let found = news::counted(conn, span, scope).await?;
        Ok(Json(Page::whole(found.into_iter().map(line).collect())))
    }
}
