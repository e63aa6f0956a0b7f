//! What the platform thinks of an article, on the wire.

use std::collections::HashMap;

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use entity::ids::{ArticleId, CheckId, StaffId};

use crate::app::App;
use crate::error::Result;
use crate::news::asked::{self, Part, Stand};
use crate::news::content::Content;
use crate::news::{self, no_article, store};
use crate::safety;
use crate::staff::{self, Colleague};
use crate::wire::ApiResult;
use crate::wire::auth::NewsDesk;
use crate::wire::tags::Tag;

/// WeChat's own check of articles.
pub struct StaffAskedApi(pub App);

/// What WeChat thinks of an article.
#[derive(Debug, Object)]
struct PlatformCheck {
    /// The caller has linked an account as which WeChat can be asked.
    linked: bool,
    /// The mini-program, without which it cannot be asked at all, is configured.
    able: bool,
    /// The caller may have it asked.
    may_ask: bool,
    parts: Vec<PlatformPart>,
}

/// How a part of an article stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum PlatformState {
    NotAsked,
    /// Nobody as whom to ask, or they had not been in the mini-program.
    NotDone,
    Waiting,
    Passed,
    /// A person has to say something first.
    ToAnswer,
    Answered,
    Risky,
}

/// The text, or a picture.
#[derive(Debug, Object)]
struct PlatformPart {
    #[oai(skip_serializing_if_is_none)]
    id: Option<CheckId>,
    /// 文字, 封面图, 第 2 张图 …
    place: String,
    state: PlatformState,
    /// In words, with what to do.
    state_text: String,
    may_answer: bool,
    #[oai(skip_serializing_if_is_none)]
    answer: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    answered_by: Option<String>,
}

/// Why a part may stay.
#[derive(Debug, Object)]
struct PlatformAnswer {
    text: String,
}

fn state(stand: Stand) -> PlatformState {
    match stand {
        Stand::NotAsked => PlatformState::NotAsked,
        Stand::Nobody | Stand::Away => PlatformState::NotDone,
        Stand::Waiting => PlatformState::Waiting,
        Stand::Passed => PlatformState::Passed,
        Stand::ToAnswer => PlatformState::ToAnswer,
        Stand::Answered => PlatformState::Answered,
        Stand::Risky => PlatformState::Risky,
    }
}

fn words(stand: Stand, label: Option<i32>) -> String {
    let label = match safety::label_text(label) {
        "" => String::new(),
        label => format!("（{label}）"),
    };
    match stand {
        Stand::NotAsked => "没有检查。送审时会自动检查。".to_owned(),
        Stand::Nobody => "没有检查：作者还没有绑定自己的微信。".to_owned(),
        Stand::Away => {
            "没有检查：请先在手机上打开一次小程序，两小时内再点“请微信检查”。".to_owned()
        }
        Stand::Waiting => "正在检查，图片要等几分钟。".to_owned(),
        Stand::Passed => "通过。".to_owned(),
        Stand::ToAnswer => format!("微信拿不准{label}，请人看过以后写一句。"),
        Stand::Answered => "人看过了。".to_owned(),
        Stand::Risky => format!("微信认为可能不合适{label}，请改掉。"),
    }
}

#[OpenApi(tag = "Tag::StaffNews", prefix_path = "/staff")]
impl StaffAskedApi {
    /// What WeChat thinks of an article, part by part; what it was not asked says so.
    #[oai(
        path = "/articles/:id/platform-check",
        method = "get",
        operation_id = "staff_article_platform_check"
    )]
    async fn one(&self, who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<PlatformCheck>> {
        Ok(Json(self.shown(&who.0, id.0).await?))
    }

    /// Have WeChat asked about what it was not asked yet.
    ///
    /// Codes: `not_author`, `not_editable`.
    #[oai(
        path = "/articles/:id/platform-check",
        method = "post",
        operation_id = "staff_ask_platform"
    )]
    async fn ask(&self, who: NewsDesk, id: Path<ArticleId>) -> ApiResult<Json<PlatformCheck>> {
        news::ask_platform(&self.0, &who.0, id.0).await?;
        Ok(Json(self.shown(&who.0, id.0).await?))
    }

    /// Say why a part may stay that WeChat leaves to people.
    ///
    /// Codes: `reason_needed`, `nothing_to_answer`.
    #[oai(
        path = "/articles/:id/platform-check/:check",
        method = "post",
        operation_id = "staff_answer_platform"
    )]
    async fn answer(
        &self,
        who: NewsDesk,
        id: Path<ArticleId>,
        check: Path<CheckId>,
        answer: Json<PlatformAnswer>,
    ) -> ApiResult<Json<PlatformCheck>> {
        news::answer_platform(&self.0, &who.0, id.0, check.0, &answer.text).await?;
        Ok(Json(self.shown(&who.0, id.0).await?))
    }
}

impl StaffAskedApi {
    async fn shown(&self, who: &Colleague, id: ArticleId) -> Result<PlatformCheck> {
        let (app, conn) = (&self.0, self.0.db.read());
        let article = store::article(conn, id).await?.ok_or_else(no_article)?;
        let parts = asked::parts(conn, id, &Content::from(&article)).await?;
        let mut people: Vec<StaffId> = parts
            .iter()
            .filter_map(|part| part.check.as_ref().and_then(|row| row.settled_by))
            .collect();
        people.sort();
        people.dedup();
        let names = staff::names(conn, &people).await?;
        let able = !app.config.wechat.mini.appid.is_empty();
        let may_ask =
            able && news::may_write(who, &article).is_ok() && store::editable(article.status);
        let linked = safety::linked_since(conn, who.id).await?.is_some();
        let parts = parts.into_iter().map(|part| self.part(part, &names)).collect();
        Ok(PlatformCheck { linked, able, may_ask, parts })
    }

    fn part(&self, part: Part, names: &HashMap<StaffId, String>) -> PlatformPart {
        let now = self.0.clock.now();
        let (stand, place) = (part.stand(now), part.place());
        let row = part.check;
        let open = matches!(stand, Stand::ToAnswer | Stand::Waiting);
        PlatformPart {
            id: row.as_ref().map(|row| row.id),
            place,
            state: state(stand),
            state_text: words(stand, row.as_ref().and_then(|row| row.label)),
            may_answer: open,
            answered_by: row
                .as_ref()
                .filter(|row| row.answer.is_some())
                .and_then(|row| names.get(&row.settled_by?).cloned()),
            answer: row.and_then(|row| row.answer),
        }
    }
}
