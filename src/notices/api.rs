//! A resident's messages, what staff see of them, and the templates they may be asked for.

use chrono::{DateTime, Utc};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::delivery;
use entity::ids::{NoticeId, ResidentId};
use entity::kinds::{DeliveryOutcome, NoticeKind, NoticeState, NoticeWay};
use entity::notice;

use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::members;
use crate::notices::{self, store};
use crate::wire::auth::{CentreStaff, Resident};
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;
use crate::wire::{ApiError, ApiResult};

/// The longest list of messages that is given.
const LIST_LIMIT: u64 = 100;

pub struct NoticesApi(pub App);

pub struct StaffNoticesApi(pub App);

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
    /// Whose it is, where it is a copy for a family member.
    #[oai(skip_serializing_if_is_none)]
    about_name: Option<String>,
}

/// A subscription message template that a resident may be asked for.
#[derive(Object)]
struct TemplateLine {
    kind: NoticeKind,
    template_id: String,
    title: String,
}

/// A message to a resident, as staff see its way.
#[derive(Object)]
struct SentNotice {
    id: NoticeId,
    title: String,
    body: String,
    time_text: String,
    state: NoticeState,
    /// How far it came, in words.
    state_text: String,
    /// By what it was sent, in words; empty: by nothing but “消息”.
    way_text: String,
    /// Why it did not arrive, in words.
    #[oai(skip_serializing_if_is_none)]
    failure: Option<String>,
    read: bool,
}

impl SentNotice {
    fn of(row: notice::Model, delivery: Option<delivery::Model>) -> Self {
        let outcome = delivery.as_ref().and_then(|delivery| delivery.outcome);
        let state_text = match (row.state, outcome) {
            (NoticeState::Pending, _) => "等待发送",
            (NoticeState::Sent, Some(DeliveryOutcome::Delivered)) => "已送到微信",
            (NoticeState::Sent, _) => "微信收下了，还没有回报",
            (NoticeState::NoConsent, Some(DeliveryOutcome::Refused)) => "对方拒收，只放在“消息”里",
            (NoticeState::NoConsent, _) => "只放在“消息”里",
            (NoticeState::Unknown, _) => "可能已送到",
            (NoticeState::Failed, _) => "没有送到",
        };
        let way_text = match row.way {
            Some(NoticeWay::Subscription) => "小程序订阅消息",
            Some(NoticeWay::Template) => "公众号模板消息",
            None => "",
        };
        Self {
            id: row.id,
            title: row.title,
            body: row.body,
            time_text: clock::spoken(row.created_at),
            state: row.state,
            state_text: state_text.to_owned(),
            way_text: way_text.to_owned(),
            failure: row.failure.or_else(|| delivery.and_then(|delivery| delivery.words)),
            read: row.read_at.is_some(),
        }
    }
}

#[OpenApi(tag = "Tag::StaffEnrolment")]
impl StaffNoticesApi {
    /// The messages to a resident, newest first, and what became of each.
    #[oai(
        path = "/staff/residents/:id/notices",
        method = "get",
        operation_id = "staff_resident_notices"
    )]
    async fn of(
        &self,
        _who: CentreStaff,
        id: Path<ResidentId>,
    ) -> ApiResult<Json<Page<SentNotice>>> {
        let conn = self.0.db.read();
        let (rows, total) = store::of(conn, id.0, LIST_LIMIT).await.map_err(ApiError::from)?;
        let ids: Vec<NoticeId> = rows.iter().map(|row| row.id).collect();
        let mut sent = store::deliveries(conn, &ids).await.map_err(ApiError::from)?;
        let items = rows.into_iter().map(|row| {
            let delivery = sent.remove(&row.id);
            SentNotice::of(row, delivery)
        });
        Ok(Json(Page { items: items.collect(), total }))
    }
}

#[OpenApi(tag = "Tag::News")]
impl NoticesApi {
    /// My messages, newest first.
    #[oai(path = "/me/notices", method = "get", operation_id = "my_notices")]
    async fn mine(&self, who: Resident) -> ApiResult<Json<Page<Notice>>> {
        let (rows, total) =
            store::of(self.0.db.read(), who.0.id, LIST_LIMIT).await.map_err(ApiError::from)?;
        let about: Vec<_> = rows.iter().filter_map(|row| row.about_id).collect();
        let people = members::people(&self.0, self.0.db.read(), &about).await?;
        let name = |id| {
            let person = people.get(&id)?;
            Some(members::name_for_others(person.name.clone(), person.name_state))
        };
        let items = rows.into_iter().map(|row| Notice {
            id: row.id,
            about_name: row.about_id.and_then(name),
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
            NoticeKind::Draw => "摇号结果",
            NoticeKind::Reminder => "上课提醒",
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
