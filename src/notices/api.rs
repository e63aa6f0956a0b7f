//! A resident's messages, and the templates they may be asked for.

use chrono::{DateTime, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::NoticeId;
use entity::kinds::NoticeKind;

use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::notices::{self, store};
use crate::wire::auth::Resident;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

/// The longest list of messages that is given.
const LIST_LIMIT: u64 = 100;

pub struct NoticesApi(pub App);

/// A message to me.
#[derive(Object)]
struct Notice {
    id: NoticeId,
    kind: NoticeKind,
    title: String,
    body: String,
    /// Page under /m/.
    page: String,
    created_at: DateTime<Utc>,
    time_text: String,
    read: bool,
}

/// A subscription message template that a resident may be asked for.
#[derive(Object)]
struct TemplateLine {
    kind: NoticeKind,
    template_id: String,
    title: String,
}

#[OpenApi(tag = "Tag::News")]
impl NoticesApi {
    /// My messages, newest first.
    #[oai(path = "/me/notices", method = "get", operation_id = "my_notices")]
    async fn mine(&self, who: Resident) -> ApiResult<Json<Page<Notice>>> {
        let (rows, total) =
            store::of(self.0.db.read(), who.0.id, LIST_LIMIT).await.map_err(ApiError::from)?;
        let items = rows.into_iter().map(|row| Notice {
            id: row.id,
            kind: row.kind,
            title: row.title,
            body: row.body,
            page: row.page,
            created_at: row.created_at,
            time_text: clock::spoken(row.created_at),
            read: row.read_at.is_some(),
        });
        Ok(Json(Page { items: items.collect(), total }))
    }

    /// I have read a message.
    #[oai(path = "/me/notices/:id/read", method = "post", operation_id = "read_notice")]
    async fn read(&self, who: Resident, id: Path<NoticeId>) -> ApiResult<Done> {
        let now = self.0.clock.now();
        let tx = self.0.db.begin().await.map_err(ApiError::from)?;
        if !store::mark_read(&tx, id.0, who.0.id, now).await.map_err(ApiError::from)? {
            return Err(Error::not_found("no_notice", "没有这条消息。").into());
        }
        tx.commit().await.map_err(|error| ApiError::from(Error::from(error)))?;
        Ok(Done::Done)
    }

    /// The subscription messages that one can be asked for.
    #[oai(
        path = "/subscription-templates",
        method = "get",
        operation_id = "subscription_templates"
    )]
    async fn templates(&self) -> Json<Page<TemplateLine>> {
        let templates = &self.0.config.wechat.templates;
        let title = |kind| match kind {
            NoticeKind::Placed => "报名成功",
            NoticeKind::Offered => "候补到位",
            NoticeKind::MeetingChanged => "课程变动",
            NoticeKind::Answered => "留言回复",
        };
        let items = notices::KINDS.into_iter().filter(|kind| !templates.of(*kind).id.is_empty());
        let items = items.map(|kind| TemplateLine {
            kind,
            template_id: templates.of(kind).id.clone(),
            title: title(kind).to_owned(),
        });
        Json(Page::whole(items.collect()))
    }
}
