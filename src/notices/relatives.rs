//! What family members are told of a learner, and what the two are told of each other.

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;

use entity::delegation::Model;
use entity::ids::{DelegationId, ResidentId};
use entity::kinds::{ActorKind, DelegatedScope, NoticeKind, NoticeState};

use super::{NewNotice, Values, store};
use crate::app::App;
use crate::clock;
use crate::error::Result;
use crate::family;
use crate::outbox::{self, Job};

/// The copies of these notices, each with whom it is about. The page of a copy acts for
/// the learner.
pub(super) async fn copies(
    tx: &DatabaseTransaction,
    new: &[NewNotice],
    now: DateTime<Utc>,
) -> Result<Vec<(NewNotice, ResidentId)>> {
    let learners: Vec<_> = new.iter().map(|notice| notice.resident).collect();
    let told = family::also_told(tx, &learners, clock::local_date(now)).await?;
    let mut copies = Vec::new();
    for (learner, delegate) in told {
        // What somebody asks the centre is between the two.
        let theirs = new
            .iter()
            .filter(|notice| notice.resident == learner && notice.kind != NoticeKind::Answered);
        copies.extend(theirs.map(|notice| {
            let sign = if notice.page.contains('?') { '&' } else { '?' };
            let copy = NewNotice {
                resident: delegate,
                dedup_key: format!("{}>{delegate}", notice.dedup_key),
                page: format!("{}{sign}for={learner}", notice.page),
                ..notice.clone()
            };
            (copy, learner)
        }));
    }
    Ok(copies)
}

/// Job: tells the learner that somebody may act for them, or the other of the two that it
/// has ended.
///
/// # Errors
/// The database.
pub async fn tell_delegation(app: &App, id: DelegationId, ended: bool) -> Result<()> {
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    let row = family::one(&tx, id).await?;
    let centre = &app.config.centre.name;
    let mut new = Vec::new();
    if !ended || row.ended_by_kind != Some(ActorKind::Resident) {
        new.push(notice(&row, row.learner_id, ended, centre, now));
    }
    if ended && row.ended_by_kind != Some(ActorKind::Delegate) {
        new.push(notice(&row, row.delegate_id, ended, centre, now));
    }
    // Nobody else's business: no copies.
    let written = store::insert(
        &tx,
        new.iter().map(|notice| (notice, None)),
        NoticeState::Pending,
        None,
        now,
    )
    .await?;
    let jobs: Vec<_> = written.into_iter().map(|notice| Job::SendNotice { notice }).collect();
    outbox::enqueue_all(&tx, &jobs, now).await?;
    tx.commit().await?;
    Ok(())
}

fn notice(row: &Model, to: ResidentId, ended: bool, centre: &str, now: DateTime<Utc>) -> NewNotice {
    let who = family::relation_text(row.relation);
    let until = row.last_day.format("%Y年%-m月%-d日");
    let (title, body) = match (ended, to == row.learner_id) {
        (false, _) => ("家人可以帮您办了", begun_text(row, who, &until.to_string())),
        (true, true) => ("家人代办取消了", format!("您的{who}不再替您办事了。")),
        (true, false) => {
            ("家人代办取消了", "您不再替这位家人办事了。要再办，请家人再给您看一次码。".to_owned())
        }
    };
    let side = if to == row.learner_id { "learner" } else { "delegate" };
    NewNotice {
        resident: to,
        kind: NoticeKind::MeetingChanged,
        dedup_key: format!("family:{}:{side}:{ended}", row.id),
        title: title.to_owned(),
        body,
        page: "/family".to_owned(),
        values: Values {
            class: "家人代办".to_owned(),
            time: clock::wechat_time(now),
            place: centre.to_owned(),
            note: title.to_owned(),
        },
    }
}

fn begun_text(row: &Model, who: &str, until: &str) -> String {
    let may: Vec<_> = family::scopes(row)
        .into_iter()
        .map(|scope| match scope {
            DelegatedScope::Enrolment => "替您报名、退课",
            DelegatedScope::Record => "看您的学时和到课",
            DelegatedScope::Notices => "收到您的通知",
        })
        .collect();
    format!(
        "您的{who}可以{}，到{until}为止。不是您的意思，请点下面取消，或者打电话给教育中心。",
        may.join("、")
    )
}
