//! News on the wire: what residents read, and the desk of the staff.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};

use entity::ids::{ArticleId, ClassId, CommunityId, MeetingId, PictureId, RemarkId, StaffId};
use entity::kinds::{ArticleStatus, PublicationState, PublicationWay, ReviewStage, Verdict};
use entity::{article_remark, article_review};

use super::asked::is_asked as is_picture_asked;
use super::content::Content;
use super::desk::{self, Desk};
use super::issue::Issue;
use super::{
    Opinion, markup, mass, proof_text, public_address, reads, remarks, stage_text, state_text,
    store,
};
use crate::app::App;
use crate::clock;
use crate::error::{Error, Result};
use crate::staff::{self, Colleague};
use crate::wire::ApiResult;
use crate::wire::auth::NewsDesk;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

pub mod archive;
mod asked;
mod issues;
mod ledger;
mod room;

pub use asked::StaffAskedApi;
pub use issues::StaffIssuesApi;
pub use ledger::StaffLedgerApi;
pub use room::StaffNewsRoomApi;

/// The longest list that is given.
const LIST_LIMIT: u64 = 200;

/// A picture never changes: its id stands for its content.
const PUBLIC_CACHE: &str = "public, max-age=31536000, immutable";
const UNKEPT: &str = "no-store";
const STAFF_CACHE: &str = "private, max-age=31536000, immutable";

/// What residents read.
pub struct NewsApi(pub App);

/// The desk of editors, section heads and leaders.
pub struct StaffNewsApi(pub App);

/// A published article in a list.
#[derive(Debug, Object)]
struct NewsCard {
    id: ArticleId,
    title: String,
    digest: String,
    byline: String,
    published_at: DateTime<Utc>,
    time_text: String,
    #[oai(skip_serializing_if_is_none)]
    cover_url: Option<String>,
    /// Where it stands on the account.
    #[oai(skip_serializing_if_is_none)]
    url: Option<String>,
}

/// A published article.
#[derive(Debug, Object)]
struct NewsItem {
    #[oai(flatten)]
    card: NewsCard,
    origin: String,
    /// Safe to show as it is.
    html: String,
}

/// An article in the desk's list.
#[derive(Debug, Object)]
struct ArticleCard {
    id: ArticleId,
    title: String,
    status: ArticleStatus,
    /// The status in words.
    status_text: String,
    author_name: String,
    version: i32,
    updated_at: DateTime<Utc>,
    time_text: String,
    /// The stages that hold for the present content.
    passes: Vec<ReviewStage>,
    /// Why it is not on the account, in words.
    #[oai(skip_serializing_if_is_none)]
    failure: Option<String>,
    /// Why it is urgent, if it is.
    #[oai(skip_serializing_if_is_none)]
    urgent_for: Option<String>,
    /// Remarks that nobody has settled.
    open_remarks: u64,
    /// The project or activity that it is about.
    project: String,
    /// What it belongs to: none is the centre.
    #[oai(skip_serializing_if_is_none)]
    community_id: Option<CommunityId>,
    community_name: String,
    #[oai(skip_serializing_if_is_none)]
    class_id: Option<ClassId>,
    class_name: String,
    /// The very meeting that it tells of.
    #[oai(skip_serializing_if_is_none)]
    meeting_id: Option<MeetingId>,
}

/// An article with everything that is known about its way.
#[derive(Debug, Object)]
struct Article {
    #[oai(flatten)]
    card: ArticleCard,
    digest: String,
    byline: String,
    origin: String,
    /// Markdown; pictures as `![caption](picture:12)`.
    body: String,
    #[oai(skip_serializing_if_is_none)]
    cover_id: Option<PictureId>,
    /// Names this very content; a verdict repeats it.
    content_hash: String,
    author_id: StaffId,
    /// Safe to show as it is.
    html: String,
    reviews: Vec<Review>,
    #[oai(skip_serializing_if_is_none)]
    next_stage: Option<ReviewStage>,
    /// The proof-reading that goes with it, in words.
    #[oai(skip_serializing_if_is_none)]
    next_proof: Option<String>,
    remarks: Vec<Remark>,
    may: Vec<Action>,
    #[oai(skip_serializing_if_is_none)]
    publication: Option<PublicationLine>,
    mass_send: MassSendLeft,
}

/// What the caller may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum Action {
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

impl From<desk::Action> for Action {
    fn from(action: desk::Action) -> Self {
        match action {
            desk::Action::Edit => Self::Edit,
            desk::Action::Submit => Self::Submit,
            desk::Action::Review => Self::Review,
            desk::Action::Publish => Self::Publish,
            desk::Action::Retry => Self::Retry,
            desk::Action::MassSend => Self::MassSend,
            desk::Action::Preview => Self::Preview,
            desk::Action::Withdraw => Self::Withdraw,
            desk::Action::Plan => Self::Plan,
            desk::Action::CallOff => Self::CallOff,
            desk::Action::Export => Self::Export,
            desk::Action::Remark => Self::Remark,
            desk::Action::Urge => Self::Urge,
        }
    }
}

/// One verdict.
#[derive(Debug, Object)]
struct Review {
    stage: ReviewStage,
    stage_text: String,
    verdict: Verdict,
    reviewer_name: String,
    #[oai(skip_serializing_if_is_none)]
    remark: Option<String>,
    version: i32,
    /// It counts for the present content.
    holds: bool,
    /// The proof-reading that belongs to the stage was ticked.
    proofread: bool,
    time_text: String,
}

/// A remark at a place.
#[derive(Debug, Object)]
struct Remark {
    id: RemarkId,
    version: i32,
    /// The words it is about.
    quote: String,
    /// They still stand in the article.
    stands: bool,
    text: String,
    made_by: String,
    #[oai(skip_serializing_if_is_none)]
    answer: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    answered_by: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    settled_by: Option<String>,
    time_text: String,
    /// The caller may answer it, or settle it.
    may_answer: bool,
    may_settle: bool,
}

/// The newest way to the account.
#[derive(Debug, Object)]
struct PublicationLine {
    state: PublicationState,
    state_text: String,
    way: PublicationWay,
    /// It is ordered for then.
    #[oai(skip_serializing_if_is_none)]
    due_at: Option<DateTime<Utc>>,
    /// Why it was taken back.
    #[oai(skip_serializing_if_is_none)]
    withdrawn_for: Option<String>,
    /// The account's administrator may have to confirm it in WeChat until then.
    #[oai(skip_serializing_if_is_none)]
    confirm_until: Option<DateTime<Utc>>,
    /// Of a mass send, once it ended.
    #[oai(skip_serializing_if_is_none)]
    figures: Option<Figures>,
    /// It goes with others.
    #[oai(skip_serializing_if_is_none)]
    issue: Option<IssueLine>,
    /// How often it was read, where the platform says so.
    #[oai(skip_serializing_if_is_none)]
    reads: Option<Reads>,
    /// The same in words, or why it is not known.
    #[oai(skip_serializing_if_is_none)]
    reads_text: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    failure: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    url: Option<String>,
}

/// The issue of several articles in which an article goes.
#[derive(Debug, Object)]
struct IssueLine {
    /// From 1.
    place: i32,
    /// All of it, in its order.
    articles: Vec<IssueArticle>,
}

/// An article of an issue.
#[derive(Debug, Object)]
struct IssueArticle {
    id: ArticleId,
    title: String,
}

/// How often an article was read, as the platform counted it last.
#[derive(Debug, Object)]
struct Reads {
    /// People, and times that they opened it.
    readers: i64,
    reads: i64,
    shares: i64,
    favourites: i64,
    /// The last day that is counted in.
    as_of: NaiveDate,
}

/// What the platform counted of a mass send.
#[derive(Debug, Object)]
struct Figures {
    total: i64,
    /// Left after filters; normally `sent + failed`.
    filtered: i64,
    sent: i64,
    failed: i64,
}

/// What the account has left of sends to all followers.
#[derive(Debug, Object)]
struct MassSendLeft {
    /// The account may at all.
    able: bool,
    /// It may, and some are left today.
    may: bool,
    text: String,
}

/// Whose phone shows a preview.
#[derive(Debug, Object)]
struct PreviewRequest {
    /// 微信号 of a follower.
    wechat_name: String,
}

/// A saved state.
#[derive(Debug, Object)]
struct Version {
    version: i32,
    title: String,
    saved_by: String,
    time_text: String,
}

/// What an author writes.
#[derive(Debug, Object)]
struct ArticleText {
    /// Up to 32 characters when it is handed in.
    title: String,
    /// Up to 128 characters.
    #[oai(default)]
    digest: String,
    /// 作者, up to 16 characters.
    #[oai(default)]
    byline: String,
    /// 来源.
    #[oai(default)]
    origin: String,
    /// Markdown; pictures as `![caption](picture:12)`.
    #[oai(default)]
    body: String,
    cover_id: Option<PictureId>,
}

impl From<ArticleText> for Content {
    fn from(text: ArticleText) -> Self {
        Self {
            title: text.title,
            digest: text.digest,
            byline: text.byline,
            origin: text.origin,
            body: text.body,
            cover: text.cover_id,
        }
    }
}

/// A change.
#[derive(Debug, Object)]
struct ArticleChange {
    /// The version that was changed.
    version: i32,
    #[oai(flatten)]
    text: ArticleText,
}

/// A verdict on exactly one content.
#[derive(Debug, Object)]
struct ReviewRequest {
    /// Of the content that was read.
    content_hash: String,
    stage: ReviewStage,
    verdict: Verdict,
    /// Needed for a return.
    remark: Option<String>,
    /// The stage's proof-reading was done: needed for a pass.
    #[oai(default)]
    proofread: bool,
}

/// Why something published is taken back.
#[derive(Debug, Object)]
struct WithdrawRequest {
    reason: String,
}

/// An uploaded picture.
#[derive(Debug, Object)]
struct PictureInfo {
    id: PictureId,
    width: i32,
    height: i32,
    mime: String,
    url: String,
}

#[derive(ApiResponse)]
enum PictureBytes {
    /// The picture.
    #[oai(status = 200, content_type = "image/jpeg")]
    Jpeg(Binary<Vec<u8>>, #[oai(header = "Cache-Control")] String),
    /// The picture.
    #[oai(status = 200, content_type = "image/png")]
    Png(Binary<Vec<u8>>, #[oai(header = "Cache-Control")] String),
}

#[OpenApi(tag = "Tag::News")]
impl NewsApi {
    /// The newest articles on the account.
    #[oai(path = "/news", method = "get", operation_id = "list_news")]
    async fn list(&self) -> ApiResult<Json<Page<NewsCard>>> {
        let (lines, total) = store::on_the_account(self.0.db.read(), 0, LIST_LIMIT).await?;
        Ok(Json(Page { items: lines.into_iter().map(news_card).collect(), total }))
    }

    /// One article.
    #[oai(path = "/news/:id", method = "get", operation_id = "get_news")]
    async fn one(&self, id: Path<ArticleId>) -> ApiResult<Json<NewsItem>> {
        let found = store::published_article_of(self.0.db.read(), id.0).await?;
        let (line, article) = found.ok_or_else(super::no_article)?;
        let html = markup::html(&article.body, |id| Some(public_address(id)));
        Ok(Json(NewsItem { card: news_card(line), origin: article.origin, html }))
    }

    /// A picture of a published article.
    #[oai(path = "/pictures/:id", method = "get", operation_id = "get_picture")]
    async fn picture(&self, id: Path<PictureId>) -> ApiResult<PictureBytes> {
        if !super::is_public(self.0.db.read(), id.0).await? {
            return Err(no_picture().into());
        }
        Ok(picture_bytes(&self.0, id.0, PUBLIC_CACHE).await?)
    }

    /// A picture that WeChat is asked about, as long as it is, at an address that nobody
    /// guesses.
    #[oai(path = "/news-pictures/:id/:mark", method = "get", operation_id = "get_asked_picture")]
    async fn asked_picture(
        &self,
        id: Path<PictureId>,
        mark: Path<String>,
    ) -> ApiResult<PictureBytes> {
        if !is_picture_asked(&self.0, id.0, &mark).await? {
            return Err(no_picture().into());
        }
        Ok(picture_bytes(&self.0, id.0, UNKEPT).await?)
    }
}

#[OpenApi(tag = "Tag::StaffNews", prefix_path = "/staff")]
impl StaffNewsApi {
    /// Articles, the last changed first.
    #[oai(path = "/articles", method = "get", operation_id = "staff_list_articles")]
    async fn list(
        &self,
        _who: NewsDesk,
        status: Query<Option<ArticleStatus>>,
        /// Of one community.
        community_id: Query<Option<CommunityId>>,
        /// Of one project.
        project: Query<Option<String>>,
    ) -> ApiResult<Json<Page<ArticleCard>>> {
        let conn = self.0.db.read();
        let wanted = store::Wanted {
            status: status.0,
            community: community_id.0,
            project: project.0.filter(|project| !project.is_empty()),
        };
        let (rows, total) = store::articles(conn, &wanted, LIST_LIMIT).await?;
        let desks = desk::desks(conn, rows).await?;
        Ok(Json(Page { items: desks.iter().map(article_card).collect(), total }))
    }

    /// Begin an article.
    #[oai(path = "/articles", method = "post", operation_id = "staff_write_article")]
    async fn write(&self, who: NewsDesk, text: Json<ArticleText>) -> ApiResult<Json<Article>> {
        let id = super::write(&self.0, &who.0, text.0.into()).await?;
        self.shown(&who.0, id).await
    }

    /// One article, with its reviews and its way to the account.
    #[oai(path = "/articles/:id", method = "get", operation_id = "staff_get_article")]
    async fn one(&self, who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<Article>> {
        self.shown(&who.0, id.0).await
    }

    /// Save a change. Passes of the old content no longer hold. 409 `edited_meanwhile`
    /// when somebody else saved first.
    #[oai(path = "/articles/:id", method = "put", operation_id = "staff_edit_article")]
    async fn edit(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        change: Json<ArticleChange>,
    ) -> ApiResult<Json<Article>> {
        let ArticleChange { version, text } = change.0;
        super::edit(&self.0, &who.0, id.0, version, text.into()).await?;
        self.shown(&who.0, id.0).await
    }

    /// Hand a draft to the reviewers. 400 `incomplete` names everything that is missing.
    #[oai(path = "/articles/:id/submit", method = "post", operation_id = "staff_submit_article")]
    async fn submit(&self, who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<Article>> {
        super::submit(&self.0, &who.0, id.0).await?;
        self.shown(&who.0, id.0).await
    }

    /// Pass an article, or return it to its author.
    #[oai(path = "/articles/:id/reviews", method = "post", operation_id = "staff_review_article")]
    async fn review(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<ReviewRequest>,
    ) -> ApiResult<Json<Article>> {
        let ReviewRequest { content_hash, stage, verdict, remark, proofread } = request.0;
        let opinion = Opinion { content_hash, stage, verdict, remark, proofread };
        super::review(&self.0, &who.0, id.0, opinion).await?;
        self.shown(&who.0, id.0).await
    }

    /// Bring an approved article to the account; also once more after a failure.
    #[oai(path = "/articles/:id/publish", method = "post", operation_id = "staff_publish_article")]
    async fn publish(&self, who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<Article>> {
        super::publish(&self.0, &who.0, id.0, PublicationWay::Publish, None).await?;
        self.shown(&who.0, id.0).await
    }

    /// Send an approved article to all followers, who are told. 409 `no_mass_send_left`
    /// where the account may not, or has none left.
    #[oai(
        path = "/articles/:id/mass-send",
        method = "post",
        operation_id = "staff_mass_send_article"
    )]
    async fn mass_send(&self, who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<Article>> {
        super::publish(&self.0, &who.0, id.0, PublicationWay::MassSend, None).await?;
        self.shown(&who.0, id.0).await
    }

    /// Show an approved article on the phone of one follower. 400 `no_such_follower`.
    #[oai(path = "/articles/:id/preview", method = "post", operation_id = "staff_preview_article")]
    async fn preview(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<PreviewRequest>,
    ) -> ApiResult<Json<Article>> {
        super::preview(&self.0, &who.0, &[id.0], &request.wechat_name).await?;
        self.shown(&who.0, id.0).await
    }

    /// Take a published article back: off our pages at once, off the account by a job. The
    /// card of a mass send stays in people's chats.
    #[oai(
        path = "/articles/:id/withdraw",
        method = "post",
        operation_id = "staff_withdraw_article"
    )]
    async fn withdraw(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<WithdrawRequest>,
    ) -> ApiResult<Json<Article>> {
        super::withdraw(&self.0, &who.0, id.0, &request.reason).await?;
        self.shown(&who.0, id.0).await
    }

    /// All saved states, the newest first.
    #[oai(path = "/articles/:id/versions", method = "get", operation_id = "staff_article_versions")]
    async fn versions(
        &self,
        _who: NewsDesk,
        id: Path<ArticleId>,
    ) -> ApiResult<Json<Page<Version>>> {
        let conn = self.0.db.read();
        let rows = store::versions(conn, id.0).await?;
        if rows.is_empty() {
            return Err(super::no_article().into());
        }
        let mut people: Vec<StaffId> = rows.iter().map(|row| row.saved_by).collect();
        people.sort();
        people.dedup();
        let names: HashMap<StaffId, String> = staff::names(conn, &people).await?;
        let items = rows
            .into_iter()
            .map(|row| Version {
                version: row.version,
                title: row.title,
                saved_by: names.get(&row.saved_by).cloned().unwrap_or_default(),
                time_text: clock::spoken(row.saved_at),
            })
            .collect();
        Ok(Json(Page::whole(items)))
    }

    /// Upload a picture: the bytes of a JPEG or PNG. It is turned upright, shrunk, and
    /// rid of what cameras write into it.
    #[oai(path = "/pictures", method = "post", operation_id = "staff_upload_picture")]
    async fn upload(&self, who: NewsDesk, file: Binary<Vec<u8>>) -> ApiResult<Json<PictureInfo>> {
        let line = super::add_picture(&self.0, &who.0, file.0).await?;
        Ok(Json(PictureInfo {
            id: line.id,
            width: line.width,
            height: line.height,
            mime: line.mime,
            url: staff_address(line.id),
        }))
    }

    /// A picture, published or not.
    #[oai(path = "/pictures/:id", method = "get", operation_id = "staff_get_picture")]
    async fn picture(&self, _who: NewsDesk, id: Path<PictureId>) -> ApiResult<PictureBytes> {
        Ok(picture_bytes(&self.0, id.0, STAFF_CACHE).await?)
    }
}

impl StaffNewsApi {
    async fn shown(&self, who: &Colleague, id: ArticleId) -> ApiResult<Json<Article>> {
        shown(&self.0, who, id).await
    }
}

/// An article as this person has it before them.
async fn shown(app: &App, who: &Colleague, id: ArticleId) -> ApiResult<Json<Article>> {
    let conn = app.db.read();
    let row = store::article(conn, id).await?.ok_or_else(super::no_article)?;
    let desk = desk::desks(conn, vec![row]).await?.pop().ok_or_else(super::no_article)?;
    let quota = mass::quota(app, conn).await?;
    let out = out(app, &desk).await?;
    let rows = store::remarks(conn, id).await?;
    let mut people: Vec<StaffId> = rows
        .iter()
        .flat_map(|row| [Some(row.made_by), row.answered_by, row.settled_by])
        .flatten()
        .collect();
    people.sort();
    people.dedup();
    let names = staff::names(conn, &people).await?;
    let content = Content::from(&desk.article);
    let remarks = rows.into_iter().map(|row| remark(row, &desk, &content, who, &names)).collect();
    Ok(Json(article(&desk, who, quota, remarks, out, app.clock.now())))
}

/// What goes with an article's newest way to the account.
#[derive(Default)]
struct Out {
    issue: Option<IssueLine>,
    reads: Option<Reads>,
    reads_text: Option<String>,
}

async fn out(app: &App, desk: &Desk) -> Result<Out> {
    let Some(row) = &desk.publication else { return Ok(Out::default()) };
    let conn = app.db.read();
    let issue = Issue::of(conn, row.id).await?;
    let told = store::reads(conn, &[row.id]).await?.remove(&row.id);
    let reads_text = reads::words(app, row, told.as_ref());
    let reads = told.map(|one| Reads {
        readers: one.readers,
        reads: one.reads,
        shares: one.shares,
        favourites: one.favourites,
        as_of: one.as_of,
    });
    if !issue.is_of_several() {
        return Ok(Out { issue: None, reads, reads_text });
    }
    let ids: Vec<ArticleId> = issue.rows.iter().map(|row| row.article_id).collect();
    let titles = store::titles(conn, &ids).await?;
    let title = |id: &ArticleId| titles.get(id).cloned().unwrap_or_default();
    let articles = ids.iter().map(|id| IssueArticle { id: *id, title: title(id) }).collect();
    Ok(Out { issue: Some(IssueLine { place: row.place, articles }), reads, reads_text })
}

fn remark(
    row: article_remark::Model,
    desk: &Desk,
    content: &Content,
    who: &Colleague,
    names: &HashMap<StaffId, String>,
) -> Remark {
    let name = |id: StaffId| names.get(&id).cloned().unwrap_or_default();
    let (may_answer, may_settle) = remarks::may(who, &desk.article, &desk.authors, &row);
    Remark {
        id: row.id,
        version: row.version,
        stands: remarks::stands_in(content, &row.quote),
        made_by: name(row.made_by),
        answered_by: row.answered_by.map(name),
        settled_by: row.settled_by.map(name),
        time_text: clock::spoken(remarks::touched(&row)),
        quote: row.quote,
        text: row.text,
        answer: row.answer,
        may_answer,
        may_settle,
    }
}

fn no_picture() -> Error {
    Error::not_found("no_picture", "没有这张图片。")
}

async fn picture_bytes(app: &App, id: PictureId, cache: &str) -> Result<PictureBytes> {
    let row = store::picture(app.db.read(), id).await?.ok_or_else(no_picture)?;
    let cache = cache.to_owned();
    Ok(if row.mime == "image/png" {
        PictureBytes::Png(Binary(row.bytes), cache)
    } else {
        PictureBytes::Jpeg(Binary(row.bytes), cache)
    })
}

fn staff_address(id: PictureId) -> String {
    format!("/api/staff/pictures/{id}")
}

fn news_card(line: store::NewsLine) -> NewsCard {
    NewsCard {
        id: line.id,
        title: line.title,
        digest: line.digest,
        byline: line.byline,
        published_at: line.published_at,
        time_text: clock::spoken(line.published_at),
        cover_url: line.cover.map(public_address),
        url: line.url,
    }
}

fn article_card(desk: &Desk) -> ArticleCard {
    let row = &desk.article;
    ArticleCard {
        id: row.id,
        title: row.title.clone(),
        status: row.status,
        status_text: desk.status_text().to_owned(),
        author_name: desk.name(row.author_id),
        version: row.version,
        updated_at: row.updated_at,
        time_text: clock::spoken(row.updated_at),
        passes: desk.chain.holds.iter().map(|pass| pass.stage).collect(),
        failure: desk.failure(),
        urgent_for: row.urgent_for.clone(),
        open_remarks: desk.open_remarks,
        project: row.project.clone(),
        community_id: row.community_id,
        community_name: desk.community_name.clone(),
        class_id: row.class_id,
        class_name: desk.class_name.clone(),
        meeting_id: row.meeting_id,
    }
}

fn article(
    desk: &Desk,
    who: &Colleague,
    quota: mass::Quota,
    remarks: Vec<Remark>,
    out: Out,
    now: DateTime<Utc>,
) -> Article {
    let row = &desk.article;
    Article {
        card: article_card(desk),
        digest: row.digest.clone(),
        byline: row.byline.clone(),
        origin: row.origin.clone(),
        body: row.body.clone(),
        cover_id: row.cover_id,
        content_hash: row.content_hash.clone(),
        author_id: row.author_id,
        html: markup::html(&row.body, |id| Some(staff_address(id))),
        reviews: desk.reviews.iter().map(|review| review_line(desk, review)).collect(),
        next_stage: desk.next_stage(),
        next_proof: desk.next_stage().map(|stage| proof_text(stage).to_owned()),
        remarks,
        may: desk.may(who, quota.may, now).into_iter().map(Action::from).collect(),
        publication: desk.publication.as_ref().map(|row| PublicationLine {
            state: row.state,
            state_text: match (mass::confirm_until(row, now), row.due_at) {
                (Some(_), _) => "等管理员在微信里确认".to_owned(),
                (None, Some(due)) if desk::is_planned(row, now) => {
                    format!("定在{}", clock::spoken(due))
                }
                _ => state_text(row.state, row.way).to_owned(),
            },
            way: row.way,
            due_at: row.due_at.filter(|_| desk::is_planned(row, now)),
            withdrawn_for: row.withdrawn_for.clone(),
            confirm_until: mass::confirm_until(row, now),
            figures: figures(row),
            issue: out.issue,
            reads: out.reads,
            reads_text: out.reads_text,
            failure: row.failure.clone(),
            url: row.url.clone(),
        }),
        mass_send: MassSendLeft { able: quota.able, may: quota.may, text: quota.text },
    }
}

fn figures(row: &entity::publication::Model) -> Option<Figures> {
    Some(Figures {
        total: row.total_count?,
        filtered: row.filter_count?,
        sent: row.sent_count?,
        failed: row.error_count?,
    })
}

fn review_line(desk: &Desk, row: &article_review::Model) -> Review {
    Review {
        stage: row.stage,
        stage_text: stage_text(row.stage).to_owned(),
        verdict: row.verdict,
        reviewer_name: desk.name(row.reviewer_id),
        remark: row.remark.clone(),
        version: row.version,
        holds: desk.holds(row),
        proofread: row.proofread,
        time_text: clock::spoken(row.at),
    }
}
