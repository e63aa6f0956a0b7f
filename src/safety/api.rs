//! The tray of what waits for a person, for staff.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use entity::ids::{CheckId, StaffId};
use entity::kinds::{CheckKind, CheckState, CheckSubject};

use crate::app::App;
use crate::clock;
use crate::safety::{self, Entry};
use crate::staff;
use crate::wire::ApiResult;
use crate::wire::auth::EnrolmentStaff;
use crate::wire::common::Done;
use crate::wire::page::Page;
use crate::wire::tags::Tag;

mod linking;

pub use linking::{ResidentLinkingApi, StaffLinkingApi};

pub struct StaffSafetyApi(pub App);

/// One thing that is to be looked at, or was.
#[derive(Object)]
struct ContentCheck {
    id: CheckId,
    subject: CheckSubject,
    subject_id: i64,
    kind: CheckKind,
    /// What it is, in words.
    subject_text: String,
    /// Of a text.
    #[oai(skip_serializing_if_is_none)]
    text: Option<String>,
    /// Where a picture or recording is to be had.
    #[oai(skip_serializing_if_is_none)]
    media_url: Option<String>,
    state: CheckState,
    /// Why it is here, or what was decided by whom and when.
    state_text: String,
    /// Show it only to who asks for it.
    covered: bool,
    /// Of the resident.
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    #[oai(skip_serializing_if_is_none)]
    learner_number: Option<String>,
    /// Page of the console where it stands, as in `/desk/3`.
    #[oai(skip_serializing_if_is_none)]
    page: Option<String>,
    time_text: String,
}

/// How much waits.
#[derive(Object)]
struct ContentCheckCount {
    waiting: u64,
}

#[derive(Object)]
struct ContentDecision {
    /// May others see it?
    fit: bool,
}

fn subject_text(subject: CheckSubject, kind: CheckKind) -> &'static str {
    match (subject, kind) {
        (CheckSubject::ResidentName, _) => "姓名",
        (CheckSubject::HelpMessage, CheckKind::Text) => "留言里的文字",
        (CheckSubject::HelpMessage, CheckKind::Picture) => "留言里的图片",
        (CheckSubject::HelpMessage, CheckKind::Sound) => "留言里的录音",
        // The news room shows these.
        (CheckSubject::Article, _) => "文章",
        (CheckSubject::ArticlePicture, _) => "文章里的图片",
    }
}

fn state_text(entry: &Entry, names: &HashMap<StaffId, String>, now: DateTime<Utc>) -> String {
    let check = &entry.check;
    if let (Some(by), Some(at)) = (check.settled_by, check.settled_at) {
        let said = if check.state == CheckState::Passed { "通过" } else { "不合适" };
        let name = names.get(&by).map_or("", String::as_str);
        return format!("{said} · {name} · {}", clock::spoken(at));
    }
    let label = safety::label_text(check.label);
    let label = if label.is_empty() { String::new() } else { format!("：{label}") };
    match (check.state, safety::standing(check, now)) {
        (CheckState::Waiting, CheckState::ToLookAt) => "平台没有回音，请人看".to_owned(),
        (CheckState::ToLookAt, _) => format!("平台请人再看一看{label}"),
        (CheckState::Risky, _) => format!("平台认为可能不合适{label}"),
        (CheckState::NotChecked, _) => "平台没有检查，请人看".to_owned(),
        (CheckState::Waiting, _) => "正在检查".to_owned(),
        (CheckState::Passed, _) => "平台通过".to_owned(),
    }
}

fn line(entry: Entry, names: &HashMap<StaffId, String>, now: DateTime<Utc>) -> ContentCheck {
    let state_text = state_text(&entry, names, now);
    let Entry { check, person } = entry;
    let is_text = check.kind == CheckKind::Text;
    let (name, learner_number) = person.map(|person| (person.name, person.learner_number)).unzip();
    ContentCheck {
        id: check.id,
        subject: check.subject,
        subject_id: check.subject_id,
        kind: check.kind,
        subject_text: subject_text(check.subject, check.kind).to_owned(),
        // The address in the content is the platform's alone.
        media_url: (!is_text)
            .then(|| format!("/api/staff{}/media/{}", check.page, check.subject_id)),
        state: safety::standing(&check, now),
        state_text,
        covered: check.state == CheckState::Risky && !is_text,
        text: is_text.then_some(check.content),
        name,
        learner_number,
        page: Some(check.page).filter(|page| !page.is_empty()),
        time_text: clock::spoken(check.asked_at),
    }
}

#[OpenApi(tag = "Tag::StaffSafety")]
impl StaffSafetyApi {
    /// What waits for a person, the oldest first; what people decided, the last first,
    /// where `decided`.
    #[oai(path = "/staff/checks", method = "get", operation_id = "staff_checks")]
    async fn tray(
        &self,
        who: EnrolmentStaff,
        decided: Query<Option<bool>>,
    ) -> ApiResult<Json<Page<ContentCheck>>> {
        let entries = safety::tray(&self.0, &who.0, decided.0.unwrap_or(false)).await?;
        let mut ids: Vec<StaffId> =
            entries.iter().filter_map(|entry| entry.check.settled_by).collect();
        ids.sort_unstable();
        ids.dedup();
        let names = staff::names(self.0.db.read(), &ids).await?;
        let now = self.0.clock.now();
        Ok(Json(Page::whole(entries.into_iter().map(|one| line(one, &names, now)).collect())))
    }

    /// How much waits for a person.
    #[oai(path = "/staff/checks-count", method = "get", operation_id = "staff_checks_count")]
    async fn count(&self, who: EnrolmentStaff) -> ApiResult<Json<ContentCheckCount>> {
        Ok(Json(ContentCheckCount { waiting: safety::tray_count(&self.0, &who.0).await? }))
    }

    /// Decide.
    ///
    /// Codes: `check_not_found`.
    #[oai(path = "/staff/checks/:id", method = "post", operation_id = "staff_decide_check")]
    async fn decide(
        &self,
        who: EnrolmentStaff,
        id: Path<CheckId>,
        body: Json<ContentDecision>,
    ) -> ApiResult<Done> {
        safety::decide(&self.0, &who.0, id.0, body.0.fit).await?;
        Ok(Done::Done)
    }
}
