//! The rest of the desk on the wire: the machine check and its words, differences, remarks,
//! times, the file for pasting by hand, what to watch, and what was done.

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};

use entity::article_version;
use entity::ids::{ArticleId, PictureId, RemarkId};
use entity::kinds::{NewsWordKind, PublicationState, PublicationWay, ReviewStage};

use super::{Article, shown};
use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::news::changes::{self, Fate};
use crate::news::check::{self, Weight};
use crate::news::content::Content;
use crate::news::words::{self, Word};
use crate::news::{NewRemark, export, no_article, object, stage_text, store, watch};
use crate::staff;
use crate::wire::ApiResult;
use crate::wire::auth::NewsDesk;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::sheet::encoded;
use crate::wire::tags::Tag;

/// So much of what was done is shown.
const TRACE_LINES: u64 = 200;

/// More of the desk.
pub struct StaffNewsRoomApi(pub App);

/// How much is against a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum FindingWeight {
    /// Has to be changed before it is handed in.
    Stop,
    /// Worth a look.
    Look,
}

/// What the machine check found.
#[derive(Debug, Object)]
struct Finding {
    weight: FindingWeight,
    /// 标题, 第 3 段 …
    place: String,
    quote: String,
    message: String,
}

/// A word that the machine check looks out for.
#[derive(Debug, Object)]
struct NewsWord {
    kind: NewsWordKind,
    word: String,
    /// What to write instead; of an official, the office.
    #[oai(default)]
    instead: String,
}

/// A word to be looked for no longer.
#[derive(Debug, Object)]
struct NewsWordName {
    kind: NewsWordKind,
    word: String,
}

/// What became of a run of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum RunKind {
    Same,
    Gone,
    New,
    /// Stayed the same and is not shown; `letters` says how much.
    Left,
}

/// A run of letters.
#[derive(Debug, Object)]
struct ChangeRun {
    kind: RunKind,
    text: String,
    letters: u64,
}

/// A part that is not the same in two versions.
#[derive(Debug, Object)]
struct Change {
    /// 标题, 正文 …
    part: String,
    runs: Vec<ChangeRun>,
}

/// A saved version with its text.
#[derive(Debug, Object)]
struct VersionText {
    version: i32,
    title: String,
    digest: String,
    byline: String,
    origin: String,
    body: String,
    #[oai(skip_serializing_if_is_none)]
    cover_id: Option<PictureId>,
}

/// A remark at a place.
#[derive(Debug, Object)]
struct RemarkRequest {
    /// Of the content that was read.
    content_hash: String,
    /// The words it is about, as they stand there.
    quote: String,
    text: String,
}

/// An answer to a remark.
#[derive(Debug, Object)]
struct AnswerRequest {
    text: String,
}

/// When an article is to go, and how.
#[derive(Debug, Object)]
struct PlanRequest {
    way: PlannedWay,
    at: DateTime<Utc>,
}

/// What can be ordered for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum PlannedWay {
    Publish,
    MassSend,
}

/// Where it stands on the account.
#[derive(Debug, Object)]
struct ByHandRequest {
    /// Begins with `https://mp.weixin.qq.com/`.
    link: String,
}

/// Why it is urgent; empty: it is not.
#[derive(Debug, Object)]
struct UrgentRequest {
    reason: Option<String>,
}

/// How near the end of the platform's patience is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum AlarmLevel {
    None,
    Soon,
    Now,
}

/// What the desk has to see in time.
#[derive(Debug, Object)]
struct Alarms {
    level: AlarmLevel,
    /// How long nothing was published, in words.
    silence_text: String,
    #[oai(skip_serializing_if_is_none)]
    silent_days: Option<i64>,
    /// What comes next by plan, in words.
    #[oai(skip_serializing_if_is_none)]
    planned_text: Option<String>,
    urgent: Vec<UrgentArticle>,
}

/// An urgent article that waits.
#[derive(Debug, Object)]
struct UrgentArticle {
    id: ArticleId,
    title: String,
    why: String,
    /// Whose turn it is; none: to be published.
    #[oai(skip_serializing_if_is_none)]
    next_stage: Option<ReviewStage>,
    waiting_minutes: i64,
    /// What it waits for, in words.
    waiting_text: String,
}

/// A line of the calendar.
#[derive(Debug, Object)]
struct CalendarLine {
    article_id: ArticleId,
    title: String,
    at: DateTime<Utc>,
    /// As in `2026-09-01`, in Shanghai.
    day: String,
    time_text: String,
    way: PublicationWay,
    state: PublicationState,
    /// It is to go out then.
    planned: bool,
    withdrawn: bool,
}

/// What somebody did.
#[derive(Debug, Object)]
struct TraceLine {
    action: String,
    #[oai(skip_serializing_if_is_none)]
    detail: Option<String>,
    /// What it was, in words.
    text: String,
    by: String,
    time_text: String,
}

#[derive(ApiResponse)]
enum ArticleFile {
    /// The article with its pictures in one file.
    #[oai(status = 200, content_type = "text/html; charset=utf-8")]
    File(Binary<Vec<u8>>, #[oai(header = "Content-Disposition")] String),
}

#[OpenApi(tag = "Tag::StaffNews", prefix_path = "/staff")]
impl StaffNewsRoomApi {
    /// What a machine sees in an article. `stop`: has to be changed before it is handed in.
    #[oai(path = "/articles/:id/check", method = "get", operation_id = "staff_check_article")]
    async fn check(&self, _who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<Page<Finding>>> {
        let conn = self.0.db.read();
        let row = store::article(conn, id.0).await?.ok_or_else(no_article)?;
        let found = check::look(&Content::from(&row), &words::all(conn).await?);
        let line = |one: check::Finding| Finding {
            weight: match one.weight {
                Weight::Stop => FindingWeight::Stop,
                Weight::Look => FindingWeight::Look,
            },
            place: one.place,
            quote: one.quote,
            message: one.says,
        };
        Ok(Json(Page::whole(found.into_iter().map(line).collect())))
    }

    /// The words that are looked for.
    #[oai(path = "/news-words", method = "get", operation_id = "staff_list_news_words")]
    async fn list_words(&self, _who: NewsDesk) -> ApiResult<Json<Page<NewsWord>>> {
        let line = |Word { kind, word, instead }: Word| NewsWord { kind, word, instead };
        let all = words::all(self.0.db.read()).await?;
        Ok(Json(Page::whole(all.into_iter().map(line).collect())))
    }

    /// Look for a word from now on, or say something else of it.
    #[oai(path = "/news-words", method = "put", operation_id = "staff_keep_news_word")]
    async fn keep_word(&self, who: NewsDesk, word: Json<NewsWord>) -> ApiResult<Done> {
        let NewsWord { kind, word, instead } = word.0;
        crate::news::keep_word(&self.0, &who.0, kind, &word, &instead).await?;
        Ok(Done::Done)
    }

    /// Look for a word no longer.
    #[oai(path = "/news-words/drop", method = "post", operation_id = "staff_drop_news_word")]
    async fn drop_word(&self, who: NewsDesk, word: Json<NewsWordName>) -> ApiResult<Done> {
        crate::news::drop_word(&self.0, &who.0, word.kind, &word.word).await?;
        Ok(Done::Done)
    }

    /// What is different between two versions.
    #[oai(path = "/articles/:id/changes", method = "get", operation_id = "staff_article_changes")]
    async fn changes(
        &self,
        _who: NewsDesk,
        id: Path<ArticleId>,
        from: Query<i32>,
        to: Query<i32>,
    ) -> ApiResult<Json<Page<Change>>> {
        let (old, new) = (self.version(id.0, from.0).await?, self.version(id.0, to.0).await?);
        let changes = tokio::task::spawn_blocking(move || changes::between(&old, &new))
            .await
            .map_err(Error::internal)?;
        let run = |run: changes::Run| {
            let (kind, letters) = match run.fate {
                Fate::Same => (RunKind::Same, run.text.chars().count()),
                Fate::Gone => (RunKind::Gone, run.text.chars().count()),
                Fate::New => (RunKind::New, run.text.chars().count()),
                Fate::Left(letters) => (RunKind::Left, letters),
            };
            ChangeRun { kind, text: run.text, letters: letters as u64 }
        };
        let line = |one: changes::Change| Change {
            part: one.part.to_owned(),
            runs: one.runs.into_iter().map(run).collect(),
        };
        Ok(Json(Page::whole(changes.into_iter().map(line).collect())))
    }

    /// One saved version with its text, to go back to it by saving it anew.
    #[oai(
        path = "/articles/:id/versions/:version",
        method = "get",
        operation_id = "staff_article_version"
    )]
    async fn one_version(
        &self,
        _who: NewsDesk,
        id: Path<ArticleId>,
        version: Path<i32>,
    ) -> ApiResult<Json<VersionText>> {
        let text = self.version(id.0, version.0).await?;
        Ok(Json(VersionText {
            version: version.0,
            title: text.title,
            digest: text.digest,
            byline: text.byline,
            origin: text.origin,
            body: text.body,
            cover_id: text.cover,
        }))
    }

    /// Say of a place what is to be changed. While a remark is open nothing is passed.
    #[oai(path = "/articles/:id/remarks", method = "post", operation_id = "staff_remark_article")]
    async fn remark(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<RemarkRequest>,
    ) -> ApiResult<Json<Article>> {
        let RemarkRequest { content_hash, quote, text } = request.0;
        let new = NewRemark { content_hash, quote, text };
        crate::news::remark(&self.0, &who.0, id.0, new).await?;
        shown(&self.0, &who.0, id.0).await
    }

    /// Answer a remark, as whoever writes the article.
    #[oai(path = "/remarks/:id/answer", method = "post", operation_id = "staff_answer_remark")]
    async fn answer(
        &self,
        who: NewsDesk,
        id: Path<RemarkId>,
        request: Json<AnswerRequest>,
    ) -> ApiResult<Json<Article>> {
        let article = crate::news::answer_remark(&self.0, &who.0, id.0, &request.text).await?;
        shown(&self.0, &who.0, article).await
    }

    /// Settle a remark, as somebody who reads the article.
    #[oai(path = "/remarks/:id/settle", method = "post", operation_id = "staff_settle_remark")]
    async fn settle(&self, who: NewsDesk, id: Path<RemarkId>) -> ApiResult<Json<Article>> {
        let article = crate::news::settle_remark(&self.0, &who.0, id.0).await?;
        shown(&self.0, &who.0, article).await
    }

    /// Order an approved article for a time.
    #[oai(path = "/articles/:id/plan", method = "post", operation_id = "staff_plan_article")]
    async fn plan(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<PlanRequest>,
    ) -> ApiResult<Json<Article>> {
        let way = match request.way {
            PlannedWay::Publish => PublicationWay::Publish,
            PlannedWay::MassSend => PublicationWay::MassSend,
        };
        crate::news::publish(&self.0, &who.0, id.0, way, Some(request.at)).await?;
        shown(&self.0, &who.0, id.0).await
    }

    /// Call off what is planned.
    #[oai(
        path = "/articles/:id/call-off",
        method = "post",
        operation_id = "staff_call_off_article"
    )]
    async fn call_off(&self, who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<Article>> {
        crate::news::call_off(&self.0, &who.0, id.0).await?;
        shown(&self.0, &who.0, id.0).await
    }

    /// A finished article as one file, for pasting by hand.
    #[oai(path = "/articles/:id/export", method = "post", operation_id = "staff_export_article")]
    async fn export(&self, who: NewsDesk, id: Path<ArticleId>) -> ApiResult<ArticleFile> {
        let file = export::export(&self.0, &who.0, id.0).await?;
        let name = encoded(&file.name);
        let disposition = format!("attachment; filename=\"article.html\"; filename*=UTF-8''{name}");
        Ok(ArticleFile::File(Binary(file.html.into_bytes()), disposition))
    }

    /// Register that a person published it by hand.
    #[oai(path = "/articles/:id/by-hand", method = "post", operation_id = "staff_article_by_hand")]
    async fn by_hand(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<ByHandRequest>,
    ) -> ApiResult<Json<Article>> {
        crate::news::by_hand(&self.0, &who.0, id.0, &request.link).await?;
        shown(&self.0, &who.0, id.0).await
    }

    /// Say that an article is urgent and why, or no longer.
    #[oai(path = "/articles/:id/urgent", method = "post", operation_id = "staff_urge_article")]
    async fn urge(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        request: Json<UrgentRequest>,
    ) -> ApiResult<Json<Article>> {
        crate::news::urge(&self.0, &who.0, id.0, request.reason.as_deref()).await?;
        shown(&self.0, &who.0, id.0).await
    }

    /// What the desk has to see in time.
    #[oai(path = "/news-alarms", method = "get", operation_id = "staff_news_alarms")]
    async fn alarms(&self, _who: NewsDesk) -> ApiResult<Json<Alarms>> {
        let conn = self.0.db.read();
        let silence = watch::silence(&self.0, conn).await?;
        let urgent = watch::urgent(&self.0, conn).await?;
        Ok(Json(Alarms {
            level: match silence.alarm {
                watch::Alarm::None => AlarmLevel::None,
                watch::Alarm::Soon => AlarmLevel::Soon,
                watch::Alarm::Now => AlarmLevel::Now,
            },
            silence_text: silence.text,
            silent_days: silence.days,
            planned_text: silence.planned_at.map(|at| format!("下一篇定在{}。", clock::spoken(at))),
            urgent: urgent.into_iter().map(urgent_line).collect(),
        }))
    }

    /// What went out in a month, and what is to go out.
    #[oai(path = "/news-calendar", method = "get", operation_id = "staff_news_calendar")]
    async fn calendar(
        &self,
        _who: NewsDesk,
        /// As in `2026-09`.
        month: Query<String>,
    ) -> ApiResult<Json<Page<CalendarLine>>> {
        let month = watch::month(&month.0)?;
        let lines = watch::calendar(self.0.db.read(), month, self.0.clock.now()).await?;
        let line = |one: watch::Planned| CalendarLine {
            article_id: one.article,
            title: one.title,
            at: one.at,
            day: clock::local_date(one.at).to_string(),
            time_text: clock::minute_name(clock::local_minute(one.at)),
            way: one.way,
            state: one.state,
            planned: one.planned,
            withdrawn: one.withdrawn,
        };
        Ok(Json(Page::whole(lines.into_iter().map(line).collect())))
    }

    /// What was done to an article, and what was tried, the newest first.
    #[oai(path = "/articles/:id/trace", method = "get", operation_id = "staff_article_trace")]
    async fn trace(&self, _who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<Page<TraceLine>>> {
        let rows = staff::trace(self.0.db.read(), &object(id.0), TRACE_LINES).await?;
        let line = |row: staff::Trace| TraceLine {
            text: trace_text(&row.action).to_owned(),
            action: row.action,
            detail: row.detail,
            by: row.by,
            time_text: clock::spoken(row.at),
        };
        Ok(Json(Page::whole(rows.into_iter().map(line).collect())))
    }
}

impl StaffNewsRoomApi {
    async fn version(&self, id: ArticleId, version: i32) -> Result<Content, Error> {
        let row = store::version(self.0.db.read(), id, version).await?;
        let row = row.ok_or_else(|| Error::not_found("no_version", "没有这一版。"))?;
        Ok(of_version(row))
    }
}

fn of_version(row: article_version::Model) -> Content {
    Content {
        title: row.title,
        digest: row.digest,
        byline: row.byline,
        origin: row.origin,
        body: row.body,
        cover: row.cover_id,
    }
}

fn urgent_line(one: watch::Urgent) -> UrgentArticle {
    let waits = match one.stage {
        Some(stage) => format!("等{}审核", stage_text(stage)),
        None => "等发布".to_owned(),
    };
    let long = match one.waiting_minutes {
        minutes if minutes < 60 => format!("{minutes} 分钟"),
        minutes => format!("{} 小时 {} 分钟", minutes / 60, minutes % 60),
    };
    UrgentArticle {
        id: one.article.id,
        title: one.article.title,
        why: one.why,
        next_stage: one.stage,
        waiting_minutes: one.waiting_minutes,
        waiting_text: format!("{waits}，已经等了 {long}。"),
    }
}

/// What an action is called.
fn trace_text(action: &str) -> &'static str {
    match action {
        "news.submit" => "送审",
        "news.verdict" => "审核",
        "news.publish" => "要求发布",
        "news.preview" => "发到一个人的手机看",
        "news.called_off" => "取消定时",
        "news.by_hand" => "登记手工发布",
        "news.export" => "下载全文",
        "news.withdraw" => "撤下",
        "news.urgent" => "标为急稿",
        "news.not_urgent" => "取消急稿",
        "news.remark" => "提意见",
        "news.remark_answered" => "答复意见",
        "news.remark_settled" => "意见处理好了",
        "news.refused" => "没有放行",
        "news.split" => "分成两篇",
        "news.belongs" => "改了归属",
        "news.asked_platform" => "请微信检查",
        "news.platform_answered" => "回答微信的检查",
        _ => "其他",
    }
}
